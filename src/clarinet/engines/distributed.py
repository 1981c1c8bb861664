"""The native engine on several processes, each of which does its share of every batch."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from clarinet.arrays import summed
from clarinet.engines import step
from clarinet.engines.base import Data, Steps, one_or_all
from clarinet.engines.metric_sums import logs
from clarinet.engines.native import NativeEngine
from clarinet.engines.ranks import Ranks
from clarinet.layers.base import Layer
from clarinet.metrics.base import Sums
from clarinet.params import Store
from clarinet.records import Chunk
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.losses import Loss
    from clarinet.optimizers import OptimizerState
    from clarinet.plan import Plan


class DistributedEngine(NativeEngine):
    """Runs a plan on all ranks: each has all rows, takes its share of each batch, and makes the update with the sum of
    all gradients, so that all have the same weights.

    Random numbers are those of the row's place in the whole batch, and the loss is divided by all of its rows: a step
    gives what it gives on one process, up to the order of sums. There are no statistics of layers.

    Args:
        plan, store, optimizer_state: as for :class:`NativeEngine`.
        ranks: the processes.

    Raises:
        ValueError: something in the plan looks at several rows at once.
    """

    def __init__(self, plan: Plan, store: Store, optimizer_state: OptimizerState | None, ranks: Ranks) -> None:
        refuse_mixing(plan)
        super().__init__(plan, store, optimizer_state, threads=ranks.threads)
        self._ranks = ranks
        self._zeros = [metric.start() for metric, *_ in self._tracked]
        self._sums: list[Sums] = self._zeros
        self._own: list[Sums] = self._zeros  # of the rows of this rank in a chunk of steps
        self._shared = ranks.room(plan.layout.size + 2)  # the gradient, the loss, and whether rank 0's time is up

    def train(self, data: Data, steps: Steps) -> Chunk:
        assert self.optimizer_state is not None
        data = self._checked(data)
        began, first_step = time.perf_counter(), self.optimizer_state.step + 1
        last = (steps.first, steps.stop, steps.batch_size, float(steps.learning_rates[0]))
        self._ranks.agree("step", first_step, *last, crc32(self.store.buffers[1].view(np.uint8).data))
        self._own = self._zeros
        losses: list[float] = []
        samples: list[int] = []
        for start, rate in zip(range(steps.first, steps.stop, steps.batch_size), steps.learning_rates, strict=True):
            stop = min(start + steps.batch_size, steps.stop)
            late = steps.seconds is not None and time.perf_counter() - began > steps.seconds
            loss, over = self._step(data, steps.order, start, stop, float(rate), late)
            losses.append(loss)
            samples.append(stop - start)
            if over:
                break
        self._add(self._own)
        seconds, rates = time.perf_counter() - began, steps.learning_rates[: len(losses)]
        found = np.array(losses, np.float32), np.array(samples, np.int64)
        return Chunk(first_step, *found, rates, seconds, dict(self.results()), [])

    def _step(
        self, data: Data, order: Array | None, start: int, stop: int, rate: float, late: bool
    ) -> tuple[float, bool]:
        """One step: its loss, and whether the first rank says that there is no time for another."""
        size, loss = self.plan.layout.size, self._penalty()
        first, last = _share(self._ranks, stop - start)
        self._shared[size:] = 0
        if last > first:
            own = slice(start + first, start + last)
            rows = data.rows(own if order is None else order[own])
            self._shared[size] = self._gradient(rows, stop - start, first)
        else:  # fewer rows than ranks
            self._shared[:size] = 0
        self._shared[size + 1] = float(late and self._ranks.rank == 0)
        self._ranks.sum(self._shared)
        self.apply(self._shared[:size], rate)
        return float(self._shared[size]) + loss, bool(self._shared[size + 1])

    def _penalty(self) -> float:
        """That of the weights."""
        return float(sum(summed(rule(self.store.view(s))) for _, s, rule in self.plan.penalized))

    @np.errstate(all="ignore")
    def _gradient(self, batch: Data, rows: int, before: int) -> float:
        """Put the share of these rows in the gradient into its place, and give that in the loss of all ``rows``."""
        share = len(batch) / rows
        found, handle = self.forward(batch.xs, training=True, before=before)
        outputs = found if isinstance(found, tuple) else (found,)
        record = step.judge_outputs(self.plan, batch, outputs, self._penalty())
        dys = [
            np.zeros_like(y_pred) if output.loss is None or y is None or shares is None
            else output.loss.pull(y, y_pred, shares * np.float32(share))
            for output, y, y_pred, shares in zip(self.plan.outputs, batch.ys, outputs, record.shares, strict=True)
        ]  # fmt: skip
        self._backward(handle, one_or_all(dys), False, self._shared[: self.plan.layout.size])
        self._own = step.measure(self.plan, self._own, batch, record)
        return float(record.loss) * share

    # The running sums, which are those of all ranks.

    def _add(self, sums: Sequence[Sums]) -> None:
        for each in self._ranks.all(list(sums)):
            self._sums = [_added(one, other) for one, other in zip(self._sums, each, strict=True)]

    def evaluate(self, data: Data, batch_size: int) -> None:
        first, last = _share(self._ranks, len(data))
        self._ranks.agree("rows to evaluate", len(data), batch_size)
        super().reset_metrics()
        if last > first:
            super().evaluate(data.rows(slice(first, last)), batch_size)
        super().results()
        self._add([metric.sums for metric, *_ in self._tracked] if last > first else self._zeros)

    def reset_metrics(self) -> None:
        super().reset_metrics()
        self._sums = self._zeros

    def results(self) -> Mapping[str, float]:
        self._give()
        return logs(self._tracked)

    def running(self) -> list[dict[str, object]]:
        self._give()
        return [metric.get_state() for metric, *_ in self._tracked]

    def _give(self) -> None:
        """Let the metrics have the sums."""
        for (metric, *_), own in zip(self._tracked, self._sums, strict=True):
            metric.sums = own

    def resume(self, running: Sequence[Mapping[str, object]]) -> None:
        for (metric, *_), state in zip(self._tracked, running, strict=True):
            metric.set_state(state)
        self._sums = [metric.sums for metric, *_ in self._tracked]


def _share(ranks: Ranks, rows: int) -> tuple[int, int]:
    """The rows of this rank, of so many."""
    return rows * ranks.rank // ranks.size, rows * (ranks.rank + 1) // ranks.size


def _added(one: Sums, other: Sums) -> Sums:
    """Both sums; one that has seen nothing may not know its shape yet."""
    return {
        name: other[name] if value is None else value if other[name] is None else value + other[name]
        for name, value in one.items()
    }


def refuse_mixing(plan: Plan) -> None:
    """Refuse what looks at several rows at once, since each rank has only some of them.

    Raises:
        ValueError: there is such an operation, loss or metric.
    """
    for name, why in _mixing(plan):
        raise _refused(name, why)


def refuse_mixing_losses(engine: NativeEngine, rows: Data) -> None:
    """Refuse losses, which may be of the user's own, whose values are not those of single rows.

    Raises:
        ValueError: there is such a loss.
    """
    found, _ = engine.forward(rows.xs)
    half = max(1, len(rows) // 2)
    for output, y, y_pred in zip(
        engine.plan.outputs, rows.ys, found if isinstance(found, tuple) else (found,), strict=True
    ):
        if output.loss is None or y is None:
            continue
        values, some = output.loss.values(y, y_pred), output.loss.values(y[:half], y_pred[:half])
        if values.shape[:1] != (len(rows),) or not np.allclose(values[:half], some, 1e-3, 1e-6, equal_nan=True):
            raise _refused(f"loss {output.loss.name}", "gives no value for each row by itself")


def _refused(name: str, why: str) -> ValueError:
    return ValueError(
        f"distribute: {name} {why}, and each rank has only its share of a batch; leave it out, or train on one process"
    )


def _mixing(plan: Plan) -> Iterator[tuple[str, str]]:
    """What cannot be shared out, and why."""
    for op in plan.ops:
        spec = op.spec
        if spec.rescales_by == "batch" and spec.trainable:
            yield spec.name, "normalizes by the statistics of a batch (frozen, with trainable=False, it does not)"
        elif spec.mixes_rows:
            yield spec.name, "computes something of several rows"
        elif spec.adds_loss or _penalizes(getattr(spec, "layer", spec)):
            yield spec.name, "adds something to the loss of a batch"
    if plan.optimizer is not None and plan.optimizer.full_batch:
        yield type(plan.optimizer).__name__, "looks at all rows several times a step"
    for output in plan.outputs:
        if output.loss is not None:
            yield from _loss_mixing(output.loss)
        if output.mask is not None:
            yield (
                f"output {output.name or 'of the model'}",
                "has a mask, so that its loss is divided by what the batch has left",
            )
    for metric in (judged.metric for judged in plan.judged):
        if not metric.sums_rows:
            yield f"metric {metric.name}", "has an update_state of its own, which need not be a sum over rows"


def _penalizes(spec: Layer) -> bool:
    """Whether it has a penalty of its own."""
    return type(spec).penalty is not Layer.penalty


def _loss_mixing(loss: Loss) -> Iterator[tuple[str, str]]:
    if loss.reduction != "sum_over_batch_size":
        yield f"loss {loss.name}", f"has reduction={loss.reduction!r} and not 'sum_over_batch_size'"
    if loss.selective:
        yield f"loss {loss.name}", "leaves values out, so that it is divided by how many the batch has left"


__all__ = ["DistributedEngine", "refuse_mixing", "refuse_mixing_losses"]
