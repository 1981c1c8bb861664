"""Layers that make or look at a mask, in the native engine's terms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clarinet import layers, ops
from clarinet.types import AnyTensor

#: Layers whose native operation takes the mask after all other inputs.
TAKE_MASK: frozenset[type] = frozenset((layers.BatchNormalization, layers.GRU, layers.LSTM, layers.SimpleRNN))


def _mean(spec: layers.GlobalAveragePooling1D, x: AnyTensor, mask: AnyTensor) -> AnyTensor:
    total = ops.sum(ops.where(ops.expand_dims(mask, -1), x, 0.0), axis=1)
    return total / ops.maximum(ops.sum(ops.cast(mask, "float32"), axis=1, keepdims=True), 1.0)


def _softmax(spec: layers.Softmax, x: AnyTensor, mask: AnyTensor) -> AnyTensor:
    return ops.where(mask, ops.softmax(ops.where(mask, x, -1e9), axis=spec.axis), 0.0)


def _masking(spec: layers.Masking, x: AnyTensor) -> AnyTensor:
    return ops.where(ops.any(ops.not_equal(x, spec.mask_value), axis=-1, keepdims=True), x, 0.0)


#: Layers that are written with operations: functions of a layer, its input, and its mask where it looks at one.
WRITTEN: dict[type, Callable[..., Any]] = {
    layers.GlobalAveragePooling1D: _mean,
    layers.Masking: _masking,
    layers.Softmax: _softmax,
}
