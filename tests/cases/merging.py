"""A row for every layer that takes several tensors, and what stands for it where a network has one input."""

import math
from dataclasses import dataclass, replace
from typing import Any

from clarinet import layers
from clarinet.layers.containers import Container
from tests.cases.case import Case, rows
from tests.cases.containers import in_keras

ENTRY_BY_ENTRY = ("Add", "Average", "Maximum", "Minimum", "Multiply")

MERGING = [
    *(row for name in ENTRY_BY_ENTRY for row in rows(name, ((2, 3), (2, 3), (2, 3)), ("", {}))),
    *(row for name in ENTRY_BY_ENTRY for row in rows(name, ((3, 4), (1, 4), (3, 1)), ("stretched", {}))),
    *(row for name in ENTRY_BY_ENTRY for row in rows(name, ((4,), (2, 3, 4), (3, 1)), ("ranks", {}))),
    *rows("Add", ((4,),), ("one", {})),
    *rows("Multiply", ((2, 3, 2), (2, 1, 2), (1, 3, 1), (2,)), ("between", {})),
    *rows("Maximum", ((1,), (1, 1), (1, 1, 1)), ("single", {})),
    *rows("Subtract", ((4,), (4,)), ("", {})),
    *rows("Subtract", ((1, 4), (3, 1)), ("stretched", {})),
    *rows("Concatenate", ((2, 3), (2, 1), (2, 2)), ("", {})),
    *rows("Concatenate", ((2, 3), (1, 3)), ("axis", {"axis": 1}), ("axis-from-the-end", {"axis": -2})),
    *rows("Dot", ((3,), (3,)), ("", {"axes": 1}), ("cosine", {"axes": -1, "normalize": True})),
    *rows("Dot", ((2, 3), (4, 3)), ("matrices", {"axes": 2}), ("cosines", {"axes": (2, -1), "normalize": True})),
    *rows("Dot", ((3, 2), (2, 3, 2)), ("inside", {"axes": (1, 2)}), ("last", {"axes": (2, 3), "normalize": True})),
    *rows("Dot", ((2, 3), (3,)), ("vector", {"axes": (2, 1)})),
    *rows("Dot", ((3,), (2, 3, 2)), ("vector-first", {"axes": (1, 2), "normalize": True})),
]


@dataclass(eq=False, repr=False)
class Joined(Container):
    """Branches that all take ``x``, and a layer that makes one tensor of what they give."""

    branches: Any
    joint: Any

    def check(self) -> None:
        self.branches = tuple(self._adopt(branch, "Joined") for branch in self.branches)
        self._settle()

    def chains(self):
        return self.branches

    def merging(self):
        return self.joint

    @classmethod
    def _chain_fields(cls):
        return ("branches",)


def in_chain(case: Case) -> Case:
    """The row; for several tensors one of a layer that makes each of them of one, by a Dense of its own."""
    if not case.several:
        return case

    def branches(k: Any) -> list[list[Any]]:
        return [[k.layers.Dense(math.prod(shape)), k.layers.Reshape(shape)] for shape in case.shape]

    keras = case.keras and (lambda k: in_keras(k, case.keras(k), *branches(k)))
    return replace(case, make=lambda: Joined(branches(_Ours), case.make()), keras=keras, shape=(3,))


class _Ours:
    layers = layers
