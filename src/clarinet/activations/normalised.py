"""Activations that look at all elements along an axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clarinet.activations.base import Activation
from clarinet.configurable import check_whole
from clarinet.types import Array, Namespace


def check_axis(axis: object, name: str) -> None:
    """Raise unless ``axis`` is a whole number that does not name the batch."""
    if check_whole(axis, f"{name}: axis") == 0:
        raise ValueError(f"{name}: axis: axis 0 is the batch, received 0; use -1, the last axis")


def check_axis_of(shape: tuple[int, ...], axis: int, name: str) -> None:
    """Raise unless samples of this shape have the axis; the batch is not one of theirs."""
    if not -len(shape) <= axis <= len(shape):
        raise ValueError(
            f"{name}: samples of shape {shape} have no axis {axis}; -1 is the last one, and 1 the first after the batch"
        )


@dataclass(eq=False, repr=False)
class Softmax(Activation):
    """a_i = exp(z_i) / sum_j exp(z_j); dz_i = a_i (dy_i - sum_j dy_j a_j).

    Args:
        axis: the one that is summed over; not 0, the batch; default -1, the last.

    Example:
        >>> Softmax()([0.0, 0.0, 0.0, 0.0]).tolist()
        [0.25, 0.25, 0.25, 0.25]
    """

    outputs = "distribution"
    saturates_at = (0.0, 1.0)

    axis: int = -1

    def __post_init__(self) -> None:
        check_axis(self.axis, "softmax")

    def check_shape(self, shape: tuple[int, ...]) -> None:
        check_axis_of(shape, self.axis, "softmax")

    def forward(self, z: Array, xp: Namespace = np) -> Array:
        e = xp.exp(z - xp.max(z, axis=self.axis, keepdims=True))
        return e / xp.sum(e, axis=self.axis, keepdims=True)

    def backward(self, dy: Array, z: Array, a: Array, xp: Namespace = np) -> Array:
        dz: Array = a * (dy - xp.sum(dy * a, axis=self.axis, keepdims=True))
        return dz


@dataclass(eq=False, repr=False)
class LogSoftmax(Activation):
    """a_i = z_i - log(sum_j exp(z_j)), the logarithm of softmax; dz_i = dy_i - exp(a_i) sum_j dy_j.

    Args:
        axis: the one that is summed over; not 0, the batch; default -1, the last.

    Example:
        >>> LogSoftmax()([0.0, 0.0]).round(4).tolist()
        [-0.6931, -0.6931]
    """

    outputs = "log-distribution"

    axis: int = -1

    def __post_init__(self) -> None:
        check_axis(self.axis, "log_softmax")

    def check_shape(self, shape: tuple[int, ...]) -> None:
        check_axis_of(shape, self.axis, "log_softmax")

    def forward(self, z: Array, xp: Namespace = np) -> Array:
        shifted = z - xp.max(z, axis=self.axis, keepdims=True)
        return shifted - xp.log(xp.sum(xp.exp(shifted), axis=self.axis, keepdims=True))

    def backward(self, dy: Array, z: Array, a: Array, xp: Namespace = np) -> Array:
        dz: Array = dy - xp.exp(a) * xp.sum(dy, axis=self.axis, keepdims=True)
        return dz
