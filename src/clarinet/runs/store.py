"""The database: connections, transactions of two classes of durability, and the rows of runs."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clarinet import files
from clarinet.names import nearest
from clarinet.runs import location, schema
from clarinet.runs.documents import to_json
from clarinet.runs.location import StoreError
from clarinet.runs.processes import process_token

if TYPE_CHECKING:
    from sqlite3 import Connection

    from clarinet.runs.run import Run

#: Seconds that a transaction waits for another process that writes.
PATIENCE = 30.0


class _Link:
    """A process's one connection to a database, which all its stores on that folder share.

    Opening and closing one costs more than a run's own work: the last to close moves the whole log into the database.
    """

    def __init__(self) -> None:
        import threading

        self.lock = threading.RLock()
        self.connection: Connection | None = None
        self.durable: bool | None = None
        self.file: tuple[int, int, int] | None = None  # process, device and number of the file


_links: dict[Path, _Link] = {}
_inherited: list[Connection | None] = []  # of the parent process: neither used nor closed after a fork


def _forked() -> None:
    for link in _links.values():
        _inherited.append(link.connection)
        link.__init__()  # type: ignore[misc]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


class Store:
    """A folder with the database of runs and a folder for each run's files.

    Args:
        folder: of the store; default see :func:`clarinet.runs.home`. Made when the first run is.

    Attributes:
        folder: its absolute path.

    Raises:
        StoreError: the folder is on a network file system or cannot be used, the database is damaged or was written by
            a newer Clarinet.

    Example:
        >>> import tempfile
        >>> store = Store(tempfile.mkdtemp())
        >>> run = store.start("digits")
        >>> run.log({"loss": 0.5})
        >>> run.finish()
        >>> store.get("digits").status
        'finished'
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        self.folder = location.home() if folder is None else Path(folder).expanduser().resolve()
        location.refuse_network(self.folder)
        self._path = files.database(self.folder / "runs.sqlite")
        self._link = _links.setdefault(self._path, _Link())

    @property
    def path(self) -> Path:
        """The database file."""
        return self._path

    @property
    def exists(self) -> bool:
        """Whether anything was ever kept here."""
        return self.path.exists()

    # Connections and transactions.

    @property
    def connection(self) -> Connection:
        """This process's connection; opened when first needed, and anew after a fork or when the file was exchanged."""
        link = self._link
        if link.connection is None or link.file != self._file():
            self.close()
            link.connection, link.durable = self._open(), None
            link.file = self._file()
        return link.connection

    def _file(self) -> tuple[int, int, int] | None:
        try:
            status = os.stat(self.path)
        except OSError:
            return None
        return os.getpid(), status.st_dev, status.st_ino

    def _open(self) -> Connection:
        import sqlite3

        with self._explained():
            self._make_folder()
            connection = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
            _write_ahead(connection)
            connection.execute("PRAGMA foreign_keys = ON")
            self._bring_up_to_date(connection)
        return connection

    def _make_folder(self) -> None:
        files.make_folder(self.folder / "runs")
        ignore = self.path.parent / ".gitignore"
        if not ignore.exists():
            ignore.write_text("# Runs are kept here; share one with `clarinet runs pack`.\n*\n", "utf-8")

    def _bring_up_to_date(self, connection: Connection) -> None:
        def version() -> int:
            return int(connection.execute("PRAGMA user_version").fetchone()[0])

        if version() > schema.VERSION:
            raise StoreError(
                f"{self.path}: written by a newer Clarinet (schema {version()}, this one knows up to "
                f"{schema.VERSION}); upgrade with pip install -U clarinet"
            )
        if version() == schema.VERSION:
            return
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        try:
            if version() == 0:  # looked at again: another process may have been quicker
                schema.create(connection)
            else:
                schema.migrate(connection, version())
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what SQLite and the system say into messages with a mend."""
        import sqlite3

        try:
            yield
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{self.path}: {error}; {_mend(str(error), self.path)}") from error
        except (PermissionError, FileExistsError, NotADirectoryError) as error:
            raise StoreError(
                f"the store of runs cannot be made in {self.folder} ({error.strerror}); set CLARINET_HOME to a folder "
                "that you may write to"
            ) from error

    @contextmanager
    def transaction(self, durable: bool = False) -> Iterator[Connection]:
        """Everything inside is kept, or nothing.

        Args:
            durable: wait until the disk has it, so that it survives a power cut; otherwise it survives the end of the
                process, however that comes about, and the power cut may cost the last moments.

        Raises:
            StoreError: the database is locked, full, read-only or damaged; nothing was kept.
        """
        files.note(self.folder)
        with self._link.lock, self._explained():
            connection = self.connection
            if self._link.durable is not durable:
                connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                self._link.durable = durable
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def query(self, sql: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
        """Rows of a query; none where there is no store yet.

        Raises:
            StoreError: the query is wrong or the database cannot be read.
        """
        if not self.exists:
            return []
        with self._link.lock, self._explained():
            return self.connection.execute(sql, parameters).fetchall()

    def compact(self) -> None:
        """Give the room of deleted rows back to the disk.

        Raises:
            StoreError: the database is in use or cannot be written.
        """
        with self._link.lock, self._explained():
            self.connection.execute("VACUUM")

    def close(self) -> None:
        """Give back the connection; it is opened again when needed."""
        link = self._link
        with link.lock:
            if link.connection is not None and link.file is not None and link.file[0] == os.getpid():
                link.connection.close()
            link.connection = link.file = None

    # Runs.

    def start(
        self,
        name: str | bool | None = None,
        *,
        config: Any = None,
        notes: str | None = None,
        tags: Any = (),
        group: str | None = None,
        documents: Mapping[str, Any] | None = None,
    ) -> Run:
        """Begin a run.

        Args:
            name: what to call it; a name that is taken gets a number: ``digits``, ``digits-2``. Default ``run-1``, ….
            config: settings, a JSON-able dictionary.
            notes: for people.
            tags: words to find it by.
            group: runs that belong together, e.g. one setting with several seeds.
            documents: further sections of the configuration, see :meth:`Run.document`.

        Raises:
            ValueError: a name that cannot be one. TypeError: settings that JSON cannot hold.
            StoreError: the store cannot be used.
        """
        from clarinet.runs.run import Run

        wanted = None if name is None or name is True else check_name(name)
        sections = {"config": dict(config or {}), **(documents or {})}
        bodies = [(section, to_json(section, body)) for section, body in sections.items()]
        uid = os.urandom(16).hex()
        with self.transaction(durable=True) as connection:
            row = connection.execute(
                'INSERT INTO runs (uid, name, status, started, notes, "group", process) '
                "VALUES (?, ?, 'running', ?, ?, ?, ?) RETURNING id",
                (uid, self._free_name(wanted), time.time(), notes, group, process_token(os.getpid())),
            ).fetchone()
            connection.executemany("INSERT INTO documents VALUES (?, ?, ?)", ((row[0], *body) for body in bodies))
            connection.executemany("INSERT INTO tags VALUES (?, ?)", ((row[0], tag) for tag in sorted(set(tags))))
        run = Run(self, row[0])
        files.make_folder(run.folder)
        run.begin_writing()
        return run

    def _free_name(self, wanted: str | None) -> str:
        taken = {row[0] for row in self.query("SELECT name FROM runs WHERE deleted IS NULL")}
        if wanted is not None and wanted not in taken:
            return wanted
        stem, number = (wanted, 2) if wanted is not None else ("run", 1)
        while f"{stem}-{number}" in taken:
            number += 1
        return f"{stem}-{number}"

    def get(self, name: str | int) -> Run:
        """The run of this name, or with this id.

        Raises:
            ValueError: there is none; the message holds the nearest name.
        """
        from clarinet.runs.run import Run

        column = "id" if isinstance(name, int) else "name"
        found = self.query(f"SELECT id FROM runs WHERE {column} = ? AND deleted IS NULL", (name,))
        if not found:
            names = [row[0] for row in self.query("SELECT name FROM runs WHERE deleted IS NULL ORDER BY id")]
            hint = (
                nearest(str(name), names) if names else 'there are no runs yet; give fit a name: fit(..., run="first")'
            )
            raise ValueError(f"no run {name!r} in {self.folder}: {hint}")
        return Run(self, found[0][0])

    def last(self) -> Run | None:
        """The run that was begun last; None where there are none."""
        from clarinet.runs.run import Run

        found = self.query("SELECT id FROM runs WHERE deleted IS NULL ORDER BY id DESC LIMIT 1")
        return Run(self, found[0][0]) if found else None

    def __repr__(self) -> str:
        return f"Store({str(self.folder)!r})"


def check_name(name: Any) -> str:
    """A name that people can type and file systems can hold.

    Raises:
        TypeError: not a string. ValueError: empty, too long, or with characters that names cannot hold.
    """
    if not isinstance(name, str):
        raise TypeError(f"run: expected a name, True or None, received {name!r}")
    if not name.strip() or len(name) > 100 or name[0] in ".-" or any(c in '/\\:*?"<>|' or c < " " for c in name):
        raise ValueError(
            f"run: {name!r} cannot be a run's name; expected 1 to 100 characters, none of / \\ : * ? \" < > |, not "
            "beginning with . or -, e.g. 'digits-128'"
        )
    return name


def _write_ahead(connection: Connection) -> None:
    """Switch the database to a write-ahead log; it stays so.

    SQLite waits for other processes everywhere but here: two that begin a new store at once meet, and one is told
    at once that the database is locked.
    """
    import sqlite3

    latest = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > latest:
                raise
        time.sleep(0.005)


def _mend(message: str, path: Path) -> str:
    if "locked" in message or "busy" in message:
        return "another program has kept it locked; end that program, or set CLARINET_HOME to another folder"
    if "full" in message:
        return "make room on the disk: `clarinet runs gc` empties the bin"
    if "readonly" in message or "unable to open" in message:
        return "make the folder writable, or set CLARINET_HOME to a folder that you may write to"
    if "malformed" in message or "not a database" in message:
        return f"the file is damaged: move it away, and save what can be read with `sqlite3 {path.name} .recover`"
    if "disk I/O" in message:
        return "the disk failed to read or write; look after it, or set CLARINET_HOME to another one"
    return "see docs/runs.md for the schema"
