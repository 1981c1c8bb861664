"""Layers that change the shape and keep the numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from clarinet.layers.base import Layer, check_positive_int
from clarinet.layers.channels import DataFormatField, Spatial, or_by_parts
from clarinet.layers.context import Context
from clarinet.types import Array, Namespace, Shape


class _SameNumbers(Layer):
    """Base of Flatten and Reshape: ``dx`` is ``dy`` in the shape of ``x``."""

    passes_through = "reshape"

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        y = ctx.xp.reshape(x, (x.shape[0], *self.output_shape(tuple(x.shape[1:]))))
        return y, (tuple(x.shape), ctx.xp), {}

    def backward(
        self, params: dict[str, Array], cache: tuple[tuple[int, ...], Namespace], dy: Array
    ) -> tuple[Array, dict[str, Array]]:
        shape, xp = cache
        return xp.reshape(dy, shape), {}


@dataclass(eq=False, repr=False)
class Flatten(_SameNumbers, Spatial):
    """Every sample becomes one row of numbers, the last axis running fastest; the channels, where they come first.

    Shapes: ``x`` (n, …), output (n, product of the others). Gradient: ``dx`` is ``dy`` in the shape of ``x``.

    Args:
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        ValueError: another format.

    Example:
        >>> Flatten().output_shape((28, 28))
        (784,)
    """

    data_format: DataFormatField = DataFormatField(None)

    @property
    def keeps_axes(self) -> bool:
        return False

    @or_by_parts
    def output_shape(self, input_shape: Shape) -> Shape:
        return (prod(input_shape),)

    @or_by_parts
    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        return _SameNumbers.forward(self, params, state, x, ctx)

    @or_by_parts
    def backward(
        self, params: dict[str, Array], cache: tuple[tuple[int, ...], Namespace], dy: Array
    ) -> tuple[Array, dict[str, Array]]:
        return _SameNumbers.backward(self, params, cache, dy)


@dataclass(eq=False, repr=False)
class Reshape(_SameNumbers):
    """Every sample in another shape, the last axis running fastest.

    Shapes: ``x`` (n, …), output (n, *target_shape). Gradient: ``dx`` is ``dy`` in the shape of ``x``.

    Args:
        target_shape: of one sample; one size may be -1 and follows from the others.

    Raises:
        TypeError, ValueError: not a tuple of positive whole numbers with at most one -1; when built, a shape that does
            not hold as many numbers as the input.

    Example:
        >>> Reshape((-1, 14)).output_shape((28, 28))
        (56, 14)
    """

    target_shape: Shape

    def check(self) -> None:
        shape = (self.target_shape,) if isinstance(self.target_shape, (int, np.integer)) else self.target_shape
        if not isinstance(shape, (list, tuple)) or not all(
            isinstance(n, (int, np.integer)) and not isinstance(n, bool) for n in shape
        ):
            raise TypeError(f"Reshape: target_shape is a tuple of whole numbers such as (28, 28), received {shape!r}")
        if any(n < -1 or n == 0 for n in shape) or sum(n == -1 for n in shape) > 1:
            raise ValueError(
                f"Reshape: target_shape holds positive whole numbers and at most one -1, received {shape!r}"
            )
        self.target_shape = tuple(int(n) for n in shape)

    def output_shape(self, input_shape: Shape) -> Shape:
        size, known = prod(input_shape), prod(n for n in self.target_shape if n != -1)
        missing = size // known if -1 in self.target_shape else 1
        if known * missing != size:
            raise ValueError(
                f"Reshape: a sample of shape {input_shape} holds {size} numbers, which do not fit {self.target_shape}"
            )
        return tuple(missing if n == -1 else n for n in self.target_shape)


@dataclass(eq=False, repr=False)
class Permute(Layer):
    """The axes of every sample in another order.

    Shapes: ``x`` (n, …), output (n, …): axis ``i`` is axis ``dims[i]`` of ``x``. Gradient: ``dy`` in the old order.

    Args:
        dims: the axes of a sample, 1 being the first, each once: ``(2, 1)`` turns matrices.

    Raises:
        TypeError, ValueError: not a permutation of 1, 2, …; when built, samples with another number of axes.

    Example:
        >>> Permute((2, 1)).output_shape((10, 64))
        (64, 10)
    """

    passes_through = "permute"

    dims: Shape

    def check(self) -> None:
        if not isinstance(self.dims, (list, tuple)):
            raise TypeError(f"Permute: dims is a tuple such as (2, 1), received {self.dims!r}")
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(
                f"Permute: dims names each axis of a sample once, counting from 1, e.g. (2, 1); received {self.dims!r}"
            )
        self.dims = tuple(int(axis) for axis in self.dims)

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != len(self.dims):
            raise ValueError(f"Permute: dims={self.dims} needs {len(self.dims)} axes, samples have shape {input_shape}")
        return tuple(input_shape[axis - 1] for axis in self.dims)

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        return ctx.xp.permute_dims(x, (0, *self.dims)), ctx.xp, {}

    def backward(self, params: dict[str, Array], cache: Namespace, dy: Array) -> tuple[Array, dict[str, Array]]:
        back = tuple(self.dims.index(axis) + 1 for axis in range(1, len(self.dims) + 1))
        return cache.permute_dims(dy, (0, *back)), {}


@dataclass(eq=False, repr=False)
class RepeatVector(Layer):
    """A sequence in which every step is ``x``: ``y[t] = x``, for a decoder that takes one vector.

    Shapes: ``x`` (rows, features), output (rows, n, features). Gradient: ``dx`` is the sum of ``dy`` over the steps.

    Args:
        n: how many steps.

    Raises:
        TypeError, ValueError: ``n`` is no positive whole number; when built, samples that have not one axis.

    Example:
        >>> RepeatVector(5).output_shape((8,))
        (5, 8)
    """

    n: int

    def check(self) -> None:
        self.n = check_positive_int(self.n, "RepeatVector: n")

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 1:
            raise ValueError(
                f"RepeatVector: expected samples with one axis, received the shape {input_shape}; put Flatten before it"
            )
        return (self.n, *input_shape)

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        return ctx.xp.repeat(ctx.xp.expand_dims(x, axis=1), self.n, axis=1), ctx.xp, {}

    def backward(self, params: dict[str, Array], cache: Namespace, dy: Array) -> tuple[Array, dict[str, Array]]:
        return cache.sum(dy, axis=1), {}
