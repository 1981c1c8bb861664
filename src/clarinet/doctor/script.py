"""Examining every model that a script trains, in place of its training."""

from __future__ import annotations

import inspect
import runpy
import sys
from collections.abc import Callable, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clarinet import data, training
from clarinet.callbacks import History
from clarinet.doctor.examination import examine
from clarinet.doctor.report import Report
from clarinet.model import Sequential

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Arguments of ``fit`` that the examination looks at, besides x, y and validation_data.
_LOOKED_AT = ("batch_size", "epochs", "validation_split", "shuffle", "class_weight")


class _Enough(BaseException):
    """Ends the script after the first sick model; not an Exception, so that the script does not catch it."""


def examine_script(
    path: str | Path,
    arguments: Sequence[str] = (),
    *,
    everything: bool = False,
    heard: Callable[[str, Report], None] = lambda model, report: None,
) -> list[tuple[str, Report]]:
    """Run a script as ``__main__`` with ``fit`` replaced by the examination of the same arguments.

    The script is executed: what it does besides training happens. ``fit`` returns a history of NaN.

    Args:
        path: of the script.
        arguments: what it finds in ``sys.argv[1:]``.
        everything: go on after a model with findings; default False.
        heard: called with each model's name and its report as they come.

    Returns:
        The names of the models that were fitted and their reports, in order.

    Raises:
        OSError: the script cannot be read. Whatever the script itself raises.
    """
    reports: list[tuple[str, Report]] = []

    def instead(self: Sequential, *given: Any, **named: Any) -> History:
        call = inspect.signature(training.fit).bind(self, *given, **named)
        call.apply_defaults()
        with _replaced(training.fit):  # the experiments do train
            report = _examine_call(self, call.arguments)
        reports.append((self.name, report))
        heard(self.name, report)
        if not report.healthy and not everything:
            raise _Enough
        return _no_history(self, call.arguments["epochs"])

    with _replaced(instead), _as_main(path, arguments), suppress(_Enough):
        runpy.run_path(str(path), run_name="__main__")
    return reports


def _examine_call(model: Sequential, arguments: dict[str, Any]) -> Report:
    x, y = arguments["x"], arguments["y"]
    if data.is_batches(x):
        raise TypeError("doctor: fit was given a source of batches; the doctor examines arrays: give it some rows")
    rows, labels, _ = data.as_rows(x, y, None)
    if not model.built:
        model.build((None, *rows.shape[1:]))
    looked_at = {name: arguments[name] for name in _LOOKED_AT}
    return examine(model, rows, labels, validation_data=arguments["validation_data"], **looked_at)


def _no_history(model: Sequential, epochs: int) -> History:
    history = History()
    names = model.metrics_names
    history.history = {name: [float("nan")] * epochs for name in (*names, *(f"val_{name}" for name in names))}
    history.epoch = list(range(epochs))
    model.history = history
    return history


@contextmanager
def _replaced(fit: Callable[..., Any]) -> Iterator[None]:
    before = Sequential.fit
    Sequential.fit = fit
    try:
        yield
    finally:
        Sequential.fit = before


@contextmanager
def _as_main(path: str | Path, arguments: Sequence[str]) -> Iterator[None]:
    """The arguments and the import path that the script would have if it were run by itself."""
    argv, folders = sys.argv, list(sys.path)
    sys.argv = [str(path), *arguments]
    sys.path.insert(0, str(Path(path).resolve().parent))
    try:
        yield
    finally:
        sys.argv, sys.path[:] = argv, folders
