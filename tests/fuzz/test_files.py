"""The fuzzer of files: the same damage on every run, every reader damaged, and faults found when there are some."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from tests.fuzz import damage
from tests.fuzz.files import MEMORY, Damaged, alone, draw, fuzz
from tests.fuzz.readers import READERS, Reader, sound
from tests.fuzz.regressions import FILES

pytest.importorskip("PIL")


def test_damaged_files_load_or_are_refused_in_a_sentence() -> None:
    kinds, found = fuzz(first=0, count=1200)
    assert not found, "\n\n".join(map(str, found))
    assert kinds["loaded"] > 200 and kinds["refused"] > 500


@pytest.mark.parametrize("name", READERS)
def test_sound_files_load(name: str) -> None:
    assert alone(Damaged(name)).kind == "loaded"


def test_every_reader_is_damaged() -> None:
    for name in READERS:
        sound(name)
    assert {draw(seed).reader for seed in range(300)} == set(READERS)


@pytest.mark.parametrize("name", FILES)
def test_what_was_found_stays_mended(name: str) -> None:
    result = alone(FILES[name])
    assert not result.found, result.text


def _escape(folder: Path) -> Any:
    (folder / "../victim").write_text("")


def _run(folder: Path) -> Any:
    import os

    os.system("true")


def _crash(folder: Path) -> Any:
    import ctypes
    import faulthandler

    faulthandler.disable()
    ctypes.string_at(0)


@pytest.mark.parametrize(
    ("read", "kind"),
    [
        (lambda folder: {}["a"], "raises KeyError"),
        (lambda folder: b"\xff".decode(), "raises UnicodeDecodeError"),
        (lambda folder: bytearray(2 * MEMORY), "raises MemoryError"),
        (_escape, "writes outside"),
        (_run, "runs code"),
        (_crash, "crash"),
    ],
)
def test_faults_of_readers_are_found(read: Any, kind: str) -> None:
    with mock.patch.dict(READERS, {"commit": Reader(".git/HEAD", lambda: b"x", read)}):
        assert alone(Damaged("commit")).kind == kind


def test_damage_is_plain_data() -> None:
    for name in ("model", "table", "idx.gz", "store"):
        content = sound(name)
        for seed in range(20):
            steps = damage.draw(random.Random(seed), content)
            assert eval(repr(steps), {"inf": float("inf")}) == steps  # noqa: S307
            assert damage.apply(content, steps) == damage.apply(content, steps)
