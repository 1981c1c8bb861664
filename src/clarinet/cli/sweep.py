"""``clarinet sweep``."""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from collections.abc import Mapping
from contextlib import nullcontext, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clarinet import callbacks, recipes, saving, utils
from clarinet.cli import judging, sources, train
from clarinet.cli.output import Output
from clarinet.cli.reading import Reading
from clarinet.cli.sources import Source
from clarinet.cli.swept_programs import Training, training_of
from clarinet.data_adapters.provenance import NAMED, About
from clarinet.model import Sequential
from clarinet.recipes import PRESETS
from clarinet.search import Results, searching
from clarinet.training.progress import format_seconds
from clarinet.types import Array

_TRIALS, _EPOCHS, _PATIENCE = 50, 30, 5
_INTERRUPTED = 130
#: The network of ``clarinet train`` without options, which is tried first.
_USUAL = {"learning_rate": 1e-3, "units": 128, "hidden_layers": 2, "batch_size": 32}


@dataclass(frozen=True)
class RecipeNetwork:
    """Makes the network of ``clarinet train`` with hyperparameters to search.

    Args:
        x, y: rows that inputs and target are scaled by.
        about: the data, which models keep.
        preset: one of :data:`clarinet.recipes.PRESETS`.
    """

    x: Array
    y: Array
    about: About
    preset: str

    def __call__(self, learning_rate: float, units: int, hidden_layers: int) -> Sequential:
        """The network with so many hidden layers, each of half as many units as the one before."""
        hidden = tuple(max(4, units >> place) for place in range(hidden_layers))
        return train.network_of(self.x, self.y, self.about, self.preset, hidden, learning_rate)


def space_for(preset: str) -> dict[str, object]:
    """What is searched of a recipe's network."""
    return {
        "learning_rate": (1e-4, 3e-2, "log"),
        "units": (8, 256, "log"),
        "hidden_layers": (0, 2) if PRESETS[preset].filters else (0, 3),
        "batch_size": [16, 32, 64, 128, 256],
    }


def run(options: argparse.Namespace, output: Output) -> int:
    """Search, save the best model, and report how good it is."""
    searching.check_optuna()
    options.seed = 0 if options.seed is None else options.seed
    utils.set_random_seed(options.seed)
    out = train.destination(options)
    if Path(options.data).suffix == ".py":
        return _program(options, output, out)
    if options.rest:
        raise argparse.ArgumentTypeError(f"sweep: {options.data} takes no arguments, received {' '.join(options.rest)}")
    source = _loaded(options, output)
    fit: dict[str, Any] = {"epochs": options.epochs or _epochs(source)}
    if options.epochs is None:
        fit["callbacks"] = [callbacks.EarlyStopping(patience=_PATIENCE)]
    build = RecipeNetwork(source.x, source.y, source.about, options.preset)
    space, data = space_for(options.preset), {"x": source.x, "y": source.y}
    return _done(options, output, out, Training(build, space, data, fit, [_USUAL]), source)


def _program(options: argparse.Namespace, output: Output, out: Path) -> int:
    output.say(f"Running {options.data} up to its first fit, which is searched in its place.")
    with redirect_stdout(sys.stderr) if output.as_json else nullcontext():  # the program's own output is not JSON
        training = training_of(options.data, options.rest)
    if options.epochs is not None:
        training.fit["epochs"] = options.epochs
    return _done(options, output, out, training, None)


def _done(options: argparse.Namespace, output: Output, out: Path, training: Training, source: Source | None) -> int:
    """Search, and say what was found."""
    name, began = options.name or Path(options.data).stem, time.perf_counter()
    try:
        found = _swept(options, name, training)
    except KeyboardInterrupt:
        again = f"the same command with --resume --name {shlex.quote(name)}"
        output.result({"search": name, "interrupted": True}, f"Interrupted. What is over is kept; go on with {again}")
        return _INTERRUPTED
    model = found.best_model()
    saving.save(model, out)
    output.say(str(found))
    test: dict[str, float] = {}
    if source is not None:
        output.say(f"The best: {train.drawn(model)}.")
        test = train.tested(model, source, output)
        for sentence in judging.verdict_of(model, source).sentences() if test else ():
            output.say(sentence)
    _report(found, output, out, test, time.perf_counter() - began)
    return 0


def _epochs(source: Source) -> int:
    return _EPOCHS if source.about["kind"] not in NAMED else 10


def _loaded(options: argparse.Namespace, output: Output) -> Source:
    """The data, once all that can be refused has been."""
    source = sources.load(options.data, Reading.of(options))
    for sentence in source.report:
        output.say(sentence)
    train.check_differing(source, options.data)
    options.preset = options.preset or recipes.preset_for(source.about["kind"], source.x.shape[1:])
    return train.with_test_rows(source)


def _swept(options: argparse.Namespace, name: str, training: Training) -> Results:
    given: dict[str, Any] = {"space": training.space, **training.data, **training.fit}  # looked at there
    return searching.search(
        training.build,
        **given,
        trials=options.trials if options.trials or options.time else _TRIALS,
        timeout=options.time,
        workers=options.workers,
        metric=options.metric,
        mode=options.mode,
        seeds=options.seeds,
        cv=options.cv,
        name=name,
        resume=options.resume,
        first=training.first,
        pruner=None if options.no_pruning else "median",
        seed=options.seed,
        verbose=0 if options.json else "auto",
    )


def _report(found: Results, output: Output, out: Path, test: Mapping[str, float], seconds: float) -> None:
    """The result of a sweep, for people and for scripts."""
    best = found.best
    values = {
        "search": found.name,
        "metric": found.metric,
        "trials": [dict(zip(found.columns(), row)) for row in zip(*found.columns().values())],
        "best": {"trial": best.number, "value": best.value, "values": dict(best.values), "run": best.run},
        "model": str(out),
        "test": dict(test),
        "seconds": seconds,
    }
    kept = f"every trial is a run of the group {found.name}: clarinet runs ls --where 'group = {found.name}'"
    output.result(values, f"Saved {out} after {format_seconds(seconds)}; {kept}")
