"""The weights behind a unit, and a single weight in words and numbers: its gradient, and what the step makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from clarinet.glass import formulas
from clarinet.glass.explaining import find_layer, text_of, unit_of
from clarinet.glass.other_layers import OtherText
from clarinet.glass.records import LayerTrace, Trace, WeightTrace
from clarinet.glass.sums import number
from clarinet.glass.weighted import MEETINGS, Index, meetings


class WeightNumber(NamedTuple):
    """One weight: its name and place, its number, and its gradient and update where the step has them."""

    name: str
    at: Index
    value: float
    gradient: float | None
    update: float | None


def behind(trace: Trace, layer: str, unit: object, most: int) -> list[WeightNumber]:
    """The weights of a unit with the largest gradients; of a layer without weighted sums those of the whole layer.

    Args:
        trace: of the step.
        layer: its name in the trace.
        unit: as for :func:`clarinet.glass.explain`.
        most: of each of the layer's weights.

    Raises:
        ValueError, TypeError: no such layer or unit.
    """
    found, _ = find_layer(trace, layer)
    place = unit_of(found, unit)
    chosen: list[WeightNumber] = []
    for weight in found.weights.values():
        size = weight.value if weight.gradient is None else weight.gradient
        places = _places(found, weight, place)
        order = sorted(range(len(places)), key=lambda i: -abs(float(size[places[i]])))
        chosen += [_number(weight, places[i]) for i in sorted(order[:most])]
    return chosen


def _places(layer: LayerTrace, weight: WeightTrace, unit: Index) -> Sequence[Index]:
    """Where the weights are that a unit's number comes from."""
    sums = layer.layer.weighted_sum in MEETINGS
    if sums and weight.name == "kernel":
        return list(dict.fromkeys(met.weight for met in meetings(layer, unit)))
    if weight.value.shape == layer.a.shape[-1:]:
        return [(unit[-1],)]
    return list(np.ndindex(weight.value.shape))


def _number(weight: WeightTrace, index: Index) -> WeightNumber:
    gradient = None if weight.gradient is None else float(weight.gradient[index])
    update = None if weight.update is None else float(weight.update[index])
    return WeightNumber(weight.name, index, float(weight.value[index]), gradient, update)


def explain_weight(trace: Trace, layer: str, name: str, index: Sequence[int], *, row: int = 0, digits: int = 4) -> str:
    """Write out in numbers where a weight's gradient comes from, and what the step adds to it.

    Args:
        trace: of :func:`clarinet.glass.trace`.
        layer: its name in the trace.
        name: of the weight, such as ``"kernel"``.
        index: its place in the weight.
        row: of the batch; default 0.
        digits: as for :func:`clarinet.glass.explain`.

    Raises:
        ValueError, TypeError: no such layer, weight or place.

    Example:
        >>> import clarinet
        >>> from clarinet import glass
        >>> model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1, name="out")])
        >>> model.set_weights([[[0.5], [-0.25]], [0.1]])
        >>> model.compile(clarinet.optimizers.SGD(0.1), "mse")
        >>> print(explain_weight(glass.trace(model, [[1.0, 2.0]], [1.0]), "out", "kernel", (1, 0)))
        out (Dense), weight W[1, 0] = −0.2500
          dL/dW[1, 0] = 2·(−1.8) = −3.6000; W[1, 0]: −0.2500 + 0.3600 = 0.1100
          by SGD, learning rate 0.1
    """
    found, after = find_layer(trace, layer)
    if name not in found.weights:
        raise ValueError(f"{layer} has no weight {name!r:.60}; expected one of {', '.join(found.weights) or 'none'}")
    weight, place = found.weights[name], tuple(index)
    shape = weight.value.shape
    fits = len(place) == len(shape) and all(type(p) is int and 0 <= p < size for p, size in zip(place, shape))
    if not fits:
        raise ValueError(f"{layer}: {name} has shape {shape}; there is no place {index!r:.60}")
    symbol = f"{formulas.symbol(name)}[{', '.join(map(str, place))}]"
    value = number(float(weight.value[place]), digits)
    lines = [f"{layer} ({found.kind}), weight {symbol} = {value}"]
    lines += [f"  {line}" for line in _changes(trace, found, after, weight, place, row, digits)]
    return "\n".join(lines)


def _changes(
    trace: Trace, layer: LayerTrace, after: list[LayerTrace], weight: WeightTrace, place: Index, row: int, digits: int
) -> Iterator[str]:
    if weight.gradient is None:
        yield "it is not trained" if trace.loss is not None else "no labels, so there is no gradient"
        return
    unit = tuple(0 for _ in layer.a.shape[1:])
    dense = layer.layer.weighted_sum == "dense" and layer.a.ndim == 2 and layer.dz is not None
    if dense and weight.name in ("kernel", "bias"):
        text = text_of(trace, layer, after, (place[-1],), row, digits, 8)
        x = float(layer.input[row][place[0]]) if weight.name == "kernel" else None
        yield text.change(weight, place, x)
    else:
        yield OtherText(trace, layer, after, unit, row, digits, 8).of_weight(weight, place)
    if trace.optimizer is not None and weight.update is not None:
        yield f"by {type(trace.optimizer).__name__}, learning rate {trace.learning_rate:g}"
