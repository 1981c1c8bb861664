"""Sizes of axes that are not known before there are numbers, and shapes that follow from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Never

from clarinet.types import Shape


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
TRIED = (60, 480)


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


class SizeToCome:
    """What ``ops.shape`` says of an axis whose size is not known before there are numbers; nobody can count with it."""

    def _refuse(self, *_: object) -> Never:
        raise ValueError(
            "the size of an axis is asked for that is not known before there are numbers: give Input that size, or use "
            "functions of the tensor itself, such as ops.ones_like and ops.cumsum"
        )

    __index__ = __int__ = __float__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _refuse
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __neg__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = _refuse

    def __repr__(self) -> str:
        return "<a size that is not known before there are numbers; give Input that size>"


SIZE_TO_COME = SizeToCome()
