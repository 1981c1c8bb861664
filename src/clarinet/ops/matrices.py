"""Operations on matrices that need more than products: inverses, determinants and factors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from clarinet.ops.dtypes import INT
from clarinet.ops.operation import Gradients, Operation, aligned, require_one_dtype, unbroadcast
from clarinet.ops.specs import Batch, Shape, TensorSpec, broadcast
from clarinet.types import Array, Arrays, DType, Namespace


def _linalg(xp: Namespace) -> Namespace:
    """The functions of matrices, an extension of the standard that all these libraries have."""
    return xp.linalg  # type: ignore[return-value]


def _turned(x: Array, xp: Namespace) -> Array:
    return xp.matrix_transpose(x)


def _identity(like: Array, xp: Namespace) -> Array:
    """The identity that a square matrix could be multiplied by."""
    return xp.eye(like.shape[-1], dtype=like.dtype)


def _lower(x: Array, xp: Namespace, diagonal: float) -> Array:
    """What stands below the diagonal, and the diagonal times a number."""
    return xp.tril(x, k=-1) + diagonal * x * _identity(x, xp)


class _Matrix(Operation):
    """Base of functions of one matrix, or of each of many; ``square`` ones refuse others."""

    square = True

    def result(self, *specs: TensorSpec) -> TensorSpec | tuple[TensorSpec, ...]:
        shape = specs[0].shape
        if len(shape) < 2 or (self.square and shape[-1] != shape[-2] and None not in shape[-2:]):
            kind = "square matrices (…, n, n)" if self.square else "matrices (…, m, n)"
            raise ValueError(f"{self.name}: expected {kind}, received shape {shape}")
        found = tuple(TensorSpec((*shape[:-2], *rest), dtype or specs[0].dtype) for rest, dtype in self.shapes(shape))
        return found if self.several else found[0]

    several = False

    def shapes(self, shape: Shape) -> list[tuple[Shape, DType | None]]:
        """Of every output the shape without what comes before the matrices, and its dtype; None: that of x."""
        return [(shape[-2:], None)]

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        return "keeps" if specs[0].rank > 2 else "mixes"


class Inverse(_Matrix):
    """y = the inverse of x; dx = -yᵀ dy yᵀ."""

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Arrays, object]:
        y = _linalg(xp).inv(xs[0])
        return y, y

    def backward(self, cache: Array, dy: Array, xp: Namespace = np) -> Gradients:
        y = _turned(cache, xp)
        return (-(y @ dy @ y),)


@dataclass(eq=False, repr=False)
class PseudoInverse(_Matrix):
    """y = the inverse of Moore and Penrose, x⁺; singular values of at most a share of the greatest count as 0.

    dx = -yᵀ dy yᵀ + (1 - x y) dyᵀ y yᵀ + yᵀ y dyᵀ (1 - y x) (Golub and Pereyra, SIAM J. Numerical Analysis 10, 1973).

    Args:
        share: default the greater size times ten of the least steps from 1.
    """

    square = False

    share: float | None = None

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Arrays, object]:
        (x,) = xs
        step = float(np.finfo(str(x.dtype).rpartition(".")[2]).eps)
        share = 10 * max(x.shape[-2:]) * step if self.share is None else self.share
        u, s, v = _linalg(xp).svd(x, full_matrices=False)
        kept = s > share * xp.max(s, axis=-1, keepdims=True)
        inverse = xp.where(kept, 1 / xp.where(kept, s, xp.ones_like(s)), xp.zeros_like(s))
        y = _turned(v, xp) @ (xp.expand_dims(inverse, axis=-1) * _turned(u, xp))
        return y, (x, y)

    def backward(self, cache: tuple[Array, Array], dy: Array, xp: Namespace = np) -> Gradients:
        x, y = cache
        z, t = _turned(y, xp), _turned(dy, xp)
        left, right = x @ y, y @ x
        beyond = (_identity(left, xp) - left) @ t @ y @ z + z @ y @ t @ (_identity(right, xp) - right)
        return (beyond - z @ dy @ z,)

    def shapes(self, shape: Shape) -> list[tuple[Shape, DType | None]]:
        return [((shape[-1], shape[-2]), None)]


class Determinant(_Matrix):
    """y = the determinant of x; dx = dy times the matrix of cofactors, which there is where x has no inverse too."""

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Arrays, object]:
        return _linalg(xp).det(xs[0]), xs[0]

    def backward(self, cache: Array, dy: Array, xp: Namespace = np) -> Gradients:
        u, s, v = _linalg(xp).svd(cache, full_matrices=False)
        n = s.shape[-1]
        others = xp.where(xp.eye(n, dtype=xp.bool), xp.ones_like(cache), xp.expand_dims(s, axis=-2))
        rest = xp.expand_dims(xp.prod(others, axis=-1), axis=-2)
        sign = _linalg(xp).det(u) * _linalg(xp).det(v) * dy
        return (((u * rest) @ v) * xp.reshape(sign, (*sign.shape, 1, 1)),)

    def shapes(self, shape: Shape) -> list[tuple[Shape, DType | None]]:
        return [((), None)]


class Slogdet(_Matrix):
    """The sign of the determinant of x, and y = the logarithm of its size; dx = dy times the inverse's transpose."""

    several = True

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Arrays, object]:
        sign, logarithm = _linalg(xp).slogdet(xs[0])
        return (sign, logarithm), xs[0]

    def backward(self, cache: Array, dy: tuple[Array, Array], xp: Namespace = np) -> Gradients:
        return (_turned(_linalg(xp).inv(cache), xp) * xp.reshape(dy[1], (*dy[1].shape, 1, 1)),)

    def shapes(self, shape: Shape) -> list[tuple[Shape, DType | None]]:
        return [((), None), ((), None)]


class Cholesky(_Matrix):
    """y = the lower triangle with y yᵀ = x, for symmetric x.

    dx = y⁻ᵀ Φ(yᵀ dy) y⁻¹, made symmetric; Φ keeps the lower triangle and half of the diagonal (Murray, 2016).
    """

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Arrays, object]:
        try:
            y = _linalg(xp).cholesky(xs[0])
        except np.linalg.LinAlgError as error:
            raise ValueError(
                "cholesky: a matrix is not positive definite; a small number on its diagonal may help"
            ) from error
        return y, y

    def backward(self, cache: Array, dy: Array, xp: Namespace = np) -> Gradients:
        turned = _turned(cache, xp)
        inner = _lower(turned @ dy, xp, 0.5)
        dx = _linalg(xp).solve(turned, _turned(_linalg(xp).solve(turned, _turned(inner, xp)), xp))
        return ((dx + _turned(dx, xp)) / 2,)


class Eigh(_Matrix):
    """The eigenvalues w of symmetric x, in order, and its eigenvectors, the columns of v.

    dx = v (diag(dw) + (vᵀ dv) / (w_j - w_i)) vᵀ.
    """

    several = True

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Arrays, object]:
        w, v = _linalg(xp).eigh(xs[0])
        return (w, v), (w, v)

    def backward(self, cache: tuple[Array, Array], dy: tuple[Array, Array], xp: Namespace = np) -> Gradients:
        (w, v), (dw, dv) = cache, dy
        turned = _turned(v, xp)
        inner = _quotients(w, w, xp) * (turned @ dv) + xp.expand_dims(dw, axis=-1) * _identity(v, xp)
        return (v @ inner @ turned,)

    def shapes(self, shape: Shape) -> list[tuple[Shape, DType | None]]:
        return [(shape[-1:], None), (shape[-2:], None)]


def _quotients(a: Array, b: Array, xp: Namespace) -> Array:
    """``1 / (b_j - a_i)``, 0 on the diagonal."""
    apart = xp.expand_dims(b, axis=-2) - xp.expand_dims(a, axis=-1)
    diagonal = xp.eye(a.shape[-1], dtype=xp.bool)
    return xp.where(diagonal, xp.zeros_like(apart), 1 / xp.where(diagonal, xp.ones_like(apart), apart))


@dataclass(eq=False, repr=False)
class Qr(_Matrix):
    """q r = x, the columns of q orthonormal, r an upper triangle.

    dx = (dq + q M) r⁻ᵀ, M the lower triangle of r drᵀ - dqᵀ q, mirrored (Walter and Lehmann, 2018); of matrices that
    are at least as high as wide, and not of mode ``"complete"`` where they are higher.

    Args:
        mode: ``"reduced"`` (default) or ``"complete"``: q is square.
    """

    square = False
    several = True

    mode: str = "reduced"

    def __post_init__(self) -> None:
        if self.mode not in ("reduced", "complete"):
            raise ValueError(f"qr: mode is 'reduced' or 'complete', received {self.mode!r}")

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Arrays, object]:
        q, r = _linalg(xp).qr(xs[0], mode=self.mode)
        return (q, r), (q, r)

    def backward(self, cache: tuple[Array, Array], dy: tuple[Array, Array], xp: Namespace = np) -> Gradients:
        (q, r), (dq, dr) = cache, dy
        if r.shape[-1] != r.shape[-2]:
            raise ValueError("qr: there is a gradient of mode 'reduced' alone, and of matrices not wider than high")
        inner = r @ _turned(dr, xp) - _turned(dq, xp) @ q
        mirrored = xp.tril(inner) + _turned(xp.tril(inner, k=-1), xp)
        return (_turned(_linalg(xp).solve(r, _turned(dq + q @ mirrored, xp)), xp),)

    def shapes(self, shape: Shape) -> list[tuple[Shape, DType | None]]:
        m, n = shape[-2:]
        k = m if self.mode == "complete" else _least(m, n)
        return [((m, k), None), ((k, n), None)]


def _least(m: int | None, n: int | None) -> int | None:
    return None if m is None or n is None else min(m, n)


@dataclass(eq=False, repr=False)
class Svd(_Matrix):
    """u diag(s) v = x, the columns of u and the rows of v orthonormal, s from the greatest to the least.

    With P = uᵀ du, Q = v dvᵀ and F = 1 / (s_j² - s_i²): dx = u (diag(ds) + (F (P - Pᵀ)) s + s (F (Q - Qᵀ))) v, and what
    of du and dv lies outside of u and v (Townsend, *Differentiating the singular value decomposition*, 2016).

    Args:
        full: u and v are square, which has a gradient where x is.
    """

    square = False
    several = True

    full: bool = True

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Arrays, object]:
        u, s, v = _linalg(xp).svd(xs[0], full_matrices=self.full)
        return (u, s, v), (u, s, v)

    def backward(
        self, cache: tuple[Array, Array, Array], dy: tuple[Array, Array, Array], xp: Namespace = np
    ) -> Gradients:
        (u, s, v), (du, ds, dv) = cache, dy
        if u.shape[-1] != s.shape[-1] or v.shape[-2] != s.shape[-1]:
            raise ValueError("svd: with full_matrices=True there is a gradient of square matrices alone; say False")
        row, column = xp.expand_dims(s, axis=-2), xp.expand_dims(s, axis=-1)
        quotients = _quotients(s * s, s * s, xp)
        p, q = _turned(u, xp) @ du, v @ _turned(dv, xp)
        inner = xp.expand_dims(ds, axis=-1) * xp.eye(s.shape[-1], dtype=s.dtype)
        inner = inner + quotients * (p - _turned(p, xp)) * row + column * quotients * (q - _turned(q, xp))
        dx = u @ inner @ v
        if u.shape[-2] > u.shape[-1]:
            dx = dx + (du / row - u @ (p / row)) @ v
        if v.shape[-1] > v.shape[-2]:
            dx = dx + u @ ((dv - _turned(q, xp) @ v) / column)
        return (dx,)

    def shapes(self, shape: Shape) -> list[tuple[Shape, DType | None]]:
        m, n = shape[-2:]
        k = _least(m, n)
        return [((m, m if self.full else k), None), ((k,), None), ((n if self.full else k, n), None)]


class SingularValues(_Matrix):
    """s = the singular values of x, from the greatest to the least; dx = u diag(ds) v."""

    square = False

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Arrays, object]:
        u, s, v = _linalg(xp).svd(xs[0], full_matrices=False)
        return s, (u, v)

    def backward(self, cache: tuple[Array, Array], dy: Array, xp: Namespace = np) -> Gradients:
        return ((cache[0] * xp.expand_dims(dy, axis=-2)) @ cache[1],)

    def shapes(self, shape: Shape) -> list[tuple[Shape, DType | None]]:
        return [((_least(*shape[-2:]),), None)]


class LuFactor(_Matrix):
    """The triangles l and u of x with its rows in another order, in one matrix, and which row was exchanged with which.

    By elimination with the greatest entry of each column. dx = l⁻ᵀ (lower(lᵀ dl) + upper(du uᵀ)) u⁻ᵀ, rows put back.
    """

    several = True

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Arrays, object]:
        (x,) = xs
        n = x.shape[-1]
        numbers = xp.broadcast_to(xp.arange(n), x.shape[:-1])
        order, pivots = numbers, []
        for k in range(n):
            sizes = xp.where(numbers < k, -xp.ones_like(x[..., k]), xp.abs(x[..., k]))
            best = xp.argmax(sizes, axis=-1, keepdims=True)
            turned = xp.where(numbers == k, best, xp.where(numbers == best, xp.full_like(numbers, k), numbers))
            x, order = _rows(x, turned, xp), xp.take_along_axis(order, turned, axis=-1)
            pivots.append(best[..., 0])
            below = xp.expand_dims(numbers > k, axis=-1)
            share = x[..., k : k + 1] / x[..., k : k + 1, k : k + 1]
            right = xp.arange(n) > k
            rest = x - share * x[..., k : k + 1, :]
            x = xp.where(below & right, rest, xp.where(below & (xp.arange(n) == k), share, x))
        return (x, xp.astype(xp.stack(pivots, axis=-1), xp.int32)), (x, order)

    def backward(self, cache: tuple[Array, Array], dy: tuple[Array, Array], xp: Namespace = np) -> Gradients:
        (x, order), (d, _) = cache, dy
        lower, upper = xp.tril(x, k=-1) + _identity(x, xp), xp.triu(x)
        inner = xp.tril(_turned(lower, xp) @ xp.tril(d, k=-1), k=-1) + xp.triu(xp.triu(d) @ _turned(upper, xp))
        inner = _linalg(xp).solve(_turned(lower, xp), inner)
        dx = _turned(_linalg(xp).solve(upper, _turned(inner, xp)), xp)
        return (_rows(dx, xp.argsort(order, axis=-1), xp),)

    def shapes(self, shape: Shape) -> list[tuple[Shape, DType | None]]:
        return [(shape[-2:], None), (shape[-1:], INT)]


def _rows(x: Array, order: Array, xp: Namespace) -> Array:
    """The rows of matrices in another order."""
    return xp.take_along_axis(x, xp.broadcast_to(xp.expand_dims(order, axis=-1), x.shape), axis=-2)


class Solve(Operation):
    """y = the y with a y = b; db = the z with aᵀ z = dy, da = -z yᵀ, summed over axes that were broadcast."""

    arity = 2

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Arrays, object]:
        a, b = xs
        y = _linalg(xp).solve(a, b)
        return y, (a, y, b.shape)

    def backward(self, cache: tuple[Array, Array, tuple[int, ...]], dy: Array, xp: Namespace = np) -> Gradients:
        a, y, shape = cache
        z = _linalg(xp).solve(_turned(a, xp), dy)
        return unbroadcast(-(z @ _turned(y, xp)), a.shape, xp), unbroadcast(z, shape, xp)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        require_one_dtype(specs, "solve")
        a, b = (spec.shape for spec in specs)
        if len(a) < 2 or len(b) < 2 or (a[-1] != a[-2] and None not in a[-2:]) or (b[-2] not in (a[-1], None)):
            raise ValueError(f"solve: expected (…, n, n) and (n,) or (…, n, k), received {a} and {b}")
        return TensorSpec((*broadcast([a[:-2], b[:-2]], "solve"), *b[-2:]), specs[0].dtype)

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        a, b = specs
        if (a.batched and a.rank == 2) or (b.batched and b.rank == 2):
            return "mixes"
        return aligned([replace(spec, shape=spec.shape[:-2]) for spec in specs])
