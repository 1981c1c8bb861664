"""Operations that all others may need before they begin: another dtype, several tensors as one, the same once more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clarinet.ops.dtypes import as_dtype
from clarinet.ops.operation import Elementwise, Gradients, Operation, Unary, require_one_dtype
from clarinet.ops.specs import Batch, TensorSpec, place
from clarinet.types import Array, DType, Namespace


class Identity(Unary):
    """y = x; dx = dy."""

    moves = True

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        return xs[0], None

    def backward(self, cache: object, dy: Array, xp: Namespace = np) -> Gradients:
        return (dy,)


class Copy(Identity):
    """y = x in memory of its own; dx = dy."""

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        return xp.asarray(xs[0], copy=True), None


class StopGradient(Identity):
    """y = x; no gradient."""

    def backward(self, cache: object, dy: Array, xp: Namespace = np) -> Gradients:
        return (None,)


@dataclass(eq=False, repr=False)
class Cast(Elementwise):
    """y = x in another dtype; dx = dy in that of x, None where one of the two dtypes is of no floats.

    Args:
        dtype: name of a dtype.
    """

    dtype: str

    def __post_init__(self) -> None:
        as_dtype(self.dtype, "cast: dtype")

    def out_dtype(self, dtype: DType) -> DType:
        return as_dtype(self.dtype)

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        (x,) = xs
        return xp.astype(x, getattr(xp, self.dtype)), x.dtype

    def backward(self, cache: DType, dy: Array, xp: Namespace = np) -> Gradients:
        return (xp.astype(dy, cache) if xp.isdtype(cache, "real floating") else None,)


@dataclass(eq=False, repr=False)
class Stack(Operation):
    """y = the inputs, all of one shape, side by side along a new axis; dx_i = what stands at i of dy.

    Args:
        axis: of the output; default 0.
    """

    arity = None
    moves = True

    axis: int = 0

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        return xp.stack(xs, axis=self.axis), None

    def backward(self, cache: None, dy: Array, xp: Namespace = np) -> Gradients:
        return split_off(dy, self.axis)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        require_one_dtype(specs, "stack")
        shape = list(specs[0].shape)
        for spec in specs[1:]:
            if spec.rank != len(shape) or any(m != n and None not in (m, n) for m, n in zip(shape, spec.shape)):
                raise ValueError(
                    f"stack: expected tensors of one shape, received {specs[0].shape} and {spec.shape}; "
                    "concatenate joins them along an axis that they have"
                )
            shape = [n if m is None else m for m, n in zip(shape, spec.shape)]
        shape.insert(place(self.axis, len(shape) + 1, "stack"), len(specs))
        return specs[0].reshaped(shape)

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        inside = place(self.axis, specs[0].rank + 1, "stack") > 0
        return "keeps" if inside and all(spec.batched for spec in specs) else "mixes"


def split_off(x: Array, axis: int) -> tuple[Array, ...]:
    """The entries of ``x`` along an axis, without that axis."""
    before: Any = (slice(None),) * (axis % x.ndim)
    return tuple(x[(*before, i, ...)] for i in range(x.shape[axis]))
