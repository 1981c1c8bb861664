"""The native engine: the plan in C++, on all cores, with the interpreter's lock released."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast, overload

import numpy as np
from numpy.typing import NDArray

from clarinet._native import Engine as Core
from clarinet._native import permutation
from clarinet.engines import lowering
from clarinet.engines.base import Data, Engine, Steps, one_or_all
from clarinet.engines.halves import Draws, Handle, Stale, check_d_outputs, check_flat, check_inputs, shapes
from clarinet.engines.lowering.objectives import restore, sums_of
from clarinet.engines.metric_sums import logs, tracked
from clarinet.losses.base import align, class_ids
from clarinet.params import Store
from clarinet.philox import Stream
from clarinet.records import Chunk, LayerStats
from clarinet.sparse_rows import SparseRows
from clarinet.types import Array, Arrays

if TYPE_CHECKING:
    from clarinet.optimizers import OptimizerState
    from clarinet.plan import Output, Plan

#: Dtypes that C++ reads directly; rows of others are converted here, some at a time.
_PLAIN = frozenset(np.dtype(c) for c in ("?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"))
#: Numbers of an array that are converted at once.
_BLOCK = 1 << 20
#: Seconds that one call without a deadline of its own may take, so that Ctrl-C is noticed.
_PATIENCE = 0.05


def _is_there(array: Array) -> bool:
    """Whether C++ reads an array without a copy."""
    return isinstance(array, SparseRows) or _plain(array) is not None


def _plain(array: Array) -> Array | None:
    """The array as C++ reads it without a copy: any distance between rows, the numbers of a row contiguous; else None.

    Every number has to be at a multiple of its size, unlike those of a packed record.
    """
    flags = array.flags
    if array.dtype not in _PLAIN or not flags.aligned:
        return None
    if not (flags.c_contiguous or (len(array) and array[0].flags.c_contiguous)):
        return None
    return array.view(np.uint8) if array.dtype == np.bool_ else array


def _converted(array: Array) -> Array:
    """A contiguous copy in a dtype that C++ reads."""
    plain = array.dtype if array.dtype in _PLAIN else np.dtype(np.float32 if array.dtype.kind == "f" else np.int64)
    copy = np.require(array, plain if array.dtype.itemsize <= 8 else np.float64, ["C", "A"])
    return copy.view(np.uint8) if copy.dtype == np.bool_ else copy


def readable(array: Array) -> Array:
    """The array as C++ reads it, a copy where it has to be."""
    if isinstance(array, SparseRows):
        return cast("Array", array.native)
    plain = _plain(array)
    return _converted(array) if plain is None else plain


@dataclass(frozen=True, eq=False)
class _Pass(Handle):
    number: int


class NativeEngine(Engine):
    """Runs a plan natively. Arguments and methods as in :class:`clarinet.engines.base.Engine`.

    Args:
        threads: exactly so many; 0 (default) uses as many as the work of a batch is worth, at most CLARINET_NUM_THREADS
            or the number that affinity and quota allow.
        isa: instruction set, e.g. ``"avx2"``; empty (default) takes CLARINET_ISA, or the best there is.

    Raises:
        ValueError: an environment variable that names no instruction set or no number of threads.
    """

    name = "native"
    why = "every operation has a native form"

    def __init__(
        self,
        plan: Plan,
        store: Store,
        optimizer_state: OptimizerState | None = None,
        *,
        threads: int = 0,
        isa: str = "",
    ) -> None:
        self.plan, self.store, self.optimizer_state = plan, store, optimizer_state
        slots = optimizer_state.slots if optimizer_state is not None else {}
        self._core = Core(
            lowering.lower(plan.unrolled, store),
            store.buffers,
            [slots.get(name) for name in lowering.slot_names(plan.optimizer)],
            threads,
            isa,
        )
        self._stateful = lowering.stateful_layers(plan.unrolled)
        self._tracked = tracked(plan)
        self._layers = lowering.layers_of(plan.unrolled)
        self._shapes = [output.shape for output in plan.outputs]
        self._raw = [plan.shape_of(output.tensor) for output in plan.outputs]
        single = len(plan.input_shapes) == len(plan.outputs) == 1 and not self._stateful
        self._by_row = single and not any(op.training or lowering.draws(op) for op in plan.ops)  # by a row's place
        self._draws = Draws()
        self._uses = 0
        self._order: Any = None  # the last permutation: it needs no check

    @staticmethod
    def suits(plan: Plan) -> bool:
        return plan.sizes_known

    @staticmethod
    def supports(plan: Plan) -> str | None:
        """Why the plan cannot run here, for the user; None if it can."""
        return lowering.unsupported_reason(plan)

    def permutation(self, epoch: int, n: int) -> NDArray[np.int64]:
        self._order = np.empty(n, np.int64)
        permutation(self.plan.seed & (2**64 - 1), int(Stream.SHUFFLE), epoch & 0xFFFFFFFF, self._order)
        return self._order  # type: ignore[no-any-return]

    # Training.

    def train(self, data: Data, steps: Steps) -> Chunk:
        assert self.optimizer_state is not None
        data = self._checked(data)
        self._check_batches(steps.stop - steps.first, steps.batch_size)
        began, first_step = time.perf_counter(), self.optimizer_state.step + 1
        losses, layers = np.empty(len(steps), np.float32), []
        done = 0
        for part, order, first, stop in self._runs(data, steps):
            seconds = -1.0 if steps.seconds is None else max(0.0, steps.seconds - (time.perf_counter() - began))
            count, rows = self._core.train(
                part.xs,
                part.ys,
                part.weights,
                order,
                first,
                stop,
                steps.batch_size,
                np.ascontiguousarray(steps.learning_rates[done:], np.float64),
                seconds,
                self.optimizer_state,  # counts the steps
                steps.stats_every,
                losses[done:],
            )
            done += count
            layers += [LayerStats(row[0], self._layers[row[1]], *row[2:]) for row in rows]
            late = steps.seconds is not None and time.perf_counter() - began > steps.seconds
            if late or count * steps.batch_size < stop - first:
                break
        samples = np.full(done, steps.batch_size, np.int64)
        samples[-1] = min(steps.batch_size, steps.stop - steps.first - (done - 1) * steps.batch_size)
        seconds = time.perf_counter() - began
        rates = steps.learning_rates[:done]
        return Chunk(first_step, losses[:done], samples, rates, seconds, dict(self.results()), layers)

    def _runs(self, data: Data, steps: Steps) -> Iterator[tuple[Data, Any, int, int]]:
        """The rows of each native call: all where C++ can read them, else some batches at a time."""
        order = steps.order
        whole = _as_it_lies(data)
        if whole is not None:
            if order is not None and order is not self._order:
                order = _checked_order(order, len(data))
            yield whole, order, steps.first, steps.stop
            return
        size = max(1, *(x[0].size for x in data.xs))
        rows = steps.batch_size * max(1, _BLOCK // (steps.batch_size * size))
        for start in range(steps.first, steps.stop, rows):
            stop = min(start + rows, steps.stop)
            block = data.rows(slice(start, stop) if order is None else order[start:stop])
            yield block.each(readable), None, 0, stop - start

    def _checked(self, data: Data) -> Data:
        """The data without labels that nothing looks at.

        Raises:
            ValueError: the reference's own, for labels whose shape does not meet the predictions'.
        """
        outputs = self.plan.outputs
        judged = [output.loss is not None or output.metrics or output.weighted_metrics for output in outputs]
        ys = tuple(y if own else None for y, own in zip(data.ys or (None,) * len(outputs), judged, strict=True))
        for y, output in zip(ys, outputs, strict=True):
            if y is not None and len(y):
                checked_labels(output, y)
        return Data(data.xs, ys, data.weights)

    def _check_batches(self, rows: int, batch_size: int) -> None:
        """Raise ValueError for batches that layers with ``stateful=True`` have no states for."""
        for layer in self._stateful:
            for batch in (min(rows, batch_size), rows % batch_size or batch_size):
                layer.check_rows(batch)

    # A step in halves.

    def forward(
        self, inputs: Arrays, training: bool = False, draw: int | None = None, before: int = 0
    ) -> tuple[Arrays, Handle]:
        xs = check_inputs(self.plan, inputs)
        self._check_batches(len(xs[0]), len(xs[0]))
        outputs = tuple([np.empty((len(xs[0]), *shape), np.float32) for shape in self._raw])
        step, its_draw = self._draws.take(self.optimizer_state, draw) if training else (0, self._use(1))
        number = self._core.forward(tuple(map(readable, xs)), training, step, its_draw, before, outputs)
        return one_or_all(outputs), _Pass(shapes(xs), shapes(outputs), number)

    @overload
    def backward(self, handle: Handle, d_outputs: Arrays, wrt_inputs: Literal[False] = False) -> Array: ...
    @overload
    def backward(self, handle: Handle, d_outputs: Arrays, wrt_inputs: Literal[True]) -> tuple[Array, Arrays]: ...
    def backward(self, handle: Handle, d_outputs: Arrays, wrt_inputs: bool = False) -> Array | tuple[Array, Arrays]:
        return self._backward(handle, d_outputs, wrt_inputs, self.plan.layout.room(np.float32))

    def _backward(
        self, handle: Handle, d_outputs: Arrays, wrt_inputs: bool, flat: Array
    ) -> Array | tuple[Array, Arrays]:
        """:meth:`backward` into a place that there is."""
        if not isinstance(handle, _Pass):
            raise Stale
        dys = check_d_outputs(self.plan, handle, d_outputs)
        d_inputs = tuple(np.empty(shape, np.float32) for shape in handle.inputs) if wrt_inputs else None
        if not self._core.backward(handle.number, handle.inputs[0][0], dys, flat, d_inputs):
            raise Stale
        return flat if d_inputs is None else (flat, one_or_all(d_inputs))

    def apply(self, flat: Array, learning_rate: float) -> None:
        flat = lowering.weights.with_traced_penalties(self.plan, self.store, check_flat(self.plan, flat))
        self._core.apply(flat, learning_rate, self.optimizer_state)

    # Inference.

    def evaluate(self, data: Data, batch_size: int) -> None:
        self._check_batches(len(data), batch_size)
        data, step = self._checked(data), 0 if self.optimizer_state is None else self.optimizer_state.step
        for part in self._slices(len(data), batch_size):
            draw, rows = part.start // batch_size, data.rows(part)  # the last copy is freed before the next is made
            rows = rows.each(readable)
            self._core.evaluate(rows.xs, rows.ys, rows.weights, batch_size, step, draw)

    def predict(self, x: Arrays, batch_size: int) -> Arrays:
        if self._by_row and len(x) == 1 and not isinstance(x, tuple):  # as quick as can be
            plain = _plain(x)
            if plain is not None:
                row = np.empty((1, *self._shapes[0]), np.float32)
                self._core.predict_row(plain, row)
                return row
        step = 0 if self.optimizer_state is None else self.optimizer_state.step
        xs = x if isinstance(x, tuple) else (x,)
        self._check_batches(len(xs[0]), batch_size)
        out = tuple(np.empty((len(xs[0]), *shape), np.float32) for shape in self._shapes)
        for part in self._slices(len(xs[0]), batch_size):
            rows = tuple(readable(array[part]) for array in xs)
            draw = self._use(-(-len(rows[0]) // batch_size))
            self._core.predict(rows, batch_size, step, draw, tuple(array[part] for array in out))
            del rows  # perhaps a copy: freed before the next is made
        return one_or_all(out)

    def _use(self, batches: int) -> int:
        """The number of the first of some batches that are predicted, which have random numbers of their own."""
        first = self._uses + 1
        self._uses += batches
        return first

    def _slices(self, n: int, batch_size: int) -> Iterator[slice]:
        """Runs of whole batches that take a fraction of a second each; results do not depend on where they end."""
        size = max(1, _BLOCK // (batch_size * 1000)) * batch_size
        start = 0
        while start < n:
            began = time.perf_counter()
            yield slice(start, start + size)
            start += size
            size *= 2 if time.perf_counter() - began < _PATIENCE / 2 else 1

    # The running loss and metrics.

    def reset_metrics(self) -> None:
        self._core.reset()

    def results(self) -> Mapping[str, float]:
        for (metric, *_), sums in zip(self._tracked, self._core.running()):
            restore(metric, sums)
        return logs(self._tracked)

    def running(self) -> list[dict[str, object]]:
        self.results()
        return [metric.get_state() for metric, *_ in self._tracked]

    def resume(self, running: Sequence[Mapping[str, object]]) -> None:
        for (metric, *_), state in zip(self._tracked, running, strict=True):
            metric.set_state(state)
        self._core.resume(
            [sums_of(metric, len(sums)) for (metric, *_), sums in zip(self._tracked, self._core.running(), strict=True)]
        )

    def close(self) -> None:
        """Release threads and memory; the engine cannot be used any more."""
        self._core = None


def checked_labels(output: Output, y: Array) -> None:
    """Raise the reference's own ValueError for labels whose shape does not meet the predictions'."""
    if lowering.fetches_labels(output):
        check = class_ids if lowering.takes_ids(output) else align
        try:
            check(y[:1], np.empty((1, *output.shape), np.float32))
        except ValueError:
            check(y, np.broadcast_to(np.float32(0), (len(y), *output.shape)))  # says it of all rows
            raise


def _as_it_lies(data: Data) -> Data | None:
    """Views of the data that C++ can read, None where some of it has to be converted."""
    arrays = (*data.xs, *data.ys, *data.weights)
    if not all(array is None or _is_there(array) for array in arrays):
        return None
    return data.each(readable)


def _checked_order(given: object, n: int) -> NDArray[np.int64]:
    """Row numbers as C++ takes them.

    Raises:
        IndexError: a number that is no row of the data.
    """
    order: NDArray[np.int64] = np.ascontiguousarray(given, np.int64)
    if len(order) and not (order.min() >= 0 and order.max() < n):
        raise IndexError(f"order names row {order.min() if order.min() < 0 else order.max()} of data with {n} rows")
    return order
