"""Damage to files that knows what is in them: a step is plain data, so that a finding can be kept as a row.

Steps: ``("put", at, bytes)``, ``("cut", from, to)``, ``("insert", at, bytes)``, ``("swap", at, at, size)`` on bytes;
``("json", path, text)`` puts a JSON text in the place of a value (None takes it out), ``("key", path, name)`` renames a
member, ``("twice", path)`` has it twice; ``("member", name, step)``, ``("rename", name, name)``, ``("drop", name)``,
``("add", name, bytes)``, ``("compress", name)`` on archives; ``("gzip", step)`` inside of gzip; ``("header", step)`` on
the JSON header of tensors; ``("sql", statement, values)`` on a database.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import sqlite3
import struct
import warnings
import zipfile
from typing import Any

Step = tuple[Any, ...]

_FIELDS = (
    b"\0",
    b"\xff",
    b"\x7f",
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\xff" * 8,
)
_TEXTS = (
    b"",
    b"\n",
    b'"',
    b"'",
    b",",
    b";;;",
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"1e999",
    b"-",
    b"9" * 400,
    b"nan",
    b"=1+1",
)
_JSON = (
    *("null", "true", "false", "0", "-1", "1.5", "1e308", "1e999", "-0.0", "NaN", "Infinity"),
    *(
        str(2**31),
        str(2**63),
        str(-(2**63) - 1),
        str(2**64),
        "9" * 500,
        '""',
        '"x"',
        '"\\ud800"',
        '"\\u0000"',
        '"\\u202e"',
    ),
    *(
        '"../../../victim"',
        '"/victim"',
        '"' + "x" * 5000 + '"',
        "[]",
        "{}",
        "[0]",
        "[[[]]]",
        '{"a": 0}',
        "[null, null]",
    ),
    *('{"class_name": "Dense", "config": {"units": 3}}', '{"class_name": "Sequential"}', "[" * 900 + "]" * 900),
    *("[" * 100_000 + "]" * 100_000, '{"a":' * 5000 + "0" + "}" * 5000, "[" + "0," * 5000 + "0]"),
)
_VALUES = (
    None,
    0,
    -1,
    1,
    2**62,
    -(2**63),
    0.5,
    1e308,
    float("inf"),
    "",
    "x",
    "\x00",
    "../../../victim",
    "[",
    "{}",
    "[1, 2]",
)
_BLOBS = (b"", b"\0", b"\xff" * 7, b"\0" * 64)


def apply(content: bytes, steps: tuple[Step, ...]) -> bytes:
    """The damaged file."""
    for step in steps:
        content = _apply(content, step)
    return content


def _apply(content: bytes, step: Step) -> bytes:
    kind, *given = step
    return _STEPS[kind](content, *given)


def _put(content: bytes, at: int, new: bytes) -> bytes:
    return content[:at] + new + content[at + len(new) :]


def _swap(content: bytes, a: int, b: int, size: int) -> bytes:
    a, b = min(a, b), max(a, b, min(a, b) + size)
    return content[:a] + content[b : b + size] + content[a + size : b] + content[a : a + size] + content[b + size :]


def _json(content: bytes, path: tuple[Any, ...], text: str | None) -> bytes:
    mark = "\ue000damaged\ue000"

    def change(place: Any, key: Any) -> None:
        if text is None:
            del place[key]
        else:
            place[key] = mark

    return _rewritten(content, path, change).replace(json.dumps(mark).encode(), (text or "").encode())


def _key(content: bytes, path: tuple[Any, ...], name: str) -> bytes:
    def change(place: Any, key: Any) -> None:
        if isinstance(place, dict):
            place[name] = place.pop(key)

    return _rewritten(content, path, change)


def _twice(content: bytes, path: tuple[Any, ...]) -> bytes:
    def change(place: Any, key: Any) -> None:
        if isinstance(place, dict):
            place[f"{key}\ue001"] = 0

    return _rewritten(content, path, change).replace(b"\\ue001", b"")


def _rewritten(content: bytes, path: tuple[Any, ...], change: Any) -> bytes:
    tree = [json.loads(content)]
    place: Any = tree
    *outer, last = (0, *path)
    for key in outer:
        place = place[key]
    change(place, last)
    return json.dumps(tree[0]).encode()


def _header(content: bytes, step: Step) -> bytes:
    (size,) = struct.unpack("<Q", content[:8])
    header = _apply(content[8 : 8 + size], step)
    return struct.pack("<Q", len(header)) + header + content[8 + size :]


def members(content: bytes) -> dict[str, bytes]:
    """What is in an archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _archive(parts: list[tuple[str, bytes]], compressed: str = "") -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as archive:
        warnings.simplefilter("ignore")  # of names that come twice
        for name, content in parts:
            kind = zipfile.ZIP_DEFLATED if name == compressed else zipfile.ZIP_STORED
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, kind)
    return buffer.getvalue()


def _with_members(content: bytes, change: Any) -> bytes:
    return _archive([pair for name, inner in members(content).items() for pair in change(name, inner)])


def _sql(content: bytes, statement: str, values: tuple[Any, ...]) -> bytes:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        connection.deserialize(content)
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(statement, values)
        return connection.serialize()
    except sqlite3.Error:  # some statements the database itself refuses
        return content
    finally:
        connection.close()


_STEPS: dict[str, Any] = {
    "put": _put,
    "cut": lambda c, first, stop: c[:first] + c[stop:],
    "insert": lambda c, at, new: c[:at] + new + c[at:],
    "swap": _swap,
    "json": _json,
    "key": _key,
    "twice": _twice,
    "header": _header,
    "member": lambda c, name, step: _with_members(c, lambda n, x: [(n, _apply(x, step) if n == name else x)]),
    "rename": lambda c, name, new: _with_members(c, lambda n, x: [(new if n == name else n, x)]),
    "drop": lambda c, name: _with_members(c, lambda n, x: [] if n == name else [(n, x)]),
    "add": lambda c, name, new: _archive([*members(c).items(), (name, new)]),
    "compress": lambda c, name: _archive(list(members(c).items()), name),
    "gzip": lambda c, step: gzip.compress(_apply(gzip.decompress(c), step), 1, mtime=0),
    "sql": _sql,
}


# Drawing.


def draw(rng: random.Random, content: bytes) -> tuple[Step, ...]:
    """Some damage that suits what the bytes are."""
    steps: list[Step] = []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        try:
            step = _draw(rng, content)
            content = _apply(content, step)
        except Exception:  # what is damaged already may not be what the step is about
            break
        steps.append(step)
    return tuple(steps) or (("cut", len(content) // 2, len(content)),)


def _draw(rng: random.Random, content: bytes, deeper: float = 0.75) -> Step:
    if rng.random() < deeper:
        if content[:2] == b"PK":
            return _draw_archive(rng, content)
        if content[:2] == b"\x1f\x8b":
            return "gzip", _draw(rng, gzip.decompress(content))
        if content[:6] == b"SQLite":
            return _draw_sql(rng, content)
        if content[:1] in (b"{", b"["):
            return _draw_json(rng, json.loads(content))
        if content[8:9] == b"{":
            (size,) = struct.unpack("<Q", content[:8])
            return "header", _draw(rng, content[8 : 8 + size])
    return _draw_bytes(rng, content)


def _draw_bytes(rng: random.Random, content: bytes) -> Step:
    size = len(content)
    at, other = sorted((rng.randrange(size + 1), rng.randrange(size + 1)))
    at = rng.randrange(min(size, 64) + 1) if rng.random() < 0.3 else at  # where headers are
    flipped = bytes([content[at] ^ 1 << rng.randrange(8)]) if at < size else b"\1"
    field = rng.choice((*_FIELDS, *_TEXTS)) if rng.random() < 0.8 else rng.randbytes(rng.randint(1, 16))
    return rng.choice(
        (
            ("put", at, flipped),
            ("put", at, flipped),
            ("put", at, field),
            ("put", at, field),
            ("insert", at, field),
            ("cut", at, size),
            ("cut", at, max(at, other)),
            ("cut", at, at + rng.randint(1, 8)),
            ("insert", size, content[at : max(at, other)] or b"\0"),
            ("insert", size, bytes(rng.choice((1, 100, 70_000)))),
            ("swap", at, other, rng.randint(1, 64)),
        )
    )


def _draw_archive(rng: random.Random, content: bytes) -> Step:
    names = list(members(content))
    name = rng.choice(names)
    if rng.random() < 0.8:
        return "member", name, _draw(rng, members(content)[name], 0.85)
    bad = rng.choice(
        ("../../../victim", "/victim", "x", "", "a/../b", "C:\\victim", "x" * 5000, name.upper(), "\u202e")
    )
    tricks = (("rename", name, bad), ("drop", name), ("add", name, b"{}"), ("add", bad, b"x"), ("compress", name))
    return rng.choice((*tricks, ("rename", name, rng.choice(names))))


def _draw_json(rng: random.Random, tree: Any) -> Step:
    path: list[Any] = []
    while isinstance(tree, (dict, list)) and tree and (not path or rng.random() < 0.8):
        key = rng.choice(list(tree)) if isinstance(tree, dict) else rng.randrange(len(tree))
        path.append(key)
        tree = tree[key]
    place = tuple(path)
    if rng.random() < 0.15 and path:
        return rng.choice((("json", place, None), ("key", place, "x"), ("twice", place)))
    return "json", place, json.dumps(_near(rng, tree)) if rng.random() < 0.25 else rng.choice(_JSON)


def _near(rng: random.Random, value: Any) -> Any:
    """A value of the same type."""
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, (int, float)):
        return rng.choice((value + 1, -value, value * 1000, 0, value / 2, str(value)))
    if isinstance(value, str):
        return rng.choice((value[:-1], value * 2, value.upper(), [value], "auto"))
    return rng.choice(([value], [], {}, [value, value]))


def _draw_sql(rng: random.Random, content: bytes) -> Step:
    connection = sqlite3.connect(":memory:")
    try:
        connection.deserialize(content)
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        table = rng.choice([name for name in tables if not name.startswith("sqlite_")])
        column = rng.choice([row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')])
        (count,) = connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()
        if count and rng.random() < 0.85:
            row, old = rng.choice(list(connection.execute(f'SELECT rowid, "{column}" FROM "{table}"')))
            return "sql", f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = {row}', (_cell(rng, old),)
    except sqlite3.Error:  # damaged already, or a table without rowid
        return _draw_bytes(rng, content)
    finally:
        connection.close()
    statements = (
        f'DELETE FROM "{table}"',
        f'DROP TABLE "{table}"',
        f'ALTER TABLE "{table}" RENAME COLUMN "{column}" TO x',
    )
    versions = tuple(f"PRAGMA user_version = {v}" for v in (0, 1, 999, -1))
    return "sql", rng.choice(statements + versions), ()


def _cell(rng: random.Random, old: Any) -> Any:
    """A value for a cell: of any type, or damaged as what is there."""
    if isinstance(old, str) and old[:1] in "{[" and rng.random() < 0.6:
        return _apply(old.encode(), _draw(rng, old.encode(), 1.0)).decode("utf-8", "replace")
    if isinstance(old, bytes) and rng.random() < 0.6:
        return _apply(old, _draw_bytes(rng, old))
    return rng.choice((*_VALUES, *_BLOBS))
