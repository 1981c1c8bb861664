"""Noise while training: dropout and its relatives. In inference all of these layers do nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod, sqrt
from typing import ClassVar

import numpy as np

from clarinet.configurable import Unsupported, check_number
from clarinet.fields import Field
from clarinet.layers.base import Layer
from clarinet.layers.channels import DataFormatField, Spatial, or_by_parts
from clarinet.layers.context import Context
from clarinet.layers.geometry import check_rank
from clarinet.philox import Key
from clarinet.types import Array, Shape

#: The limit of ``selu`` for large negative numbers.
LOWER_LIMIT = -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946


def check_seed(seed: object, what: str) -> None:
    """A whole number or None."""
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, (int, np.integer))):
        raise TypeError(f"{what}: seed is a whole number or None, received {seed!r}")


class Noise(Layer):
    """Base of layers that draw random numbers while training: those of a step depend on seed, step and layer alone."""

    supports_masking = True

    disturbs_by = "noise"

    seed: int | None

    def check(self) -> None:
        check_seed(self.seed, type(self).__name__)

    def key(self, ctx: Context) -> Key:
        """The key of this step's numbers."""
        return ctx.key if self.seed is None else ctx.key.at(seed=self.seed)


class _Masking(Noise):
    """``y = x m / (1 - rate)`` with a mask of zeros and ones whose shape a subclass defines."""

    rate: float

    def check(self) -> None:
        super().check()
        self.rate = check_number(self.rate, f"{type(self).__name__}: rate", low=0, below=1)

    def mask_shape(self, shape: Shape) -> Shape:
        """The shape of the mask for inputs of this shape; it is broadcast."""
        return shape

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        if not ctx.training or self.rate == 0:
            return x, None, {}
        shape = self.mask_shape(tuple(x.shape))
        mask = ctx.xp.asarray(self.key(ctx).keep(prod(shape), self.rate).reshape(shape))
        factor = ctx.xp.astype(mask, x.dtype) * (1 / (1 - self.rate))
        return x * factor, factor, {}

    def backward(self, params: dict[str, Array], cache: object, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy if cache is None else dy * cache, {}


class _NoiseShapeField(Field["Sequence[int | None] | None", "tuple[int | None, ...] | None"]):
    """The shape of a mask, None for the input's own sizes."""

    def convert(self, value: Sequence[int | None] | None, owner: object) -> tuple[int | None, ...] | None:
        if value is None:
            return None
        sizes = tuple(value) if isinstance(value, (list, tuple)) else ()
        if not sizes or sizes[0] is not None or any(size is not None and type(size) is not int for size in sizes):
            raise ValueError(
                f"{self.what(owner)} has None for the rows, then for each axis 1, its size, or None for its size, e.g. "
                f"(None, 1, 1, 1); received {value!r}"
            )
        return sizes


@dataclass(eq=False, repr=False)
class Dropout(_Masking):
    """While training, sets a share ``rate`` of the inputs to zero and scales the others by ``1 / (1 - rate)``.

    ``y = x m / (1 - rate)`` with a random mask ``m`` of zeros and ones, new on every step; in inference ``y = x``.
    Shapes: output as ``x``. Gradient: ``dx = dy m / (1 - rate)``. (Srivastava, Hinton, Krizhevsky, Sutskever,
    Salakhutdinov, J. Machine Learning Research 15, 2014.) The mask of a step depends on seed, step and layer alone, so
    both engines drop the same.

    Args:
        rate: share that is dropped, at least 0 and below 1.
        noise_shape: of the mask, with the rows as None: along an axis of 1 all entries are dropped together, e.g.
            ``(None, 1, 1, 1)`` for whole pictures; default None, each entry by itself.
        seed: fixes the masks independently of the model's seed; default None.

    Raises:
        TypeError, ValueError: ``rate`` is not in that range; ``seed`` is not a whole number; when built, a
            ``noise_shape`` that samples do not fit.

    Example:
        >>> Dropout(0.5).output_shape((10,))
        (10,)
    """

    disturbs_by = "dropout"

    rate: float
    noise_shape: _NoiseShapeField = _NoiseShapeField(None)
    seed: int | None = None

    @property
    def takes_steps(self) -> bool:
        return True

    def output_shape(self, input_shape: Shape) -> Shape:
        sizes = None if self.noise_shape is None else self.noise_shape[1:]
        if sizes is not None and not (
            len(sizes) == len(input_shape) and all(a in (None, 1, b) for a, b in zip(sizes, input_shape))
        ):
            raise ValueError(f"Dropout: noise_shape={self.noise_shape} does not fit samples of shape {input_shape}")
        return input_shape

    def mask_shape(self, shape: Shape) -> Shape:
        kept = self.noise_shape or (None,) * len(shape)
        return tuple(size if own is None else own for own, size in zip(kept, shape))


@dataclass(eq=False, repr=False)
class SpatialDropout1D(_Masking):
    """Dropout of whole channels of sequences: a channel is zero at all steps of a sample, or at none.

    ``y = x m / (1 - rate)`` with a mask ``m`` (n, 1, channels), new on every step; in inference ``y = x``. Shapes:
    ``x`` (n, steps, channels), output as ``x``. Gradient: ``dx = dy m / (1 - rate)``. (Tompson et al., CVPR 2015.)

    Args:
        rate: share that is dropped, at least 0 and below 1.
        seed: fixes the masks independently of the model's seed; default None.

    Raises:
        TypeError, ValueError: as for :class:`Dropout`; when built, samples that have no two axes.

    Example:
        >>> SpatialDropout1D(0.2).output_shape((50, 8))
        (50, 8)
    """

    rate: float
    seed: int | None = None

    def output_shape(self, input_shape: Shape) -> Shape:
        check_rank(input_shape, 1, "SpatialDropout1D")
        return input_shape

    def mask_shape(self, shape: Shape) -> Shape:
        return (shape[0], 1, shape[2])


class _SpatialDropout(_Masking, Spatial):
    """Dropout of whole channels."""

    rank: ClassVar[int]

    @or_by_parts
    def output_shape(self, input_shape: Shape) -> Shape:
        check_rank(input_shape, self.rank, type(self).__name__)
        return input_shape

    def mask_shape(self, shape: Shape) -> Shape:
        return (shape[0], *(1,) * self.rank, shape[-1])

    @or_by_parts
    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        return _Masking.forward(self, params, state, x, ctx)

    @or_by_parts
    def backward(self, params: dict[str, Array], cache: object, dy: Array) -> tuple[Array, dict[str, Array]]:
        return _Masking.backward(self, params, cache, dy)


@dataclass(eq=False, repr=False)
class SpatialDropout2D(_SpatialDropout):
    """Dropout of whole channels of images: neighbouring pixels are so alike that dropping single ones changes little.

    ``y = x m / (1 - rate)`` with a mask ``m`` (n, 1, 1, channels), new on every step; in inference ``y = x``. Shapes:
    ``x`` (n, height, width, channels), output as ``x``. Gradient: ``dx = dy m / (1 - rate)``. (Tompson et al., CVPR
    2015.)

    Args:
        rate: share that is dropped, at least 0 and below 1.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        seed: fixes the masks independently of the model's seed; default None.

    Raises:
        TypeError, ValueError: as for :class:`Dropout`; when built, samples that have no three axes.

    Example:
        >>> SpatialDropout2D(0.2).output_shape((7, 7, 8))
        (7, 7, 8)
    """

    rank = 2

    rate: float
    data_format: DataFormatField = DataFormatField(None)
    seed: int | None = None


@dataclass(eq=False, repr=False)
class SpatialDropout3D(_SpatialDropout):
    """Dropout of whole channels of volumes: a channel is zero at all places of a sample, or at none.

    ``y = x m / (1 - rate)`` with a mask ``m`` (n, 1, 1, 1, channels), new on every step; in inference ``y = x``.
    Shapes: ``x`` (n, depth, height, width, channels), output as ``x``. Gradient: ``dx = dy m / (1 - rate)``.

    Args:
        rate: share that is dropped, at least 0 and below 1.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        seed: fixes the masks independently of the model's seed; default None.

    Raises:
        TypeError, ValueError: as for :class:`Dropout`; when built, samples that have no four axes.

    Example:
        >>> SpatialDropout3D(0.2).output_shape((7, 7, 7, 8))
        (7, 7, 7, 8)
    """

    rank = 3

    rate: float
    data_format: DataFormatField = DataFormatField(None)
    seed: int | None = None


@dataclass(eq=False, repr=False)
class GaussianNoise(Noise):
    """While training adds normal noise: ``y = x + stddev z`` with ``z`` of mean 0 and variance 1; in inference ``y =
    x``.

    Shapes: output as ``x``. Gradient: ``dx = dy``.

    Args:
        stddev: standard deviation of the noise, at least 0.
        seed: fixes the noise independently of the model's seed; default None.

    Raises:
        TypeError, ValueError: a number out of range.

    Example:
        >>> GaussianNoise(0.1).output_shape((10,))
        (10,)
    """

    stddev: float
    seed: int | None = None

    def check(self) -> None:
        super().check()
        self.stddev = check_number(self.stddev, "GaussianNoise: stddev", low=0)

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        if not ctx.training or self.stddev == 0:
            return x, None, {}
        noise = self.stddev * self.key(ctx).normal(prod(x.shape)).reshape(tuple(x.shape))
        return x + ctx.xp.asarray(noise, dtype=x.dtype), None, {}

    def backward(self, params: dict[str, Array], cache: object, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy, {}


@dataclass(eq=False, repr=False)
class GaussianDropout(Noise):
    """While training multiplies by normal noise of mean 1 and variance ``rate / (1 - rate)``, as much as that of the
    masks of :class:`Dropout`: ``y = x m`` (Srivastava et al., JMLR 2014); in inference ``y = x``.

    Shapes: output as ``x``. Gradient: ``dx = m dy``.

    Args:
        rate: at least 0 and below 1.
        seed: fixes the noise independently of the model's seed; default None.

    Raises:
        TypeError, ValueError: a number out of range.

    Example:
        >>> GaussianDropout(0.1).output_shape((10,))
        (10,)
    """

    rate: float
    seed: int | None = None

    def check(self) -> None:
        super().check()
        self.rate = check_number(self.rate, "GaussianDropout: rate", low=0, below=1)

    @property
    def deviation(self) -> float:
        """The standard deviation of the noise."""
        return sqrt(self.rate / (1 - self.rate))

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        if not ctx.training or self.rate == 0:
            return x, None, {}
        noise = 1 + self.deviation * self.key(ctx).normal(prod(x.shape)).reshape(tuple(x.shape))
        m = ctx.xp.asarray(noise, dtype=x.dtype)
        return x * m, m, {}

    def backward(self, params: dict[str, Array], cache: Array | None, dy: Array) -> tuple[Array, dict[str, Array]]:
        return (dy if cache is None else dy * cache), {}


@dataclass(eq=False, repr=False)
class AlphaDropout(Noise):
    """Dropout that keeps mean 0 and variance 1, for networks of ``selu`` (Klambauer et al., NeurIPS 2017).

    While training, a share ``rate`` of the inputs becomes ``s = -1.7581``, the lower limit of ``selu``, and everything
    is scaled and shifted: ``y = a (x m + s (1 - m)) + b`` with a mask ``m`` of zeros and ones, new on every step,
    ``a = ((1 - rate) (1 + rate s^2))^(-1/2)`` and ``b = -a s rate``. In inference ``y = x``. Shapes: output as ``x``.
    Gradient: ``dx = a m dy``.

    Args:
        rate: share that is dropped, at least 0 and below 1.
        seed: fixes the masks independently of the model's seed; default None.

    Raises:
        TypeError, ValueError: as for :class:`Dropout`.

    Example:
        >>> AlphaDropout(0.1).output_shape((10,))
        (10,)
    """

    unsupported: ClassVar[Mapping[str, Unsupported]] = {
        **Layer.unsupported,
        "noise_shape": Unsupported("every entry is dropped by itself"),
    }

    rate: float
    seed: int | None = None

    def check(self) -> None:
        super().check()
        self.rate = check_number(self.rate, "AlphaDropout: rate", low=0, below=1)

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        if not ctx.training or self.rate == 0:
            return x, None, {}
        a = 1 / sqrt((1 - self.rate) * (1 + self.rate * LOWER_LIMIT**2))
        mask = ctx.xp.asarray(self.key(ctx).keep(prod(x.shape), self.rate).reshape(tuple(x.shape)))
        kept = ctx.xp.where(mask, x, ctx.xp.full_like(x, LOWER_LIMIT))
        return a * kept - a * LOWER_LIMIT * self.rate, ctx.xp.astype(mask, x.dtype) * a, {}

    def backward(self, params: dict[str, Array], cache: object, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy if cache is None else dy * cache, {}
