"""Fourier transforms; complex numbers are pairs of tensors, real and imaginary parts, as in Keras."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clarinet.ops.arithmetic import divide, multiply
from clarinet.ops.arranging import concatenate, flip, pad
from clarinet.ops.creation import zeros_like
from clarinet.ops.dispatch import (
    Operand,
    apply,
    apply_each,
    converted,
    dtype_of,
    floats,
    numbers_of,
    promoted,
    shape_of,
)
from clarinet.ops.dtypes import FLOAT
from clarinet.ops.elementwise import negative
from clarinet.ops.indexing import get_item
from clarinet.ops.operation import Gradients, Operation, made, require_one_dtype
from clarinet.ops.sliding import OverlapAdd, Windows
from clarinet.ops.specs import Batch, TensorSpec, place
from clarinet.problems import shown
from clarinet.types import AnyTensor, Array, Arrays, Namespace, TensorLike

__all__ = [
    "extract_sequences",
    "fft",
    "fft2",
    "ifft2",
    "irfft",
    "istft",
    "rfft",
    "stft",
]


@dataclass(eq=False, repr=False)
class Fourier(Operation):
    """Real and imaginary part of ``sum_t x_t exp(-2πi k t / n)`` along an axis, x = a + i b; da + i db = the sums of
    dy with the other sign.

    Args:
        axis: default -1.
        inverse: with the other sign, and divided by n; default False.
    """

    arity = 2

    axis: int = -1
    inverse: bool = False

    def transformed(self, pair: Sequence[Array], inverse: bool, xp: Namespace) -> tuple[Array, Array]:
        """One way or the other, undivided."""
        a, b = pair
        kind = xp.complex64 if a.dtype == xp.float32 else xp.complex128
        both: Any = xp.fft
        function = both.ifft if inverse else both.fft
        y = function(xp.astype(a, kind) + 1j * xp.astype(b, kind), axis=self.axis, norm="forward" if inverse else None)
        return xp.astype(xp.real(y), a.dtype), xp.astype(xp.imag(y), a.dtype)

    def scaled(self, pair: Sequence[Array], inverse: bool, xp: Namespace) -> tuple[Array, Array]:
        """The transform, divided where the operation is the inverse."""
        a, b = self.transformed(pair, inverse, xp)
        share = 1 / a.shape[self.axis] if self.inverse else 1
        return a * share, b * share

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Arrays, object]:
        self.result(*(TensorSpec(x.shape, FLOAT) for x in xs))
        return self.scaled(xs, self.inverse, xp), None

    def backward(self, cache: None, dy: Sequence[Array], xp: Namespace = np) -> Gradients:
        return self.scaled(dy, not self.inverse, xp)

    def result(self, *specs: TensorSpec) -> tuple[TensorSpec, ...]:
        require_one_dtype(specs, "fft")
        if specs[0].rank != specs[1].rank or specs[0].rank == 0:
            raise ValueError(f"fft: expected two tensors of one shape, received {specs[0].shape} and {specs[1].shape}")
        place(self.axis, specs[0].rank, "fft")
        return specs[0], specs[0]

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        inside = place(self.axis, specs[0].rank, "fft") > 0
        return "keeps" if inside and all(spec.batched for spec in specs) else "mixes"


def _pair(x: TensorLike, what: str) -> tuple[Operand, Operand]:
    if not isinstance(x, (tuple, list)) or len(x) != 2:
        raise ValueError(f"{what}: expected a pair of tensors, real and imaginary parts; received {shown(x)}")
    a, b = promoted(*x, least=float)
    return a, b


def _two(found: tuple[AnyTensor, ...]) -> tuple[AnyTensor, AnyTensor]:
    real, imaginary = found
    return real, imaginary


def fft(x: TensorLike) -> tuple[AnyTensor, AnyTensor]:
    """``y_k = sum_t x_t exp(-2πi k t / n)`` along the last axis.

    Args:
        x: a pair, real and imaginary parts, of one shape.

    Returns:
        such a pair.

    Raises:
        ValueError: no such pair.

    Example:
        >>> [part.round(4).tolist() for part in fft(([1.0, 0.0], [0.0, 0.0]))]
        [[1.0, 1.0], [0.0, 0.0]]
    """
    return _two(apply_each(made(Fourier), *_pair(x, "fft")))


def fft2(x: TensorLike) -> tuple[AnyTensor, AnyTensor]:
    """:func:`fft` along the last two axes."""
    return _two(apply_each(made(Fourier, -2), *fft(_pair(x, "fft2"))))


def ifft2(x: TensorLike) -> tuple[AnyTensor, AnyTensor]:
    """The inverse of :func:`fft2`."""
    once = apply_each(made(Fourier, -1, True), *_pair(x, "ifft2"))
    return _two(apply_each(made(Fourier, -2, True), *once))


def rfft(x: TensorLike, fft_length: int | None = None) -> tuple[AnyTensor, AnyTensor]:
    """The first ``n // 2 + 1`` entries of :func:`fft` for real ``x``; the others mirror them.

    Args:
        x: floats (…, n).
        fft_length: cut off, or fill up with zeros, to so many entries.

    Returns:
        real and imaginary parts (…, n // 2 + 1).

    Example:
        >>> [part.tolist() for part in rfft([1.0, 2.0])]
        [[3.0, -1.0], [0.0, 0.0]]
    """
    x = _long(floats(x), fft_length)
    n = shape_of(x)[-1]
    half = None if n is None else n // 2 + 1
    if half is None:
        raise ValueError("rfft: the size of the last axis is not known yet")
    a, b = fft((x, zeros_like(x)))
    return get_item(a, (..., slice(half))), get_item(b, (..., slice(half)))


def _long(x: Operand, length: int | None) -> Operand:
    """``x`` cut off, or filled up with zeros, to a length."""
    size = shape_of(x)[-1]
    if length is None or length == size:
        return x
    if size is None or size > length:
        return get_item(x, (..., slice(length)))
    return pad(x, [*[[0, 0]] * (len(shape_of(x)) - 1), [0, length - size]])


def irfft(x: TensorLike, fft_length: int | None = None) -> AnyTensor:
    """The real numbers whose :func:`rfft` this is.

    Args:
        x: a pair, real and imaginary parts (…, m).
        fft_length: how many there are; default ``2 (m - 1)``.

    Example:
        >>> irfft(([3.0, -1.0], [0.0, 0.0])).tolist()
        [1.0, 2.0]
    """
    a, b = _pair(x, "irfft")
    m = shape_of(a)[-1]
    if m is None:
        raise ValueError("irfft: the size of the last axis is not known yet")
    n = 2 * (m - 1) if fft_length is None else fft_length
    a, b = (_long(part, n // 2 + 1) for part in (a, b))
    mirrored = (..., slice(1, (n + 1) // 2))
    whole = concatenate([a, flip(get_item(a, mirrored), -1)], -1)
    other = concatenate([b, negative(flip(get_item(b, mirrored), -1))], -1)
    return apply_each(made(Fourier, -1, True), whole, other)[0]


def extract_sequences(x: TensorLike, sequence_length: int, sequence_stride: int) -> AnyTensor:
    """Windows of the last axis.

    Args:
        x: (…, n).
        sequence_length: of a window. sequence_stride: from one window to the next.

    Returns:
        (…, count, sequence_length).

    Example:
        >>> extract_sequences([1, 2, 3, 4], 2, 1).tolist()
        [[1, 2], [2, 3], [3, 4]]
    """
    x = converted(x)
    return apply(made(Windows, len(shape_of(x)) - 1, int(sequence_length), int(sequence_stride)), x)


def _taper(window: TensorLike, length: int, whole: int, dtype: Any) -> Array:
    """The weights of a window, with zeros around them up to a whole length."""
    if window is None:
        return np.ones(whole, dtype)
    if isinstance(window, str):
        if window not in ("hann", "hamming"):
            raise ValueError(f"stft: window is 'hann', 'hamming', a tensor or None, received {window!r}")
        wave = np.cos(2 * np.pi * np.arange(length) / length)
        weights = 0.5 - 0.5 * wave if window == "hann" else 0.54 - 0.46 * wave
    else:
        weights = numbers_of(window)
    if weights.shape != (length,):
        raise ValueError(f"stft: expected a window of {length} numbers, received a shape {weights.shape}")
    before = (whole - length) // 2
    return np.pad(weights.astype(dtype), (before, whole - length - before))


def stft(
    x: TensorLike,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    window: TensorLike = "hann",
    center: bool = True,
) -> tuple[AnyTensor, AnyTensor]:
    """:func:`rfft` of every window of the last axis.

    Args:
        x: floats (…, n).
        sequence_length, sequence_stride: as of :func:`extract_sequences`.
        fft_length: of the transforms, at least ``sequence_length``.
        window: weights within a window: ``"hann"`` (default), ``"hamming"``, numbers, or None.
        center: mirror ``fft_length // 2`` entries at both ends first, so that window i is around entry
            ``i * sequence_stride``; default True.

    Returns:
        real and imaginary parts (…, count, fft_length // 2 + 1).

    Raises:
        ValueError: lengths that do not go together, another window.
    """
    x = floats(x)
    if fft_length < sequence_length:
        raise ValueError(f"stft: fft_length {fft_length} is below sequence_length {sequence_length}")
    if center:
        x = pad(x, [*[[0, 0]] * (len(shape_of(x)) - 1), [fft_length // 2] * 2], mode="reflect")
    weights = _taper(window, sequence_length, fft_length, dtype_of(x))
    return rfft(multiply(extract_sequences(x, fft_length, sequence_stride), weights))


def istft(
    x: TensorLike,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: int | None = None,
    window: TensorLike = "hann",
    center: bool = True,
) -> AnyTensor:
    """The numbers whose :func:`stft` this is: every window's numbers, added up and divided by the squared weights.

    Args:
        x: a pair, real and imaginary parts (…, count, fft_length // 2 + 1).
        length: so many entries of the result.
        sequence_length, sequence_stride, fft_length, window, center: as of :func:`stft`.
    """
    pair = _pair(x, "istft")
    rank, count = len(shape_of(pair[0])), shape_of(pair[0])[-2]
    if count is None:
        raise ValueError("istft: the number of windows is not known yet")
    weights = _taper(window, sequence_length, fft_length, dtype_of(pair[0]))
    add_up = made(OverlapAdd, rank - 2, fft_length, sequence_stride)
    y = apply(add_up, multiply(irfft(pair, fft_length), weights))
    squares = np.broadcast_to(weights**2, (count, fft_length))
    share = apply(made(OverlapAdd, 0, fft_length, sequence_stride), squares).numpy()
    share = np.where(share > 1e-10, share, 1).astype(share.dtype)
    y = divide(y, share if window is not None else share * (sequence_stride / fft_length))
    half = fft_length // 2 if center else 0
    end = half + length if length is not None else -half or None
    return get_item(y, (..., slice(half, end)))
