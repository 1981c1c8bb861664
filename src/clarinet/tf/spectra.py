"""``tf.signal``'s short-time transforms of data before training; complex results are arrays of NumPy's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from clarinet import ops
from clarinet.names import public
from clarinet.types import AnyTensor, Array, DTypeArg, TensorLike

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "dct",
    "fftshift",
    "frame",
    "hamming_window",
    "hann_window",
    "ifftshift",
    "inverse_stft",
    "inverse_stft_window_fn",
    "linear_to_mel_weight_matrix",
    "mfccs_from_log_mel_spectrograms",
    "overlap_and_add",
    "stft",
]
Window = Callable[..., TensorLike]


def __dir__() -> list[str]:
    return public(globals())


def _cosine(length: int, periodic: bool, share: float) -> Array:
    around = length - (not periodic or length % 2 == 1)
    angles = 2 * np.pi * np.arange(length) / max(around, 1)
    return (share - (1 - share) * np.cos(angles)).astype(np.float32) if length > 1 else np.ones(1, np.float32)


def hann_window(
    window_length: int, periodic: bool = True, dtype: DTypeArg = "float32", name: object = None
) -> AnyTensor:
    """``0.5 - 0.5 cos(2 π i / length)``.

    Example:
        >>> hann_window(4).tolist()
        [0.0, 0.5, 1.0, 0.5]
    """
    return ops.convert_to_tensor(_cosine(int(window_length), periodic, 0.5), dtype)


def hamming_window(
    window_length: int, periodic: bool = True, dtype: DTypeArg = "float32", name: object = None
) -> AnyTensor:
    """``0.54 - 0.46 cos(2 π i / length)``."""
    return ops.convert_to_tensor(_cosine(int(window_length), periodic, 0.54), dtype)


def frame(
    signal: TensorLike, frame_length: int, frame_step: int, pad_end: bool = False, pad_value: float = 0,
    axis: int = -1, name: object = None,
) -> AnyTensor:  # fmt: skip
    """Windows that slide along an axis, as an axis of their own after it.

    Args:
        signal: a tensor.
        frame_length: how long a window is.
        frame_step: from one to the next.
        pad_end: whether windows may go beyond the end, where ``pad_value`` is.
        axis: along which they slide.

    Example:
        >>> frame([1, 2, 3, 4, 5], 3, 2).tolist()
        [[1, 2, 3], [3, 4, 5]]
    """
    numbers = ops.convert_to_tensor(signal)
    axis %= ops.ndim(numbers)
    length = int(numbers.shape[axis] or 0)
    count = -(-length // frame_step) if pad_end else max(0, 1 + (length - frame_length) // frame_step)
    missing = max(0, (count - 1) * frame_step + frame_length - length) if pad_end else 0
    if missing:
        around = [(0, missing if each == axis else 0) for each in range(ops.ndim(numbers))]
        numbers = ops.pad(numbers, around, constant_values=pad_value)
    places = np.arange(count)[:, None] * frame_step + np.arange(frame_length)
    return ops.take(numbers, places, axis)


def overlap_and_add(signal: TensorLike, frame_step: int, name: object = None) -> AnyTensor:
    """Windows, the last axis but one, added where they overlap: the way back from :func:`frame`.

    Example:
        >>> overlap_and_add([[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]], 2).tolist()
        [1.0, 1.0, 2.0, 1.0, 1.0]
    """
    windows = np.asarray(signal)
    *before, count, length = windows.shape
    total = np.zeros((*before, (count - 1) * frame_step + length), windows.dtype)
    for place in range(count):
        total[..., place * frame_step : place * frame_step + length] += windows[..., place, :]
    return ops.convert_to_tensor(total)


def _around(length: int) -> int:
    """The next power of two, which TensorFlow takes for the length of a transform."""
    return 1 << max(0, length - 1).bit_length()


def stft(
    signals: TensorLike, frame_length: int, frame_step: int, fft_length: int | None = None,
    window_fn: Window | None = hann_window, pad_end: bool = False, name: object = None,
) -> NDArray[np.complex64]:  # fmt: skip
    """The short-time Fourier transform: (..., samples) to (..., windows, frequencies), complex.

    Args:
        signals: real numbers.
        frame_length: how long a window is.
        frame_step: from one window to the next.
        fft_length: of the transform; default the next power of two.
        window_fn: what each window is multiplied by, a function of its length; None for nothing.
        pad_end: whether windows may go beyond the end.

    Example:
        >>> stft(np.zeros(10), 4, 2).shape
        (4, 3)
    """
    length = int(frame_length)
    windows = np.asarray(frame(signals, length, int(frame_step), pad_end))
    weights = 1.0 if window_fn is None else np.asarray(window_fn(length))
    return np.fft.rfft(windows * weights, fft_length or _around(length)).astype(np.complex64)


def inverse_stft_window_fn(frame_step: int, forward_window_fn: Window = hann_window, name: object = None) -> Window:
    """The window for :func:`inverse_stft` with which it gives back what :func:`stft` took."""

    def window(frame_length: int, dtype: DTypeArg = "float32") -> AnyTensor:
        weights = np.asarray(forward_window_fn(frame_length))
        padded = np.zeros(-(-frame_length // frame_step) * frame_step)
        padded[:frame_length] = weights**2
        sums = np.tile(padded.reshape(-1, frame_step).sum(0), len(padded) // frame_step)[:frame_length]
        return ops.convert_to_tensor(np.divide(weights, sums, where=sums > 0, out=np.zeros(frame_length)), dtype)

    return window


def inverse_stft(
    stfts: TensorLike, frame_length: int, frame_step: int, fft_length: int | None = None,
    window_fn: Window | None = hann_window, name: object = None,
) -> AnyTensor:  # fmt: skip
    """The samples of a short-time transform; ``window_fn=inverse_stft_window_fn(frame_step)`` makes it the inverse."""
    length = int(frame_length)
    windows = np.fft.irfft(np.asarray(stfts), fft_length or _around(length))[..., :length]
    weights = 1.0 if window_fn is None else np.asarray(window_fn(length))
    return overlap_and_add((windows * weights).astype(np.float32), int(frame_step))


def fftshift(x: TensorLike, axes: int | tuple[int, ...] | None = None, name: object = None) -> Array:
    """The frequency 0 brought to the middle."""
    return np.fft.fftshift(np.asarray(x), axes)


def ifftshift(x: TensorLike, axes: int | tuple[int, ...] | None = None, name: object = None) -> Array:
    """The inverse of :func:`fftshift`."""
    return np.fft.ifftshift(np.asarray(x), axes)


def _mel(frequencies: Array) -> Array:
    """Pitches as they are heard, of frequencies in Hz."""
    return 1127.0 * np.log1p(frequencies / 700.0)


def linear_to_mel_weight_matrix(
    num_mel_bins: int = 20, num_spectrogram_bins: int = 129, sample_rate: float = 8000,
    lower_edge_hertz: float = 125.0, upper_edge_hertz: float = 3800.0, dtype: DTypeArg = "float32",
    name: object = None,
) -> AnyTensor:  # fmt: skip
    """How much each frequency of a spectrogram counts for each of some bands that are equally wide to the ear.

    A spectrogram times this matrix (frequencies, bands) is one in mels; bands are triangles (HTK).
    """
    linear = np.linspace(0.0, float(sample_rate) / 2, num_spectrogram_bins)[1:]
    lowest, highest = _mel(np.array([lower_edge_hertz, upper_edge_hertz])).tolist()
    edges = np.linspace(lowest, highest, num_mel_bins + 2)
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    mels = _mel(linear)[:, None]
    weights = np.maximum(0.0, np.minimum((mels - low) / (middle - low), (high - mels) / (high - middle)))
    return ops.convert_to_tensor(np.pad(weights, [(1, 0), (0, 0)]), dtype)


def dct(
    input: TensorLike, type: int = 2, n: int | None = None, axis: int = -1, norm: str | None = None,
    name: object = None,
) -> AnyTensor:  # fmt: skip
    """The discrete cosine transform, of type 2, along the last axis: ``2 Σ x_j cos(π k (2 j + 1) / 2 n)``.

    Raises:
        ValueError: another type or axis.

    Example:
        >>> dct([1.0, 1.0]).tolist()
        [4.0, ...]
    """
    if type != 2 or axis != -1:
        raise ValueError(f"tf.signal.dct: type={type}, axis={axis}, expected type=2 along the last axis")
    numbers = np.asarray(input, np.float64)
    numbers = (
        numbers
        if n is None
        else np.pad(numbers[..., :n], [(0, 0)] * (numbers.ndim - 1) + [(0, max(0, n - numbers.shape[-1]))])
    )
    size = numbers.shape[-1]
    waves = 2 * np.cos(np.pi * np.arange(size)[:, None] * (2 * np.arange(size) + 1) / (2 * size))
    if norm == "ortho":
        waves *= np.where(np.arange(size) == 0, 0.25 / size, 0.5 / size)[:, None] ** 0.5
    return ops.convert_to_tensor(numbers @ waves.T, "float32")


def mfccs_from_log_mel_spectrograms(log_mel_spectrograms: TensorLike, name: object = None) -> AnyTensor:
    """Mel-frequency cepstral coefficients: the cosine transform of the logarithms of a spectrogram in mels."""
    size = int(np.asarray(log_mel_spectrograms).shape[-1])
    return ops.multiply(dct(log_mel_spectrograms), (2.0 * size) ** -0.5)
