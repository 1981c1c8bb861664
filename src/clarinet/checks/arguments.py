"""The arguments of ``fit``, ``evaluate`` and ``predict`` that are not data."""

from __future__ import annotations

import numbers
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet.checks.intervals import interval
from clarinet.checks.models import check_compiled, check_model
from clarinet.data_adapters import is_batches, is_stream
from clarinet.problems import Problem, error, shown

if TYPE_CHECKING:
    from clarinet.settings import FitSettings
    from clarinet.trainable import Trainable

#: What counts rows and steps is a whole number of 64 bits everywhere below.
_MOST = 2**63 - 1
_Rule = Callable[[str, Any], Problem | None]


def _argument(name: str, message: str, error_class: type[Exception] = ValueError) -> Problem:
    return error("bad_argument", f"fit.{name}", f"{name}: {message}", error_class)


def _is_whole(value: object) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _whole(least: int, hint: str = "") -> _Rule:
    def rule(name: str, value: Any) -> Problem | None:
        expected = f"expected a whole number of at least {least}"
        if not _is_whole(value):
            fix = f"; use int({value})" if isinstance(value, numbers.Real) and not isinstance(value, bool) else ""
            return _argument(name, f"{expected}, received {shown(value)}{fix}", TypeError)
        if value > _MOST:
            return _argument(name, f"expected a whole number below 2**63, received {shown(value)}")
        return _argument(name, f"{expected}, received {shown(value)}{hint}") if value < least else None

    return rule


def _optional(rule: _Rule) -> _Rule:
    return lambda name, value: None if value is None else rule(name, value)


def _one_of(*choices: object) -> _Rule:
    def rule(name: str, value: object) -> Problem | None:
        given = value.item() if isinstance(value, np.generic) else value
        if any(given is c or (type(given) is type(c) and given == c) for c in choices):
            return None
        return _argument(name, f"expected one of {', '.join(map(repr, choices))}, received {shown(value)}")

    return rule


def _fraction(name: str, value: object) -> Problem | None:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return _argument(name, f"expected a fraction between 0 and 1, received {shown(value)}", TypeError)
    fraction: Any = value  # as it is: a whole number may be too large for a float
    if not 0 <= fraction < 1:
        percent = f"; for {float(value):g} percent use {float(value) / 100:g}" if 1 < fraction < 100 else ""
        fix = percent or "; 0.2 keeps the last fifth for validation"
        return _argument(name, f"expected a fraction from 0 up to but not including 1, received {shown(value)}{fix}")
    return None


def _yes_or_no(name: str, value: object) -> Problem | None:
    if isinstance(value, (bool, np.bool_)):
        return None
    return _argument(name, f"expected True or False, received {shown(value)}", TypeError)


def _seed(name: str, value: Any) -> Problem | None:
    if not _is_whole(value):
        return _argument(name, f"expected a whole number, received {shown(value)}", TypeError)
    if not 0 <= value < 2**64:
        return _argument(name, f"expected a whole number from 0 to 2**64 - 1, received {shown(value)}")
    return None


def _class_weight(name: str, value: object) -> Problem | None:
    if isinstance(value, dict):
        return None
    shape = "{0: 1.0, 1: 5.0}"
    fix = "; use dict(enumerate(...))" if isinstance(value, (list, tuple, np.ndarray)) else ""
    return _argument(
        name, f"expected a dictionary from class id to weight such as {shape}, received {shown(value)}{fix}", TypeError
    )


def _how_often(name: str, value: object) -> Problem | None:
    try:
        interval(value)
    except (TypeError, ValueError) as wrong:
        return _argument(name, str(wrong), type(wrong))
    return None


def _run_name(name: str, value: object) -> Problem | None:
    if isinstance(value, (str, bool)) or hasattr(value, "reopen") or hasattr(value, "wants_fingerprint"):
        return None  # a name, a Run, a Tracker
    return _argument(name, f"expected a name such as 'digits-128', or True, received {shown(value)}", TypeError)


def _distribution(name: str, value: object) -> Problem | None:
    if isinstance(value, str) and re.fullmatch(r"mpi(:[1-9][0-9]{0,5})?", value):
        return None
    return _argument(name, f"expected 'mpi', 'mpi:4' for four processes, or None, received {shown(value)}")


_RULES: dict[str, _Rule] = {
    "batch_size": _optional(_whole(1)),
    "epochs": _whole(1),
    "initial_epoch": _whole(0),
    "steps_per_epoch": _optional(_whole(1)),
    "steps": _optional(_whole(1)),
    "validation_steps": _optional(_whole(1)),
    "validation_batch_size": _optional(_whole(1)),
    "validation_freq": _whole(1),
    "validation_split": _fraction,
    "verbose": _one_of("auto", 0, 1, 2, True, False),
    "shuffle": _yes_or_no,
    "return_dict": _yes_or_no,
    "training": _yes_or_no,
    "seed": _optional(_seed),
    "stats_every": _whole(0, "; 0 takes none"),
    "class_weight": _optional(_class_weight),
    "run": _optional(_run_name),
    "checkpoint": lambda name, value: None if value is None or value is False else _how_often(name, value),
    "resume": _yes_or_no,
    "doctor": _yes_or_no,
    "plot": _one_of(False, True, "light", "dark"),
    "studio": _yes_or_no,
    "distribute": _optional(_distribution),
}


def check_arguments(arguments: Mapping[str, object]) -> Iterator[Problem]:
    """Problems of the arguments that have a rule, e.g. ``batch_size``, ``epochs``, ``validation_split``.

    Example:
        >>> [p.message for p in check_arguments({"batch_size": 0, "epochs": 10})]
        ['batch_size: expected a whole number of at least 1, received 0']
    """
    for name, value in arguments.items():
        problem = _RULES[name](name, value) if name in _RULES else None
        if problem is not None:
            yield problem


def plain(arguments: Mapping[str, object]) -> dict[str, object]:
    """The arguments with NumPy's numbers, where a rule lets them pass, as Python's: those of 8 bits overflow unseen.

    Example:
        >>> plain({"batch_size": np.uint8(200)})
        {'batch_size': 200}
    """
    return {**arguments, **_plain_numbers(arguments)}


def plain_settings(settings: FitSettings) -> FitSettings:
    """The same settings, with Python's numbers."""
    numbers = _plain_numbers(vars(settings))
    return replace(settings, **numbers) if numbers else settings


def _plain_numbers(arguments: Mapping[str, object]) -> dict[str, Any]:
    """The arguments that are numbers of NumPy, as Python's numbers."""
    return {k: v.item() for k, v in arguments.items() if isinstance(v, np.generic) and k in _RULES}


def check_fit_arguments(model: Trainable, settings: FitSettings) -> Iterator[Problem]:
    """Problems of a call of ``fit`` that can be seen before looking into the data, then doubts about the model."""
    yield from check_compiled(model)
    yield from check_arguments(vars(settings))
    yield from _check_sources(vars(settings), model.needs_labels)
    yield from _check_stream(model, settings.x)
    yield from _check_callbacks(settings.callbacks)
    yield from check_model(model)


def _check_stream(model: Trainable, x: object) -> Iterator[Problem]:
    """Whether the optimizer takes rows that come a few at a time."""
    if is_stream(x) and model.optimizer is not None and model.optimizer.full_batch:
        yield error(
            "bad_argument",
            "fit.x",
            f"x: {type(model.optimizer).__name__} looks at all rows for every update, and these stream, a few at a "
            "time; load them, e.g. with load_table, or compile with optimizer='adam'",
        )


def check_evaluate_arguments(model: Trainable, arguments: Mapping[str, object]) -> Iterator[Problem]:
    """Problems of a call of ``evaluate`` that can be seen before looking into the data."""
    yield from check_compiled(model, "evaluate", training=False)
    yield from check_arguments(arguments)
    yield from _check_sources(arguments, model.needs_labels)
    yield from _check_callbacks(arguments.get("callbacks"))


def check_predict_arguments(arguments: Mapping[str, object]) -> Iterator[Problem]:
    """Problems of a call of ``predict`` that can be seen before looking into the data."""
    yield from check_arguments(arguments)
    yield from _check_callbacks(arguments.get("callbacks"))


def check_batch_arguments(model: Trainable, doing: str, arguments: Mapping[str, object]) -> Iterator[Problem]:
    """Problems of a call of ``train_on_batch`` or ``test_on_batch`` that can be seen before looking into the data."""
    yield from check_compiled(model, doing, training=doing == "train_on_batch")
    yield from check_arguments(arguments)


def _check_sources(arguments: Mapping[str, object], labels: bool) -> Iterator[Problem]:
    """Whether the other arguments suit the kind of ``x``."""
    x, target = arguments.get("x"), arguments.get("target")
    if target is not None and not is_stream(x):
        message = f"names a column of files, received {shown(target)}, and x names no files; give the labels as y"
        yield _argument("target", message, TypeError)
    if x is None:
        yield error("bad_argument", "data.x", "x: expected rows to learn from, received None; give x and y")
    elif is_batches(x):
        for name in ("y", "sample_weight", "validation_split"):
            value = arguments.get(name)
            if value is not None and not (name == "validation_split" and value == 0):
                yield error(
                    "bad_argument",
                    f"fit.{name}",
                    f"{name}: x is a source of batches, which yields (x, y) or (x, y, sample_weight) itself; "
                    + ("give validation_data" if name == "validation_split" else f"leave {name} out"),
                )
    elif arguments.get("y") is None and labels:
        yield error(
            "missing_labels", "data.y", "y: the loss needs labels, received None; give y, one label for every row of x"
        )


def _check_callbacks(callbacks: object) -> Iterator[Problem]:
    """A callback is anything with the methods of Callback; a class or a function is a slip."""
    given = callbacks if isinstance(callbacks, (list, tuple)) else [] if callbacks is None else [callbacks]
    for callback in given:
        if isinstance(callback, type):
            yield error(
                "bad_argument",
                "fit.callbacks",
                f"callbacks: received the class {callback.__name__}; make one: {callback.__name__}()",
                TypeError,
            )
        elif not hasattr(callback, "set_model"):
            yield error(
                "bad_argument",
                "fit.callbacks",
                f"callbacks: expected objects of clarinet.callbacks.Callback, received {callback!r}; "
                "wrap a function in LambdaCallback(on_epoch_end=...)",
                TypeError,
            )
