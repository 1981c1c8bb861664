"""A unit of a layer without weighted sums in words and numbers: what it took, what it gave, and what it handed back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from clarinet.glass import formulas
from clarinet.glass.equations import Term
from clarinet.glass.records import WeightTrace
from clarinet.glass.units import UnitText
from clarinet.glass.weighted import Index
from clarinet.types import Array

#: Merging layers and operations that are a sum of terms: the factor of each of them, of so many.
_SUMS: dict[str, Callable[[int, int], float]] = {
    "add": lambda place, count: 1.0,
    "subtract": lambda place, count: -1.0 if place else 1.0,
    "average": lambda place, count: 1.0 / count,
}
#: Those that are written with a sign between their inputs, or as a function of them.
_SIGNS = {"multiply": "·", "divide": " / "}
_FUNCTIONS = ("maximum", "minimum")


class OtherText(UnitText):
    """The lines for one unit, part by part; arguments as of :class:`UnitText`."""

    def goes_back(self) -> bool:
        return self.layer.da is not None

    def forward(self) -> Iterator[str]:
        taken, a = self.taken(), float(self.layer.a[self.at])
        written = None if None in taken else self.written([x for x in taken if x is not None], a)
        place = self.origin()
        if written is not None:
            yield written
        elif place is not None:
            number, where = place
            yield f"a = {self.number(a)}, number {_shown(where)} of {self.source(number)}"
        else:
            yield f"a = {self.number(a)}, {self.said()}"
            yield from (f"  of x{self.which(i)} = {self.number(x)}" for i, x in enumerate(taken) if x is not None)

    def inputs_of_row(self) -> list[Array]:
        """What the layer takes of this row."""
        xs = self.layer.x if isinstance(self.layer.x, tuple) else (self.layer.x,)
        return [np.asarray(x[self.row] if np.shape(x)[:1] == (len(self.trace),) else x) for x in xs]

    def taken(self) -> list[float | None]:
        """The number of each input that has this unit's place, stretched as it is; None where it has no such place."""
        shape = self.layer.a.shape[1:]
        found: list[float | None] = []
        for x in self.inputs_of_row():
            fits = x.ndim <= len(shape) and all(m in (1, n) for m, n in zip(x.shape[::-1], shape[::-1]))
            found.append(float(np.broadcast_to(x, shape)[self.unit]) if fits else None)
        return found

    def written(self, xs: list[float], a: float) -> str | None:
        """The merging written out; None for a layer that does something else."""
        kind = str(getattr(self.layer.layer, "merge", self.layer.kind)).lower()
        if len(xs) > 1 and kind in _SUMS:
            factors = [_SUMS[kind](i, len(xs)) for i in range(len(xs))]
            terms = [Term(x * f, self.term(i, f)) for i, (x, f) in enumerate(zip(xs, factors, strict=True))]
            return self.equation("a", terms, a)
        if len(xs) > 1 and kind in _SIGNS:
            letters, numbers = (
                _SIGNS[kind].join(own) for own in ([f"x{i}" for i in range(len(xs))], map(self.factor, xs))
            )
            return f"a = {letters} = {numbers} = {self.number(a)}"
        if len(xs) > 1 and kind in _FUNCTIONS:
            return f"a = {kind}({', '.join(map(self.number, xs))}) = {self.number(a)}"
        return None

    def term(self, place: int, factor: float) -> str:
        name = f"x{place} ({self.source(place)})"
        return f"−{name}" if factor == -1 else name if factor == 1 else f"{self.factor(factor)}·{name}"

    def source(self, place: int) -> str:
        """Where an input comes from."""
        return self.layer.sources[place] if place < len(self.layer.sources) else "the layer before"

    def which(self, place: int) -> str:
        return f"{place} ({self.source(place)})" if isinstance(self.layer.x, tuple) else ""

    def said(self) -> str:
        """What the layer says of itself."""
        stated = formulas.of_layer(self.layer.layer)
        found = formulas.find(stated, "a") or formulas.find(stated, "y")
        return f"by {found}" if found else f"what {self.layer.kind} makes of x"

    def origin(self) -> tuple[int, Index] | None:
        """The input, and the place in it, that the number comes from unchanged, where numbers only move."""
        rows, shape = self.inputs_of_row(), self.layer.a.shape[1:]
        if self.layer.layer.passes_through == "reshape":
            flat = int(np.ravel_multi_index(self.unit, shape))
            return 0, tuple(int(i) for i in np.unravel_index(flat, rows[0].shape))
        if getattr(self.layer.layer, "merge", self.layer.kind.lower()) != "concatenate" or any(
            x.ndim != len(shape) for x in rows
        ):
            return None
        for axis in range(len(shape)):
            if sum(x.shape[axis] for x in rows) == shape[axis]:
                ends = np.cumsum([x.shape[axis] for x in rows])
                number = int(np.searchsorted(ends, self.unit[axis], side="right"))
                own = self.unit[axis] - int(ends[number] - rows[number].shape[axis])
                return number, (*self.unit[:axis], own, *self.unit[axis + 1 :])
        return None

    def backward(self) -> Iterator[str]:
        assert self.layer.da is not None
        yield self.handed_back(float(self.layer.da[self.at]))
        dxs = self.layer.dx if isinstance(self.layer.dx, tuple) else (self.layer.dx,)
        place = self.origin()
        for number, dx in enumerate(dxs):
            at = self.at if place is None else (self.row, *place[1]) if place[0] == number else None
            if dx is None or at is None or (place is None and dx.shape != self.layer.a.shape):
                continue
            uses = ", the sum over all that take it" if self.layer.shared else ""
            yield f"dL/dx{self.which(number)} = {self.number(float(dx[at]))}{uses}"

    def changes(self) -> Iterator[str]:
        """A line for each weight that this unit has for itself; of others where their numbers are."""
        for weight in self.layer.weights.values():
            if weight.gradient is None:
                continue
            if weight.value.shape == self.layer.a.shape[-1:]:
                yield self.of_weight(weight, (self.unit[-1],))
            else:
                yield f"{weight.name} of shape {weight.value.shape}: gradient and update are in the trace"

    def of_weight(self, weight: WeightTrace, index: Index) -> str:
        """Gradient of one weight, of all rows, and its update."""
        assert weight.gradient is not None
        name = f"{formulas.symbol(weight.name)}[{', '.join(map(str, index))}]"
        line = f"dL/d{name} = {self.number(float(weight.gradient[index]))}, over all rows and places"
        if weight.clipped is not None:
            line += f", clipped to {self.number(weight.clipped[index])}"
        return line if weight.update is None else f"{line}; {self.updated(name, weight, index)}"


def _shown(place: Index) -> str:
    return str(place[0] if len(place) == 1 else place)
