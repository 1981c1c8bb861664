"""Examining every model that a script trains, in place of its training."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clarinet import data_adapters, files
from clarinet.callbacks import History
from clarinet.doctor import script_keras, script_torch
from clarinet.doctor.examination import examine
from clarinet.doctor.report import Report
from clarinet.doctor.script_files import all_held_back
from clarinet.settings import FitSettings
from clarinet.trainable import Trainable, model_class
from clarinet.training import trainer
from clarinet.training.prepare import as_list

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clarinet.events import Event

#: Arguments of ``fit`` that the examination has under names of its own.
_DATA = ("x", "y", "validation_data")


class _Enough(BaseException):
    """Ends the script after the first sick model; not an Exception, so that the script does not catch it."""


def examine_script(
    path: str | Path,
    arguments: Sequence[str] = (),
    *,
    everything: bool = False,
    heard: Callable[[str, Report], None] = lambda model, report: None,
    said: Callable[[str], None] = lambda sentence: None,
) -> list[tuple[str, Report]]:
    """Run a script as ``__main__`` with ``fit`` replaced by the examination of the same arguments.

    The script is executed, with everything that it does besides training. ``fit`` returns a history of NaN, of
    Clarinet's models and of Keras's. A loop of PyTorch is watched for an epoch and examined then; its optimizer takes
    no steps after that. Files that the script writes, through the library or by itself, are held back: no file changes,
    and what it reads again is what it wrote. Nothing is fetched from other machines.

    Args:
        path: of the script.
        arguments: its ``sys.argv[1:]``.
        everything: go on after a model with findings; default False.
        heard: called with each model's name and its report as soon as they are there.
        said: called with a sentence for every file that is held back.

    Returns:
        The names of the models that were fitted and their reports, in order; in ``held_back`` the files of each (those
        before the first fit belong to the first).

    Raises:
        OSError: the script cannot be read. Whatever the script itself raises.
    """
    with files.held_back(lambda line: said(f"Held back: {line}")) as held:
        instead = _Instead(held, everything, heard)
        try:
            with (
                replaced(instead.of_fit(), instead.of_fit_events()),
                as_main(path, arguments),
                all_held_back(held),
                script_keras.examining(instead.examine, instead.add),
                script_torch.examining(instead.examine, instead.add, said),
            ):
                runpy.run_path(str(path), run_name="__main__")
        except _Enough:
            pass
        except SystemExit:
            if not instead.reports:
                raise
    return _with_held_back(instead.reports, held.lines, instead.begun)


class _Instead:
    """What runs in place of a script's trainings.

    Args:
        held: the files that are held back. everything, heard: as of :func:`examine_script`.

    Attributes:
        reports: those so far, with the models' names.
        begun: how much had been held back when each report was made.
    """

    def __init__(self, held: files.Held, everything: bool, heard: Callable[[str, Report], None]) -> None:
        self.held, self.everything, self.heard = held, everything, heard
        self.reports: list[tuple[str, Report]] = []
        self.begun: list[int] = []

    def add(self, name: str, report: Report, writing: Mapping[str, object]) -> None:
        """A model's report, and the arguments of its ``fit`` that would have written something."""
        self.begun.append(len(self.held.lines))
        for argument, value in writing.items():
            self.held.note(f"fit({argument}={_shown(value)})", "")
        self.reports.append((name, report))
        self.heard(name, report)
        if not report.healthy and not self.everything:
            raise _Enough

    def examine(self, model: object, x: object, y: object = None, **named: Any) -> Report:
        """The report on a model of another library; experiments do train."""
        with replaced(trainer.fit, trainer.fit_events):
            return examine(model, x, y, **named)

    def of_fit(self) -> Callable[..., History]:
        """What runs in place of ``fit``."""

        def fit(model: Trainable, *given: object, **named: object) -> History:
            settings = trainer.settings_of(*given, **named)
            with replaced(trainer.fit, trainer.fit_events):
                report = _examine_call(model, settings)
            self.add(model.name, report, settings.writing())
            history = _no_history(model, settings.epochs)
            if settings.run and model.built:
                self.held.silent = True
                _keep(model, settings.run, history)
                self.held.silent = False
            return history

        return fit

    def of_fit_events(self) -> Callable[..., Iterator[Event]]:
        """What runs in place of ``fit_events``."""

        def fit_events(model: Trainable, *given: object, **named: object) -> Iterator[Event]:
            self.of_fit()(model, *given, **named)
            return iter(())

        return fit_events


def _with_held_back(reports: list[tuple[str, Report]], lines: list[str], begun: list[int]) -> list[tuple[str, Report]]:
    """Each report with the files held back since the one before."""
    parts = zip([0, *begun[1:]], [*begun[1:], len(lines)])
    return [
        (name, replace(report, held_back=tuple(lines[first:last])))
        for (name, report), (first, last) in zip(reports, parts)
    ]


def _shown(value: object) -> str:
    """An argument of ``fit`` in a few words: callbacks by their classes."""
    if isinstance(value, (str, int)):
        return repr(value)
    names = [type(one).__name__ for one in as_list(value)]
    return f"[{', '.join(names)}]" if isinstance(value, (list, tuple)) else names[0]


def _examine_call(model: Trainable, settings: FitSettings) -> Report:
    if data_adapters.is_batches(settings.x):
        raise TypeError("doctor: fit gets a source of batches; the doctor examines arrays: pass some rows")
    rows, labels, _ = data_adapters.as_rows(settings.x, settings.y, None)
    others = {name: value for name, value in vars(settings).items() if name not in _DATA}
    report = examine(model, rows, labels, validation_data=settings.validation_data, **others)
    if report.healthy and not model.built:
        model.build((None, *rows.shape[1:]))
    return report


def _keep(model: Trainable, run: Any, history: History) -> None:
    """Fill the run of this ``fit``, in a temporary store, with the numbers that it would have."""
    from clarinet.runs import Tracker

    tracker = run if isinstance(run, Tracker) else Tracker(run)
    tracker.set_model(model)
    tracker.set_params({})
    tracker.on_train_begin()
    for epoch in history.epoch:
        tracker.on_epoch_end(epoch, {name: values[epoch] for name, values in history.history.items()})
    tracker.on_train_end()


def _no_history(model: Trainable, epochs: int) -> History:
    history = History()
    names = model.metrics_names if model.built and model.loss is not None else ["loss"]
    history.history = {name: [float("nan")] * epochs for name in (*names, *(f"val_{name}" for name in names))}
    history.epoch = list(range(epochs))
    model.history = history
    return history


@contextmanager
def replaced(fit: Callable[..., object], fit_events: Callable[..., object]) -> Iterator[None]:
    """Other functions in the place of every model's ``fit`` and ``fit_events``."""
    models: Any = model_class()
    before = models.fit, models.fit_events
    models.fit, models.fit_events = fit, fit_events
    try:
        yield
    finally:
        models.fit, models.fit_events = before


@contextmanager
def as_main(path: str | Path, arguments: Sequence[str]) -> Iterator[None]:
    """The arguments and the import path of the script as a program."""
    argv, folders = sys.argv, list(sys.path)
    sys.argv = [str(path), *arguments]
    sys.path.insert(0, str(Path(path).resolve().parent))
    try:
        yield
    finally:
        sys.argv, sys.path[:] = argv, folders
