"""Functions of ``tf.linalg`` on matrices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clarinet import ops
from clarinet.names import public
from clarinet.types import AnyTensor, Axes, DTypeArg, TensorLike

__all__ = [
    "adjoint",
    "cholesky_solve",
    "cross",
    "eigh",
    "eigvalsh",
    "eye",
    "logdet",
    "lstsq",
    "matrix_rank",
    "matrix_transpose",
    "normalize",
    "pinv",
    "set_diag",
    "slogdet",
    "solve",
    "svd",
    "tensor_diag",
    "tensor_diag_part",
    "triangular_solve",
]


def __dir__() -> list[str]:
    return public(globals())


def matrix_transpose(a: TensorLike, name: object = None, conjugate: bool = False) -> AnyTensor:
    """The last two axes exchanged."""
    return ops.swapaxes(a, -1, -2)


adjoint = matrix_transpose


def solve(matrix: TensorLike, rhs: TensorLike, adjoint: bool = False, name: object = None) -> AnyTensor:
    """The ``x`` of ``matrix x = rhs``.

    Example:
        >>> solve([[2.0, 0.0], [0.0, 4.0]], [[2.0], [2.0]]).tolist()
        [[1.0], [0.5]]
    """
    return ops.solve(matrix_transpose(matrix) if adjoint else matrix, rhs)


def triangular_solve(
    matrix: TensorLike, rhs: TensorLike, lower: bool = True, adjoint: bool = False, name: object = None
) -> AnyTensor:
    """The ``x`` of ``matrix x = rhs`` of a triangular matrix."""
    if adjoint:
        return ops.solve_triangular(matrix_transpose(matrix), rhs, not lower)
    return ops.solve_triangular(matrix, rhs, lower)


def cholesky_solve(chol: TensorLike, rhs: TensorLike, name: object = None) -> AnyTensor:
    """The ``x`` of ``L Lᵀ x = rhs``, of the Cholesky factor ``L``."""
    return triangular_solve(chol, triangular_solve(chol, rhs), adjoint=True)


def lstsq(
    matrix: TensorLike, rhs: TensorLike, l2_regularizer: float = 0.0, fast: bool = True, name: object = None
) -> AnyTensor:
    """The ``x`` for which ``|matrix x - rhs|² + l2_regularizer |x|²`` is least."""
    if not l2_regularizer:
        return ops.lstsq(matrix, rhs)
    turned = matrix_transpose(matrix)
    square = ops.matmul(turned, matrix)
    penalty = l2_regularizer * np.eye(int(ops.shape(matrix)[-1] or 0), dtype=np.float32)
    return ops.solve(ops.add(square, penalty), ops.matmul(turned, rhs))


def svd(
    tensor: TensorLike, full_matrices: bool = False, compute_uv: bool = True, name: object = None
) -> AnyTensor | tuple[AnyTensor, AnyTensor, AnyTensor]:
    """Singular values, with the matrices ``u`` and ``v`` of ``tensor = u diag(s) vᵀ``: ``(s, u, v)``."""
    if not compute_uv:
        values = ops.svd(tensor, False, False)
        assert not isinstance(values, tuple)
        return values
    left, values, right = ops.svd(tensor, full_matrices)
    return values, left, matrix_transpose(right)


def eigh(tensor: TensorLike, name: object = None) -> tuple[AnyTensor, ...]:
    """The eigenvalues of symmetric matrices, from the smallest, and their eigenvectors as columns."""
    return ops.eigh(tensor)


def eigvalsh(tensor: TensorLike, name: object = None) -> AnyTensor:
    """The eigenvalues of symmetric matrices, from the smallest."""
    return ops.eigh(tensor)[0]


def pinv(a: TensorLike, rcond: float | None = None, validate_args: bool = False, name: object = None) -> AnyTensor:
    """The pseudo-inverse of matrices (Moore, Penrose)."""
    return ops.pinv(a, rcond)


def logdet(matrix: TensorLike, name: object = None) -> AnyTensor:
    """The logarithm of the determinant of positive definite matrices."""
    return ops.logdet(matrix)


def slogdet(input: TensorLike, name: object = None) -> tuple[AnyTensor, AnyTensor]:
    """The sign of the determinant, and the logarithm of its size."""
    sign, size = ops.slogdet(input)
    return sign, size


def cross(a: TensorLike, b: TensorLike, name: object = None) -> AnyTensor:
    """The cross product of vectors of three numbers."""
    return ops.cross(a, b)


def eye(
    num_rows: int, num_columns: int | None = None, batch_shape: Sequence[int] | None = None,
    dtype: DTypeArg = "float32", name: object = None,
) -> AnyTensor:  # fmt: skip
    """A matrix, or a batch of them, with ones on the diagonal."""
    one = ops.eye(num_rows, num_columns, dtype=dtype)
    return one if batch_shape is None else ops.broadcast_to(one, (*batch_shape, *ops.shape(one)))


def normalize(
    tensor: TensorLike, ord: str | float = "euclidean", axis: Axes = None, name: object = None
) -> tuple[AnyTensor, AnyTensor]:
    """The tensor divided by its norm along an axis, and the norm.

    Example:
        >>> normalize([3.0, 4.0])[1].tolist()
        [5.0]
    """
    power = 2 if ord == "euclidean" else ord
    if axis is None:
        axis = tuple(range(ops.ndim(tensor)))
    if power == 2:
        size = ops.sqrt(ops.sum(ops.square(tensor), axis, keepdims=True))
    else:
        size = ops.norm(tensor, power, axis, keepdims=True)
    return ops.divide(tensor, size), size


def matrix_rank(a: TensorLike, tol: float | None = None, validate_args: bool = False, name: object = None) -> AnyTensor:
    """How many singular values are not 0."""
    return ops.convert_to_tensor(np.linalg.matrix_rank(np.asarray(a), tol), "int32")


def set_diag(input: TensorLike, diagonal: TensorLike, name: object = None, k: int = 0) -> AnyTensor:
    """Matrices with other numbers on a diagonal, the one ``k`` above the main one.

    Example:
        >>> set_diag([[1, 2], [3, 4]], [8, 9]).tolist()
        [[8, 2], [3, 9]]
    """
    rows, columns = (int(one or 0) for one in ops.shape(input)[-2:])
    size = int(ops.shape(diagonal)[-1] or 0)
    spread = np.zeros((size, rows, columns), np.float32)
    spread[np.arange(size), np.arange(size) - min(k, 0), np.arange(size) + max(k, 0)] = 1
    chosen = spread.sum(0).astype(bool)
    filled = ops.einsum("...d,drc->...rc", ops.cast(diagonal, "float32"), spread)
    return ops.where(chosen, ops.cast(filled, ops.dtype(input)), input)


def tensor_diag(diagonal: TensorLike, name: object = None) -> AnyTensor:
    """A tensor with twice the axes, which has these numbers where both halves of its places agree, else 0."""
    shape = tuple(int(one or 0) for one in ops.shape(diagonal))
    return ops.reshape(ops.diag(ops.reshape(diagonal, (-1,))), shape + shape)


def tensor_diag_part(input: TensorLike, name: object = None) -> AnyTensor:
    """The numbers where both halves of the places agree: the inverse of :func:`tensor_diag`."""
    shape = tuple(int(one or 0) for one in ops.shape(input))
    half = shape[: len(shape) // 2]
    size = int(np.prod(half))
    return ops.reshape(ops.diagonal(ops.reshape(input, (size, size))), half)
