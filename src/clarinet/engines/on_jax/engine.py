"""The engine that has JAX compile the pure step."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, overload

import numpy as np

from clarinet.engines.any_sizes import AnySizes
from clarinet.engines.base import Data, Engine, Steps, one_or_all
from clarinet.engines.carried import Carried, surely, write
from clarinet.engines.halves import Handle, Stale, check_d_outputs, check_flat, check_inputs, shapes
from clarinet.engines.on_jax import programs, tracing
from clarinet.engines.on_jax.blocks import Block, Blocks, power_above
from clarinet.engines.on_jax.places import Places, in_64_bits
from clarinet.engines.on_jax.programs import Programs, Told
from clarinet.engines.stats import layer_stats
from clarinet.engines.step import Carry, StepRecord, begin, measure
from clarinet.metrics.base import Sums
from clarinet.optimizers.base import Scalars
from clarinet.params import Store
from clarinet.passes import ByWeight
from clarinet.records import Chunk, LayerStats
from clarinet.types import Array, Arrays

if TYPE_CHECKING:
    from clarinet.optimizers import OptimizerState
    from clarinet.plan import Plan

#: Seconds of steps that are handed to the device at once: long beside a call, short beside a chunk.
_AT_ONCE = 0.04


@dataclass(frozen=True, eq=False)
class _Passed(Handle):
    """A forward pass that is run once more by backward: what it took."""

    taken: tuple[Any, ...]
    form: object
    training: bool


class _Made(NamedTuple):
    """What the steps of a call have led to; one assignment replaces all of it.

    Attributes:
        carry: on the device; its sums are None where metrics run in Python.
        sums: of these.
        losses, samples, layers: of the steps that are done.
    """

    carry: Carry
    sums: Sequence[Sums] | None
    losses: tuple[float, ...] = ()
    samples: tuple[int, ...] = ()
    layers: tuple[LayerStats, ...] = ()


class JaxEngine(Carried):
    """Compiles :func:`clarinet.engines.step.step`, in a loop over the steps of a chunk, for all devices that JAX has.

    Weights live in the store as ever: a call takes them to the devices, and brings them back when it ends. Arguments
    and methods as in :class:`clarinet.engines.base.Engine`.
    """

    name = "jax"
    needs = "jax"

    def __init__(self, plan: Plan, store: Store, optimizer_state: OptimizerState | None = None) -> None:
        super().__init__(plan, store, optimizer_state)
        self._places = Places()
        self._programs = Programs(self._places)
        self._pace = 0.0  # seconds that a step takes; 0: none was timed yet
        self._kinds: dict[object, tracing.Kinds | None] = {}  # of sums, by the form of blocks
        self._made: _Made | None = None
        self._kept: Handle | None = None

    @staticmethod
    def suits(plan: Plan) -> bool:
        return plan.sizes_known

    @staticmethod
    def supports(plan: Plan) -> str | None:
        return tracing.refusal(plan)

    # To the devices and back.

    def _begun(self, sums: Sequence[Sums] | None = None, put: Callable[[Array], Array] = np.asarray) -> Carry:
        """The store's numbers on the devices; a forward pass before is over.

        A processor's JAX takes the store's own memory, which nobody writes into before the call is at its end;
        ``put=np.array`` is for numbers that are read after it.
        """
        self._kept = None
        return self._places.on_all(begin(self.plan, self.store, self.optimizer_state, sums, put))

    def _blocks_of(self, data: Data, batch_size: int, **settings: Any) -> Blocks:
        """Batches for the devices; processes run the same programs whatever clocks and callbacks each of them has."""
        return Blocks(data, self.plan.dtype, batch_size, alone=self._places.several, **settings)

    def _sent(self, block: Block) -> programs.Arrays3:
        return self._places.by_rows(block.arrays, block.rows)

    def _started(self, block: Block) -> tuple[Sequence[Sums] | None, Sequence[Sums] | None]:
        """The running sums for the devices, or where metrics run in Python, for these."""
        own = self._sums()
        if block.form not in self._kinds:
            self._kinds[block.form] = tracing.kinds_of_sums(self.plan, own, block.batch(0))
        kinds = self._kinds[block.form]
        return (None, own) if kinds is None else (tracing.fitted(own, kinds), None)

    def _end(self, sums: Sequence[Sums] | None, in_python: Sequence[Sums] | None) -> None:
        """Have the metrics go on from here."""
        if in_python is None:
            found: Sequence[Sums] = self._places.fetched(sums or ())
            in_python = [{name: _as_number(value) for name, value in own.items()} for own in found]
        self._set_sums(in_python)

    def _write(self, carry: Carry, number: int) -> None:
        """Bring weights, state and slots into the store; doing it twice changes nothing."""
        write(self._places.fetched(carry), self._own(), np.asarray)
        if self.optimizer_state is not None:
            self.optimizer_state.step = number

    def _keep(self, state: ByWeight) -> None:
        """Keep the state that a pass has changed."""
        if any(op.state for op in self.plan.ops):
            new, own = (Carry({}, each, (), None) for each in (self._places.fetched(state), self._own().state))
            surely(partial(write, new, own, np.asarray))

    def _own(self) -> Carry:
        """The store's own arrays."""
        return begin(self.plan, self.store, self.optimizer_state)

    # Training.

    @in_64_bits
    def train(self, data: Data, steps: Steps) -> Chunk:
        assert self.optimizer_state is not None
        began, before = time.perf_counter(), self.optimizer_state.step
        blocks = self._blocks_of(data, steps.batch_size, order=steps.order, first=steps.first, stop=steps.stop)
        sums, in_python = self._started(blocks.take(0, 1))
        self._made = _Made(self._begun(sums), in_python)
        try:
            self._train(blocks, steps, began)
        finally:  # after Ctrl-C too: completed steps are kept
            made, self._made = self._made, None
            surely(partial(self._settle, made, before + len(made.samples)))
        return Chunk(
            before + 1,
            np.array(made.losses, np.float32),
            np.array(made.samples, np.int64),
            steps.learning_rates[: len(made.samples)],
            time.perf_counter() - began,
            dict(self.results()),
            list(made.layers),
        )

    def _settle(self, made: _Made, number: int) -> None:
        self._write(made.carry, number)
        self._end(made.carry.sums, made.sums)

    def _train(self, blocks: Blocks, steps: Steps, began: float) -> None:
        """Run blocks until they or the time are over; the rows of the next are gathered while the devices compute."""

        def late(more: int = 0) -> bool:
            expected = time.perf_counter() + more * self._pace - began
            return steps.seconds is not None and expected > steps.seconds

        following, at = self._blocks(blocks, steps), 0
        block = next(following, None)
        while block is not None:
            finish = self._start(block, steps, at)
            ahead = None if late(block.filled) else next(following, None)
            finish()
            at += block.filled
            if late():
                return
            block = ahead or next(following, None)

    def _blocks(self, blocks: Blocks, steps: Steps) -> Iterator[Block]:
        """The batches of some steps, as many at once as take a moment; one whose statistics are wanted is alone."""
        at, every, number = 0, steps.stats_every, self._number() + 1
        while at < len(blocks):
            count = blocks.whole(at)
            if every:
                count = min(count, -(number + at) % every or 1)
            count = min(count, int(_AT_ONCE / self._pace) + 1 if self._pace else 1)
            yield blocks.take(at, count)
            at += count

    def _start(self, block: Block, steps: Steps, at: int) -> Callable[[], None]:
        """Hand steps to the devices; gives what waits for them."""
        optimizer, made = self.plan.optimizer, self._made
        assert optimizer is not None and made is not None
        number, rates = self._number() + at + 1, steps.learning_rates[at : at + block.filled]
        scalars = [optimizer.scalars(float(rate), number + i) for i, rate in enumerate(rates)]
        args = made.carry, self._sent(block), _side_by_side(scalars, len(block.xs[0])), np.asarray(block.filled)
        tells = made.sums is not None
        program = self._programs.get(("train", block.form, tells), lambda: programs.training(self.plan, tells), *args)
        began = time.perf_counter()
        carry, told = program(*args)

        def finish() -> None:
            known: Told = self._places.fetched(told)
            self._pace = (time.perf_counter() - began) / block.filled
            layers: Sequence[LayerStats] = ()
            if steps.stats_every and number % steps.stats_every == 0:
                layers = self._layer_stats(number, made.carry, args[1], scalars[0], block)
            self._made = _Made(
                carry,
                self._measured(made.sums, block, known),
                (*made.losses, *map(float, known.total[: block.filled])),
                (*made.samples, *[block.rows] * block.filled),
                (*made.layers, *layers),
            )

        return finish

    def _measured(self, sums: Sequence[Sums] | None, block: Block, told: Told) -> Sequence[Sums] | None:
        """The sums of metrics in Python, with the batches of a block added."""
        if sums is None:
            return None
        inputs = len(self.plan.input_shapes)
        for i in range(block.filled):
            loss, penalty, losses, predictions, masks = (_at(each, i) for each in told[1:])
            outputs: list[Any] = [None] * len(self.plan.ops)
            for output, mask in zip(self.plan.outputs, masks, strict=True):
                if output.mask is not None and output.mask >= inputs:
                    outputs[output.mask - inputs] = mask
            record = StepRecord(loss, penalty, (), (), losses, [*outputs, *predictions], {})
            sums = measure(self.plan, sums, block.batch(i), record)
        return sums

    def _layer_stats(
        self, number: int, before: Carry, sent: programs.Arrays3, scalars: Scalars, block: Block
    ) -> list[LayerStats]:
        """What a step was like, which is run once more for that."""
        args = before._replace(sums=None), sent, scalars
        program = self._programs.get(("record", block.form), lambda: programs.recording(self.plan), *args)
        after, record = self._places.fetched(program(*args))
        old = self._places.fetched(before.params)
        every = [user for users in self.plan.users for user in users]
        moved = {(op.index, s.name): (old[op.index][s.name], after[op.index][s.name]) for op, s in every}
        return layer_stats(self.plan, number, record.outputs, record.grads, moved)

    # A step in halves.

    @in_64_bits
    def forward(self, inputs: Arrays, training: bool = False, draw: int | None = None) -> tuple[Arrays, Handle]:
        xs, carry = check_inputs(self.plan, inputs), self._begun(put=np.array)
        numbers = self._draws.take(self.optimizer_state, draw) if training else (0, self._use())
        block = self._blocks_of(Data(xs), len(xs[0])).take(0, 1)
        sent = tuple(x[0] for x in self._sent(block)[0])
        args = carry.params, carry.state, sent, *map(np.asarray, numbers)
        make = partial(programs.going_forward, self.plan, training)
        ys, state = self._programs.get(("forward", block.form, training), make, *args)(*args)
        self._keep(state)
        found = self._places.fetched(ys)
        self._kept = _Passed(shapes(xs), shapes(found), args, block.form, training)
        return one_or_all([np.array(y) for y in found]), self._kept

    @overload
    def backward(self, handle: Handle, d_outputs: Arrays, wrt_inputs: Literal[False] = False) -> Array: ...
    @overload
    def backward(self, handle: Handle, d_outputs: Arrays, wrt_inputs: Literal[True]) -> tuple[Array, Arrays]: ...
    @in_64_bits
    def backward(self, handle: Handle, d_outputs: Arrays, wrt_inputs: bool = False) -> Array | tuple[Array, Arrays]:
        if not isinstance(handle, _Passed) or handle is not self._kept:
            raise Stale
        params, state, xs, *numbers = handle.taken
        args = params, state, xs, self._places.on_all([*check_d_outputs(self.plan, handle, d_outputs)]), *numbers
        make = partial(programs.going_back, self.plan, handle.training, wrt_inputs)
        key = "backward", handle.form, handle.training, wrt_inputs
        grads, dxs = self._places.fetched(self._programs.get(key, make, *args)(*args))
        self._kept = None
        flat = self.plan.layout.zeros(self.plan.dtype)
        for op, s in self.plan.trainable:
            s.view(flat)[...] = grads[op.index][s.name]
        if not wrt_inputs:
            return flat
        found = zip(dxs, handle.inputs, strict=True)
        return flat, one_or_all(
            [np.zeros(shape, self.plan.dtype) if dx is None else np.array(dx) for dx, shape in found]
        )

    @in_64_bits
    def apply(self, flat: Array, learning_rate: float) -> None:
        flat, optimizer = check_flat(self.plan, flat), self.plan.optimizer
        assert self.optimizer_state is not None and optimizer is not None
        carry, number = self._begun(), self.optimizer_state.step + 1
        grads: ByWeight = {op.index: {} for op in self.plan.ops}
        for op, s in (user for users in self.plan.users for user in users):
            grads[op.index][s.name] = s.view(flat)
        args = carry, self._places.on_all(grads), optimizer.scalars(learning_rate, number)
        params, slots = self._programs.get("apply", partial(programs.updating, self.plan), *args)(*args)
        surely(partial(self._write, Carry(params, carry.state, slots, None), number))

    # Inference.

    @in_64_bits
    def evaluate(self, data: Data, batch_size: int) -> None:
        if not len(data):
            return
        blocks = self._blocks_of(data, batch_size)
        sums, in_python = self._started(blocks.take(0, 1))
        carry = self._begun()
        state, tells, at = carry.state, in_python is not None, 0
        make = partial(programs.evaluating, self.plan, tells)
        while at < len(blocks):
            block = blocks.take(at, blocks.whole(at))
            args = carry.params, (state, sums), self._sent(block), *self._counts(block, at)
            program = self._programs.get(("evaluate", block.form, tells), make, *args)
            (state, sums), told = program(*args)
            in_python = self._measured(in_python, block, self._places.fetched(told) if tells else told)
            at += block.filled
        self._keep(state)
        self._end(sums, in_python)

    @in_64_bits
    def predict(self, x: Arrays, batch_size: int) -> Arrays:
        carry, blocks = self._begun(), self._blocks_of(Data(x), batch_size, rounded=self._rounded)
        state, at, make = carry.state, 0, partial(programs.predicting, self.plan)
        parts: list[list[Array]] = []
        while at < len(blocks):
            block = blocks.take(at, blocks.whole(at))
            args = carry.params, state, self._sent(block), *self._counts(block, self._use(block.filled))
            state, found = self._programs.get(("predict", block.form), make, *args)(*args)
            parts.append([y[: block.filled].reshape(-1, *y.shape[2:]) for y in self._places.fetched(found)])
            at += block.filled
        self._keep(state)
        if not parts:
            return one_or_all([np.empty((0, *output.shape), self.plan.dtype) for output in self.plan.outputs])
        return one_or_all([np.concatenate(own)[: len(blocks.data)] for own in zip(*parts, strict=True)])

    def _counts(self, block: Block, draw: int) -> tuple[Array, Array, Array]:
        """How many batches a block has; the number of the update; the draw of random numbers of the first of them."""
        return np.asarray(block.filled), np.asarray(self._number()), np.asarray(draw)

    def _rounded(self, rows: int) -> int:
        """So many rows are predicted at once, that not each number of rows needs a program of its own."""
        alone = self.plan.mixes_rows or any(op.state and op.spec.rescales_by != "batch" for op in self.plan.ops)
        return rows if alone else power_above(rows)


class AnySizesOnJax(AnySizes):
    """For the sizes of each batch an engine of its own, made when they first come."""

    name = JaxEngine.name
    needs = JaxEngine.needs
    why = JaxEngine.why

    @staticmethod
    def supports(plan: Plan) -> str | None:
        return JaxEngine.supports(plan)

    def _made(self, bound: Plan) -> Engine:
        return JaxEngine(bound, self.store, self.optimizer_state)


def _side_by_side(scalars: Sequence[Scalars], room: int) -> dict[str, Array]:
    """The scalars of some steps in one array each, with as much room as there may be steps."""
    found = {}
    for name in scalars[0]:
        own = np.array([each[name] for each in scalars])
        found[name] = np.concatenate([own, np.zeros(room - len(own), own.dtype)])
    return found


def _at(told: Any, i: int) -> Any:
    """What one step says, of what all say."""
    return tuple(None if each is None else each[i] for each in told) if isinstance(told, tuple) else told[i]


def _as_number(value: Array) -> Any:
    """A sum as metrics in NumPy have it: a plain number where it is one."""
    return np.array(value) if value.ndim else value.item()
