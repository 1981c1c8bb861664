"""A store of runs: the rows of its database as runs, by their names."""

from __future__ import annotations

import operator
import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from clarinet import files
from clarinet.escaping import harmless
from clarinet.logs import shown
from clarinet.names import nearest
from clarinet.runs import stored
from clarinet.runs.database import Database
from clarinet.runs.documents import to_json
from clarinet.runs.location import StoreError
from clarinet.runs.processes import process_token
from clarinet.runs.run import Run
from clarinet.runs.values import check_name, check_tags, check_text
from clarinet.wording import option

if TYPE_CHECKING:
    from sqlite3 import Connection


class Store(Database):
    """A folder with the database of runs and a folder for each run's files.

    Args:
        folder: of the store; default see :func:`clarinet.runs.home`. Made when the first run is.

    Attributes:
        folder: its absolute path.
        link: shared by stores on one folder.

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

    def start(
        self,
        name: str | bool | None = None,
        *,
        config: object = None,
        notes: str | None = None,
        tags: object = (),
        group: str | None = None,
        documents: Mapping[str, object] | None = None,
    ) -> Run:
        """Begin a run.

        Args:
            name: its name; a name that is taken gets a number: ``digits``, ``digits-2``. Default ``run-1``, ….
            config: settings, a JSON-able dictionary.
            notes: for people.
            tags: words.
            group: runs that belong together, e.g. one setting with several seeds.
            documents: further sections of the configuration, see :meth:`Run.document`.

        Raises:
            ValueError: a name that cannot be one. TypeError: settings that JSON cannot hold.
            StoreError: the store cannot be used.
        """
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
        columns: Mapping[str, object],
    ) -> int:
        """Put a run into the tables, in a transaction of the caller's; everything is checked.

        Args:
            connection: of the transaction.
            wanted: its name; a number is added if it is taken.
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
        found = self._found(name)
        if not found:
            names = [other for _, other in self._names()]
            begin = f"there are no runs yet; give a training a name: {option('run', 'first')}"
            hint = nearest(str(name), names) if names else begin
            raise ValueError(f"no run {shown(name)} in {self.folder}: {hint}")
        return Run(self, found[0])

    def _found(self, name: str | int) -> list[int]:
        """Ids of the runs with this name: one, or none."""
        if not isinstance(name, str):
            try:
                rows = self.query("SELECT id FROM runs WHERE id = ? AND deleted IS NULL", (operator.index(name),))
            except (TypeError, OverflowError):
                return []
            return [stored.id(row[0]) for row in rows]
        wanted = stored.name(name)
        rows = self.query("SELECT id FROM runs WHERE name = ? AND deleted IS NULL", (wanted,))
        return [stored.id(row[0]) for row in rows] or [id for id, shown in self._names() if shown == wanted]

    def _names(self) -> list[tuple[int, str]]:
        """Ids and names, as they are shown."""
        rows = self.query("SELECT id, name FROM runs WHERE deleted IS NULL ORDER BY id")
        return [(stored.id(id), stored.name(name)) for id, name in rows]

    def last(self) -> Run | None:
        """The run that was begun last; None where there are none."""
        found = self.query("SELECT id FROM runs WHERE deleted IS NULL ORDER BY id DESC LIMIT 1")
        return Run(self, stored.id(found[0][0])) if found else None

    def __repr__(self) -> str:
        return f"Store({str(self.folder)!r})"
