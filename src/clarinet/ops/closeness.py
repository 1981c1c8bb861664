"""Whether numbers are equal but for a tolerance."""

from __future__ import annotations

from clarinet.ops.arithmetic import add, multiply, subtract
from clarinet.ops.comparisons import equal, isfinite, isnan, less_equal, logical_and, logical_or
from clarinet.ops.dispatch import promoted
from clarinet.ops.elementwise import absolute
from clarinet.ops.totals import all as every
from clarinet.types import AnyTensor, TensorLike

__all__ = [
    "allclose",
    "isclose",
]


def isclose(
    x1: TensorLike, x2: TensorLike, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> AnyTensor:
    """Whether ``|x1 - x2| <= atol + rtol |x2|``, entry by entry.

    Args:
        rtol, atol: relative and absolute tolerance.
        equal_nan: NaN counts as equal to NaN; default False.
    """
    a, b = promoted(x1, x2, least=float)
    near = less_equal(absolute(subtract(a, b)), add(multiply(absolute(b), rtol), atol))
    same = logical_or(logical_and(near, isfinite(b)), equal(a, b))
    return logical_or(same, logical_and(isnan(a), isnan(b))) if equal_nan else same


def allclose(
    x1: TensorLike, x2: TensorLike, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> AnyTensor:
    """Whether :func:`isclose` holds everywhere.

    Example:
        >>> bool(allclose([1.0, 2.0], [1.0, 2.00001]))
        True
    """
    return every(isclose(x1, x2, rtol, atol, equal_nan))
