"""Sizes of axes that are not known before there are numbers, and shapes that follow from them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, Never, Self, TypeAlias, TypeVar, cast

import numpy as np

from clarinet.types import Shape

#: Sizes that functions of sizes are tried with, and numbers of rows that go with them: halves and thirds are whole, and
#: no two are equal.
GUESSES = ((240, 12), (480, 24), (6, 36), (4, 48))


class UnknownSize(int):
    """The size of an axis that is not known before there are numbers. It is equal to every size, so shapes that go
    together are equal."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int)

    def __ne__(self, other: object) -> bool:
        return not isinstance(other, int)

    def __hash__(self) -> int:
        return hash(-1)

    def __repr__(self) -> str:
        return "None"


UNKNOWN = UnknownSize(-1)
#: Sizes that are tried in its place. Halved a few times or divided by 3 or 5 they are still whole, and still differ.
PROBES = (7680, 15360)
#: Smaller ones, for what takes the longer the larger they are.
TRIED = (60, 480, 8, 5)


def is_unknown(size: object) -> bool:
    """Whether a size is not known."""
    return isinstance(size, UnknownSize)


def known(shape: Iterable[object]) -> bool:
    """Whether all sizes of a shape are known."""
    return not any(map(is_unknown, shape))


def as_sizes(shape: Iterable[int | None]) -> Shape:
    """A shape with :data:`UNKNOWN` for None.

    Example:
        >>> as_sizes((None, 3)) == (5, 3), as_sizes((None, 3))
        (True, (None, 3))
    """
    return tuple(UNKNOWN if size is None else size for size in shape)


def with_none(shape: Iterable[int]) -> tuple[int | None, ...]:
    """The same the other way round."""
    return tuple(None if is_unknown(size) else size for size in shape)


def opened(shape: Shape, like: Shape | None) -> Shape:
    """A shape with sizes that are not known where another one has such.

    Example:
        >>> opened((7, 2), as_sizes((None, 3)))
        (None, 2)
    """
    others = (like or ())[: len(shape)]
    return (*(UNKNOWN if is_unknown(other) else size for size, other in zip(shape, others)), *shape[len(others) :])


def probed(shape: Shape, size: int = PROBES[0]) -> Shape:
    """A shape with this size in the place of those that are not known."""
    return tuple(size if is_unknown(own) else own for own in shape)


def inferred(
    function: Callable[[tuple[Shape, ...]], tuple[Shape, ...]], shapes: tuple[Shape, ...]
) -> tuple[Shape, ...]:
    """The shapes that a function gives for others: sizes that depend on one that is not known are not known either.

    Args:
        function: gives shapes for known ones.
        shapes: some sizes may not be known.

    Example:
        >>> inferred(lambda shapes: ((shapes[0][0] // 2, 7),), (as_sizes((None, 3)),))
        ((None, 7),)
    """
    if all(map(known, shapes)):
        return function(shapes)
    small, large = (function(tuple(probed(shape, size) for shape in shapes)) for size in PROBES)
    pairs = zip(small, large, strict=True)
    return tuple(tuple(a if a == b else UNKNOWN for a, b in zip(*pair, strict=True)) for pair in pairs)


#: What is done with sizes: a number; ``("rows",)``, how many rows the batch has; ``("axis", tensor, axis)``, the size
#: of a tensor's axis, where the tensor may stand as a number; an operator's name and two of these.
Expression: TypeAlias = "float | Sequence[object]"
_OPERATORS: dict[str, Callable[[object, object], object]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}
Value = TypeVar("Value")


def evaluated(expression: Expression, leaf: Callable[[Sequence[object]], Value]) -> Value:
    """What an expression comes to.

    Args:
        leaf: gives what stands for rows and axes.

    Raises:
        ValueError: it is no expression.

    Example:
        >>> evaluated(("//", ("rows",), 2), lambda size: 7)
        3
    """
    if isinstance(expression, (int, float)):
        return cast(Value, expression)
    if expression[0] in _OPERATORS:
        name, a, b = cast("tuple[str, Expression, Expression]", expression)
        return cast(Value, _OPERATORS[name](evaluated(a, leaf), evaluated(b, leaf)))
    if expression[0] not in ("rows", "axis"):
        raise ValueError(f"expected rows, an axis or an operator, received {str(expression)[:60]}")
    return leaf(expression)


def leaves_of(expression: Expression) -> list[Sequence[object]]:
    """The rows and axes in an expression, in order."""
    if isinstance(expression, (int, float)):
        return []
    if expression[0] not in _OPERATORS:
        return [expression]
    return [leaf for part in expression[1:] for leaf in leaves_of(cast(Expression, part))]


class SizeAsked(ValueError):
    """A size is asked for as a number that is not known before there are numbers."""


class SizeToCome:
    """What ``ops.shape`` says of an axis whose size is not known before there are numbers: one may count with it.

    Args:
        expression: how it follows from sizes of axes.
    """

    #: Whether there has ever been one: until then nobody has to look for them.
    seen: ClassVar[bool] = False

    def __init__(self, expression: Expression) -> None:
        self.expression = expression

    @property
    def is_rows(self) -> bool:
        """Whether it is the number of rows of the batch, and nothing else."""
        return self.expression == ("rows",)

    def _refuse(self, *_: object) -> Never:
        raise SizeAsked(
            f"{self!r} is asked for as a number: a range, a branch or a size kept in Python needs it now, and a layer "
            "is traced once for all sizes. Give Input that size, or use functions of clarinet.ops, which take it as it "
            "is, such as ops.arange, ops.cast and ops.where"
        )

    __index__ = __int__ = __float__ = __bool__ = __lt__ = __le__ = __gt__ = __ge__ = __pow__ = __rpow__ = _refuse
    __round__ = __trunc__ = __floor__ = __ceil__ = __abs__ = _refuse

    def __eq__(self, other: object) -> bool:
        if isinstance(other, SizeToCome) and self.expression == other.expression:
            return True
        if not isinstance(other, (SizeToCome, int, float)) or (not isinstance(other, SizeToCome) and other <= 0):
            return False
        return self._refuse()

    def __hash__(self) -> int:
        return hash(str(self.expression))

    def __neg__(self) -> Self:
        return type(self)(("-", 0, self.expression))

    def __repr__(self) -> str:
        return "<a size that is not known before there are numbers>"


def _counting(name: str, reflected: bool) -> Callable[[SizeToCome, object], object]:
    def method(self: SizeToCome, other: object) -> object:
        if isinstance(other, np.number) and np.ndim(other) == 0:
            other = other.item()
        if not isinstance(other, (int, float, SizeToCome)):
            return NotImplemented
        found = other.expression if isinstance(other, SizeToCome) else other
        pair = (found, self.expression) if reflected else (self.expression, found)
        return type(self)((name, *pair))

    return method


for _name, _method in (("+", "add"), ("-", "sub"), ("*", "mul"), ("/", "truediv"), ("//", "floordiv"), ("%", "mod")):
    setattr(SizeToCome, f"__{_method}__", _counting(_name, False))
    setattr(SizeToCome, f"__r{_method}__", _counting(_name, True))
