"""A unit of a network in words and numbers: the origin of its value, and the step's change of its weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from clarinet import activations
from clarinet.configurable import check_whole
from clarinet.glass import formulas, loss_text
from clarinet.glass.equations import Term, equation
from clarinet.glass.records import LayerTrace, Trace, WeightTrace
from clarinet.glass.sums import add_up, factor, number, places_for, short, shown
from clarinet.glass.weighted import MEETINGS, Index, meetings, products
from clarinet.names import nearest
from clarinet.types import Array


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
    found, after = _find(trace, layer)
    if not 0 <= check_whole(row, "explain: row") < len(trace):
        raise ValueError(f"explain: row {row}: the trace has {len(trace)} rows, 0 to {len(trace) - 1}")
    text: type[UnitText] = UnitText
    if found.layer.weighted_sum not in MEETINGS and not _is_activation(found):
        from clarinet.glass.other_layers import OtherText as text
    return "\n".join(text(trace, found, after, _unit(found, unit), row, digits, most).lines())


def _is_activation(layer: LayerTrace) -> bool:
    return formulas.alone(layer.layer) is not None


def _find(trace: Trace, wanted: int | str) -> tuple[LayerTrace, list[LayerTrace]]:
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


def _unit(layer: LayerTrace, unit: object) -> Index:
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


class UnitText:
    """The lines for one unit, part by part."""

    def __init__(
        self, trace: Trace, layer: LayerTrace, after: list[LayerTrace], unit: Index, row: int, digits: int, most: int
    ) -> None:
        self.trace, self.layer, self.after = trace, layer, after
        self.unit, self.row, self.digits, self.most = unit, row, digits, most
        self.at = (row, *unit)
        self.judged = None if layer.output is None or "/" in layer.name else trace.outputs[layer.output]

    def lines(self) -> Iterator[str]:
        unit = self.unit[0] if len(self.unit) == 1 else self.unit
        of = f", row {self.row} of {len(self.trace)}" if len(self.trace) > 1 else ""
        yield f"{self.layer.name} ({self.layer.kind}), unit {unit}{of}"
        yield "Forward"
        yield from (f"  {line}" for line in self.forward())
        if self.judged is not None and self.judged.losses is not None:
            lost = loss_text.loss(self.trace, self.judged, self.layer, self.row, self.digits, self.most)
            yield from (f"  {line}" for line in lost)
        if self.goes_back():
            yield "Backward"
            yield from (f"  {line}" for line in self.backward())
        if self.layer.weights and any(w.gradient is not None for w in self.layer.weights.values()):
            yield "Weights"
            yield from (f"  {line}" for line in self.changes())

    def goes_back(self) -> bool:
        """Whether there is a gradient."""
        return self.layer.dz is not None

    def number(self, value: float) -> str:
        return number(value, self.digits)

    def factor(self, value: float) -> str:
        return factor(value, self.digits)

    def equation(self, left: str, terms: list[Term], total: float) -> str:
        return equation(left, terms, total, self.digits, self.most)

    # Forward.

    def forward(self) -> Iterator[str]:
        assert self.layer.z is not None
        z, a = self.layer.z[self.at], self.layer.a[self.at]
        if self.layer.weights:
            yield self.equation("z", self.inputs(), z)
        else:
            before = self.layer.sources[0] if self.layer.sources else "the layer before"
            yield f"z = {self.number(z)}, the output of {before}"
        function = loss_text.activation(self.layer)
        if function == activations.linear:
            yield f"a = z = {self.number(a)}"
        elif function == activations.softmax:
            yield from self.softmax(self.layer.z[self.at[:-1]], a)
        else:
            yield f"a = {function.name}(z) = {function.name}({self.number(z)}) = {self.number(a)}"

    def inputs(self) -> list[Term]:
        """The terms of the weighted sum, the bias last."""
        kernel, met = self.layer.weights["kernel"].value, meetings(self.layer, self.unit)
        values, x = products(self.layer, self.row, met, kernel), self.layer.input[self.row]
        terms = [
            Term(v, f"{self.factor(x[m.at])}·{self.factor(kernel[m.weight])}") for v, m in zip(values, met, strict=True)
        ]
        if "bias" in self.layer.weights:
            bias = self.layer.weights["bias"].value[self.unit[-1]]
            terms.append(Term(float(bias), f"{short(bias, self.digits)} (b)", kept=True))
        return terms

    def softmax(self, z: Array, a: float) -> Iterator[str]:
        """``a = e^z / sum of e^z``; with ``z - max z`` where the powers would be too large to read."""
        z = np.asarray(z, np.float64)
        shift = float(z.max()) if np.abs(z).max() > 10 else 0.0
        note = " with z less its largest, which changes nothing" if shift else ""
        powers, own = np.exp(z - shift), self.unit[-1]
        terms = [Term(p, f"e^{self.factor(v)}", kept=i == own) for i, (p, v) in enumerate(zip(powers, z - shift))]
        yield f"a = e^z / Σ e^z = {self.number(powers[own])} / {self.number(powers.sum())} = {self.number(a)}{note}"
        yield self.equation("Σ e^z", terms, float(powers.sum()))

    # Backward.

    def backward(self) -> Iterator[str]:
        assert self.layer.dz is not None and self.layer.da is not None
        dz, da = self.layer.dz[self.at], self.layer.da[self.at]
        if self.layer.absorbed:
            assert self.judged is not None
            yield f"dL/dz = {loss_text.direct(self.judged, self.layer, self.at, self.digits)}"
            return
        yield self.handed_back(da)
        function = loss_text.activation(self.layer)
        if function == activations.linear:
            yield f"dL/dz = dL/da = {self.number(dz)}"
            return
        z, a = self.layer.z, self.layer.a
        assert z is not None
        alone = function.backward(np.ones_like(a), z, a)[self.at]
        if np.isclose(alone * da, dz, rtol=1e-4, atol=1e-12):  # a function of each number by itself
            slope = formulas.of_activation(function).partition("da/dz = ")[2] or f"{function.name}'(z)"
            yield f"dL/dz = dL/da · da/dz = {self.factor(da)}·{self.factor(alone)} = {self.number(dz)}, da/dz = {slope}"
        else:
            yield f"dL/dz = {self.number(dz)}, by {formulas.of_activation(function)}"

    def handed_back(self, da: float) -> str:
        """Where the gradient at the output comes from."""
        if self.judged is not None and not self.layer.takers:
            return f"dL/da = {loss_text.derivative(self.judged, self.layer, self.at, self.digits)}"
        if not self.after and self.layer.takers:
            return f"dL/da = {self.number(da)}, passed back by {' + '.join(self.layer.takers)}"
        flat: Index = self.unit
        for following in self.after:
            if following.layer.passes_through == "reshape":
                flat = tuple(
                    int(i)
                    for i in np.unravel_index(
                        np.ravel_multi_index(flat, following.input.shape[1:]), following.a.shape[1:]
                    )
                )
            elif following.layer.weighted_sum == "dense" and following.dz is not None:
                return self.equation("dL/da", self.shares(following, flat, da), da)
            elif not (following.layer.disturbs_by == "dropout" and not self.trace.training):
                return f"dL/da = {self.number(da)}, passed back by {following.name} ({following.kind})"
        return f"dL/da = {self.number(da)}, passed back by the next layer"

    def shares(self, following: LayerTrace, unit: Index, da: float) -> list[Term]:
        """The shares of the next layer's units in the gradient, and that of a penalty on the output."""
        *place, own = unit
        deltas, kernel = following.dz[(self.row, *place)], following.weights["kernel"].value  # type: ignore[index]
        pairs = list(zip(deltas, kernel[own], strict=True))
        terms = [Term(float(d) * float(w), f"{self.factor(d)}·{self.factor(w)}") for d, w in pairs]
        if getattr(self.layer.layer, "activity_regularizer", None) is not None:
            terms.append(Term(float(da) - sum(t.value for t in terms), "penalty on a", kept=True))
        return terms

    # The weights.

    def changes(self) -> Iterator[str]:
        """A line for each of the weights that change most, and how many more there are."""
        kernel, met = self.layer.weights["kernel"], meetings(self.layer, self.unit)
        gradient = kernel.gradient
        if gradient is not None:
            order = sorted(range(len(met)), key=lambda i: -abs(float(gradient[met[i].weight])))
            for i in sorted(order[: self.most]):
                yield self.change(kernel, met[i].weight, self.layer.input[self.row][met[i].at])
            if len(met) > self.most:
                yield f"… and {len(met) - self.most:,} more with smaller gradients"
        bias = self.layer.weights.get("bias")
        if bias is not None and bias.gradient is not None:
            yield self.change(bias, (self.unit[-1],), None)

    def change(self, weight: WeightTrace, index: Index, x: float | None) -> str:
        """Gradient of one weight and its update."""
        assert weight.gradient is not None and self.layer.dz is not None
        dz, gradient = self.layer.dz[self.at], float(weight.gradient[index])
        name = f"{formulas.symbol(weight.name)}[{', '.join(map(str, index))}]"
        own = float(dz) if x is None else float(x) * float(dz)
        text = self.factor(dz) if x is None else f"{self.factor(x)}·{self.factor(dz)}"
        terms = [Term(own, text.strip("()") if x is None else text)]
        penalty = 0.0 if weight.penalty is None else float(weight.penalty[index])
        if self.layer.dz.size > self.layer.dz.shape[-1]:  # other rows, or other places with the same weights
            terms.append(Term(gradient - penalty - own, "all others", loose=True))
        if weight.penalty is not None:
            terms.append(Term(penalty, "penalty"))
        line = equation(f"dL/d{name}", terms, gradient, self.digits, len(terms))
        if weight.clipped is not None:
            line += f", clipped to {self.number(weight.clipped[index])}"
        return line if weight.update is None else f"{line}; {self.updated(name, weight, index)}"

    def updated(self, name: str, weight: WeightTrace, index: Index) -> str:
        """``W: before + update = after``, with decimals that show the update."""
        assert weight.update is not None
        before, update = float(weight.value[index]), float(weight.update[index])
        if not np.isfinite([before, update]).all():
            return f"{name}: {self.number(before)} + {self.factor(update)}"
        finest = min(self.digits, 3)
        places = max(places_for([before], self.digits), places_for([update], finest) if update else 0)
        s = add_up([before, update], before + update, places)
        sign = "−" if s.terms[1] < 0 else "+"
        return f"{name}: {shown(s.terms[0], places)} {sign} {shown(abs(s.terms[1]), places)} = {shown(s.total, places)}"
