"""Checks of ids against the embedding that looks them up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import numpy as np

from clarinet.problems import Problem, error
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.layers import Embedding
    from clarinet.trainable import Trainable

#: Numbers looked at in one go, so that a memory-mapped array is read piece by piece.
_BLOCK = 1 << 20


def lookup(model: Trainable) -> Embedding | None:
    """The embedding that takes the numbers of ``x`` unchanged; None if there is none."""
    for layer in model.layers:  # asked before every prediction, so without a generator
        if not layer.passes_through and not layer.prepares:
            return cast("Embedding", layer) if layer.looks_up and _takes_all(model, layer) else None
    return None


def _takes_all(model: Trainable, layer: object) -> bool:
    """Whether a layer takes the whole input of a model, and not what operations of a graph make of it."""
    if getattr(model, "lists_layers", False):
        return True
    nodes = [node for node in model.network.nodes if node.operator is layer]
    while nodes and (tensor := nodes[-1].inputs[0]) not in set(model.network.inputs):
        if not getattr(tensor.node.operator, "passes_through", False):
            return False
        nodes.append(tensor.node)
    return bool(nodes)


def check_ids(model: Trainable, x: Array, what: str, where: str) -> Iterator[Problem]:
    """Whether ``x`` holds ids that the model's first layer knows, where that is an embedding."""
    embedding = lookup(model)
    if embedding is None:
        return
    rows = max(1, _BLOCK // max(1, x[:1].size))
    for start in range(0, len(x), rows):
        block = np.asarray(x[start : start + rows])
        bad = (block < 0) | (block >= embedding.input_dim)
        if block.dtype.kind == "f":
            bad |= block != np.round(block)
        if bad.any():
            place = tuple(int(i) for i in np.argwhere(bad)[0])
            yield _unknown_id(embedding, block[place], (start + place[0], *place[1:]), what, where)
            return


def _unknown_id(embedding: Embedding, value: float, place: tuple[int, ...], what: str, where: str) -> Problem:
    known = f"Embedding({embedding.input_dim}, {embedding.output_dim}) takes whole numbers from 0 to "
    known += str(embedding.input_dim - 1)
    if value < 0 or value != np.round(value):
        fix = "turn words or categories into such ids first, e.g. with np.unique(..., return_inverse=True)"
    else:
        fix = f"use Embedding({int(value) + 1}, {embedding.output_dim}) or larger"
    at = f"row {place[0]}" + (f", column {place[1]}" if len(place) == 2 else f", position {place[1:]}")
    return error("id_out_of_range", where, f"{what}: holds {value} at {at}, but {known}; {fix}")
