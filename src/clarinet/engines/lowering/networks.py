"""A plan's operations and what judges them, one after the other in the native engine's terms."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from clarinet import ops
from clarinet._native import LossSpec, MetricSpec, OutputSpec, StatsSpec
from clarinet.engines.lowering.builder import Builder, How, Known, constant, numbers_of
from clarinet.engines.lowering.elementary import Elementary
from clarinet.engines.lowering.functions import DRAWS
from clarinet.engines.lowering.objectives import LOSSES, METRICS
from clarinet.engines.lowering.operations import AXES, OPS, RUNS, TABLES, TAKE_MASK, WRITTEN
from clarinet.engines.lowering.rules import add_penalties, traced_or_refused
from clarinet.engines.lowering.weights import NoForm
from clarinet.engines.stats import limits
from clarinet.layers import EinsumDense, Embedding, Masking
from clarinet.layers.activity import ActivityPenalty
from clarinet.layers.applied import AddLoss, Applied, Choose, Given, Pick, Read, Write
from clarinet.ops.arithmetic import Add
from clarinet.ops.distributions import Draw
from clarinet.ops.dtypes import BOOL, FLOAT
from clarinet.ops.einsum import Einsum
from clarinet.ops.specs import TensorSpec
from clarinet.traced import trace
from clarinet.types import Shape

if TYPE_CHECKING:
    from clarinet.metrics import Metric
    from clarinet.params import Store
    from clarinet.plan import Op, Output, Plan
    from clarinet.traced import Traced


class Lowered:
    """The operations of a plan as native ones.

    Args:
        plan: what to run.
        store: its weights, or None as for :class:`Builder`.

    Raises:
        NoForm: something has no native form.
    """

    def __init__(self, plan: Plan, store: Store | None) -> None:
        self.plan, self.builder = plan, Builder(len(plan.input_shapes), plan.seed, store)
        self.elementary = Elementary(self.builder)
        self.known = [Known(shape, False, number) for number, shape in enumerate(plan.input_shapes)]
        self._several: dict[int, list[Known]] = {}  # of an operation that gives several tensors, by its tensor
        for op in plan.ops:
            self.builder.how = How(op.layer, op.draws(0), op.training, op.when)
            taken = [self.known[source] for source in op.sources]
            self.known.append(self._make(op, taken))
        add_penalties(plan, self.builder)

    def _make(self, op: Op, taken: Sequence[Known]) -> Known:
        if type(op.spec) in PARTS:
            return PARTS[type(op.spec)](self, op, taken)
        return self.add(op, taken) if op.mask is None else self._masked(op, taken, self.known[op.mask])

    def add(self, op: Op, taken: Sequence[Known], more: Mapping[str, object] | None = None) -> Known:
        """The output of a layer's operation, which may have more settings than the layer says."""
        if any(known.whole for known in taken):
            raise NoForm(f"layer {op.layer} ({op.kind}) of a tensor without rows has no native form")
        function: Any = op.spec.pure_activation
        if function is not None and function.traces:
            specs = [TensorSpec((None, *op.input_shape), FLOAT, True)]
            traced = traced_or_refused(lambda: trace(function.function, specs, ["z"]), function.name)
            return self.elementary.network(traced.network, taken)[0]
        kind, settings = OPS[type(op.spec)](op.spec)
        if not kind:
            return taken[0].reshaped(op.output_shape)
        if type(op.spec) in RUNS:
            settings = RUNS[type(op.spec)](op.spec, op.input_shapes)
        return self.builder.add(
            kind,
            taken,
            op.output_shape,
            settings={**settings, **(more or {})},
            tables=TABLES[type(op.spec)](op.spec, op.input_shape) if type(op.spec) in TABLES else [],
            weights=op.weights,
            state=op.state,
            positions=math.prod(op.output_shape[:-1]),
            inputs=math.prod(op.input_shape[-1:]),
            seed=getattr(op.spec, "seed", None),
            axes=AXES[type(op.spec)](op.spec, op.input_shape) if type(op.spec) in AXES else [],
        )

    # Masks.

    def _masked(self, op: Op, taken: Sequence[Known], mask: Known) -> Known:
        if mask.whole or (type(op.spec) in TAKE_MASK and mask.shape != op.input_shape[: len(mask.shape)]):
            raise NoForm(f"layer {op.layer} ({op.kind}) with a mask of shape {mask.shape} has no native form")
        if type(op.spec) in WRITTEN:
            return self._written_with_operations(op, [*taken, mask])
        if type(op.spec) in AXES and AXES[type(op.spec)](op.spec, op.input_shape):
            raise NoForm(
                f"layer {op.layer} ({op.kind}) with a mask, along another axis than the last, has no native form"
            )
        return self.add(op, [*taken, mask], {"masked": True})

    def _written_with_operations(self, op: Op, taken: Sequence[Known]) -> Known:
        dtypes = (FLOAT, BOOL)
        specs = [TensorSpec((None, *known.shape), dtype, True) for known, dtype in zip(taken, dtypes, strict=False)]
        names = ["x", "mask"][: len(taken)]
        traced = traced_or_refused(
            lambda: trace(lambda *xs: WRITTEN[type(op.spec)](op.spec, *xs), specs, names), op.kind
        )
        return self.elementary.network(traced.network, taken)[0].reshaped(op.output_shape)

    def _embedded(self, op: Op, taken: Sequence[Known]) -> Known:
        """Rows of the table; of ids that never change, such as the numbers of steps, for the whole batch."""
        ids = taken[0].value
        if ids is None:
            return self.add(op, taken)
        (segment,) = op.weights
        rows, width = segment.shape
        places = np.rint(ids).astype(np.int64)
        if places.size and not 0 <= places.min() <= places.max() < rows:
            raise NoForm(f"layer {op.layer} ({op.kind}) of ids that it does not know has no native form")
        table = self.builder.add("weight", [], segment.shape, whole=True, weights=op.weights)
        numbers = places[..., None] * width + np.arange(width)
        return self.elementary.picked(table, numbers)

    def _einsum_dense(self, op: Op, taken: Sequence[Known]) -> Known:
        """A product of matrices, or else the operations that it is made of."""
        spec: Any = op.spec
        axes = spec.axes(op.input_shape)
        if taken[0].whole:
            raise NoForm(f"layer {op.layer} ({op.kind}) of a tensor without rows has no native form")
        if axes.is_product:
            outputs = math.prod(axes.sizes[n] for n in axes.kernel if n in axes.y)
            positions = math.prod(op.output_shape) // outputs
            return self.builder.add("dense", taken, op.output_shape, weights=op.weights, positions=positions)
        kernel, *bias = (self.builder.add("weight", [], s.shape, whole=True, weights=[s]) for s in op.weights)
        specs = [TensorSpec((None, *op.input_shape), FLOAT), TensorSpec(kernel.shape, FLOAT)]
        (found,) = self.elementary.apply(Einsum(spec.equation), specs, [taken[0], kernel])
        for known in bias:
            specs = [TensorSpec((None, *op.output_shape), FLOAT), TensorSpec(known.shape, FLOAT)]
            (found,) = self.elementary.apply(Add(), specs, [found, known])
        return found

    # Operations, weights and constants.

    def _applied(self, op: Op, taken: Sequence[Known]) -> Known:
        spec: Any = op.spec
        if isinstance(spec.operation, Draw):
            return self._drawn(spec.operation, op.output_shape)
        found = self.elementary.apply(spec.operation, spec.specs, taken)
        self._several[self.plan.given_by(op)] = found
        return found[0]

    def _drawn(self, draw: Draw, shape: Shape) -> Known:
        if type(draw) not in DRAWS or not draw.fresh or draw.dtype not in ("float32", "bool", "int32"):
            raise NoForm(f"{draw.name} has no native form")
        kind, parameter = DRAWS[type(draw)](draw)
        whole = draw.shape[:1] != (None,)
        return self.builder.add(
            f"draw_{kind}", [], shape, whole=whole, settings={"parameter": parameter}, seed=draw.seed
        )

    def _picked(self, op: Op, taken: Sequence[Known]) -> Known:
        return self._several[op.sources[0]][op.spec.number]  # type: ignore[attr-defined]

    def _read(self, op: Op, taken: Sequence[Known]) -> Known:
        return Known(op.output_shape, True, reads=op)

    def _given(self, op: Op, taken: Sequence[Known]) -> Known:
        return constant(op.spec.value)  # type: ignore[attr-defined]

    def _chosen(self, op: Op, taken: Sequence[Known]) -> Known:
        if taken[0].whole != taken[1].whole:
            raise NoForm(f"layer {op.layer} computes something else in training than in prediction")
        return self.builder.add("choose", taken, taken[0].shape, whole=taken[0].whole)

    def _added(self, op: Op, taken: Sequence[Known]) -> Known:
        return self.builder.add("add_loss", taken, taken[0].shape, whole=taken[0].whole)

    def _penalised(self, op: Op, taken: Sequence[Known]) -> Known:
        """A function's penalty on a layer's outputs, a mean over the rows."""
        rule = cast(ActivityPenalty, op.spec).rule
        specs = [TensorSpec((None, *op.input_shape), FLOAT, True)]
        traced = traced_or_refused(
            lambda: trace(
                lambda x: ops.sum(rule(x)) / (ops.sum(ops.ones_like(x)) / math.prod(op.input_shape)), specs, ["x"]
            ),
            op.kind,
        )
        (penalty,) = self.elementary.network(traced.network, taken)
        self.builder.add("add_loss", [penalty], penalty.shape, whole=penalty.whole)
        return taken[0]

    def _written(self, op: Op, taken: Sequence[Known]) -> Known:
        if not taken[0].whole:
            raise NoForm(f"layer {op.layer}: a state for each row has no native form")
        return self.builder.add("write", taken, taken[0].shape, whole=True, state=op.state)

    # Outputs and statistics.

    def output(self, number: int) -> object:
        """A result; the loss takes the last axis of its shape, whatever gave it that shape."""
        output, result = self.plan.outputs[number], self.known[self.plan.outputs[number].tensor]
        if result.whole:
            raise NoForm("an output without rows has no native form")
        own = output.activation
        absorbed = [] if own is None else _alone(self, own, result)
        judged = _Judged(self, output, result, own)
        loss, values = judged.loss()
        metrics = [
            judged.metric(metric, weighted)
            for all_of_them, weighted in ((output.metrics, False), (output.weighted_metrics, True))
            for metric in all_of_them
        ]
        return OutputSpec(
            tensor=self.builder.number(result),
            positions=math.prod(output.shape[:-1]),
            columns=math.prod(output.shape[-1:]),
            activation=absorbed,
            loss=loss,
            weight=output.weight,
            sparse=judged.takes_ids,
            metrics=metrics,
            **values,
            **judged.labels_spec(),
            **judged.mask_spec(),
        )

    def layer(self, ops: Sequence[Op]) -> object:
        """A layer as statistics need it: the tensor of its output, its activation's limits, its operations."""
        last = ops[-1]
        outputs = self.plan.outputs
        absorbed = next((number for number, output in enumerate(outputs) if output.activation is last), None)
        own = [number for number, layer in enumerate(self.builder.layers) if layer == last.layer]
        if absorbed is None:
            tensor = self.known[self.plan.given_by(last)].number
        elif OPS[type(last.spec)](last.spec)[0]:
            tensor = self.builder.inputs + len(self.builder.ops) + absorbed  # what it predicts
        else:
            tensor = self.known[outputs[absorbed].tensor].number
        if tensor is None:  # a weight or constants
            tensor = self.builder.inputs + own[-1] if own else 0
        low, high = limits(last) or (0.0, 0.0)
        return StatsSpec(tensor=tensor, low=low, high=high, ops=own)


#: Elementary layers that become operations of several kinds, by what makes these.
PARTS: dict[type, Callable[[Lowered, Any, Sequence[Known]], Known]] = {
    ActivityPenalty: Lowered._penalised,
    AddLoss: Lowered._added,
    Applied: Lowered._applied,
    Choose: Lowered._chosen,
    Embedding: Lowered._embedded,
    EinsumDense: Lowered._einsum_dense,
    Given: Lowered._given,
    Masking: Lowered._written_with_operations,
    Pick: Lowered._picked,
    Read: Lowered._read,
    Write: Lowered._written,
}


def _alone(lowered: Lowered, op: Op, taken: Known) -> list[Any]:
    """The activation that a loss absorbed; none where it changes nothing."""
    own = lowered.builder
    builder = Builder(own.inputs, own.seed, own.store)
    builder.how = How(op.layer, op.index, op.training)
    kind, settings = OPS[type(op.spec)](op.spec)
    if kind:
        positions = math.prod(op.output_shape[:-1])
        builder.add(kind, [taken], op.output_shape, settings=settings, positions=positions)
    return builder.ops


class _Judged:
    """What judges an output; functions do it by operations, which are run where there are labels."""

    def __init__(self, lowered: Lowered, output: Output, raw: Known, absorbed: Op | None) -> None:
        self.lowered, self.given, self.raw, self.absorbed = lowered, output, raw, absorbed
        loss, every = output.loss, (*output.metrics, *output.weighted_metrics)
        forms = any(METRICS[type(m)](m)[1] for m in every if type(m) in METRICS)
        self.takes_ids = loss.labels == "ids" if loss is not None and not loss.traces else forms
        self._labels: Known | None = None
        self._predicted: Known | None = None

    def labels(self) -> Known:
        """What functions are given for the labels."""
        builder = self.lowered.builder
        builder.how = How(judges=True)
        if self._labels is None:
            self._labels = builder.add("labels", [], self._label_shape)
        return self._labels

    @property
    def _label_shape(self) -> Shape:
        shape = self.given.label_shape
        return self.given.shape if shape is None else shape

    def labels_spec(self) -> dict[str, int]:
        """Where the labels are."""
        if self._labels is None or self._labels.number is None:
            return {}
        first = self.lowered.builder.inputs
        return {"labels": self._labels.number - first, "labels_size": self._labels.size}

    def mask_spec(self) -> dict[str, int]:
        """Where the mask is, if one says which values count."""
        mask = self._mask
        return {} if mask is None else {"mask": self.lowered.builder.number(mask), "mask_size": mask.size}

    @property
    def _mask(self) -> Known | None:
        output = self.given
        if output.mask is None or not (output.loss or output.metrics or output.weighted_metrics):
            return None
        mask = self.lowered.known[output.mask]
        if mask.whole:
            raise NoForm("a loss or metric with a mask without rows has no native form")
        return mask

    def _refuse_unlike_mask(self, values: Known, name: str) -> None:
        mask = self._mask
        if mask is not None and (values.whole or values.size % mask.size):
            raise NoForm(f"{name} of other values than a mask says that they count has no native form")

    def predicted(self) -> Known:
        """The predictions, through the activation that the loss absorbed."""
        if self.absorbed is not None and self._predicted is None:
            self.lowered.builder.how = How(judges=True)
            self._predicted = self.lowered.add(self.absorbed, [self.raw])
        return self.raw if self._predicted is None else self._predicted

    def _values(self, traced: Traced, name: str) -> Known:
        """What a function of labels and predictions gives."""
        taken = [self.labels(), self.predicted().reshaped(self.given.shape)]
        self.lowered.builder.how = How(judges=True)
        fits = [t.reshaped(tensor.sample_shape) for t, tensor in zip(taken, traced.network.inputs, strict=True)]
        found = self.lowered.elementary.network(traced.network, fits)
        if found[0].value is not None or found[0].size == 0:
            raise NoForm(f"{name}, which depends on nothing, has no native form")
        return found[0]

    def _traced(self, judge: Any) -> Traced:
        return traced_or_refused(lambda: judge.traced(self._label_shape, self.given.shape), judge.name)

    def loss(self) -> tuple[object, dict[str, int]]:
        """The loss, and where its values are if operations compute them."""
        loss = self.given.loss
        if loss is None:
            return LossSpec(), {}
        if not loss.traces:
            kind, settings = LOSSES[type(loss)](loss)
            return LossSpec(kind=kind, reduction=loss.reduction, settings=numbers_of(settings)), {}
        values = self._values(self._traced(loss), f"the loss {loss.name!r}")
        self._refuse_unlike_mask(values, f"the loss {loss.name!r}")
        spec = LossSpec(kind="values", reduction=loss.reduction, settings=numbers_of({"whole": values.whole}))
        return spec, {"values": self.lowered.builder.number(values), "values_size": values.size}

    def metric(self, metric: Metric, weighted: bool) -> object:
        """A metric."""
        if not metric.traces:
            kind, _, settings = METRICS[type(metric)](metric)
            settings = {**settings, "ids": self.takes_ids, "masked": self._masks(metric)}
            return MetricSpec(kind=kind, weighted=weighted, settings=numbers_of(settings))
        values = self._values(self._traced(metric), f"the metric {metric.name!r}")
        settings = {"tensor": self.lowered.builder.number(values), "each": values.size, "whole": values.whole}
        if self._masks(metric):
            self._refuse_unlike_mask(values, f"the metric {metric.name!r}")
            settings["masked"] = True
        return MetricSpec(kind="values", weighted=weighted, settings=numbers_of(settings))

    def _masks(self, metric: Metric) -> bool:
        return metric.masked and self._mask is not None
