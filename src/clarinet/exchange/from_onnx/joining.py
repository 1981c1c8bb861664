"""ONNX's operators that join tensors and take them apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from clarinet import ops
from clarinet.exchange.from_onnx.protos import Step
from clarinet.exchange.from_onnx.reading import Reader, Value
from clarinet.exchange.from_onnx.turned import Turned, settled
from clarinet.exchange.from_onnx.weighted import fixed, is_fixed
from clarinet.types import AnyTensor, Array


def alike(taken: Sequence[AnyTensor]) -> list[AnyTensor]:
    """Fixed numbers in the dtype of tensors."""
    kind = np.dtype(next((v.dtype for v in taken if not is_fixed(v)), bool))
    fixed_ones = [np.asarray(v) if is_fixed(v) else None for v in taken]
    pairs = zip(taken, fixed_ones, strict=True)
    return [
        v if own is None or kind.kind not in "fiu" or own.dtype.kind not in "fiu" else cast(AnyTensor, own.astype(kind))
        for v, own in pairs
    ]


def concatenate(r: Reader, step: Step, x: Sequence[Value]) -> object:
    """Tensors side by side."""
    axis = int(step.get("axis", 0))
    if all(map(is_fixed, x)):
        r.check_room([sum(cast(Array, v).size for v in x)])
        return np.concatenate(cast("list[Array]", x), axis=axis)
    first = x[0]
    if isinstance(first, Turned) and all(isinstance(v, Turned) and v.order == first.order for v in x):
        own = first.order[axis]
        return Turned(ops.concatenate([v.base for v in cast("list[Turned]", x)], axis=own), first.order)
    several = alike([settled(v) for v in x])
    tensor = next(v for v in several if not is_fixed(v))
    if axis in (0, -len(tensor.shape)) and any(v.shape[0] is None for v in several):
        raise ValueError("it joins along the first axis, which is that of the rows; they stay apart")
    if axis not in (0, -len(tensor.shape)):  # what is fixed stands in every row
        several = [_in_every_row(v, tensor) if is_fixed(v) else v for v in several]
    return ops.concatenate(several, axis=axis)


def _in_every_row(one: AnyTensor, tensor: AnyTensor) -> AnyTensor:
    """A fixed row for each row of a tensor."""
    if len(one.shape) != len(tensor.shape) or one.shape[0] != 1 or tensor.shape[0] == 1:
        return one
    zero = ops.sum(tensor * 0, axis=tuple(range(1, len(tensor.shape))), keepdims=True)
    return zero + one


def split(r: Reader, step: Step, x: Sequence[Value]) -> object:
    """A tensor in pieces."""
    axis, taken = int(step.get("axis", 0)), settled(x[0])
    sizes = step.get("split") if len(x) < 2 or x[1] is None else fixed(x[1], "split").tolist()
    if sizes is None:
        return ops.split(taken, len(step.gives), axis=axis)
    whole = taken.shape[axis]
    if any(size < 0 for size in sizes) or whole not in (None, sum(sizes)):
        raise ValueError(f"pieces of {sizes}; expected sizes that make {whole} together")
    return ops.split(taken, np.cumsum(sizes)[:-1].tolist(), axis=axis)
