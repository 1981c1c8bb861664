"""The database of a store: connections, and transactions of two classes of durability."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import get_ident
from typing import TYPE_CHECKING, Self

from clarinet import files
from clarinet.runs import location, opening
from clarinet.runs.location import StoreError

if TYPE_CHECKING:
    from sqlite3 import Connection


#: What SQLite may keep in a column, whatever the column is declared for.
Sql = int | float | str | bytes | None
Row = tuple[Sql, ...]


class Database:
    """A folder's database, from which runs are read and to which they are written.

    Args:
        folder: see :class:`clarinet.runs.Store`.

    Raises:
        StoreError: as :class:`clarinet.runs.Store`.
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
        """This process's connection; opened when first needed, and again after a fork or when the file was replaced."""
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
            durable = durable and self.link.hasty != get_ident()
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

    @contextmanager
    def hasty(self) -> Iterator[None]:
        """Transactions of this thread do not wait for the disk: for what a later, durable one takes along."""
        before, self.link.hasty = self.link.hasty, get_ident()
        try:
            yield
        finally:
            self.link.hasty = before

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

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
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
