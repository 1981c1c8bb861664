"""Initializers that draw no random numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clarinet.initializers.base import Initializer, Shape
from clarinet.philox import Key


@dataclass(eq=False, repr=False)
class Zeros(Initializer):
    """All zeros, the default for biases.

    Example:
        >>> Zeros()((2,)).tolist()
        [0.0, 0.0]
    """

    all_alike = True

    def values(self, shape: Shape, key: Key) -> NDArray[np.float64]:
        return np.zeros(shape)


@dataclass(eq=False, repr=False)
class Ones(Initializer):
    """All ones.

    Example:
        >>> Ones()((2,)).tolist()
        [1.0, 1.0]
    """

    all_alike = True

    def values(self, shape: Shape, key: Key) -> NDArray[np.float64]:
        return np.ones(shape)


@dataclass(eq=False, repr=False)
class Constant(Initializer):
    """The same value everywhere, or given values.

    Args:
        value: a number, or nested lists that broadcast to the weight's shape; default 0.

    Example:
        >>> Constant(0.5)((2,)).tolist()
        [0.5, 0.5]
    """

    all_alike = True

    value: ArrayLike = 0.0

    def __post_init__(self) -> None:
        if isinstance(self.value, np.ndarray):
            object.__setattr__(self, "value", self.value.tolist())

    def values(self, shape: Shape, key: Key) -> NDArray[np.float64]:
        return np.broadcast_to(np.asarray(self.value, np.float64), shape)


@dataclass(eq=False, repr=False)
class Identity(Initializer):
    """``gain`` on the diagonal, zero elsewhere; for two-dimensional weights.

    Args:
        gain: default 1.

    Raises:
        ValueError: when called with a shape that is not two-dimensional.

    Example:
        >>> Identity()((2, 2)).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """

    gain: float = 1.0

    def values(self, shape: Shape, key: Key) -> NDArray[np.float64]:
        if len(shape) != 2:
            raise ValueError(
                f"Identity: expected a weight of two dimensions, received shape {shape}; use GlorotUniform()"
            )
        return self.gain * np.eye(*shape)


@dataclass(eq=False, repr=False)
class STFT(Initializer):
    """The kernel of a short-time Fourier transform as a convolution, (frame, 1, frequencies).

    Args:
        side: ``"real"`` (default) or ``"imag"``: the cosines or the sines of ``-2π t f / N``.
        window: ``"hann"`` (default), another one of ``scipy.signal.windows``, numbers, or None.
        scaling: ``"density"`` (default): the window is divided by its length; ``"spectrum"``: by its sum; or None.
        periodic: whether the window is one period, rather than symmetric. Default False.

    Raises:
        ValueError: another side or scaling; a window of another length than the frame.

    Example:
        >>> STFT(window=None)((2, 1, 2)).ravel().tolist()
        [1.0, 1.0, 1.0, -1.0]
    """

    side: str = "real"
    window: str | ArrayLike | None = "hann"
    scaling: str | None = "density"
    periodic: bool = False

    def __post_init__(self) -> None:
        if self.side not in ("real", "imag") or self.scaling not in ("density", "spectrum", None):
            raise ValueError(
                "STFT: side is 'real' or 'imag', scaling 'density', 'spectrum' or None; received "
                f"{self.side!r}, {self.scaling!r}"
            )

    def values(self, shape: Shape, key: Key) -> NDArray[np.float64]:
        frame, _, frequencies = shape
        angles = -np.pi * np.arange(frame)[:, None, None] * np.arange(frequencies) / (frequencies - 1)
        kernel: NDArray[np.float64] = (np.cos if self.side == "real" else np.sin)(angles)
        if self.window is None:
            return kernel
        window = _window(self.window, frame, self.periodic)
        whole = {"density": np.sqrt((window**2).sum()), "spectrum": np.abs(window).sum(), None: 1.0}[self.scaling]
        scaled: NDArray[np.float64] = kernel * window[:, None, None] / whole
        return scaled


def _window(window: str | ArrayLike, size: int, periodic: bool) -> NDArray[np.float64]:
    if isinstance(window, str):
        known = {"hann": np.hanning, "hamming": np.hamming}
        if window in known:
            return known[window](size + periodic)[:size]
        from scipy.signal import get_window

        return np.asarray(get_window(window, size, fftbins=periodic))
    numbers = np.asarray(window, np.float64)
    if numbers.shape != (size,):
        raise ValueError(f"STFT: the window has the shape {numbers.shape}, expected ({size},), as the frame")
    return numbers
