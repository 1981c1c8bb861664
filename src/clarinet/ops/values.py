"""What depends on the numbers themselves, not on their shape alone: no part of a graph, and without a gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from clarinet.ops.dispatch import numbers_of, refuse_symbolic
from clarinet.ops.dtypes import INT
from clarinet.ops.shapes import whole_shape
from clarinet.ops.tensor import Tensor, tensor
from clarinet.problems import shown
from clarinet.types import Array, ShapeLike, TensorLike

__all__ = [
    "bincount",
    "histogram",
    "nonzero",
    "unique",
    "unravel_index",
]


def _given(what: str, *xs: TensorLike) -> list[Array]:
    refuse_symbolic(what, *xs)
    return [numbers_of(x) for x in xs]


def nonzero(x: TensorLike) -> tuple[Tensor, ...]:
    """The places of what is not 0: for each axis an int32 row.

    Example:
        >>> [places.tolist() for places in nonzero([[0, 1], [2, 0]])]
        [[0, 1], [1, 0]]
    """
    (x,) = _given("nonzero", x)
    return tuple(tensor(places.astype(np.int32)) for places in np.nonzero(x))


def bincount(x: TensorLike, weights: TensorLike = None, minlength: int = 0, sparse: bool = False) -> Tensor:
    """How often each whole number from 0 on is there, or the sum of the weights where it stands.

    Args:
        x: (n,), or (rows, n): for each row by itself.
        weights: of the shape of ``x``; default: they are counted.
        minlength: the result is at least so long.
        sparse: only False.

    Example:
        >>> bincount([0, 2, 2]).tolist()
        [1, 0, 2]
    """
    if sparse:
        raise ValueError("bincount: there are no sparse tensors; leave out sparse=True")
    (x,) = _given("bincount", x)
    if x.ndim not in (1, 2) or x.dtype.kind not in "iub" or (x.size and x.min() < 0):
        raise ValueError(f"bincount: expected whole numbers from 0 on, in one row or several; received {shown(x)}")
    length = max(int(x.max(initial=-1)) + 1, minlength)
    rows = np.atleast_2d(x).astype(np.int64)
    given = None if weights is None else np.atleast_2d(_given("bincount", weights)[0])
    counts = np.stack([np.bincount(row, None if given is None else given[i], length) for i, row in enumerate(rows)])
    counts = counts.astype(INT if given is None else np.result_type(given.dtype, np.float16))
    return tensor(counts.reshape((*x.shape[:-1], length)))


def unique(
    x: TensorLike,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: int | None = None,
    fill_value: TensorLike = None,
) -> Tensor | tuple[Tensor, ...]:
    """The different numbers, in order.

    Args:
        sorted: they are, in any case.
        return_index, return_inverse, return_counts: also where each is first, which of them every number is, how often
            each is there; as int32.
        axis: different entries along this axis; default None: different numbers.
        size, fill_value: only None.

    Example:
        >>> [found.tolist() for found in unique([3, 1, 3], return_counts=True)]
        [[1, 3], [1, 2]]
    """
    if size is not None or fill_value is not None:
        raise ValueError("unique: size and fill_value are not supported; leave them out, and pad the result")
    (x,) = _given("unique", x)
    function: Any = np.unique
    found = function(x, return_index, return_inverse, return_counts, axis, equal_nan=False)
    if not isinstance(found, tuple):
        return tensor(found)
    return (tensor(found[0]), *(tensor(places.astype(np.int32)) for places in found[1:]))


def unravel_index(indices: TensorLike, shape: ShapeLike) -> tuple[Tensor, ...]:
    """For places in one row of all numbers, the places on each axis, as int32.

    Example:
        >>> [places.tolist() for places in unravel_index([0, 5], (2, 3))]
        [[0, 1], [0, 2]]
    """
    (places,) = _given("unravel_index", indices)
    sizes = whole_shape(shape, "unravel_index")
    whole = int(np.prod([n or 0 for n in sizes]))
    found = np.unravel_index(np.where(places < 0, places + whole, places), sizes)  # type: ignore[arg-type]
    return tuple(tensor(np.asarray(one).astype(np.int32)) for one in found)


def histogram(x: TensorLike, bins: int = 10, range: tuple[float, float] | None = None) -> tuple[Tensor, Tensor]:
    """How many numbers lie in each of some intervals of equal length, and the limits of these, as float32.

    Args:
        bins: how many; default 10.
        range: where they begin and end; default the least and the greatest number.
    """
    (x,) = _given("histogram", x)
    counts, edges = np.histogram(x, bins, range)
    return tensor(counts.astype(np.float32)), tensor(edges.astype(np.float32))
