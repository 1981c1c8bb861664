"""Penalties and constraints of weights in the native engine's terms."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from clarinet import constraints, regularizers
from clarinet.types import Array, Shape

if TYPE_CHECKING:
    from clarinet.params import Segment, Store
    from clarinet.plan import Op, Plan
    from clarinet.types import Penalty, TensorFunction

Settings = dict[str, object]

#: Those of a constraint that operations compute.
OPERATIONS: Settings = {"operations": True}


class NoForm(ValueError):
    """Something has no native form; the message says what, for the user."""


#: Penalties on weights that become ``l1`` and ``l2``.
PENALTIES: frozenset[type] = frozenset((regularizers.L1, regularizers.L1L2, regularizers.L2))


def traced_penalties(plan: Plan) -> Iterator[tuple[Op, Segment, Penalty]]:
    """The penalties on weights that operations compute, each once."""
    for op, segment in plan.trainable:
        penalty = segment.weight.regularizer
        if penalty is not None and type(penalty) not in PENALTIES:
            yield op, segment, penalty


def with_traced_penalties(plan: Plan, store: Store, flat: Array) -> Array:
    """A gradient, laid out as the parameters, with those of penalties that operations compute."""
    shares = [(segment, penalty.gradient(store.view(segment))) for _, segment, penalty in traced_penalties(plan)]
    found = flat.copy() if shares else flat
    for segment, share in shares:
        found[segment.offset : segment.offset + segment.size] += np.ravel(share)
    return found


def traced_constraints(plan: Plan) -> Iterator[tuple[Op, Segment, TensorFunction]]:
    """The constraints on weights that operations compute, each once."""
    for op, segment in plan.trainable:
        if constraint_settings(segment) == OPERATIONS:
            yield op, segment, cast("TensorFunction", segment.weight.constraint)


def constraint_settings(segment: Segment) -> Settings:
    """What the native engine does with a weight when it is updated; empty: nothing more."""
    constraint = segment.weight.constraint if segment.trainable else None
    if constraint is None:
        return {}
    own = CONSTRAINTS[type(constraint)](constraint, segment.shape) if type(constraint) in CONSTRAINTS else None
    return OPERATIONS if own is None else own


def _lengths(constraint: Any, shape: Shape, low: float, high: float, rate: float = 1.0) -> Settings | None:
    """The length of ``along`` numbers that lie ``inner`` apart comes between two bounds; None: it cannot say so."""
    given = constraint.axis if isinstance(constraint.axis, tuple) else (constraint.axis,)
    axes = sorted({axis % len(shape) for axis in given})
    if axes != list(range(axes[0], axes[-1] + 1)):
        return None
    along, inner = math.prod(shape[axes[0] : axes[-1] + 1]), math.prod(shape[axes[-1] + 1 :])
    return {"along": along, "inner": inner, "low": low, "high": high, "rate": rate}


def last_axes(shape: Shape) -> dict[str, int]:
    """The last two axes of a weight, 0 where it has fewer."""
    rows, columns = shape[-2:] if len(shape) > 1 else (0, 0)
    return {"rows": rows, "columns": columns}


#: Settings of each constraint on a weight of a shape; None where it has none for such a weight.
CONSTRAINTS: dict[type, Callable[[Any, Shape], Settings | None]] = {
    constraints.MaxNorm: lambda c, shape: _lengths(c, shape, 0.0, c.max_value),
    constraints.MinMaxNorm: lambda c, shape: _lengths(c, shape, c.min_value, c.max_value, c.rate),
    constraints.NonNeg: lambda c, shape: {"non_neg": True},
    constraints.UnitNorm: lambda c, shape: _lengths(c, shape, 1.0, 1.0),
}
