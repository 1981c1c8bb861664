"""Times without a day, and durations: hours and minutes, perhaps seconds, with or without am and pm."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clarinet.datasets.dates import Dates

#: What stands for the order of year, month and day where there is none.
CLOCK = "clock"
_HOURS_OF_DAY = 24
_TIME = re.compile(
    r"(?:(?P<days>\d{1,5})\s*(?:d|days?|Tage?|jours?),?\s+)?(?P<hour>\d{1,3})"
    r"(?:[:hH](?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?:[.,]\d+)?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
    r"|\s*(?P<whole>[AaPp]\.?[Mm]\.?))"
)
#: Minutes, seconds and a part of one, as laps are timed.
_LAP = re.compile(r"(?P<minute>\d{1,3}):(?P<second>[0-5]\d)[.,]\d{1,3}")


def are_clocks(cells: Sequence[str], share: float = 1.0) -> bool:
    """Whether so many of the cells are times.

    Example:
        >>> are_clocks(["23:59", "7:05:30", "11 am", "1:15 PM", "14h05", "2 days 01:30:00"])
        True
        >>> are_clocks(["2024-01-31 10:00"])
        False
    """
    return bool(cells) and sum(_seconds(cell) is not None for cell in cells) >= share * len(cells)


def read_clocks(cells: Sequence[str], absent: NDArray[np.bool_]) -> Dates:
    """Times as moments since the beginning of 1970.

    Example:
        >>> read_clocks(["1:30 pm", "26:00"], np.zeros(2, bool)).values.astype(str).tolist()
        ['1970-01-01T13:30:00', '1970-01-02T02:00:00']
    """
    values, bad = np.full(len(cells), np.datetime64("NaT"), "datetime64[s]"), []
    for row in np.flatnonzero(~absent).tolist():
        seconds = _seconds(cells[row])
        if seconds is None:
            bad.append(row)
        else:
            values[row] = np.datetime64(seconds, "s")
    return Dates(values, bad, CLOCK)


def parts_of(values: NDArray[np.datetime64]) -> tuple[str, ...]:
    """What a network learns from times: how long, and the hour of the day where all are within one."""
    if len(np.unique(values)) < 2:
        return ()
    of_day = values.max() < np.datetime64(_HOURS_OF_DAY * 3600, "s")
    return ("hour", "days") if of_day else ("days",)


def _seconds(cell: str) -> int | None:
    if lap := _LAP.fullmatch(cell):
        return 60 * int(lap["minute"]) + int(lap["second"])
    found = _TIME.fullmatch(cell)
    if found is None:
        return None
    hour, half = int(found["hour"]), (found["half"] or found["whole"] or "")[:1].lower()
    if half and not 1 <= hour <= 12:
        return None
    hour = hour % 12 + 12 * (half == "p") if half else hour
    return 86400 * int(found["days"] or 0) + 3600 * hour + 60 * int(found["minute"] or 0) + int(found["second"] or 0)
