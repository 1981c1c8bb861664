"""Rows that are mostly zeros, kept as their other numbers: what SciPy calls CSR."""

from __future__ import annotations

from typing import Protocol, TypeGuard, cast

import numpy as np
from numpy.typing import DTypeLike, NDArray

from clarinet.types import Array, DType, Index


class Csr(Protocol):
    """SciPy's rows of numbers most of which are left out."""

    data: Array
    indices: Array
    indptr: Array
    shape: tuple[int, int]
    has_canonical_format: bool

    def copy(self) -> Csr: ...

    def sum_duplicates(self) -> None: ...


class Sparse(Protocol):
    """A sparse matrix or array of SciPy, of any format."""

    def tocsr(self) -> Csr: ...


def is_sparse(value: object) -> TypeGuard[Sparse]:
    """Whether this is a sparse matrix or array of SciPy, of any format."""
    return hasattr(value, "tocsr") and hasattr(value, "nnz")


class SparseRows:
    """Rows of numbers most of which are 0, in the place of an array (n, columns).

    Engines that do not know them see them as arrays, a batch at a time.

    Args:
        values: float32 (m,), those that are not left out, row by row.
        columns: int32 (m,), the column of each, increasing within a row.
        starts: int64 (n + 1,), where each row begins among them, and where the last one ends.
        width: columns of a row.

    Example:
        >>> rows = SparseRows(np.float32([5, 6]), np.int32([1, 0]), np.int64([0, 1, 1, 2]), 2)
        >>> np.asarray(rows).tolist(), np.asarray(rows[1:]).tolist()
        ([[0.0, 5.0], [0.0, 0.0], [6.0, 0.0]], [[0.0, 0.0], [6.0, 0.0]])
    """

    ndim = 2
    dtype: DType = np.dtype(np.float32)

    def __init__(
        self, values: NDArray[np.float32], columns: NDArray[np.int32], starts: NDArray[np.int64], width: int
    ) -> None:
        self.values, self.columns, self.starts, self.width = values, columns, starts, width

    @classmethod
    def of(cls, matrix: Sparse) -> SparseRows:
        """The rows of a sparse matrix of SciPy.

        Raises:
            ValueError: places outside of it.
        """
        csr = matrix.tocsr()
        if not csr.has_canonical_format:
            csr = csr.copy()
            csr.sum_duplicates()
        starts, places = np.ascontiguousarray(csr.indptr, np.int64), np.asarray(csr.indices)
        stored = int(starts[-1])
        fits = starts[0] == 0 and (np.diff(starts) >= 0).all() and stored <= min(len(places), len(csr.data))
        if not fits or (stored and not (places[:stored].min() >= 0 and places[:stored].max() < csr.shape[1])):
            raise ValueError("x: a sparse matrix whose indices leave it; build it again from its numbers")
        with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused as such
            values = np.ascontiguousarray(csr.data[:stored], np.float32)
        return cls(values, np.ascontiguousarray(places[:stored], np.int32), starts, int(csr.shape[1]))

    @property
    def shape(self) -> tuple[int, int]:
        """(n, columns), as an array has it."""
        return len(self), self.width

    @property
    def size(self) -> int:
        """Numbers, the zeros among them."""
        return len(self) * self.width

    @property
    def nbytes(self) -> int:
        """Bytes of the array that they stand for."""
        return self.size * self.dtype.itemsize

    @property
    def native(self) -> tuple[Array, Array, Array, int]:
        """As C++ takes them."""
        return self.values, self.columns, self.starts, self.width

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, rows: Index) -> SparseRows:
        if isinstance(rows, slice) and rows.step in (None, 1):
            first, stop, _ = rows.indices(len(self))
            return SparseRows(self.values, self.columns, self.starts[first : max(first, stop) + 1], self.width)
        picked = np.atleast_1d(np.arange(len(self))[rows])
        begin, counts = self.starts[:-1][picked], np.diff(self.starts)[picked]
        starts = np.concatenate([[0], np.cumsum(counts)])
        places = np.arange(starts[-1]) + np.repeat(begin - starts[:-1], counts)
        return SparseRows(self.values[places], self.columns[places], starts, self.width)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:
        if copy is False:
            raise ValueError("sparse rows become an array only as a copy")
        dense = np.zeros(self.shape, dtype or np.float32)
        rows = np.repeat(np.arange(len(self)), np.diff(self.starts))
        stored = slice(int(self.starts[0]), int(self.starts[-1]))
        dense[rows, self.columns[stored]] = self.values[stored]
        return dense


def as_rows(matrix: Sparse) -> Array:
    """The rows of a sparse matrix, where arrays are expected: shape, length, dtype and slices are theirs."""
    return cast("Array", SparseRows.of(matrix))
