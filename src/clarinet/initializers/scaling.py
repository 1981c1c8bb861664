"""Initializers whose spread depends on how many inputs and outputs a weight connects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod, sqrt
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from clarinet.configurable import Unsupported, check_number
from clarinet.initializers.base import Initializer, Shape, check_seed
from clarinet.initializers.distributions import truncated_normal
from clarinet.philox import Key

#: Standard deviation of the standard normal distribution cut off at ±2.
_CUT_STD = 0.87962566103423978
_AXES: Mapping[str, Unsupported] = dict.fromkeys(
    ("input_axes", "output_axes"), Unsupported("the last two axes of a weight are inputs and units")
)
_FANS = ("fan_in", "fan_out", "fan_avg")
_DISTRIBUTIONS = ("truncated_normal", "normal", "untruncated_normal", "uniform")


@dataclass(eq=False, repr=False)
class VarianceScaling(Initializer):
    """Random numbers whose variance is ``scale / fan``.

    A unit that sums ``fan_in`` inputs then has outputs of the same size as its inputs. For a kernel of shape (inputs,
    units) ``fan_in`` is inputs and ``fan_out`` units; further axes in front multiply both.

    Args:
        scale: default 1.
        mode: ``"fan_in"`` (default), ``"fan_out"`` or ``"fan_avg"``, their mean.
        distribution: ``"truncated_normal"`` (default; also ``"normal"``), ``"untruncated_normal"`` or ``"uniform"``.
        seed: fixes the numbers; default None, the model's.

    Raises:
        ValueError: ``scale`` not positive; an unknown mode or distribution.

    Example:
        >>> float(VarianceScaling(distribution="uniform", seed=0)((300, 4)).max()) < 0.1
        True
    """

    unsupported: ClassVar[Mapping[str, Unsupported]] = _AXES

    scale: float = 1.0
    mode: str = "fan_in"
    distribution: str = "truncated_normal"
    seed: int | None = None

    def __post_init__(self) -> None:
        check_seed(self)
        if check_number(self.scale, "VarianceScaling: scale", low=0) == 0:
            raise ValueError("VarianceScaling: scale is a positive number, received 0; use Zeros() for zeros")
        for name, choices in (("mode", _FANS), ("distribution", _DISTRIBUTIONS)):
            if getattr(self, name) not in choices:
                raise ValueError(
                    f"VarianceScaling: {name} is one of {', '.join(choices)}, received {getattr(self, name)!r}"
                )

    def values(self, shape: Shape, key: Key) -> NDArray[np.float64]:
        return _scaled(self.scale, self.mode, self.distribution, shape, key)


def fans(shape: Shape) -> tuple[int, int]:
    """Inputs and outputs that a weight of this shape connects."""
    if len(shape) < 2:
        return (shape or (1,))[0], (shape or (1,))[0]
    field = prod(shape[:-2])
    return field * shape[-2], field * shape[-1]


def _scaled(scale: float, mode: str, distribution: str, shape: Shape, key: Key) -> NDArray[np.float64]:
    fan_in, fan_out = fans(shape)
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]
    std = sqrt(scale / max(1.0, fan))
    n = prod(shape)
    if distribution == "uniform":
        values = sqrt(3) * std * (2 * key.uniform(n) - 1)
    elif distribution == "untruncated_normal":
        values = std * key.normal(n)
    else:
        values = std / _CUT_STD * truncated_normal(key, n)
    return values.reshape(shape)


@dataclass(eq=False, repr=False)
class Named(Initializer):
    """A variance scaling with a name of its own."""

    unsupported: ClassVar[Mapping[str, Unsupported]] = _AXES
    scaling: ClassVar[tuple[float, str, str]]

    seed: int | None = None

    def __post_init__(self) -> None:
        check_seed(self)

    def values(self, shape: Shape, key: Key) -> NDArray[np.float64]:
        return _scaled(*self.scaling, shape, key)


class GlorotUniform(Named):
    """Uniform in ±sqrt(6 / (fan_in + fan_out)), the default for kernels (Glorot and Bengio, AISTATS 2010).

    Args:
        seed: fixes the numbers; default None, the model's.

    Example:
        >>> bool((abs(GlorotUniform(seed=0)((2, 4))) < 1).all())
        True
    """

    scaling = (1.0, "fan_avg", "uniform")


class GlorotNormal(Named):
    """Truncated normal of variance 2 / (fan_in + fan_out) (Glorot and Bengio, AISTATS 2010).

    Args:
        seed: fixes the numbers; default None, the model's.

    Example:
        >>> GlorotNormal(seed=0)((2, 4)).shape
        (2, 4)
    """

    scaling = (1.0, "fan_avg", "truncated_normal")


class HeUniform(Named):
    """Uniform in ±sqrt(6 / fan_in), for ReLU (He, Zhang, Ren, Sun, ICCV 2015).

    Args:
        seed: fixes the numbers; default None, the model's.

    Example:
        >>> bool((abs(HeUniform(seed=0)((6, 4))) < 1).all())
        True
    """

    scaling = (2.0, "fan_in", "uniform")


class HeNormal(Named):
    """Truncated normal of variance 2 / fan_in, for ReLU (He, Zhang, Ren, Sun, ICCV 2015).

    Args:
        seed: fixes the numbers; default None, the model's.

    Example:
        >>> HeNormal(seed=0)((2, 4)).shape
        (2, 4)
    """

    scaling = (2.0, "fan_in", "truncated_normal")


class LecunUniform(Named):
    """Uniform in ±sqrt(3 / fan_in) (LeCun, Bottou, Orr, Müller, *Efficient BackProp*, 1998).

    Args:
        seed: fixes the numbers; default None, the model's.

    Example:
        >>> bool((abs(LecunUniform(seed=0)((3, 4))) < 1).all())
        True
    """

    scaling = (1.0, "fan_in", "uniform")


class LecunNormal(Named):
    """Truncated normal of variance 1 / fan_in, for SELU (LeCun, Bottou, Orr, Müller, *Efficient BackProp*, 1998).

    Args:
        seed: fixes the numbers; default None, the model's.

    Example:
        >>> LecunNormal(seed=0)((2, 4)).shape
        (2, 4)
    """

    scaling = (1.0, "fan_in", "truncated_normal")
