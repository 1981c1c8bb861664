"""Diagonals of matrices, and what lies beside them."""

from __future__ import annotations

import numpy as np

from clarinet.ops.arithmetic import subtract
from clarinet.ops.axes import expand_dims, moveaxis, ravel, reshape
from clarinet.ops.comparisons import greater_equal, where
from clarinet.ops.core import shape
from clarinet.ops.creation import arange
from clarinet.ops.dispatch import Operand, converted, shape_of
from clarinet.ops.indexing import scatter, take
from clarinet.ops.specs import places
from clarinet.ops.totals import sum as total
from clarinet.types import AnyTensor, TensorLike

__all__ = [
    "diag",
    "diagflat",
    "diagonal",
    "trace",
    "tril",
    "triu",
]


def _matrix(x: Operand, what: str) -> tuple[int, int]:
    """Rows and columns, on the last two axes."""
    shape = shape_of(x)
    if len(shape) < 2 or None in shape[-2:]:
        raise ValueError(f"{what}: expected a matrix, or several, of known size; received the shape {shape}")
    rows, columns = shape[-2:]
    return rows, columns  # type: ignore[return-value]


def _lower(x: Operand, k: int, what: str) -> TensorLike:
    """Whether an entry of matrices is on a diagonal or below."""
    if None not in shape_of(x)[-2:] or len(shape_of(x)) < 2:
        return np.tri(*_matrix(x, what), k, dtype=bool)
    rows, columns = shape(x)[-2:]
    return greater_equal(expand_dims(arange(rows), 1), subtract(arange(columns), k))


def tril(x: TensorLike, k: int = 0) -> AnyTensor:
    """Matrices with zeros above a diagonal.

    Args:
        x: (…, rows, columns).
        k: which diagonal: 0 the main one, above it positive; default 0.
    """
    x = converted(x)
    return where(_lower(x, k, "tril"), x, 0)


def triu(x: TensorLike, k: int = 0) -> AnyTensor:
    """Matrices with zeros below a diagonal; arguments as of :func:`tril`."""
    x = converted(x)
    return where(_lower(x, k - 1, "triu"), 0, x)


def diagonal(x: TensorLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> AnyTensor:
    """The diagonal of matrices, along a new last axis.

    Args:
        offset: which: 0 the main one, above it positive; default 0.
        axis1, axis2: those of rows and columns; default the first two.
    """
    x = converted(x)
    rank = len(shape_of(x))
    x = moveaxis(x, places((axis1, axis2), rank, "diagonal"), (rank - 2, rank - 1))
    rows, columns = _matrix(x, "diagonal")
    first = offset if offset >= 0 else -offset * columns
    length = max(min(rows + min(offset, 0), columns - max(offset, 0)), 0)
    flat = reshape(x, (*(None,) * (rank - 2), rows * columns))
    return take(flat, first + np.arange(length) * (columns + 1), axis=-1)


def trace(x: TensorLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> AnyTensor:
    """The sum of :func:`diagonal`, whose arguments these are."""
    return total(diagonal(x, offset, axis1, axis2), axis=-1)


def diag(x: TensorLike, k: int = 0) -> AnyTensor:
    """The diagonal of a matrix; or the matrix with these numbers on its diagonal, and zeros beside it.

    Args:
        k: which diagonal: 0 the main one, above it positive; default 0.

    Example:
        >>> diag([1, 2]).tolist(), diag([[1, 2], [3, 4]]).tolist()
        ([[1, 0], [0, 2]], [1, 4])
    """
    x = converted(x)
    rank = len(shape_of(x))
    if rank not in (1, 2):
        raise ValueError(f"diag: expected one axis or two, received the shape {shape_of(x)}; ops.diagonal takes more")
    return diagonal(x, k) if rank == 2 else diagflat(x, k)


def diagflat(x: TensorLike, k: int = 0) -> AnyTensor:
    """The matrix with all numbers of ``x`` on its diagonal, and zeros beside it; ``k`` as of :func:`diag`."""
    x = ravel(x)
    (count,) = shape_of(x)
    if count is None:
        raise ValueError("diagflat: the number of entries is not known yet")
    places_ = np.arange(count)
    return scatter(np.stack([places_ + max(-k, 0), places_ + max(k, 0)], axis=1), x, (count + abs(k),) * 2)
