"""One training step in detail: the reference engine's own pass over some rows, with every array kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from clarinet import checks, data_adapters
from clarinet.engines import Data, ReferenceEngine, Steps
from clarinet.engines.intermediates import Intermediates
from clarinet.engines.step import results, through_output
from clarinet.glass.records import OutputTrace, Trace, WeightTrace
from clarinet.glass.sorting import Pass, Sorting, connected
from clarinet.optimizers import OptimizerState
from clarinet.params import Segment, Store
from clarinet.training.prepare import build_for, learning_rates, validate_and_prepare
from clarinet.types import Array

if TYPE_CHECKING:
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
        sample_weight: one weight a row, (n,), or one for each step of a row.
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


def loss_after(model: Trainable, x: object, y: object) -> float | None:
    """The loss of the same rows after the step that :func:`trace` shows; the model is not changed."""
    with np.errstate(all="ignore"):
        return _Tracer(model, _rows(model, x, y, None, None), True).next_loss()


def _rows(
    model: Trainable, x: object, y: object, sample_weight: object, class_weight: Mapping[int, float] | None
) -> Data:
    """The rows in the engine's form, one example as a batch of one; after every check that refuses."""
    if y is not None:
        checks.raise_first([*checks.check_planned(model, "trace"), *checks.check_compiled(model, "trace")])
    given = data_adapters.inputs_for(model, x)
    arrays = given if isinstance(given, tuple) else (given,)
    shapes = model.row_shapes if model.built else ()
    if shapes and all(a.shape == shape and shape != (1,) for a, shape in zip(arrays, shapes, strict=True)):
        arrays, y = tuple(array[None] for array in arrays), None if y is None else _one_row(y)
    rows_x, rows_y, rows_w = data_adapters.rows_for(
        model, arrays if len(arrays) > 1 else arrays[0], y, sample_weight, prepared=True
    )
    build_for(model, rows_x)
    if rows_y is None:
        checks.raise_first(checks.check_input(model, rows_x))
        every = rows_x if isinstance(rows_x, tuple) else (rows_x,)
        return Data(tuple(map(data_adapters.match_last_axis, every, model.row_shapes)))
    return validate_and_prepare(model, rows_x, rows_y, rows_w, class_weight)


def _one_row(y: object) -> object:
    """The labels of one example as those of a batch."""
    if isinstance(y, Mapping):
        return {name: np.asarray(label)[None] for name, label in y.items()}
    if isinstance(y, (list, tuple)) and any(isinstance(label, (np.ndarray, list, tuple)) for label in y):
        return [np.asarray(label)[None] for label in y]
    return np.asarray(y)[None]


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
        learning_rate = self._rate() if self.data.ys else None
        after = self._step(learning_rate) if self.training and learning_rate is not None else None
        clipped = self._clipped(seen)
        weights = {
            (op.index, s.name): self._weight(op, s, seen, clipped, before[0], after)
            for op in self.plan.ops
            for s in (*op.weights, *op.state)
        }
        outputs = tuple(self._outputs(seen))
        layers = Sorting(self.plan, seen, weights, outputs).layers(self.model.network)
        judged = [np.sum(o.losses * o.shares) for o in outputs if o.losses is not None and o.shares is not None]
        return Trace(
            model=self.model.name,
            layers=layers if self.model.is_chain else tuple(connected(layers, self.model.input_names)),
            xs=self.data.xs,
            outputs=outputs,
            loss=seen.loss,
            penalty=0.0 if seen.loss is None else seen.loss - float(sum(judged)),
            training=self.training,
            step=self.optimizer_state.step + (after is None),
            learning_rate=learning_rate,
            optimizer=self.plan.optimizer,
            origins={self.plan.given_by(op): op.sources for op in self.plan.all_ops},
        )

    def next_loss(self) -> float | None:
        """The loss of the same rows with the weights that the step gives, and the random numbers of that step."""
        step = self.optimizer_state.step
        self._step(self._rate())
        self.optimizer_state.step = step
        return self._run().loss

    def _outputs(self, seen: Pass) -> Iterator[OutputTrace]:
        """What is known of every output."""
        target, names, arrays = self.model.target, self.model.output_names, seen.intermediates
        for number, (name, face) in enumerate(zip(names, self.model.faces, strict=True)):
            prediction = seen.tensors[number - len(names)]
            prediction = prediction if target is None else target.inverse(prediction)
            if self.data.ys:
                known = self.data.ys[number], arrays.values[number], arrays.shares[number]
                yield OutputTrace(name, prediction, *known, face.loss)
            else:
                yield OutputTrace(name, prediction, loss_function=face.loss)

    def _run(self) -> Pass:
        """One pass, which changes nothing."""
        intermediates = Intermediates()
        state = OptimizerState(self.optimizer_state.step + 1, self.optimizer_state.slots)
        engine = ReferenceEngine(self.plan, self.store, state)
        xs = tuple(np.asarray(x).astype(self.plan.dtype) for x in self.data.xs)
        if not self.data.ys:
            _, _, outputs = engine.run_forward(xs, self.training)
            found = results(self.plan, xs, outputs)
            predictions = [through_output(*each) for each in zip(self.plan.outputs, found, strict=True)]
            return Pass([*xs, *outputs, *predictions], intermediates, {}, None)
        loss, grads, outputs = engine.gradients(self.data, intermediates, self.training)
        return Pass([*xs, *outputs], intermediates, grads, loss)

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

    def _clipped(self, seen: Pass) -> dict[tuple[int, str], Array]:
        """The gradients after clipping, where the optimizer clips."""
        optimizer = self.plan.optimizer
        if optimizer is None or not (optimizer.clipnorm or optimizer.clipvalue or optimizer.global_clipnorm):
            return {}
        users = self.plan.users if seen.grads else ()
        clipped = optimizer.clip([seen.grads[own[0][0].index][own[0][1].name] for own in users])
        return {(op.index, s.name): g for own, g in zip(users, clipped, strict=True) for op, s in own}

    def _weight(
        self,
        op: Op,
        segment: Segment,
        seen: Pass,
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
            sum(s.offset == segment.offset for op in self.plan.ops for s in op.weights),
        )
