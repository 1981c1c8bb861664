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

from clarinet.datasets.units import added_up, forms, multiplier, one_unit

MISSING = frozenset(
    {"", "na", "n/a", "n.a.", "nan", "null", "<na>", "nat", "?", "#n/a", "#na", "#null!", "#value!"}
    | {"#nv", "#n/d", "#wert!", "#bezug!", "#valeur!", "#valor!"}
)
"""Cells that mean "no value", in lower case."""

#: Cells of signs alone; among words, but not beside "+", they mean "no value".
SIGNS = frozenset({":", "-", "--", "---", "–", "—", ".", "..", "...", "*"})
#: A missing number, but a name of its own among names: "none", or "-" beside "+".
NO_NUMBER = (
    SIGNS
    | {"none", "nil", "missing", "unknown", "not available", "not applicable", "not reported", "no data", "undisclosed"}
    | {
        "tbd",
        "tba",
        "(blank)",
        "blank",
        "n/d",
        "n.d.",
        "nd",
        "s/d",
        "nr",
        "dnf",
        "dns",
        "dsq",
        "n.r.",
        "#div/0!",
        "#num!",
        "#ref!",
        "#name?",
    }
    | {"unbekannt", "keine angabe", "k.a.", "k. a.", "fehlt", "(leer)", "inconnu", "non renseigné", "non disponible"}
    | {"desconocido", "sin dato", "sin datos", "no disponible", "não informado", "desconhecido", "sconosciuto"}
)

DECIMALS = (".", ",")
_BLANKS = "'’ \u00a0\u202f"  # between thousands, beside the mark that does not stand before decimals
_WORD = r"[^\W\d_]{1,12}"
_UNIT = (
    rf"{_WORD}\.?[²³]?(?:/[^\W\d_]{{1,8}}[²³]?)?|[^\W\d_]{{1,3}}[23]|{_WORD}(?:\. ?|[ ]){_WORD}\.?|°[CFK]?"
    r"|(?:/|out of|of|von|sur|de|su)\s*[1-9]\d{0,2}|(?:/|per |pro )[^\W\d_]{1,10}[²³23]?"
)
#: Of so many, such as 4/5 and 4 out of 5.
_OF = re.compile(r"(?:/|out of|of|von|sur|de|su)\s*(\d+)")
_BOUND = re.compile(r"(?:[<>]=?|[≤≥≈~])\s*(?=[-+.,\d])")
_RANGE = re.compile(r"([^-–—]+?)\s*(?:[-–—]|\b(?:to|bis|à|a)\b)\s*([^-–—]+)")
#: What refers to a note, as in 12.5[a] and 0.03**, and how exact a number is: 12.5 ± 0.3.
_FOOTNOTE = re.compile(r"(?<=\d)\s*(?:\[\w{1,3}\]|[*†‡§]{1,3}|(?:±|\+/-)\s*\d[\d.,]*)$")
#: 1 h 20 min, 5 ft 11 in, 5'11", PT1H20M.
_PARTS = re.compile(r"(?:pt)?(?:\d+(?:[.,]\d+)?\s*(?:[^\W\d_]{1,8}\.?|'|’|\"|″|′)[\s,]*(?:and |und |et )?){2,4}")
_PART = re.compile(r"(\d+(?:[.,]\d+)?)\s*([^\W\d_]+|'|’|\"|″|′)")
_QUOTES = {"’": "'", "′": "'", "″": '"'}
#: Of numbers with a unit so many have the same one, or none.
_OF_ONE_UNIT = 0.9
#: What stands around several numbers in one cell.
_BRACKETS = re.compile(r"^(?:POINT\s*)?[(\[](.*)[)\]]$", re.IGNORECASE)
_PLAIN_NUMBER = re.compile(r"[-+]?\d{1,15}(?:\.\d{1,15})?")
_MONEY = (
    r"(?:[A-Z]{1,3}\$|[$€£¥₹₽₺₩₪₫₴฿]|Rs\.?|kr\.?|zł|Kč|Ft|EUR|USD|GBP|CHF|JPY|SEK|NOK|DKK|PLN|CZK|INR|BRL|CAD|AUD|NZD"
    r"|MXN|CNY|TRY|RUB|ZAR|AED|SGD|HKD|KRW|HUF|THB|ILS|COP|ARS|CLP|PEN|UAH|IDR|MYR|PHP|VND|EGP|NGN|SAR)"
)

#: Accountants write a dash for zero.
_NOTHING = re.compile(rf"{_MONEY}\s*[-–—]")


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
        bounds: the rows with a bound instead of a number, such as ``"<0.5"``, which is read as 0.5, or a range, such as
            ``"10-20"``, which is read as its middle.
        converted: units of others among them, which were made the one unit that is left.
    """

    values: NDArray[np.float64]
    absent: NDArray[np.bool_]
    bad: list[int]
    signs: frozenset[str] = field(default=frozenset({""}))
    bounds: tuple[int, ...] = ()
    converted: tuple[str, ...] = ()


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
        rf"|\d{{1,2}}(?:{g}\d{{2}})+{g}\d{{3}}(?:{d}\d*)?|\d{{1,3}}(?:{g}\d{{3}}){{2,}}|\d+{d}(?:\d{{1,2}}|\d{{4,}})?|{d}\d+|(?:0\d*|\d{{4,}}){d}\d{{3}}"
        rf"|\d*{d}\d*[eE][-+]?\d+)[^\d\n.,]*$"
    )


@cache
def _written(decimal: str) -> re.Pattern[str]:
    """A number with thousands in groups, and signs before or behind it."""
    d, g = re.escape(decimal), re.escape("," if decimal == "." else ".")
    groups = rf"[1-9]\d{{0,2}}(?P<group>[{g}{_BLANKS}])\d{{3}}(?:(?P=group)\d{{3}})*|[1-9]\d?(?:{g}\d{{2}})+{g}\d{{3}}"
    return re.compile(
        rf"(?:(?P<outside>{_MONEY})\s*(?=\())?(?P<open>\()?\s*(?P<minus>[-+−])?\s*(?P<before>{_MONEY})?\s*(?P<minus2>[-+−])?\s*"
        rf"(?P<number>(?:{groups}|\d+)(?:{d}\d*)?|{d}\d+)(?P<power>[eE][-+]?\d+)?"
        rf"\s*(?P<times>(?:[kKMBTmb]|bn|[Mm]io\.?|[Mm]rd\.?|[Tt]sd\.?|[Mm]illions?|[Bb]illions?|[Ll]akhs?|[Ll]acs?"
        rf"|[Cc]rores?|Cr)(?=\s*(?:{_MONEY})?\s*\)?$))?"
        rf"\s*(?P<behind>{_MONEY}|[%‰]|{_UNIT})?(?P<minus3>-)?(?:/-)?\s*(?P<close>\))?"
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
    if _NOTHING.fullmatch(cell):
        return 0.0, cell.rstrip("-–— ")
    found = _written(decimal).fullmatch(cell)
    if found is None and (noted := _FOOTNOTE.search(cell)):
        return read_number(cell[: noted.start()], decimal)
    if found is None:
        return _of_parts(cell)
    signs = [sign for sign in (found["outside"], found["before"], found["behind"]) if sign]
    if bool(found["open"]) != bool(found["close"]) or len(signs) > 1:
        return None
    minuses = [sign for sign in (found["minus"], found["minus2"], found["minus3"], found["open"]) if sign]
    if len(minuses) > 1:
        return None
    digits = re.sub(rf"[{_BLANKS}{'.' if decimal == ',' else ','}]", "", found["number"]).replace(decimal, ".")
    value = float(digits + (found["power"] or ""))
    sign, times = signs[0] if signs else "", found["times"] or ""
    if times and sign:  # $1.2M
        value *= multiplier(times.removesuffix("s")) or 1.0
    share = _OF.fullmatch(sign)
    if share and (value > int(share[1]) or re.match(r"0\d", found["number"])):
        return None
    sign = f"/{share[1]}" if share else sign or times
    return (value if minuses in ([], ["+"]) else -value), sign.lower() if is_unit(sign) else sign


def _of_parts(cell: str) -> tuple[float, str] | None:
    """A number in several units, such as 1 h 20 min, in the first of them."""
    small = cell.lower()
    if not _PARTS.fullmatch(small):
        return None
    parts = [(float(number.replace(",", ".")), unit) for number, unit in _PART.findall(small.removeprefix("pt"))]
    return added_up([(number, _QUOTES.get(unit, unit)) for number, unit in parts])


def _bound(cell: str, decimal: str) -> tuple[float, str] | None:
    """What a bound, such as <5 and 40+, or a range, such as 10-20, stands for; None for others."""
    if below := _BOUND.match(cell):
        return read_number(cell[below.end() :], decimal)
    if cell.endswith("+"):
        return read_number(cell[:-1].rstrip(), decimal)
    ends = _RANGE.fullmatch(cell)
    low, high = (read_number(ends[1], decimal), read_number(ends[2], decimal)) if ends else (None, None)
    sound = low is not None and high is not None and 0 <= low[0] < high[0] and low[1] in ("", high[1])
    if not (sound and ends and low and high) or any(re.match(r"0\d", end) for end in ends.groups()):
        return None
    return (low[0] + high[0]) / 2, high[1]


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


def read_numbers(
    cells: Sequence[str], decimal: str, missing: Collection[str], learnt: bool = False, unit: str | None = None
) -> Numbers:
    """Cells as numbers. A unit may stand behind them if it is the same almost everywhere, or others can be made of it,
    as kg of g; and a few may be bounds, such as ``"<0.5"``, or ranges, such as ``"10-20"``.

    Args:
        cells: text.
        decimal: the mark before the decimals, ``"."`` or ``","``.
        missing: cells that mean "no value", in lower case; numbers among them count by value. Those of
            :data:`NO_NUMBER` do as well.
        learnt: whether the column is known to hold numbers; then single cells with units or bounds are numbers too.
        unit: that all shall have, if they can; None: the most frequent one.
    """
    values = _all_plain(cells, decimal)
    found = (
        _one_by_one(cells, decimal, missing, learnt, unit)
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


def _one_by_one(
    cells: Sequence[str], decimal: str, missing: Collection[str], learnt: bool, unit: str | None
) -> Numbers:
    values, absent, bad = np.zeros(len(cells)), np.zeros(len(cells), np.bool_), []
    rows: dict[str, list[int]] = {}
    bounds: list[int] = []
    for i, cell in enumerate(cells):
        word = cell.lower()
        if word in missing or word in NO_NUMBER:
            absent[i] = True
            continue
        found = read_number(cell, decimal)
        if found is None and (found := _bound(cell, decimal)) is not None:
            bounds.append(i)
        if found is None:
            bad.append(i)
            continue
        values[i] = found[0]
        rows.setdefault(found[1], []).append(i)
    rows, converted = _in_one_unit(cells, values, rows, unit)
    if not learnt:
        bad += _odd(cells, rows, bounds, sum(map(len, rows.values())))
        values[bad] = 0.0
    wrong = set(bad)
    signs = {sign for sign, where in rows.items() if not wrong.issuperset(where)}
    sound = tuple(i for i in bounds if i not in wrong)
    return Numbers(values, absent, sorted(wrong), frozenset(signs), sound, converted)


def _in_one_unit(
    cells: Sequence[str], values: NDArray[np.float64], rows: dict[str, list[int]], unit: str | None
) -> tuple[dict[str, list[int]], tuple[str, ...]]:
    """The rows by their units once those of one kind are one, of which ``values`` are; and the units that were others.

    Args:
        cells, values, rows: as they were read; values are changed.
        unit: the one that all shall have; None: the usual one.
    """
    units = {sign: len(where) for sign, where in rows.items() if is_unit(sign)}
    for form, usual in forms(units | ({unit: len(cells) + 1} if unit else {})).items():
        if form in rows:
            rows.setdefault(usual, []).extend(rows.pop(form))
            units[usual] = units.get(usual, 0) + units.pop(form)
    some = any(is_unit(sign) and sign != unit for sign in rows)
    if not some or not all(is_unit(sign) or not sign for sign in rows):
        return rows, ()
    capital = all(cells[i].rstrip("+")[-1:].isupper() for sign in units for i in rows[sign])
    counts = units | ({"": len(rows[""])} if "" in rows else {})
    factors = one_unit(counts, capital, unit)
    if factors is None or (len(factors) == 1 and set(factors.values()) == {1.0}):
        return rows, ()
    base = next((sign for sign, factor in factors.items() if factor == 1.0), unit or "")
    for sign, where in rows.items():
        values[where] *= factors[sign]
    converted = tuple(sorted(sign for sign in rows if sign and factors[sign] != 1.0))
    return {base if unit is None else unit: sorted(i for where in rows.values() for i in where)}, converted


def _odd(cells: Sequence[str], rows: dict[str, list[int]], bounds: list[int], count: int) -> list[int]:
    """The rows whose units or bounds make them names: of a unit that few share, or bounds without a number."""
    units = [sign for sign in rows if is_unit(sign)]
    sound = len(units) == 1 and set(rows) <= {"", *units} and len(rows[units[0]]) >= _OF_ONE_UNIT * count
    odd = [] if sound else [row for unit in units for row in rows[unit]]
    least = [row for row in bounds if not cells[row].endswith("+")]  # 100+ is a number that was rounded
    return odd if 2 * len(least) < count else odd + least


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


def several_numbers(cell: str) -> tuple[float, ...]:
    """The numbers of a cell that holds several and nothing else; none of other cells.

    Example:
        >>> several_numbers("48.2, 16.4"), several_numbers("POINT (16.4 48.2)"), several_numbers("48,2; 16,4")
        ((48.2, 16.4), (16.4, 48.2), (48.2, 16.4))
        >>> several_numbers("a, 3")
        ()
    """
    inner = _BRACKETS.sub(r"\1", cell)
    if ";" in inner and "." not in inner:
        inner = inner.replace(",", ".")
    parts = re.split(r"\s*[;,]\s*|\s+", inner.strip())
    return tuple(map(float, parts)) if len(parts) > 1 and all(map(_PLAIN_NUMBER.fullmatch, parts)) else ()


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
