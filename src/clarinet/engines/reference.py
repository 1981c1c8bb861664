"""The reference engine: the training step of the textbook, one batch after another, in NumPy."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal, overload

import numpy as np

from clarinet.engines.base import Data, Steps, one_or_all
from clarinet.engines.carried import Carried, surely, write
from clarinet.engines.devices import open_device
from clarinet.engines.full_batch import minimize
from clarinet.engines.halves import Caches, Handle, Stale, check_d_outputs, check_flat, check_inputs, shapes
from clarinet.engines.intermediates import Gradients, Intermediates
from clarinet.engines.stats import layer_stats
from clarinet.engines.step import (
    Carry,
    StepRecord,
    backward,
    begin,
    gradients,
    judge,
    key_of,
    measure,
    results,
    step,
    through_output,
    total_loss,
    update,
    with_penalties,
)
from clarinet.metrics.base import Sums
from clarinet.params import Store
from clarinet.passes import ByWeight, Pass, forward
from clarinet.philox import Stream
from clarinet.records import Chunk, LayerStats
from clarinet.types import Array, Arrays

if TYPE_CHECKING:
    from clarinet.optimizers import OptimizerState
    from clarinet.plan import Plan


class ReferenceEngine(Carried):
    """A loop over :func:`clarinet.engines.step.step`, every number in plain sight.

    Works in float32 or float64. Arguments and methods as in :class:`clarinet.engines.base.Engine`.

    Args:
        device: where to compute, see :func:`clarinet.engines.devices.open_device`; default NumPy. Elsewhere weights are
            fetched from the store when a call begins and copied back when it ends; metrics are NumPy's.
    """

    name = "reference"
    takes_devices = True

    def __init__(
        self, plan: Plan, store: Store, optimizer_state: OptimizerState | None = None, *, device: str | None = None
    ) -> None:
        super().__init__(plan, store, optimizer_state)
        self.device = open_device(device)
        self._xp = self.device.xp
        self._kept: Handle | None = None  # the forward pass that backward may continue
        self._take()

    @staticmethod
    def supports(plan: Plan) -> str | None:
        """None: it runs all plans."""
        return None

    # The store's numbers and the metrics' sums, which this engine carries into steps and back.

    def _take(self) -> None:
        """Have weights, state, slots and sums where they are computed with; a forward pass before is over."""
        self._kept = None
        self._carry = begin(self.plan, self.store, self.optimizer_state, self._sums(), self.device.put)

    def _commit(self, new: Carry, number: int) -> None:
        """Let a step have been made: where Ctrl-C comes into this, nothing of it is missing."""
        surely(partial(self._write, new, number))

    def _write(self, new: Carry, number: int) -> None:
        """Doing it twice changes nothing. Views of the store are written at once, another device's arrays at the end of
        the call."""
        own = self._carry
        if self.optimizer_state is not None:
            self.optimizer_state.step = number
        if self.device.shares:
            write(new, own, self.device.get)
            new = Carry(own.params, own.state, own.slots, new.sums)
        self._carry = new
        self._set_sums(new.sums)

    def _bring_back(self) -> None:
        """Write another device's results into the store."""
        if not self.device.shares:
            write(self._carry, begin(self.plan, self.store, self.optimizer_state), self.device.get)

    def _put(self, batch: Data) -> Data:
        """A batch where it is computed with, its inputs in the plan's dtype."""
        data = Data(tuple(np.asarray(x, self.plan.dtype) for x in batch.xs), batch.ys, batch.weights)
        return data if self.device.shares else data.each(self.device.put)

    # One training step.

    @np.errstate(all="ignore")  # a run that diverges is reported by its losses, not by NumPy's warnings
    def train(self, data: Data, steps: Steps) -> Chunk:
        assert self.optimizer_state is not None
        began, first_step = time.perf_counter(), self.optimizer_state.step + 1
        self._take()
        losses: list[float] = []
        samples: list[int] = []
        layers: list[LayerStats] = []
        try:
            for i, learning_rate in enumerate(steps.learning_rates):
                start = steps.first + i * steps.batch_size
                stop = min(start + steps.batch_size, steps.stop)
                batch = data.rows(slice(start, stop) if steps.order is None else steps.order[start:stop])
                sampled = steps.stats_every and (self.optimizer_state.step + 1) % steps.stats_every == 0
                losses.append(self._step(batch, float(learning_rate), layers if sampled else None))
                samples.append(len(batch))
                if steps.seconds is not None and time.perf_counter() - began > steps.seconds:
                    break
        finally:  # after Ctrl-C too: completed steps are kept
            self._bring_back()
        done = len(losses)
        return Chunk(
            first_step,
            np.array(losses, np.float32),
            np.array(samples, np.int64),
            steps.learning_rates[:done],
            time.perf_counter() - began,
            dict(self.results()),
            layers,
        )

    def _step(self, batch: Data, learning_rate: float, stats: list[LayerStats] | None) -> float:
        """One step: where Ctrl-C ends it early nothing of it remains, and where it ends it late nothing is missing."""
        assert self.optimizer_state is not None and self.plan.optimizer is not None
        number, own = self.optimizer_state.step + 1, self._carry
        scalars = self.plan.optimizer.scalars(learning_rate, number)
        on_device, before = self._put(batch), own if self.device.shares else own._replace(sums=None)
        if self.plan.optimizer.full_batch:
            new, record = minimize(self.plan, before, on_device, scalars, self.device)
        else:
            new, record = step(self.plan, before, on_device, scalars, self._xp)
            if stats is not None:
                stats.extend(self._layer_stats(number, own.params, new.params, record))
        if new.sums is None:
            new = new._replace(sums=self._measured(own.sums or (), batch, record))
        self._commit(new, number)
        return total_loss(record)

    def _measured(self, sums: Sequence[Sums], batch: Data, record: StepRecord) -> Sequence[Sums]:
        """The metrics' sums with a batch added, by NumPy."""
        if not self.device.shares:
            get, last = self.device.get, len(self.plan.outputs)
            losses = tuple(None if loss is None else get(loss) for loss in record.losses)
            predictions = [get(y) for y in record.outputs[-last:]]
            record = record._replace(
                loss=get(record.loss), losses=losses, penalty=float(record.penalty), outputs=predictions
            )
        return measure(self.plan, sums, batch, record)

    def _layer_stats(self, number: int, before: ByWeight, after: ByWeight, record: StepRecord) -> list[LayerStats]:
        get = self.device.get
        every = [user for users in self.plan.users for user in users]
        moved = {(op.index, s.name): (get(before[op.index][s.name]), get(after[op.index][s.name])) for op, s in every}
        grads = {index: {name: get(g) for name, g in own.items()} for index, own in record.grads.items()}
        return layer_stats(self.plan, number, [get(y) for y in record.outputs], grads, moved)

    def gradients(self, batch: Data, intermediates: Intermediates | None = None, training: bool = True) -> Gradients:
        """The batch's loss, penalties included, and its gradients; nothing is updated."""
        own, number = self._carry, self._number()
        record, _ = gradients(
            self.plan, own.params, own.state, self._put(batch), number, self._xp, training, intermediates
        )
        return Gradients(total_loss(record), record.grads, record.outputs)

    def run_forward(self, x: Arrays, training: bool | None = False) -> tuple[Array, list[object], list[Array]]:
        """Run all operations; nothing is updated.

        Args:
            x: a batch of rows.
            training: whether operations behave as in training; None leaves it to each.

        Returns:
            The output (logits where the loss absorbed the last activation), every operation's cache, and every
            operation's output.
        """
        xs = self._put(Data(x)).xs
        found = self._forward(xs, training)
        return results(self.plan, xs, found.outputs)[0], found.caches, found.outputs

    def _forward(
        self,
        xs: tuple[Array, ...],
        training: bool | None,
        number: int | None = None,
        draw: int = 0,
        stream: Stream = Stream.DROPOUT,
    ) -> Pass:
        """``xs`` are where they are computed with; the random numbers are an update's, by default the one of now."""
        own, key = self._carry, key_of(self.plan, self._number() if number is None else number, draw, stream)
        return forward(self.plan, own.params, own.state, xs, training, key, self._xp)

    def _keep(self, found: Pass) -> None:
        """Keep the state that a forward pass has changed, such as that of a recurrent layer with ``stateful=True``."""
        own = self._carry
        if any(found.state[index] is not arrays for index, arrays in own.state.items()):
            self._commit(own._replace(state=found.state), self._number())

    def through_output(self, logits: Array) -> Array:
        """The first output's predictions from what its loss takes: through the activation that it absorbed, if any."""
        return through_output(self.plan.outputs[0], logits, self._xp)

    # A step in halves.

    @np.errstate(all="ignore")
    def forward(self, inputs: Arrays, training: bool = False, draw: int | None = None) -> tuple[Arrays, Handle]:
        xs = self._put(Data(check_inputs(self.plan, inputs))).xs
        self._take()
        if training:
            key = (*self._draws.take(self.optimizer_state, draw), Stream.DROPOUT)
        else:
            key = 0, self._use(), Stream.PREDICT
        own = self._carry
        self._carry = own._replace(state=_copied(own.state))  # backward remembers states, which change now
        found = self._forward(xs, training, *key)
        self._carry = own
        self._keep(found)
        self._bring_back()
        ys = results(self.plan, xs, found.outputs)
        self._kept = Caches(shapes(xs), shapes(ys), found.caches)
        return one_or_all([np.array(self.device.get(y)) for y in ys]), self._kept

    @overload
    def backward(self, handle: Handle, d_outputs: Arrays, wrt_inputs: Literal[False] = False) -> Array: ...
    @overload
    def backward(self, handle: Handle, d_outputs: Arrays, wrt_inputs: Literal[True]) -> tuple[Array, Arrays]: ...
    def backward(self, handle: Handle, d_outputs: Arrays, wrt_inputs: bool = False) -> Array | tuple[Array, Arrays]:
        if not isinstance(handle, Caches) or handle is not self._kept:
            raise Stale
        dys = [self.device.put(dy) for dy in check_d_outputs(self.plan, handle, d_outputs)]
        with np.errstate(all="ignore"):
            grads, dxs = backward(self.plan, self._carry.params, dys, handle.caches, self._xp, wrt_inputs=wrt_inputs)
        self._kept = None
        flat = self.plan.layout.zeros(self.plan.dtype)
        for op, s in self.plan.trainable:
            s.view(flat)[...] = self.device.get(grads[op.index][s.name])
        if not wrt_inputs:
            return flat
        found = zip(dxs, handle.inputs, strict=True)
        return flat, one_or_all(
            [np.zeros(shape, self.plan.dtype) if dx is None else np.array(self.device.get(dx)) for dx, shape in found]
        )

    @np.errstate(all="ignore")
    def apply(self, flat: Array, learning_rate: float) -> None:
        flat, optimizer = check_flat(self.plan, flat), self.plan.optimizer
        assert self.optimizer_state is not None and optimizer is not None
        if optimizer.full_batch:
            raise ValueError(f"apply: {type(optimizer).__name__} takes no single gradients; use train")
        self._take()
        own, number = self._carry, self.optimizer_state.step + 1
        grads: ByWeight = {op.index: {} for op in self.plan.ops}
        for op, s in (user for users in self.plan.users for user in users):
            grads[op.index][s.name] = self.device.put(s.view(flat))
        whole = with_penalties(self.plan, own.params, grads)
        params, slots = update(self.plan, own, whole, optimizer.scalars(learning_rate, number), self._xp)
        try:
            self._commit(Carry(params, own.state, slots, own.sums), number)
        finally:
            self._bring_back()

    # Inference.

    @np.errstate(all="ignore")
    def evaluate(self, data: Data, batch_size: int) -> None:
        self._take()
        sums: Sequence[Sums] = self._carry.sums or ()
        for draw, start in enumerate(range(0, len(data), batch_size)):
            batch = data.rows(slice(start, start + batch_size))
            on_device = self._put(batch)
            found = self._forward(on_device.xs, False, draw=draw, stream=Stream.EVALUATE)
            self._keep(found)
            sums = self._measured(sums, batch, judge(self.plan, self._carry.params, on_device, found.outputs, self._xp))
        self._set_sums(sums)
        self._bring_back()

    @np.errstate(all="ignore")
    def predict(self, x: Arrays, batch_size: int) -> Arrays:
        self._take()
        data = Data(x)
        starts = range(0, len(data), batch_size)
        parts = [
            self._predicted(data.rows(slice(start, start + batch_size)), False, self._use(), Stream.PREDICT)
            for start in starts
        ]
        self._bring_back()
        if not parts:
            return one_or_all([np.empty((0, *output.shape), self.plan.dtype) for output in self.plan.outputs])
        return one_or_all([np.concatenate(own) for own in zip(*parts, strict=True)])

    def _predicted(self, rows: Data, training: bool | None, draw: int, stream: Stream = Stream.DROPOUT) -> list[Array]:
        xs = self._put(rows).xs
        found = self._forward(xs, training, draw=draw, stream=stream)
        self._keep(found)
        pairs = zip(self.plan.outputs, results(self.plan, xs, found.outputs), strict=True)
        return [self.device.get(through_output(output, y, self._xp)) for output, y in pairs]

    def predict_training(self, x: Arrays, training: bool | None = True, draw: int = 0) -> Arrays:
        """Predictions of one batch as a training step sees them: dropout drops, batch statistics are used.

        Args:
            x: the batch.
            training: None gives each operation the default of calling it.
            draw: number of the draw of random numbers, 0 for those of the training step itself.
        """
        self._take()
        return one_or_all(self._predicted(Data(x), training, draw))


def _copied(state: ByWeight) -> ByWeight:
    return {index: {name: array.copy() for name, array in own.items()} for index, own in state.items()}
