"""A run as one file: for a teacher, a colleague, another machine. Opening one runs no code and believes nothing.

A packed run is a zip archive with ``run.json`` (what is known of the run and its configuration),
``numbers.safetensors`` (every metric, the layers' statistics, sampled inputs), ``model.clarinet`` and ``report.html``,
a page for people without Clarinet. Everything is stored uncompressed and read with the suspicion due to model files.
"""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from clarinet import files
from clarinet.params import Array
from clarinet.records import LayerStats
from clarinet.runs.checkpoints import checkpoints_of
from clarinet.runs.run import Run
from clarinet.runs.store import Store, check_name
from clarinet.runs.tracker import MODEL
from clarinet.saving import container, models, tensors
from clarinet.saving.container import Contents, ModelFileError, refusing

FORMAT, VERSION = "clarinet-run", 1
ABOUT, NUMBERS, REPORT = "run.json", "numbers.safetensors", "report.html"
PACKED = Contents("packed run", "clarinet runs pack", (ABOUT, NUMBERS), (MODEL, REPORT))
_KINDS = ("step", "epoch", "log")
_ENDED = ("finished", "failed", "interrupted")
_FIELDS = ("uid", "name", "status", "started", "ended", "seconds", "group", "notes", "error", "tags")


def pack(run: Run | str, path: str | Path | None = None) -> Path:
    """Write a run to one file.

    Args:
        run: one that is not running, or its name in the store beside your code.
        path: of the file; default the run's name and ``.zip`` in the working directory.

    Returns:
        the path.

    Raises:
        ValueError: the run is still running. OSError: the file cannot be written.

    Example:
        >>> import tempfile
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
    target = Path(f"{run.name}.zip" if path is None else path)
    numbers: dict[str, Array] = {}
    about = {
        "format": FORMAT,
        "version": VERSION,
        "run": {field: getattr(run, field) for field in _FIELDS},
        "documents": run.documents(),
        "series": [[kind, name] for kind, name in run.metrics],
        "findings": run.findings,
        "samples": list(_samples(run, numbers)),
    }
    for index, (kind, name) in enumerate(run.metrics):
        numbers[f"{index}.steps"], numbers[f"{index}.values"] = run.curve(name, kind)
    rows = run.store.query("SELECT * FROM layers WHERE run = ? ORDER BY step, layer", (run.id,))
    layers = [[math.nan if value is None else value for value in row[1:]] for row in rows]
    numbers["layers"] = np.array(layers, np.float64).reshape(len(rows), 10)
    members = {ABOUT: models.to_json(about), NUMBERS: tensors.pack(numbers)} | dict(_files(run))
    container.write_archive(target, members)
    return target


def _samples(run: Run, numbers: dict[str, Array]) -> Iterator[list[Any]]:
    sql = "SELECT row, shape, dtype, input, label, prediction FROM samples WHERE run = ? ORDER BY row"
    for row, shape, dtype, given, label, prediction in run.store.query(sql, (run.id,)):
        numbers[f"sample.{row}"] = np.frombuffer(given, np.uint8)
        yield [row, shape, dtype, label, prediction]


def _files(run: Run) -> Iterator[tuple[str, bytes]]:
    """The model, or the last checkpoint of a run that did not come to an end, and the report."""
    found = [path for path in (run.folder / MODEL, *checkpoints_of(run).files()[-1:]) if files.current(path).exists()]
    if found:
        yield MODEL, files.current(found[0]).read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        yield REPORT, files.current(run.to_html(Path(folder, REPORT))).read_bytes()


# Opening.


def unpack(path: str | Path, name: str | None = None, store: Store | None = None) -> Run:
    """Put a packed run into a store. Nothing in the file is executed, and its report is not kept but can be made anew.

    Args:
        path: of the file.
        name: what to call the run; default the name it was packed with, with a number where that is taken.
        store: where to; default the store beside your code.

    Raises:
        FileNotFoundError: there is no such file. ModelFileError: it is damaged, hostile or no packed run; then nothing
            is kept. ValueError: this run is in the store already.
    """
    path, store = Path(path), store or Store()
    members = container.read_archive(path, PACKED)
    packed = _Packed(path, members)
    there = store.query("SELECT name FROM runs WHERE uid = ?", (packed.run["uid"],))
    if there:
        raise ValueError(f"{path}: this run is in the store already, as {there[0][0]!r}")
    documents = {**packed.documents, "unpacked": {"file": path.name}}
    about = {key: packed.run[key] for key in ("notes", "tags", "group")}
    run = store.start(name or packed.run["name"], documents=documents, **about)
    try:
        packed.fill(run)
        if MODEL in members:
            with container.atomic_file(run.folder / MODEL) as file:
                file.write(members[MODEL])
        run.finish(packed.run["status"], packed.run["error"])
        with store.transaction(durable=True) as connection:
            sql = "UPDATE runs SET uid = ?, started = ?, ended = ?, seconds = ? WHERE id = ?"
            connection.execute(sql, (*(packed.run[key] for key in ("uid", "started", "ended", "seconds")), run.id))
    except BaseException:
        run.finish("failed")
        with store.transaction(durable=True) as connection:
            connection.execute("DELETE FROM runs WHERE id = ?", (run.id,))
        files.remove(run.folder)
        raise
    return Run(store, run.id)


class _Packed:
    """The parts of a packed run, each checked to be what it claims to be."""

    def __init__(self, path: Path, members: Mapping[str, bytes]) -> None:
        self.path = path
        about = container.read_config(path, members[ABOUT], ABOUT)
        self._check_version(about)
        with refusing(path, f"{ABOUT} does not make sense"):
            _refuse_control_characters(about)
            self.run = _run_fields(about["run"])
            self.documents = {str(key): dict(value) for key, value in about["documents"].items() if value is not None}
            self.series = [(kind, str(name)) for kind, name in about["series"]]
            self.findings = [_finding(found) for found in about["findings"]]
            numbers = tensors.unpack(path, NUMBERS, members[NUMBERS])
            self.curves = [_curve(numbers, index, kind) for index, (kind, _) in enumerate(self.series)]
            self.layers = [_layer(row) for row in _expect(numbers["layers"], np.float64, 2)]
            self.samples = [_sample(found, numbers) for found in about["samples"]]
        if MODEL in members:
            self._check_model(members[MODEL])

    def _check_version(self, about: Mapping[str, Any]) -> None:
        if about.get("format") != FORMAT:
            raise ModelFileError(f"{self.path}: no packed run: its format is {about.get('format')!r:.60}")
        if about.get("version") != VERSION:
            raise ModelFileError(
                f"{self.path}: has format version {about.get('version')!r:.20}, this Clarinet reads {VERSION}; upgrade "
                "with pip install -U clarinet"
            )

    def _check_model(self, content: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, MODEL)
            file.write_bytes(content)
            with refusing(self.path, f"{MODEL} in it"):
                models.load(file)

    def fill(self, run: Run) -> None:
        """Write all numbers to a run."""
        writer = run.writer
        for (kind, name), (steps, values) in zip(self.series, self.curves):
            if kind == "step":
                for part in np.split(np.arange(len(steps)), np.flatnonzero(np.diff(steps) != 1) + 1):
                    writer.steps(int(steps[part[0]]), {name: values[part]})
                continue
            for step, value in zip(steps.tolist(), values.tolist()):
                (writer.epoch if kind == "epoch" else _swapped(writer.log))(step, {name: value})
        writer.layers(self.layers)
        for finding in self.findings:
            columns = '(run, step, kind, "where", severity, message)'
            writer.row(f"INSERT INTO findings {columns} VALUES (?, ?, ?, ?, ?, ?)", (run.id, *finding))
        for sample in self.samples:
            writer.row("INSERT INTO samples VALUES (?, ?, ?, ?, ?, ?, ?)", (run.id, *sample))


def _swapped(log: Callable[..., None]) -> Callable[[int, Mapping[str, float]], None]:
    return lambda step, values: log(values, step)


def _refuse_control_characters(value: Any) -> None:
    """Texts go to terminals, where control characters could rewrite what is shown."""
    if isinstance(value, str):
        if any((c < " " and c not in "\n\t") or "\x7f" <= c < "\xa0" for c in value):
            raise ValueError(f"a text holds control characters: {ascii(value)[:60]}")
    elif isinstance(value, dict):
        _refuse_control_characters([*value, *value.values()])
    elif isinstance(value, list):
        for item in value:
            _refuse_control_characters(item)


def _typed(value: Any, *types: type) -> Any:
    if type(value) not in types:
        raise TypeError(f"expected {' or '.join(t.__name__ for t in types)}, received {value!r:.60}")
    return value


def _run_fields(found: Any) -> dict[str, Any]:
    run = {field: found[field] for field in _FIELDS}
    check_name(run["name"])
    for field in ("group", "notes", "error", "ended"):
        _typed(run[field], type(None), *((float, int) if field == "ended" else (str,)))
    for field in ("started", "seconds"):
        _typed(run[field], float, int)
    if len(_typed(run["uid"], str)) > 64 or not all(isinstance(tag, str) for tag in _typed(run["tags"], list)):
        raise ValueError("uid is at most 64 characters, tags are words")
    if run["status"] not in _ENDED:  # it was killed, and has come to an end now
        run |= {"status": "interrupted"}
    return run


def _expect(tensor: Array, dtype: Any, dimensions: int) -> Array:
    if tensor.dtype != dtype or tensor.ndim != dimensions:
        wanted = f"{dimensions} dimensions of {np.dtype(dtype)}"
        raise ValueError(f"expected {wanted}, received {tensor.dtype} of shape {tensor.shape}")
    return tensor


def _curve(numbers: Mapping[str, Array], index: int, kind: str) -> tuple[Array, Array]:
    steps, values = numbers[f"{index}.steps"], numbers[f"{index}.values"]
    _expect(steps, np.int64, 1), _expect(values, np.float64, 1)
    if kind not in _KINDS or len(steps) != len(values) or len(steps) == 0 or (np.diff(steps) <= 0).any():
        raise ValueError(f"the numbers of metric {index} do not fit together")
    if not 0 <= steps[0] <= steps[-1] < 2**53:
        raise ValueError(f"the steps of metric {index} run from {steps[0]} to {steps[-1]}")
    return steps, values


def _layer(row: Array) -> LayerStats:
    mean, std, zeros, saturated, gradient, weight, ratio = row[2:9].tolist()
    numbers = mean, std, zeros, saturated, gradient, weight, ratio
    return LayerStats(int(row[0]), int(row[1]), *numbers, finite=bool(row[9]))


def _finding(found: Mapping[str, Any]) -> tuple[Any, ...]:
    texts = (_typed(found[key], str, type(None)) for key in ("where", "severity"))
    return _typed(found["step"], int, type(None)), _typed(found["kind"], str), *texts, _typed(found["message"], str)


def _sample(found: Any, numbers: Mapping[str, Array]) -> tuple[Any, ...]:
    row, shape, dtype, label, prediction = found
    given = _expect(numbers[f"sample.{_typed(row, int)}"], np.uint8, 1).tobytes()
    kind = np.dtype(_typed(dtype, str))
    sides = json.loads(_typed(shape, str))
    if kind.kind not in "biuf" or math.prod(sides) * kind.itemsize != len(given):
        raise ValueError(f"sample {row} is not of shape {shape:.40} and dtype {dtype:.20}")
    json.loads(_typed(prediction, str)), json.loads(_typed(label, str, type(None)) or "null")
    return row, shape, kind.str, given, label, prediction


__all__ = ["pack", "unpack"]
