"""From a plan to what the native engine is told: one row for each operation, activation, loss, metric and optimizer.

A kind that is missing here has no native form; :func:`obstacle` says so in the user's words, and the reference engine
runs the model.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet import _native, activations, layers, losses, metrics, optimizers
from clarinet.engines.stats import limits
from clarinet.random import drop_threshold

if TYPE_CHECKING:
    from clarinet.params import Segment
    from clarinet.plan import Op, Plan

Settings = dict[str, float]


def _relu(relu: activations.Relu) -> tuple[str, Settings]:
    if relu == activations.relu:
        return "relu", {}
    limit = math.inf if relu.max_value is None else relu.max_value
    return "clipped_relu", {"negative_slope": relu.negative_slope, "threshold": relu.threshold, "max_value": limit}


#: Native name and settings of each activation.
_ACTIVATIONS: dict[type, Callable[[Any], tuple[str, Settings]]] = {
    activations.Elu: lambda a: ("elu", {"alpha": a.alpha}),
    activations.Gelu: lambda a: ("gelu_tanh" if a.approximate else "gelu", {}),
    activations.LeakyRelu: lambda a: ("leaky_relu", {"negative_slope": a.negative_slope}),
    activations.Linear: lambda a: ("", {}),
    activations.Relu: _relu,
    activations.Selu: lambda a: ("selu", {}),
    activations.Sigmoid: lambda a: ("sigmoid", {}),
    activations.Silu: lambda a: ("silu", {}),
    activations.Softmax: lambda a: ("softmax", {}),
    activations.Softplus: lambda a: ("softplus", {}),
    activations.Tanh: lambda a: ("tanh", {}),
}


def _batch_normalization(spec: layers.BatchNormalization) -> tuple[str, Settings]:
    names = ("momentum", "epsilon", "center", "scale", "trainable")
    return "batch_normalization", {name: float(getattr(spec, name)) for name in names}


def _dropout(spec: layers.Dropout) -> tuple[str, Settings]:
    return ("dropout", {"rate": spec.rate, "threshold": drop_threshold(spec.rate)}) if spec.rate else ("", {})


#: Native name and settings of each elementary operation; an empty name changes nothing.
_OPS: dict[type, Callable[[Any], tuple[str, Settings]]] = {
    layers.Activation: lambda spec: _ACTIVATIONS[type(spec.activation)](spec.activation),
    layers.BatchNormalization: _batch_normalization,
    layers.Dense: lambda spec: ("dense", {}),
    layers.Dropout: _dropout,
    layers.Flatten: lambda spec: ("", {}),
    layers.Rescaling: lambda spec: ("rescaling", {"scale": spec.scale, "offset": spec.offset}),
    layers.Reshape: lambda spec: ("", {}),
}


def _logits(name: str) -> Callable[[Any], tuple[str, float]]:
    return lambda spec: (name + "_logits" * bool(spec.from_logits), getattr(spec, "label_smoothing", 0.0))


#: Native name and label smoothing of each loss.
_LOSSES: dict[type, Callable[[Any], tuple[str, float]]] = {
    losses.BinaryCrossentropy: _logits("binary_crossentropy"),
    losses.CategoricalCrossentropy: _logits("categorical_crossentropy"),
    losses.MeanAbsoluteError: lambda spec: ("mean_absolute_error", 0.0),
    losses.MeanSquaredError: lambda spec: ("mean_squared_error", 0.0),
    losses.SparseCategoricalCrossentropy: _logits("categorical_crossentropy"),
}

#: Native name, whether it takes class ids, and parameter (threshold or k) of each metric.
_METRICS: dict[type, Callable[[Any], tuple[str, bool, float]]] = {
    metrics.Accuracy: lambda m: ("accuracy", False, 0),
    metrics.BinaryAccuracy: lambda m: ("binary_accuracy", False, m.threshold),
    metrics.BinaryCrossentropy: lambda m: (_logits("binary_crossentropy")(m)[0], False, 0),
    metrics.CategoricalAccuracy: lambda m: ("categorical_accuracy", False, 0),
    metrics.CategoricalCrossentropy: lambda m: (_logits("categorical_crossentropy")(m)[0], False, 0),
    metrics.MeanAbsoluteError: lambda m: ("mean_absolute_error", False, 0),
    metrics.MeanSquaredError: lambda m: ("mean_squared_error", False, 0),
    metrics.RootMeanSquaredError: lambda m: ("mean_squared_error", False, 0),
    metrics.SparseCategoricalAccuracy: lambda m: ("categorical_accuracy", True, 0),
    metrics.SparseCategoricalCrossentropy: lambda m: (_logits("categorical_crossentropy")(m)[0], True, 0),
    metrics.SparseTopKCategoricalAccuracy: lambda m: ("top_k_categorical_accuracy", True, m.k),
    metrics.TopKCategoricalAccuracy: lambda m: ("top_k_categorical_accuracy", False, m.k),
}

#: Native name of each optimizer, its settings, and its slots in the order that the native rule takes them.
_OPTIMIZERS: dict[type, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    optimizers.Adam: ("adam", ("beta_1", "beta_2", "epsilon", "amsgrad"), ("momentum", "velocity", "velocity_hat")),
    optimizers.AdamW: ("adam", ("beta_1", "beta_2", "epsilon", "amsgrad"), ("momentum", "velocity", "velocity_hat")),
    optimizers.RMSprop: (
        "rmsprop",
        ("rho", "momentum", "epsilon", "centered"),
        ("velocity", "momentum", "average_gradient"),
    ),
    optimizers.SGD: ("sgd", ("momentum", "nesterov"), ("momentum",)),
}
_CLIPPING = ("weight_decay", "clipnorm", "clipvalue", "global_clipnorm")


def obstacle(plan: Plan) -> str | None:
    """Why a plan cannot run natively, in the user's words; None if it can."""
    if plan.dtype != np.float32:
        return f"{plan.dtype} runs on the reference engine"
    return next(_obstacles(plan), None)


def _obstacles(plan: Plan) -> Iterator[str]:
    for op in _all_ops(plan):
        activation = getattr(op.spec, "activation", None)
        if type(op.spec) not in _OPS:
            yield f"layer {op.layer} ({op.kind}) has no native form"
        elif isinstance(op.spec, layers.Activation) and type(activation) not in _ACTIVATIONS:
            yield f"the activation {getattr(activation, 'name', activation)!r} of layer {op.layer} has no native form"
    if plan.loss is not None and type(plan.loss) not in _LOSSES:
        yield f"the loss {plan.loss.name!r} has no native form"
    sparse = isinstance(plan.loss, losses.SparseCategoricalCrossentropy)
    for metric in (*plan.metrics, *plan.weighted_metrics):
        if type(metric) not in _METRICS:
            yield f"the metric {metric.name!r} has no native form"
        elif _METRICS[type(metric)](metric)[1] != sparse:
            yield f"the metric {metric.name!r} does not take labels in the form that the loss takes"
    if plan.optimizer is not None and type(plan.optimizer) not in _OPTIMIZERS:
        yield f"the optimizer {plan.optimizer.name!r} has no native form"


def _all_ops(plan: Plan) -> tuple[Op, ...]:
    return plan.ops if plan.output is None else (*plan.ops, plan.output)


def slot_names(plan: Plan) -> tuple[str, ...]:
    """The optimizer's slots in the order that the native engine takes them."""
    return () if plan.optimizer is None else _OPTIMIZERS[type(plan.optimizer)][2]


def lower(plan: Plan) -> Any:
    """The plan in the native engine's terms, a ``_native.Spec``; operations that change nothing are left out."""
    native = [op for op in plan.ops if _named(op)]
    return _native.Spec(
        ops=[_op(plan, op) for op in native],
        output=[] if plan.output is None or not _named(plan.output) else [_op(plan, plan.output)],
        loss=_loss(plan),
        optimizer=_optimizer(plan),
        metrics=[_metric(m, False) for m in plan.metrics] + [_metric(m, True) for m in plan.weighted_metrics],
        layers=[_layer(plan, ops, native) for ops in _by_layer(plan).values()],
        inputs=math.prod(plan.input_shape),
    )


def layers_of(plan: Plan) -> list[int]:
    """Indices of the layers that statistics are about, in order."""
    return list(_by_layer(plan))


def _named(op: Op) -> str:
    return _OPS[type(op.spec)](op.spec)[0]


def _op(plan: Plan, op: Op) -> Any:
    kind, settings = _OPS[type(op.spec)](op.spec)
    seed = getattr(op.spec, "seed", None)
    return _native.OpSpec(
        kind=kind,
        rows=math.prod(op.output_shape[:-1]),
        inputs=math.prod(op.input_shape[-1:]),
        outputs=math.prod(op.output_shape[-1:]),
        weights=[_weight(s) for s in op.weights],
        state=[s.offset for s in op.state],
        settings={name: float(value) for name, value in settings.items()},
        index=op.index,
        seed=(plan.seed if seed is None else seed) & 0xFFFFFFFFFFFFFFFF,
    )


def _weight(segment: Segment) -> Any:
    penalty = segment.weight.regularizer if segment.trainable else None  # a frozen weight has no penalty, as in Keras
    return _native.Weight(
        offset=segment.offset,
        size=segment.size,
        trainable=segment.trainable,
        l1=0.0 if penalty is None else penalty.l1,
        l2=0.0 if penalty is None else penalty.l2,
    )


def _loss(plan: Plan) -> Any:
    if plan.loss is None:
        return _native.LossSpec()
    kind, smoothing = _LOSSES[type(plan.loss)](plan.loss)
    sparse = isinstance(plan.loss, losses.SparseCategoricalCrossentropy)
    return _native.LossSpec(kind=kind, reduction=plan.loss.reduction, smoothing=smoothing, sparse=sparse)


def _metric(metric: Any, weighted: bool) -> Any:
    kind, _, parameter = _METRICS[type(metric)](metric)
    smoothing = getattr(metric, "label_smoothing", 0.0)
    return _native.MetricSpec(kind=kind, weighted=weighted, parameter=float(parameter), smoothing=smoothing)


def _optimizer(plan: Plan) -> Any:
    if plan.optimizer is None:
        return _native.OptimizerSpec()
    kind, names, _ = _OPTIMIZERS[type(plan.optimizer)]
    settings = {name: float(getattr(plan.optimizer, name) or 0.0) for name in (*names, *_CLIPPING)}
    return _native.OptimizerSpec(kind=kind, settings=settings)


def _by_layer(plan: Plan) -> dict[int, list[Op]]:
    found: dict[int, list[Op]] = {}
    for op in _all_ops(plan):
        found.setdefault(op.layer, []).append(op)
    return found


def _layer(plan: Plan, ops: list[Op], native: list[Op]) -> Any:
    """What statistics need to know of a layer: which tensor it gives, its activation's limits, its operations."""
    last = ops[-1]
    before = len(native) + 1 if last is plan.output and _named(last) else sum(op.index <= last.index for op in native)
    low, high = limits(last) or (0.0, 0.0)
    own = [number for number, op in enumerate(native) if op.layer == last.layer]
    return _native.StatsSpec(tensor=before, low=low, high=high, ops=own)
