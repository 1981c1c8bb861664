"""The tables of the store, and how a store of an earlier version is upgraded.

``docs/runs.md`` explains every table and column, with queries to try.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite3 import Connection

#: Version of the schema; ``PRAGMA user_version`` of a store holds it.
VERSION = 1
#: Steps in a block of float32 numbers.
BLOCK = 1024

_TABLES = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- counts up; clocks may go back
    uid TEXT NOT NULL UNIQUE,              -- stays the same when a run is packed and unpacked elsewhere
    name TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('running', 'finished', 'failed', 'interrupted')),
    started REAL NOT NULL,                 -- Unix time, by this machine's clock
    ended REAL,
    seconds REAL NOT NULL DEFAULT 0,       -- spent, by a clock that cannot go back, over all resumes
    "group" TEXT,
    notes TEXT,
    error TEXT,
    process TEXT,                          -- of the program that writes it
    deleted REAL                           -- Unix time it was put in the bin; NULL outside it
);
CREATE UNIQUE INDEX runs_by_name ON runs (name) WHERE deleted IS NULL;
CREATE TABLE tags (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (run, tag)
) WITHOUT ROWID;
CREATE TABLE documents (                   -- configuration, one JSON document a section
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    section TEXT NOT NULL,                 -- config, model, compile, fit, data, environment, program, ...
    body TEXT NOT NULL,
    PRIMARY KEY (run, section)
) WITHOUT ROWID;
CREATE TABLE series (                      -- one row a metric of a run, with its summary
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('step', 'epoch', 'log')),
    name TEXT NOT NULL,
    last_step INTEGER, last REAL,          -- NULL values stand for NaN, which SQL does not have
    min REAL, min_step INTEGER,
    max REAL, max_step INTEGER,
    UNIQUE (run, kind, name)
);
CREATE TABLE points (                      -- values by epoch, and those of run.log
    series INTEGER NOT NULL REFERENCES series ON DELETE CASCADE,
    step INTEGER NOT NULL,
    value REAL,
    PRIMARY KEY (series, step)
) WITHOUT ROWID;
CREATE TABLE blocks (                      -- values by step: up to 1,024 of them as little-endian float32
    series INTEGER NOT NULL REFERENCES series ON DELETE CASCADE,
    block INTEGER NOT NULL,                -- step / 1024, so a step has one place only
    first INTEGER NOT NULL,                -- number of the step that the first value belongs to
    "values" BLOB NOT NULL,
    PRIMARY KEY (series, block)
);
CREATE TABLE layers (                      -- statistics of layers on sampled steps
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    step INTEGER NOT NULL, layer INTEGER NOT NULL,
    activation_mean REAL, activation_std REAL, zeros REAL, saturated REAL,
    gradient_norm REAL, weight_norm REAL, update_ratio REAL, finite INTEGER,
    PRIMARY KEY (run, step, layer)
) WITHOUT ROWID;
CREATE TABLE findings (                    -- what was found wrong or doubtful
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    step INTEGER, kind TEXT NOT NULL, "where" TEXT, severity TEXT, message TEXT NOT NULL
);
CREATE INDEX findings_by_run ON findings (run);
CREATE TABLE samples (                     -- a few rows of the data with what the network made of them
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    row INTEGER NOT NULL,
    shape TEXT NOT NULL, dtype TEXT NOT NULL, input BLOB NOT NULL,
    label TEXT, prediction TEXT NOT NULL,  -- JSON
    PRIMARY KEY (run, row)
);
"""

# SQL has no way to read a float32, so the view puts one together from its bytes: a byte's value is its place in the
# blob of all bytes, and powers of two come from a table. It works in any SQLite shell, without functions of the
# library.
_VIEWS = f"""
CREATE TABLE powers (exponent INTEGER PRIMARY KEY, value REAL NOT NULL);
CREATE VIEW metrics AS
SELECT r.id AS run, r.name AS run_name, s.kind, s.name, p.step, p.value
FROM runs r JOIN series s ON s.run = r.id JOIN points p ON p.series = s.id;
CREATE VIEW step_metrics AS
WITH RECURSIVE place(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM place WHERE i < {BLOCK - 1}),
bits AS (
    SELECT s.run, s.name, b.first + i AS step,
        (instr(x'{bytes(range(256)).hex()}', substr(b."values", 4 * i + 4, 1)) - 1) * 2
        + (instr(x'{bytes(range(256)).hex()}', substr(b."values", 4 * i + 3, 1)) - 1) / 128 AS high,
        (instr(x'{bytes(range(256)).hex()}', substr(b."values", 4 * i + 3, 1)) - 1) % 128 * 65536
        + (instr(x'{bytes(range(256)).hex()}', substr(b."values", 4 * i + 2, 1)) - 1) * 256
        + (instr(x'{bytes(range(256)).hex()}', substr(b."values", 4 * i + 1, 1)) - 1) AS mantissa
    FROM series s JOIN blocks b ON b.series = s.id JOIN place ON i < length(b."values") / 4
)
SELECT bits.run, r.name AS run_name, bits.name, step, CASE
    WHEN high % 256 = 255 AND mantissa <> 0 THEN NULL
    WHEN high % 256 = 255 THEN 9e999
    WHEN high % 256 = 0 THEN mantissa * (SELECT value FROM powers WHERE exponent = 1)
    ELSE (mantissa + 8388608) * (SELECT value FROM powers WHERE exponent = high % 256)
    END * CASE WHEN high >= 256 THEN -1 ELSE 1 END AS value
FROM bits JOIN runs r ON r.id = bits.run;
"""


def create(connection: Connection) -> None:
    """Make the tables in an empty database; the caller holds the transaction."""
    for statement in _statements(_TABLES + _VIEWS):
        connection.execute(statement)
    powers = ((exponent, 2.0 ** (exponent - 150)) for exponent in range(256))
    connection.executemany("INSERT INTO powers VALUES (?, ?)", powers)
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _statements(text: str) -> list[str]:
    from sqlite3 import complete_statement

    found, part = [], ""
    for line in text.splitlines(keepends=True):
        part += line
        if complete_statement(part):
            found.append(part)
            part = ""
    return found


#: The upgrade of a store from each version to the next one. Each step gets a test with a database of its version.
MIGRATIONS: dict[int, Callable[[Connection], None]] = {}


def migrate(connection: Connection, version: int) -> None:
    """Bring a store of an earlier version up to date, one version after the other; the caller holds the transaction."""
    for step in range(version, VERSION):
        MIGRATIONS[step](connection)
        connection.execute(f"PRAGMA user_version = {step + 1}")
