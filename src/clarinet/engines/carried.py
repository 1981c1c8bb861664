"""What engines have in common that carry a store's numbers into pure steps, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from clarinet.engines.base import Engine
from clarinet.engines.halves import Draws
from clarinet.engines.metric_sums import logs, tracked
from clarinet.engines.step import Carry
from clarinet.metrics.base import Sums
from clarinet.params import Store
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.optimizers import OptimizerState
    from clarinet.plan import Plan


class Carried(Engine):
    """An engine over :mod:`clarinet.engines.step`: it keeps the running metrics, and counts what draws random numbers.

    Arguments as of :class:`clarinet.engines.base.Engine`.
    """

    def __init__(self, plan: Plan, store: Store, optimizer_state: OptimizerState | None = None) -> None:
        self.plan, self.store, self.optimizer_state = plan, store, optimizer_state
        self._draws = Draws()
        self._uses = 0  # batches that were predicted
        self._tracked = tracked(plan)

    def _number(self) -> int:
        return 0 if self.optimizer_state is None else self.optimizer_state.step

    def _use(self, batches: int = 1) -> int:
        """The number of the next batch that is predicted, or of the first of some; each has its own random numbers."""
        self._uses += batches
        return self._uses - batches + 1

    def _sums(self) -> list[Sums]:
        return [metric.sums for metric, *_ in self._tracked]

    def _set_sums(self, sums: Sequence[Sums] | None) -> None:
        for (metric, *_), own in zip(self._tracked, sums or (), strict=True):
            metric.sums = own

    def reset_metrics(self) -> None:
        for metric, *_ in self._tracked:
            metric.reset_state()

    def results(self) -> Mapping[str, float]:
        return logs(self._tracked)

    def running(self) -> list[dict[str, object]]:
        return [metric.get_state() for metric, *_ in self._tracked]

    def resume(self, running: Sequence[Mapping[str, object]]) -> None:
        for (metric, *_), state in zip(self._tracked, running, strict=True):
            metric.set_state(state)

    def close(self) -> None:
        """There is nothing to release."""


def write(new: Carry, own: Carry, get: Callable[[object], Array]) -> None:
    """Write the numbers of one carry into the arrays of the other.

    Args:
        new: what is read.
        own: what is written into.
        get: gives the numbers of one of the arrays of ``new``.
    """
    pairs = [*zip(own.slots, new.slots, strict=True)]
    for ours, theirs in ((own.params, new.params), (own.state, new.state)):
        pairs += [(arrays, theirs[index]) for index, arrays in ours.items() if arrays]
    for arrays, numbers in pairs:
        for name, array in arrays.items():
            if numbers[name] is not array:  # as for frozen weights
                array[...] = get(numbers[name])


def surely(write: Callable[[], None]) -> None:
    """Call what writes, and may do so twice: where Ctrl-C comes into it, it is called once more."""
    try:
        write()
    except BaseException:
        write()
        raise
