"""Weights of windows, as of spectra, and the Bessel function that one of them needs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clarinet.ops.dispatch import apply, floats, numbers_of, refuse_symbolic
from clarinet.ops.dtypes import FLOAT
from clarinet.ops.operation import Unary, made
from clarinet.ops.tensor import Tensor, tensor
from clarinet.types import AnyTensor, Array, Namespace, TensorLike

__all__ = [
    "bartlett",
    "blackman",
    "hamming",
    "hanning",
    "i0",
    "kaiser",
]

#: Points of the circle over which means are taken; exact as long as ``exp(x)`` is a number.
_POINTS = 256


class I0(Unary):
    """y = the mean of exp(x cos t) over the circle, the modified Bessel function of order 0; dx = dy times the mean of
    exp(x cos t) cos t."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return self._mean(x, xp, derived=False)

    def derivative(self, dy: Array, x: Array, y: Array, xp: Namespace) -> Array:
        return dy * self._mean(x, xp, derived=True)

    def _mean(self, x: Array, xp: Namespace, derived: bool) -> Array:
        cosines = np.cos(2 * np.pi * np.arange(_POINTS) / _POINTS)
        weights = xp.asarray((cosines if derived else np.ones(_POINTS)) / _POINTS, dtype=x.dtype)
        circle = xp.asarray(cosines, dtype=x.dtype)
        size = xp.abs(x)
        shares = xp.exp(xp.expand_dims(size, axis=-1) * (circle - 1))
        found = xp.exp(size) * xp.sum(shares * weights, axis=-1)
        return found * xp.sign(x) if derived else found


def i0(x: TensorLike) -> AnyTensor:
    """The modified Bessel function of order 0.

    Example:
        >>> round(float(i0(1.0)), 4)
        1.2661
    """
    return apply(made(I0), floats(x))


def _weights(function: Callable[..., Array], x: TensorLike, what: str, *settings: float) -> Tensor:
    refuse_symbolic(what, x)
    return tensor(np.asarray(function(int(numbers_of(x)), *settings), FLOAT))


def bartlett(x: TensorLike) -> Tensor:
    """A triangle of ``x`` numbers: ``1 - |2 i / (x - 1) - 1|``, as float32."""
    return _weights(np.bartlett, x, "bartlett")


def blackman(x: TensorLike) -> Tensor:
    """``0.42 - 0.5 cos(t) + 0.08 cos(2 t)``, ``t = 2πi / (x - 1)``, for i from 0 to x - 1, as float32."""
    return _weights(np.blackman, x, "blackman")


def hamming(x: TensorLike) -> Tensor:
    """``0.54 - 0.46 cos(2πi / (x - 1))`` for i from 0 to x - 1, as float32."""
    return _weights(np.hamming, x, "hamming")


def hanning(x: TensorLike) -> Tensor:
    """``0.5 - 0.5 cos(2πi / (x - 1))`` for i from 0 to x - 1, as float32.

    Example:
        >>> hanning(3).tolist()
        [0.0, 1.0, 0.0]
    """
    return _weights(np.hanning, x, "hanning")


def kaiser(x: TensorLike, beta: TensorLike) -> Tensor:
    """``i0(beta sqrt(1 - (2 i / (x - 1) - 1)**2)) / i0(beta)`` for i from 0 to x - 1, as float32."""
    return _weights(np.kaiser, x, "kaiser", float(numbers_of(beta)))
