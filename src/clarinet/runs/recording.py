"""The run of a ``fit``: begun or resumed, filled while training goes on, and ended."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from clarinet.checks.intervals import interval
from clarinet.runs import stored
from clarinet.runs.checkpoints import checkpoints_of
from clarinet.runs.resuming import Checkpointer
from clarinet.runs.run import Run
from clarinet.runs.showing import check_extra, show
from clarinet.runs.store import Store
from clarinet.runs.tracker import Tracker
from clarinet.wording import option

if TYPE_CHECKING:
    from clarinet.saving.checkpoints import Checkpoint
    from clarinet.training.loop import Fit


class Recording:
    """One ``fit`` and its run; a context manager around the training.

    Nothing is written before training begins; but to resume a run, its last checkpoint is read at once, and the model
    gets its seed.

    Args:
        fit: the training; its settings ``run``, ``checkpoint`` and ``resume`` decide.

    Attributes:
        run: the run; None until it is begun, unless it was there before.
        tracker: the callback that fills it.

    Raises:
        StoreError: the store cannot be used. ValueError: there is nothing to resume.
        ImportError: ``studio`` without its extra.
    """

    def __init__(self, fit: Fit) -> None:
        wanted, settings = fit.settings.run, fit.settings
        if settings.studio:
            check_extra("fit(studio=True)")
        self.fit = fit
        named = wanted if isinstance(wanted, (str, Run)) and wanted else True
        self.tracker = wanted if isinstance(wanted, Tracker) else Tracker(named)
        self.run = _known(self.tracker.store, self.tracker.wanted) if settings.resume else None
        self._keeps = bool(settings.checkpoint or settings.resume)
        self._every = interval(settings.checkpoint or "epoch")
        self._found = None if self.run is None else _last_checkpoint(self.run)
        if self._found is not None:
            fit.model.seed = self._found.seed

    def __enter__(self) -> Run:
        """Begin the run, or go on with it."""
        if self.run is not None:
            self._checkpointer(self.run).check()  # before anything is changed
        self.run = self.tracker.begin(self.run)
        if self._keeps:
            self.fit.checkpointer = self._checkpointer(self.run)
        if self.fit.settings.studio:
            show(self.run)
        return self.run

    def _checkpointer(self, run: Run) -> Checkpointer:
        return Checkpointer(self.fit, run, self._every, self._found)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.tracker.end(error)
        self.fit.checkpointer = self.fit.recording = None  # so that nothing holds the store when training is over


def _known(store: Store, name: object) -> Run | None:
    """The run to be resumed; None if the name is free, so that one program can both begin and go on."""
    if isinstance(name, Run):
        return name
    if isinstance(name, str):
        taken = store.query("SELECT id FROM runs WHERE name = ? AND deleted IS NULL", (name,))
        return Run(store, stored.id(taken[0][0])) if taken else None
    last = store.last()
    if last is None:
        fix = f"begin one with {option('run', 'name')} and {option('checkpoint', 'epoch')}"
        raise ValueError(f"resume: there are no runs in {store.folder}; {fix}")
    return last


def _last_checkpoint(run: Run) -> Checkpoint | None:
    checkpoints = checkpoints_of(run)
    found = checkpoints.last()
    if found is None and checkpoints.files():
        raise ValueError(
            f"resume: no checkpoint of run {run.name!r} in {checkpoints.folder} can be read; to start again, give "
            f"another name: {option('run', like='...')}"
        )
    return found


__all__ = ["Recording"]
