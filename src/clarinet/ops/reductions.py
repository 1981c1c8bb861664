"""Operations that make one number of many: sums, means, extremes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod as _prod

import numpy as np

from clarinet.ops.dispatch import apply
from clarinet.ops.dtypes import FLOAT, INT
from clarinet.ops.operation import Gradients, Operation, made
from clarinet.ops.specs import Axes, Batch, Shape, TensorSpec, places, product, whole_axes
from clarinet.types import AnyTensor, Array, Namespace, TensorLike


@dataclass(eq=False, repr=False)
class Reduction(Operation):
    """Base of operations that make one number of all that stand along some axes.

    Args:
        axis: one, several, or None for all; default None.
        keepdims: leave the axes there, with size 1; default False.
    """

    axis: Axes = None
    keepdims: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "axis", whole_axes(self.axis, self.name))

    def result(self, *specs: TensorSpec) -> TensorSpec:
        (spec,) = specs
        gone = places(self.axis, spec.rank, self.name)
        sizes = [1 if i in gone else size for i, size in enumerate(spec.shape)]
        return spec.reshaped(sizes if self.keepdims else [n for i, n in enumerate(sizes) if i not in gone])

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        return "mixes" if 0 in places(self.axis, specs[0].rank, self.name) else "keeps"

    def kept(self, y: Array, shape: Shape, xp: Namespace) -> Array:
        """What the reduction gave, or a gradient there, with axes of size 1 for those that are gone."""
        gone = places(self.axis, len(shape), self.name)
        return xp.reshape(y, tuple(1 if i in gone else size for i, size in enumerate(shape)))

    def count(self, shape: Sequence[int]) -> int:
        """How many numbers become one."""
        return _prod(shape[i] for i in places(self.axis, len(shape), self.name))


class Sum(Reduction):
    """y = the sum of x; dx = dy everywhere."""

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        (x,) = xs
        return xp.sum(x, axis=self.axis, dtype=x.dtype, keepdims=self.keepdims), x.shape

    def backward(self, cache: tuple[int, ...], dy: Array, xp: Namespace = np) -> Gradients:
        return (xp.broadcast_to(self.kept(dy, cache, xp), cache),)


class Mean(Reduction):
    """y = the mean of the n numbers x; dx = dy / n."""

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        (x,) = xs
        return xp.mean(x, axis=self.axis, keepdims=self.keepdims), x.shape

    def backward(self, cache: tuple[int, ...], dy: Array, xp: Namespace = np) -> Gradients:
        share = self.kept(dy, cache, xp) / max(self.count(cache), 1)
        return (xp.broadcast_to(share, cache),)


class Prod(Reduction):
    """y = the product of x; dx_i = dy times the product of all others, also where some are 0."""

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        (x,) = xs
        return xp.prod(x, axis=self.axis, dtype=x.dtype, keepdims=self.keepdims), x

    def backward(self, cache: Array, dy: Array, xp: Namespace = np) -> Gradients:
        gone = places(self.axis, cache.ndim, self.name)
        order = (*(i for i in range(cache.ndim) if i not in gone), *gone)
        rows = xp.permute_dims(cache, order)
        flat = xp.reshape(rows, (-1, max(self.count(cache.shape), 1))) if rows.size else xp.reshape(rows, (0, 1))
        others = xp.reshape(_before(flat, xp) * xp.flip(_before(xp.flip(flat, axis=1), xp), axis=1), rows.shape)
        return (self.kept(dy, cache.shape, xp) * xp.permute_dims(others, inverse(order)),)


def _before(rows: Array, xp: Namespace) -> Array:
    """In every row the products of all numbers before each."""
    ones = xp.ones_like(rows[:, :1])
    return xp.cumulative_prod(xp.concat([ones, rows[:, :-1]], axis=1), axis=1)


def inverse(order: Sequence[int]) -> tuple[int, ...]:
    """The permutation that undoes another."""
    return tuple(order.index(i) for i in range(len(order)))


class _Extreme(Reduction):
    """Base of the greatest and the least number; where several are, they share the gradient."""

    def backward(self, cache: tuple[Array, Array], dy: Array, xp: Namespace = np) -> Gradients:
        x, y = cache
        chosen = xp.astype(x == self.kept(y, x.shape, xp), x.dtype)
        many = xp.sum(chosen, axis=self.axis, keepdims=True)
        return (self.kept(dy, x.shape, xp) * chosen / many,)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        found = super().result(*specs)
        if product(specs[0].shape[i] for i in places(self.axis, specs[0].rank, self.name)) == 0:
            raise ValueError(f"{self.name}: there are no numbers along axis {self.axis} of the shape {specs[0].shape}")
        return found


class Max(_Extreme):
    """y = the greatest x; dx = dy there, shared equally among equals, and 0 elsewhere."""

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        y = xp.max(xs[0], axis=self.axis, keepdims=self.keepdims)
        return y, (xs[0], y)


class Min(_Extreme):
    """y = the least x; dx = dy there, shared equally among equals, and 0 elsewhere."""

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        y = xp.min(xs[0], axis=self.axis, keepdims=self.keepdims)
        return y, (xs[0], y)


class Var(Reduction):
    """y = the mean of (x - m)^2, m the mean of the n numbers x; dx = dy 2 (x - m) / n."""

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        (x,) = xs
        away = x - xp.mean(x, axis=self.axis, keepdims=True)
        return xp.mean(away * away, axis=self.axis, keepdims=self.keepdims), away

    def backward(self, cache: Array, dy: Array, xp: Namespace = np) -> Gradients:
        return (self.kept(dy, cache.shape, xp) * cache * (2 / max(self.count(cache.shape), 1)),)


class Logsumexp(Reduction):
    """y = log(sum(exp(x))) without overflow; dx = dy exp(x - y)."""

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        (x,) = xs
        top = xp.max(x, axis=self.axis, keepdims=True)
        top = xp.where(xp.isfinite(top), top, xp.zeros_like(top))
        whole = xp.log(xp.sum(xp.exp(x - top), axis=self.axis, keepdims=True)) + top
        spec = self.result(TensorSpec(x.shape, FLOAT))
        return xp.reshape(whole, spec.shape), (x, whole)

    def backward(self, cache: tuple[Array, Array], dy: Array, xp: Namespace = np) -> Gradients:
        x, whole = cache
        return (self.kept(dy, x.shape, xp) * xp.exp(x - whole),)


class _Verdict(Reduction):
    """Base of questions about many truth values."""

    def backward(self, cache: object, dy: Array, xp: Namespace = np) -> Gradients:
        return (None,)


class AllTrue(_Verdict):
    """y = whether all are true."""

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        return xp.all(xs[0], axis=self.axis, keepdims=self.keepdims), None


class AnyTrue(_Verdict):
    """y = whether any is true."""

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        return xp.any(xs[0], axis=self.axis, keepdims=self.keepdims), None


class _Place(_Extreme):
    """Base of the place where an extreme stands: the first of equals. Over one axis, or all as if in one row."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.axis is not None and len(self.axis) != 1:
            raise ValueError(f"{self.name}: expected one axis or None, received {self.axis}")

    def result(self, *specs: TensorSpec) -> TensorSpec:
        return super().result(*specs).typed(INT)

    def found(self, function: Callable[..., Array], x: Array, xp: Namespace) -> tuple[Array, object]:
        """The places, as int32."""
        axis = None if self.axis is None else self.axis[0]
        return xp.astype(function(x, axis=axis, keepdims=self.keepdims), xp.int32), None

    def backward(self, cache: object, dy: Array, xp: Namespace = np) -> Gradients:
        return (None,)


class Argmax(_Place):
    """y = the place of the greatest x."""

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        return self.found(xp.argmax, xs[0], xp)


class Argmin(_Place):
    """y = the place of the least x."""

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        return self.found(xp.argmin, xs[0], xp)


def reduced(kind: type[Reduction], x: TensorLike, axis: object, keepdims: bool) -> AnyTensor:
    """Apply a reduction to what :func:`converted` gave."""
    return apply(made(kind, whole_axes(axis, kind.__name__.lower()), bool(keepdims)), x)
