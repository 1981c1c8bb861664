"""Stores of earlier versions are brought up to date, whole or not at all; the schema does not change unnoticed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from clarinet.runs import Store, StoreError, schema

#: One dump a version, made by that version: ``sqlite3 runs.sqlite .dump``.
STORES = Path(__file__).parent / "stores"
EVERY = range(1, schema.VERSION + 1)


def store_of(version, folder):
    """A store as an earlier version left it, with one run."""
    (folder / "runs").mkdir(parents=True)
    with sqlite3.connect(folder / "runs.sqlite") as connection:
        connection.executescript((STORES / f"version-{version}.sql").read_text("utf-8"))
        connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    return Store(folder)


def shape(store):
    """Tables, views and indices, without the comments."""
    rows = store.query("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
    return {name: " ".join(" ".join(line.split("--")[0] for line in sql.splitlines()).split()) for name, sql in rows}


@pytest.mark.parametrize("version", EVERY)
def test_a_store_of_every_version_can_be_used(version, tmp_path, store):
    old = store_of(version, tmp_path / "old")
    run = old.get("digits")
    assert (run.status, run.config, run.tags) == ("finished", {"rate": 0.5}, ["old"])
    assert run.history == {"loss": [0.5, 0.25]}
    assert run.curve("loss", "step")[1].tolist() == [1.0, 0.5, 0.25]
    with old.start("new") as new:
        new.log({"x": 1.0})
    store.start().finish()
    assert shape(old) == shape(store), "the schema has changed: raise VERSION, write a migration, add a dump"
    assert old.query("PRAGMA user_version") == [(schema.VERSION,)]


def test_migrations_run_one_after_the_other(tmp_path, monkeypatch):
    old = store_of(1, tmp_path / "old")
    done = []
    monkeypatch.setattr(schema, "VERSION", 3)
    monkeypatch.setattr(schema, "MIGRATIONS", {1: lambda c: done.append(1), 2: lambda c: done.append(2)})
    assert old.get("digits").summary == {"loss": 0.25}
    assert done == [1, 2]
    assert old.query("PRAGMA user_version") == [(3,)]


def test_a_migration_that_fails_changes_nothing(tmp_path, monkeypatch):
    def broken(connection):
        connection.execute("DROP TABLE tags")
        raise sqlite3.OperationalError("disk I/O error")

    old = store_of(1, tmp_path / "old")
    with monkeypatch.context() as patch:
        patch.setattr(schema, "VERSION", 2)
        patch.setattr(schema, "MIGRATIONS", {1: broken})
        with pytest.raises(StoreError, match="disk I/O error"):
            old.get("digits")
    assert old.get("digits").tags == ["old"]
