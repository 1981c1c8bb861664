"""A model as a pure function of its weights, for numbers of whatever array library, traced ones too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np

from clarinet.arrays import namespace
from clarinet.engines.step import results
from clarinet.layers.stateless import Stateless, expect_values
from clarinet.making_plans import make_plan
from clarinet.ops.structures import leaves
from clarinet.passes import ByWeight, forward
from clarinet.philox import Key, Stream
from clarinet.training.calling import CallableModel
from clarinet.types import AnyTensor, Array, Namespace, TensorLike
from clarinet.variables import Variable

if TYPE_CHECKING:
    from clarinet.params import Segment
    from clarinet.plan import Plan


class PureModel(CallableModel, Protocol):
    """A model, as far as it takes to call it as a function of its weights."""

    @property
    def trainable_variables(self) -> list[Variable]: ...

    @property
    def non_trainable_variables(self) -> list[Variable]: ...


def stateless_call(
    self: PureModel,
    trainable_variables: Sequence[TensorLike],
    non_trainable_variables: Sequence[TensorLike],
    *inputs: TensorLike,
    return_losses: bool = False,
    **settings: TensorLike,
) -> tuple[AnyTensor, list[AnyTensor]] | tuple[AnyTensor, list[AnyTensor], list[TensorLike]]:
    """As :meth:`clarinet.layers.Layer.stateless_call`; of arrays of JAX's it is a pure function, also within
    ``jax.jit`` and ``jax.grad``, and random layers draw the same numbers at every call."""
    every = (*trainable_variables, *non_trainable_variables, *leaves(list(inputs)))
    xp = next((own for x in every if (own := _foreign(x)) is not None), None)
    if xp is None:
        return Stateless.stateless_call(
            cast(Stateless, self),
            trainable_variables,
            non_trainable_variables,
            *inputs,
            return_losses=return_losses,
            **settings,
        )
    expect_values(cast(Stateless, self), trainable_variables, non_trainable_variables)
    plan = make_plan(self.network, self.numbered, self.store, seed=self.seed)
    variables = [*self.trainable_variables, *self.non_trainable_variables]
    values = dict(zip(map(id, variables), (*trainable_variables, *non_trainable_variables), strict=True))
    by_place = {(id(block), *segment.spot): id(v) for v in variables for block, segment in (v.location,)}

    def at(segment: Segment) -> int:
        block, own = self.store.place(segment)
        return by_place[(id(block), *own.spot)]

    params, state = (
        {op.index: {s.name: xp.asarray(values[at(s)]) for s in getattr(op, kind)} for op in plan.all_ops}
        for kind in ("weights", "state")
    )
    given = [xp.asarray(x, dtype=plan.dtype) for x in leaves(list(inputs))]
    found = forward(plan, params, state, given, bool(settings.get("training")), Key(self.seed, Stream.DROPOUT), xp)
    for op in plan.ops:
        values |= {at(s): found.state[op.index][s.name] for s in op.state}
    outputs = results(plan, given, found.outputs)
    packed = cast(AnyTensor, self.packed(tuple(outputs) if len(outputs) > 1 else outputs[0]))
    kept = [cast(AnyTensor, values[id(v)]) for v in self.non_trainable_variables]
    return (packed, kept, _losses(plan, params, found.outputs)) if return_losses else (packed, kept)


def _foreign(x: object) -> Namespace | None:
    """The functions for an array that is not NumPy's."""
    xp = namespace(x)
    return None if xp is np or hasattr(x, "assign") else xp


def _losses(plan: Plan, params: ByWeight, outputs: Sequence[Array]) -> list[TensorLike]:
    """What layers add to the loss, and the penalties on weights."""
    pairs = zip(plan.ops, outputs, strict=True)
    added = [op.spec.penalty(y) for op, y in pairs if type(op.spec).penalty.__qualname__ != "Layer.penalty"]
    return [*added, *(penalty(params[op.index][s.name]) for op, s, penalty in plan.penalized)]
