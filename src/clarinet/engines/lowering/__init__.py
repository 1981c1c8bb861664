"""From a plan to the native engine's specification: a row for each operation, activation, loss, metric, optimizer.

A kind that is missing here has no native form; :func:`unsupported_reason` says so for the user, and the reference
engine runs the model.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet._native import LossSpec, MetricSpec, OpSpec, OptimizerSpec, Spec, State, StatsSpec, Weight
from clarinet.engines.lowering.objectives import LOSSES, METRICS, PENALTIES
from clarinet.engines.lowering.operations import ACTIVATIONS, AXES, OPS, RUNS, TABLES
from clarinet.engines.lowering.optimizers import AVERAGE_SLOT, COMMON, OPTIMIZERS
from clarinet.engines.stats import limits

if TYPE_CHECKING:
    from clarinet.params import Segment, Store
    from clarinet.plan import Op, Plan


def unsupported_reason(plan: Plan) -> str | None:
    """Why a plan cannot run natively, for the user; None if it can."""
    if plan.dtype != np.float32:
        return f"{plan.dtype} runs on the reference engine"
    return next(_unsupported_reasons(plan), None)


def _unsupported_reasons(plan: Plan) -> Iterator[str]:
    for op in _all_ops(plan):
        activation = op.spec.pure_activation
        if type(op.spec) not in OPS:
            yield f"layer {op.layer} ({op.kind}) has no native form"
        elif activation is not None and type(activation) not in ACTIVATIONS:
            yield f"the activation {activation.name!r} of layer {op.layer} has no native form"
        for segment in op.weights:
            penalty = segment.weight.regularizer
            if segment.trainable and penalty is not None and type(penalty) not in PENALTIES:
                yield f"{type(penalty).__name__} on the {segment.name} of layer {op.layer} has no native form"
    if plan.loss is not None and type(plan.loss) not in LOSSES:
        yield f"the loss {plan.loss.name!r} has no native form"
    sparse = _takes_ids(plan)
    for metric in (*plan.metrics, *plan.weighted_metrics):
        if type(metric) not in METRICS:
            yield f"the metric {metric.name!r} has no native form"
        elif METRICS[type(metric)](metric)[1] not in (sparse, None):
            yield f"the metric {metric.name!r} does not take labels in the form that the loss takes"
    if plan.optimizer is not None and type(plan.optimizer) not in OPTIMIZERS:
        yield f"the optimizer {plan.optimizer.name!r} has no native form"


def _takes_ids(plan: Plan) -> bool:
    return plan.loss is not None and plan.loss.labels == "ids"


def _all_ops(plan: Plan) -> tuple[Op, ...]:
    return plan.ops if plan.output is None else (*plan.ops, plan.output)


def slot_names(plan: Plan) -> tuple[str, ...]:
    """The optimizer's slots in the order that the native engine takes them."""
    if plan.optimizer is None:
        return ()
    own = OPTIMIZERS[type(plan.optimizer)][2]
    return (*own, *("",) * (AVERAGE_SLOT - len(own)), "average")


def lower(plan: Plan, store: Store) -> Spec:
    """The plan in the native engine's terms, a ``_native.Spec``; operations that change nothing are left out.

    Args:
        plan: what to run.
        store: its weights.
    """
    native, tensors = [], [0]  # for each tensor of the plan its number among those of the native engine
    for op in plan.ops:
        if _named(op):
            native.append(op)
        tensors.append(len(native) if _named(op) else tensors[op.sources[0]])
    return Spec(
        ops=[_op(plan, store, op, tensors) for op in native] + _last_shape(plan, native),
        output=[] if plan.output is None or not _named(plan.output) else [_op(plan, store, plan.output, tensors)],
        loss=_loss(plan),
        optimizer=_optimizer(plan),
        metrics=[_metric(plan, m, False) for m in plan.metrics]
        + [_metric(plan, m, True) for m in plan.weighted_metrics],
        layers=[_layer(plan, ops, native, tensors) for ops in _by_layer(plan).values()],
        inputs=math.prod(plan.input_shape),
        params_size=plan.layout.size,
    )


def _last_shape(plan: Plan, native: list[Op]) -> list[Any]:
    """An operation that gives the result its shape, if an operation that did so was left out: the loss uses the last
    axis.

    Turning axes that are in order already is native for giving samples another shape.
    """
    size, columns = math.prod(plan.output_shape), plan.output_shape[-1]
    if plan.output is not None or columns == (native[-1].output_shape[-1] if native else size):
        return []
    return [
        OpSpec(
            kind="permute",
            positions=size // columns,
            inputs=columns,
            outputs=columns,
            weights=[],
            state=[],
            settings={},
            index=len(plan.ops),
            seed=0,
            shape=[size // columns, columns],
            tables=[[0.0, 1.0]],
            sources=[len(native)],
            axes=[],
        )
    ]


def layers_of(plan: Plan) -> list[int]:
    """Indices of the layers that statistics are about, in order."""
    return list(_by_layer(plan))


def _named(op: Op) -> str:
    return OPS[type(op.spec)](op.spec)[0]


def _op(plan: Plan, store: Store, op: Op, tensors: list[int]) -> Any:
    kind, settings = OPS[type(op.spec)](op.spec)
    if type(op.spec) in RUNS:
        settings = RUNS[type(op.spec)](op.spec, op.input_shapes)
    tables = TABLES[type(op.spec)](op.spec, op.input_shape) if type(op.spec) in TABLES else []
    seed = getattr(op.spec, "seed", None)
    return OpSpec(
        kind=kind,
        positions=math.prod(op.output_shape[:-1]),
        inputs=math.prod(op.input_shape[-1:]),
        outputs=math.prod(op.output_shape[-1:]),
        weights=[_weight(s, *store.location(s)) for s in op.weights],
        state=[State(s.size, *store.location(s)) for s in op.state],
        settings=_numbers(settings),
        index=op.index,
        seed=(plan.seed if seed is None else seed) & 0xFFFFFFFFFFFFFFFF,
        shape=list(op.input_shape),
        tables=[np.ravel(table).tolist() for table in tables],
        sources=[tensors[source] for source in op.sources],
        axes=AXES[type(op.spec)](op.spec, op.input_shape) if type(op.spec) in AXES else [],
    )


def _weight(segment: Segment, buffer: int, start: int) -> Any:
    penalty = segment.weight.regularizer if segment.trainable else None  # a frozen weight has no penalty, as in Keras
    return Weight(
        offset=segment.offset,
        size=segment.size,
        trainable=segment.trainable,
        l1=getattr(penalty, "l1", 0.0),
        l2=getattr(penalty, "l2", 0.0),
        buffer=buffer,
        start=start,
    )


def _loss(plan: Plan) -> Any:
    if plan.loss is None:
        return LossSpec()
    kind, settings = LOSSES[type(plan.loss)](plan.loss)
    return LossSpec(kind=kind, reduction=plan.loss.reduction, settings=_numbers(settings), sparse=_takes_ids(plan))


def _metric(plan: Plan, metric: object, weighted: bool) -> Any:
    kind, _, settings = METRICS[type(metric)](metric)
    settings = {**settings, "ids": _takes_ids(plan)}
    return MetricSpec(kind=kind, weighted=weighted, settings=_numbers(settings))


def _optimizer(plan: Plan) -> Any:
    if plan.optimizer is None:
        return OptimizerSpec()
    kind, names, _ = OPTIMIZERS[type(plan.optimizer)]
    settings = {name: getattr(plan.optimizer, name) or 0.0 for name in (*names, *COMMON)}
    return OptimizerSpec(kind=kind, settings=_numbers(settings))


def _numbers(settings: Mapping[str, object]) -> dict[str, list[float]]:
    """Settings as the native engine takes them: a list of numbers each."""
    return {name: np.ravel(np.asarray(value, np.float64)).tolist() for name, value in settings.items()}


def _by_layer(plan: Plan) -> dict[int, list[Op]]:
    found: dict[int, list[Op]] = {}
    for op in _all_ops(plan):
        found.setdefault(op.layer, []).append(op)
    return found


def _layer(plan: Plan, ops: list[Op], native: list[Op], tensors: list[int]) -> Any:
    """A layer as statistics need it: the tensor of its output, its activation's limits, its operations."""
    last = ops[-1]
    of_output = len(native) + 1 if _named(last) else tensors[-1]
    tensor = of_output if last is plan.output else tensors[last.index + 1]
    low, high = limits(last) or (0.0, 0.0)
    own = [number for number, op in enumerate(native) if op.layer == last.layer]
    return StatsSpec(tensor=tensor, low=low, high=high, ops=own)
