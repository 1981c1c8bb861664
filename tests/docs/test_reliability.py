"""The page of promises: the tests that it names are there, and its counts are those that the fuzzers keep."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from tests.docs.site import ROOT
from tests.fuzz import counts

PAGE = (ROOT / "docs" / "reliability.md").read_text("utf-8")


def test_every_test_that_it_names_is_there() -> None:
    named = re.findall(r"`(tests/[\w/.]+)`", PAGE)
    assert len(named) > 20
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_its_counts_are_no_more_than_was_tried() -> None:
    said = re.findall(r"\| ([\d,]+) \| \d+ \|$", PAGE, re.MULTILINE)
    tried = [counts.read()[name]["tried"] for name in ("programs", "files")]
    assert len(said) == 2 and all(int(s.replace(",", "")) <= t for s, t in zip(said, tried, strict=True))


def test_counts_are_added_up(tmp_path: Path) -> None:
    file = tmp_path / "counts.json"
    counts.add("files", Counter(loaded=3, refused=4), 0, file)
    counts.add("files", Counter(loaded=1, crash=1), 1, file)
    assert counts.read(file) == {"files": {"tried": 9, "findings": 1}}
