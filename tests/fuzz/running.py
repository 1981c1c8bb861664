"""Runs a program on one engine and keeps everything that comes out."""

from __future__ import annotations

import linecache
import os
import tempfile
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

import clarinet
from clarinet import callbacks, engines
from clarinet.problems import ClarinetWarning
from tests.fuzz.program import Data, Program, scratch

AUTO = "auto"
_OWN = str(Path(clarinet.__file__).parent)


@dataclass(frozen=True)
class How:
    """On which engine, and how.

    Attributes:
        isa: instruction set of the native engine; None for the reference, AUTO for what the model chooses.
        dtype: of the reference.
        threads: of the native engine.
        single: whether every step is a chunk of its own.
        predict_batch: rows a pass.
        reload: whether to save, load, and train once more with both.
        jiggle: seed of a change of inputs and weights by about one rounding of float32; 0 for none.
    """

    isa: str | None = None
    dtype: str = "float32"
    threads: int = 1
    single: bool = False
    predict_batch: int | None = None
    reload: bool = False
    jiggle: int = 0


@dataclass
class Outcome:
    """What came out: arrays by name, or the error; the weights that it began with; why there is no native form."""

    values: dict[str, np.ndarray] = field(default_factory=dict)
    error: str = ""
    documented: bool = True
    warnings: list[str] = field(default_factory=list)
    start: list[np.ndarray] = field(default_factory=list)
    unsupported_reason: str | None = None


class Steps(callbacks.Callback):
    """Keeps the loss of every step."""

    def __init__(self) -> None:
        self.losses: list[np.ndarray] = []

    def on_chunk(self, chunk: Any) -> None:
        self.losses.append(np.asarray(chunk.losses))


class SingleSteps(Steps):
    """The same, and has every step be a chunk."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        return


def run(program: Program, how: How = How(), start: list[np.ndarray] | None = None) -> Outcome:
    """Everything that a program gives; ``start`` are the weights it begins with."""
    outcome = Outcome()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with _engine(how):
                _run(program, how, start, outcome)
        except Exception as error:
            outcome.error = f"{type(error).__name__}: {error}"
            outcome.documented = is_documented(error)
            if not outcome.documented:
                outcome.error += "\n" + "".join(traceback.format_tb(error.__traceback__)[-3:])
    outcome.warnings = [
        f"{w.category.__name__}: {w.message} ({os.path.relpath(w.filename)}:{w.lineno})"
        for w in caught
        if not issubclass(w.category, ClarinetWarning)
    ]
    return outcome


@contextmanager
def _engine(how: How) -> Iterator[None]:
    """Lets every model run as ``how`` says."""
    if how.isa in (None, AUTO):
        yield
        return
    native = partial(engines.NativeEngine, threads=how.threads, isa=how.isa)
    with mock.patch.object(engines, "choose", lambda *_: (native, "as told")):
        yield


def is_documented(error: Exception, kinds: tuple[type[Exception], ...] = (ValueError, TypeError)) -> bool:
    """Whether the library itself raised it, as a refusal: NumPy's own complaints come from other lines."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    line = linecache.getline(last.filename, last.lineno or 0).strip()
    native = type(error) is ValueError and ("_native." in line or "_core." in line)
    own = isinstance(error, kinds) and line.startswith("raise")
    return last.filename.startswith(_OWN) and (own or native)


def _run(program: Program, how: How, start: list[np.ndarray] | None, outcome: Outcome) -> None:
    values = outcome.values
    model = program.model("reference" if how.isa is None else "auto", how.dtype)
    assert model.prediction_shape is not None
    data = program.data(model.prediction_shape)
    model.seed = program.seed
    if start is None:
        outcome.start = model.get_weights()
    else:
        model.set_weights(start)
    if how.jiggle:
        _jiggle(model, data, how.jiggle, program)
    steps = SingleSteps() if how.single else Steps()
    history = _fit(model, program, data, steps)
    if how.isa is None and how.dtype == "float32":
        outcome.unsupported_reason = engines.NativeEngine.supports(model.engine_for().plan)
    values["losses"] = np.concatenate(steps.losses)
    values["history"] = _numbers(history.history.values())
    for i, weight in enumerate(model.get_weights()):
        values[f"weights {i}"] = weight
    values |= _slots(model)
    evaluation = model.evaluate(data.x, data.y, program.batch, sample_weight=data.w, return_dict=True)
    values["evaluation"] = _numbers(evaluation.values())
    values["predictions"] = model.predict(data.x, how.predict_batch)
    if how.reload:
        _reload(model, program, data, values)


def _numbers(rows: Any) -> np.ndarray:
    return np.array([np.ravel(row) for row in rows], dtype=np.float64)


def _fit(model: Any, program: Program, data: Data, steps: Any, **more: Any) -> Any:
    arguments = {"epochs": program.epochs, "verbose": 0, "callbacks": [steps], "validation_data": data.held_out}
    arguments |= {} if data.held_out is None or data.held_out[2] is not None else {"validation_data": data.held_out[:2]}
    if program.feed == "batches":
        cuts = range(0, program.rows, program.batch)
        source = [tuple(a[i : i + program.batch] for a in (data.x, data.y, data.w) if a is not None) for i in cuts]
        if not isinstance(data.x, list) and not isinstance(data.y, list):
            return model.fit(source, **arguments, **more)
    arguments |= {"batch_size": program.batch, "sample_weight": data.w}
    if "validation_split" in program.fit:
        del arguments["validation_data"]
    return model.fit(data.x, data.y, **(arguments | program.fit), **more)


def _slots(model: Any) -> dict[str, np.ndarray]:
    """The optimizer's memory."""
    state = model.optimizer_state
    segments = [s for s in model.store.layout.segments if s.trainable and s.size]
    return {
        f"{name} {i}": view.copy() for i, segment in enumerate(segments) for name, view in state.views(segment).items()
    }


def _jiggle(model: Any, data: Data, seed: int, program: Program) -> None:
    rng = np.random.default_rng(seed)

    def moved(array: Any) -> np.ndarray:
        array = np.asarray(array, np.float64)
        return array * (1 + 2e-7 * rng.standard_normal(array.shape))

    model.set_weights([moved(weight) for weight in model.get_weights()])
    if not program.x.numbers.startswith("ids"):
        data.x = moved(data.x)
        if data.held_out is not None:
            data.held_out = (moved(data.held_out[0]), *data.held_out[1:])


def _reload(model: Any, program: Program, data: Data, values: dict[str, np.ndarray]) -> None:
    """Save, load, train both once more: what the loaded one gives stands beside what the other gives."""
    with tempfile.TemporaryDirectory(dir=scratch()) as folder:
        path = Path(folder, "m.clarinet")
        model.save(path)
        loaded = clarinet.models.load_model(path)
    for name, each in (("kept", model), ("loaded", loaded)):
        values[f"{name}: predictions"] = each.predict(data.x)
        history = _fit(each, program, data, Steps())
        values[f"{name}: history"] = _numbers(history.history.values())
        for i, weight in enumerate(each.get_weights()):
            values[f"{name}: weights {i}"] = weight
        values[f"{name}: predictions then"] = each.predict(data.x)
