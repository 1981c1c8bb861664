"""Products of vectors, matrices and tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from string import ascii_letters

import numpy as np

from clarinet.ops.arithmetic import multiply, subtract
from clarinet.ops.arranging import stack, unstack
from clarinet.ops.axes import moveaxis, ravel, reshape
from clarinet.ops.dispatch import Operand, apply, dtype_of, promoted, shape_of, typed
from clarinet.ops.dtypes import INT
from clarinet.ops.einsum import Einsum
from clarinet.ops.operation import Gradients, Operation, Wanted, aligned, made, require_one_dtype, unbroadcast
from clarinet.ops.specs import Batch, TensorSpec, broadcast, places, product, whole_axes
from clarinet.problems import shown
from clarinet.types import AnyTensor, Array, Namespace, TensorLike

__all__ = [
    "cross",
    "dot",
    "einsum",
    "inner",
    "kron",
    "matmul",
    "outer",
    "tensordot",
    "vdot",
]


class Matmul(Operation):
    """y = a b, products of matrices; da = dy bᵀ, db = aᵀ dy, summed over axes that were broadcast."""

    arity = 2

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        return xp.matmul(*xs), xs

    def partial(self, cache: tuple[Array, Array], dy: Array, wanted: Wanted, xp: Namespace = np) -> Gradients:
        one, two = cache
        a = xp.expand_dims(one, axis=0) if one.ndim == 1 else one
        b = xp.expand_dims(two, axis=-1) if two.ndim == 1 else two
        dy = xp.asarray(dy) if dy.ndim == 0 else dy
        dy = xp.expand_dims(dy, axis=-1) if two.ndim == 1 else dy
        dy = xp.expand_dims(dy, axis=-2) if one.ndim == 1 else dy
        da = xp.matmul(dy, xp.matrix_transpose(b)) if wanted[0] else None
        db = _right(a, b, dy, xp) if wanted[1] else None
        return (
            None if da is None else xp.reshape(unbroadcast(da, a.shape, xp), one.shape),
            None if db is None else xp.reshape(unbroadcast(db, b.shape, xp), two.shape),
        )

    def backward(self, cache: tuple[Array, Array], dy: Array, xp: Namespace = np) -> Gradients:
        return self.partial(cache, dy, (True, True), xp)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        a, b = (spec.shape for spec in specs)
        require_one_dtype(specs, "matmul")
        if not a or not b:
            raise ValueError(f"matmul: expected at least one axis each, received shapes {a} and {b}; multiply scales")
        inner = b[-2] if len(b) > 1 else b[0]
        if a[-1] != inner and None not in (a[-1], inner):
            raise ValueError(
                f"matmul: shapes {a} and {b} do not go together: the last axis of the first ({a[-1]}) is to be the "
                f"{'last but one' if len(b) > 1 else 'only one'} of the second ({inner})"
            )
        outer = broadcast([a[:-2], b[:-2]], "matmul")
        return specs[0].reshaped((*outer, *a[-2:-1], *(b[-1:] if len(b) > 1 else ())))

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        a, b = specs
        if b.rank <= 2:
            return "keeps" if a.rank > 1 and not b.batched else "mixes"
        if a.rank <= 2:
            return "mixes" if a.batched else "keeps"
        return aligned([replace(spec, shape=spec.shape[:-2]) for spec in specs])


def _right(a: Array, b: Array, dy: Array, xp: Namespace) -> Array:
    """The gradient at b; where all of many matrices were multiplied by it, it is one product."""
    if b.ndim == 2 and a.ndim > 2:
        a, dy = xp.reshape(a, (-1, a.shape[-1])), xp.reshape(dy, (-1, dy.shape[-1]))
    return xp.matmul(xp.matrix_transpose(a), dy)


def _numbers(*xs: TensorLike) -> Sequence[Operand]:
    """In one dtype; products of int8 are added up in int32."""
    found = promoted(*xs)
    return [typed(x, INT) for x in found] if dtype_of(found[0]) == np.int8 else found


def matmul(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """The product of two matrices, of a matrix and a vector, or of many of them, which are broadcast.

    Args:
        x1: (…, m, k) or (k,). x2: (…, k, n) or (k,).

    Returns:
        (…, m, n), without the axes that a vector has not.

    Raises:
        ValueError: shapes that do not go together.

    Example:
        >>> matmul([[1, 2], [3, 4]], [5, 6]).tolist()
        [17, 39]
    """
    return apply(_MATMUL, *_numbers(x1, x2))


def einsum(subscripts: str, *operands: TensorLike) -> AnyTensor:
    """A sum of products, written with letters: each axis has one; what the output does not name is summed over.

    Args:
        subscripts: such as ``"ij,jk->ik"``; without ``->`` the output has what stands once, in alphabetical order;
            ``...`` stands for any axes.

    Example:
        >>> einsum("ij,ij->i", [[1, 2], [3, 4]], [[5, 6], [7, 8]]).tolist()
        [17, 53]
    """
    return apply(made(Einsum, subscripts), *_numbers(*operands))


def tensordot(x1: TensorLike, x2: TensorLike, axes: int | Sequence[int | Sequence[int]] = 2) -> AnyTensor:
    """The sum of products over pairs of axes.

    Args:
        axes: how many of the last axes of ``x1`` are paired with the first of ``x2``; or the axes of ``x1`` and, in the
            same order, those of ``x2``. Default 2.

    Example:
        >>> tensordot([[1, 2], [3, 4]], [[1, 2], [3, 4]], axes=([0], [1])).tolist()
        [[7, 15], [10, 22]]
    """
    a, b = _numbers(x1, x2)
    m, n = len(shape_of(a)), len(shape_of(b))
    if isinstance(axes, int):
        if not 0 <= axes <= min(m, n):
            raise ValueError(f"tensordot: axes={axes} for tensors with {m} and {n} axes")
        first, second = tuple(range(m - axes, m)), tuple(range(axes))
    else:
        first = places(whole_axes(axes[0], "tensordot"), m, "tensordot")
        second = places(whole_axes(axes[1], "tensordot"), n, "tensordot")
    if len(first) != len(second):
        raise ValueError(f"tensordot: expected pairs of axes, received {shown(axes)}")
    left, right = list(ascii_letters[:m]), list(ascii_letters[m : m + n])
    for i, j in zip(first, second):
        right[j] = left[i]
    kept = [letter for letter in (*left, *right) if (letter in left) != (letter in right)]
    return apply(made(Einsum, f"{''.join(left)},{''.join(right)}->{''.join(kept)}"), a, b)


def dot(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """The sum of products over the last axis of ``x1`` and the last but one of ``x2``, or its only one.

    That is the product of two matrices, the inner one of two vectors; with a number it is :func:`multiply`.
    """
    a, b = _numbers(x1, x2)
    m, n = len(shape_of(a)), len(shape_of(b))
    if not m or not n:
        return multiply(a, b)
    return apply(_MATMUL, a, b) if n <= 2 else tensordot(a, b, ([-1], [-2]))


def inner(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """The sum of products over the last axes of both; with a number it is :func:`multiply`."""
    a, b = _numbers(x1, x2)
    return tensordot(a, b, ([-1], [-1])) if shape_of(a) and shape_of(b) else multiply(a, b)


def vdot(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """The sum of the products of all numbers."""
    return matmul(ravel(x1), ravel(x2))


def outer(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """Every number of ``x1`` times every one of ``x2``.

    Example:
        >>> outer([1, 2], [3, 4, 5]).tolist()
        [[3, 4, 5], [6, 8, 10]]
    """
    return multiply(reshape(x1, (-1, 1)), reshape(x2, (1, -1)))


def kron(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """The Kronecker product: every number of ``x1`` times all of ``x2``.

    Example:
        >>> kron([1, 10], [1, 2]).tolist()
        [1, 2, 10, 20]
    """
    a, b = promoted(x1, x2)
    rank = max(len(shape_of(a)), len(shape_of(b)))
    m, n = ((1,) * (rank - len(shape)) + tuple(shape) for shape in (shape_of(a), shape_of(b)))
    left = reshape(a, [size for one in m for size in (one, 1)])
    right = reshape(b, [size for one in n for size in (1, one)])
    return reshape(multiply(left, right), [product(pair) for pair in zip(m, n)])


def cross(
    x1: TensorLike, x2: TensorLike, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> AnyTensor:
    """The cross product of vectors with 3 entries, or with 2, whose third counts as 0.

    Args:
        axisa, axisb, axisc: which axis holds the vectors of ``x1``, of ``x2`` and of the result; default -1.
        axis: one for all of them.

    Returns:
        vectors with 3 entries; their third alone where both have 2.

    Example:
        >>> cross([1, 0, 0], [0, 1, 0]).tolist()
        [0, 0, 1]
    """
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis, axis, axis)
    a, b = (unstack(moveaxis(x, at, -1), axis=-1) for x, at in zip(promoted(x1, x2), (axisa, axisb)))
    if not {len(a), len(b)} <= {2, 3}:
        raise ValueError(f"cross: expected vectors with 2 or 3 entries, received {len(a)} and {len(b)}")
    third = subtract(multiply(a[0], b[1]), multiply(a[1], b[0]))
    if len(a) == len(b) == 2:
        return third
    (a0, a1, a2), (b0, b1, b2) = ([*v, multiply(v[0], 0)][:3] for v in (a, b))
    first = subtract(multiply(a1, b2), multiply(a2, b1))
    second = subtract(multiply(a2, b0), multiply(a0, b2))
    return moveaxis(stack([first, second, third], axis=-1), -1, axisc)


_MATMUL = made(Matmul)
