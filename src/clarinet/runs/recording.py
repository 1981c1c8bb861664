"""The run that a ``fit`` is kept in: begun or taken up again, filled while training goes on, and ended."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any

from clarinet.checks.intervals import interval
from clarinet.runs.checkpoints import Checkpoints
from clarinet.runs.resuming import Keeper
from clarinet.runs.run import Run, ending
from clarinet.runs.store import Store

if TYPE_CHECKING:
    from clarinet.fitting import Fit
    from clarinet.saving.checkpoints import Checkpoint


class Recording:
    """One ``fit`` and its run; a context manager around the training.

    Nothing is written before training begins; but where a run is to be resumed, its last checkpoint is read at once and
    gives the model its seed.

    Args:
        fit: the training; its arguments ``run``, ``checkpoint`` and ``resume`` say what is wanted.

    Attributes:
        run: the run; None until it is begun, unless it was there before.

    Raises:
        StoreError: the store cannot be used. ValueError: there is nothing to resume.
    """

    def __init__(self, fit: Fit) -> None:
        self.fit, self._store = fit, Store()
        self.run = _known(self._store, fit.arguments["run"]) if fit.arguments["resume"] else None
        self._found = None if self.run is None else _last_checkpoint(self.run)
        if self._found is not None:
            fit.model.seed = self._found.seed

    def __enter__(self) -> Run:
        """Begin the run, or go on with it."""
        every, resume = self.fit.arguments["checkpoint"], self.fit.arguments["resume"]
        run = self.run or self._store.start(self.fit.arguments["run"])
        checkpoints = Checkpoints(run.folder / "checkpoints")
        if every or resume:
            keeper = Keeper(self.fit, checkpoints, interval(every or "epoch"), self._found, run.rewind)
            keeper.check()
            self.fit.keeper = keeper
        if self.run is not None:
            run.reopen()
            checkpoints.clean()
        self.run = run
        return run

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        assert self.run is not None
        self.run.finish(*ending(error))


def _known(store: Store, name: Any) -> Run | None:
    """The run to be resumed; None if the name is free, so that one program can both begin and go on."""
    if isinstance(name, str):
        taken = store.query("SELECT id FROM runs WHERE name = ? AND deleted IS NULL", (name,))
        return Run(store, taken[0][0]) if taken else None
    last = store.last()
    if last is None:
        mend = "begin one: fit(..., run='name', checkpoint='epoch')"
        raise ValueError(f"resume: there are no runs in {store.folder}; {mend}")
    return last


def _last_checkpoint(run: Run) -> Checkpoint | None:
    checkpoints = Checkpoints(run.folder / "checkpoints")
    found = checkpoints.last()
    if found is None and checkpoints.files():
        raise ValueError(
            f"resume: no checkpoint of run {run.name!r} in {checkpoints.folder} can be read; to train anew, give "
            "another name: fit(..., run=...)"
        )
    return found


__all__ = ["Recording"]
