"""Calling a layer on an array, without a model around it."""

from __future__ import annotations

from dataclasses import replace
from reprlib import repr as short

import numpy as np

from clarinet.configurable import check_flag
from clarinet.layers.handle import Handle, leaf_layers
from clarinet.params import Weight
from clarinet.random import Key, Stream, next_seed
from clarinet.types import Array, DType, Shape


def batch(layer: Handle, x: object) -> Array:
    """The argument of a call as an array of the dtype of the layer's weights.

    Raises:
        TypeError: no batch of numbers.
    """
    try:
        rows = np.asarray(x)
    except ValueError:  # lists of several lengths
        rows = np.empty((), object)
    if rows.dtype.kind not in "buif" or not rows.ndim:
        raise TypeError(
            f"{type(layer).__name__}: called on {short(x)}; expected a batch of numbers as an array (n, ...). A model "
            "is a list of layers: Sequential([Input((4,)), Dense(3)]); skips and branches are the layers Residual and "
            "Parallel"
        )
    return rows.astype(np.float32 if layer._build_spec is None else layer._build_spec.dtype, copy=False)


def randomness(layer: Handle, training: bool | None) -> tuple[bool, Key]:
    """Whether a call is as in training, and the key of its random numbers: in training every call draws new ones."""
    what = f"{type(layer).__name__}: training"
    if not (layer.trains_when_called if training is None else check_flag(training, what)):
        return False, Key(0)
    key = layer._draws or Key(next_seed(), Stream.DROPOUT)
    layer._draws = key = key.at(epoch=key.epoch + 1)
    return True, key


def weights_for(
    layer: Handle, shape: Shape, specs: tuple[Weight, ...], kept: tuple[Weight, ...], dtype: DType
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Weights and state by name; a layer that has none yet draws them, and takes them along into a model.

    Args:
        layer: the layer that is called.
        shape: of one sample.
        specs, kept: the weights and the state that it needs for such samples.
        dtype: of the values that are drawn.

    Raises:
        ValueError: the layer has weights of another shape.
    """
    _draw(layer, [*((spec, False) for spec in specs), *((spec, True) for spec in kept)], dtype)
    found = {name: variable.view().astype(dtype, copy=False) for name, variable in layer.named_weights().items()}
    for spec in (*specs, *kept):
        if spec.name not in found or found[spec.name].shape != spec.shape:
            has = found[spec.name].shape if spec.name in found else "not there"
            raise ValueError(
                f"{type(layer).__name__}: samples of shape {shape} need a weight {spec.name!r} of shape {spec.shape}; "
                f"the layer's is {has}; make another layer for them"
            )
    return {spec.name: found[spec.name] for spec in specs}, {spec.name: found[spec.name] for spec in kept}


def _draw(layer: Handle, specs: list[tuple[Weight, bool]], dtype: DType) -> None:
    """Draw what a layer without weights needs: each of these and whether it is state."""
    for leaf, prefix, _ in leaf_layers(layer):
        if leaf._variables is None:
            own = [(spec, state) for spec, state in specs if spec.name.startswith(prefix)]
            values = [spec.initializer(spec.shape, dtype=dtype).reshape(spec.shape) for spec, _ in own]
            named = [(replace(spec, name=spec.name.removeprefix(prefix)), state) for spec, state in own]
            leaf.bring(named, values, dtype)
