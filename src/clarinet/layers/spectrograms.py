"""Sound as pictures: how strong each frequency is at each time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self, cast

import numpy as np

from clarinet import ops
from clarinet.initializers import STFT
from clarinet.layers.base import Layer
from clarinet.layers.convolution import Conv1D
from clarinet.types import AnyTensor, Array, Config, TensorLike

_LEAST = 1e-7
_MODES = ("log", "magnitude", "psd", "real", "imag", "angle", "stft")


class STFTSpectrogram(Layer):
    """A spectrogram by convolutions whose kernels begin as those of a short-time Fourier transform, and may learn.

    Shapes: (n, samples, channels) to (n, times, channels · frequencies), or with ``expand_dims`` to
    (n, times, frequencies, channels). There are ``fft_length // 2 + 1`` frequencies, twice as many for ``"stft"``.

    Args:
        mode: ``"log"`` (default) of the magnitude, ``"magnitude"``, ``"psd"`` for power spectral density, ``"real"``,
            ``"imag"``, ``"angle"``, or ``"stft"`` for real and imaginary parts.
        frame_length: samples of a window; default 256.
        frame_step: samples from one window to the next; default half a window.
        fft_length: of the transform; default the next power of two.
        window: ``"hann"`` (default), another one of ``scipy.signal.windows``, numbers, or None.
        periodic: whether the window is one period, rather than symmetric.
        scaling: ``"density"`` (default), ``"spectrum"`` or None: what the window is divided by.
        padding: ``"valid"`` (default) or ``"same"``.
        expand_dims: whether the frequencies are an axis of their own.
        data_format: the last axis holds the channels; nothing else is supported.
        trainable: whether the kernels learn; default True.

    Raises:
        ValueError: an argument out of range.

    Example:
        >>> import numpy as np
        >>> STFTSpectrogram(mode="magnitude", frame_length=4)(np.ones((1, 8, 1))).shape
        (1, 3, 3)
    """

    says_all: ClassVar[bool] = True

    def __init__(
        self,
        mode: str = "log",
        frame_length: int = 256,
        frame_step: int | None = None,
        fft_length: int | None = None,
        window: str | Sequence[float] | Array | None = "hann",
        periodic: bool = False,
        scaling: str | None = "density",
        padding: str = "valid",
        expand_dims: bool = False,
        data_format: str | None = None,
        name: str | None = None,
        trainable: bool = True,
    ) -> None:
        super().__init__(name=name or "", trainable=trainable)
        step, length = frame_step or frame_length // 2, fft_length or 1 << max(frame_length - 1, 0).bit_length()
        if mode not in _MODES or padding not in ("valid", "same") or data_format not in (None, "channels_last"):
            raise ValueError(
                f"STFTSpectrogram: mode is one of {', '.join(_MODES)}, padding 'valid' or 'same', data_format "
                f"'channels_last'; received {mode!r}, {padding!r}, {data_format!r}"
            )
        if not 1 <= step <= frame_length <= length:
            raise ValueError(
                f"STFTSpectrogram: expected 1 <= frame_step <= frame_length <= fft_length, received {step}, "
                f"{frame_length}, {length}"
            )
        self.mode, self.padding, self.expand_dims = mode, padding, expand_dims
        self.frame_length, self.frame_step, self.fft_length = frame_length, frame_step, fft_length
        self.window, self.periodic, self.scaling, self.data_format = window, periodic, scaling, data_format
        self.real_part = self._part("real", step, length) if mode != "imag" else None
        self.imaginary_part = self._part("imag", step, length) if mode != "real" else None

    def _part(self, side: str, step: int, length: int) -> Conv1D:
        """The convolution that gives the real or the imaginary part."""
        first = STFT(side, self.window, self.scaling, self.periodic)
        return Conv1D(
            length // 2 + 1, self.frame_length, step, self.padding, use_bias=False, kernel_initializer=first, name=side
        )

    def call(self, inputs: TensorLike) -> AnyTensor:  # type: ignore[override]  # the same in training
        """The spectrogram of each channel."""
        each = [self._of_one(inputs[..., i : i + 1]) for i in range(int(ops.shape(inputs)[-1] or 0))]  # type: ignore[index]
        if self.expand_dims:
            return ops.stack(each, -1)
        return each[0] if len(each) == 1 else ops.concatenate(each, -1)

    def _of_one(self, x: AnyTensor) -> AnyTensor:
        real, imag = (None if part is None else part(x) for part in (self.real_part, self.imaginary_part))
        if self.mode in ("real", "imag"):
            return cast(AnyTensor, real if imag is None else imag)
        if self.mode == "angle":
            return ops.arctan2(imag, real)
        if self.mode == "stft":
            return ops.concatenate([real, imag], -1)
        power = ops.square(real) + ops.square(imag)
        if self.mode == "psd":
            return power + ops.pad(power[..., 1:-1], [[0, 0], [0, 0], [1, 1]])
        magnitude = ops.sqrt(ops.maximum(power, _LEAST))
        return magnitude if self.mode == "magnitude" else ops.log(ops.maximum(magnitude, _LEAST))

    def get_config(self) -> Config:
        window: Any = self.window if self.window is None or isinstance(self.window, str) else [*map(float, self.window)]
        return {
            "name": self.name, "trainable": self.trainable, "mode": self.mode, "frame_length": self.frame_length,
            "frame_step": self.frame_step, "fft_length": self.fft_length, "window": window, "periodic": self.periodic,
            "scaling": self.scaling, "padding": self.padding, "expand_dims": self.expand_dims,
            "data_format": self.data_format,
        }  # fmt: skip

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> Self:
        return cast(Any, cls)(**config)  # type: ignore[no-any-return]


class MelSpectrogram(Layer):
    """How strong sound is at each time in bands of the mel scale, which are as wide as the ear hears them.

    Shapes: (n, samples) to (n, num_mel_bins, times), and (samples,) likewise; ``times`` is
    ``samples // sequence_stride + 1``.

    Args:
        fft_length: of the Fourier transforms; default 2048.
        sequence_stride: samples from one window to the next; default 512.
        sequence_length: samples of a window; default ``fft_length``.
        window: ``"hann"`` (default) or ``"hamming"``, numbers, or None.
        sampling_rate: samples a second; default 16000.
        num_mel_bins: bands; default 128.
        min_freq, max_freq: of the bands, in Hz; default 20 and half the rate.
        power_to_db: whether decibels come out; default True.
        top_db: how far below the strongest one they end; default 80.
        mag_exp: the power of the magnitude that is added up in a band; default 2.
        min_power: the least that has a logarithm; default 1e-10.
        ref_power: what 0 decibels are; default 1.

    Raises:
        ValueError: a window longer than the transform.

    Example:
        >>> MelSpectrogram(fft_length=64, sequence_stride=16, num_mel_bins=8)([[0.5] * 128]).shape
        (1, 8, 9)
    """

    says_all: ClassVar[bool] = True

    def __init__(
        self,
        fft_length: int = 2048,
        sequence_stride: int = 512,
        sequence_length: int | None = None,
        window: TensorLike = "hann",
        sampling_rate: float = 16000,
        num_mel_bins: int = 128,
        min_freq: float = 20.0,
        max_freq: float | None = None,
        power_to_db: bool = True,
        top_db: float = 80.0,
        mag_exp: float = 2.0,
        min_power: float = 1e-10,
        ref_power: float = 1.0,
        name: str | None = None,
        trainable: bool = True,
    ) -> None:
        super().__init__(name=name or "", trainable=trainable)
        self.fft_length, self.sequence_stride = fft_length, sequence_stride
        self.sequence_length = sequence_length or fft_length
        if self.sequence_length > fft_length:
            raise ValueError(
                f"MelSpectrogram: a window of {self.sequence_length} samples is longer than fft_length {fft_length}"
            )
        self.window, self.sampling_rate, self.num_mel_bins = window, sampling_rate, num_mel_bins
        self.min_freq, self.max_freq = min_freq, max_freq or int(sampling_rate / 2)
        self.power_to_db, self.top_db, self.mag_exp = power_to_db, top_db, mag_exp
        self.min_power, self.ref_power = min_power, ref_power

    def call(self, inputs: TensorLike) -> AnyTensor:  # type: ignore[override]  # the same in training
        """The bands over time."""
        real, imag = ops.stft(inputs, self.sequence_length, self.sequence_stride, self.fft_length, self.window)
        strength = ops.power(ops.sqrt(ops.square(real) + ops.square(imag)), self.mag_exp)
        bands = ops.matmul(strength, self._bands())
        if self.power_to_db:
            reference = np.log10(max(abs(self.ref_power), self.min_power))
            decibels = 10.0 * (ops.log10(ops.maximum(bands, self.min_power)) - reference)
            bands = ops.maximum(decibels, ops.max(decibels) - self.top_db)
        return ops.swapaxes(bands, -1, -2)

    def _bands(self) -> Array:
        """How much each frequency counts in each band: triangles on the mel scale, ``1127 log(1 + f / 700)``."""

        def mel(hertz: Array | float) -> Array:
            return np.asarray(1127.0 * np.log1p(np.asarray(hertz) / 700.0))

        places = mel(np.linspace(0, self.sampling_rate / 2, self.fft_length // 2 + 1)[1:])[:, None]
        edges = np.linspace(mel(self.min_freq), mel(cast(float, self.max_freq)), self.num_mel_bins + 2)
        low, middle, high = edges[:-2], edges[1:-1], edges[2:]
        found = np.maximum(0, np.minimum((places - low) / (middle - low), (high - places) / (high - middle)))
        return np.pad(found, ((1, 0), (0, 0))).astype(np.float32)

    def get_config(self) -> Config:
        names = (
            "name", "trainable", "fft_length", "sequence_stride", "sequence_length", "window", "sampling_rate",
            "num_mel_bins", "min_freq", "max_freq", "power_to_db", "top_db", "mag_exp", "min_power", "ref_power",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> Self:
        return cast(Any, cls)(**config)  # type: ignore[no-any-return]
