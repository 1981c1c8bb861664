"""What a layer holds in the end, as loops of one's own ask for it in every step: so no generators, and no names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from clarinet.variables import Variable


class Holding(Protocol):
    """A layer or model, as far as its leaves need it."""

    @property
    def trainable(self) -> bool: ...
    @property
    def children(self) -> Sequence[Holding]: ...


Held = TypeVar("Held", bound=Holding)


def trained_leaves(layer: Held, trainable: bool = True) -> list[tuple[Held, bool]]:
    """The layers without children that a layer holds, each with whether it is trained; itself where it holds none."""
    trainable, children = trainable and layer.trainable, layer.children
    if not children:
        return [(layer, trainable)]
    return [leaf for child in children for leaf in trained_leaves(child, trainable)]  # type: ignore[misc]  # of its kind


def each_once(variables: Iterable[Variable]) -> list[Variable]:
    """Weights in order without those that came before."""
    return list({id(variable): variable for variable in variables}.values())
