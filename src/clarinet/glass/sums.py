"""Numbers to read: rounded so that the displayed terms add up to the last digit.

Terms that are rounded one by one do not add up to their rounded sum. So the sum is rounded as it should be, and the
terms are rounded up or down so that they add up to it: up are those with the largest remainders (Hamilton's method). A
term is then less than one unit of its last digit off, mostly less than half of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from math import floor, isfinite, log10

import numpy as np

_EXACT = Context(prec=400)
#: Numbers with more decimals than this are written with a power of ten.
_LONGEST = 9


@dataclass(frozen=True)
class Sum:
    """Rounded terms and their sum.

    Attributes:
        terms: the given ones, and the missing part if they differ from the sum by more than rounding.
        total: exactly the sum of the terms, in units of the last digit.
        places: decimals; numbers are ``terms * 10**-places``.
    """

    terms: tuple[int, ...]
    total: int
    places: int


def add_up(terms: Sequence[float], total: float, places: int) -> Sum:
    """Round terms to ``places`` decimals such that they add up to the rounded total.

    Args:
        terms: finite numbers.
        total: their sum, up to the rounding errors of floating point.
        places: decimals.

    Example:
        >>> add_up([0.333, 0.333, 0.334], 1.0, 2)
        Sum(terms=(33, 33, 34), total=100, places=2)
    """
    scaled = [Decimal(float(t)).scaleb(places, _EXACT) for t in terms]
    floors = [int(s.to_integral_value(ROUND_FLOOR)) for s in scaled]
    remainders = [s - f for s, f in zip(scaled, floors)]
    goal = int(Decimal(float(total)).scaleb(places, _EXACT).to_integral_value(ROUND_HALF_EVEN))
    ups = goal - sum(floors)
    if not 0 <= ups <= sum(r > 0 for r in remainders):
        nearest = [int(s.to_integral_value(ROUND_HALF_EVEN)) for s in scaled]
        return Sum((*nearest, goal - sum(nearest)), goal, places)
    order = sorted(range(len(scaled)), key=lambda i: remainders[i], reverse=True)
    for i in order[:ups]:
        floors[i] += 1
    return Sum(tuple(floors), goal, places)


def places_for(values: Sequence[float], digits: int) -> int:
    """Decimals to show numbers of this size with.

    ``digits`` in the usual range, so that numbers side by side have equally many; fewer above ten; below a hundredth as
    many as are needed for the same number of digits of the largest.

    Example:
        >>> [places_for([v], 4) for v in (0.5, 0.05, 0.005, 123.0)]
        [4, 4, 6, 2]
    """
    largest = max((abs(v) for v in values if isfinite(v)), default=0.0)
    size = 0 if largest == 0 else floor(log10(largest))
    return digits - 1 - size if size < -2 else max(0, digits - max(size, 0))


def shown(units: int, places: int) -> str:
    """``units * 10**-places`` in decimals, with a true minus sign; far below one as a number times a power of ten.

    Example:
        >>> shown(-1250, 4), shown(1250, 13)
        ('−0.1250', '1.250·10⁻¹⁰')
    """
    sign, digits = "−" * (units < 0), str(abs(units))
    if places > _LONGEST:
        power = len(digits) - 1 - places
        mantissa = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
        return f"{sign}{mantissa}·10{str(power).translate(_RAISED)}" if units else "0"
    digits = digits.rjust(places + 1, "0")
    return f"{sign}{digits[: len(digits) - places]}{'.' * (places > 0)}{digits[len(digits) - places :]}"


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float, digits: int) -> str:
    """One number, with the decimals of :func:`places_for`.

    Example:
        >>> number(0.123456, 3), number(0.5, 3), number(float("nan"), 3)
        ('0.123', '0.500', 'nan')
    """
    if not isfinite(value):
        return str(float(value)).replace("-", "−")
    places = places_for([value], digits)
    return shown(add_up([], value, places).total, places)


def short(value: float, digits: int) -> str:
    """A given number, with all of its digits if it has no more than :func:`number` shows.

    Example:
        >>> short(0.5, 3), short(1.0, 3), short(1 / 3, 3)
        ('0.5', '1', '0.333')
    """
    rounded = number(value, digits)
    # Adding 0.0 makes −0 a 0.
    whole = np.format_float_positional(value + 0.0, trim="-").replace("-", "−")
    return whole if isfinite(value) and len(whole) <= len(rounded) else rounded


def factor(value: float, digits: int) -> str:
    """A number that something is multiplied with: in brackets if it is negative."""
    text = short(value, digits)
    return f"({text})" if text.startswith("−") else text


def chain(parts: Sequence[str]) -> str:
    """Terms with plus and minus between them: ``["0.5", "−0.2"]`` is ``0.5 − 0.2``.

    Example:
        >>> chain(["−0.5", "0.25", "−0.1"])
        '−0.5 + 0.25 − 0.1'
    """
    text = parts[0] if parts else "0"
    for part in parts[1:]:
        text += f" − {part[1:]}" if part.startswith("−") else f" + {part}"
    return text
