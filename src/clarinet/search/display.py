"""A search as it goes on: a table that replaces itself in a terminal, a line a trial elsewhere."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from clarinet.search.results import aligned, number_text
from clarinet.training.progress import ProgressBar, format_seconds

if TYPE_CHECKING:
    from clarinet.search.records import Stored
    from clarinet.search.training import Report

#: Of the best trials so many are shown.
_BEST = 5
_SECONDS_BETWEEN = 0.2


class Display:
    """Shows what a search does.

    Args:
        verbose: 0 nothing, 1 a table that replaces itself, 2 a line a trial.
        metric: what trials are judged by.
        sign: +1 where larger is better, −1 where smaller is.
        total: trials in all; None where only time limits them.
        before: the trials of a search that goes on.
    """

    def __init__(self, verbose: int, metric: str, sign: float, total: int | None, before: Iterable[Stored]) -> None:
        self._verbose, self._metric, self._sign, self._total = verbose, metric, sign, total
        over = [each for each in before if each.state is not None]
        self._best: dict[int, tuple[float, Mapping[str, object]]] = {
            each.number: (each.value, each.params)
            for each in over
            if each.state == "complete" and each.value is not None
        }
        self._running: dict[int, tuple[Mapping[str, object], int, float | None]] = {}
        self._done, self._lines, self._drawn = len(over), 0, 0.0
        self._began, self._new = time.perf_counter(), 0
        self._lock = threading.Lock()

    def begin(self, number: int, values: Mapping[str, object]) -> None:
        """A trial begins."""
        with self._lock:
            self._running[number] = values, 0, None
            self._draw()

    def epoch(self, number: int, epoch: int, value: float) -> None:
        """An epoch of a trial is over."""
        with self._lock:
            if number in self._running:
                self._running[number] = self._running[number][0], epoch + 1, value
                self._draw()

    def end(self, number: int, report: Report) -> None:
        """A trial is over."""
        with self._lock:
            values, *_ = self._running.pop(number, ({}, 0, None))
            self._done += 1
            self._new += 1
            if report.state == "complete" and report.value is not None:
                self._best[number] = report.value, values
            if self._verbose == 2:
                self._say(number, values, report)
            self._draw(now=True)

    def close(self) -> None:
        """The last picture stays."""
        with self._lock:
            self._running.clear()
            self._draw(now=True)
            self._lines = 0

    def _say(self, number: int, values: Mapping[str, object], report: Report) -> None:
        shown = ", ".join(f"{name} {number_text(value)}" for name, value in values.items())
        what = report.error if report.state == "failed" else f"{self._metric} {number_text(report.value) or '–'}"
        state = "" if report.state == "complete" else f" ({report.state})"
        seconds = format_seconds(report.seconds)
        _write(f"Trial {number}{self._of()}: {what}{state}, {seconds}; {shown}\n")

    def _of(self) -> str:
        return "" if self._total is None else f" [{self._done}/{self._total}]"

    def _draw(self, now: bool = False) -> None:
        """Replace the table by what is so now."""
        moment = time.perf_counter()
        if self._verbose != 1 or (not now and moment - self._drawn < _SECONDS_BETWEEN):
            return
        self._drawn = moment
        width = shutil.get_terminal_size().columns - 1
        lines = [line[:width] for line in self._picture()]
        up = f"\x1b[{self._lines}F" if self._lines else ""
        _write(up + "".join(f"\x1b[2K{line}\n" for line in lines) + "\x1b[J")
        self._lines = len(lines)

    def _picture(self) -> list[str]:
        seconds = time.perf_counter() - self._began
        rate = f"{self._new / seconds * 60:.0f} trials/min" if self._new else ""
        left = ""
        if self._new and self._total and self._done < self._total:
            left = f"ETA {format_seconds((self._total - self._done) * seconds / self._new)}"
        spent = f"{format_seconds(seconds)}  {rate}  {left}".rstrip()
        if self._total:
            lines = [ProgressBar.bar(min(self._done, self._total), self._total, spent)]
        else:
            lines = [f"{self._done} trials  {spent}"]
        best = sorted(self._best.items(), key=lambda item: (-self._sign * item[1][0], item[0]))[:_BEST]
        names = list(dict.fromkeys(name for _, (_, values) in best for name in values))
        names = names or list(dict.fromkeys(name for values, *_ in self._running.values() for name in values))
        rows = [["", "trial", self._metric, *names, ""]]
        for place, (number, (value, values)) in enumerate(best):
            rows.append([_row_head(place), str(number), number_text(value), *_cells(values, names), ""])
        for number, (values, epochs, last) in sorted(self._running.items()):
            rows.append(["now", str(number), number_text(last), *_cells(values, names), f"epoch {epochs}"])
        return lines + aligned(rows)


def _row_head(place: int) -> str:
    return "best" if place == 0 else ""


def _cells(values: Mapping[str, object], names: list[str]) -> list[str]:
    return [number_text(values.get(name)) for name in names]


def _write(text: str) -> None:
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()
