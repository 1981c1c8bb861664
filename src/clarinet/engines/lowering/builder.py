"""Native operations one after the other, and what is known of the tensors that they give."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet._native import OpSpec, State, Weight
from clarinet.engines.lowering.weights import NoForm, constraint_settings, last_axes
from clarinet.types import Array, Shape

if TYPE_CHECKING:
    from clarinet.params import Segment, Store
    from clarinet.plan import Op

#: Whole numbers up to here are floats without rounding.
_EXACT = 2**24


@dataclass(frozen=True)
class Known:
    """A tensor of the native engine.

    Attributes:
        shape: of one sample; of all, where the batch has one for all of its samples.
        whole: whether it is one for the batch.
        number: the tensor's; None where it is not made yet, because nothing has taken it.
        value: its numbers, where these never change.
        reads: the operation that it reads a weight by.
    """

    shape: Shape
    whole: bool
    number: int | None = None
    value: Array | None = None
    reads: Op | None = None

    @property
    def size(self) -> int:
        """How many numbers."""
        return math.prod(self.shape)

    def reshaped(self, shape: Sequence[int]) -> Known:
        """The same numbers in another shape."""
        value = None if self.value is None else self.value.reshape(shape)
        return replace(self, shape=tuple(shape), value=value)


@dataclass(frozen=True)
class How:
    """What is true of native operations that are made now.

    Attributes:
        layer: index of the user's layer; -1: none.
        index: of the plan's operation.
        training, when: as in :class:`clarinet.plan.Op`.
        judges: whether it is part of a loss or metric.
    """

    layer: int = -1
    index: int = 0
    training: bool | None = None
    when: bool | None = None
    judges: bool = False


class Builder:
    """Makes native operations of those of a plan.

    Args:
        inputs: how many tensors there are before the first operation.
        seed: of operations that have none of their own.
        store: where weights are; None: nowhere yet, for finding out whether there is a native form.
    """

    def __init__(self, inputs: int, seed: int, store: Store | None) -> None:
        self.inputs, self.seed, self.store = inputs, seed, store
        self.how = How()
        self.ops: list[Any] = []
        self.layers: list[int] = []  # of each operation
        self._read: dict[int, Known] = {}  # by the number of the operation that reads a weight

    def add(
        self,
        kind: str,
        taken: Sequence[Known],
        shape: Shape,
        *,
        whole: bool = False,
        settings: Mapping[str, object] | None = None,
        tables: Sequence[Array] = (),
        weights: Sequence[Segment] = (),
        state: Sequence[Segment] = (),
        positions: int = 1,
        inputs: int | None = None,
        seed: int | None = None,
        axes: Sequence[int] = (),
    ) -> Known:
        """One more operation; gives what its output is.

        Args:
            positions, inputs: into how many rows a sample falls, and how many numbers each has in the first tensor.
        """
        sources = [self.number(known) for known in taken]
        sizes = [known.size for known in taken]
        if inputs is None:
            inputs = taken[0].size // positions if taken else 1
        shared = {"whole": [known.whole for known in taken], "in_sizes": sizes}
        self.ops.append(
            OpSpec(
                kind=kind,
                positions=positions,
                inputs=inputs,
                outputs=math.prod(shape) // positions,
                weights=[self._weight(s) for s in weights],
                state=[State(s.size, *self._located(s)) for s in state],
                settings=numbers_of({**shared, **(settings or {})}),
                index=self.how.index,
                seed=(self.seed if seed is None else seed) & 0xFFFFFFFFFFFFFFFF,
                shape=list(taken[0].shape) if taken else list(shape),
                tables=[np.ravel(table).tolist() for table in tables],
                sources=sources,
                axes=list(axes),
                training=self.how.training,
                when=self.how.when,
                whole=whole,
                judges=self.how.judges,
            )
        )
        self.layers.append(self.how.layer)
        return Known(shape, whole, self.inputs + len(self.ops) - 1)

    def number(self, known: Known) -> int:
        """The number of a tensor; one that is not there yet is made."""
        if known.number is not None:
            return known.number
        if known.value is not None:
            return self.add("constant", [], known.shape, whole=True, tables=[as_floats(known.value)]).number or 0
        op = known.reads
        assert op is not None
        if op.index not in self._read:
            kind = "weight" if op.weights else "state"
            how, self.how = self.how, replace(self.how, layer=op.layer)  # whose weight it is, whoever takes it
            self._read[op.index] = self.add(kind, [], known.shape, whole=True, weights=op.weights, state=op.state)
            self.how = how
        return self._read[op.index].number or 0

    def _located(self, segment: Segment) -> tuple[int, int]:
        return (0, 0) if self.store is None else self.store.location(segment)

    def _weight(self, segment: Segment) -> Any:
        penalty = segment.weight.regularizer if segment.trainable else None  # a frozen one has no penalty, as in Keras
        buffer, start = self._located(segment)
        return Weight(
            offset=segment.offset,
            size=segment.size,
            trainable=segment.trainable,
            l1=getattr(penalty, "l1", 0.0),
            l2=getattr(penalty, "l2", 0.0),
            buffer=buffer,
            start=start,
            constraint=numbers_of(constraint_settings(segment)),
            **last_axes(segment.shape),
        )


def constant(value: object) -> Known:
    """Numbers that never change."""
    array = np.asarray(value)
    return Known(array.shape, True, value=array)


def numbers_of(settings: Mapping[str, object]) -> dict[str, list[float]]:
    """Settings as the native engine takes them: a list of numbers each."""
    return {name: np.ravel(np.asarray(value, np.float64)).tolist() for name, value in settings.items()}


def as_floats(value: Array) -> Array:
    """Numbers that never change, as the native engine has them.

    Raises:
        NoForm: whole numbers that floats do not hold.
    """
    if value.dtype.kind in "iu" and value.size and np.abs(value.astype(np.int64)).max() > _EXACT:
        raise NoForm("whole numbers beyond 2**24 have no native form")
    return value.astype(np.float32)
