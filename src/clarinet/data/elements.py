"""What a data set gives to those who go through it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from clarinet.aliases.members import missing
from clarinet.data.chunks import elements_of
from clarinet.data.nested import plain
from clarinet.data.stages import Chunks
from clarinet.ops.structures import built
from clarinet.types import AnyTensor, Array, TensorLike

#: What :meth:`Dataset.cardinality` says of data sets without an end, and of those that have to be gone through.
INFINITE_CARDINALITY, UNKNOWN_CARDINALITY = -1, -2


class NumpyIterator(Iterator[object]):
    """One pass through a data set, with plain arrays and NumPy's numbers; ``next()`` gives the next element, too.

    Args:
        elements: of the pass.
    """

    def __init__(self, elements: Iterable[AnyTensor]) -> None:
        self._elements = iter(elements)

    def __next__(self) -> object:
        return plain(next(self._elements))

    def next(self) -> object:
        """The next element."""
        return next(self)


class Elements:
    """Elements one after the other: the base of data sets.

    Args:
        chunks: begins a pass.
        length: how many elements there are; below 0 where that is not known, or there is no end.
    """

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """Nothing; the error says what to use instead of what TensorFlow 1 had."""
            raise missing(self, name, "dataset")

    def __init__(self, chunks: Callable[[], Chunks], length: int) -> None:
        self._chunks, self._length = chunks, length

    def __iter__(self) -> Iterator[AnyTensor]:
        """One pass; arrays come as tensors."""
        return elements_of(self._chunks())

    def as_numpy_iterator(self) -> NumpyIterator:
        """One pass, with plain arrays and NumPy's numbers."""
        return NumpyIterator(self)

    def __len__(self) -> int:
        if self._length < 0:
            ends = "has no end" if self._length == INFINITE_CARDINALITY else "only knows at its end how long it is"
            raise TypeError(f"this Dataset {ends}, so it has no length; Dataset.take(n) has at most n elements")
        return self._length

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        length = {INFINITE_CARDINALITY: "infinite", UNKNOWN_CARDINALITY: "unknown"}.get(self._length, self._length)
        return f"<Dataset, length {length}>"

    def cardinality(self) -> int:
        """How many elements there are; -1 where there is no end, -2 where only a pass tells."""
        return self._length

    @property
    def element_spec(self) -> object:
        """Shape and dtype of what the first element holds, for which it is computed."""
        first = next(self._chunks(), None)
        if first is None:
            raise ValueError("element_spec: this Dataset has no element")
        return first.spec

    def blocks(self) -> Iterator[tuple[object, int, Array | None]]:
        """Batches as ``fit`` takes them: arrays that hold the rows of several, how many rows a batch has, and the rows
        in their order, or None where that is theirs."""
        for chunk in self._chunks():
            if chunk.order is not None and chunk.order.ndim == 2:
                yield built(chunk.form, chunk.held), chunk.order.shape[1], chunk.order.reshape(-1)
                continue
            if any(array.ndim < 2 for array in chunk.arrays):
                raise ValueError(
                    f"an element of this Dataset holds {chunk.spec}, which is one sample or less; expected batches: "
                    "end with .batch(32)"
                )
            together = (
                len({array.shape[1] for array in chunk.arrays}) == 1
            )  # else zip put batches of two sizes together
            for part in [chunk] if together else (chunk.rows(slice(i, i + 1)) for i in range(len(chunk))):
                rows = [array.reshape(-1, *array.shape[2:]) for array in part.arrays]
                yield built(chunk.form, rows), rows[0].shape[0] // len(part), None

    def reduce(self, initial_state: TensorLike, reduce_func: Callable[..., TensorLike], name: object = None) -> object:
        """What a function makes of a state and each element, the state being what it gave before."""
        state = initial_state
        for element in self:
            state = reduce_func(state, element)
        return state
