"""A run as its store records it, in any state of the store."""

from __future__ import annotations

import warnings
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from numpy import float64
from numpy.typing import NDArray

from clarinet.problems import ClarinetWarning
from clarinet.records import LayerStats
from clarinet.runs import curves, places, stored
from clarinet.runs.endings import effective_status
from clarinet.runs.location import StoreError
from clarinet.runs.values import check_tags, check_text
from clarinet.types import Array, Config, Json

if TYPE_CHECKING:
    from clarinet.runs.database import Database, Row

#: Columns of the layers' statistics, without the run.
_LAYER = tuple(field.name for field in fields(LayerStats))


class Found(TypedDict):
    """A finding, see :class:`clarinet.problems.Problem`; the step is None before the first."""

    step: int | None
    kind: str
    where: str | None
    severity: str | None
    message: str


class Record:
    """A run of a store, for reading; notes, group and tags may be set at any time.

    Damaged parts are left out, and texts are shown without characters that control a terminal.

    Args:
        store: its store.
        id: its number there.

    Raises:
        StoreError: it is not there.
    """

    def __init__(self, store: Database, id: int) -> None:
        self.store, self.id = store, id
        uid, self._name = self._row("uid, name")
        self.uid, self.name = stored.name(uid), stored.name(self._name)

    @property
    def folder(self) -> Path:
        """Where its files are: the model, checkpoints, figures.

        Raises:
            StoreError: a link leads out of the store.
        """
        return places.inside(self.store.folder, "runs", places.folder_name(self.id, str(self._name)))

    def file(self, name: str) -> Path:
        """The path of one of its files, or of a folder among them.

        Raises:
            StoreError: a link leads out of the store.
        """
        return places.inside(self.folder, name)

    def _row(self, columns: str) -> Row:
        rows = self.store.query(f"SELECT {columns} FROM runs WHERE id = ?", (self.id,))
        if not rows:
            raise StoreError(f"run {self.id} is no longer in {self.store.folder}: it was removed for good")
        return rows[0]

    def _set(self, name: str, value: object) -> None:
        with self.store.transaction(durable=True) as connection:
            connection.execute(f'UPDATE runs SET "{name}" = ? WHERE id = ?', (value, self.id))

    @property
    def status(self) -> str:
        """``running``, ``finished``, ``failed`` (an exception), ``interrupted`` (Ctrl-C), or ``killed``: it never came
        to an end, and its process is gone."""
        return effective_status(*self._row("status, process"))

    @property
    def started(self) -> float:
        """Unix time of its beginning, by the machine's clock."""
        return stored.moment(self._row("started")[0])

    @property
    def ended(self) -> float | None:
        """Unix time of its end; None before that."""
        (value,) = self._row("ended")
        return None if value is None else stored.moment(value)

    @property
    def seconds(self) -> float:
        """Time spent so far, by a clock that cannot go back, over all resumes."""
        return stored.seconds(self._row("seconds")[0])

    @property
    def error(self) -> str | None:
        """The error that ended it."""
        return stored.optional(self._row("error")[0])

    @property
    def notes(self) -> str | None:
        """For people; may be set."""
        return stored.optional(self._row("notes")[0])

    @notes.setter
    def notes(self, text: str | None) -> None:
        self._set("notes", check_text(text, "notes"))

    @property
    def group(self) -> str | None:
        """Runs of one group belong together; may be set."""
        return stored.optional(self._row('"group"')[0])

    @group.setter
    def group(self, name: str | None) -> None:
        self._set("group", check_text(name, "group"))

    @property
    def tags(self) -> list[str]:
        """Tags, sorted; may be set."""
        rows = self.store.query("SELECT tag FROM tags WHERE run = ? ORDER BY tag", (self.id,))
        return [stored.name(row[0]) for row in rows]

    @tags.setter
    def tags(self, tags: object) -> None:
        words = check_tags(tags)
        with self.store.transaction(durable=True) as connection:
            connection.execute("DELETE FROM tags WHERE run = ?", (self.id,))
            connection.executemany("INSERT INTO tags VALUES (?, ?)", ((self.id, tag) for tag in words))

    def document(self, section: str) -> Json:
        """The record of a section (``"config"``, ``"model"``, ``"compile"``, ``"fit"``, ``"data"``, ``"environment"``,
        ``"program"``, ``"git"``); None where nothing was.

        Raises:
            StoreError: it is damaged.
        """
        found = self.store.query("SELECT body FROM documents WHERE run = ? AND section = ?", (self.id, section))
        return stored.document(section, found[0][0]) if found else None

    def section(self, name: str) -> Config:
        """A section of settings by name; empty where nothing was recorded.

        Raises:
            StoreError: it is damaged.
        """
        found = self.document(name)
        if found is not None and not isinstance(found, dict):
            raise StoreError(
                f"what was recorded of {name!r} is damaged: expected settings by name, found {found!r:.40}"
            )
        return found or {}

    def documents(self) -> Config:
        """All sections by name; damaged ones are left out, with a warning."""
        rows = self.store.query("SELECT section, body FROM documents WHERE run = ? ORDER BY section", (self.id,))
        found = {}
        for section, body in rows:
            try:
                found[stored.name(section)] = stored.document(stored.name(section), body)
            except StoreError as error:
                warnings.warn(f"run {self.name!r}: {error}; it is left out", ClarinetWarning, stacklevel=2)
        return found

    @property
    def summary(self) -> dict[str, float]:
        """The last value of every metric: of an epoch if there is one, else of ``log``, else of a step."""
        sql = "SELECT kind, name, last FROM series WHERE run = ? AND last_step IS NOT NULL"
        order = {"step": 0, "log": 1, "epoch": 2}
        ranked = sorted(self.store.query(sql, (self.id,)), key=lambda row: order.get(str(row[0]), -1))
        return {stored.name(name): stored.number(last) for _, name, last in ranked}

    @property
    def history(self) -> dict[str, list[float]]:
        """The numbers of the epochs, as ``fit`` returns them in ``History.history``, and each epoch's ``seconds``."""
        rows = self.store.query(
            "SELECT s.name, p.step, p.value FROM series s JOIN points p ON p.series = s.id "
            "WHERE s.run = ? AND s.kind = 'epoch' ORDER BY s.id, p.step",
            (self.id,),
        )
        by_name: dict[str, list[tuple[object, object]]] = {}
        for name, step, value in rows:
            by_name.setdefault(stored.name(name), []).append((step, value))
        return {name: list(stored.points(pairs).values()) for name, pairs in by_name.items()}

    @property
    def metrics(self) -> list[tuple[str, str]]:
        """Kind (``"step"``, ``"epoch"`` or ``"log"``) and name of every metric."""
        sql = "SELECT kind, name FROM series WHERE run = ? AND last_step IS NOT NULL ORDER BY kind, name"
        return [(stored.name(kind), stored.name(name)) for kind, name in self.store.query(sql, (self.id,))]

    def curve(
        self, name: str, by: str | None = None, points: int | None = None, method: str = "lttb"
    ) -> tuple[Array, NDArray[float64]]:
        """A metric's steps and values.

        Args:
            name: of the metric.
            by: ``"step"``, ``"epoch"`` or ``"log"``; default the finest there is.
            points: the largest number, chosen by ``method``; see :func:`clarinet.runs.downsample`.
            method: ``"lttb"`` or ``"minmax"``.

        Raises:
            ValueError: there is no such metric.
        """
        x, y = curves.read(self.store, self.id, name, by)
        return (x, y) if points is None else curves.downsample(x, y, points, method)

    @property
    def layers(self) -> list[dict[str, float]]:
        """Statistics of the layers on sampled steps."""
        rows = self.store.query(
            f"SELECT {', '.join(_LAYER)} FROM layers WHERE run = ? ORDER BY step, layer", (self.id,)
        )
        found = []
        for step, layer, *numbers, finite in rows:
            if (when := stored.whole(step)) is not None and (which := stored.whole(layer)) is not None:
                values = (stored.number(value) for value in numbers)
                found.append(dict(zip(_LAYER, (when, which, *values, int(bool(finite))))))
        return found

    @property
    def findings(self) -> list[Found]:
        """The findings, see :meth:`find`."""
        rows = self.store.query(
            'SELECT step, kind, "where", severity, message FROM findings WHERE run = ? ORDER BY id', (self.id,)
        )
        return [
            {
                "step": stored.whole(step),
                "kind": stored.name(kind),
                "where": stored.optional(where),
                "severity": stored.optional(severity),
                "message": stored.text(message),
            }
            for step, kind, where, severity, message in rows
        ]

    @property
    def samples(self) -> list[stored.Sample]:
        """A few rows of the data, with label and prediction, each a dictionary of lists; damaged ones are left out."""
        sql = "SELECT row, shape, dtype, input, label, prediction FROM samples WHERE run = ? ORDER BY row"
        found = []
        for row in self.store.query(sql, (self.id,)):
            with suppress(TypeError, ValueError, RecursionError, OverflowError):
                found.append(stored.sample(*row))
        return found


@dataclass(frozen=True)
class Entry:
    """One line of the list of runs.

    Attributes:
        id, name, status, started, seconds, group, notes: see :class:`Run`.
        tags: sorted.
        metrics: last values by name, and ``"loss.min"``, ``"loss.max"``, …; of single steps only where there are no
            others.
    """

    id: int
    name: str
    status: str
    started: float
    seconds: float
    group: str | None
    notes: str | None
    tags: tuple[str, ...] = ()
    metrics: dict[str, float] = field(default_factory=dict)
