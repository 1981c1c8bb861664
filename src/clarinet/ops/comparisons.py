"""Questions about numbers, their combination, and the choice that they make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np

from clarinet.ops.dispatch import (
    Operand,
    apply,
    as_tensor,
    converted,
    dtype_of,
    numbers_of,
    promoted,
    refuse_symbolic,
    typed,
)
from clarinet.ops.dtypes import BOOL, FLOAT
from clarinet.ops.operation import (
    Comparison,
    Elementwise,
    Gradients,
    Question,
    Wanted,
    made,
    require_one_dtype,
    unbroadcast,
)
from clarinet.ops.specs import Shape, TensorSpec, broadcast
from clarinet.ops.tensor import Tensor, tensor
from clarinet.types import AnyTensor, Array, Namespace, TensorLike

__all__ = [
    "equal",
    "greater",
    "greater_equal",
    "isfinite",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "not_equal",
    "select",
    "signbit",
    "where",
]


class Equal(Comparison):
    """y = (a == b)."""

    def value(self, a: Array, b: Array, xp: Namespace) -> Array:
        return a == b  # type: ignore[no-any-return]


class NotEqual(Comparison):
    """y = (a != b)."""

    def value(self, a: Array, b: Array, xp: Namespace) -> Array:
        return a != b  # type: ignore[no-any-return]


class Greater(Comparison):
    """y = (a > b)."""

    def value(self, a: Array, b: Array, xp: Namespace) -> Array:
        return a > b


class GreaterEqual(Comparison):
    """y = (a >= b)."""

    def value(self, a: Array, b: Array, xp: Namespace) -> Array:
        return a >= b


class LogicalAnd(Comparison):
    """y = a and b."""

    def value(self, a: Array, b: Array, xp: Namespace) -> Array:
        return a & b


class LogicalOr(Comparison):
    """y = a or b."""

    def value(self, a: Array, b: Array, xp: Namespace) -> Array:
        return a | b


class LogicalXor(Comparison):
    """y = one of a and b, not both."""

    def value(self, a: Array, b: Array, xp: Namespace) -> Array:
        return a ^ b


class LogicalNot(Question):
    """y = not x."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return ~x


class Isnan(Question):
    """y = whether x is no number."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return xp.isnan(x)


class Isinf(Question):
    """y = whether x is infinite."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return xp.isinf(x)


class Isfinite(Question):
    """y = whether x is neither infinite nor NaN."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return xp.isfinite(x)


class Signbit(Question):
    """y = whether x has a minus sign, -0 included."""

    def value(self, x: Array, xp: Namespace) -> Array:
        return xp.signbit(x)


class Where(Elementwise):
    """y = a where the condition holds, else b; the gradient goes to the one that was chosen."""

    arity = 3

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        condition, a, b = xs
        return xp.where(condition, a, b), (condition, a.shape, b.shape)

    def partial(self, cache: tuple[Array, Shape, Shape], dy: Array, wanted: Wanted, xp: Namespace = np) -> Gradients:
        condition, a, b = cache
        nothing = xp.zeros_like(dy)
        return (
            None,
            unbroadcast(xp.where(condition, dy, nothing), a, xp) if wanted[1] else None,
            unbroadcast(xp.where(condition, nothing, dy), b, xp) if wanted[2] else None,
        )

    def backward(self, cache: tuple[Array, Shape, Shape], dy: Array, xp: Namespace = np) -> Gradients:
        return self.partial(cache, dy, (True, True, True), xp)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        require_one_dtype(specs[1:], "where")
        return TensorSpec(broadcast([spec.shape for spec in specs], "where"), specs[1].dtype)


def truths(x: TensorLike) -> Operand:
    """``x`` as true and false: what is not 0 is true."""
    x = converted(x)
    return x if dtype_of(x) == BOOL else typed(x, BOOL)


def equal(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """Whether ``x1 == x2``, entry by entry."""
    return apply(_EQUAL, *promoted(x1, x2))


def not_equal(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """Whether ``x1 != x2``, entry by entry."""
    return apply(_NOT_EQUAL, *promoted(x1, x2))


def greater(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """Whether ``x1 > x2``, entry by entry."""
    return apply(_GREATER, *promoted(x1, x2))


def greater_equal(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """Whether ``x1 >= x2``, entry by entry."""
    return apply(_GREATER_EQUAL, *promoted(x1, x2))


def less(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """Whether ``x1 < x2``, entry by entry."""
    return greater(x2, x1)


def less_equal(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """Whether ``x1 <= x2``, entry by entry."""
    return greater_equal(x2, x1)


def logical_and(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """Whether both are true; numbers are where they are not 0."""
    return apply(_AND, truths(x1), truths(x2))


def logical_or(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """Whether one of them is true, or both."""
    return apply(_OR, truths(x1), truths(x2))


def logical_xor(x1: TensorLike, x2: TensorLike) -> AnyTensor:
    """Whether one of them is true, not both."""
    return apply(_XOR, truths(x1), truths(x2))


def logical_not(x: TensorLike) -> AnyTensor:
    """Whether ``x`` is false, or 0."""
    return apply(_NOT, truths(x))


def isnan(x: TensorLike) -> AnyTensor:
    """Whether ``x`` is NaN, entry by entry."""
    return apply(_ISNAN, _as_floats(x))


def isinf(x: TensorLike) -> AnyTensor:
    """Whether ``x`` is infinite, entry by entry."""
    return apply(_ISINF, _as_floats(x))


def isfinite(x: TensorLike) -> AnyTensor:
    """Whether ``x`` is neither infinite nor NaN, entry by entry."""
    return apply(_ISFINITE, _as_floats(x))


def isposinf(x: TensorLike) -> AnyTensor:
    """Whether ``x`` is plus infinity, entry by entry."""
    return equal(_as_floats(x), float("inf"))


def isneginf(x: TensorLike) -> AnyTensor:
    """Whether ``x`` is minus infinity, entry by entry."""
    return equal(_as_floats(x), float("-inf"))


def signbit(x: TensorLike) -> AnyTensor:
    """Whether ``x`` is negative, or -0, entry by entry."""
    return apply(_SIGNBIT, _as_floats(x))


def _as_floats(x: TensorLike) -> Operand:
    x = converted(x)
    return x if dtype_of(x).kind == "f" else typed(x, FLOAT)


@overload
def where(condition: TensorLike) -> tuple[Tensor, ...]: ...


@overload
def where(condition: TensorLike, x1: TensorLike, x2: TensorLike) -> AnyTensor: ...


def where(condition: TensorLike, x1: TensorLike = None, x2: TensorLike = None) -> AnyTensor | tuple[Tensor, ...]:
    """``x1`` where the condition holds, else ``x2``; the gradient goes to the one that was chosen.

    With the condition alone: the places where it holds, as :func:`clarinet.ops.nonzero` gives them.

    Example:
        >>> where([True, False], [1.0, 2.0], 0).tolist()
        [1.0, 0.0]
    """
    if x1 is None and x2 is None:
        refuse_symbolic("where(condition) without x1 and x2", condition)
        return tuple(tensor(places.astype(np.int32)) for places in np.nonzero(numbers_of(condition)))
    if x1 is None or x2 is None:
        raise ValueError("where: give both x1 and x2, or neither of them")
    return apply(_WHERE, truths(condition), *promoted(x1, x2))


def select(condlist: Sequence[TensorLike], choicelist: Sequence[TensorLike], default: TensorLike = 0) -> AnyTensor:
    """Of the choices the one whose condition is the first that holds, else ``default``.

    Example:
        >>> select([[True, False], [True, True]], [[1, 2], [3, 4]]).tolist()
        [1, 4]
    """
    if len(condlist) != len(choicelist) or not condlist:
        raise ValueError(
            f"select: expected one choice for each condition, received {len(condlist)} conditions and "
            f"{len(choicelist)} choices"
        )
    *choices, chosen = promoted(*choicelist, default)
    for condition, choice in zip(reversed(condlist), reversed(choices)):
        chosen = where(condition, choice, chosen)
    return as_tensor(chosen)


_EQUAL, _NOT_EQUAL, _GREATER, _GREATER_EQUAL = made(Equal), made(NotEqual), made(Greater), made(GreaterEqual)
_AND, _OR, _XOR, _NOT, _WHERE = made(LogicalAnd), made(LogicalOr), made(LogicalXor), made(LogicalNot), made(Where)
_ISNAN, _ISINF, _ISFINITE, _SIGNBIT = made(Isnan), made(Isinf), made(Isfinite), made(Signbit)
