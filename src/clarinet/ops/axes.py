"""The same numbers in another shape, or with their axes in another order."""

from __future__ import annotations

from collections.abc import Sequence

from clarinet.ops.batches import rows_of, traced
from clarinet.ops.dispatch import Operand, apply, converted, shape_of, spec_of
from clarinet.ops.operation import made
from clarinet.ops.shapes import AcrossBatch, BroadcastTo, ExpandDims, OfRows, Reshape, Squeeze, Transpose, whole_shape
from clarinet.ops.size_lists import listing
from clarinet.ops.sizing import sized
from clarinet.ops.specs import broadcast, is_symbolic, place, places, product, whole_axes
from clarinet.types import AnyTensor, Axes, ShapeLike, TensorLike

__all__ = [
    "broadcast_to",
    "expand_dims",
    "meshgrid",
    "moveaxis",
    "ravel",
    "reshape",
    "squeeze",
    "swapaxes",
    "transpose",
]


@sized("first")
def reshape(x: TensorLike, newshape: TensorLike) -> AnyTensor:
    """The numbers of ``x``, in their order, in another shape.

    Args:
        newshape: sizes; one may be -1, which follows from the others. None stands for the size that the axis has, which
            is what :func:`clarinet.ops.shape` says of an axis whose size is not known. In the call of a layer or model
            a first None stands for the rows of the batch, also where ``x`` has none any more; a last size of -1 is then
            that of ``x``.

    Example:
        >>> reshape([[1, 2], [3, 4], [5, 6]], (2, -1)).tolist()
        [[1, 2, 3], [4, 5, 6]]
    """
    given = converted(x)
    sizes = whole_shape(newshape, "reshape")
    whole = product([*shape_of(given)[:1], *sizes[1:]])
    moved = shape_of(given)[:1] == (None,) or (whole is not None and whole != product(shape_of(given)))
    if sizes[:1] == (None,) and traced() is not None and not spec_of(given).batched and moved:
        last = sizes[-1:] if sizes[-1] != -1 else shape_of(given)[-1:]
        return apply(made(OfRows, (*sizes[1:-1], *last)), given, rows_of("reshape"))
    return reshaped(given, sizes)


def reshaped(x: TensorLike, newshape: TensorLike) -> AnyTensor:
    """:func:`reshape`, where None always stands for the size that the axis has."""
    return apply(made(Reshape, whole_shape(newshape, "reshape")), converted(x))


def ravel(x: TensorLike) -> AnyTensor:
    """The numbers of ``x`` in one row."""
    return apply(made(Reshape, (-1,)), converted(x))


def transpose(x: TensorLike, axes: Sequence[int] | None = None) -> AnyTensor:
    """``x`` with its axes in another order.

    Args:
        axes: which axis of ``x`` stands where; default the reverse order.
    """
    x, axes = converted(x), whole_axes(axes, "transpose")
    before = exchanged(x)
    if before is not None and tuple(axes or ()) == (1, 0, *range(2, len(shape_of(x)))):
        return before  # once more is what it was, and its rows come first again
    return apply(made(Transpose, axes), x)


def exchanged(x: Operand) -> AnyTensor | None:
    """The tensor of a network whose first two axes were exchanged to make ``x``; None where that is not so."""
    node = getattr(x, "node", None) if is_symbolic(x) else None
    operator = getattr(node, "operator", None)
    if node is None or not isinstance(operator, Transpose):
        return None
    rank = len(shape_of(x))
    return node.inputs[0] if rank > 1 and operator.order(rank) == (1, 0, *range(2, rank)) else None


def swapaxes(x: TensorLike, axis1: int, axis2: int) -> AnyTensor:
    """``x`` with two axes exchanged."""
    x = converted(x)
    rank = len(shape_of(x))
    order = list(range(rank))
    a, b = place(axis1, rank, "swapaxes"), place(axis2, rank, "swapaxes")
    order[a], order[b] = b, a
    return apply(made(Transpose, tuple(order)), x)


def moveaxis(x: TensorLike, source: TensorLike, destination: TensorLike) -> AnyTensor:
    """``x`` with some axes in other places; the rest keep their order.

    Example:
        >>> moveaxis([[[1, 2, 3]]], 0, -1).shape
        (1, 3, 1)
    """
    x = converted(x)
    rank = len(shape_of(x))
    come = places(whole_axes(source, "moveaxis"), rank, "moveaxis")
    go = places(whole_axes(destination, "moveaxis"), rank, "moveaxis")
    if len(come) != len(go):
        raise ValueError(f"moveaxis: expected as many destinations as sources, received {source} and {destination}")
    order = [axis for axis in range(rank) if axis not in come]
    for there, here in sorted(zip(go, come)):
        order.insert(there, here)
    return apply(made(Transpose, tuple(order)), x)


@listing
def expand_dims(x: TensorLike, axis: Axes) -> AnyTensor:
    """``x`` with a new axis of size 1, or several.

    Example:
        >>> expand_dims([1, 2], -1).tolist()
        [[1], [2]]
    """
    axes = whole_axes(axis, "expand_dims")
    if axes is None:
        raise TypeError("expand_dims: axis says where the new axis is; received None, expected a whole number")
    return apply(made(ExpandDims, axes), converted(x))


def squeeze(x: TensorLike, axis: Axes = None) -> AnyTensor:
    """``x`` without axes of size 1.

    Args:
        axis: which; default all that have size 1. An axis whose size is not known stays.
    """
    x = converted(x)
    axes = whole_axes(axis, "squeeze")
    if axes is None:
        axes = tuple(i for i, size in enumerate(shape_of(x)) if size == 1)
    return apply(made(Squeeze, axes), x)


@sized("first")
def broadcast_to(x: TensorLike, shape: ShapeLike) -> AnyTensor:
    """``x`` repeated along axes of size 1, and along new ones in front.

    Args:
        shape: sizes; None stands for the size that the axis has. In front of an axis of size 1, or of none, it stands
            for the rows of the batch, in the call of a layer or model.

    Example:
        >>> broadcast_to([1, 2], (2, 2)).tolist()
        [[1, 2], [1, 2]]
    """
    x, sizes = converted(x), whole_shape(shape, "broadcast_to")
    if sizes[:1] == (None,) and (len(shape_of(x)) < len(sizes) or shape_of(x)[0] == 1):
        return apply(made(AcrossBatch, sizes[1:]), x, rows_of("broadcast_to"))
    return apply(made(BroadcastTo, sizes), x)


def meshgrid(*x: TensorLike, indexing: str = "xy") -> list[AnyTensor]:
    """The coordinates of a grid: for each row of numbers given, their value at every point.

    Args:
        indexing: ``"ij"``: the first numbers go along axis 0; ``"xy"`` (default): the first along axis 1, the second
            along axis 0.

    Example:
        >>> [g.tolist() for g in meshgrid([1, 2], [3, 4, 5])]
        [[[1, 2], [1, 2], [1, 2]], [[3, 3], [4, 4], [5, 5]]]
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing is 'xy' or 'ij', received {indexing!r}")
    order = list(range(len(x)))
    if indexing == "xy" and len(x) > 1:
        order[:2] = [1, 0]
    rows = [reshape(one, (1,) * axis + (-1,) + (1,) * (len(x) - 1 - axis)) for one, axis in zip(map(ravel, x), order)]
    whole = broadcast([shape_of(row) for row in rows], "meshgrid")
    return [broadcast_to(row, whole) for row in rows]
