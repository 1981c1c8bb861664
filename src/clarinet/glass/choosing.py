"""Which units of a network matter most in one step, where there are too many to show all."""

from __future__ import annotations

import numpy as np

from clarinet.data_adapters import provenance
from clarinet.glass import loss_text
from clarinet.glass.records import LayerTrace, Trace
from clarinet.trainable import Trainable
from clarinet.types import Array

#: Sizes of a row of one axis that may be a picture.
_LEAST = 64


def strongest(trace: Trace, row: int, most: int) -> dict[str, list[int]]:
    """The units of every dense layer, and of ``"input"``, that matter most in this row; in order.

    The weight of an input, or of a unit of a hidden layer, is its effect on the next layer: its number times the length
    of its weights. Of the last layer the target's unit and the predicted one are among them.

    Args:
        trace: of the step.
        row: of the trace.
        most: units of a layer.
    """
    dense = [layer for layer in trace.layers if layer.layer.weighted_sum == "dense"]
    names = ["input", *(layer.name for layer in dense)]
    orders = [*(_order(_taken(layer, row)) for layer in dense), _outputs(trace, row)]
    return {name: sorted(order[:most]) for name, order in zip(names, orders, strict=True)}


def _order(scores: Array) -> list[int]:
    """Indices from the largest score to the smallest."""
    found: list[int] = np.argsort(-np.nan_to_num(scores), kind="stable").tolist()
    return found


def _taken(layer: LayerTrace, row: int) -> Array:
    """How much a dense layer takes from each of its inputs."""
    kernel = np.asarray(layer.weights["kernel"].value, np.float64)
    with np.errstate(all="ignore"):
        return np.asarray(np.abs(np.ravel(layer.x[row])) * np.linalg.norm(kernel, axis=1))


def _outputs(trace: Trace, row: int) -> list[int]:
    """Units of the output: the target's, the predicted one, and then the largest."""
    last = trace.layers[-1]
    order = _order(np.ravel(last.a[row]))
    if trace.y is not None and trace.loss is not None:
        target = loss_text.targets(trace.outputs[0], last)[row]
        if np.size(target) == len(order):
            own = int(np.argmax(target))
            order = [own, *(unit for unit in order if unit != own)]
    return order


def picture_of(model: Trainable, x: Array) -> Array | None:
    """The row as a picture, (height, width) or (height, width, 3) in uint8, if it is one."""
    pixels = np.asarray(x, np.float64)
    if provenance.describe(model)["kind"] == "table":
        return None
    side = int(pixels.size**0.5)
    if pixels.ndim == 1 and pixels.size >= _LEAST and side * side == pixels.size:
        pixels = pixels.reshape(side, side)
    if pixels.ndim == 3 and pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[-1] != 3) or min(pixels.shape[:2]) < 2:
        return None
    low, high = float(np.nanmin(pixels)), float(np.nanmax(pixels))
    return np.rint(np.nan_to_num((pixels - low) / ((high - low) or 1.0)) * 255).astype(np.uint8)
