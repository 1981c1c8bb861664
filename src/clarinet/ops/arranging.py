"""The same numbers repeated, turned, padded, joined or taken apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clarinet.ops.axes import broadcast_to, expand_dims, ravel, reshape, swapaxes
from clarinet.ops.basic import Stack
from clarinet.ops.core import cast
from clarinet.ops.dispatch import (
    Operand,
    apply,
    apply_each,
    as_tensor,
    converted,
    numbers_of,
    promoted,
    refuse_symbolic,
    shape_of,
)
from clarinet.ops.indexing import take
from clarinet.ops.joining import Concatenate, Split, Unstack
from clarinet.ops.operation import made
from clarinet.ops.repeating import Flip, Pad, Repeat, Roll, Tile
from clarinet.ops.size_lists import listing
from clarinet.ops.sizing import sized
from clarinet.ops.specs import place, places, whole_axes
from clarinet.problems import shown
from clarinet.types import AnyTensor, Axes, TensorLike

__all__ = [
    "append",
    "array_split",
    "concatenate",
    "dsplit",
    "dstack",
    "flip",
    "fliplr",
    "flipud",
    "hsplit",
    "hstack",
    "pad",
    "repeat",
    "roll",
    "rot90",
    "split",
    "stack",
    "tile",
    "unstack",
    "vsplit",
    "vstack",
]


@sized("there")
def repeat(x: TensorLike, repeats: TensorLike, axis: int | None = None) -> AnyTensor:
    """Every entry along an axis several times in a row.

    Args:
        repeats: how often: a whole number, or one for each entry. None, which is what ``ops.shape(x)[0]`` says in the
            call of a layer or model, stands for the rows of the batch, where axis 0 has the size 1.
        axis: default None: all numbers in one row.

    Example:
        >>> repeat([1, 2], 2).tolist(), repeat([1, 2], [1, 3]).tolist()
        ([1, 1, 2, 2], [1, 2, 2, 2])
    """
    x = ravel(x) if axis is None else converted(x)
    axis = 0 if axis is None else axis
    if repeats is None and axis == 0 and shape_of(x)[0] == 1:
        return broadcast_to(x, (None, *shape_of(x)[1:]))
    refuse_symbolic("repeat with repeats of a graph", repeats)
    many = np.asarray(repeats)
    if many.size == 1:
        return apply(made(Repeat, int(many.reshape(())), axis), x)
    size = _size(x, place(axis, len(shape_of(x)), "repeat"), "repeat")
    if many.shape != (size,):
        raise ValueError(f"repeat: expected one number, or one for each of {size} entries; received {shown(repeats)}")
    return take(x, np.repeat(np.arange(size), many), axis=axis)


@sized("first")
def tile(x: TensorLike, repeats: TensorLike) -> AnyTensor:
    """``x`` several times side by side along each axis.

    Args:
        repeats: how often along each axis, or along the last ones; more of them than axes make new ones in front. A
            first one of None stands for the rows of the batch as for :func:`repeat`.

    Example:
        >>> tile([1, 2], 2).tolist(), tile([1, 2], (2, 1)).tolist()
        ([1, 2, 1, 2], [[1, 2], [1, 2]])
    """
    if isinstance(repeats, np.ndarray):
        repeats = repeats.tolist()
    if isinstance(repeats, (list, tuple)) and repeats[:1] in ((None,), [None]):
        rows = tile(x, (1, *repeats[1:]))
        return _for_each_row(rows, shape_of(rows)[1:])
    return apply(made(Tile, whole_axes(repeats, "tile: repeats")), converted(x))


def _for_each_row(x: AnyTensor, sizes: tuple[int | None, ...]) -> AnyTensor:
    """A tensor (1, *sizes) once for every row of the batch, also where sizes are not known yet."""
    if None not in sizes:
        return broadcast_to(x, (None, *sizes))
    kind = x.dtype
    ones = broadcast_to(np.ones((), np.int32), (None, *(1 for _ in sizes)))
    return cast(cast(x, "int32") * ones if kind == "bool" else x * cast(ones, kind), kind)


def flip(x: TensorLike, axis: Axes = None) -> AnyTensor:
    """``x`` backwards along an axis, several, or all of them (the default)."""
    return apply(made(Flip, whole_axes(axis, "flip")), converted(x))


def fliplr(x: TensorLike) -> AnyTensor:
    """``x`` backwards along axis 1."""
    return flip(x, 1)


def flipud(x: TensorLike) -> AnyTensor:
    """``x`` backwards along axis 0."""
    return flip(x, 0)


def rot90(array: TensorLike, k: int = 1, axes: Sequence[int] = (0, 1)) -> AnyTensor:
    """``array`` turned by a right angle ``k`` times, from the first of two axes towards the second.

    Example:
        >>> rot90([[1, 2], [3, 4]]).tolist()
        [[2, 4], [1, 3]]
    """
    array = converted(array)
    a, b = places(whole_axes(axes, "rot90"), len(shape_of(array)), "rot90")
    if k % 4 == 2:
        return flip(array, (a, b))
    if k % 4 == 1:
        return swapaxes(flip(array, b), a, b)
    return flip(swapaxes(array, a, b), b) if k % 4 == 3 else as_tensor(array)


@sized()
def roll(x: TensorLike, shift: TensorLike, axis: Axes = None) -> AnyTensor:
    """``x`` moved along an axis; what leaves at the end comes in at the front.

    Args:
        shift: how far; several in a tuple, one for each axis.
        axis: one, several, or None: all numbers in one row.

    Example:
        >>> roll([1, 2, 3], 1).tolist()
        [3, 1, 2]
    """
    shifts, axes = whole_axes(shift, "roll: shift"), whole_axes(axis, "roll")
    if shifts is not None and len(shifts) == 1 and axes is not None:
        shifts *= len(axes)
    return apply(made(Roll, shifts, axes), converted(x))


#: What NumPy's ``pad`` can do by choosing entries of ``x``.
_CHOOSING = ("edge", "reflect", "symmetric", "wrap")


@sized()
def pad(x: TensorLike, pad_width: TensorLike, mode: str = "constant", constant_values: TensorLike = None) -> AnyTensor:
    """``x`` with margins.

    Args:
        pad_width: how many entries: a whole number, ``(before, after)``, or such a pair for each axis.
        mode: what stands there: ``"constant"`` (default), ``"edge"``, ``"reflect"``, ``"symmetric"`` or ``"wrap"``.
        constant_values: a number for ``"constant"``; default 0.

    Example:
        >>> pad([1, 2], 1).tolist(), pad([1, 2, 3], (0, 2), mode="reflect").tolist()
        ([0, 1, 2, 0], [1, 2, 3, 2, 1])
    """
    x = converted(x)
    rank = len(shape_of(x))
    try:
        widths = np.broadcast_to(np.asarray(pad_width), (rank, 2)).astype(int).tolist()
    except ValueError as error:
        raise ValueError(
            f"pad: pad_width is a whole number, (before, after), or such a pair for each of {rank} axes; received "
            f"{shown(pad_width)}"
        ) from error
    if mode == "constant":
        value = 0 if constant_values is None else numbers_of(constant_values).item()
        return apply(made(Pad, tuple(map(tuple, widths)), value), x)
    if mode not in _CHOOSING or constant_values is not None:
        raise ValueError(
            f"pad: mode is 'constant', or without constant_values {', '.join(_CHOOSING)}; received {mode!r}"
        )
    for axis, width in enumerate(widths):
        if any(width):
            x = take(x, np.pad(np.arange(_size(x, axis, "pad")), width, mode=mode), axis=axis)  # type: ignore[call-overload]
    return as_tensor(x)


def _size(x: Operand, axis: int, what: str) -> int:
    size = shape_of(x)[axis]
    if size is None:
        raise ValueError(f"{what}: the size of axis {axis} is not known yet")
    return size


def _several(xs: TensorLike, what: str) -> list[Operand]:
    """What is to be joined, in one dtype."""
    if not isinstance(xs, (list, tuple, np.ndarray)) or not len(xs):
        raise ValueError(f"{what}: expected several tensors in a list, received {shown(xs)}")
    return promoted(*xs)


@listing
def concatenate(xs: Sequence[TensorLike], axis: int | None = 0) -> AnyTensor:
    """Tensors one after the other along an axis.

    Args:
        xs: of equal shape but for that axis.
        axis: default 0; None: all numbers in one row.

    Example:
        >>> concatenate([[[1], [2]], [[3], [4]]], axis=1).tolist()
        [[1, 3], [2, 4]]
    """
    found = _several(xs, "concatenate")
    if axis is None:
        return apply(made(Concatenate, 0), *map(ravel, found))
    return apply(made(Concatenate, axis), *found)


def append(x1: TensorLike, x2: TensorLike, axis: int | None = None) -> AnyTensor:
    """``x2`` after ``x1`` along an axis; default: all numbers in one row."""
    return concatenate([x1, x2], axis)


@listing
def stack(x: Sequence[TensorLike], axis: int = 0) -> AnyTensor:
    """Tensors of one shape side by side along a new axis.

    Example:
        >>> stack([[1, 2], [3, 4]], axis=1).tolist()
        [[1, 3], [2, 4]]
    """
    return apply(made(Stack, axis), *_several(x, "stack"))


def hstack(xs: Sequence[TensorLike]) -> AnyTensor:
    """Tensors one after the other along axis 1, or along axis 0 where that is all they have."""
    found = [_deep(x, 1) for x in _several(xs, "hstack")]
    return apply(made(Concatenate, 0 if len(shape_of(found[0])) == 1 else 1), *found)


def vstack(xs: Sequence[TensorLike]) -> AnyTensor:
    """Tensors below each other, along axis 0; one with one axis is a row."""
    return apply(made(Concatenate, 0), *(_deep(x, 2) for x in _several(xs, "vstack")))


def dstack(xs: Sequence[TensorLike]) -> AnyTensor:
    """Tensors one after the other along axis 2; one with fewer axes gets more."""
    return apply(made(Concatenate, 2), *(_deep(x, 3) for x in _several(xs, "dstack")))


def _deep(x: Operand, rank: int) -> Operand:
    """With at least so many axes: a row before columns, columns before depth."""
    have = len(shape_of(x))
    if have == 0:
        x, have = reshape(x, (1,)), 1
    if have == 1 and rank > 1:
        x, have = expand_dims(x, 0), 2
    return expand_dims(x, -1) if have == 2 and rank > 2 else x


def split(x: TensorLike, indices_or_sections: TensorLike, axis: int = 0) -> list[AnyTensor]:
    """``x`` in pieces along an axis.

    Args:
        indices_or_sections: into how many equal pieces; or a list: the places where it is cut.
        axis: default 0.

    Raises:
        ValueError: it does not make equal pieces.

    Example:
        >>> [piece.tolist() for piece in split([1, 2, 3, 4], [1, 3])]
        [[1], [2, 3], [4]]
    """
    cuts = np.asarray(indices_or_sections)
    parts = whole_axes(cuts.tolist(), "split: indices_or_sections") if cuts.ndim else int(cuts)
    return list(apply_each(made(Split, parts, axis), converted(x)))


def array_split(x: TensorLike, indices_or_sections: TensorLike, axis: int = 0) -> list[AnyTensor]:
    """:func:`split` into so many pieces that are as equal as can be: the first ones are longer by one.

    Example:
        >>> [piece.tolist() for piece in array_split([1, 2, 3], 2)]
        [[1, 2], [3]]
    """
    x = converted(x)
    if not isinstance(indices_or_sections, int):
        return split(x, indices_or_sections, axis)
    size, parts = _size(x, place(axis, len(shape_of(x)), "array_split"), "array_split"), indices_or_sections
    if parts < 1:
        raise ValueError(f"array_split: expected at least one piece, received {parts}")
    lengths = [size // parts + (i < size % parts) for i in range(parts)]
    return split(x, np.cumsum(lengths)[:-1], axis)


def vsplit(x: TensorLike, indices_or_sections: TensorLike) -> list[AnyTensor]:
    """:func:`split` along axis 0."""
    return split(x, indices_or_sections, 0)


def hsplit(x: TensorLike, indices_or_sections: TensorLike) -> list[AnyTensor]:
    """:func:`split` along axis 1, or along axis 0 where that is the only one."""
    x = converted(x)
    return split(x, indices_or_sections, 0 if len(shape_of(x)) == 1 else 1)


def dsplit(x: TensorLike, indices_or_sections: TensorLike) -> list[AnyTensor]:
    """:func:`split` along axis 2."""
    return split(x, indices_or_sections, 2)


def unstack(x: TensorLike, num: int | None = None, axis: int = 0) -> list[AnyTensor]:
    """The entries of ``x`` along an axis, without it.

    Args:
        num: how many there are; default: that is known.
        axis: default 0.
    """
    found = list(apply_each(made(Unstack, axis), converted(x)))
    if num is not None and num != len(found):
        raise ValueError(f"unstack: axis {axis} has {len(found)} entries, not num={num}; leave num out")
    return found
