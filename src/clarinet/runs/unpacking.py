"""Opening a packed run: it runs no code, believes nothing, and keeps all of it or nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet import files
from clarinet.escaping import harmless
from clarinet.logs import check_metric
from clarinet.records import LayerStats
from clarinet.runs import numbers, stored
from clarinet.runs.documents import to_json
from clarinet.runs.endings import ENDED
from clarinet.runs.location import StoreError
from clarinet.runs.packing import ABOUT, FIELDS, FORMAT, NUMBERS, PACKED, VERSION
from clarinet.runs.run import Run
from clarinet.runs.store import Store
from clarinet.runs.tracker import MODEL
from clarinet.runs.values import check_name, check_step, check_tags, check_text
from clarinet.runs.writing import FINDING, LAYER, layer_row
from clarinet.saving import container, models, tensors
from clarinet.saving.container import ModelFileError, refusing
from clarinet.types import Array

if TYPE_CHECKING:
    from sqlite3 import Connection

_KINDS = ("step", "epoch", "log")
#: Steps in a row that are worth a block.
_RUN = 8


def unpack(path: str | Path, name: str | None = None, store: Store | None = None) -> Run:
    """Put a packed run into a store. Nothing in the file is executed, and its report is not kept but can be made again.

    Args:
        path: of the file.
        name: of the run; default the name it was packed with, with a number if that is taken.
        store: default the store beside your code.

    Raises:
        FileNotFoundError: there is no such file. ModelFileError: it is damaged, hostile or no packed run; then nothing
            is kept. ValueError: this run is in the store already, or ``name`` cannot be one.
    """
    path, store = Path(path), store or Store()
    chosen = None if name is None else check_name(name)
    members = container.read_archive(path, PACKED)
    packed = _Packed(path, members, chosen)
    there = store.query("SELECT name FROM runs WHERE uid = ?", (packed.run["uid"],))
    if there:
        raise ValueError(f"{path}: this run is in the store already, as {stored.name(there[0][0])!r}")
    packed.documents["unpacked"] = to_json("unpacked", {"file": path.name})
    with store.transaction(durable=True) as connection:
        id = store.insert(connection, packed.run.pop("name"), packed.documents, packed.run.pop("tags"), packed.run)
        packed.fill(connection, id)
    run = Run(store, id)
    try:
        files.make_folder(run.folder)
        if MODEL in members:
            with files.atomic_file(run.file(MODEL)) as file:
                file.write(members[MODEL])
    except BaseException:
        with suppress(StoreError), store.transaction(durable=True) as connection:
            connection.execute("DELETE FROM runs WHERE id = ?", (id,))
        with suppress(StoreError):
            files.remove(run.folder)
        raise
    return run


class _Packed:
    """The parts of a packed run, each checked."""

    def __init__(self, path: Path, members: Mapping[str, bytes], name: str | None) -> None:
        self.path = path
        about = container.read_config(path, members[ABOUT], ABOUT)
        self._check_version(about)
        with refusing(path, f"{ABOUT} does not make sense"):
            stored.refuse_depth(about)
            _refuse_control_characters(about)
            described: Mapping[str, Any] = about  # what is wrong with it shows below
            self.run = _run_fields(described["run"], name)
            documents = described["documents"].items()
            self.documents = {
                check_metric(key): to_json(key, dict(value)) for key, value in documents if value is not None
            }
            self.series = [(kind, check_metric(label)) for kind, label in described["series"]]
            self.findings = [_finding(found) for found in described["findings"]]
            arrays = tensors.unpack(path, NUMBERS, members[NUMBERS])
            self.curves = [_curve(arrays, index, kind) for index, (kind, _) in enumerate(self.series)]
            self.layers = [_layer(row) for row in _expect(arrays["layers"], np.float64, 2)]
            self.samples = [_sample(found, arrays) for found in described["samples"]]
            if len(set(self.series)) < len(self.series):
                raise ValueError("a metric comes twice")
        if MODEL in members:
            self._check_model(members[MODEL])

    def _check_version(self, about: Mapping[str, object]) -> None:
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

    def fill(self, connection: Connection, run: int) -> None:
        """Write all numbers to a run."""
        for (kind, name), (steps, values) in zip(self.series, self.curves):
            series = numbers.series_id(connection, run, kind, name)
            if kind == "step":
                _write_steps(connection, series, steps, values)
            else:
                numbers.write_points(connection, series, dict(zip(steps.tolist(), values.tolist())))
        connection.executemany(LAYER, (layer_row(run, stats) for stats in self.layers))
        connection.executemany(FINDING, ((run, *finding) for finding in self.findings))
        sql = "INSERT OR REPLACE INTO samples VALUES (?, ?, ?, ?, ?, ?, ?)"
        connection.executemany(sql, ((run, *sample) for sample in self.samples))


def _write_steps(connection: Connection, series: int, steps: Array, values: Array) -> None:
    """Steps in a row become blocks, others points: no steps in between come into being."""
    with np.errstate(over="ignore"):
        exact = values.astype(np.float32)
    single, opened = dict[int, float](), numbers.Open()
    for part in np.split(np.arange(len(steps)), np.flatnonzero(np.diff(steps) != 1) + 1):
        if len(part) >= _RUN:
            numbers.write_steps(connection, series, int(steps[part[0]]), exact[part], opened)
        else:
            single |= dict(zip(steps[part].tolist(), exact[part].astype(np.float64).tolist()))
    if single:
        numbers.write_points(connection, series, single)


def _refuse_control_characters(value: object) -> None:
    """Texts go to terminals, where control characters could change the display."""
    if isinstance(value, str):
        if harmless(value) != value:
            raise ValueError(f"a text holds control characters: {ascii(value)[:60]}")
    elif isinstance(value, dict):
        _refuse_control_characters([*value, *value.values()])
    elif isinstance(value, list):
        for item in value:
            _refuse_control_characters(item)


def _typed(value: object, *types: type) -> Any:
    if type(value) not in types:
        raise TypeError(f"expected {' or '.join(t.__name__ for t in types)}, received {value!r:.60}")
    return value


def _run_fields(found: Any, name: str | None) -> dict[str, Any]:
    """The columns of the run, with its name and tags."""
    run = {field: found[field] for field in FIELDS}
    run["name"], run["tags"] = name or check_name(run["name"]), check_tags(_typed(run["tags"], list))
    for field in ("group", "notes", "error"):
        run[field] = check_text(run[field], field)
    for field in ("started", "seconds", "ended"):
        value = _typed(run[field], float, int, *([type(None)] if field == "ended" else []))
        if value is not None and stored.moment(value) != value:
            raise ValueError(f"{field} is not a time: {value!r:.20}")
    if not 1 <= len(_typed(run["uid"], str)) <= 64:
        raise ValueError("uid has 1 to 64 characters")
    if run["status"] not in ENDED:  # it was killed, and has come to an end now
        run["status"] = "interrupted"
    return run


def _expect(tensor: Array, dtype: Any, dimensions: int) -> Array:
    if tensor.dtype != dtype or tensor.ndim != dimensions:
        wanted = f"{dimensions} dimensions of {np.dtype(dtype)}"
        raise ValueError(f"expected {wanted}, received {tensor.dtype} of shape {tensor.shape}")
    return tensor


def _curve(numbers: Mapping[str, Array], index: int, kind: str) -> tuple[Array, Array]:
    steps, values = numbers[f"{index}.steps"], numbers[f"{index}.values"]
    _expect(steps, np.int64, 1), _expect(values, np.float64, 1)
    if kind not in _KINDS or len(steps) != len(values) or len(steps) == 0 or (steps[1:] <= steps[:-1]).any():
        raise ValueError(f"the numbers of metric {index} do not fit together")
    if kind != "log" and not 0 <= steps[0] <= steps[-1] < 2**53:
        raise ValueError(f"the steps of metric {index} run from {steps[0]} to {steps[-1]}")
    return steps, values


def _layer(row: Array) -> LayerStats:
    step, layer, mean, std, zeros, saturated, gradient, weight, ratio, finite = row.tolist()
    if not (0 <= step < 2**53 and 0 <= layer < 2**31):
        raise ValueError(f"statistics of layer {layer!r:.20} at step {step!r:.20}")
    return LayerStats(int(step), int(layer), mean, std, zeros, saturated, gradient, weight, ratio, bool(finite))


def _finding(found: Mapping[str, object]) -> tuple[Any, ...]:
    texts = (_typed(found[key], str, type(None)) for key in ("where", "severity"))
    step = None if found["step"] is None else check_step(_typed(found["step"], int))
    return step, _typed(found["kind"], str), *texts, _typed(found["message"], str)


def _sample(found: Any, arrays: Mapping[str, Array]) -> tuple[Any, ...]:
    row, shape, dtype, label, prediction = found
    given = _expect(arrays[f"sample.{check_step(_typed(row, int))}"], np.uint8, 1).tobytes()
    _typed(label, str, type(None))
    stored.sample(row, _typed(shape, str), _typed(dtype, str), given, label, _typed(prediction, str))
    return row, shape, np.dtype(dtype).str, given, label, prediction


__all__ = ["unpack"]
