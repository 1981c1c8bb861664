"""One training step in detail: the reference engine's own pass over some rows, with every array kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from clarinet import checks, data_adapters
from clarinet.engines import Data, ReferenceEngine, Steps
from clarinet.engines.intermediates import Intermediates
from clarinet.glass.records import LayerTrace, Trace, WeightTrace
from clarinet.layers.parts import direct, flatten_parts
from clarinet.optimizers import OptimizerState
from clarinet.params import Segment, Store
from clarinet.training.prepare import build_for, learning_rates, validate_and_prepare
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.layers.base import Layer
    from clarinet.plan import Op, Plan
    from clarinet.trainable import Trainable


def trace(
    model: Trainable,
    x: object,
    y: object = None,
    *,
    sample_weight: object = None,
    class_weight: Mapping[int, float] | None = None,
    training: bool = True,
) -> Trace:
    """Every number of the training step that the model would make on these rows next.

    The reference engine computes it, on copies of the weights: model, optimizer and random numbers stay as they are.
    Random layers draw the numbers of the next step. The update is that of the model's optimizer with its momentum and
    its learning rate of that step.

    Args:
        model: built or not; compiled, if ``y`` is given.
        x: rows (n, *input_shape), or one example of the model's input shape.
        y: their labels, as for ``fit``; without them there is a forward pass only.
        sample_weight: (n,), one weight a row.
        class_weight: ``{class: weight}``.
        training: whether layers behave as in training (default), so that dropout drops; with False gradients are those
            of inference, and no update is made.

    Returns:
        Trace: ``trace.layers[1].z``, ``trace.layers[1].weights["kernel"].gradient``, …

    Raises:
        ValueError, TypeError: the rows do not fit the model, as in ``fit``; labels for a model that is not compiled; a
        transform of the target that has seen no data yet.

    Example:
        >>> import numpy as np, clarinet
        >>> from clarinet import glass
        >>> model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1)])
        >>> model.set_weights([[[0.5], [-0.25]], [0.1]])
        >>> model.compile(clarinet.optimizers.SGD(0.1), "mse")
        >>> step = glass.trace(model, [[1.0, 2.0]], [1.0])
        >>> step.layers[0].z.round(2), round(step.loss, 2)
        (array([[0.1]], dtype=float32), 0.81)
        >>> step.layers[0].weights["kernel"].update.round(2).ravel()
        array([0.18, 0.36], dtype=float32)
    """
    data = _rows(model, x, y, sample_weight, class_weight)
    with np.errstate(all="ignore"):  # a run that diverges is seen in its numbers
        return _Tracer(model, data, bool(training)).trace()


def _rows(
    model: Trainable, x: object, y: object, sample_weight: object, class_weight: Mapping[int, float] | None
) -> Data:
    """The rows in the engine's form, one example as a batch of one; after every check that refuses."""
    if y is not None:
        checks.raise_first([*checks.check_planned(model, "trace"), *checks.check_compiled(model, "trace")])
    array = data_adapters.as_array(x, "x")
    if model.sample_shape is not None and array.shape == model.sample_shape and array.shape != (1,):
        array = array[None]
        y = None if y is None else np.asarray(y)[None]
    rows_x, rows_y, rows_w = data_adapters.as_rows(array, y, sample_weight)
    build_for(model, rows_x)
    if rows_y is None:
        checks.raise_first(checks.check_input(model, rows_x))
        assert model.sample_shape is not None
        return Data(data_adapters.match_last_axis(rows_x, model.sample_shape))
    return validate_and_prepare(model, rows_x, rows_y, rows_w, class_weight)


@dataclass
class _Pass:
    """The results of one pass: tensors and their gradients by number, gradients of weights by operation."""

    tensors: list[Array]
    intermediates: Intermediates
    grads: dict[int, dict[str, Array]]
    loss: float | None


class _Tracer:
    """Runs the engine on copies of a model's numbers and sorts its arrays by layer."""

    def __init__(self, model: Trainable, data: Data, training: bool) -> None:
        # Metrics would count these rows as if they had been trained on.
        self.plan: Plan = model.make_plan(data.label_shapes).without_metrics()
        self.model, self.data, self.training = model, data, training
        self.store, self.optimizer_state = self._copies()

    def _copies(self) -> tuple[Store, OptimizerState]:
        own, kept = self.model.store, self.model.optimizer_state
        store = Store(own.layout, own.state_layout, own.dtype)
        store.restore(own.snapshot())
        if kept is not None:
            return store, OptimizerState(kept.step, {name: slot.copy() for name, slot in kept.slots.items()})
        if self.plan.optimizer is None:
            return store, OptimizerState()
        return store, OptimizerState.new(self.plan.optimizer, own.layout, own.dtype)

    def trace(self) -> Trace:
        seen, before = self._run(), self.store.snapshot()
        learning_rate = None if self.data.y is None else self._rate()
        after = self._step(learning_rate) if self.training and learning_rate is not None else None
        clipped = self._clipped(seen)
        weights = {
            (op.index, s.name): self._weight(op, s, seen, clipped, before[0], after)
            for op in self.plan.ops
            for s in (*op.weights, *op.state)
        }
        prediction = seen.tensors[-1]
        target, losses, shares = self.model.target, seen.intermediates.values, seen.intermediates.shares
        return Trace(
            model=self.model.name,
            layers=tuple(self._layers(seen, weights)),
            x=self.data.x,
            y=self.data.y,
            prediction=prediction if target is None else target.inverse(prediction),
            loss=seen.loss,
            losses=losses,
            shares=shares,
            penalty=0.0 if losses is None or seen.loss is None else seen.loss - float(np.sum(losses * shares)),
            training=self.training,
            step=self.optimizer_state.step + (after is None),
            learning_rate=learning_rate,
            loss_function=self.model.loss,
            optimizer=self.plan.optimizer,
        )

    def _run(self) -> _Pass:
        """One pass, which changes nothing."""
        intermediates = Intermediates()
        state = OptimizerState(self.optimizer_state.step + 1, self.optimizer_state.slots)
        engine = ReferenceEngine(self.plan, self.store, state)
        x = np.asarray(self.data.x).astype(self.plan.dtype)
        if self.data.y is None:
            y, _, outputs = engine.run_forward(x, self.training)
            return _Pass([x, *outputs, engine.through_output(y)], intermediates, {}, None)
        loss, grads, outputs = engine.gradients(self.data, intermediates, self.training)
        return _Pass([x, *outputs], intermediates, grads, loss)

    def _rate(self) -> float:
        """The learning rate of the next step."""
        model = self.model
        if model.optimizer_state is not None:
            return float(learning_rates(model, 1)[0])
        assert model.optimizer is not None
        return model.optimizer.rate(0)

    def _step(self, learning_rate: float) -> Array:
        """All weights after the step itself, computed on the copies, with the optimizer itself."""
        engine = ReferenceEngine(self.plan, self.store, self.optimizer_state)
        rows = len(self.data)
        engine.train(self.data, Steps(None, 0, rows, rows, np.array([learning_rate]), None, 0))
        return self.store.params

    def _clipped(self, seen: _Pass) -> dict[tuple[int, str], Array]:
        """The gradients after clipping, where the optimizer clips."""
        optimizer = self.plan.optimizer
        if optimizer is None or not (optimizer.clipnorm or optimizer.clipvalue or optimizer.global_clipnorm):
            return {}
        keys = [(op.index, s.name) for op in self.plan.ops for s in op.weights if s.trainable and seen.grads]
        return dict(zip(keys, optimizer.clip([seen.grads[i][name] for i, name in keys]), strict=True))

    def _weight(
        self,
        op: Op,
        segment: Segment,
        seen: _Pass,
        clipped: dict[tuple[int, str], Array],
        params: Array,
        after: Array | None,
    ) -> WeightTrace:
        name = segment.name
        if segment in op.state:
            return WeightTrace(name, self.model.store.view(segment).copy(), False)
        value = segment.view(params)
        return WeightTrace(
            name,
            value,
            segment.trainable,
            seen.grads.get(op.index, {}).get(name),
            seen.intermediates.penalties.get(op.index, {}).get(name),
            clipped.get((op.index, name)),
            None if after is None else segment.view(after) - value,
        )

    # Sorting operations by layer.

    def _layers(self, seen: _Pass, weights: dict[tuple[int, str], WeightTrace]) -> Iterator[LayerTrace]:
        ops = iter(self.plan.all_ops)
        for layer in self.model.layers:
            yield self._layer(layer, layer.name, ops, seen, weights)

    def _layer(
        self,
        layer: Layer,
        name: str,
        ops: Iterator[Op],
        seen: _Pass,
        weights: dict[tuple[int, str], WeightTrace],
    ) -> LayerTrace:
        """The layer that the next operations belong to."""
        if layer.children:
            inner = tuple(
                self._layer(p.layer, f"{name}/{p.layer.name or type(p.layer).__name__.lower()}", ops, seen, weights)
                for p in direct(layer)
            )
            return _containing(name, layer, inner)
        parts = flatten_parts(layer)
        own = list(islice(ops, len(parts)))
        named = {
            part.called(s.name): replace(weights[op.index, s.name], name=part.called(s.name))
            for part, op in zip(parts, own, strict=True)
            for s in (*op.weights, *op.state)
        }
        x = tuple(seen.tensors[s] for s in own[0].sources)
        dx = tuple(seen.intermediates.deltas.get(s) for s in own[0].sources)
        merges = own[0].spec.merges
        z, a, dz, da = self._values(own, seen)
        return LayerTrace(
            name,
            layer,
            x if merges else x[0],
            z,
            a,
            None if any(delta is None for delta in dx) else dx if merges else dx[0],
            dz,
            da,
            named,
            absorbed=own[-1] is self.plan.output,
        )

    def _values(self, ops: list[Op], seen: _Pass) -> tuple[Array | None, Array, Array | None, Array | None]:
        """``z``, ``a``, ``dz``, ``da`` of the layer that consists of these operations."""
        while len(ops) > 1 and ops[-1].spec.passes_through == "identity":
            ops = ops[:-1]  # its output is its input, and its share of the gradient is in its input's gradient
        last, deltas = ops[-1], seen.intermediates.deltas
        a, da = seen.tensors[last.index + 1], deltas.get(last.index + 1)
        if last is self.plan.output:
            da = self._as_written(a, seen)
        if last.spec.pure_activation is not None:
            return seen.tensors[last.sources[0]], a, deltas.get(last.sources[0]), da
        return (a, a, da, da) if last.spec.weighted_sum else (None, a, None, da)

    def _as_written(self, a: Array, seen: _Pass) -> Array | None:
        """The loss's derivative at the model's output if training uses the one at the logits."""
        if self.data.y is None or self.model.loss is None or seen.intermediates.shares is None:
            return None
        return np.asarray(self.model.loss.gradient(self.data.y, a) * seen.intermediates.shares[..., None])


def _containing(name: str, layer: Layer, inner: tuple[LayerTrace, ...]) -> LayerTrace:
    """A container has the input of its first layer and the output of its last."""
    first, last = inner[0], inner[-1]
    x = first.x[0] if isinstance(first.x, tuple) else first.x
    dx = first.dx[0] if isinstance(first.dx, tuple) else first.dx
    return LayerTrace(name, layer, x, None, last.a, dx, None, last.da, layers=inner)
