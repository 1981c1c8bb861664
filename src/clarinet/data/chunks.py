"""Elements of a data set, many at once: arrays side by side, of which each row is part of one element."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from clarinet.ops.dtypes import BOOL, FLOAT, INT
from clarinet.ops.specs import TensorSpec
from clarinet.ops.structures import built, number_form
from clarinet.ops.tensor import tensor
from clarinet.ops.texts import as_bytes, texts
from clarinet.problems import shown
from clarinet.types import AnyTensor, Array, DType, DTypeArg, TensorLike

#: How many bytes a chunk holds about, where it is cut from more.
BYTES = 1 << 23
#: Python's numbers take these.
_PYTHON = {"f": FLOAT, "i": INT, "b": BOOL}


@dataclass(frozen=True)
class Chunk:
    """Some elements, which are alike.

    Attributes:
        form: how an element is built: tuples and dictionaries around numbers, which count the arrays.
        held: the arrays that hold the elements, in order or not.
        order: the rows there that belong to each element; None where they are the elements.
    """

    form: object
    held: tuple[Array, ...]
    order: Array | None = None

    def __len__(self) -> int:
        return len(self.held[0] if self.order is None else self.order)

    @property
    def arrays(self) -> tuple[Array, ...]:
        """Row ``i`` of each belongs to element ``i``."""
        return self.held if self.order is None else tuple(array[self.order] for array in self.held)

    def rows(self, index: slice | Array) -> Chunk:
        """Some of the elements."""
        if self.order is not None:
            return Chunk(self.form, self.held, self.order[index])
        return Chunk(self.form, tuple(array[index] for array in self.held))

    def grouped(self, size: int) -> Chunk:
        """Each ``size`` neighbours as one element, a batch."""
        if self.order is not None:
            return Chunk(self.form, self.held, self.order.reshape(-1, size))
        return Chunk(self.form, tuple(a.reshape(len(a) // size, size, *a.shape[1:]) for a in self.held))

    def elements(self) -> Iterator[AnyTensor]:
        """One after the other, arrays as tensors."""
        for piece in pieces(self):
            arrays = piece.arrays
            for i in range(len(piece)):
                yield cast(AnyTensor, built(self.form, [_entry(array[i]) for array in arrays]))

    @property
    def alike(self) -> tuple[object, ...]:
        """What chunks have in common that can be joined."""
        inner = () if self.order is None else self.order.shape[1:]
        return repr(self.form), *((inner + array.shape[1:], array.dtype) for array in self.held)

    @property
    def spec(self) -> object:
        """Shape and dtype of what an element holds."""
        return built(self.form, [_spec(array) for array in self.rows(slice(0, 1)).arrays])


def _entry(value: object) -> object:
    """What an array holds at one place; a data set within a data set stays one."""
    if hasattr(value, "as_numpy_iterator"):
        return value
    is_text = isinstance(value, bytes) or (isinstance(value, np.ndarray) and value.dtype.kind == "O")
    return texts(value) if is_text else tensor(np.asarray(value))


def _is_text(value: object) -> bool:
    return isinstance(value, (bytes, str))


def _spec(array: Array) -> object:
    return TensorSpec(array.shape[1:], array.dtype) if array.dtype.kind in "biuf" else Texts(array.shape[1:])


@dataclass(frozen=True)
class Texts:
    """The shape of texts, or of other objects, in an element."""

    shape: tuple[int, ...]
    dtype: str = "string"


def as_array(value: TensorLike, dtype: DTypeArg = None) -> Array:
    """What an element holds as a plain array; Python's numbers take 32 bits, texts are bytes, as in TensorFlow.

    Raises:
        TypeError: nothing of the kind.
    """
    if hasattr(value, "as_numpy_iterator"):
        array = np.empty((), object)
        array[()] = value
        return array
    array = np.asarray(value.view(np.ndarray) if isinstance(value, np.ndarray) else value)
    if array.dtype.kind in "US" or (array.dtype.kind == "O" and _holds_texts(array)):
        return as_bytes(array)
    if array.dtype.kind not in "biuf":
        raise TypeError(
            f"Dataset: expected numbers or texts, received {shown(value)} of type {type(value).__name__}; elements are "
            "arrays in tuples and dictionaries"
        )
    if dtype is None and not hasattr(value, "dtype") and not _has_arrays(value):
        dtype = _PYTHON.get(array.dtype.kind)
    return array if dtype is None else array.astype(dtype, copy=False)


def _has_arrays(value: object) -> bool:
    """Whether a list holds arrays, whose dtype counts."""
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    return hasattr(value, "dtype")


def _holds_texts(array: Array) -> bool:
    return all(_is_text(one) for one in array.flat)


def single(element: TensorLike) -> Chunk:
    """A chunk of one element."""
    form, values = number_form(element)
    return Chunk(form, tuple(as_array(value)[None] for value in values))


def pieces(chunk: Chunk, rows: int | None = None) -> Iterator[Chunk]:
    """A chunk in pieces of about :data:`BYTES`, or of so many rows."""
    size = rows or rows_of_piece(chunk)
    for first in range(0, len(chunk), size):
        yield chunk.rows(slice(first, first + size))


def rows_of_piece(chunk: Chunk) -> int:
    """How many rows are about :data:`BYTES`."""
    each = sum(array.nbytes // max(1, len(array)) for array in chunk.held)
    return max(1, BYTES // max(1, each))


def joined(chunks: Sequence[Chunk], what: str) -> Chunk:
    """Chunks as one.

    Raises:
        ValueError: their elements differ in structure, shape or dtype.
    """
    if len(chunks) == 1:
        return chunks[0]
    first = chunks[0]
    for other in chunks[1:]:
        if other.alike != first.alike:
            raise ValueError(
                f"{what}: elements differ: {first.spec} and {other.spec}; give all one shape in a map, or use "
                "padded_batch"
            )
    return Chunk(first.form, tuple(np.concatenate(own) for own in zip(*(c.arrays for c in chunks))))


def elements_of(chunks: Iterable[Chunk]) -> Iterator[AnyTensor]:
    """The elements of chunks."""
    for chunk in chunks:
        yield from chunk.elements()


def applied(function: Callable[..., object], element: object) -> object:
    """A user's function of one element; the parts of a tuple are its arguments."""
    return function(*element) if isinstance(element, tuple) else function(element)


def cast_to(dtype: DTypeArg) -> DType | None:
    """The dtype of a signature; None for texts."""
    return None if dtype is None or str(dtype) in ("string", "object", "<dtype: 'string'>") else np.dtype(dtype)
