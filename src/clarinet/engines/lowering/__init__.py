"""From a plan to the native engine's specification: a row for each operation, activation, loss, metric, optimizer.

A kind that is missing here has no native form; :func:`unsupported_reason` says so for the user, and the reference
engine runs the model.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from clarinet._native import OptimizerSpec, Spec
from clarinet.engines.lowering.builder import numbers_of
from clarinet.engines.lowering.networks import PARTS, Lowered
from clarinet.engines.lowering.objectives import LOSSES, METRICS
from clarinet.engines.lowering.operations import ACTIVATIONS, OBSTACLES, OPS, TAKE_MASK, WRITTEN
from clarinet.engines.lowering.optimizers import COMMON, COMMON_SLOTS, OPTIMIZERS, RULE_SLOTS
from clarinet.engines.lowering.rules import projections
from clarinet.engines.lowering.weights import NoForm, traced_constraints, traced_penalties
from clarinet.layers.recurrent import Recurrent
from clarinet.ops.distributions import Draw
from clarinet.sizes import known

if TYPE_CHECKING:
    from clarinet.optimizers import Optimizer
    from clarinet.params import Store
    from clarinet.plan import Op, Output, Plan


def unsupported_reason(plan: Plan) -> str | None:
    """Why a plan cannot run natively, for the user; None if it can."""
    if plan.dtype != np.float32:
        return f"{plan.dtype} runs on the reference engine"
    try:
        plan = plan.unrolled
    except ValueError as error:
        return str(error)
    found = next(_unsupported_reasons(plan), None)
    return _refusal(plan) if found is None and _needs_trial(plan) else found


def _needs_trial(plan: Plan) -> bool:
    """Whether it takes the native form itself to know whether there is one."""
    judged = (each for output in plan.outputs for each in (output.loss, *output.metrics, *output.weighted_metrics))
    activations = (op.spec.pure_activation for op in plan.ops)
    functions = any(each is not None and each.traces for each in (*judged, *activations))
    masks = {*(op.mask for op in plan.ops), *(output.mask for output in plan.outputs)} != {None}
    rules = any(True for found in (traced_penalties(plan), traced_constraints(plan)) for _ in found)
    return functions or masks or rules or any(type(op.spec) in PARTS for op in plan.ops)


def _refusal(plan: Plan) -> str | None:
    try:
        lower(plan, None)
    except NoForm as error:
        return str(error)
    return None


def _unsupported_reasons(plan: Plan) -> Iterator[str]:
    if not all(map(known, plan.input_shapes)):
        yield "batches of sizes that are not known yet have no native form"
        return
    for op in plan.all_ops:
        yield from _obstacles_of_op(plan, op)
    for output in plan.outputs:
        yield from _obstacles_of_output(output)
    if plan.optimizer is not None and all(output.loss is None for output in plan.outputs):
        yield "what layers add to the loss has a native form beside a loss of compile alone"
    if plan.optimizer is not None and type(plan.optimizer) not in OPTIMIZERS:
        yield f"the optimizer {plan.optimizer.name!r} has no native form"


def _obstacles_of_op(plan: Plan, op: Op) -> Iterator[str]:
    activation = op.spec.pure_activation
    if op.mask is not None and type(op.spec) in WRITTEN:
        return
    if op.mask is not None and type(op.spec) not in TAKE_MASK:
        yield f"layer {op.layer} ({op.kind}) with a mask has no native form"
    if type(op.spec) not in OPS and type(op.spec) not in PARTS:
        yield f"layer {op.layer} ({op.kind}) has no native form"
    elif type(op.spec) in OBSTACLES and (obstacle := OBSTACLES[type(op.spec)](op.spec)) is not None:
        yield f"{obstacle} of layer {op.layer} ({op.kind}) has no native form"
    elif activation is not None and type(activation) not in ACTIVATIONS and not activation.traces:
        yield f"the activation {activation.name!r} of layer {op.layer} has no native form"
    if op.training is not None and any((op.index, segment.name) in plan.shared_state for segment in op.state):
        yield f"layer {op.layer} ({op.kind}), used several times and with training={op.training}, has no native form"


def _obstacles_of_output(output: Output) -> Iterator[str]:
    if output.loss is not None and type(output.loss) not in LOSSES and not output.loss.traces:
        yield f"the loss {output.loss.name!r} has no native form"
    elif output.loss is not None and output.loss.selective:
        yield f"the loss {output.loss.name!r}, which leaves some rows out, has no native form"
    forms = {takes_ids(output), None}
    for metric in (*output.metrics, *output.weighted_metrics):
        if metric.traces:
            continue
        if type(metric) not in METRICS:
            yield f"the metric {metric.name!r} has no native form"
        elif getattr(metric, "ignore_class", None) is not None:
            yield f"ignore_class of the metric {metric.name!r} has no native form"
        elif _form(metric) not in forms:
            yield f"the metric {metric.name!r} does not take labels in the form that the loss takes"
        elif _form(metric) is None and output.loss is None:
            yield f"the metric {metric.name!r} has no native form where there is no loss"


def _form(metric: object) -> bool | None:
    """Whether a metric takes class ids; None: these or one-hot targets."""
    return METRICS[type(metric)](metric)[1] if type(metric) in METRICS else None


def takes_ids(output: Output) -> bool:
    """Whether the labels of an output are class ids: what its loss takes, or where it takes any its metrics."""
    if output.loss is not None and not output.loss.traces:
        return output.loss.labels == "ids"
    return any(_form(metric) for metric in (*output.metrics, *output.weighted_metrics))


def fetches_labels(output: Output) -> bool:
    """Whether a loss or metric of the library takes the labels of an output."""
    judged = (output.loss, *output.metrics, *output.weighted_metrics)
    return any(each is not None and not each.traces for each in judged)


def draws(op: Op) -> bool:
    """Whether an operation draws random numbers on every pass."""
    return isinstance(getattr(op.spec, "operation", None), Draw)


def has_optimizer(optimizer: object) -> bool:
    """Whether an optimizer has a native form."""
    return type(optimizer) in OPTIMIZERS


def slot_names(optimizer: Optimizer | None) -> tuple[str, ...]:
    """An optimizer's slots in the order that the native engine takes them."""
    if optimizer is None:
        return ()
    own = OPTIMIZERS[type(optimizer)][2]
    return (*own, *("",) * (RULE_SLOTS - len(own)), *COMMON_SLOTS)


def lower(plan: Plan, store: Store | None) -> Spec:
    """The plan in the native engine's terms, a ``_native.Spec``; operations that change nothing are left out.

    Args:
        plan: what to run.
        store: its weights; None for finding out whether there is a native form.

    Raises:
        NoForm: there is none.
    """
    network = Lowered(plan, store)
    outputs = [network.output(number) for number in range(len(plan.outputs))]
    builder = network.builder
    return Spec(
        ops=builder.ops,
        outputs=outputs,
        optimizer=optimizer_spec(plan.optimizer),
        layers=[network.layer(ops) for ops in _by_layer(plan).values()],
        inputs=[math.prod(shape) for shape in plan.input_shapes],
        params_size=plan.layout.size,
        projections=list(projections(plan, store)),
    )


def layers_of(plan: Plan) -> list[int]:
    """Indices of the layers that statistics are about, in order."""
    return list(_by_layer(plan))


def stateful_layers(plan: Plan) -> list[Recurrent]:
    """The layers that keep a state for each row of a batch."""
    return [op.spec for op in plan.ops if isinstance(op.spec, Recurrent) and op.spec.stateful]


def optimizer_spec(optimizer: Optimizer | None) -> object:
    """An optimizer in the native engine's terms, a ``_native.OptimizerSpec``."""
    if optimizer is None:
        return OptimizerSpec()
    kind, names, _ = OPTIMIZERS[type(optimizer)]
    settings = {name: getattr(optimizer, name) or 0.0 for name in (*names, *COMMON)}
    return OptimizerSpec(kind=kind, settings=numbers_of(settings))


def _by_layer(plan: Plan) -> dict[int, list[Op]]:
    found: dict[int, list[Op]] = {}
    for op in plan.all_ops:
        if op.layer >= 0:  # not between layers
            found.setdefault(op.layer, []).append(op)
    return found
