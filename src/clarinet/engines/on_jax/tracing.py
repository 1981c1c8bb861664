"""What JAX cannot compile, found before work starts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from clarinet.engines import step as steps
from clarinet.engines.base import Data
from clarinet.engines.on_jax.places import in_64_bits
from clarinet.layers.context import Context
from clarinet.metrics.base import Metric, Sums, updated
from clarinet.passes import ByWeight, forward
from clarinet.philox import Key
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.params import Segment
    from clarinet.plan import Op, Output, Plan

_ROWS = 2


def refusal(plan: Plan) -> str | None:
    """Why JAX cannot run a plan; None if it can."""
    if plan.optimizer is not None and plan.optimizer.full_batch:
        return f"{type(plan.optimizer).__name__} minimises in Python, with as many passes as it takes"
    if any(op.spec.reads_outside for op in plan.all_ops):
        return (
            "it reads a variable that no layer of it has, which a compiled step would keep as it was (make it a weight "
            "of a layer with add_weight)"
        )
    return _untraceable(plan.tried)


@in_64_bits
def _untraceable(plan: Plan) -> str | None:
    """The first part of a step that is Python which looks at numbers."""
    try:
        _trace_step(plan)
    except _untraced() as error:
        return f"{_guilty(plan)} looks at numbers in Python, which a compiled step cannot ({_first_line(error)})"
    except (TypeError, ValueError):  # about shapes of so few rows: where it is so of others too, these say it again
        return None
    return None


def _untraced() -> tuple[type[Exception], ...]:
    """What Python raises that looks at arrays without numbers."""
    from jax.errors import JAXIndexError, JAXTypeError

    return JAXTypeError, JAXIndexError, AttributeError


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


def _trace_step(plan: Plan) -> None:
    import jax
    import jax.numpy as jnp

    params, state = (_kinds(plan, which) for which in ("weights", "state"))
    key = _number(np.int64)
    if not plan.outputs[0].loss or plan.optimizer is None:
        run = lambda x, p, s, n: forward(plan, p, s, x, False, Key(0, step=n), jnp).outputs  # noqa: E731
        jax.eval_shape(run, _inputs(plan), params, state, key)
        return
    slots = [{name: _kind(plan, s) for name in plan.optimizer.buffers} for _, s in plan.trainable]
    scalars = {name: _number(type(value)) for name, value in plan.optimizer.scalars(0.1, 1).items()}
    batch = _inputs(plan), tuple(map(partial(_labels, plan), plan.outputs))
    carry = steps.Carry(params, state, slots, None)
    jax.eval_shape(lambda c, xy, own: steps.step(plan, c, Data(*xy), own, jnp), carry, batch, scalars)


def _guilty(plan: Plan) -> str:
    """What cannot be traced: an operation by its name, or what is left where all of these can."""
    import jax

    tensors: list[Any] = [*_inputs(plan)]
    for op in plan.ops:
        taken = tuple(tensors[s] for s in op.sources)
        mask = None if op.mask is None else tensors[op.mask]
        weights, state = ({s.name: _kind(plan, s) for s in own} for own in (op.weights, op.state))
        try:
            given = jax.eval_shape(partial(_there_and_back, op), weights, state, taken, mask, _number(np.int64))
        except _untraced():
            return f"the layer {op.spec.name or op.kind!r} ({op.kind})"
        tensors.append(given)
    names = [type(output.loss).__name__ for output in plan.outputs if output.loss is not None]
    return f"the loss, the optimizer or a penalty ({', '.join([*names, type(plan.optimizer).__name__])})"


def _there_and_back(op: Op, weights: Any, state: Any, taken: Any, mask: Any, number: Any) -> Any:
    import jax.numpy as jnp

    ctx = Context(op.trains(True), Key(0, step=number), jnp, mask)
    y, cache, _ = op.spec.forward(weights, state, taken if op.spec.merges else taken[0], ctx)
    if not isinstance(y, tuple):  # a loop gives several
        op.spec.backward(weights, cast(Any, cache), y)
    return y


# Kinds of arrays: shapes and types without numbers.


def _number(kind: type) -> Any:
    import jax

    return jax.ShapeDtypeStruct((), np.dtype(kind))


def _kind(plan: Plan, segment: Segment) -> Any:
    import jax

    return jax.ShapeDtypeStruct(segment.shape, plan.dtype)


def _kinds(plan: Plan, which: str) -> ByWeight:
    return {op.index: {s.name: _kind(plan, s) for s in getattr(op, which)} for op in plan.all_ops}


def _inputs(plan: Plan) -> tuple[Any, ...]:
    import jax

    return tuple(jax.ShapeDtypeStruct((_ROWS, *shape), plan.dtype) for shape in plan.input_shapes)


def _labels(plan: Plan, output: Output) -> Any:
    import jax

    if output.loss is None:
        return None
    shape = output.shape if output.label_shape is None else output.label_shape
    return jax.ShapeDtypeStruct((_ROWS, *shape), np.int64 if output.loss.labels == "ids" else plan.dtype)


# Sums of metrics, which have to have the same shapes from the first step on.

#: Of the sums of each metric, by their names.
Kinds = list[dict[str, Array]]


def kinds_of_sums(plan: Plan, sums: Sequence[Sums], batch: Data) -> Kinds | None:
    """Shapes and types that running sums have once there is a batch; None where a metric is Python's alone.

    Args:
        plan: whose metrics they are.
        sums: so far; of losses, then of the metrics that ``plan.judged`` has.
        batch: a batch, for its shapes and types.
    """
    losses = len(sums) - len(plan.judged)
    found: Kinds = [dict.fromkeys(own, _number(np.float64)) for own in sums[:losses]]
    for judged, own in zip(plan.judged, sums[losses:], strict=True):
        y, weight = batch.ys[judged.output], batch.weights[judged.output] if judged.weighted else None
        y_pred = np.empty((len(batch), *plan.outputs[judged.output].shape), plan.dtype)
        kinds = None if y is None else _grown(judged.metric, own, y, y_pred, weight)
        if kinds is None:
            return None
        found.append(kinds)
    return found


def _grown(metric: Metric, sums: Sums, *batch: Any) -> dict[str, Any] | None:
    """What an update makes of the sums; None where it cannot be traced, or where they would go on growing."""
    import jax
    import jax.numpy as jnp

    if not getattr(metric, "sums_rows", False):
        return None
    update = partial(updated, metric, xp=jnp)
    try:
        kinds: dict[str, Any] = jax.eval_shape(update, sums, *batch)
        again = jax.eval_shape(update, kinds, *batch)
    except Exception:  # whatever a user's function says of arrays without numbers; in Python it may do
        return None
    return kinds if all(again[name].shape == kinds[name].shape for name in kinds) else None


def fitted(sums: Sequence[Sums], kinds: Kinds) -> list[Sums]:
    """Sums in these shapes; what has no elements yet begins with zeros."""
    pairs = zip(sums, kinds, strict=True)
    return [{name: _fitted(value, kinds[name]) for name, value in own.items()} for own, kinds in pairs]


def _fitted(value: Any, kind: Any) -> Array:
    if value is None or not np.size(value):
        return np.zeros(kind.shape, kind.dtype)
    return np.array(np.broadcast_to(np.asarray(value, kind.dtype), kind.shape))
