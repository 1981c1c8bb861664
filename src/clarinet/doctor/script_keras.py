"""Keras models in a script: each is examined in place of its ``fit``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import signature
from types import ModuleType
from typing import TYPE_CHECKING, Any

from clarinet.doctor.after_import import after_import
from clarinet.doctor.program import quietly
from clarinet.doctor.report import Report

if TYPE_CHECKING:
    import keras

_Fit = Callable[..., object]
#: Arguments of ``fit`` that the examination has under names of its own, or that only show something.
_NOT_TAKEN = ("self", "x", "y", "validation_data", "callbacks", "verbose", "initial_epoch", "steps_per_epoch")
_FOR_VALIDATION = ("validation_steps", "validation_batch_size", "validation_freq")


@contextmanager
def examining(examine: Callable[..., Report], add: Callable[[str, Report, dict[str, object]], None]) -> Iterator[None]:
    """Within this context, ``fit`` of Keras's models is the examination of the same arguments.

    Args:
        examine: as :func:`clarinet.doctor.examine`.
        add: takes the model's name, its report, and the arguments of ``fit`` that would have written files.
    """
    kept: list[tuple[type[keras.Model], _Fit]] = []

    def patch(library: ModuleType) -> None:
        kind = library.Model
        kept.append((kind, kind.fit))
        kind.fit = _instead(library, kind.fit, examine, add)

    try:
        with after_import("keras", patch):
            yield
    finally:
        for kind, fit in kept:
            kind.fit = fit


def _instead(library: ModuleType, fit: _Fit, examine: Callable[..., Report], add: Callable[..., None]) -> _Fit:
    names = signature(fit)

    def instead(self: keras.Model, *given: object, **named: object) -> keras.callbacks.History:
        bound = names.bind(self, *given, **named)
        bound.apply_defaults()
        said = bound.arguments
        fit = {n: v for n, v in said.items() if n not in (*_NOT_TAKEN, *_FOR_VALIDATION) and v is not None}
        report = examine(self, said["x"], said["y"], validation_data=said["validation_data"], **fit)
        callbacks = said.get("callbacks")
        add(self.name, report, {"callbacks": callbacks} if callbacks else {})
        return _no_history(library, self, said)

    return instead


def _no_history(library: ModuleType, model: keras.Model, said: dict[str, Any]) -> keras.callbacks.History:
    """A history of NaN, under the names that Keras would use as far as they are known before training."""
    history = library.callbacks.History()
    history.set_model(model)
    names = ["loss", *_metrics(_compiled(model).get("metrics"))]
    if said.get("validation_data") is not None or said.get("validation_split"):
        names += [f"val_{name}" for name in names]
    history.epoch = list(range(said["epochs"]))
    history.history = {name: [float("nan")] * said["epochs"] for name in names}
    model.history = history
    return history


@quietly()
def _compiled(model: keras.Model) -> dict[str, object]:
    found: dict[str, object] = model.get_compile_config()
    return found


def _metrics(given: object) -> Iterator[str]:
    if isinstance(given, str):
        yield "accuracy" if given == "acc" else given
    elif isinstance(given, dict) and "class_name" in given:
        yield str(given.get("config", {}).get("name", given["class_name"]))
    elif isinstance(given, (list, dict)):
        for each in given.values() if isinstance(given, dict) else given:
            yield from _metrics(each)
