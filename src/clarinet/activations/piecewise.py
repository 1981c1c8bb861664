"""Activations made of straight lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clarinet.activations.base import Activation
from clarinet.configurable import check_number
from clarinet.types import Array, Namespace


class Linear(Activation):
    """a = z; da/dz = 1.

    Example:
        >>> Linear()([-1.0, 2.0]).tolist()
        [-1.0, 2.0]
    """

    def forward(self, z: Array, xp: Namespace = np) -> Array:
        return z

    def backward(self, dy: Array, z: Array, a: Array, xp: Namespace = np) -> Array:
        return dy


@dataclass(eq=False, repr=False)
class Relu(Activation):
    """a = max(z, 0), da/dz = 1 where z > 0, else 0 (Nair and Hinton, ICML 2010).

    With settings: a = min(z, max_value) where z > threshold, else negative_slope (z - threshold).

    Args:
        negative_slope: at least 0; default 0.
        max_value: at least 0; default None, no limit.
        threshold: at least 0; default 0.

    Example:
        >>> Relu()([-2.0, 3.0, 9.0], max_value=6).tolist()
        [0.0, 3.0, 6.0]
    """

    rectifies = True

    negative_slope: float = 0.0
    max_value: float | None = None
    threshold: float = 0.0

    def __post_init__(self) -> None:
        for key, value in vars(self).items():
            if value is not None:
                check_number(value, f"relu: {key}", low=0)

    def forward(self, z: Array, xp: Namespace = np) -> Array:
        above = z if self.max_value is None else xp.clip(z, None, self.max_value)
        below = (z - self.threshold) * self.negative_slope if self.negative_slope else xp.zeros_like(z)
        return xp.where(z <= self.threshold, below, above)  # a NaN stays one

    def backward(self, dy: Array, z: Array, a: Array, xp: Namespace = np) -> Array:
        nothing = xp.zeros_like(dy)
        above = dy if self.max_value is None else xp.where(z < self.max_value, dy, nothing)
        below = dy * self.negative_slope if self.negative_slope else nothing
        return xp.where(z > self.threshold, above, below)


class Relu6(Activation):
    """a = min(max(z, 0), 6); da/dz = 1 where 0 < z < 6, else 0 (Krizhevsky, 2010).

    Example:
        >>> Relu6()([-2.0, 3.0, 9.0]).tolist()
        [0.0, 3.0, 6.0]
    """

    def forward(self, z: Array, xp: Namespace = np) -> Array:
        return xp.clip(z, 0.0, 6.0)

    def backward(self, dy: Array, z: Array, a: Array, xp: Namespace = np) -> Array:
        return xp.where((z > 0) & (z < 6), dy, xp.zeros_like(dy))


@dataclass(eq=False, repr=False)
class LeakyRelu(Activation):
    """a = z where z > 0, else negative_slope z; da/dz = 1 or negative_slope (Maas, Hannun, Ng, ICML 2013).

    Args:
        negative_slope: default 0.2.

    Example:
        >>> LeakyRelu()([-10.0, 2.0]).tolist()
        [-2.0, 2.0]
    """

    negative_slope: float = 0.2

    def __post_init__(self) -> None:
        check_number(self.negative_slope, "leaky_relu: negative_slope")

    def forward(self, z: Array, xp: Namespace = np) -> Array:
        return xp.where(z > 0, z, z * self.negative_slope)

    def backward(self, dy: Array, z: Array, a: Array, xp: Namespace = np) -> Array:
        return xp.where(z > 0, dy, dy * self.negative_slope)


class HardSigmoid(Activation):
    """a = min(max(z / 6 + 1/2, 0), 1), straight lines near a sigmoid; da/dz = 1/6 where -3 < z < 3, else 0.

    (Courbariaux, Bengio, David, NeurIPS 2015, with the slope 1/6 of Keras 3, PyTorch and MobileNetV3.)

    Example:
        >>> HardSigmoid()([-4.0, 0.0, 1.5]).tolist()
        [0.0, 0.5, 0.75]
    """

    def forward(self, z: Array, xp: Namespace = np) -> Array:
        return xp.clip(z + 3.0, 0.0, 6.0) * (1 / 6)

    def backward(self, dy: Array, z: Array, a: Array, xp: Namespace = np) -> Array:
        return xp.where(xp.abs(z) < 3, dy * (1 / 6), xp.zeros_like(dy))


class HardSilu(Activation):
    """a = z hard_sigmoid(z); da/dz = (2 z + 3) / 6 where -3 < z < 3, 1 above, 0 below; also called hard_swish.

    (Howard et al., *Searching for MobileNetV3*, ICCV 2019.)

    Example:
        >>> HardSilu()([0.0, 1.5, 5.0]).tolist()
        [0.0, 1.125, 5.0]
    """

    def forward(self, z: Array, xp: Namespace = np) -> Array:
        return z * (xp.clip(z + 3.0, 0.0, 6.0) * (1 / 6))

    def backward(self, dy: Array, z: Array, a: Array, xp: Namespace = np) -> Array:
        slope = xp.clip(z + 3.0, 0.0, 6.0) * (1 / 6)
        return dy * xp.where(xp.abs(z) < 3, slope + z * (1 / 6), slope)
