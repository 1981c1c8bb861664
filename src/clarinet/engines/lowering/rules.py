"""Penalties and constraints of weights that operations compute, in the native engine's terms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, cast

from clarinet import ops
from clarinet._native import ProjectionSpec
from clarinet.engines.lowering.builder import Builder, How
from clarinet.engines.lowering.elementary import Elementary
from clarinet.engines.lowering.weights import NoForm, traced_constraints, traced_penalties
from clarinet.ops.dtypes import FLOAT
from clarinet.ops.specs import TensorSpec
from clarinet.traced import trace

if TYPE_CHECKING:
    from clarinet.params import Segment, Store
    from clarinet.plan import Op, Plan
    from clarinet.traced import Traced
    from clarinet.types import TensorFunction


def traced_or_refused(make: Callable[[], Traced], name: str) -> Traced:
    """A function as a network of operations.

    Raises:
        NoForm: it cannot be traced; what ``name`` says, and why.
    """
    try:
        return make()
    except Exception as error:  # whatever it is, the reference engine says so again
        raise NoForm(f"{name!r} cannot be traced: {error}") from error


def add_penalties(plan: Plan, builder: Builder) -> None:
    """Functions' penalties on weights, which count where there are labels."""
    builder.how = How(judges=True)
    for op, segment, penalty in traced_penalties(plan):
        name, function = _name(penalty, op, segment), cast("TensorFunction", penalty)
        traced = _of_weight(lambda w, function=function: ops.sum(function(w)), segment, name)
        weight = builder.add("weight", [], segment.shape, whole=True, weights=[segment])
        (found,) = Elementary(builder).network(traced.network, [weight])
        if found.value is not None:
            raise NoForm(f"{name}, which depends on nothing, has no native form")
        builder.add("add_loss", [found], found.shape, whole=True)


def projections(plan: Plan, store: Store | None) -> Iterator[object]:
    """What functions make of weights that have just been updated."""
    for op, segment, constraint in traced_constraints(plan):
        name = _name(constraint, op, segment)
        traced = _of_weight(constraint, segment, name)
        builder = Builder(0, plan.seed, store)
        weight = builder.add("weight", [], segment.shape, whole=True, weights=[segment])
        (found,) = Elementary(builder).network(traced.network, [weight])
        if found.shape != segment.shape:
            raise NoForm(f"{name}, which gives shape {found.shape}, has no native form")
        yield ProjectionSpec(ops=builder.ops, tensor=builder.number(found))


def _of_weight(function: TensorFunction, segment: Segment, name: str) -> Traced:
    return traced_or_refused(lambda: trace(function, [TensorSpec(segment.shape, FLOAT)], ["w"]), name)


def _name(rule: object, op: Op, segment: Segment) -> str:
    function = getattr(rule, "function", rule)  # a Python function is asked for its own name
    return f"{getattr(function, '__name__', type(rule).__name__)} on the {segment.name} of layer {op.layer}"
