"""What of a plan runs once on data, before any step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from clarinet.plan import Op, Preparation
from clarinet.types import Shape


class Split(NamedTuple):
    """Operations in two: those that run once on data, and those of a step.

    Attributes:
        ops: of a step.
        begins: the tensors that they begin with, by their numbers among all.
        keys: the same by numbers that do not depend on other operations: of what runs once on data -1, -2, ….
        moved: the numbers of tensors among those of a step, by those among all.
        preparation: the others; None where there are none.
    """

    ops: list[Op]
    begins: Sequence[int]
    keys: Sequence[int]
    moved: Mapping[int, int]
    preparation: Preparation | None


def split_off(ops: Sequence[Op], input_shapes: Sequence[Shape], wanted: Iterable[int]) -> Split:
    """Take off the operations that run once on data, and all that they depend on.

    Args:
        ops: all operations, in order.
        input_shapes: of one sample of each input.
        wanted: tensors that are needed in any case, beside those that operations take.

    Raises:
        ValueError: one of them depends on weights that are trained, or on random numbers.
    """
    inputs = len(input_shapes)
    early = _before(ops, inputs)
    if not early:
        every = range(inputs + len(ops))
        return Split([*ops], every[:inputs], every[:inputs], {number: number for number in every}, None)
    prepared = {*range(inputs), *(inputs + op.index for op in ops if op.index in early)}
    late = [op for op in ops if op.index not in early]
    read = {*wanted, *(source for op in late for source in (*op.sources, op.mask) if source is not None)}
    begins = sorted(read & prepared)
    moved = {number: place for place, number in enumerate(begins)}
    moved |= {inputs + op.index: len(begins) + place for place, op in enumerate(late)}
    first = {number: number for number in range(inputs)}
    own = [op for op in ops if op.index in early]
    first |= {inputs + op.index: inputs + place for place, op in enumerate(own)}
    preparation = Preparation(
        tuple(_renumbered(op, place, first) for place, op in enumerate(own)),
        tuple(input_shapes),
        tuple(first[number] for number in begins),
    )
    counted = [inputs + op.index for op in own if op.spec.prepares]
    keys = [-1 - counted.index(number) if number in counted else number for number in begins]
    return Split([_renumbered(op, place, moved) for place, op in enumerate(late)], begins, keys, moved, preparation)


def _before(ops: Sequence[Op], inputs: int) -> set[int]:
    """The operations that run once on data, by their numbers."""
    found: set[int] = set()
    for op in reversed(ops):
        if op.spec.prepares or op.index in found:
            found |= {op.index, *(source - inputs for source in op.sources if source >= inputs)}
    for op in ops:
        if op.index in found and (op.weights or op.spec.disturbs_by or op.spec.rescales_by == "batch"):
            last = next(other for other in ops if other.spec.prepares and other.index > op.index)
            raise ValueError(
                f"{last.spec.name or last.kind}: it runs once on data, before training, and depends on "
                f"{op.spec.name or op.kind}, which runs in every step; put it before all layers that learn"
            )
    return found


def _renumbered(op: Op, place: int, moved: Mapping[int, int]) -> Op:
    sources = tuple(moved[source] for source in op.sources)
    return replace(op, index=place, sources=sources, mask=None if op.mask is None else moved[op.mask])
