"""The lines that explain one unit of a layer with weighted sums, or of an activation."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clarinet import activations
from clarinet.glass import formulas, loss_text
from clarinet.glass.equations import Term, equation
from clarinet.glass.records import LayerTrace, Trace, WeightTrace
from clarinet.glass.sums import add_up, factor, number, places_for, short, shown
from clarinet.glass.weighted import Index, meetings, products
from clarinet.types import Array


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
        note = " (the largest z is subtracted from every z first, which changes nothing)" if shift else ""
        powers, own = np.exp(z - shift), self.unit[-1]
        terms = [Term(p, f"e^{self.factor(v)}", kept=i == own) for i, (p, v) in enumerate(zip(powers, z - shift))]
        yield f"a = e^z / Σ e^z = {self.number(powers[own])} / {self.number(powers.sum())} = {self.number(a)}{note}"
        yield self.equation("Σ e^z", terms, float(powers.sum()))

    # Backward.

    def backward(self) -> Iterator[str]:
        assert self.layer.dz is not None and self.layer.da is not None
        dz, da = self.layer.dz[self.at], self.layer.da[self.at]
        if self.layer.absorbed:
            # the last layer of a model within this one is not judged by itself
            direct = loss_text.direct(self.judged, self.layer, self.at, self.digits) if self.judged is not None else ""
            yield f"dL/dz = {direct or f'{self.number(dz)}, of loss and activation in one'}"
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
