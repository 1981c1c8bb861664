"""Running a step again that ended in NaN, to see where the NaN came up.

While all is well the doctor keeps a copy of the weights from time to time, so rarely that it takes at most half a
percent of the time. From there the engine repeats the training, with the same bits, to the step before the bad one, and
the reference engine, whose every number can be looked at, does the rest.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clarinet.doctor.watching.failure import NAMED, Failure
from clarinet.engines import Data, ReferenceEngine, Steps
from clarinet.engines.step import results
from clarinet.optimizers import OptimizerState
from clarinet.params import Store
from clarinet.philox import Key, Stream, permutation

if TYPE_CHECKING:
    from clarinet.plan import Plan
    from clarinet.records import Chunk
    from clarinet.trainable import Trainable

#: Copies of the weights may take this share of the training's time.
_SHARE = 0.005


@dataclass(frozen=True)
class _Done:
    """A chunk that was run: epoch (over the model's life) and row where it began, its rates and losses."""

    epoch: int
    row: int
    rates: NDArray[np.float64]
    losses: NDArray[np.float32]


class Replay:
    """Remembers enough of a training on arrays to run its last steps again.

    Args:
        model: in training; its weights are copied, never changed.
        data: the rows that its engine runs on.
        batch_size, shuffle: as ``fit`` has them.
        rows: that an epoch uses.
    """

    def __init__(self, model: Trainable, data: Data, batch_size: int, shuffle: bool, rows: int) -> None:
        self.model, self.data, self.batch_size, self.shuffle, self.rows = model, data, batch_size, shuffle, rows
        self._done: list[_Done] = []
        self._row = 0
        self._trained = self._cost = 0.0
        self._step = 0
        self._weights = model.store.snapshot()
        self._slots = {name: slot.copy() for name, slot in self._state.slots.items()}
        self._copy()

    @property
    def _state(self) -> OptimizerState:
        state = self.model.optimizer_state
        assert state is not None
        return state

    def _copy(self) -> None:
        began = time.perf_counter()
        self.model.store.copy_to(self._weights)
        for name, slot in self._state.slots.items():
            np.copyto(self._slots[name], slot)
        self._step = self._state.step
        self._done, self._trained = [], 0.0
        self._cost = time.perf_counter() - began

    def begin_epoch(self) -> None:
        """A new pass over the rows begins."""
        self._row = 0

    def add(self, chunk: Chunk) -> None:
        """A run of steps that went well; now and then the weights after it are copied."""
        self._note(chunk)
        self._trained += chunk.seconds
        if self._cost < _SHARE * self._trained:
            self._copy()

    def _note(self, chunk: Chunk) -> None:
        self._done.append(_Done(self.model.epochs_trained, self._row, chunk.learning_rates, chunk.losses))
        self._row = min(self._row + int(chunk.samples.sum()), self.rows)

    def locate(self, failure: Failure, chunk: Chunk) -> Failure:
        """The details of a failure in this chunk; the failure unchanged if the steps cannot be repeated."""
        self._note(chunk)
        store, optimizer = self._twin()
        plan = self.model.make_plan(self.data.label_shapes).without_metrics()
        bad = failure.step - self._step - 1  # number of the step since the copy
        good = max(0, bad - 1)  # the update before may have done it
        if not self._repeats(plan, store, optimizer, good):
            return failure
        for number in range(good, bad + 1):
            found = _look(plan, store, optimizer, self.data, self._only(number))
            if found is not None:
                norms = _norms(plan, store)
                return replace(failure, origin=self._step + number + 1, weight_norms=norms, exact=True, **found)
        return failure

    def _twin(self) -> tuple[Store, OptimizerState]:
        """Weights and optimizer as they were when they were copied."""
        own = self.model.store
        assert self.model.optimizer is not None
        store = Store(own.layout, own.state_layout, own.dtype)
        store.restore(self._weights)
        optimizer = OptimizerState.new(self.model.optimizer, own.layout, own.dtype)
        for name, slot in optimizer.slots.items():
            slot[...] = self._slots[name]
        optimizer.step = self._step
        return store, optimizer

    def _repeats(self, plan: Plan, store: Store, optimizer: OptimizerState, count: int) -> bool:
        """Run the first steps since the copy again; whether their losses are the same, bit for bit."""
        engine = type(self.model.engine_for())(plan, store, optimizer)
        try:
            for done in self._done:
                steps = self._steps(done, 0, min(count, len(done.rates)))
                count -= len(steps)
                if len(steps) and not np.array_equal(engine.train(self.data, steps).losses, done.losses[: len(steps)]):
                    return False  # weights were changed in between
        finally:
            engine.close()
        return True

    def _only(self, number: int) -> Steps:
        """One step by its number since the copy."""
        for done in self._done:
            if number < len(done.rates):
                return self._steps(done, number, number + 1)
            number -= len(done.rates)
        raise IndexError(number)

    def _steps(self, done: _Done, first: int, stop: int) -> Steps:
        """Some of a chunk's steps, as they were run."""
        start, end = (min(done.row + i * self.batch_size, self.rows) for i in (first, stop))
        key = Key(self.model.seed, Stream.SHUFFLE, epoch=done.epoch)
        order = permutation(key, len(self.data)) if self.shuffle else None
        return Steps(order, start, end, self.batch_size, done.rates[first:stop], None)


@np.errstate(all="ignore")
def _look(plan: Plan, store: Store, optimizer: OptimizerState, data: Data, step: Steps) -> dict[str, Any] | None:
    """Take one step where every number can be seen; the first that is not finite, or None and the step is taken."""
    rows = np.arange(step.first, step.stop) if step.order is None else step.order[step.first : step.stop]
    engine = ReferenceEngine(plan, store, optimizer)
    optimizer.step += 1
    loss, grads, outputs = engine.gradients(data.rows(rows))
    for op, output in zip(plan.ops, outputs):
        bad = _not_finite(output, len(rows))
        if bad.any():
            return {"layer": op.layer, "what": "outputs", "rows": _named(rows[bad])}
    if not np.isfinite(loss):
        return {"what": "loss", "rows": _named(rows[_bad_losses(plan, data.rows(rows), outputs)])}
    for op in reversed(plan.ops):
        if not all(np.isfinite(g).all() for g in grads.get(op.index, {}).values()):
            return {"layer": op.layer, "what": "gradients"}
    optimizer.step -= 1
    engine.train(data, step)
    for op in plan.ops:
        if not all(np.isfinite(store.view(s)).all() for s in op.weights):
            return {"layer": op.layer, "what": "weights"}
    return None


def _bad_losses(plan: Plan, batch: Data, outputs: list[Any]) -> NDArray[np.bool_]:
    """Which rows have a loss that is not finite, of any output."""
    bad = np.zeros(len(batch), bool)
    for output, y, predicted in zip(plan.outputs, batch.ys, results(plan, batch.xs, outputs), strict=True):
        if output.loss is not None and y is not None:
            bad |= ~np.isfinite(output.loss.values(y, predicted).reshape(len(batch), -1)).all(axis=1)
    return bad


def _not_finite(output: object, rows: int) -> NDArray[np.bool_]:
    """Which rows hold something else than finite numbers; all, where what is one for all rows does."""
    bad = np.zeros(rows, bool)
    for array in output if isinstance(output, tuple) else () if output is None else (output,):
        finite = np.isfinite(array)
        bad |= ~(finite.reshape(rows, -1).all(axis=1) if np.shape(array)[:1] == (rows,) else finite.all())
    return bad


def _named(rows: NDArray[np.int64]) -> tuple[int, ...]:
    return tuple(int(row) for row in np.sort(rows)[:NAMED])


def _norms(plan: Plan, store: Store) -> dict[int, float]:
    """Euclidean norm of each layer's trained weights."""
    squares: dict[int, float] = {}
    for op in plan.ops:
        for s in op.weights:
            if s.trainable:
                own = float(np.sum(np.square(store.view(s), dtype=np.float64)))
                squares[op.layer] = squares.get(op.layer, 0.0) + own
    return {layer: float(np.sqrt(total)) for layer, total in squares.items()}
