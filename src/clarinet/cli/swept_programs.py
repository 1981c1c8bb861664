"""``clarinet sweep train.py``: what a program trains, so that it can be searched with other hyperparameters."""

from __future__ import annotations

import math
import runpy
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from clarinet import files
from clarinet.doctor.script import as_main, replaced
from clarinet.model import Model
from clarinet.models import clone_model
from clarinet.search.plan import FIT
from clarinet.search.spaces import hinted
from clarinet.settings import BATCH_SIZE
from clarinet.training import trainer

#: The learning rate is searched up to so many times smaller and larger.
_WIDE = 30.0
_BATCHES = (16, 32, 64, 128, 256)


@dataclass(frozen=True)
class Training:
    """The first training of a program.

    Attributes:
        build: makes its model of hyperparameters.
        space: what is searched; None where the type hints of ``build`` say it.
        data: arguments of ``fit`` that hold the rows.
        fit: its other arguments.
        first: the values that the program itself has.
    """

    build: Callable[..., object]
    space: object
    data: Mapping[str, object]
    fit: dict[str, object]
    first: Sequence[Mapping[str, object]]


class _Caught(BaseException):
    """Ends the program at its first ``fit``; not an Exception, so that the program does not catch it."""

    def __init__(self, training: Training) -> None:
        self.training = training


@dataclass(frozen=True)
class Rebuilt:
    """Makes a program's model again, with another learning rate and fresh weights."""

    model: Model

    def __call__(self, learning_rate: float) -> Model:
        """The model, compiled."""
        model, config = clone_model(self.model), self.model.compile_config()
        assert config is not None  # it was compiled: its fit was called
        optimizer: Any = config["optimizer"]
        optimizer["config"]["learning_rate"] = learning_rate
        model.compile_from_config(config)
        return model


def training_of(path: str | Path, arguments: list[str]) -> Training:
    """Run a program up to its first ``fit``, and take that in place of doing it.

    A program with a function ``build``, whose arguments have type hints such as ``units: Annotated[int, (8, 256)]``, or
    with a dictionary ``space`` beside it, is searched over these; any other over learning rate and batch size. Files
    that it writes through the library until then are held back.

    Raises:
        ValueError: it trains nothing, or its learning rate is a schedule. OSError: it cannot be read. Whatever the
            program itself raises.
    """

    def caught(self: Model, *given: object, **named: object) -> NoReturn:
        settings = vars(trainer.settings_of(*given, **named))
        raise _Caught(_training(self, settings, vars(sys.modules["__main__"])))

    try:
        with files.held_back(), replaced(caught, caught), as_main(path, arguments):
            runpy.run_path(str(path), run_name="__main__")
    except _Caught as found:
        return found.training
    raise ValueError(f"{path}: the program has ended and fitted no model; expected a call of model.fit(x, y, …)")


def _training(model: Model, settings: Mapping[str, Any], program: Mapping[str, Any]) -> Training:
    data = {name: settings[name] for name in ("x", "y", "sample_weight", "validation_data")}
    if settings["validation_split"]:
        data["validation_split"] = settings["validation_split"]
    build, space = program.get("build"), program.get("space")
    if callable(build) and (space is not None or hinted(build)):
        searched = space if isinstance(space, Mapping) else {}
        return Training(build, space, data, _others(settings, searched), [])
    rate = _rate_of(model)
    size = settings["batch_size"] or BATCH_SIZE
    tried = {
        "learning_rate": (rate / _WIDE, min(rate * _WIDE, max(1.0, rate)), "log"),
        "batch_size": sorted({*_BATCHES, size}),
    }
    return Training(
        Rebuilt(model), tried, data, _others(settings, tried), [{"learning_rate": rate, "batch_size": size}]
    )


def _others(settings: Mapping[str, Any], space: Mapping[str, object]) -> dict[str, Any]:
    """The arguments of ``fit`` that every trial has."""
    return {name: settings[name] for name in FIT if settings[name] is not None and name not in space}


def _rate_of(model: Model) -> float:
    rate: Any = getattr(model.optimizer, "learning_rate", None)
    try:
        found = float(rate)
    except TypeError:
        found = math.nan
    if not 0 < found < math.inf:
        raise ValueError(
            "the program's optimizer has no single learning rate to search; define build(...) with type hints such as "
            "rate: Annotated[float, (1e-4, 1e-1, 'log')], and build the model with it"
        )
    return found
