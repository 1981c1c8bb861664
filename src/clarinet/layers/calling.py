"""A layer called on an array, without a model around it."""

from __future__ import annotations

from reprlib import repr as short
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet.configurable import check_flag
from clarinet.layers.base import Context
from clarinet.layers.parts import leaves
from clarinet.random import Key, Stream, next_seed
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.layers.base import Layer, Shape


def call(layer: Layer, x: object, training: bool | None) -> Array:
    """What the layer gives for a batch, see :meth:`clarinet.layers.Layer.__call__`."""
    kind = type(layer).__name__
    rows = _rows(x, kind)
    rows = rows.astype(layer._built_place().store.dtype if layer.built else np.float32, copy=False)
    layer.output_shape(rows.shape[1:])  # says so if such samples do not fit
    params, state = _weights(layer, rows.shape[1:], rows.dtype)
    training = layer.trains_when_called if training is None else check_flag(training, f"{kind}: training")
    key = Key(0)
    if training:  # every call draws anew
        key = layer._draws or Key(next_seed(), Stream.DROPOUT)
        layer._draws = key = key.at(epoch=key.epoch + 1)
    return layer.forward(params, state, rows, Context(training, key))[0]


def _rows(x: object, kind: str) -> Array:
    try:
        rows = np.asarray(x)
    except ValueError:  # lists of several lengths
        rows = np.empty((), object)
    if rows.dtype.kind not in "buif" or not rows.ndim:
        raise TypeError(
            f"{kind}: called on {short(x)}; expected a batch of numbers as an array (n, ...). A model is a list of "
            "layers: Sequential([Input((4,)), Dense(3)]); skips and branches are the layers Residual and Parallel"
        )
    return rows


def _weights(layer: Layer, shape: Shape, dtype: Any) -> tuple[dict[str, Array], dict[str, Array]]:
    """Weights and state by name; a layer that has none yet draws them, and takes them along into a model."""
    specs, kept = layer.weight_specs(shape), layer.state_specs(shape)
    found: dict[str, Array] = {}
    if layer.built:
        prefix = layer._built_place().prefix
        found = {segment.name.removeprefix(prefix): view for segment, view in layer._weights()}
    else:
        for leaf, prefix, _ in leaves(layer):
            own = [spec for spec in (*specs, *kept) if spec.name.startswith(prefix)]
            if leaf._brought is None:
                leaf._brought = [spec.initializer(spec.shape, dtype=dtype).reshape(spec.shape) for spec in own]
            found |= {spec.name: array.astype(dtype) for spec, array in zip(own, leaf._brought)}
    for spec in (*specs, *kept):
        if spec.name not in found or found[spec.name].shape != spec.shape:
            has = found[spec.name].shape if spec.name in found else "not there"
            raise ValueError(
                f"{type(layer).__name__}: samples of shape {shape} need a weight {spec.name!r} of shape {spec.shape}; "
                f"the layer's is {has}; make another layer for them"
            )
    return {spec.name: found[spec.name] for spec in specs}, {spec.name: found[spec.name] for spec in kept}
