"""Linear algebra: inverses, determinants, equations and factors of matrices, or of many at once (…, m, n)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from clarinet import aliases
from clarinet.ops.arithmetic import add, multiply
from clarinet.ops.axes import expand_dims, squeeze, swapaxes
from clarinet.ops.comparisons import greater
from clarinet.ops.diagonals import tril, triu
from clarinet.ops.dispatch import Operand, apply, apply_each, dtype_of, floats, promoted, shape_of, typed
from clarinet.ops.dtypes import INT
from clarinet.ops.linear import matmul
from clarinet.ops.matrices import (
    Cholesky,
    Determinant,
    Eigh,
    Inverse,
    LuFactor,
    PseudoInverse,
    Qr,
    SingularValues,
    Slogdet,
    Solve,
    Svd,
)
from clarinet.ops.operation import made
from clarinet.ops.statistics import norm
from clarinet.ops.totals import max as greatest
from clarinet.ops.totals import sum as total
from clarinet.types import AnyTensor, TensorLike

__all__ = [
    "cholesky",
    "cholesky_inverse",
    "det",
    "eigh",
    "inv",
    "logdet",
    "lstsq",
    "lu_factor",
    "matrix_rank",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_triangular",
    "svd",
]

if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


def _symmetric(x: TensorLike) -> Operand:
    x = floats(x)
    return multiply(add(x, swapaxes(x, -1, -2)), 0.5) if len(shape_of(x)) > 1 else x


def cholesky(x: TensorLike, upper: bool = False) -> AnyTensor:
    """The lower triangle ``l`` with ``l lᵀ = x``, for symmetric matrices that are positive definite.

    Args:
        x: (…, n, n).
        upper: give ``lᵀ``; default False.

    Raises:
        ValueError: no square matrix, or none that is positive definite.

    Example:
        >>> cholesky([[4.0, 2.0], [2.0, 2.0]]).tolist()
        [[2.0, 0.0], [1.0, 1.0]]
    """
    lower = apply(made(Cholesky), _symmetric(x))
    return swapaxes(lower, -1, -2) if upper else lower


def cholesky_inverse(x: TensorLike, upper: bool = False) -> AnyTensor:
    """The inverse of a matrix, given the triangle that :func:`cholesky` gives.

    Args:
        x: (n, n). upper: it is the upper one; default False.
    """
    x = floats(x)
    inverse = solve_triangular(x, np.eye(shape_of(x)[-1] or 0, dtype=dtype_of(x)), lower=not upper)
    turned = swapaxes(inverse, -1, -2)
    return matmul(inverse, turned) if upper else matmul(turned, inverse)


def det(x: TensorLike) -> AnyTensor:
    """The determinant.

    Args:
        x: (…, n, n).

    Raises:
        ValueError: no square matrix.

    Example:
        >>> float(det([[3.0, 1.0], [1.0, 2.0]]))
        5.0
    """
    return apply(made(Determinant), floats(x))


def slogdet(x: TensorLike) -> tuple[AnyTensor, ...]:
    """The sign of the determinant, and the logarithm of its size; ``x`` as of :func:`det`."""
    return apply_each(made(Slogdet), floats(x))


def logdet(x: TensorLike) -> AnyTensor:
    """The logarithm of the size of the determinant; ``x`` as of :func:`det`."""
    return slogdet(x)[1]


def eigh(x: TensorLike) -> tuple[AnyTensor, ...]:
    """The eigenvalues of symmetric matrices, from the least on, and the eigenvectors, as columns.

    Args:
        x: (…, n, n).

    Returns:
        (…, n) and (…, n, n).

    Example:
        >>> eigh([[2.0, 0.0], [0.0, 1.0]])[0].tolist()
        [1.0, 2.0]
    """
    return apply_each(made(Eigh), _symmetric(x))


def inv(x: TensorLike) -> AnyTensor:
    """The inverse of matrices (…, n, n).

    Raises:
        ValueError: no square matrix, or one that has no inverse.

    Example:
        >>> inv([[2.0, 0.0], [0.0, 4.0]]).tolist()
        [[0.5, 0.0], [0.0, 0.25]]
    """
    return apply(made(Inverse), floats(x))


def pinv(x: TensorLike, rcond: float | None = None) -> AnyTensor:
    """The inverse of Moore and Penrose.

    Args:
        x: (…, m, n).
        rcond: singular values of at most this share of the greatest count as 0; default
            ``10 max(m, n)`` times the distance of 1 to the next number.

    Returns:
        (…, n, m).
    """
    return apply(made(PseudoInverse, rcond), floats(x))


def lstsq(a: TensorLike, b: TensorLike, rcond: float | None = None) -> AnyTensor:
    """The ``y`` for which ``|a y - b|`` is least, and of those the shortest.

    Args:
        a: (m, n). b: (m,) or (m, k).
        rcond: as of :func:`pinv`; default ``max(m, n)`` times the distance of 1 to the next number.

    Returns:
        (n,) or (n, k).

    Example:
        >>> print(lstsq([[1.0], [1.0]], [1.0, 3.0]).round(4))
        [2.]
    """
    a, b = promoted(a, b, least=float)
    share = max(n or 0 for n in shape_of(a)[-2:]) * float(np.finfo(dtype_of(a)).eps) if rcond is None else rcond
    return matmul(pinv(a, share), b)


def lu_factor(x: TensorLike) -> tuple[AnyTensor, ...]:
    """Triangles ``l u = p x``, in one matrix without the ones on the diagonal of ``l``, and exchanges of rows ``p``.

    Args:
        x: (…, n, n).

    Returns:
        (…, n, n), and int32 (…, n): in step i rows i and p[i] were exchanged.

    Example:
        >>> [found.tolist() for found in lu_factor([[1.0, 2.0], [2.0, 8.0]])]
        [[[2.0, 8.0], [0.5, -2.0]], [1, 1]]
    """
    return apply_each(made(LuFactor), floats(x))


def matrix_rank(x: TensorLike, tol: float | None = None) -> AnyTensor:
    """How many singular values are not 0, as int32.

    Args:
        x: (…, m, n).
        tol: those up to this share of the greatest count as 0; default ``max(m, n)`` times the distance of 1 to the
            next number.

    Example:
        >>> int(matrix_rank([[1.0, 2.0], [2.0, 4.0]]))
        1
    """
    x = floats(x)
    values = apply(made(SingularValues), x)
    share = max(n or 0 for n in shape_of(x)[-2:]) * float(np.finfo(dtype_of(x)).eps) if tol is None else tol
    return total(typed(greater(values, multiply(greatest(values, axis=-1, keepdims=True), share)), INT), axis=-1)


def qr(x: TensorLike, mode: str = "reduced") -> tuple[AnyTensor, ...]:
    """``q r = x``, the columns of ``q`` orthonormal, ``r`` an upper triangle.

    Args:
        x: (…, m, n).
        mode: ``"reduced"`` (default): q is (…, m, min(m, n)); ``"complete"``: (…, m, m).
    """
    return apply_each(made(Qr, mode), floats(x))


def solve(a: TensorLike, b: TensorLike) -> AnyTensor:
    """The ``y`` with ``a y = b``.

    Args:
        a: (…, n, n). b: (n,) or (…, n, k).

    Raises:
        ValueError: shapes that do not go together, or a matrix that has no inverse.

    Example:
        >>> solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 2.0]).tolist()
        [1.0, 0.5]
    """
    a, b = promoted(a, b, least=float)
    if len(shape_of(b)) == 1:
        return squeeze(apply(made(Solve), a, expand_dims(b, -1)), -1)
    return apply(made(Solve), a, b)


def solve_triangular(a: TensorLike, b: TensorLike, lower: bool = False) -> AnyTensor:
    """:func:`solve` for triangles: of ``a`` only the upper or lower one is looked at.

    Args:
        a: (…, n, n). b: (…, n) where it has one axis less, else (…, n, k).
        lower: the lower triangle; default False.
    """
    a, b = promoted(a, b, least=float)
    a = tril(a) if lower else triu(a)
    if len(shape_of(b)) == len(shape_of(a)) - 1:
        return squeeze(apply(made(Solve), a, expand_dims(b, -1)), -1)
    return apply(made(Solve), a, b)


def svd(x: TensorLike, full_matrices: bool = True, compute_uv: bool = True) -> AnyTensor | tuple[AnyTensor, ...]:
    """``u diag(s) v = x``: orthonormal columns of ``u`` and rows of ``v``, and the singular values ``s``, in order.

    Args:
        x: (…, m, n).
        full_matrices: u and v are square; default True. There is a gradient where x is square, or with False.
        compute_uv: default True; False gives s alone.

    Returns:
        u (…, m, m), s (…, min(m, n)) and v (…, n, n); without ``full_matrices`` min(m, n) columns of u and rows of v.

    Example:
        >>> svd([[0.0, 2.0], [3.0, 0.0]], compute_uv=False).tolist()
        [3.0, 2.0]
    """
    if not compute_uv:
        return apply(made(SingularValues), floats(x))
    return apply_each(made(Svd, bool(full_matrices)), floats(x))
