"""One run: what is known of it, and, while it is going on, the pen that writes it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from clarinet import files
from clarinet.runs import curves
from clarinet.runs.documents import to_json
from clarinet.runs.processes import is_alive, process_token
from clarinet.runs.settings import Config
from clarinet.runs.writing import Writer

if TYPE_CHECKING:
    from clarinet.problems import Problem
    from clarinet.runs.store import Store


class Run:
    """One run of a store. Made by ``runs.start`` or ``runs.get``.

    Args:
        store: where it is kept.
        id: its number there.

    Example:
        >>> import tempfile
        >>> from clarinet.runs import Store
        >>> with Store(tempfile.mkdtemp()).start("temperatures", config={"city": "Graz"}) as run:
        ...     for day in range(3):
        ...         run.log({"celsius": 20.0 + day})
        >>> run.status, run.config["city"], run.summary["celsius"]
        ('finished', 'Graz', 22.0)
    """

    def __init__(self, store: Store, id: int) -> None:
        self.store, self.id = store, id
        self._writer: Writer | None = None
        (self.uid, self.name) = store.query("SELECT uid, name FROM runs WHERE id = ?", (id,))[0]

    # What is known.

    @property
    def folder(self) -> Path:
        """Where its files are: the model, checkpoints, figures."""
        return self.store.folder / "runs" / f"{self.id}-{self.name}"

    def _column(self, name: str) -> Any:
        return self.store.query(f'SELECT "{name}" FROM runs WHERE id = ?', (self.id,))[0][0]

    def _set(self, name: str, value: Any) -> None:
        with self.store.transaction(durable=True) as connection:
            connection.execute(f'UPDATE runs SET "{name}" = ? WHERE id = ?', (value, self.id))

    @property
    def status(self) -> str:
        """``running``, ``finished``, ``failed`` (an exception), ``interrupted`` (Ctrl-C), or ``killed``: it never came
        to an end, and its process is gone."""
        status, process = self.store.query("SELECT status, process FROM runs WHERE id = ?", (self.id,))[0]
        return effective_status(status, process)

    @property
    def started(self) -> float:
        """Unix time of its beginning, by the machine's clock."""
        return float(self._column("started"))

    @property
    def ended(self) -> float | None:
        """Unix time of its end; None before that."""
        value: float | None = self._column("ended")
        return value

    @property
    def seconds(self) -> float:
        """Time spent so far, by a clock that cannot go back, over all resumes."""
        return self._writer.seconds if self._writer is not None else float(self._column("seconds"))

    @property
    def error(self) -> str | None:
        """What made it fail."""
        value: str | None = self._column("error")
        return value

    @property
    def notes(self) -> str | None:
        """For people; may be set."""
        value: str | None = self._column("notes")
        return value

    @notes.setter
    def notes(self, text: str | None) -> None:
        self._set("notes", text)

    @property
    def group(self) -> str | None:
        """Runs of one group belong together; may be set."""
        value: str | None = self._column("group")
        return value

    @group.setter
    def group(self, name: str | None) -> None:
        self._set("group", name)

    @property
    def tags(self) -> list[str]:
        """Words to find it by, sorted; may be set."""
        return [row[0] for row in self.store.query("SELECT tag FROM tags WHERE run = ? ORDER BY tag", (self.id,))]

    @tags.setter
    def tags(self, tags: Any) -> None:
        with self.store.transaction(durable=True) as connection:
            connection.execute("DELETE FROM tags WHERE run = ?", (self.id,))
            connection.executemany("INSERT INTO tags VALUES (?, ?)", ((self.id, tag) for tag in sorted(set(tags))))

    @property
    def config(self) -> Config:
        """The settings that the program gave; more may be set: ``run.config.epochs = 3``. See :meth:`document` for all
        that was recorded."""
        return Config(self)

    def document(self, section: str) -> Any:
        """What was recorded of a section (``"config"``, ``"model"``, ``"compile"``, ``"fit"``, ``"data"``,
        ``"environment"``, ``"program"``); None where nothing was."""
        found = self.store.query("SELECT body FROM documents WHERE run = ? AND section = ?", (self.id, section))
        return json.loads(found[0][0]) if found else None

    def documents(self) -> dict[str, Any]:
        """All sections by name."""
        rows = self.store.query("SELECT section, body FROM documents WHERE run = ? ORDER BY section", (self.id,))
        return {section: json.loads(body) for section, body in rows}

    @property
    def summary(self) -> dict[str, float]:
        """The last value of every metric: of an epoch where there is one, else of ``log``, else of a step."""
        rows = self.store.query("SELECT kind, name, last FROM series WHERE run = ?", (self.id,))
        order = {"step": 0, "log": 1, "epoch": 2}
        ranked = sorted(rows, key=lambda row: order[row[0]])
        return {name: float("nan") if last is None else last for _, name, last in ranked}

    @property
    def history(self) -> dict[str, list[float]]:
        """The numbers of the epochs, as ``fit`` returns them in ``History.history``, and each epoch's ``seconds``."""
        rows = self.store.query(
            "SELECT s.name, p.value FROM series s JOIN points p ON p.series = s.id "
            "WHERE s.run = ? AND s.kind = 'epoch' ORDER BY s.id, p.step",
            (self.id,),
        )
        found: dict[str, list[float]] = {}
        for name, value in rows:
            found.setdefault(name, []).append(float("nan") if value is None else value)
        return found

    @property
    def metrics(self) -> list[tuple[str, str]]:
        """Kind (``"step"``, ``"epoch"`` or ``"log"``) and name of every metric."""
        rows = self.store.query("SELECT kind, name FROM series WHERE run = ? ORDER BY kind, name", (self.id,))
        return [(row[0], row[1]) for row in rows]

    def curve(
        self, name: str, by: str | None = None, points: int | None = None, method: str = "lttb"
    ) -> tuple[NDArray[Any], NDArray[np.float64]]:
        """A metric's steps and values.

        Args:
            name: of the metric.
            by: ``"step"``, ``"epoch"`` or ``"log"``; default the finest there is.
            points: so many at most, chosen by ``method``; see :func:`clarinet.runs.downsample`.
            method: ``"lttb"`` or ``"minmax"``.

        Raises:
            ValueError: there is no such metric.
        """
        x, y = curves.read(self.store, self.id, name, by)
        return (x, y) if points is None else curves.downsample(x, y, points, method)

    @property
    def findings(self) -> list[dict[str, Any]]:
        """What was found wrong or doubtful; see :meth:`find`."""
        rows = self.store.query(
            'SELECT step, kind, "where", severity, message FROM findings WHERE run = ? ORDER BY id', (self.id,)
        )
        return [dict(zip(("step", "kind", "where", "severity", "message"), row)) for row in rows]

    @property
    def samples(self) -> list[dict[str, Any]]:
        """A few rows of the data, with label and prediction, each a dictionary of lists."""
        rows = self.store.query(
            "SELECT row, shape, dtype, input, label, prediction FROM samples WHERE run = ? ORDER BY row", (self.id,)
        )
        return [
            {
                "row": row,
                "input": np.frombuffer(given, dtype).reshape(json.loads(shape)).tolist(),
                "label": None if label is None else json.loads(label),
                "prediction": json.loads(prediction),
            }
            for row, shape, dtype, given, label, prediction in rows
        ]

    # Writing.

    @property
    def is_open(self) -> bool:
        """Whether this object is writing the run."""
        return self._writer is not None

    def begin_writing(self) -> None:
        """Make this object the run's writer: of a new run, or of an old one that is resumed."""
        if self._writer is None:
            self._writer = Writer(self.store, self.id)

    def reopen(self) -> None:
        """Go on with a run that has ended or was killed: its status is ``running`` again, durably.

        Raises:
            ValueError: it is running in another process.
        """
        if self._writer is not None:
            return
        own, writer = process_token(os.getpid()), self._column("process")
        busy = self.status == "running" and writer != own
        with self.store.transaction(durable=True) as connection:
            change = "status = 'running', ended = NULL, error = NULL, process = ?"
            sql = f"UPDATE runs SET {change} WHERE id = ? AND process IS ?"  # unless somebody was quicker
            taken = not busy and connection.execute(sql, (own, self.id, writer)).rowcount
        if not taken:
            raise ValueError(f"run {self.name!r} is still running in another process; wait for it, or end it first")
        files.make_folder(self.folder)
        self.begin_writing()

    @property
    def writer(self) -> Writer:
        """What takes records while the run is going on.

        Raises:
            ValueError: the run is not being written by this object.
        """
        if self._writer is None:
            raise ValueError(f"run {self.name!r} has ended; begin another with clarinet.runs.start, or reopen() it")
        return self._writer

    def log(self, values: Mapping[str, Any], step: int | None = None) -> None:
        """Keep some numbers. They are on disk within a second; see the durability classes in ``docs/runs.md``.

        Args:
            values: numbers by name.
            step: when they were measured; default one more than the last call's, from 0. A step that comes again
                replaces its numbers.

        Raises:
            TypeError: a value that is no number. ValueError: the run has ended.
        """
        self.writer.log(values, step)

    def record_all(self, documents: Mapping[str, Any]) -> None:
        """Keep several sections as one; see :meth:`record`."""
        bodies = [(self.id, section, to_json(section, document)) for section, document in documents.items()]
        with self.store.transaction(durable=True) as connection:
            connection.executemany("INSERT OR REPLACE INTO documents VALUES (?, ?, ?)", bodies)

    def record(self, section: str, document: Any) -> None:
        """Keep a section of the configuration, durably; it replaces one of the same name.

        Raises:
            TypeError: what JSON cannot hold. StoreError: it could not be kept.
        """
        self.record_all({section: document})

    def find(self, problem: Problem, step: int | None = None) -> None:
        """Keep something that was found wrong or doubtful.

        Args:
            problem: what.
            step: when, if it belongs to a step.
        """
        values = self.id, step, problem.kind, problem.where, problem.severity, problem.message
        sql = 'INSERT INTO findings (run, step, kind, "where", severity, message) VALUES (?, ?, ?, ?, ?, ?)'
        self.writer.row(sql, values)

    def rewind(self, step: int, epoch: int) -> None:
        """Forget the numbers of steps after ``step`` and of epochs from ``epoch`` on, durably: they are run again.

        Args:
            step: the last step, over the model's life and from 1, that stays.
            epoch: the first epoch, from 0, that is run again.
        """
        self.writer.rewind(step, epoch)

    def finish(self, status: str = "finished", error: str | None = None) -> None:
        """End the run, durably; a second call does nothing.

        Args:
            status: ``"finished"``, ``"failed"`` or ``"interrupted"``.
            error: what made it fail.
        """
        if self._writer is None:
            return
        seconds = self._writer.seconds
        self._writer.close()
        self._writer = None
        with self.store.transaction(durable=True) as connection:
            connection.execute(
                "UPDATE runs SET status = ?, error = ?, ended = ?, seconds = ?, process = NULL WHERE id = ?",
                (status, error, time.time(), seconds, self.id),
            )

    # What may be done with it afterwards.

    def export(self, path: str | Path) -> Path:
        """Write everything but its files to a ``.csv`` (every value a line) or ``.json`` file."""
        from clarinet.runs.exporting import export

        return export(self, path)

    def to_html(self, path: str | Path | None = None) -> Path:
        """Write one page that shows it all, and needs nothing else; default ``report.html`` in the run's folder."""
        from clarinet.runs.page import write

        return write(self, self.folder / "report.html" if path is None else Path(path))

    def delete(self) -> None:
        """Put it in the bin, from which ``runs.restore(name)`` takes it back for 30 days.

        Raises:
            ValueError: it is still running.
        """
        from clarinet.runs.bin import delete

        delete(self)

    def __enter__(self) -> Self:
        self.begin_writing()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.finish(*ending(error))

    def __repr__(self) -> str:
        return f"Run({self.name!r}, {self.status})"


def ending(error: BaseException | None) -> tuple[str, str | None]:
    """Status and message of a run that this exception, or None, ends."""
    if error is None:
        return "finished", None
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", None
    return "failed", f"{type(error).__name__}: {error}"


def effective_status(status: str, process: str | None) -> str:
    """The status in the store, with ``killed`` for a run whose process is gone."""
    return "killed" if status == "running" and not is_alive(process) else status
