"""``tf.signal``: Fourier transforms of data before training, whose results are complex arrays of NumPy's.

``clarinet.ops.rfft``, ``stft`` and their like compute with real and imaginary parts, and have gradients.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from clarinet import aliases, ops
from clarinet.names import public
from clarinet.tf.halves import Halves, halves_of
from clarinet.types import TensorLike

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["fft", "fft2d", "fftfreq", "ifft", "ifft2d", "irfft", "rfft"]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


def rfft(input_tensor: TensorLike, fft_length: int | None = None, name: object = None) -> NDArray[np.complex64]:
    """The discrete Fourier transform of real numbers along the last axis, without what is its own mirror image.

    Example:
        >>> abs(rfft([1.0, 0.0, -1.0, 0.0])).tolist()
        [0.0, 2.0, 0.0]
    """
    return np.fft.rfft(np.asarray(input_tensor), fft_length).astype(np.complex64)


def irfft(input_tensor: TensorLike, fft_length: int | None = None, name: object = None) -> NDArray[np.float32]:
    """The inverse of :func:`rfft`."""
    return np.fft.irfft(np.asarray(input_tensor), fft_length).astype(np.float32)


def fft(input: TensorLike, name: object = None) -> NDArray[np.complex64] | Halves:
    """The discrete Fourier transform along the last axis."""
    known = halves_of(input)
    return np.fft.fft(np.asarray(input)).astype(np.complex64) if known is None else Halves(*ops.fft(known))


def fft2d(input: TensorLike, name: object = None) -> NDArray[np.complex64] | Halves:
    """The discrete Fourier transform along the last two axes.

    Example:
        >>> fft2d([[1.0, 0.0], [0.0, 0.0]]).real.tolist()
        [[1.0, 1.0], [1.0, 1.0]]
    """
    known = halves_of(input)
    return np.fft.fft2(np.asarray(input)).astype(np.complex64) if known is None else Halves(*ops.fft2(known))


def ifft2d(input: TensorLike, name: object = None) -> NDArray[np.complex64] | Halves:
    """The inverse of :func:`fft2d`."""
    known = halves_of(input)
    return np.fft.ifft2(np.asarray(input)).astype(np.complex64) if known is None else Halves(*ops.ifft2(known))


def ifft(input: TensorLike, name: object = None) -> NDArray[np.complex64]:
    """The inverse of :func:`fft`."""
    return np.fft.ifft(np.asarray(input)).astype(np.complex64)


def fftfreq(n: int, d: float = 1.0, name: object = None) -> NDArray[np.float32]:
    """The frequencies that belong to the places of :func:`fft`, for samples that are ``d`` apart."""
    return np.fft.fftfreq(n, d).astype(np.float32)
