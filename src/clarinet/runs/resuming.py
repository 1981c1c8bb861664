"""Stopping and resuming: the state of a training at one moment, and how it is restored."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict
from types import NoneType
from typing import TYPE_CHECKING, Any, TypedDict
from zlib import crc32

import numpy as np

from clarinet.callbacks import History, ProgressBar
from clarinet.checks.intervals import Interval
from clarinet.configurable import encode_all
from clarinet.data_adapters import Batches
from clarinet.problems import ClarinetWarning
from clarinet.runs.checkpoints import checkpoints_of
from clarinet.runs.differences import differences
from clarinet.saving.container import ModelFileError
from clarinet.training.loop import Fit
from clarinet.training.position import Position
from clarinet.types import Config
from clarinet.wording import option

if TYPE_CHECKING:
    from clarinet.data_adapters.rows import Rows
    from clarinet.runs.run import Run
    from clarinet.saving.checkpoints import Checkpoint

#: Letters of a setting that a message shows.
_SHOWN = 120


class State(TypedDict):
    """The state of a training besides its model, see :class:`Checkpointer`."""

    place: dict[str, int]
    stopped: bool
    learning_rate: float | None
    settings: Config
    platform: dict[str, str]
    running: list[dict[str, object]]
    logs: dict[str, float]
    batches: int
    callbacks: list[tuple[str, dict[str, object]]]


class Checkpointer:
    """Keeps one ``fit`` in checkpoints, and takes it up from one.

    Everything that the numbers to come depend on is in a checkpoint: weights, layers' and optimizer's state, seed and
    counters (which the random numbers follow from), the place in the epoch, the epoch's running sums, the learning
    rate, and the state of callbacks and history.

    Args:
        fit: the training.
        run: the run that the checkpoints belong to.
        every: how often; there is one at the beginning and one at the end in any case.
        found: the checkpoint to continue from; None starts a new training.
    """

    def __init__(self, fit: Fit, run: Run, every: Interval, found: Checkpoint | None) -> None:
        self.fit, self.run, self.every, self.found = fit, run, every, found
        self.checkpoints = checkpoints_of(run)
        self._written = time.monotonic()
        self._settings, self._platform = _settings(fit), _platform(fit)
        self._seen = 0  # checksum of all batches of a source, in order

    def check(self) -> None:
        """Whether this training can go on from the checkpoint.

        Raises:
            ValueError: it is another training: a setting that the numbers depend on, or the callbacks, have changed.
        """
        if self.found is not None:
            state = _state_in(self.found)
            self._check_settings(state)
            self.fit.engine.reset_metrics()  # every sum has its beginning then, and its kind
            if not _alike(state["running"], self.fit.engine.running()):
                raise _malformed(self.found, "running")
            self._matched(state)

    # During training.

    def begin(self) -> None:
        """Continue from the checkpoint, or write the first one; later steps are recorded again."""
        self.checkpoints.clean()
        if self.found is None:
            self._write()
        else:
            self._take_up(self.found)
        if self.run.metrics:
            state = self.fit.model.optimizer_state
            assert state is not None
            self.run.rewind(state.step, self.fit.position.epoch)

    def steps_left(self) -> int | None:
        """Steps until the next checkpoint; None where that is not a matter of steps."""
        state, every = self.fit.model.optimizer_state, self.every.steps
        return None if every is None or state is None else every - state.step % every

    def see_batch(self, batch: Rows) -> None:
        """Take notice of a batch that is about to be trained on."""
        for part in batch:
            if part is not None:
                self._seen = crc32(np.ascontiguousarray(part).view(np.uint8).data, self._seen)

    def after_chunk(self) -> None:
        """Write a checkpoint if one is due."""
        every = self.every
        by_steps = every.steps is not None and self.steps_left() == every.steps
        by_time = every.seconds is not None and time.monotonic() - self._written >= every.seconds
        if by_steps or by_time:
            self._write()

    def after_epoch(self) -> None:
        """Write a checkpoint if one is due, or if this was the last epoch."""
        if self.every.epochs or self.fit.stopped or self.fit.position.epoch >= self.fit.settings.epochs:
            self._write()

    def _write(self) -> None:
        self.run.writer.flush()  # first, so that no number is missing between the two parts of an interrupted run
        self.checkpoints.write(self.fit.model, self._state())
        self._written = time.monotonic()

    # The state.

    def _callbacks(self) -> list[object]:
        """The user's callbacks and the history, without those that only show or record training."""
        given = {id(c) for c in self.fit.own_callbacks}
        return [c for c in self.fit.callbacks.callbacks if id(c) in given or type(c) is History]

    def _state(self) -> State:
        fit, optimizer = self.fit, self.fit.model.optimizer
        rate = None if optimizer is None or callable(optimizer.learning_rate) else optimizer.learning_rate
        return {
            "place": asdict(fit.position),
            "stopped": fit.stopped,
            "learning_rate": rate,
            "settings": self._settings,
            "platform": self._platform,
            "running": fit.engine.running(),
            "logs": fit.logs,
            "batches": self._seen,
            "callbacks": [(type(c).__name__, _state_of(c)) for c in self._callbacks()],
        }

    def _take_up(self, checkpoint: Checkpoint) -> None:
        fit, model, state = self.fit, self.fit.model, _state_in(checkpoint)
        fit.position = Position(**state["place"])
        if fit.source.batches is not None or isinstance(fit.source.validation, Batches):
            self._replay(state)
        if fit.position.step:
            fit.callbacks.on_epoch_begin(fit.position.epoch)
        checkpoint.fill(model)
        if fit.position.step and fit.source.batches is not None and fit.source.batches.seekable:
            fit.enter(fit.source.batches)
        if state["learning_rate"] is not None and model.optimizer is not None:
            model.optimizer.learning_rate = state["learning_rate"]
        fit.engine.resume(state["running"])
        for callback, remembered in self._matched(state):
            if remembered and hasattr(callback, "set_state"):
                callback.set_state(remembered)
        for callback in fit.callbacks.callbacks:
            if isinstance(callback, ProgressBar):
                callback.set_state({"_steps": fit.position.step})
        fit.logs, model.stop_training = state["logs"], state["stopped"]

    def _check_settings(self, state: State) -> None:
        """Refuse another training; warn where the same one can come out with other bits."""
        changed = list(differences(state["settings"], self._settings))
        if changed:
            listed = "; ".join(
                f"{path} was {_brief(before)}, now it is {_brief(now)}" for path, before, now in changed[:3]
            )
            raise ValueError(
                f"resume: this is not the training that was interrupted: {listed}. Set it back to resume, or give "
                f"another name to start again: {option('run', like='...')}"
            )
        moved = [f"{path} {before} → {now}" for path, before, now in differences(state["platform"], self._platform)]
        if moved:
            message = f"resume: the environment has changed ({', '.join(moved)}), so the last bits may differ"
            warnings.warn(message, ClarinetWarning, stacklevel=2)

    def _matched(self, state: State) -> list[tuple[object, Mapping[str, object]]]:
        """The callbacks with their states; refuses others than those that the checkpoint was written with."""
        callbacks, saved = self._callbacks(), state["callbacks"]
        before, now = [name for name, _ in saved], [type(c).__name__ for c in callbacks]
        if before != now:
            raise ValueError(
                f"resume: training began with the callbacks {_listed(before)}, received {_listed(now)}; give the "
                "same in the same order"
            )
        return [(callback, remembered) for callback, (_, remembered) in zip(callbacks, saved)]

    def _replay(self, state: State) -> None:
        """Bring sources of batches to the place where training stopped, by skipping the batches before.

        Raises:
            ValueError: the source does not repeat the same batches.
        """
        fit, position = self.fit, self.fit.position
        batches, validation = fit.source.batches, fit.source.validation
        if batches is not None and batches.seekable:
            batches = None
        for epoch in range(fit.settings.initial_epoch, position.epoch):
            for batch in batches or ():
                self.see_batch(batch)
            if isinstance(validation, Batches) and fit.validates(epoch):
                for _ in validation:
                    pass
        if batches is None:
            return
        if position.step:
            fit.epoch_batches = batches.runs(1)
            for _, block in zip(range(position.step), fit.epoch_batches):
                self.see_batch(block.in_order())
        if self._seen != state["batches"]:
            raise ValueError(
                "resume: the source of batches did not repeat the same batches, so its position cannot be "
                "restored; use a new one whose order follows from a fixed seed, or arrays"
            )


#: What the state in a checkpoint has to hold.
_PARTS: dict[str, Any] = {
    "place": dict,
    "stopped": bool,
    "learning_rate": (float, int, NoneType),
    "settings": dict,
    "platform": dict,
    "running": list,
    "logs": dict,
    "batches": int,
    "callbacks": list,
}


def _state_in(checkpoint: Checkpoint) -> State:
    """The content of a checkpoint, if it makes sense."""
    state: Mapping[str, Any] = checkpoint.state
    wrong = [name for name, kind in _PARTS.items() if name not in state or not isinstance(state[name], kind)]
    if not wrong:
        place, pairs = state["place"], state["callbacks"]
        counts = all(type(value) is int and value >= 0 for value in place.values())
        wrong += [] if counts and place.keys() == {"epoch", "step", "row"} else ["place"]
        named = all(
            isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], dict | None)
            for pair in pairs
        )
        wrong += [] if named else ["callbacks"]
    if wrong:
        raise _malformed(checkpoint, wrong[0])
    kind: Callable[..., State] = State
    return kind(**{name: state[name] for name in _PARTS})


def _malformed(checkpoint: Checkpoint, part: str) -> ModelFileError:
    return ModelFileError(f"{checkpoint.path}: no checkpoint of fit: its {part!r} does not make sense")


def _alike(saved: object, now: object) -> bool:
    """Whether saved sums can take the place of an engine's: numbers where numbers are; some may begin later."""
    if isinstance(now, Mapping):
        return isinstance(saved, Mapping) and all(_alike(saved[k], now[k]) for k in saved.keys() & now.keys())
    if isinstance(now, list):
        return isinstance(saved, list) and len(saved) == len(now) and all(map(_alike, saved, now))
    if isinstance(now, np.ndarray):
        return isinstance(saved, np.ndarray) and saved.shape == now.shape and saved.dtype.kind in "fiub"
    if isinstance(now, (int, float)):
        return isinstance(saved, float) or (isinstance(saved, int) and abs(saved) < 2**63)
    return now is None or isinstance(saved, type(now))


def _settings(fit: Fit) -> Config:
    """The settings that must be the same in a resumed training."""
    model, data = fit.model, fit.source.data
    try:
        compiled = model.compile_config()
    except TypeError:  # a Python function, which cannot be compared
        compiled = None
    fixed = fit.settings.fixed()
    del fixed["class_weight"]  # its keys may be numbers
    weights = {str(key): value for key, value in (fit.settings.class_weight or {}).items()}
    settings = {"model": model.structure_config(), "compile": compiled, "fit": fixed}
    rows = None if data is None else len(data)
    return encode_all({**settings, "rows": rows, "data": fit.fingerprints, "class_weight": weights})


def _platform(fit: Fit) -> dict[str, str]:
    """The environment that decides the last bits."""
    from clarinet._native import isa, version

    native = fit.engine.name == "native"
    return {
        "clarinet": version,
        "engine": fit.engine.name,
        **({"instruction_set": isa()} if native else {"numpy": np.__version__}),
    }


def _state_of(callback: object) -> dict[str, object]:
    """The state of a callback; another library's may have none."""
    return dict(callback.get_state()) if hasattr(callback, "get_state") else {}


def _brief(value: object) -> str:
    """A setting for a message: of a long one, such as all layers, the beginning and the end."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN // 2]} … {text[-_SHOWN // 2 :]}"


def _listed(names: list[str]) -> str:
    return ", ".join(name for name in names if name != "History") or "none"


__all__ = ["Checkpointer"]
