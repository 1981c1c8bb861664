"""Plans of which some sizes are not known before there are numbers, on engines that have to know all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, overload

from clarinet.engines.base import Data, Engine, Steps
from clarinet.engines.halves import Handle
from clarinet.engines.native import NativeEngine
from clarinet.engines.reference import ReferenceEngine
from clarinet.params import Store
from clarinet.records import Chunk
from clarinet.types import Array, Arrays

if TYPE_CHECKING:
    from clarinet.optimizers import OptimizerState
    from clarinet.plan import Plan

#: Engines that are kept for sizes that may come again.
_MOST = 8


class AnySizes(Engine):
    """For the sizes of each batch a native engine, made when they first come; the reference engine where loops have too
    many rounds for it.

    All of them work on the same weights, state and slots; the running sums go along from one to the next. Arguments and
    methods as in :class:`clarinet.engines.base.Engine`.
    """

    name = "native"
    why = NativeEngine.why

    def __init__(self, plan: Plan, store: Store, optimizer_state: OptimizerState | None = None) -> None:
        self.plan, self.store, self.optimizer_state = plan, store, optimizer_state
        self._current: Engine = ReferenceEngine(plan, store, optimizer_state)  # which has the sums, and runs nothing
        self._engines: dict[object, Engine] = {}

    @staticmethod
    def suits(plan: Plan) -> bool:
        return not plan.sizes_known

    @staticmethod
    def supports(plan: Plan) -> str | None:
        return NativeEngine.supports(plan.tried)

    def _bound(self, xs: Sequence[Array]) -> Engine:
        """The engine for batches like this one."""
        sizes = tuple(x.shape[1:] for x in xs)
        engine = self._engines.pop(sizes, None)
        if engine is None:
            engine = self._made(self.plan.bind(sizes))
        self._engines[sizes] = engine  # the last one that was used is the last one
        if engine is not self._current:
            engine.resume(self._current.running())
            self._current = engine
        if len(self._engines) > _MOST:
            self._engines.pop(next(iter(self._engines))).close()
        return engine

    def _made(self, bound: Plan) -> Engine:
        """The engine for a plan with all sizes."""
        in_python = self.plan.loops and NativeEngine.supports(bound)
        return (ReferenceEngine if in_python else NativeEngine)(bound, self.store, self.optimizer_state)

    def train(self, data: Data, steps: Steps) -> Chunk:
        return self._bound(data.xs).train(data, steps)

    def forward(self, inputs: Arrays, training: bool = False, draw: int | None = None) -> tuple[Arrays, Handle]:
        xs = inputs if isinstance(inputs, tuple) else (inputs,)
        return self._bound(xs).forward(inputs, training, draw)

    @overload
    def backward(self, handle: Handle, d_outputs: Arrays, wrt_inputs: Literal[False] = False) -> Array: ...
    @overload
    def backward(self, handle: Handle, d_outputs: Arrays, wrt_inputs: Literal[True]) -> tuple[Array, Arrays]: ...
    def backward(self, handle: Handle, d_outputs: Arrays, wrt_inputs: bool = False) -> Array | tuple[Array, Arrays]:
        return (
            self._current.backward(handle, d_outputs, True) if wrt_inputs else self._current.backward(handle, d_outputs)
        )

    def apply(self, flat: Array, learning_rate: float) -> None:
        self._current.apply(flat, learning_rate)

    def evaluate(self, data: Data, batch_size: int) -> None:
        self._bound(data.xs).evaluate(data, batch_size)

    def predict(self, x: Arrays, batch_size: int) -> Arrays:
        return self._bound(x if isinstance(x, tuple) else (x,)).predict(x, batch_size)

    def reset_metrics(self) -> None:
        self._current.reset_metrics()

    def results(self) -> Mapping[str, float]:
        return self._current.results()

    def running(self) -> list[dict[str, object]]:
        return self._current.running()

    def resume(self, running: Sequence[Mapping[str, object]]) -> None:
        self._current.resume(running)

    def close(self) -> None:
        for engine in self._engines.values():
            engine.close()


class CountedSizes(AnySizes):
    """The same with reference engines, for plans that count with sizes: these know random numbers by the place of an
    operation among those that there are once the sizes are known, as on the native engine."""

    name = "reference"
    why = ReferenceEngine.why

    @staticmethod
    def suits(plan: Plan) -> bool:
        return any(op.spec.counts_sizes for op in plan.ops) and not plan.sizes_known

    @staticmethod
    def supports(plan: Plan) -> str | None:
        return ReferenceEngine.supports(plan)

    def _made(self, bound: Plan) -> Engine:
        return ReferenceEngine(bound, self.store, self.optimizer_state)
