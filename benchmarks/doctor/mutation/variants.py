"""Which programs and variants there are, and which third of the benchmark each belongs to; all of it fixed."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.doctor.mutation.harmless import HARMLESS
from benchmarks.doctor.mutation.operators import OPERATORS, Operator
from benchmarks.doctor.mutation.programs import PROGRAMS
from benchmarks.doctor.mutation.spec import Spec

#: Thresholds are chosen on the first, checked on the second; the third is run once.
PARTS = ("develop", "check", "final")
#: The first operators of the list are the commonest faults; chances that a program gets one.
_COMMONEST, _OFTEN, _SELDOM = 16, 0.7, 0.4
_HARMLESS = 4


@dataclass(frozen=True)
class Variant:
    """A program, or one with faults or with a change that hurts nothing.

    Attributes:
        name: empty for the sound program.
        faults: operators that have changed it; none where nothing should be wrong.
    """

    spec: Spec
    name: str = ""
    faults: tuple[Operator, ...] = ()

    @property
    def evident(self) -> bool:
        """Whether it is faulty whatever its score."""
        return any(fault.evident for fault in self.faults)


def programs(part: str) -> list[Spec]:
    """The sound programs of a part, by family: a third of the families, in an order drawn once."""
    families = sorted({spec.family for spec in PROGRAMS})
    order = np.random.default_rng(0).permutation(len(families))
    own = {families[number] for place, number in enumerate(order) if PARTS[place % 3] == part}
    return [spec for spec in PROGRAMS if spec.family in own]


def variants(part: str) -> list[Variant]:
    """All variants of a part but the sound programs themselves; the commonest faults first."""
    found = [(place, variant) for spec in programs(part) for place, variant in _of(spec)]
    return [variant for _, variant in sorted(found, key=lambda pair: pair[0])]


def _of(spec: Spec) -> Iterator[tuple[int, Variant]]:
    rng = np.random.default_rng(zlib.crc32(spec.name.encode()))
    chosen: list[tuple[Operator, str]] = []
    for number, operator in enumerate(OPERATORS):
        own = list(operator.make(spec))
        wanted = rng.random() < (_OFTEN if number < _COMMONEST else _SELDOM)
        pick = int(rng.integers(max(1, len(own))))
        if own and wanted:
            name, changed = own[pick]
            chosen.append((operator, name))
            yield number, Variant(changed, f"{operator.name}: {name}", (operator,))
    yield from _double(spec, rng)
    for number in rng.permutation(len(HARMLESS))[:_HARMLESS]:
        own = list(HARMLESS[number](spec))
        if own:
            name, changed = own[int(rng.integers(len(own)))]
            yield len(OPERATORS), Variant(changed, f"{HARMLESS[number].__name__}: {name}")


def _double(spec: Spec, rng: np.random.Generator) -> Iterator[tuple[int, Variant]]:
    """One variant with two faults of different kinds."""
    order = [OPERATORS[int(number)] for number in rng.permutation(_COMMONEST + 8)]
    found: list[tuple[Operator, str]] = []
    for operator in order:
        own = list(operator.make(spec))
        if own and not any(set(operator.kinds) & set(other.kinds) for other, _ in found):
            name, spec = own[int(rng.integers(len(own)))]
            found.append((operator, name))
        if len(found) == 2:
            names = " and ".join(f"{each.name}: {name}" for each, name in found)
            yield len(OPERATORS) - 1, Variant(spec, names, tuple(each for each, _ in found))
            return
