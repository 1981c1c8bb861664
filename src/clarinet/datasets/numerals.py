"""Numbers as people and programs write them: the mark before the decimals, marks between thousands, signs around."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MISSING = frozenset({"", "na", "n/a", "n.a.", "nan", "null", "<na>", "nat", "?", "#n/a", "#na", "#null!", "#value!"})
"""Cells that mean "no value", in lower case."""

#: Cells of signs alone; among words, but not beside "+", they mean "no value".
SIGNS = frozenset({"-", "--", "---", "–", "—", ".", "..", "...", "*"})
#: A missing number, but a name of its own among names: "none", or "-" beside "+".
NO_NUMBER = SIGNS | {"none", "nil", "missing", "unknown", "#div/0!", "#num!", "#ref!", "#name?"}

DECIMALS = (".", ",")
_BLANKS = "'’ \u00a0\u202f"  # between thousands, beside the mark that does not stand before decimals
_UNIT = r"[^\W\d_]{1,12}\.?[²³]?(?:/[^\W\d_]{1,8}[²³]?)?|°[CFK]?"
_BOUND = re.compile(r"(?:[<>]=?|[≤≥≈~])\s*(?=[-+.,\d])")
#: Of numbers with a unit so many have the same one, or none.
_OF_ONE_UNIT = 0.9
_MONEY = r"(?:US\$|[$€£¥₹₽₺₩]|EUR|USD|GBP|CHF|JPY|SEK|NOK|DKK|PLN|CZK)"


class Marks(NamedTuple):
    """What cells show about the mark before their decimals.

    Attributes:
        point, comma: some cell can only be read with it.
        open: some cell, such as 1.234, means different numbers with the one and the other.
    """

    point: bool
    comma: bool
    open: bool


@dataclass(frozen=True)
class Numbers:
    """Cells read as numbers.

    Attributes:
        values: float64; 0 for missing ones and others.
        absent: a mask of missing ones.
        bad: the rows that hold something else.
        signs: currency and percent signs and units that stand beside numbers, and ``""`` for those without.
        bounds: the rows with a bound instead of a number, such as ``"<0.5"``, which is read as 0.5.
    """

    values: NDArray[np.float64]
    absent: NDArray[np.bool_]
    bad: list[int]
    signs: frozenset[str] = field(default=frozenset({""}))
    bounds: tuple[int, ...] = ()


def marks(cells: Iterable[str]) -> Marks:
    """What cells show about the mark before their decimals.

    Example:
        >>> marks(["1.234", "0,5"])
        Marks(point=False, comma=True, open=True)
        >>> marks(["1,234,567"])
        Marks(point=True, comma=False, open=False)
    """
    text = "\n".join(cells)
    has_point, has_comma = "." in text, "," in text
    if not (has_point or has_comma):
        return Marks(False, False, False)
    point, comma = (_shows(mark).search(text) is not None for mark in DECIMALS)
    return Marks(point, comma, _OPEN.search(text) is not None)


_OPEN = re.compile(r"(?m)^[^\d\n.,]*[1-9]\d{0,2}[.,]\d{3}[^\d\n.,]*$")


@cache
def _shows(mark: str) -> re.Pattern[str]:
    """Cells that can only be read with this mark before the decimals."""
    d, g = re.escape(mark), re.escape("," if mark == "." else ".")
    return re.compile(
        rf"(?m)^[^\d\n.,]*(?:\d{{1,3}}(?:{g}\d{{3}})+{d}\d*|\d{{1,3}}(?:[{_BLANKS}]\d{{3}})+{d}\d+"
        rf"|\d{{1,3}}(?:{g}\d{{3}}){{2,}}|\d+{d}(?:\d{{1,2}}|\d{{4,}})?|{d}\d+|(?:0\d*|\d{{4,}}){d}\d{{3}}"
        rf"|\d*{d}\d*[eE][-+]?\d+)[^\d\n.,]*$"
    )


@cache
def _written(decimal: str) -> re.Pattern[str]:
    """A number with thousands in groups, and signs before or behind it."""
    d, g = re.escape(decimal), re.escape("," if decimal == "." else ".")
    groups = rf"[1-9]\d{{0,2}}(?P<group>[{g}{_BLANKS}])\d{{3}}(?:(?P=group)\d{{3}})*"
    return re.compile(
        rf"(?P<open>\()?\s*(?P<minus>[-+−])?\s*(?P<before>{_MONEY})?\s*(?P<minus2>[-+−])?\s*"
        rf"(?P<number>(?:{groups}|\d+)(?:{d}\d*)?|{d}\d+)(?P<power>[eE][-+]?\d+)?"
        rf"\s*(?P<behind>{_MONEY}|[%‰]|{_UNIT})?(?P<minus3>-)?\s*(?P<close>\))?"
    )


def read_number(cell: str, decimal: str) -> tuple[float, str] | None:
    """A number and the sign or unit beside it, or None.

    Example:
        >>> read_number("1.234,50 €", ","), read_number("12 kg", "."), read_number("a", ".")
        ((1234.5, '€'), (12.0, 'kg'), None)
    """
    plain = _plain(cell, decimal)
    if plain is not None:
        return plain, ""
    found = _written(decimal).fullmatch(cell)
    if found is None or bool(found["open"]) != bool(found["close"]) or (found["before"] and found["behind"]):
        return None
    minuses = [sign for sign in (found["minus"], found["minus2"], found["minus3"], found["open"]) if sign]
    if len(minuses) > 1:
        return None
    digits = re.sub(rf"[{_BLANKS}{'.' if decimal == ',' else ','}]", "", found["number"]).replace(decimal, ".")
    value = float(digits + (found["power"] or ""))
    sign = found["before"] or found["behind"] or ""
    return (value if minuses in ([], ["+"]) else -value), sign.lower() if is_unit(sign) else sign


def is_unit(sign: str) -> bool:
    """Whether what stands beside a number is a unit, such as kg, and no currency or percent sign."""
    return sign not in ("", "%", "‰") and re.fullmatch(_MONEY, sign) is None


def _plain(cell: str, decimal: str) -> float | None:
    if decimal == ",":
        if "." in cell:
            return None
        cell = cell.replace(",", ".")
    try:
        return None if "_" in cell else float(cell)  # Python reads 1_000; no data file means that
    except ValueError:
        return None


def read_numbers(cells: Sequence[str], decimal: str, missing: Collection[str], learnt: bool = False) -> Numbers:
    """Cells as numbers. A unit may stand behind them if it is the same almost everywhere, and a few may be bounds,
    such as ``"<0.5"``.

    Args:
        cells: text.
        decimal: the mark before the decimals, ``"."`` or ``","``.
        missing: cells that mean "no value", in lower case; numbers among them count by value. Those of
            :data:`NO_NUMBER` do as well.
        learnt: whether the column is known to hold numbers; then single cells with units or bounds are numbers too.
    """
    values = _all_plain(cells, decimal)
    found = (
        _one_by_one(cells, decimal, missing, learnt)
        if values is None
        else Numbers(values, np.zeros(len(cells), np.bool_), [])
    )
    for marker in missing:
        value = _plain(marker, ".")
        if value is not None and math.isfinite(value):
            said = found.values == value
            said[found.bad] = False
            found.absent[said] = True
    return found


def _all_plain(cells: Sequence[str], decimal: str) -> NDArray[np.float64] | None:
    """Values if every cell is a finite number, the common case, at ten times the speed of looking at each."""
    if decimal == ",":
        text = "\n".join(cells)
        if "." in text:
            return None
        cells = text.replace(",", ".").split("\n") if "," in text else cells
    try:
        values = np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        return None
    return values if np.isfinite(values).all() and "_" not in "".join(cells) else None


def _one_by_one(cells: Sequence[str], decimal: str, missing: Collection[str], learnt: bool) -> Numbers:
    values, absent, bad = np.zeros(len(cells)), np.zeros(len(cells), np.bool_), []
    rows: dict[str, list[int]] = {}
    bounds: list[int] = []
    for i, cell in enumerate(cells):
        word = cell.lower()
        if word in missing or word in NO_NUMBER:
            absent[i] = True
            continue
        bound = _BOUND.match(cell)
        found = read_number(cell[bound.end() :] if bound else cell, decimal)
        if found is None:
            bad.append(i)
            continue
        values[i] = found[0]
        rows.setdefault(found[1], []).append(i)
        bounds += [i] if bound else []
    if not learnt:
        bad += _odd(rows, bounds, sum(map(len, rows.values())))
        values[bad] = 0.0
    wrong = set(bad)
    signs = {sign for sign, where in rows.items() if not wrong.issuperset(where)}
    return Numbers(values, absent, sorted(wrong), frozenset(signs), tuple(i for i in bounds if i not in wrong))


def _odd(rows: dict[str, list[int]], bounds: list[int], count: int) -> list[int]:
    """The rows whose units or bounds make them names: of a unit that few share, or bounds without a number."""
    units = [sign for sign in rows if is_unit(sign)]
    sound = len(units) == 1 and set(rows) <= {"", *units} and len(rows[units[0]]) >= _OF_ONE_UNIT * count
    odd = [] if sound else [row for unit in units for row in rows[unit]]
    return odd if 2 * len(bounds) < count else odd + bounds


def whole_number(cell: str, decimal: str) -> str | None:
    """``"3"`` for 3, 3.0 and +3; None for anything that is not a whole number."""
    found = read_number(cell, decimal)
    whole = found is not None and found[1] == "" and math.isfinite(found[0]) and found[0] == int(found[0])
    return str(int(found[0])) if found is not None and whole else None


def signs_for_nothing(cells: Collection[str]) -> frozenset[str]:
    """Which cells of signs alone mean "no value" among names: all, if every other one holds a letter or digit.

    Example:
        >>> sorted(signs_for_nothing(["red", "-", "blue"])), sorted(signs_for_nothing(["+", "-"]))
        (['-'], [])
    """
    signs = SIGNS.intersection(cells)
    others = [cell for cell in set(cells) - signs if cell]
    return signs if others and all(any(map(str.isalnum, cell)) for cell in others) else frozenset()


def are_codes(cells: Iterable[str]) -> bool:
    """Whether digits are names, such as the postal code 01067: all equally long, at least four, some with a 0 first.

    Example:
        >>> are_codes(["01067", "80331"]), are_codes(["007", "012"])
        (True, False)
    """
    zero, lengths = False, set[int]()
    for cell in cells:
        if not cell.isdecimal() or len(lengths) > 1:
            return False
        lengths.add(len(cell))
        zero = zero or cell.startswith("0")
    return zero and len(lengths) == 1 and min(lengths) >= 4
