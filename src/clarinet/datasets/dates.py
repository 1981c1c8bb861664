"""Dates as people and programs write them, and the order of day and month, decided by a whole column."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: The orders of year, month and day; what a flag takes.
ORDERS = ("ymd", "dmy", "mdy")
WORDS = {"ymd": "year-month-day", "dmy": "day-month-year", "mdy": "month-day-year"}

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier janv enero ene janeiro gennaio gen januari",
            "feb february februar février févr fév febrero fevereiro fev febbraio februari",
            "mar march mär märz mrz mars marzo março maart mrt",
            "apr april avril avr abril abr aprile",
            "may mai mayo maio maggio mag mei maj",
            "jun june juni juin junio junho giugno giu",
            "jul july juli juillet juil julio julho luglio lug",
            "aug august août agosto ago augustus augusti",
            "sep sept september septembre septiembre setembro set settembre",
            "oct october okt oktober octobre octubre outubro out ottobre ott",
            "nov november novembre noviembre novembro",
            "dec december dez dezember décembre déc dic diciembre dezembro dicembre",
        ),
        1,
    )
    for name in names.split()
}
_TIME = (
    r"(?:[T ,]\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
    r"\s*(?:Z|(?:[A-Z]{2,5})?(?:[-+]\d{1,2}(?::?\d{2})?)?))?"
)
_ISO = re.compile(rf"(?P<year>\d{{4}})(?P<mark>[-/.])(?P<month>\d{{1,2}})(?P=mark)(?P<day>\d{{1,2}}){_TIME}")
_THREE = re.compile(rf"(?P<a>\d{{1,2}})(?P<mark>[-/. ])\s?(?P<b>\d{{1,2}})(?P=mark)\s?(?P<c>\d{{4}}|\d{{2}}){_TIME}")
_DAY_NAMED = re.compile(
    rf"(?:[^\W\d_]{{2,13}}\.?,?\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|º|\.)?[- ]*(?:de )?(?P<name>[^\W\d_]{{3,10}})"
    rf"\.?[-, ]*(?:del? )?(?P<year>\d{{4}}|\d{{2}}){_TIME}"
)
_MONTH_NAMED = re.compile(
    rf"(?:[^\W\d_]{{2,9}}\.?,\s+)?(?P<name>[^\W\d_]{{3,9}})\.?[- ]+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?[- ]+"
    rf"(?P<year>\d{{4}}){_TIME}"
)
#: A month of a year, or a quarter of one: its first day.
_MONTH_ALONE = re.compile(
    r"(?P<year>(?:1[6-9]|2[01])\d\d)[-/](?P<month>\d{1,2})|(?P<month2>\d{1,2})/(?P<year2>(?:1[6-9]|2[01])\d\d)"
    r"|(?P<name>[^\W\d_]{3,9})\.?[-, ]+(?P<year3>\d{4})"
    r"|Q(?P<quarter>[1-4])[-/ ]?(?P<year4>\d{4})|(?P<year5>\d{4})[-/ ]?Q(?P<quarter2>[1-4])"
)
#: A day without marks between its numbers, as large programs write it.
_COMPACT = re.compile(r"(?P<year>19\d\d|20\d\d)(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])")
#: So many days without marks are no chance.
_NO_CHANCE = 10
#: What a network may learn from a date.
PARTS = ("year", "month", "weekday", "hour", "days")
#: What comes round again, and after how many of its units.
PERIODS = {"month": 12, "weekday": 7, "hour": 24}
#: Of years in two digits, those below this are of this century: POSIX's rule.
_PIVOT = 69


@dataclass(frozen=True)
class Dates:
    """Cells read as dates.

    Attributes:
        values: datetime64[s]; NaT for missing ones and others.
        bad: the rows that hold no date.
        order: of the numbers, ``"ymd"``, ``"dmy"`` or ``"mdy"``; ``"?"`` where the cells leave it open, ``"both"``
            where they contradict each other.
        witness: the row that decides between day and month first; None where there is none.
    """

    values: NDArray[np.datetime64]
    bad: list[int]
    order: str
    witness: int | None = None


def are_dates(cells: Sequence[str], share: float = 1.0) -> bool:
    """Whether so many of the cells look like dates.

    Example:
        >>> are_dates(["2024-01-31", "31.1.2024 12:00", "Jan 31, 2024"]), are_dates(["1.5"])
        (True, False)
    """
    if not cells or (not _looks_like_a_date(cells[0]) and share == 1.0):
        return False
    return sum(map(_looks_like_a_date, cells)) >= share * len(cells)


def are_compact(cells: Sequence[str]) -> bool:
    """Whether all of at least ten cells are days such as 20240131.

    Example:
        >>> are_compact(["20240131", "20240201"] * 5), are_compact(["20240131", "20249999"] * 5)
        (True, False)
    """
    return len(cells) >= _NO_CHANCE and all(map(_COMPACT.fullmatch, cells))


def _looks_like_a_date(cell: str) -> bool:
    if len(cell) < 6 or len(cell) > 40:
        return False
    if _ISO.fullmatch(cell) or _THREE.fullmatch(cell) or _COMPACT.fullmatch(cell):
        return True
    named = _DAY_NAMED.fullmatch(cell) or _MONTH_NAMED.fullmatch(cell)
    return (named is not None and named["name"].lower() in _MONTHS) or _month_alone(cell) is not None


def read_dates(cells: Sequence[str], absent: NDArray[np.bool_], order: str | None = None) -> Dates:
    """Cells as dates.

    Args:
        cells: text.
        absent: a mask of missing ones.
        order: of numbers in three parts of which none is a year in four digits and first; None decides by all cells.

    Example:
        >>> found = read_dates(["3/4/2024", "3/31/2024"], np.zeros(2, bool))
        >>> found.order, found.values.astype(str).tolist(), found.witness
        ('mdy', ['2024-03-04T00:00:00', '2024-03-31T00:00:00'], 1)
    """
    found, witness = (order, None) if order else _order(cells, absent)
    known: dict[str, datetime.datetime | None] = {}
    values = np.full(len(cells), np.datetime64("NaT"), "datetime64[s]")
    bad = []
    for row in np.flatnonzero(~absent).tolist():
        cell = cells[row]
        if cell not in known:
            known[cell] = _read(cell, found if found in ORDERS else "dmy")
        moment = known[cell]
        if moment is None:
            bad.append(row)
        else:
            values[row] = moment
    return Dates(values, bad, found, witness)


def _order(cells: Sequence[str], absent: NDArray[np.bool_]) -> tuple[str, int | None]:
    """The order that all cells together allow, and the row that shows it."""
    shown: dict[str, int] = {}
    undecided = dotted = False
    for row in np.flatnonzero(~absent).tolist():
        three = _THREE.fullmatch(cells[row])
        if three is None:
            continue
        a, b = int(three["a"]), int(three["b"])
        if len(three["c"]) == 2 and (a > 31 or a == 0):
            shown.setdefault("ymd", row)
        elif a > 12:
            shown.setdefault("dmy", row)
        elif b > 12:
            shown.setdefault("mdy", row)
        else:
            undecided, dotted = True, dotted or three["mark"] == "."
    if len(shown) > 1:
        return "both", None
    if shown:
        return next(iter(shown.items()))
    return ("dmy" if dotted else "?" if undecided else "ymd"), None


def _read(cell: str, order: str) -> datetime.datetime | None:
    """One date; None if it is none."""
    if compact := _COMPACT.fullmatch(cell):
        return _day(int(compact["year"]), int(compact["month"]), int(compact["day"]))
    found = _ISO.fullmatch(cell)
    if found is not None:
        return _moment(int(found["year"]), int(found["month"]), int(found["day"]), found)
    found = _THREE.fullmatch(cell)
    if found is not None:
        parts = dict(zip(order, (found["a"], found["b"], found["c"])))
        return _moment(_year(parts["y"]), int(parts["m"]), int(parts["d"]), found)
    found = _DAY_NAMED.fullmatch(cell) or _MONTH_NAMED.fullmatch(cell)
    if found is None or found["name"].lower() not in _MONTHS:
        return _month_alone(cell)
    return _moment(_year(found["year"]), _MONTHS[found["name"].lower()], int(found["day"]), found)


def _month_alone(cell: str) -> datetime.datetime | None:
    """The first day of a month or quarter; None if the cell names none.

    Example:
        >>> [_month_alone(cell).month for cell in ("2024-05", "5/2024", "May 2024", "Q2 2024")]
        [5, 5, 5, 4]
    """
    found = _MONTH_ALONE.fullmatch(cell)
    if found is None:
        return None
    year = next(int(found[name]) for name in ("year", "year2", "year3", "year4", "year5") if found[name])
    quarter = found["quarter"] or found["quarter2"]
    month = 3 * int(quarter) - 2 if quarter else int(found["month"] or found["month2"] or 0)
    month = _MONTHS.get((found["name"] or "").lower(), 0) if found["name"] else month
    return datetime.datetime(year, month, 1) if year and 1 <= month <= 12 else None


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) > 2 else year + (2000 if year < _PIVOT else 1900)


def _moment(year: int, month: int, day: int, found: re.Match[str]) -> datetime.datetime | None:
    hour, half = int(found["hour"] or 0), (found["half"] or "")[:1].lower()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return _day(year, month, day, hour, int(found["minute"] or 0), int(found["second"] or 0))


def _day(*parts: int) -> datetime.datetime | None:
    try:
        return datetime.datetime(*parts)  # type: ignore[arg-type]
    except ValueError:  # no day of the calendar
        return None


def features_of(values: NDArray[np.datetime64], parts: Iterable[str], origin: str) -> NDArray[np.float64]:
    """What a network learns from: a column for a year or days since ``origin``, two for what comes round again.

    Args:
        values: datetime64[s], none missing.
        parts: of ``"year"``, ``"month"``, ``"weekday"``, ``"hour"`` and ``"days"``.
        origin: the first day, ``"2024-01-31"``.
    """
    columns: list[NDArray[np.float64]] = []
    for part in parts:
        number = _number(values, part, origin)
        if part in PERIODS:
            angle = 2 * np.pi * number / PERIODS[part]
            columns += [np.sin(angle), np.cos(angle)]
        else:
            columns.append(number)
    return np.stack(columns, axis=1)


def varying(values: NDArray[np.datetime64], origin: str) -> tuple[str, ...]:
    """The parts that differ between rows."""
    return tuple(part for part in PARTS if len(np.unique(_number(values, part, origin))) > 1)


def _number(values: NDArray[np.datetime64], part: str, origin: str) -> NDArray[np.float64]:
    days, months = values.astype("datetime64[D]"), values.astype("datetime64[M]")
    if part == "year":
        return values.astype("datetime64[Y]").astype(np.float64) + 1970.0
    if part == "month":
        return (months.astype(np.int64) % 12).astype(np.float64)
    if part == "weekday":
        return ((days.astype(np.int64) + 3) % 7).astype(np.float64)  # 1970 began on a Thursday
    if part == "hour":
        within: NDArray[np.float64] = (values - days).astype("timedelta64[s]").astype(np.float64)
        return within / 3600.0
    seconds: NDArray[np.float64] = (values - np.datetime64(origin, "s")).astype(np.float64)
    return seconds / 86400.0
