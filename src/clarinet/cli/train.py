"""``clarinet train``."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from clarinet import activations, callbacks, datasets, layers, utils
from clarinet.cli import recorded, sources
from clarinet.cli.fingerprints import fingerprint
from clarinet.cli.output import Output
from clarinet.cli.presets import PRESETS, Shifted, falling, hidden_layers
from clarinet.cli.reading import Reading
from clarinet.cli.sources import Source
from clarinet.data_adapters.provenance import NAMED
from clarinet.model import Sequential
from clarinet.optimizers import Adam
from clarinet.saving.container import check_ending
from clarinet.training.progress import format_logs
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.runs import Tracker

_MOST_EPOCHS, _PATIENCE, _TEST_SHARE = 100, 10, 0.2
_INTERRUPTED = 130


class Trained(TypedDict):
    """The report of a training."""

    model: str
    run: str | None
    engine: str
    epochs: int
    seconds: float
    interrupted: bool
    history: dict[str, list[float]]
    test: dict[str, float]


def run(options: argparse.Namespace, output: Output) -> int:
    """Train a network as the options say, save it, and report how well it does."""
    code, values = train(options, output)
    stopped = f"Interrupted in epoch {values['epochs'] + 1}; the model so far is saved in" if code else "Saved"
    kept = f"; the run is {values['run']}" if values["run"] else ""
    output.result(values, f"{stopped} {values['model']}{kept}")
    return code


def train(options: argparse.Namespace, output: Output) -> tuple[int, Trained]:
    """Train and save; returns the exit code and the report."""
    out = _destination(options)
    if options.run_name and options.seed is None:  # so that the run can be resumed and reproduced
        options.seed = int.from_bytes(os.urandom(4), "little")
    if options.seed is not None:
        utils.set_random_seed(options.seed)
    source = sources.load(options.data, Reading.of(options))
    for sentence in source.report:
        output.say(sentence)
    _check_differing(source, options.data)
    source = _with_test_rows(source)
    model = _network(source, options)
    output.say(f"Network: {_drawn(model)}; {model.count_params():,} parameters; Adam, learning rate {options.lr:g}.")
    if source.about["kind"] == "table":
        output.say("Scaled in the network's first layer: every column to mean 0 and variance 1.")
    output.say(f"Engine: {model.engine} ({model.engine_reason}).")
    began = time.perf_counter()
    tracker = _tracker(options, out)
    interrupted = not _fit(model, source, options, tracker)
    seconds = time.perf_counter() - began
    model.save(out)
    test = _test(model, source, output)
    history = model.history
    epochs = 0 if history is None else len(history.epoch)
    values: Trained = {
        "model": str(out),
        "run": None if tracker is None or tracker.run is None else tracker.run.name,
        "engine": model.engine,
        "epochs": epochs,
        "seconds": seconds,
        "interrupted": interrupted,
        "history": {} if history is None else history.history,
        "test": test,
    }
    return _INTERRUPTED if interrupted else 0, values


def _tracker(options: argparse.Namespace, out: Path) -> Tracker | None:
    """The tracker that keeps the training in a run, if asked for."""
    if not options.run_name:
        return None
    from clarinet.runs import Tracker

    return Tracker(options.run_name, config=recorded.settings(options, out))


def _destination(options: argparse.Namespace) -> Path:
    """Where the model goes; refused before hours of training rather than after them."""
    name = Path(options.data).resolve().stem if os.sep in options.data or "." in options.data else options.data
    out = Path(options.out or f"{name}.clarinet")
    check_ending(out, "--out")
    if out.is_dir():
        raise IsADirectoryError(f"--out {out} is a folder; give the name of a file, e.g. {out / 'model.clarinet'}")
    if not out.absolute().parent.is_dir():
        raise FileNotFoundError(f"--out {out}: the folder {out.parent} does not exist; make it first")
    if not os.access(out.absolute().parent, os.W_OK):
        raise PermissionError(f"--out {out}: files cannot be written in {out.absolute().parent}")
    return out


def _check_differing(source: Source, data: str) -> None:
    """Refuse data with nothing to learn in it, before any work."""
    if len(source.y) and (source.y != source.y[0]).any():
        return
    if source.about["kind"] == "images":
        raise ValueError(
            f"{data} holds one class, {source.about['classes'][0]!r}; expected a sub-folder of pictures for each "
            "of two or more classes, so that there is something to learn"
        )
    target = datasets.TableCoding.from_config(source.about["coding"]).target.name
    raise ValueError(f"{data}: the target {target!r} is the same in every row; expected one that differs between rows")


def _with_test_rows(source: Source) -> Source:
    """Shuffled, with a fifth of the rows set aside, where the data set has no test rows of its own."""
    if source.x_test is not None or len(source.x) * _TEST_SHARE < 1:
        return source
    rows = (source.x, source.y)
    (x, y), (x_test, y_test) = utils.split_dataset(rows, right_size=_TEST_SHARE, shuffle=True)
    return Source(x, y, x_test, y_test, source.about)


def _network(source: Source, options: argparse.Namespace) -> Sequential:
    """Inputs scaled, hidden layers with ReLU, softmax over the classes or one number."""
    preset = PRESETS[options.preset]
    hidden = hidden_layers(preset, source.x.shape[1:], preset.hidden if options.hidden is None else options.hidden)
    classes = source.about["classes"]
    is_table = source.about["kind"] == "table"
    first = _standardised() if is_table else layers.Rescaling(1 / 255)
    last: list[layers.Layer]
    if classes:
        last = [layers.Dense(len(classes), activation="softmax")]
        loss, metrics = "sparse_categorical_crossentropy", ["accuracy"]
    else:
        last = [layers.Dense(1), _unscaled(source.y)]
        loss, metrics = "mse", ["mae"]
    model = Sequential([layers.Input(source.x.shape[1:]), first, *hidden, *last])
    if is_table:
        model.layers[0].set_weights([source.x.mean(axis=0), source.x.var(axis=0)])
    model.metadata["data"] = source.about
    if source.about["kind"] not in NAMED:  # those have test rows of their own
        rows, _ = _split(source, options)
        model.metadata["data"] = {**source.about, "trained_on": fingerprint(*rows)}
    model.compile(Adam(learning_rate=options.lr), loss, metrics, engine=options.engine)
    return model


def _standardised() -> layers.Layer:
    """A layer that scales a table's columns to mean 0 and variance 1; frozen, so it keeps these statistics."""
    return layers.BatchNormalization(center=False, scale=False, epsilon=1e-7, trainable=False, name="standardise")


def _unscaled(y: Array) -> layers.Layer:
    """Lets the network predict numbers near 0 and puts the target's own range back on them."""
    return layers.Rescaling(float(y.std()) or 1.0, float(y.mean()), name="units_of_the_target")


def _split(source: Source, options: argparse.Namespace) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """The rows to train on and those to watch."""
    kept = len(source.x) - int(len(source.x) * options.validation)
    return (source.x[:kept], source.y[:kept]), (source.x[kept:], source.y[kept:])


def _fit(model: Sequential, source: Source, options: argparse.Namespace, tracker: Tracker | None) -> bool:
    """Train; False after Ctrl-C, with the model as it was then."""
    preset = PRESETS[options.preset]
    own_data = source.about["kind"] not in NAMED
    epochs = options.epochs or (_MOST_EPOCHS if own_data else preset.epochs)
    rows, watched = _split(source, options)
    split = 0 < len(rows[0]) < len(source.x)
    helpers: list[callbacks.Callback] = (
        [callbacks.LearningRateScheduler(falling(options.lr, epochs))] if preset.falls else []
    )
    if own_data and options.epochs is None and split:
        helpers.append(callbacks.EarlyStopping(patience=_PATIENCE, verbose=0 if options.json else 1))
    batch_size = options.batch_size or preset.batch_size
    x, y = (Shifted(*rows, batch_size, preset.shift, options.seed), None) if preset.shift else rows
    try:
        model.fit(
            x,
            y,
            batch_size=None if preset.shift else batch_size,
            epochs=epochs,
            validation_data=watched if split else None,
            callbacks=helpers,
            verbose=0 if options.json else "auto",
            run=tracker,
            checkpoint=options.checkpoint if tracker else None,
            resume=options.resume,
        )
    except KeyboardInterrupt:
        return False
    return True


def _test(model: Sequential, source: Source, output: Output) -> dict[str, float]:
    """Loss and metric on the rows that training never saw."""
    if source.x_test is None or source.y_test is None:
        return {}
    results = model.evaluate(source.x_test, source.y_test, batch_size=256, return_dict=True)
    output.say(f"On {len(source.x_test):,} rows that it has never seen: {format_logs(results)}")
    return {"rows": len(source.x_test), **results}


def _drawn(model: Sequential) -> str:
    """``784 → 128 relu → 10 softmax``."""
    parts = [str(int(np.prod(model.sample_shape or ())))]
    layer: Any
    for layer in model.layers:
        if layer.weighted_sum == "window":
            parts.append(f"{layer.filters} × {layer.kernel_size[0]} × {layer.kernel_size[1]} relu")
        if layer.weighted_sum == "dense":
            activation = type(layer.activation).__name__.lower()
            parts.append(f"{layer.units}" if layer.activation == activations.linear else f"{layer.units} {activation}")
    return " → ".join(parts)
