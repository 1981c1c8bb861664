"""A unit of a network in words and numbers: the origin of its value, and the step's change of its weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clarinet.configurable import check_whole
from clarinet.glass import formulas
from clarinet.glass.other_layers import OtherText
from clarinet.glass.records import LayerTrace, Trace
from clarinet.glass.units import UnitText
from clarinet.glass.weighted import MEETINGS, Index
from clarinet.names import nearest


def explain(
    trace: Trace, layer: int | str = -1, unit: object = 0, *, row: int = 0, digits: int = 4, most: int = 8
) -> str:
    """Write out in numbers how one unit gets its value and its delta, and how its weights are changed.

    Weighted sums, activations, and layers that add, multiply or join others are written out term by term; of other
    layers and operations the lines say what went in and came out, forward and back.

    Sums add up to the digit shown: the sum is rounded as it should be, its terms up or down so that they give it, so a
    term may be up to one unit of its last digit off. Products are those of the unrounded numbers.

    Args:
        trace: of :func:`clarinet.glass.trace`.
        layer: index in ``trace.layers``, or name, ``"residual/dense"`` within a container; default the last.
        unit: number of the unit; for outputs of more axes, such as a convolution's, one number for each: ``(0, 2, 5)``.
        row: of the batch; default 0, the first.
        digits: that the largest number of a sum is shown with; default 4.
        most: terms that are written out, the largest; the others are added up as one. Default 8.

    Returns:
        the text, some lines; ``print`` it.

    Raises:
        ValueError, TypeError: no such layer, unit or row.

    Example:
        >>> import clarinet
        >>> from clarinet import glass
        >>> model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1, activation="sigmoid")])
        >>> model.set_weights([[[0.5], [-0.25]], [0.1]])
        >>> print(glass.explain(glass.trace(model, [[1.0, 0.2]])))
        dense (Dense), unit 0
        Forward
          z = 1·0.5 + 0.2·(−0.25) + 0.1 (b) = 0.5000 − 0.0500 + 0.1000 = 0.5500
          a = sigmoid(z) = sigmoid(0.5500) = 0.6341
    """
    digits = check_whole(digits, "explain: digits", low=1)
    most = check_whole(most, "explain: most", low=1)
    found, after = find_layer(trace, layer)
    if not 0 <= check_whole(row, "explain: row") < len(trace):
        raise ValueError(f"explain: row {row}: the trace has {len(trace)} rows, 0 to {len(trace) - 1}")
    return "\n".join(text_of(trace, found, after, unit_of(found, unit), row, digits, most).lines())


def text_of(
    trace: Trace, layer: LayerTrace, after: list[LayerTrace], unit: Index, row: int, digits: int, most: int
) -> UnitText:
    """The words for a unit; arguments as of :class:`UnitText`."""
    known = layer.layer.weighted_sum in MEETINGS or _is_activation(layer)
    return (UnitText if known else OtherText)(trace, layer, after, unit, row, digits, most)


def _is_activation(layer: LayerTrace) -> bool:
    return formulas.alone(layer.layer) is not None


def find_layer(trace: Trace, wanted: int | str) -> tuple[LayerTrace, list[LayerTrace]]:
    """A layer, and those that follow it one after another."""
    if isinstance(wanted, str):
        every = {name: (layer, after) for name, layer, after in _walk(trace, trace.layers)}
        if wanted not in every:
            raise ValueError(f"explain: no layer {wanted!r}: {nearest(wanted, list(every))}")
        return every[wanted]
    count, index = len(trace.layers), check_whole(wanted, "explain: layer")
    if not -count <= index < count:
        raise ValueError(f"explain: layer {index}: the model has {count} layers, 0 to {count - 1}")
    return trace.layers[index], following(trace, trace.layers[index])


def following(trace: Trace, layer: LayerTrace) -> list[LayerTrace]:
    """The layers that follow one after another, as long as one alone takes what the one before gives."""
    found: list[LayerTrace] = []
    gives = layer.gives
    while len(takers := [own for own in trace.layers if gives in own.takes]) == 1 and len(takers[0].takes) == 1:
        found.append(takers[0])
        gives = takers[0].gives
    return found


def _walk(
    trace: Trace, layers: Sequence[LayerTrace], inside: bool = False
) -> Iterator[tuple[str, LayerTrace, list[LayerTrace]]]:
    for layer in layers:
        yield layer.name, layer, [] if inside else following(trace, layer)
        yield from _walk(trace, layer.layers, True)


def unit_of(layer: LayerTrace, unit: object) -> Index:
    """The unit's place in one row of the layer's output."""
    shape = layer.a.shape[1:]
    place = tuple(unit) if isinstance(unit, (tuple, list)) else (unit,)
    for part in place:
        check_whole(part, "explain: unit")
    if len(place) != len(shape):
        example = tuple(0 for _ in shape)
        raise ValueError(f"explain: unit {unit!r}: {layer.name} gives {shape} numbers a row; expected e.g. {example}")
    if not all(0 <= p < size for p, size in zip(place, shape, strict=True)):
        raise ValueError(f"explain: unit {unit!r}: {layer.name} gives {shape} numbers a row, counted from 0")
    return place
