"""One run: what is known of it, and, while it is going on, the pen that writes it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from clarinet.runs.documents import to_json
from clarinet.runs.processes import is_alive, process_token
from clarinet.runs.writing import Writer

if TYPE_CHECKING:
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
        self._began = 0.0
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
        return float(self._column("seconds")) + (time.monotonic() - self._began if self._writer is not None else 0.0)

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
    def config(self) -> dict[str, Any]:
        """The settings that the program gave; see :meth:`document` for all that was recorded."""
        config: dict[str, Any] = self.document("config") or {}
        return config

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

    # Writing.

    @property
    def is_open(self) -> bool:
        """Whether this object is writing the run."""
        return self._writer is not None

    def begin_writing(self) -> None:
        """Make this object the run's writer: of a new run, or of an old one that is resumed."""
        if self._writer is None:
            self._began = time.monotonic()
            self._writer = Writer(self.store, self.id)

    def reopen(self) -> None:
        """Go on with a run that has ended or was killed: its status is ``running`` again, durably.

        Raises:
            ValueError: it is running in another process.
        """
        if self._writer is not None:
            return
        if self.status == "running" and self._column("process") != process_token(os.getpid()):
            raise ValueError(f"run {self.name!r} is still running in another process; wait for it, or end it first")
        with self.store.transaction(durable=True) as connection:
            connection.execute(
                "UPDATE runs SET status = 'running', ended = NULL, error = NULL, process = ? WHERE id = ?",
                (process_token(os.getpid()), self.id),
            )
        self.folder.mkdir(parents=True, exist_ok=True)
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
        seconds = time.monotonic() - self._began
        self._writer.close()
        self._writer = None
        with self.store.transaction(durable=True) as connection:
            connection.execute(
                "UPDATE runs SET status = ?, error = ?, ended = ?, seconds = seconds + ?, process = NULL WHERE id = ?",
                (status, error, time.time(), seconds, self.id),
            )

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
