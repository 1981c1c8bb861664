"""Attention in the native engine's terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from clarinet.engines.lowering.builder import Builder, Known
from clarinet.engines.lowering.weights import NoForm
from clarinet.ops.attention import DotProductAttention
from clarinet.ops.specs import TensorSpec


class _Elementary(Protocol):
    @property
    def builder(self) -> Builder: ...


def attention(
    elementary: _Elementary,
    operation: DotProductAttention,
    specs: Sequence[TensorSpec],
    result: TensorSpec,
    taken: Sequence[Known],
) -> Known:
    """Queries, keys and values, each (steps, heads, size), and perhaps a mask, with axes of size 1 where it is the same
    for all."""
    if any(known.whole for known in taken[:3]):
        raise NoForm(f"{operation.name} of tensors without rows has no native form")
    (queries, heads, depth), (keys, shared, _), width = taken[0].shape, taken[1].shape, taken[2].shape[-1]
    sizes = {"queries": queries, "keys": keys, "heads": heads, "shared": shared, "depth": depth, "width": width}
    settings: dict[str, object] = {**sizes, "scale": operation.scale, "causal": operation.causal}
    if len(specs) > 3:
        settings["mask"] = [size != 1 for size in specs[3].shape[1:]]
    return elementary.builder.add("attention", taken, (queries, heads, width), settings=settings)
