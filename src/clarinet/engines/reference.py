"""The reference engine: the training loop as the textbook has it, in NumPy, and what training means."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast, overload

import numpy as np
from numpy.typing import NDArray

from clarinet.engines.base import Data, Engine, Steps
from clarinet.engines.devices import open_device
from clarinet.engines.halves import Caches, Draws, Handle, Stale, check_d_outputs, check_flat, check_inputs
from clarinet.engines.minimizing import minimize
from clarinet.engines.stats import layer_stats
from clarinet.engines.watch import ByWeight, Gradients, Watch
from clarinet.layers.base import Context
from clarinet.losses.base import spread
from clarinet.metrics import Mean, Metric
from clarinet.optimizers.base import write
from clarinet.params import Array, Segment, Store
from clarinet.random import Key, Stream, permutation
from clarinet.records import Chunk, LayerStats

if TYPE_CHECKING:
    from clarinet.optimizers import BFGS, OptimizerState
    from clarinet.plan import Op, Plan


class ReferenceEngine(Engine):
    """Forward, loss, backward, update, one batch after another, every number in plain sight.

    Works in float32 or float64. Arguments and methods as in :class:`clarinet.engines.base.Engine`.

    Args:
        device: where to compute, see :func:`clarinet.engines.devices.open_device`; default NumPy. Elsewhere weights are
            fetched from the store when a call begins and brought back when it ends; metrics are NumPy's.
    """

    name = "reference"
    takes_devices = True

    def __init__(
        self, plan: Plan, store: Store, optimizer_state: OptimizerState | None = None, *, device: str | None = None
    ) -> None:
        self.plan, self.store, self.optimizer_state = plan, store, optimizer_state
        self.device = open_device(device)
        self._draws = Draws()
        self._kept: Handle | None = None  # the forward pass that backward may take up
        self._xp = self.device.xp
        self._take()
        self._loss = Mean("loss")
        self._tracked: tuple[Metric, ...] = (self._loss, *plan.metrics, *plan.weighted_metrics)

    def _all_ops(self) -> tuple[Op, ...]:
        return self.plan.ops if self.plan.output is None else (*self.plan.ops, self.plan.output)

    @staticmethod
    def supports(plan: Plan) -> str | None:
        """None: it runs all plans."""
        return None

    def _take(self) -> None:
        """Put the weights, the state and the optimizer's slots where they are computed with; a pass before is over."""
        self._kept = None
        put, params, state = self.device.put, self.store.params, self.store.state
        self._params = {op.index: {s.name: put(s.view(params)) for s in op.weights} for op in self._all_ops()}
        self._state = {op.index: {s.name: put(s.view(state)) for s in op.state} for op in self._all_ops()}
        kept = self.optimizer_state
        self._slots = [
            {} if kept is None else {name: put(view) for name, view in kept.views(s).items()}
            for _, s in self.plan.trainable
        ]

    def _bring_back(self) -> None:
        """Write what :meth:`_take` took back into the store."""
        if self.device.shares:
            return
        get = self.device.get
        for op in self._all_ops():
            for s in op.weights:
                s.view(self.store.params)[...] = get(self._params[op.index][s.name])
            for s in op.state:
                s.view(self.store.state)[...] = get(self._state[op.index][s.name])
        for (_, s), own in zip(self.plan.trainable, self._slots, strict=True):
            for name, array in own.items():
                s.view(self.optimizer_state.slots[name])[...] = get(array)  # type: ignore[union-attr]

    def permutation(self, epoch: int, n: int) -> NDArray[np.int64]:
        return permutation(Key(self.plan.seed, Stream.SHUFFLE, epoch=epoch), n)

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
        finally:  # after Ctrl-C too: what was done stays done
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
        assert self.optimizer_state is not None
        step, running, changes = self.optimizer_state.step, self.running(), None
        states = [(array, self._xp.asarray(array, copy=True)) for array in self.states()]
        try:
            self.optimizer_state.step = step + 1
            if self.plan.optimizer is not None and self.plan.optimizer.full_batch:
                return minimize(self, cast("BFGS", self.plan.optimizer), batch)
            loss, grads, outputs = self.gradients(batch)
            before = {} if stats is None else self._copied_weights()
            changes = self._changes(grads, learning_rate)
            write(changes)
        except BaseException:
            if changes is not None:
                write(changes)
            else:
                self.optimizer_state.step = step
                self.resume(running)
                write(states)
            raise
        if stats is not None:
            get = self.device.get
            update = {(i, name): (w, get(self._params[i][name])) for (i, name), w in before.items()}
            seen = {i: {name: get(g) for name, g in own.items()} for i, own in grads.items()}
            stats.extend(layer_stats(self.plan, step + 1, [get(y) for y in outputs], seen, update))
        return loss

    def _copied_weights(self) -> dict[tuple[int, str], Array]:
        """The numbers of every weight that is trained, by operation and name."""
        every = (user for users in self.plan.users for user in users)
        return {(op.index, s.name): self.device.get(self._weight(op, s)).copy() for op, s in every}

    def gradients(self, batch: Data, watch: Watch | None = None, training: bool = True) -> Gradients:
        """The batch's loss, penalties included, and its gradients; nothing is updated but running metrics and state."""
        assert self.plan.loss is not None and batch.y is not None
        y, caches, outputs = self.run_forward(batch.x, training)
        y_pred = self.through_output(y)
        loss, values, shares = self._measure(batch, y, y_pred, outputs)
        if watch is not None:
            watch.values, watch.shares = values, shares
        put = self.device.put
        dy = self.plan.loss.gradient(put(batch.y), y, self._xp) * put(shares)[..., None]
        grads, _ = self.run_backward(dy, caches, watch)
        return Gradients(loss, self._with_penalties(grads, watch), [*outputs, y_pred])

    def run_forward(
        self, x: Array, training: bool | None = False, step: int | None = None, draw: int = 0
    ) -> tuple[Array, list[Any], list[Array]]:
        """Run all operations.

        Args:
            x: a batch of rows.
            training: whether operations behave as in training; None leaves it to each.
            step, draw: which random numbers: those of an update (default the one of now), and which draw of them.

        Returns:
            The output (logits where the loss absorbed the last activation), every operation's cache, and every
            operation's output.
        """
        caches = []
        tensors = [self.device.put(np.asarray(x).astype(self.plan.dtype))]
        for op in self.plan.ops:
            taken: Any = tuple(tensors[s] for s in op.sources)
            y, cache, new_state = op.spec.forward(
                self._params[op.index],
                self._state[op.index],
                taken if op.spec.merges else taken[0],
                self._context(op, training, step, draw),
            )
            for name, value in new_state.items():
                self._state[op.index][name][...] = value
            caches.append(cache)
            tensors.append(y)
        return tensors[-1], caches, tensors[1:]

    def _context(self, op: Op, training: bool | None, step: int | None, draw: int) -> Context:
        if step is None:
            step = self.optimizer_state.step if self.optimizer_state is not None else 0
        key = Key(self.plan.seed, Stream.DROPOUT, epoch=draw, step=step, layer=op.index)
        return Context(op.spec.trains_when_called if training is None else training, key, self._xp)

    def _measure(self, batch: Data, y: Array, y_pred: Array, outputs: list[Array]) -> tuple[float, Array, Array]:
        """Add a batch to the running loss and metrics.

        Returns:
            Its loss ``sum_i s_i l_i``, penalties included, the values ``l_i``, and the shares ``s_i``: by default the
            weight of a row (1 if there is none) divided by the number of values, Keras's ``sum_over_batch_size``.
        """
        assert self.plan.loss is not None and batch.y is not None
        values = self.device.get(self.plan.loss.values(self.device.put(batch.y), y, self._xp))
        weight = np.ones_like(values) if batch.weight is None else spread(batch.weight, values)
        shares = self.plan.loss.shares(weight)
        loss = float(np.sum(values * shares)) + self._penalty(outputs)
        self._loss.add(loss * len(batch), len(batch))
        y_pred = self.device.get(y_pred)
        for metric in self.plan.metrics:
            metric.update_state(batch.y, y_pred)
        for metric in self.plan.weighted_metrics:
            metric.update_state(batch.y, y_pred, batch.weight)
        return loss, values, shares

    def through_output(self, logits: Array) -> Array:
        """Predictions from what the operations gave: through the activation that the loss absorbed, if any."""
        if self.plan.output is None:
            return logits
        return self.plan.output.spec.forward({}, {}, logits, Context(xp=self._xp))[0]

    def _penalty(self, outputs: list[Array]) -> float:
        """Sum of the regularizers' penalties on trainable weights, and of the operations' on what they give."""
        activity = sum(op.spec.penalty(y) for op, y in zip(self.plan.ops, outputs, strict=True))
        own = [(s.weight.regularizer, self._weight(op, s)) for op, s in self.plan.trainable]
        return float(sum(regularizer(w) for regularizer, w in own if regularizer is not None) + activity)

    def trainable_weights(self) -> list[tuple[int, str, Array]]:
        """Operation, name and numbers, on the device, of every weight that is trained."""
        return [(op.index, s.name, self._weight(op, s)) for op, s in self.plan.trainable]

    def states(self) -> list[Array]:
        """The numbers, on the device, of everything that layers keep between batches."""
        return [array for own in self._state.values() for array in own.values()]

    def _weight(self, op: Op, segment: Segment) -> Array:
        return self._params[op.index][segment.name]  # type: ignore[no-any-return]

    def run_backward(self, dy: Array, caches: list[Any], watch: Watch | None = None) -> tuple[ByWeight, Array]:
        """Gradients by operation and weight name, without penalties on weights, and the gradient at the input.

        What several operations take gets the sum of what they hand back, from the last to the first; so does a weight
        that several have.
        """
        grads: ByWeight = {}
        deltas = {len(self.plan.ops): dy}  # by tensor
        for op, cache in zip(reversed(self.plan.ops), reversed(caches), strict=True):
            delta = deltas.pop(op.index + 1)
            dx, own = op.spec.backward(self._params[op.index], cache, delta)
            for source, part in zip(op.sources, dx if op.spec.merges else (dx,), strict=True):
                deltas[source] = deltas[source] + part if source in deltas else part
            grads[op.index] = own
            if watch is not None:
                watch.deltas |= {op.index + 1: delta, 0: deltas.get(0)}
        for users in self.plan.shared:
            last, *others = (grads[op.index][s.name] for op, s in reversed(users))
            total = sum(others, start=last)
            for op, s in users:
                grads[op.index] = grads[op.index] | {s.name: total}
        return grads, deltas[0]

    def _with_penalties(self, grads: ByWeight, watch: Watch | None = None) -> ByWeight:
        """The gradients with those of the regularizers' penalties."""
        found = {}
        for op in self.plan.ops:
            own, params = grads[op.index], self._params[op.index]
            penalties = {
                s.name: s.weight.regularizer.gradient(params[s.name])
                for s in op.weights
                if s.trainable and s.weight.regularizer is not None
            }
            found[op.index] = own | {name: own[name] + penalty for name, penalty in penalties.items()}
            if watch is not None:
                watch.penalties[op.index] = penalties
        return found

    def _changes(self, grads: ByWeight, learning_rate: float) -> list[tuple[Array, Array]]:
        assert self.plan.optimizer is not None and self.optimizer_state is not None
        return self.plan.optimizer.changes(
            [self._weight(op, s) for op, s in self.plan.trainable],
            [grads[op.index][s.name] for op, s in self.plan.trainable],
            self._slots,
            learning_rate,
            self.optimizer_state.step,
            self._xp,
            [f"{op.spec.name}/{s.name}" for op, s in self.plan.trainable],
        )

    # A step in halves.

    @np.errstate(all="ignore")
    def forward(self, inputs: Array, training: bool = False) -> tuple[Array, Handle]:
        x = check_inputs(self.plan, inputs)
        self._take()
        step, draw = self._draws.take(self.optimizer_state) if training else (0, 0)
        y, caches, _ = self.run_forward(x, training, step, draw)
        self._bring_back()
        self._kept = Caches(x.shape, tuple(y.shape), caches)
        return np.array(self.device.get(y)), self._kept

    @overload
    def backward(self, handle: Handle, d_outputs: Array, wrt_inputs: Literal[False] = False) -> Array: ...
    @overload
    def backward(self, handle: Handle, d_outputs: Array, wrt_inputs: Literal[True]) -> tuple[Array, Array]: ...
    def backward(self, handle: Handle, d_outputs: Array, wrt_inputs: bool = False) -> Array | tuple[Array, Array]:
        if not isinstance(handle, Caches) or handle is not self._kept:
            raise Stale
        dy = check_d_outputs(self.plan, handle, d_outputs)
        with np.errstate(all="ignore"):
            grads, dx = self.run_backward(self.device.put(dy), handle.caches)
        self._kept = None
        flat = self.plan.layout.zeros(self.plan.dtype)
        for op, s in self.plan.trainable:
            s.view(flat)[...] = self.device.get(grads[op.index][s.name])
        return (flat, np.array(self.device.get(dx))) if wrt_inputs else flat

    @np.errstate(all="ignore")
    def apply(self, flat: Array, learning_rate: float) -> None:
        flat = check_flat(self.plan, flat)
        if self.plan.optimizer is not None and self.plan.optimizer.full_batch:
            raise ValueError(f"apply: {type(self.plan.optimizer).__name__} takes no single gradients; use train")
        assert self.optimizer_state is not None
        self._take()
        grads: ByWeight = {op.index: {} for op in self.plan.ops}
        for op, s in (user for users in self.plan.users for user in users):
            grads[op.index][s.name] = self.device.put(s.view(flat))
        step, changes = self.optimizer_state.step, None
        try:
            self.optimizer_state.step = step + 1
            changes = self._changes(self._with_penalties(grads), learning_rate)
            write(changes)
        except BaseException:  # as in a step
            if changes is not None:
                write(changes)
            else:
                self.optimizer_state.step = step
            raise
        finally:
            self._bring_back()

    # Inference.

    @np.errstate(all="ignore")
    def evaluate(self, data: Data, batch_size: int) -> None:
        self._take()
        for start in range(0, len(data), batch_size):
            batch = data.rows(slice(start, start + batch_size))
            y, _, outputs = self.run_forward(batch.x)
            self._measure(batch, y, self.through_output(y), outputs)

    @np.errstate(all="ignore")
    def predict(self, x: Array, batch_size: int) -> Array:
        self._take()
        outputs = (self.run_forward(x[i : i + batch_size])[0] for i in range(0, len(x), batch_size))
        parts = [self.device.get(self.through_output(y)) for y in outputs]
        return np.concatenate(parts) if parts else np.empty((0, *self.plan.output_shape), self.plan.dtype)

    def predict_training(self, x: Array, training: bool | None = True, draw: int = 0) -> Array:
        """Predictions of one batch as a training step sees them: dropout drops, batch statistics are used.

        Args:
            x: the batch.
            training: None has each operation do what it does when it is called and not told.
            draw: number of the draw of random numbers, 0 for those of the training step itself.
        """
        self._take()
        y = self.through_output(self.run_forward(x, training, draw=draw)[0])
        self._bring_back()
        return self.device.get(y)

    def reset_metrics(self) -> None:
        for metric in self._tracked:
            metric.reset_state()

    def results(self) -> Mapping[str, float]:
        return {name: value for metric in self._tracked for name, value in metric.logs().items()}

    def running(self) -> list[dict[str, Any]]:
        return [metric.get_state() for metric in self._tracked]

    def resume(self, running: Sequence[Mapping[str, Any]]) -> None:
        for metric, state in zip(self._tracked, running, strict=True):
            metric.set_state(state)

    def close(self) -> None:
        """Nothing to give back."""
