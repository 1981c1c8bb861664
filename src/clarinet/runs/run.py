"""One run, with the pen that writes it while it is going on."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from clarinet import files
from clarinet.escaping import harmless
from clarinet.logs import check_metric, shown
from clarinet.runs.documents import to_json
from clarinet.runs.endings import ENDED, effective_status, ending
from clarinet.runs.processes import process_token
from clarinet.runs.record import Record
from clarinet.runs.settings import Config
from clarinet.runs.values import check_step
from clarinet.runs.writing import FINDING, Writer

if TYPE_CHECKING:
    from clarinet.problems import Problem
    from clarinet.runs.database import Database


class Run(Record):
    """One run of a store, for reading and writing. Made by ``runs.start`` or ``runs.get``.

    Args:
        store: its store.
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

    def __init__(self, store: Database, id: int) -> None:
        super().__init__(store, id)
        self._writer: Writer | None = None
        self._claimed: object = None  # by the fit that it records

    @property
    def seconds(self) -> float:
        """Time spent so far, by a clock that cannot go back, over all resumes."""
        return super().seconds if self._writer is None else self._writer.seconds

    @property
    def config(self) -> Config:
        """The settings of the program; more may be set: ``run.config.epochs = 3``. See :meth:`document` for all that
        was recorded."""
        return Config(self)

    # Writing.

    @property
    def is_open(self) -> bool:
        """Whether this object is writing the run, in this process."""
        return self._writer is not None and self._writer.process == os.getpid()

    def begin_writing(self) -> None:
        """Make this object the run's writer: of a new run, or of an old one that is resumed."""
        if not self.is_open:
            self._writer = Writer(self.store, self.id)
            self.store.link.writing[self.id] = self

    def reopen(self) -> None:
        """Go on with a run that has ended or was killed: its status is ``running`` again, durably.

        Raises:
            ValueError: it is running in another process, or another object of this one writes it.
        """
        if self.is_open:
            return
        status, writer = self._row("status, process")
        own = process_token(os.getpid())
        if writer == own and self.id in self.store.link.writing:
            raise ValueError(f"run {self.name!r} is being written by this program already; wait until that has ended")
        busy = effective_status(status, writer) == "running" and writer != own
        with self.store.transaction(durable=True) as connection:
            change = "status = 'running', ended = NULL, error = NULL, process = ?"
            sql = f"UPDATE runs SET {change} WHERE id = ? AND process IS ?"  # unless somebody was quicker
            taken = not busy and connection.execute(sql, (own, self.id, writer)).rowcount
        if not taken:
            raise ValueError(f"run {self.name!r} is still running in another process; wait for it, or end it first")
        files.make_folder(self.folder)
        self.begin_writing()

    def claim(self, fit: object) -> None:
        """Keep one ``fit`` in the run, until it is released; two at a time would overwrite each other's steps.

        Raises:
            ValueError: another one has it.
        """
        with self.store.link.lock:
            if self._claimed not in (None, fit):
                raise ValueError(
                    f"run {self.name!r}: another fit is recorded in it; wait until that has ended, or give this one "
                    "a run of its own"
                )
            self._claimed = fit

    def release(self, fit: object) -> None:
        """End a :meth:`claim`, so that the next fit may have one."""
        self._claimed = None if self._claimed is fit else self._claimed

    @property
    def writer(self) -> Writer:
        """The writer of records while the run is going on.

        Raises:
            ValueError: the run is not being written by this object.
        """
        if self._writer is None:
            raise ValueError(f"run {self.name!r} has ended; begin another with clarinet.runs.start, or reopen() it")
        if self._writer.process != os.getpid():
            raise ValueError(
                f"run {self.name!r} is written by the process that began it, of which this is a child; begin one of "
                "its own with clarinet.runs.start"
            )
        return self._writer

    def log(self, values: Mapping[str, object], step: int | None = None) -> None:
        """Keep some numbers. They are on disk within a second; see the durability classes in ``docs/runs.md``.

        Args:
            values: numbers by name: Python's, NumPy's, a tensor with one element, ….
            step: when they were measured, any whole number that fits into 64 bits; default one more than the last
                call's, from 0. A step that comes again replaces its numbers.

        Raises:
            TypeError: a value that is no number, a step that is no whole number, a name that is no text; then none of
                the numbers is kept. ValueError: the run has ended; a name or a step that no store can hold.
        """
        self.writer.log(values, step)

    def record_all(self, documents: Mapping[str, object]) -> None:
        """Keep several sections as one; see :meth:`record`."""
        bodies = [
            (self.id, check_metric(section), to_json(section, document)) for section, document in documents.items()
        ]
        with self.store.transaction(durable=True) as connection:
            connection.executemany("INSERT OR REPLACE INTO documents VALUES (?, ?, ?)", bodies)

    def record(self, section: str, document: object) -> None:
        """Keep a section of the configuration, durably; it replaces one of the same name.

        Raises:
            TypeError: a value that JSON cannot hold. StoreError: it could not be kept.
        """
        self.record_all({section: document})

    def find(self, problem: Problem, step: int | None = None) -> None:
        """Keep something that was found wrong or doubtful.

        Args:
            problem: the finding.
            step: when, if it belongs to a step.
        """
        words = (None if w is None else harmless(w) for w in (problem.kind, problem.where, problem.severity))
        when = None if step is None else check_step(step, "find: step")
        self.writer.row(FINDING, (self.id, when, *words, harmless(problem.message)))

    def rewind(self, step: int, epoch: int) -> None:
        """Forget the numbers of steps after ``step`` and of epochs from ``epoch`` on, durably: they are run again.

        Args:
            step: the last step, over the model's life and from 1, that stays.
            epoch: the first epoch, from 0, that is run again.
        """
        self.writer.rewind(check_step(step, "rewind: step"), check_step(epoch, "rewind: epoch"))

    def finish(self, status: str = "finished", error: str | None = None) -> None:
        """End the run, durably; a second call does nothing, nor does one in a child of the process that began it.

        If some of its numbers could not be kept, a run counts as failed.

        Args:
            status: ``"finished"``, ``"failed"`` or ``"interrupted"``.
            error: the error that ended it.

        Raises:
            ValueError: another status. StoreError: the end cannot be kept.
        """
        if status not in ENDED:
            raise ValueError(f"finish: status is one of {', '.join(ENDED)}, received {shown(status)}")
        if not self.is_open:
            return
        writer = self.writer
        self._writer = None
        self.store.link.writing.pop(self.id, None)
        lost = writer.close()
        status = "failed" if lost and status == "finished" else status
        message = "; ".join(part for part in (error, lost) if part) or None
        values = status, message and harmless(message), time.time(), writer.seconds, self.id
        with self.store.transaction(durable=True) as connection:
            sql = "UPDATE runs SET status = ?, error = ?, ended = ?, seconds = ?, process = NULL WHERE id = ?"
            connection.execute(sql, values)

    # After its end.

    def export(self, path: str | Path) -> Path:
        """Write everything but its files to a ``.csv`` (every value a line) or ``.json`` file."""
        from clarinet.runs.exporting import export

        return export(self, path)

    def to_html(self, path: str | Path | None = None) -> Path:
        """Write one page that shows everything, and needs nothing else; default ``report.html`` in the run's folder."""
        from clarinet.runs.page import write

        if path is None:
            self.store.check_writable()
            files.make_folder(self.folder)
        return write(self, self.file("report.html") if path is None else Path(path))

    def delete(self) -> None:
        """Put it in the bin, from which ``runs.restore(name)`` takes it back for 30 days; its name is free again.

        Raises:
            ValueError: it is still running.
        """
        if self.status == "running":
            raise ValueError(f"run {self.name!r} is still running; end it first")
        with self.store.transaction(durable=True) as connection:
            connection.execute("UPDATE runs SET deleted = ? WHERE id = ?", (time.time(), self.id))

    def __enter__(self) -> Self:
        self.begin_writing()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.finish(*ending(error))

    def __repr__(self) -> str:
        return f"Run({self.name!r}, {self.status})"
