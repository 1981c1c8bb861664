"""Scores and reports, kept as JSON lines, so that a run that was broken off goes on where it was."""

from __future__ import annotations

import json
import subprocess
import time
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.doctor.mutation import spec as specs
from benchmarks.doctor.mutation.spec import Spec
from benchmarks.doctor.mutation.variants import Variant
from clarinet import doctor

Key = tuple[str, str, str, int]


class Store:
    """Lines of a file; a line is written whole or not at all.

    Args:
        path: of the file; it may be absent.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text("utf-8") if path.exists() else ""
        lines = [line for line in text.splitlines() if line.endswith("}")]
        self.found: dict[Key, dict[str, Any]] = {_key(entry): entry for entry in map(json.loads, lines)}

    def keep(self, entry: dict[str, Any]) -> dict[str, Any]:
        """Add a line."""
        self.found[_key(entry)] = entry
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
        return entry


def _key(entry: dict[str, Any]) -> Key:
    return entry["what"], entry["program"], entry["variant"], entry["seed"]


def score(store: Store, variant: Variant, seed: int) -> float | None:
    """The score of a training; None where ``fit`` refuses."""
    key = "score", variant.spec.name, variant.name, seed
    if key not in store.found:
        began = time.perf_counter()
        entry = {
            "what": "score",
            "program": key[1],
            "variant": key[2],
            "seed": seed,
            "score": _train(variant.spec, seed),
        }
        store.keep(entry | {"seconds": round(time.perf_counter() - began, 3)})
    return store.found[key]["score"]  # type: ignore[no-any-return]


def _train(spec: Spec, seed: int) -> float | None:
    data = spec.made(seed)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            model = spec.model(seed, specs.shape_of(data))
            model.fit(data.x, data.y, validation_data=data.validation, verbose=0, **spec.fit)
        except (ValueError, TypeError, FloatingPointError):
            return None
        return round(specs.score(spec, model, data), 5)


@cache
def commit() -> str:
    """The commit that is measured, with a mark if files differ from it."""
    own = ["git", "describe", "--always", "--dirty", "--abbrev=10"]
    return subprocess.run(own, capture_output=True, text=True, check=True).stdout.strip()


def report(store: Store, variant: Variant, seed: int, again: bool = False) -> dict[str, Any]:
    """What the doctor says: findings as [kind, place, severity], and its seconds."""
    key = "report", variant.spec.name, variant.name, seed
    if again or key not in store.found:
        entry = {"what": "report", "program": key[1], "variant": key[2], "seed": seed, "commit": commit()}
        store.keep(entry | _examined(variant.spec, seed))
    return store.found[key]


def _examined(spec: Spec, seed: int) -> dict[str, Any]:
    data = spec.made(seed)
    began, work = time.perf_counter(), time.thread_time()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            model = spec.model(seed, specs.shape_of(data))
            found = doctor.examine(model, data.x, data.y, validation_data=data.validation, **spec.fit).findings
        except (ValueError, TypeError) as wrong:  # what cannot even be built or passed in is refused before the doctor
            return {"findings": [["refused", "model", "error"]], "seconds": 0.0, "work": 0.0, "said": str(wrong)[:200]}
    return {
        "findings": [[each.kind, each.where, each.severity] for each in found],
        "seconds": round(time.perf_counter() - began, 3),
        "work": round(time.thread_time() - work, 3),
    }


def until(seconds: float) -> Iterator[None]:
    """As long as there is time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
