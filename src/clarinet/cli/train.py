"""``clarinet train``."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from clarinet import activations, callbacks, datasets, recipes, utils
from clarinet.cli import judging, recorded, sources
from clarinet.cli.bar import OneLine
from clarinet.cli.fingerprints import fingerprint
from clarinet.cli.output import Output
from clarinet.cli.reading import Reading
from clarinet.cli.sources import Source
from clarinet.data_adapters.provenance import NAMED, About
from clarinet.datasets.coding import TableCoding
from clarinet.datasets.packed import PACKED
from clarinet.model import Model, Sequential
from clarinet.recipes import PRESETS, Augmented, Shifted, falling
from clarinet.saving.container import check_ending
from clarinet.training.progress import ProgressBar, format_logs
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.runs import Tracker
    from clarinet.trainable import Trainable

_MOST_EPOCHS, _PATIENCE, _TEST_SHARE, _VALIDATION = 100, 10, 0.2, 0.1
_INTERRUPTED = 130
_SCALED = "Scaled in the network's first layer: every column to mean 0 and variance 1."


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
    verdict: dict[str, object]
    folds: list[float]


def run(options: argparse.Namespace, output: Output) -> int:
    """Train a network as the options say, save it, and report how well it does."""
    code, values = train(options, output)
    stopped = f"Interrupted in epoch {values['epochs'] + 1}; the model so far is saved in" if code else "Saved"
    kept = f"; the run is {values['run']}" if values["run"] else ""
    output.result(values, f"{stopped} {values['model']}{kept}")
    return code


def train(options: argparse.Namespace, output: Output) -> tuple[int, Trained]:
    """Train and save; returns the exit code and the report."""
    out = destination(options)
    _prepare_watching(options)
    if options.run_name and options.seed is None:  # so that the run can be resumed and reproduced
        options.seed = int.from_bytes(os.urandom(4), "little")
    if options.seed is not None:
        utils.set_random_seed(options.seed)
    source = _loaded(options, output)
    folds = _cross_validated(source, options, output)
    every, source = source, with_test_rows(source)
    began = time.perf_counter()
    tracker = _tracker(options, out)
    model, interrupted = _trained(source, options, tracker, output)
    seconds = time.perf_counter() - began
    model.save(out)
    test = tested(model, source, output)
    verdict = {} if interrupted else judging.judge(model, source, options, output, str(out))
    if not interrupted and tracker is None:  # a run keeps the file as training left it
        _finished(model, every, options, output, verdict).save(out)
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
        "verdict": verdict,
        "folds": folds,
    }
    return _INTERRUPTED if interrupted else 0, values


def _loaded(options: argparse.Namespace, output: Output) -> Source:
    """The data, once all that can be refused has been."""
    source = sources.load(options.data, Reading.of(options))
    for sentence in source.report:
        output.say(sentence)
    check_differing(source, options.data)
    if options.class_weight and not source.about["classes"]:
        raise argparse.ArgumentTypeError("--class-weight is for classes; the target holds amounts")
    _check_folds(source, options)
    if options.mirror and not options.augment:
        raise argparse.ArgumentTypeError("--mirror goes with --augment: say both")
    if options.augment and source.x.ndim < 3:
        raise argparse.ArgumentTypeError(f"--augment is for pictures; {options.data} is a table")
    options.preset = _preset(source, options, output)
    options.validation = _VALIDATION if options.validation is None else options.validation
    return source


def _preset(source: Source, options: argparse.Namespace, output: Output) -> str:
    """The preset that was asked for, or the one for such data.

    Raises:
        ArgumentTypeError: the recipe for tables for anything else, or with what is about one network.
    """
    about_one = [
        name
        for name, said in (
            ("--run", options.run_name),
            ("--validation", options.validation),
            ("--hidden", options.hidden),
        )
        if said is not None
    ]
    kind = source.about["kind"]
    if (options.preset or (recipes.TABLE if kind == "table" else "")) != recipes.TABLE:
        return str(options.preset or recipes.preset_for(kind, source.x.shape[1:]))
    if kind != "table":
        raise argparse.ArgumentTypeError(f"--preset table is for tables; {options.data} is not one: leave it out")
    if options.preset and about_one not in ([], ["--hidden"]):
        raise argparse.ArgumentTypeError(
            f"--preset table trains several networks, and {about_one[0]} is about one: leave one of the two out"
        )
    if options.preset or not about_one:
        return recipes.TABLE
    output.say(
        f"One network, as {about_one[0]} is about one; without it several are trained, and usually answer better."
    )
    return "mlp"


def _say_network(model: Sequential, source: Source, options: argparse.Namespace, output: Output) -> None:
    output.say(f"Network: {drawn(model)}; {model.count_params():,} parameters; Adam, learning rate {options.lr:g}.")
    if source.about["kind"] == "table":
        output.say(_SCALED)
    output.say(f"Engine: {model.engine} ({model.engine_reason}).")


def _check_folds(source: Source, options: argparse.Namespace) -> None:
    """Refuse folds of what has test rows of its own, or too few rows."""
    if options.cv and source.x_test is not None:
        raise argparse.ArgumentTypeError(f"--cv is for your own data; {options.data} has test rows of its own")
    if options.cv and options.run_name:
        raise argparse.ArgumentTypeError("--cv trains several networks, and a run keeps one; leave out --cv or --run")
    if options.cv and len(source.x) < 2 * options.cv:
        raise ValueError(f"--cv {options.cv}: expected at least {2 * options.cv} rows, got {len(source.x)}")


def _cross_validated(source: Source, options: argparse.Namespace, output: Output) -> list[float]:
    """The score of a network of each fold, trained on the others."""
    if not options.cv:
        return []
    order = np.random.default_rng(options.seed).permutation(len(source.x))
    scores, measure = [], ""
    for held in np.array_split(order, options.cv):
        others = np.setdiff1d(order, held, assume_unique=True)
        part = Source(source.x[others], source.y[others], source.x[held], source.y[held], source.about)
        model, interrupted = _trained(part, argparse.Namespace(**{**vars(options), "json": True}))
        if interrupted:
            raise KeyboardInterrupt
        found = judging.verdict_of(model, part)
        scores.append(found.score)
        measure = found.measure
        output.say(f"Fold {len(scores)} of {options.cv}: {measure} {found.score:.3f} (constant {found.constant:.3f}).")
    spread = float(np.std(scores, ddof=1)) if len(scores) > 1 else 0.0
    output.say(f"{options.cv} folds: {measure} {np.mean(scores):.3f} ± {spread:.3f} (mean and spread).")
    return scores


def _finished(
    model: Sequential, every: Source, options: argparse.Namespace, output: Output, verdict: dict[str, object]
) -> Sequential:
    """The model that is kept: with its scores, and where that was asked for trained once more on all rows."""
    scores = {name: value for name, value in verdict.items() if isinstance(value, float)}
    refit = bool(options.cv) if options.refit is None else options.refit
    if refit and every.x_test is None and model.history is not None:
        again, epochs = argparse.Namespace(**{**vars(options), "json": True}), ""
        if options.preset != recipes.TABLE:  # whose networks all watch rows of their own
            history = model.history.history
            watched = history.get("val_loss", history["loss"])
            best = int(np.argmin(watched)) + 1 if options.epochs is None else len(watched)
            again.validation, again.epochs, epochs = 0.0, best, f", {best} epochs"
        output.say(f"Trained once more on all {len(every.x):,} rows{epochs}; saved (--refit no saves the tested one).")
        whole, interrupted = _trained(every, again)
        model = model if interrupted else whole
    if every.about["kind"] not in NAMED and scores:
        model.metadata["data"] = {**model.metadata["data"], "scores": scores}
    return model


def _tracker(options: argparse.Namespace, out: Path) -> Tracker | None:
    """The tracker that keeps the training in a run, if asked for."""
    if not options.run_name:
        return None
    from clarinet.runs import Tracker

    return Tracker(options.run_name, config=recorded.settings(options, out))


def destination(options: argparse.Namespace) -> Path:
    """Where the model goes; refused before hours of training rather than after them."""
    name = options.data
    if os.sep in name or "." in name:
        path = Path(name).resolve()
        name = Path(path.stem).stem if path.suffix in PACKED else path.stem  # wines.csv.gz: wines
    out = Path(options.out or f"{name}.clarinet")
    check_ending(out, "--out")
    if out.is_dir():
        raise IsADirectoryError(f"--out {out} is a folder; give the name of a file, e.g. {out / 'model.clarinet'}")
    if not out.absolute().parent.is_dir():
        raise FileNotFoundError(f"--out {out}: the folder {out.parent} does not exist; make it first")
    if not os.access(out.absolute().parent, os.W_OK):
        raise PermissionError(f"--out {out}: files cannot be written in {out.absolute().parent}")
    return out


def check_differing(source: Source, data: str) -> None:
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


def with_test_rows(source: Source) -> Source:
    """Shuffled, with a fifth of the rows set aside, where the data set has no test rows of its own."""
    if source.x_test is not None or len(source.x) * _TEST_SHARE < 1:
        return source
    rows = (source.x, source.y)
    (x, y), (x_test, y_test) = utils.split_dataset(rows, right_size=_TEST_SHARE, shuffle=True)
    return Source(x, y, x_test, y_test, source.about)


def _trained(
    source: Source,
    options: argparse.Namespace,
    tracker: Tracker | None = None,
    output: Output | None = None,
) -> tuple[Sequential, bool]:
    """A trained model, and whether Ctrl-C ended its training."""
    if options.preset == recipes.TABLE:
        return _of_table(source, options, output)
    model = _network(source, options)
    if output is not None:
        _say_network(model, source, options, output)
    return model, not _fit(model, source, options, tracker)


def _of_table(source: Source, options: argparse.Namespace, output: Output | None) -> tuple[Sequential, bool]:
    """Several networks for a table, whose answers are averaged."""
    classes = len(source.about["classes"])
    weights = recipes.class_weights(source.y, classes) if options.class_weight else None
    bar = not options.json and ProgressBar.resolve("auto") == 1
    settings = recipes.TableSettings(
        epochs=options.epochs or _MOST_EPOCHS,
        batch_size=options.batch_size,
        learning_rate=options.lr,
        seed=options.seed,
        engine=options.engine,
        watchers=lambda number: [OneLine(name=f"Network {number + 1}: ")] if bar else [],
        **({} if options.hidden is None else {"hidden": options.hidden}),
    )
    if output is not None:
        output.say(recipes.in_words(len(source.y), settings))
    coding = TableCoding.from_config(source.about["coding"])
    fitted = recipes.fit_table(source.x, source.y, classes, coding, settings, weights)
    if output is not None:
        output.say(_SCALED)
        output.say(f"Engine: {fitted.model.engine} ({fitted.model.engine_reason}).")
        output.say(fitted.in_words())
    fitted.model.metadata["data"] = {**source.about, "trained_on": fingerprint(source.x, source.y)}
    return fitted.model, fitted.interrupted


def _network(source: Source, options: argparse.Namespace) -> Sequential:
    model = network_of(source.x, source.y, source.about, options.preset, options.hidden, options.lr, options.engine)
    if source.about["kind"] not in NAMED:  # those have test rows of their own
        rows, _ = _split(source, options)
        model.metadata["data"] = {**source.about, "trained_on": fingerprint(*rows)}
    return model


def network_of(
    x: Array, y: Array, about: About, preset: str, hidden: tuple[int, ...] | None, rate: float, engine: str = "auto"
) -> Sequential:
    """The recipe's network, which knows what it is trained on; the rest as of :func:`clarinet.recipes.network`."""
    table = TableCoding.from_config(about["coding"]) if about["kind"] == "table" else None
    model = recipes.network(
        x, y, len(about["classes"]), table=table, preset=preset, hidden=hidden, learning_rate=rate, engine=engine
    )
    model.metadata["data"] = about
    return model


def _prepare_watching(options: argparse.Namespace) -> None:
    """A run for the studio to show, if it is wanted."""
    if options.watch:
        from clarinet.runs.showing import check_extra  # with sqlite3, which a training without a run does not need

        check_extra("--watch")
        options.run_name = options.run_name or "watched"


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
    verbose = 0 if options.json else ProgressBar.resolve("auto")
    if verbose == 1:  # a bar for all epochs
        helpers.insert(0, OneLine())
    weights = recipes.class_weights(rows[1], len(source.about["classes"])) if options.class_weight else None
    batch_size = options.batch_size or preset.batch_size
    x, y = _batches(rows, batch_size, options) or rows
    try:
        model.fit(
            x,
            y,
            batch_size=batch_size if x is rows[0] else None,
            epochs=epochs,
            validation_data=watched if split else None,
            callbacks=helpers,
            verbose=2 if verbose == 2 else 0,
            class_weight=weights,
            run=tracker,
            checkpoint=options.checkpoint if tracker else None,
            resume=options.resume,
            studio=options.watch and tracker is not None,
        )
    except KeyboardInterrupt:
        return False
    return True


def _batches(
    rows: tuple[Array, Array], batch_size: int, options: argparse.Namespace
) -> tuple[Augmented | Shifted, None] | None:
    """Pictures that are changed anew in every epoch; None where they stay as they are."""
    if options.augment:
        return Augmented(*rows, batch_size, options.mirror, options.seed), None
    shift = PRESETS[options.preset].shift
    return (Shifted(*rows, batch_size, shift, options.seed), None) if shift else None


def tested(model: Model, source: Source, output: Output) -> dict[str, float]:
    """Loss and metric on the rows that training never saw."""
    if source.x_test is None or source.y_test is None:
        return {}
    results = model.evaluate(source.x_test, source.y_test, batch_size=256, return_dict=True)
    count = len(source.x_test)
    output.say(f"On {count:,} row{'s' * (count != 1)} that it has never seen: {format_logs(results)}")
    return {"rows": len(source.x_test), **results}


def drawn(model: Trainable) -> str:
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
