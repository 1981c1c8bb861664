"""Opening the database: it is made if missing, upgraded if old, and read-only if it cannot be written."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from clarinet import files
from clarinet.escaping import harmless_name
from clarinet.runs import places, schema
from clarinet.runs.location import StoreError

if TYPE_CHECKING:
    from sqlite3 import Connection


#: Seconds that a transaction waits for another process that writes.
PATIENCE = 30.0
DATABASE = "runs.sqlite"


class Link:
    """A process's one connection to a database, which all its stores on that folder share.

    Opening and closing one costs more than a run's own work: the last to close moves the whole log into the database.
    So the link that was used last stays open; any other is closed with the last store on its folder.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.connection: Connection | None = None
        self.durable: bool | None = None
        self.hasty: int | None = None  # the thread whose transactions are not durable
        self.readonly = False
        self.file: tuple[int, int, int] | None = None  # process, device and number of the file
        self.writing: WeakValueDictionary[int, object] = WeakValueDictionary()  # runs that this process writes

    def close(self) -> None:
        """Give back the connection; it is opened again when needed."""
        with self.lock:
            if self.connection is not None:
                self.connection.close()
            self.connection = self.file = None

    def __del__(self) -> None:
        self.close()


_links: WeakValueDictionary[Path, Link] = WeakValueDictionary()
_recent: deque[Link] = deque(maxlen=1)  # stays open between two calls of a program that holds no store
_inherited: list[Connection | None] = []  # of the parent process: neither used nor closed after a fork


def link_to(path: Path) -> Link:
    """The link to a database."""
    link = _links.get(path)
    if link is None:
        link = _links[path] = Link()
    _recent.append(link)
    return link


def _forked() -> None:
    for link in list(_links.values()):
        _inherited.append(link.connection)
        link.__init__()  # type: ignore[misc]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def open_database(folder: Path, path: Path) -> tuple[Connection, bool]:
    """A connection to the database of a store, and whether it can only read.

    Args:
        folder: of the store.
        path: of the database.

    Raises:
        StoreError: it cannot be opened; the message says what to do.
    """
    with explained(path):
        for ending in ("", "-wal", "-shm", "-journal"):
            places.inside(Path(os.path.realpath(path.parent)), path.name + ending)
        if path.exists() and not _writable(path):
            connection = _settled(_open_to_read(path))
            _version(connection, path)
            return connection, True
        _make_folder(folder, path.parent)
        connection = _connect(str(path))
        try:
            _write_ahead(connection)
            _settled(connection).execute("PRAGMA foreign_keys = ON")
            _bring_up_to_date(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection, False


def _writable(path: Path) -> bool:
    """Whether SQLite could write: it creates files next to the database."""
    return all(os.access(place, os.W_OK) for place in (path.parent, path))


def _connect(path: str, uri: bool = False) -> Connection:
    import sqlite3

    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False, uri=uri)
    connection.text_factory = partial(str, encoding="utf-8", errors="replace")
    return connection


def _settled(connection: Connection) -> Connection:
    """Do not trust a database from elsewhere."""
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    return connection


def _open_to_read(path: Path) -> Connection:
    """A connection to a database that cannot be written: as it is, with its log if there is one."""
    import sqlite3

    uri = path.as_uri()
    log = path.with_name(f"{path.name}-wal")
    with suppress(sqlite3.OperationalError):  # works where another process has it open
        connection = _connect(f"{uri}?mode=ro", uri=True)
        try:
            connection.execute("SELECT count(*) FROM sqlite_master")
            return connection
        except sqlite3.OperationalError:
            connection.close()
    if not log.exists() or log.stat().st_size == 0:
        return _connect(f"{uri}?mode=ro&immutable=1", uri=True)
    with tempfile.TemporaryDirectory() as folder:  # SQLite cannot read a log where it cannot make its index
        copy = _connect(shutil.copy(path, folder))
        shutil.copy(log, folder)
        whole = _connect(":memory:")
        copy.backup(whole)
        copy.close()
    whole.execute("PRAGMA query_only = ON")
    return whole


def _make_folder(folder: Path, beside: Path) -> None:
    files.make_folder(folder / "runs")
    with suppress(FileExistsError), (beside / ".gitignore").open("x", encoding="utf-8") as file:
        file.write("# Runs are kept here; share one with `clarinet runs pack`.\n*\n")


def _version(connection: Connection, path: Path) -> int:
    """Version of the schema; 0 in a new database."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > schema.VERSION:
        raise StoreError(
            f"{path}: written by a newer Clarinet (schema {version}, this one knows up to {schema.VERSION}); upgrade "
            "with pip install -U clarinet"
        )
    if version < 0:
        raise StoreError(f"{path} is damaged, or is not a store of runs (schema version {version}); move it away")
    return version


def _bring_up_to_date(connection: Connection, path: Path) -> None:
    if _version(connection, path) == schema.VERSION:
        return
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection, path)  # looked at again: another process may have been quicker
        if version == 0:
            schema.create(connection)
        else:
            schema.migrate(connection, version)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn errors of SQLite and the system into messages with a fix."""
    import sqlite3

    try:
        yield
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise StoreError(f"{path}: {harmless_name(error)}; {_fix(str(error), path)}") from error
    except UnicodeDecodeError as error:  # a damaged name, with SQLite's own message
        raise StoreError(f"{path}: {_fix('malformed', path)}") from error
    except StoreError:
        raise
    except OSError as error:
        raise StoreError(
            f"the store of runs cannot be made in {path.parent} ({error.strerror}); set CLARINET_HOME to a folder that "
            "you may write to"
        ) from error


def _write_ahead(connection: Connection) -> None:
    """Switch the database to a write-ahead log; it stays so.

    SQLite waits for other processes everywhere but here: if two begin a new store at the same time, one gets the error
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


def _fix(message: str, path: Path) -> str:
    if "locked" in message or "busy" in message:
        return "another program keeps it locked; end that program, or set CLARINET_HOME to another folder"
    if "full" in message:
        return "make room on the disk: `clarinet runs gc` empties the bin"
    if "readonly" in message or "unable to open" in message:
        return "make the folder writable, or set CLARINET_HOME to a folder that you may write to"
    if "malformed" in message or "not a database" in message:
        return f"the file is damaged: move it away, and save what can be read with `sqlite3 {path.name} .recover`"
    if "disk I/O" in message:
        return "the disk failed to read or write; look after it, or set CLARINET_HOME to another one"
    return "see docs/runs.md for the schema"
