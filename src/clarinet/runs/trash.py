"""Deleting runs: first into the bin, from which they come back, then for good."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from clarinet import files
from clarinet.runs import stored
from clarinet.runs.places import folder_name, inside

if TYPE_CHECKING:
    from clarinet.runs.run import Run
    from clarinet.runs.store import Store

#: Days that a run stays in the bin.
DAYS = 30.0


def deleted(store: Store) -> list[tuple[int, str, float]]:
    """Id, name and Unix time of deletion of the runs in the bin, the latest first."""
    sql = "SELECT id, name, deleted FROM runs WHERE deleted IS NOT NULL ORDER BY deleted DESC, id DESC"
    return [(stored.id(id), stored.name(name), stored.moment(when)) for id, name, when in store.query(sql)]


def restore(store: Store, name: str) -> Run:
    """Take the latest run of this name back out of the bin.

    Raises:
        ValueError: there is none in the bin, or the name has been taken again.
    """
    found = [id for id, other, _ in deleted(store) if other == name]
    if not found:
        names = sorted({other for _, other, _ in deleted(store)})
        raise ValueError(f"restore: no run {name!r} in the bin; it holds {', '.join(names) or 'nothing'}")
    sql = "SELECT 1 FROM runs WHERE deleted IS NULL AND name = (SELECT name FROM runs WHERE id = ?)"
    if store.query(sql, (found[0],)):
        raise ValueError(f"restore: another run is called {name!r} by now; delete that one first")
    with store.transaction(durable=True) as connection:
        connection.execute("UPDATE runs SET deleted = NULL WHERE id = ?", (found[0],))
    return store.get(found[0])


def collect(store: Store, days: float = DAYS) -> list[str]:
    """Remove for good the runs that have been in the bin for longer than ``days``, and folders that belong to no run.

    Returns:
        names of the runs that are gone.
    """
    if not store.exists:
        return []
    before = time.time() - days * 86_400
    gone = store.query("SELECT id, name FROM runs WHERE deleted IS NOT NULL AND deleted <= ?", (before,))
    with store.transaction(durable=True) as connection:
        for id, _ in gone:
            connection.execute("DELETE FROM runs WHERE id = ?", (id,))
    _sweep(store)
    if gone:
        store.compact()
    return [stored.name(name) for _, name in gone]


def _sweep(store: Store) -> None:
    """Remove folders that belong to no run."""
    place = inside(store.folder, "runs")
    there = place.iterdir() if place.is_dir() else ()
    found = [folder for folder in there if folder.is_dir() and not folder.is_symlink()]
    rows = store.query("SELECT id, name FROM runs")  # now: none is newer
    known = {folder_name(stored.id(id), str(name)) for id, name in rows}
    for folder in found:
        if folder.name not in known and folder.name.partition("-")[0].isdigit():
            files.remove(folder)
