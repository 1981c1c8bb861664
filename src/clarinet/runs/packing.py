"""A run as one file: for a teacher, a colleague, another machine.

A packed run is a zip archive with ``run.json`` (the run's records and its configuration), ``numbers.safetensors``
(every metric, the layers' statistics, sampled inputs), ``model.clarinet`` and ``report.html``, a page for people
without Clarinet. Everything is stored uncompressed and checked on reading as model files are.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from clarinet import files
from clarinet.escaping import harmless
from clarinet.runs import stored
from clarinet.runs.checkpoints import checkpoints_of
from clarinet.runs.run import Run
from clarinet.runs.store import Store
from clarinet.runs.tracker import MODEL
from clarinet.runs.values import check_name
from clarinet.saving import container, models, tensors
from clarinet.saving.container import Contents
from clarinet.types import Array

FORMAT, VERSION = "clarinet-run", 1
ABOUT, NUMBERS, REPORT = "run.json", "numbers.safetensors", "report.html"
PACKED = Contents("packed run", "clarinet runs pack", (ABOUT, NUMBERS), (MODEL, REPORT))
FIELDS = ("uid", "name", "status", "started", "ended", "seconds", "group", "notes", "error", "tags")


def pack(run: Run | str, path: str | Path | None = None) -> Path:
    """Write a run to one file.

    Args:
        run: a run that is not running, or its name in the store beside your code.
        path: of the file; default the run's name and ``.zip`` in the working directory, which must not exist yet.

    Returns:
        the path.

    Raises:
        ValueError: the run is still running, or has a name that no file can have. FileExistsError: there is a file of
            the run's name. OSError: the file cannot be written.

    Example:
        >>> import tempfile
        >>> from clarinet.runs import unpack
        >>> here, there = Store(tempfile.mkdtemp()), Store(tempfile.mkdtemp())
        >>> with here.start("dice", config={"sides": 6}) as run:
        ...     run.log({"mean": 3.5})
        >>> copy = unpack(pack(run, Path(tempfile.mkdtemp(), "dice.zip")), store=there)
        >>> copy.name, copy.config["sides"], copy.summary
        ('dice', 6, {'mean': 3.5})
    """
    run = Store().get(run) if isinstance(run, str) else run
    if run.status == "running":
        raise ValueError(f"pack: run {run.name!r} is still running; wait until it has ended")
    target = _beside(run) if path is None else Path(path)
    numbers: dict[str, Array] = {}
    about = {
        "format": FORMAT,
        "version": VERSION,
        "run": {field: getattr(run, field) for field in FIELDS},
        "documents": _without_control_characters(run.documents()),
        "series": [[kind, name] for kind, name in run.metrics],
        "findings": run.findings,
        "samples": list(_samples(run, numbers)),
    }
    for index, (kind, name) in enumerate(run.metrics):
        numbers[f"{index}.steps"], numbers[f"{index}.values"] = run.curve(name, kind)
    layers = [list(row.values()) for row in run.layers]
    numbers["layers"] = np.array(layers, np.float64).reshape(len(layers), 10)
    members = {ABOUT: models.to_json(about), NUMBERS: tensors.pack(numbers)} | dict(_files(run))
    container.write_archive(target, members)
    return target


def _beside(run: Run) -> Path:
    """The file in the working directory with the run's name."""
    path = Path(f"{check_name(run.name)}.zip")
    if path.exists():
        raise FileExistsError(f"{path} is there already; name a file: pack(..., path), or --out in the terminal")
    return path


def _without_control_characters(value: object) -> Any:
    """A document whose texts can be shown in a terminal."""
    if isinstance(value, dict):
        return {harmless(key): _without_control_characters(v) for key, v in value.items()}
    if isinstance(value, list):
        return [_without_control_characters(v) for v in value]
    return harmless(value) if isinstance(value, str) else value


def _samples(run: Run, numbers: dict[str, Array]) -> Iterator[list[Any]]:
    sql = "SELECT row, shape, dtype, input, label, prediction FROM samples WHERE run = ? ORDER BY row"
    for row in run.store.query(sql, (run.id,)):
        with suppress(TypeError, ValueError, RecursionError, OverflowError):  # damaged ones are left out
            stored.sample(*row)
            number, shape, dtype, given, label, prediction = row
            assert isinstance(given, bytes)  # it is sound
            numbers[f"sample.{number!r}"] = np.frombuffer(given, np.uint8)
            yield [number, shape, dtype, label, prediction]


def _files(run: Run) -> Iterator[tuple[str, bytes]]:
    """The model, or the last checkpoint of a run that did not come to an end, and the report."""
    found = [path for path in (run.file(MODEL), *checkpoints_of(run).files()[-1:]) if files.current(path).exists()]
    if found:
        yield MODEL, files.current(found[0]).read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        yield REPORT, files.current(run.to_html(Path(folder, REPORT))).read_bytes()


__all__ = ["pack"]
