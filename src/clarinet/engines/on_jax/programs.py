"""What JAX compiles: the pure step and its like, in a loop over the batches of a block.

Each function here makes a function of arrays alone of a plan. How many batches of a block are run is one of the
arguments: whatever steps a call takes, the same compiled program runs them, and so gives the same bits.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from clarinet.engines import step as steps
from clarinet.engines.base import Data
from clarinet.engines.on_jax.places import Places
from clarinet.engines.step import Carry, StepRecord
from clarinet.metrics.base import Sums
from clarinet.optimizers.base import Scalars
from clarinet.passes import ByWeight, Pass, forward
from clarinet.philox import Key, Stream
from clarinet.types import Array, Scalar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clarinet.plan import Plan

_Program = TypeVar("_Program", bound=Callable[..., object])
#: Arrays of each input, each output, and each output's weights.
Arrays3 = tuple[tuple[Array, ...], tuple[Array | None, ...], tuple[Array | None, ...]]


class Told(NamedTuple):
    """What a step says of itself; one more axis in front where several do.

    Attributes:
        total: the loss with penalties, in float64.
        loss, penalty, losses: as of :class:`clarinet.engines.step.StepRecord`.
        predictions, masks: of each output, where metrics run in Python; else nothing.
    """

    total: Array
    loss: Array
    penalty: Scalar
    losses: tuple[Array | None, ...]
    predictions: tuple[Array, ...]
    masks: tuple[Array | None, ...]


def training(plan: Plan, tells: bool) -> Callable[..., tuple[Carry, Told]]:
    """Steps: of a carry, a block, the scalars of each of its steps, and how many of these are made."""
    import jax.numpy as jnp

    def program(carry: Carry, block: Arrays3, scalars: Scalars, count: int) -> tuple[Carry, Told]:
        def one(carry: Carry, i: Array) -> tuple[Carry, Told]:
            own = {name: _weak(values[i]) for name, values in scalars.items()}  # type: ignore[index]
            batch = _batch(plan, block, i)
            new, record = steps.step(plan, carry, batch, own, jnp)
            return new, _told(plan, batch, record, tells)

        return _looped(one, carry, block, count)

    return program


def recording(plan: Plan) -> Callable[..., tuple[ByWeight, StepRecord]]:
    """A step on one batch: the new weights, and the whole record."""
    import jax.numpy as jnp

    def program(carry: Carry, block: Arrays3, scalars: Scalars) -> tuple[ByWeight, StepRecord]:
        new, record = steps.step(plan, carry, _batch(plan, block, 0), scalars, jnp)
        return new.params, record

    return program


def evaluating(plan: Plan, tells: bool) -> Callable[..., tuple[tuple[ByWeight, list[Sums] | None], Told]]:
    """Running sums: of weights, state, sums (None: they are added up in Python), a block, and numbers of batches."""
    import jax.numpy as jnp

    def program(
        params: ByWeight, kept: tuple[ByWeight, Sequence[Sums] | None], block: Arrays3, count: int, *numbers: Array
    ) -> Any:
        def one(kept: tuple[ByWeight, Sequence[Sums] | None], i: Array) -> Any:
            state, sums = kept
            batch = _batch(plan, block, i)
            found = _run(plan, params, state, batch.xs, i, numbers, Stream.EVALUATE)
            record = steps.judge(plan, params, batch, found.outputs, jnp)
            sums = None if sums is None else steps.measure(plan, sums, batch, record, jnp)
            return (found.state, sums), _told(plan, batch, record, tells)

        return _looped(one, kept, block, count)

    return program


def predicting(plan: Plan) -> Callable[..., tuple[ByWeight, list[Array]]]:
    """Predictions: of weights, state, a block, and numbers of batches."""
    import jax.numpy as jnp

    def program(params: ByWeight, state: ByWeight, block: Arrays3, count: int, *numbers: Array) -> Any:
        def one(state: ByWeight, i: Array) -> tuple[ByWeight, list[Array]]:
            xs = _batch(plan, block, i).xs
            found = _run(plan, params, state, xs, i, numbers, Stream.PREDICT)
            pairs = zip(plan.outputs, steps.results(plan, xs, found.outputs), strict=True)
            return found.state, [steps.through_output(output, y, jnp) for output, y in pairs]

        return _looped(one, state, block, count)

    return program


def going_forward(plan: Plan, trains: bool) -> Callable[..., tuple[list[Array], ByWeight]]:
    """The first half of a step: what the losses take, and the new state."""

    def program(params: ByWeight, state: ByWeight, xs: tuple[Array, ...], *numbers: Array) -> Any:
        found = _half(plan, params, state, xs, trains, numbers)
        return steps.results(plan, _cast(plan, xs), found.outputs), found.state

    return program


def going_back(plan: Plan, trains: bool, wrt_inputs: bool) -> Callable[..., tuple[ByWeight, list[Array | None]]]:
    """The second half, which runs the first once more: memory for all that lies between is XLA's to plan."""
    import jax.numpy as jnp

    def program(
        params: ByWeight, state: ByWeight, xs: tuple[Array, ...], dys: list[Array], *numbers: Array
    ) -> tuple[ByWeight, list[Array | None]]:
        found = _half(plan, params, state, xs, trains, numbers)
        return steps.backward(plan, params, dys, found.caches, jnp, wrt_inputs=wrt_inputs)

    return program


def updating(plan: Plan) -> Callable[..., tuple[ByWeight, Sequence[dict[str, Array]]]]:
    """The update: of a carry, gradients without penalties on weights, and scalars."""
    import jax.numpy as jnp

    def program(carry: Carry, grads: ByWeight, scalars: Scalars) -> tuple[ByWeight, Any]:
        return steps.update(plan, carry, steps.with_penalties(plan, carry.params, grads), scalars, jnp)

    return program


def _half(
    plan: Plan, params: ByWeight, state: ByWeight, xs: tuple[Array, ...], trains: bool, numbers: tuple[Array, ...]
) -> Pass:
    import jax.numpy as jnp

    number, draw = numbers
    key = steps.key_of(plan, number, draw, Stream.DROPOUT if trains else Stream.PREDICT)  # type: ignore[arg-type]
    return forward(plan, params, state, _cast(plan, xs), trains, key, jnp)


def _run(
    plan: Plan,
    params: ByWeight,
    state: ByWeight,
    xs: tuple[Array, ...],
    i: Array,
    numbers: Sequence[Any],
    stream: Stream,
) -> Pass:
    """A batch in inference mode."""
    import jax.numpy as jnp

    number, draw = numbers
    return forward(plan, params, state, xs, False, Key(plan.seed, stream, epoch=draw + i, step=number), jnp)


def _cast(plan: Plan, xs: tuple[Array, ...]) -> tuple[Array, ...]:
    return tuple(x.astype(plan.dtype) for x in xs)


def _batch(plan: Plan, block: Arrays3, i: Array | int) -> Data:
    """A batch of a block, its inputs in the plan's dtype; the barrier keeps the step from being mixed with that."""
    import jax

    xs, ys, weights = jax.tree.map(lambda array: jax.lax.dynamic_index_in_dim(array, i, keepdims=False), block)
    return Data(*jax.lax.optimization_barrier((_cast(plan, xs), ys, weights)))


def _told(plan: Plan, batch: Data, record: StepRecord, tells: bool) -> Told:
    import jax.numpy as jnp

    total = jnp.asarray(record.loss, jnp.float64) + record.penalty
    if not tells:
        return Told(total, record.loss, record.penalty, (), (), ())
    predictions = tuple(record.outputs[-len(plan.outputs) :])
    masks = tuple(steps.mask_of(output, batch.xs, record.outputs) for output in plan.outputs)
    return Told(total, record.loss, record.penalty, record.losses, predictions, masks)


def _weak(number: Any) -> Any:
    """A number that takes the type of the arrays that it meets, as Python's numbers do."""
    from jax.extend.core.primitives import convert_element_type_p

    return convert_element_type_p.bind(number, new_dtype=number.dtype, weak_type=True, sharding=None)


def _looped(one: Callable[[Any, Any], tuple[Any, Any]], carry: Any, block: Arrays3, count: int) -> tuple[Any, Any]:
    """``one`` for each batch: the last carry, and what each of them gives side by side, as ``lax.scan`` has it.

    A scan's length is compiled in; that of this loop is one of its arguments.
    """
    import jax
    import jax.numpy as jnp

    room = block[0][0].shape[0]
    once = jax.jit(one, inline=True)  # which is traced once for both uses
    kinds = jax.eval_shape(once, carry, jnp.asarray(0))[1]

    def body(i: Any, both: tuple[Any, Any]) -> tuple[Any, Any]:
        new, given = once(both[0], i)
        new = jax.tree.map(lambda array, before: array.astype(before.dtype), new, both[0])
        put = jax.tree.map(lambda side, own: jax.lax.dynamic_update_index_in_dim(side, own, i, 0), both[1], given)
        return new, put

    sides = jax.tree.map(lambda kind: jnp.zeros((room, *kind.shape), kind.dtype), kinds)
    return jax.lax.fori_loop(0, count, body, (carry, sides))  # type: ignore[no-any-return]


#: Compiled programs by their text and what they take: the next training of a network, or of another one like it, need
#: not compile again.
_COMPILED: OrderedDict[object, Any] = OrderedDict()
_MOST = 64


class Programs:
    """The compiled programs of an engine.

    Args:
        places: where they run.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._known: dict[object, Any] = {}

    def get(self, key: object, make: Callable[[], _Program], *args: object) -> _Program:
        """The program of a key, compiled for such arguments when it is first asked for."""
        if key not in self._known:
            self._known[key] = _compiled(make(), args, self._places)
        found: _Program = self._known[key]
        return found


def _compiled(program: Callable[..., Any], args: tuple[Any, ...], places: Places) -> Any:
    import jax

    lowered = jax.jit(program, out_shardings=places.everywhere).lower(*args)
    taken = tuple((np.shape(leaf), str(getattr(leaf, "dtype", type(leaf)))) for leaf in jax.tree.leaves(args))
    key = lowered.as_text(), lowered.in_tree, lowered.out_tree, taken, places.devices
    if key not in _COMPILED:
        _COMPILED[key] = lowered.compile()
    _COMPILED.move_to_end(key)
    while len(_COMPILED) > _MOST:
        _COMPILED.popitem(last=False)
    return _COMPILED[key]
