"""How often the fuzzers have tried: ``counts.json`` beside this file, which every run from the command line adds to."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

FILE = Path(__file__).with_name("counts.json")


def add(fuzzer: str, kinds: Counter[str], findings: int, file: Path = FILE) -> None:
    """Add what a run of a fuzzer tried.

    Args:
        fuzzer: ``"programs"`` or ``"files"``.
        kinds: how often each verdict was given.
        findings: how many of them were findings, before they were mended.
    """
    counts = read(file)
    before = counts.setdefault(fuzzer, {"tried": 0, "findings": 0})
    before["tried"] += sum(kinds.values())
    before["findings"] += findings
    file.write_text(json.dumps(counts, indent=2) + "\n", "utf-8")


def read(file: Path = FILE) -> dict[str, dict[str, int]]:
    """The counts by fuzzer; empty before the first run."""
    counts: dict[str, dict[str, int]] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    return counts
