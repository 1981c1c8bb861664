"""What is known of a tensor before it has numbers, and who may stand for one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from math import prod
from typing import TYPE_CHECKING, Literal, Protocol

from clarinet.ops.dtypes import TEXT, as_dtype
from clarinet.ops.texts import TextDtype
from clarinet.problems import shown
from clarinet.sizes import GUESSES
from clarinet.types import AnyTensor, DType, DTypeArg

if TYPE_CHECKING:
    from typing_extensions import TypeIs

Shape = tuple[int | None, ...]
Axes = tuple[int, ...] | None
#: A shape for each of :data:`clarinet.sizes.GUESSES`, None where these do not go together; or nothing.
Tried = tuple[Shape | None, ...]
#: Whether the rows of a batch stay rows and do not see each other.
Batch = Literal["keeps", "mixes"]


@dataclass(frozen=True)
class TensorSpec:
    """Shape and dtype of a tensor.

    Args:
        shape: sizes of the axes, None where one is not known yet.
        dtype: a dtype or its name.
        batched: whether axis 0 holds the rows of a batch; default: whether its size is unknown.
        rows: how many rows a batch has, where the network's input says so.
        tried: the shape for each of some sizes in the place of unknown ones (:data:`clarinet.sizes.GUESSES`), where
            these are others than these sizes themselves; None in it where they do not go together.
        per: where the rows of a batch have been joined with another axis, how many entries of axis 0 each row has.
        moved: where the rows stand on another axis, which, and how many entries each row has there.

    Example:
        >>> TensorSpec((None, 3), "float32").batched
        True
    """

    shape: Shape
    dtype: DType
    batched: bool | None = None
    rows: int | None = field(default=None, compare=False)
    tried: Tried = field(default=(), compare=False)
    per: int | None = field(default=None, compare=False)
    moved: tuple[int, int] | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", tuple(self.shape))
        texts = self.dtype == TEXT or isinstance(self.dtype, TextDtype)
        object.__setattr__(self, "dtype", TEXT if texts else as_dtype(self.dtype))
        if self.batched is None:
            object.__setattr__(self, "batched", bool(self.shape) and self.shape[0] is None)

    @property
    def rank(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def rows_at(self) -> tuple[int, int] | None:
        """The axis on which the rows of a batch are, and how many entries each has there; None: nothing is known."""
        joined = 1 if self.batched else self.per
        return self.moved if joined is None else (0, joined)

    def with_rows_at(self, axis: int, per: int) -> TensorSpec:
        """The same with the rows of a batch on this axis, where it does not count as having them."""
        if self.batched or self.shape[axis] is not None:
            return self
        return replace(self, per=per) if axis == 0 else replace(self, moved=(axis, per))

    def reshaped(self, shape: Iterable[int | None]) -> TensorSpec:
        """The same dtype in another shape; nothing is said of a batch."""
        return TensorSpec(tuple(shape), self.dtype)

    def guessed(self) -> list[TensorSpec | None]:
        """The same with each of the guesses in the place of sizes that are not known; no rows of a batch."""
        own = [
            tuple(rows if axis == 0 and self.batched else size if n is None else n for axis, n in enumerate(self.shape))
            for size, rows in GUESSES
        ]
        return [None if s is None else TensorSpec(s, self.dtype, False) for s in self.tried or own]

    def typed(self, dtype: DTypeArg) -> TensorSpec:
        """The same shape in another dtype."""
        return TensorSpec(self.shape, as_dtype(dtype), self.batched)


class Symbolic(AnyTensor, Protocol):
    """A tensor of a graph that is being put together: it has no numbers.

    An operation that is given one calls :meth:`apply` of it, and gives back what that gives.
    """

    @property
    def spec(self) -> TensorSpec:
        """What is known of it."""

    def apply(self, operation: object, inputs: tuple[object, ...]) -> AnyTensor:
        """The symbolic output of an operation, or a tuple where it has several.

        Args:
            operation: a :class:`clarinet.ops.Operation`.
            inputs: what it is applied to: symbolic tensors, this one among them, variables and arrays.
        """


def is_symbolic(x: object) -> TypeIs[Symbolic]:
    """Whether ``x`` is a :class:`Symbolic`."""
    return hasattr(x, "spec") and hasattr(x, "apply")


# Shapes.


def broadcast(shapes: Sequence[Shape], what: str) -> Shape:
    """The shape that others are broadcast to; an unknown size fits any.

    Raises:
        ValueError: two sizes that are different, and neither is 1.

    Example:
        >>> broadcast([(None, 1, 3), (4, 1)], "add")
        (None, 4, 3)
    """
    return reduce(lambda a, b: _broadcast_two(a, b, what), shapes)


def _broadcast_two(a: Shape, b: Shape, what: str) -> Shape:
    if a == b:
        return a
    rank = max(len(a), len(b))
    pairs = zip((1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b)
    sizes = []
    for m, n in pairs:
        if m not in (n, 1, None) and n not in (1, None):
            raise ValueError(
                f"{what}: shapes {a} and {b} do not go together: from the last axis on, two sizes are equal or one of "
                "them is 1; reshape or expand_dims brings axes into place"
            )
        sizes.append(n if m == 1 or (m is None and n != 1) else m)
    return tuple(sizes)


def whole_axes(axis: object, what: str) -> Axes:
    """What a user gave for ``axis``, a whole number, several or None, as a tuple or None.

    Raises:
        TypeError: anything else.
    """
    if axis is None:
        return None
    axes = tuple(axis) if isinstance(axis, (list, tuple)) else (axis,)
    for one in axes:
        if isinstance(one, bool) or not hasattr(one, "__index__"):
            raise TypeError(f"{what}: axis is a whole number, several in a tuple, or None; received {shown(axis)}")
    return tuple(one.__index__() for one in axes)


def place(axis: int, rank: int, what: str) -> int:
    """The axis counted from the front.

    Raises:
        ValueError: there is no such axis.
    """
    if not -rank <= axis < rank:
        raise ValueError(f"{what}: there is no axis {axis} in {rank} axes; the first is 0, the last -1")
    return axis % rank


def places(axes: Axes, rank: int, what: str) -> tuple[int, ...]:
    """The axes counted from the front; all where ``axes`` is None.

    Raises:
        ValueError: there is no such axis, or it is named twice.
    """
    if axes is None:
        return tuple(range(rank))
    found = tuple(place(axis, rank, what) for axis in axes)
    if len(set(found)) < len(found):
        raise ValueError(f"{what}: axis {axes} names an axis twice")
    return found


def product(sizes: Iterable[int | None]) -> int | None:
    """How many entries axes of these sizes have together; None where one is unknown and none is 0."""
    sizes = list(sizes)
    if 0 in sizes:
        return 0
    return None if None in sizes else prod(size for size in sizes if size is not None)
