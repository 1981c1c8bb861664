"""From a plan to the native engine's specification: a row for each operation, activation, loss, metric, optimizer.

A kind that is missing here has no native form; :func:`unsupported_reason` says so for the user, and the reference
engine runs the model.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet._native import LossSpec, MetricSpec, OpSpec, OptimizerSpec, OutputSpec, Spec, State, StatsSpec, Weight
from clarinet.engines.lowering.objectives import LOSSES, METRICS, PENALTIES
from clarinet.engines.lowering.operations import ACTIVATIONS, AXES, OPS, RUNS, TABLES
from clarinet.engines.lowering.optimizers import AVERAGE_SLOT, COMMON, OPTIMIZERS
from clarinet.engines.stats import limits

if TYPE_CHECKING:
    from clarinet.optimizers import Optimizer
    from clarinet.params import Segment, Store
    from clarinet.plan import Op, Output, Plan


def unsupported_reason(plan: Plan) -> str | None:
    """Why a plan cannot run natively, for the user; None if it can."""
    if plan.dtype != np.float32:
        return f"{plan.dtype} runs on the reference engine"
    return next(_unsupported_reasons(plan), None)


def _unsupported_reasons(plan: Plan) -> Iterator[str]:
    for op in plan.all_ops:
        yield from _obstacles_of_op(plan, op)
    for output in plan.outputs:
        yield from _obstacles_of_output(output)
    if plan.optimizer is not None and type(plan.optimizer) not in OPTIMIZERS:
        yield f"the optimizer {plan.optimizer.name!r} has no native form"


def _obstacles_of_op(plan: Plan, op: Op) -> Iterator[str]:
    activation = op.spec.pure_activation
    if op.when is not None:
        yield f"layer {op.layer} asks whether it is in training"
    if type(op.spec) not in OPS:
        yield f"layer {op.layer} ({op.kind}) has no native form"
    elif activation is not None and type(activation) not in ACTIVATIONS:
        yield f"the activation {activation.name!r} of layer {op.layer} has no native form"
    for segment in op.weights:
        penalty = segment.weight.regularizer
        if segment.trainable and penalty is not None and type(penalty) not in PENALTIES:
            yield f"{type(penalty).__name__} on the {segment.name} of layer {op.layer} has no native form"
    if op.training is not None and any((op.index, segment.name) in plan.shared_state for segment in op.state):
        yield f"layer {op.layer} ({op.kind}), used several times and with training={op.training}, has no native form"


def _obstacles_of_output(output: Output) -> Iterator[str]:
    if output.loss is not None and type(output.loss) not in LOSSES:
        yield f"the loss {output.loss.name!r} has no native form"
    forms = {takes_ids(output), None}
    for metric in (*output.metrics, *output.weighted_metrics):
        if type(metric) not in METRICS:
            yield f"the metric {metric.name!r} has no native form"
        elif _form(metric) not in forms:
            yield f"the metric {metric.name!r} does not take labels in the form that the loss takes"
        elif _form(metric) is None and output.loss is None:
            yield f"the metric {metric.name!r} has no native form where there is no loss"


def _form(metric: object) -> bool | None:
    """Whether a metric takes class ids; None: these or one-hot targets."""
    return METRICS[type(metric)](metric)[1] if type(metric) in METRICS else None


def takes_ids(output: Output) -> bool:
    """Whether the labels of an output are class ids: what its loss takes, or where it has none its metrics."""
    if output.loss is not None:
        return output.loss.labels == "ids"
    return any(_form(metric) for metric in (*output.metrics, *output.weighted_metrics))


def has_optimizer(optimizer: object) -> bool:
    """Whether an optimizer has a native form."""
    return type(optimizer) in OPTIMIZERS


def slot_names(optimizer: Optimizer | None) -> tuple[str, ...]:
    """An optimizer's slots in the order that the native engine takes them."""
    if optimizer is None:
        return ()
    own = OPTIMIZERS[type(optimizer)][2]
    return (*own, *("",) * (AVERAGE_SLOT - len(own)), "average")


def lower(plan: Plan, store: Store) -> Spec:
    """The plan in the native engine's terms, a ``_native.Spec``; operations that change nothing are left out.

    Args:
        plan: what to run.
        store: its weights.
    """
    native: list[Op] = []
    tensors = [*range(len(plan.input_shapes))]  # for each tensor of the plan its number here
    for op in plan.ops:
        tensors.append(len(plan.input_shapes) + len(native) if _named(op) else tensors[op.sources[0]])
        native += [op] if _named(op) else []
    return Spec(
        ops=[_op(plan, store, op, tensors) for op in native],
        outputs=[_output(plan, store, output, tensors) for output in plan.outputs],
        optimizer=optimizer_spec(plan.optimizer),
        layers=[_layer(plan, ops, native, tensors) for ops in _by_layer(plan).values()],
        inputs=[math.prod(shape) for shape in plan.input_shapes],
        params_size=plan.layout.size,
    )


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
        training=op.training,
    )


def _output(plan: Plan, store: Store, output: Output, tensors: list[int]) -> Any:
    """A result; the loss takes the last axis of its shape, whatever gave it that shape."""
    own = output.activation
    return OutputSpec(
        tensor=tensors[output.tensor],
        positions=math.prod(output.shape[:-1]),
        columns=math.prod(output.shape[-1:]),
        activation=[] if own is None or not _named(own) else [_op(plan, store, own, tensors)],
        loss=_loss(output),
        weight=output.weight,
        sparse=takes_ids(output),
        metrics=[
            _metric(output, metric, weighted)
            for metrics, weighted in ((output.metrics, False), (output.weighted_metrics, True))
            for metric in metrics
        ],
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


def _loss(output: Output) -> Any:
    if output.loss is None:
        return LossSpec()
    kind, settings = LOSSES[type(output.loss)](output.loss)
    return LossSpec(kind=kind, reduction=output.loss.reduction, settings=_numbers(settings))


def _metric(output: Output, metric: object, weighted: bool) -> Any:
    kind, _, settings = METRICS[type(metric)](metric)
    settings = {**settings, "ids": takes_ids(output)}
    return MetricSpec(kind=kind, weighted=weighted, settings=_numbers(settings))


def optimizer_spec(optimizer: Optimizer | None) -> object:
    """An optimizer in the native engine's terms, a ``_native.OptimizerSpec``."""
    if optimizer is None:
        return OptimizerSpec()
    kind, names, _ = OPTIMIZERS[type(optimizer)]
    settings = {name: getattr(optimizer, name) or 0.0 for name in (*names, *COMMON)}
    return OptimizerSpec(kind=kind, settings=_numbers(settings))


def _numbers(settings: Mapping[str, object]) -> dict[str, list[float]]:
    """Settings as the native engine takes them: a list of numbers each."""
    return {name: np.ravel(np.asarray(value, np.float64)).tolist() for name, value in settings.items()}


def _by_layer(plan: Plan) -> dict[int, list[Op]]:
    found: dict[int, list[Op]] = {}
    for op in plan.all_ops:
        found.setdefault(op.layer, []).append(op)
    return found


def _layer(plan: Plan, ops: list[Op], native: list[Op], tensors: list[int]) -> Any:
    """A layer as statistics need it: the tensor of its output, its activation's limits, its operations."""
    last = ops[-1]
    absorbed = next((number for number, output in enumerate(plan.outputs) if output.activation is last), None)
    if absorbed is None:
        tensor = tensors[plan.given_by(last)]
    elif _named(last):
        tensor = len(plan.input_shapes) + len(native) + absorbed  # what it predicts
    else:
        tensor = tensors[plan.outputs[absorbed].tensor]
    low, high = limits(last) or (0.0, 0.0)
    own = [number for number, op in enumerate(native) if op.layer == last.layer]
    return StatsSpec(tensor=tensor, low=low, high=high, ops=own)
