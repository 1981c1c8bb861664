"""The database: connections, transactions of two classes of durability, and the rows of runs."""

from __future__ import annotations

import operator
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from clarinet import files
from clarinet.escaping import harmless
from clarinet.logs import shown
from clarinet.names import nearest
from clarinet.runs import location, opening, stored
from clarinet.runs.documents import to_json
from clarinet.runs.location import StoreError
from clarinet.runs.processes import process_token
from clarinet.runs.values import check_name, check_tags, check_text
from clarinet.wording import option

if TYPE_CHECKING:
    from sqlite3 import Connection

    from clarinet.runs.run import Run


class Store:
    """A folder with the database of runs and a folder for each run's files.

    Args:
        folder: of the store; default see :func:`clarinet.runs.home`. Made when the first run is.

    Attributes:
        folder: its absolute path.
        link: what stores on one folder share.

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
        self._path = files.database(self.folder / opening.DATABASE)
        self.link = opening.link_to(self._path)

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
        link = self.link
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
        connection, self.link.readonly = opening.open_database(self.folder, self._path)
        return connection

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
        with self.link.lock, opening.explained(self.path):
            connection = self._connection_to_write()
            if self.link.durable is not durable:
                connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                self.link.durable = durable
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def check_writable(self) -> None:
        """Whether anything can be written here.

        Raises:
            StoreError: it cannot.
        """
        with self.link.lock, opening.explained(self.path):
            self._connection_to_write()

    def _connection_to_write(self) -> Connection:
        connection = self.connection
        if self.link.readonly:
            self.close()  # it may have become writable
            connection = self.connection
        if self.link.readonly:
            raise StoreError(
                f"the store of runs in {self.folder} can only be read: its runs can be looked at, but nothing is "
                "written; make the folder writable, or set CLARINET_HOME to one that is"
            )
        return connection

    def query(self, sql: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
        """Rows of a query; none where there is no store yet.

        Raises:
            StoreError: the query is wrong or the database cannot be read.
        """
        if not self.exists:
            return []
        with self.link.lock, opening.explained(self.path):
            return self.connection.execute(sql, parameters).fetchall()

    def compact(self) -> None:
        """Give the room of deleted rows back to the disk.

        Raises:
            StoreError: the database is in use or cannot be written.
        """
        with self.link.lock, opening.explained(self.path):
            self._connection_to_write().execute("VACUUM")

    def close(self) -> None:
        """Give back the connection; it is opened again when needed."""
        self.link.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

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
        words, group, notes = check_tags(tags), check_text(group, "group"), check_text(notes, "notes")
        if config is not None and not isinstance(config, Mapping):
            raise TypeError(f"config: expected settings by name such as {{'rate': 0.1}}, received {shown(config)}")
        sections = {"config": dict(config or {}), **(documents or {})}
        bodies = {section: to_json(section, body) for section, body in sections.items()}
        columns = {
            "uid": os.urandom(16).hex(),
            "status": "running",
            "started": time.time(),
            "notes": notes,
            "group": group,
            "process": process_token(os.getpid()),
        }
        with self.transaction(durable=True) as connection:
            id = self.insert(connection, wanted, bodies, words, columns)
        run = Run(self, id)
        try:
            files.make_folder(run.folder)
        except OSError as error:
            with suppress(StoreError), self.transaction(durable=True) as connection:
                sql = "UPDATE runs SET status = 'failed', error = ?, process = NULL WHERE id = ?"
                connection.execute(sql, (harmless(error), id))
            raise
        run.begin_writing()
        return run

    def insert(
        self,
        connection: Connection,
        wanted: str | None,
        bodies: Mapping[str, str],
        tags: Iterable[str],
        columns: Mapping[str, Any],
    ) -> int:
        """Put a run into the tables, in a transaction of the caller's; everything is checked.

        Args:
            connection: of the transaction.
            wanted: its name; a number is added where it is taken.
            bodies: JSON by section.
            tags: words.
            columns: the other columns of its row by name.

        Returns:
            its id.
        """
        names = ", ".join(f'"{column}"' for column in columns)
        sql = f"INSERT INTO runs (name, {names}) VALUES ({', '.join('?' * (len(columns) + 1))}) RETURNING id"
        (id,) = connection.execute(sql, (self._free_name(wanted), *columns.values())).fetchone()
        documents = ((id, section, body) for section, body in bodies.items())
        connection.executemany("INSERT INTO documents VALUES (?, ?, ?)", documents)
        connection.executemany("INSERT INTO tags VALUES (?, ?)", ((id, tag) for tag in tags))
        return int(id)

    def _free_name(self, wanted: str | None) -> str:
        stem, number = (wanted, 2) if wanted is not None else ("run", 1)
        sql = "SELECT name FROM runs WHERE deleted IS NULL AND substr(name, 1, ?) = ?"
        taken = {row[0] for row in self.query(sql, (len(stem), stem))}
        if wanted is not None and wanted not in taken:
            return wanted
        while f"{stem}-{number}" in taken:
            number += 1
        return f"{stem}-{number}"

    def get(self, name: str | int) -> Run:
        """The run of this name, or with this id.

        Raises:
            ValueError: there is none; the message holds the nearest name.
        """
        from clarinet.runs.run import Run

        found = self._found(name)
        if not found:
            names = [other for _, other in self._names()]
            begin = f"there are no runs yet; give a training a name: {option('run', 'first')}"
            hint = nearest(str(name), names) if names else begin
            raise ValueError(f"no run {shown(name)} in {self.folder}: {hint}")
        return Run(self, found[0])

    def _found(self, name: str | int) -> list[int]:
        """Ids of the runs that are called so: there is one, or none."""
        if not isinstance(name, str):
            try:
                rows = self.query("SELECT id FROM runs WHERE id = ? AND deleted IS NULL", (operator.index(name),))
            except (TypeError, OverflowError):
                return []
            return [row[0] for row in rows]
        wanted = stored.name(name)
        rows = self.query("SELECT id FROM runs WHERE name = ? AND deleted IS NULL", (wanted,))
        return [row[0] for row in rows] or [id for id, shown in self._names() if shown == wanted]

    def _names(self) -> list[tuple[int, str]]:
        """Ids and names, as they are shown."""
        rows = self.query("SELECT id, name FROM runs WHERE deleted IS NULL ORDER BY id")
        return [(id, stored.name(name)) for id, name in rows]

    def last(self) -> Run | None:
        """The run that was begun last; None where there are none."""
        from clarinet.runs.run import Run

        found = self.query("SELECT id FROM runs WHERE deleted IS NULL ORDER BY id DESC LIMIT 1")
        return Run(self, found[0][0]) if found else None

    def __repr__(self) -> str:
        return f"Store({str(self.folder)!r})"
