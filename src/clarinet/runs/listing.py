"""Many runs: finding, comparing and grouping them, by their summaries alone."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from statistics import fmean, stdev

from clarinet.callbacks.monitor import Monitor
from clarinet.configurable import check_whole
from clarinet.names import nearest
from clarinet.runs import stored
from clarinet.runs.database import Sql
from clarinet.runs.endings import effective_status
from clarinet.runs.location import StoreError
from clarinet.runs.record import Entry
from clarinet.runs.run import Run
from clarinet.runs.settings import SECTIONS, Condition, conditions, flatten, matching
from clarinet.runs.store import Store


@dataclass(frozen=True)
class Group:
    """Runs that have one setting in common.

    Attributes:
        value: of the setting.
        names: of the runs.
        mean: of the metric over the runs.
        spread: its standard deviation over the runs (n − 1 below the line); NaN of one run.
    """

    value: object
    names: tuple[str, ...]
    mean: float
    spread: float


class Runs:
    """The runs of a store, seen from above. The functions of :mod:`clarinet.runs` are its methods on your own store.

    Args:
        store: default the one beside your code.
    """

    def __init__(self, store: Store | None = None) -> None:
        self.store = store or Store()

    def entries(
        self, where: str | Sequence[str] | None = None, *, sort: str | None = None, limit: int | None = None
    ) -> list[Entry]:
        """The runs, the newest first.

        Args:
            where: a condition or several, e.g. ``"val_accuracy > 0.9"``, ``["status = finished", "batch_size = 64"]``,
                on a column, a metric's last value (or ``loss.min``, ``loss.max``), a setting's full name such as
                ``fit.batch_size`` or the end of it.
            sort: by this column, metric or setting, ascending; a ``-`` before it: descending.
            limit: the largest number of runs.

        Raises:
            ValueError: a condition that makes no sense, or on something that no run has.
        """
        wanted = conditions(where)
        if limit is not None:
            limit = check_whole(limit, "limit", low=0)
        entries = self._read(None if wanted or sort else limit)
        settings: dict[int, dict[str, object]] = {}
        for condition in wanted:
            entries = self._filtered(entries, condition, settings)
        if sort is not None:
            entries = self._sorted(entries, sort, settings)
        return entries[:limit]

    def _read(self, limit: int | None = None) -> list[Entry]:
        rows = self.store.query(
            'SELECT id, name, status, process, started, seconds, "group", notes FROM runs WHERE deleted IS NULL '
            "ORDER BY id DESC LIMIT ?",
            (-1 if limit is None else limit,),
        )
        if not rows:
            return []
        least = stored.id(rows[-1][0])
        found = self._summaries(least)
        tags: dict[Sql, list[str]] = {}
        for run, tag in self.store.query("SELECT run, tag FROM tags WHERE run >= ? ORDER BY run, tag", (least,)):
            tags.setdefault(run, []).append(stored.name(tag))
        return [
            Entry(
                id, stored.name(name), effective_status(status, process), stored.moment(started),
                stored.seconds(seconds), stored.optional(group), stored.optional(notes), tuple(tags.get(id, ())),
                (found.get((id, "log"), {}) | found.get((id, "epoch"), {})) or found.get((id, "step"), {}),
            )
            for (key, name, status, process, started, seconds, group, notes) in rows
            for id in (stored.id(key),)
        ]  # fmt: skip

    def _summaries(self, least: int) -> dict[tuple[Sql, Sql], dict[str, float]]:
        """The metrics of the runs from this id on, by run and kind."""
        found: dict[tuple[Sql, Sql], dict[str, float]] = {}
        keys: dict[object, tuple[str, str, str]] = {}
        sql = "SELECT run, kind, name, last, min, max FROM series WHERE run >= ? AND last_step IS NOT NULL"
        for run, kind, name, *summary in self.store.query(sql, (least,)):
            if name not in keys:
                label = stored.name(name)
                keys[name] = label, f"{label}.min", f"{label}.max"
            found.setdefault((run, kind), {}).update(zip(keys[name], map(stored.number, summary)))
        return found

    def settings(self, ids: Sequence[int] | None = None) -> dict[int, dict[str, object]]:
        """The flat configuration of runs by id; default of all."""
        marks = ", ".join("?" * len(SECTIONS))
        chosen = "" if ids is None else f" AND run IN ({', '.join(str(int(i)) for i in ids)})"
        rows = self.store.query(
            f"SELECT run, section, body FROM documents WHERE section IN ({marks}){chosen}", SECTIONS
        )
        found: dict[int, dict[str, object]] = {}
        for run, section, body in rows:
            with suppress(StoreError):  # a damaged one is reported when its run is read
                name = stored.name(section)
                if isinstance(run, int):
                    found.setdefault(run, {}).update(flatten(stored.document(name, body), name))
        return found

    def _values(self, entry: Entry, key: str, settings: dict[int, dict[str, object]]) -> list[object]:
        """An entry's value for a key; settings are loaded when they are first needed."""
        if key in ("tag", "tags"):
            return list(entry.tags)
        if key in Entry.__dataclass_fields__ and key != "metrics":
            return [getattr(entry, key)]
        if key in entry.metrics:
            return [entry.metrics[key]]
        if not settings:
            settings.update(self.settings() or {-1: {}})
        own = settings.get(entry.id, {})
        return [own[name] for name in matching(own, key)]

    def _known(self, entries: Sequence[Entry], key: str, settings: dict[int, dict[str, object]]) -> None:
        if entries and not any(self._values(entry, key, settings) for entry in entries) and key not in ("tag", "tags"):
            names = {name for entry in entries for name in entry.metrics if "." not in name}
            names |= {name.rpartition(".")[2] for own in settings.values() for name in own}
            raise ValueError(f"no run has a metric or a setting {key!r}: {nearest(key, names or {'loss'})}")

    def _filtered(
        self, entries: list[Entry], condition: Condition, settings: dict[int, dict[str, object]]
    ) -> list[Entry]:
        self._known(entries, condition.key, settings)
        return [entry for entry in entries if condition.holds(self._values(entry, condition.key, settings))]

    def _sorted(self, entries: list[Entry], sort: str, settings: dict[int, dict[str, object]]) -> list[Entry]:
        key = sort.removeprefix("-")
        self._known(entries, key, settings)
        valued = [(self._values(entry, key, settings)[:1], entry) for entry in entries]
        there = [(values[0], entry) for values, entry in valued if values and values[0] is not None]
        there = [(value, entry) for value, entry in there if value == value]  # NaN has no order
        numbers = [value for value, _ in there if isinstance(value, (int, float))]
        keys: list[tuple[float, str]] = [(number, "") for number in numbers]
        if len(numbers) < len(there):
            keys = [(0.0, str(value)) for value, _ in there]
        order = sorted(range(len(there)), key=keys.__getitem__, reverse=sort.startswith("-"))
        there = [there[place] for place in order]
        placed = {entry.id for _, entry in there}
        return [entry for _, entry in there] + [entry for entry in entries if entry.id not in placed]

    def best(self, metric: str = "val_loss", mode: str = "auto", where: str | Sequence[str] | None = None) -> Run:
        """The run with the best value of a metric at any time.

        Args:
            metric: its name.
            mode: ``"min"``, ``"max"``, or ``"auto"``, which decides by the name.
            where: only of these runs, see :meth:`entries`.

        Raises:
            ValueError: no run has the metric; or ``"auto"`` for a name that does not say it.
        """
        entries = self.entries(where)
        better = Monitor(metric, mode).sign
        key = f"{metric}.{'max' if better > 0 else 'min'}"
        valued = [entry for entry in entries if not math.isnan(entry.metrics.get(key, math.nan))]
        if not valued:
            names = {name for entry in entries for name in entry.metrics if "." not in name}
            hint = nearest(metric, names) if names else "there are none yet"
            raise ValueError(f"best: no run has values of {metric!r}: {hint}")
        return Run(self.store, max(valued, key=lambda entry: better * entry.metrics[key]).id)

    def diff(self, *names: str | int) -> dict[str, tuple[object, ...]]:
        """Settings that differ between these runs: the value in each of them by name, None if it has none.

        Raises:
            ValueError: fewer than two runs, or an unknown one.
        """
        found = self._several(names, "diff")
        settings = self.settings([run.id for run in found])
        each = [settings.get(run.id, {}) for run in found]
        keys = dict.fromkeys(key for own in each for key in own)
        rows = {key: tuple(own.get(key) for own in each) for key in keys}
        return {key: values for key, values in rows.items() if any(value != values[0] for value in values)}

    def compare(self, *names: str | int) -> dict[str, tuple[float | None, ...]]:
        """The last value of every metric in each of these runs; None if it has none.

        Raises:
            ValueError: fewer than two runs, or an unknown one.
        """
        each = [run.summary for run in self._several(names, "compare")]
        return {key: tuple(own.get(key) for own in each) for key in dict.fromkeys(key for own in each for key in own)}

    def _several(self, names: Sequence[str | int], what: str) -> list[Run]:
        if len(names) < 2:
            raise ValueError(
                f"{what}: expected two runs or more, received {len(names)}, e.g. {what}('first', 'second')"
            )
        return [self.store.get(name) for name in names]

    def group(self, by: str, metric: str = "val_loss", where: str | Sequence[str] | None = None) -> list[Group]:
        """Mean and spread of a metric over runs that have a setting in common, e.g. over seeds.

        Args:
            by: a setting (``"learning_rate"``), ``"group"``, ``"tag"``, …; see :meth:`entries`.
            metric: whose last value, or e.g. ``"val_loss.min"``.
            where: only of these runs.

        Raises:
            ValueError: no run has the setting or the metric.
        """
        entries, settings = self.entries(where), dict[int, dict[str, object]]()
        for key in (by, metric):
            self._known(entries, key, settings)
        members: dict[str, list[tuple[object, Entry]]] = {}
        for entry in entries:
            for value in (
                self._values(entry, by, settings) if by in ("tag", "tags") else self._values(entry, by, settings)[:1]
            ):
                if metric in entry.metrics:
                    members.setdefault(json.dumps(value), []).append((value, entry))
        return [_group(pairs, metric) for _, pairs in sorted(members.items())]


def _group(pairs: Sequence[tuple[object, Entry]], metric: str) -> Group:
    numbers = [entry.metrics[metric] for _, entry in pairs]
    spread = stdev(numbers) if len(numbers) > 1 else math.nan
    return Group(pairs[0][0], tuple(entry.name for _, entry in pairs), fmean(numbers), spread)
