"""A step in halves, forward, backward and apply, ends in the same bits as a whole one; on both engines."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pytest

from clarinet import Input, Sequential, layers, optimizers, regularizers
from clarinet.engines import Data, NativeEngine, ReferenceEngine, Steps
from clarinet.engines.lowering.weights import traced_penalties
from clarinet.optimizers import OptimizerState
from tests import cases
from tests.contracts.derivatives import assert_close, numeric_gradient
from tests.native.running import ISAS, Work, between, coming_first

THREADS = (1, 3)


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(8).normal(size=shape).astype(np.float32)


def loss_gradient(engine: Any, y: Any, outputs: np.ndarray) -> np.ndarray:
    """Of the plan's loss at the outputs. Engines agree on its bits for squares of columns that are a power of 2."""
    loss = engine.plan.loss
    return loss.gradient(y, outputs) * loss.shares(np.ones(outputs.shape[:-1], outputs.dtype))[..., None]


@dataclass
class Halves(Work):
    """The same work, each step in halves."""

    wrt_inputs: bool = False

    def _train(self, engine: Any) -> tuple[list[np.ndarray], list[Any]]:
        n = len(self.data)
        for epoch in range(self.epochs):
            order = engine.permutation(epoch, n)
            for first in range(0, n, self.batch):
                rows = self.data.rows(order[first : min(n, first + self.batch)])
                outputs, handle = engine.forward(rows.x, training=True)
                found = engine.backward(handle, loss_gradient(engine, rows.y, outputs), self.wrt_inputs)
                engine.apply(found[0] if self.wrt_inputs else found, self.rate)
        return [np.zeros(0, np.float32)], []


def assert_same_bits_in_halves(work: Work) -> None:
    native = NativeEngine.supports(work.model().make_plan(work.data.label_shapes)) is None
    own = {f.name: getattr(work, f.name) for f in fields(work)}
    exactly = not any(True for _ in traced_penalties(work.model().make_plan(work.data.label_shapes)))
    for isa, threads in [(None, 1), *((isa, threads) for isa in ISAS if native for threads in THREADS)]:
        whole = work.run(isa, threads)
        for wrt_inputs in (False, True):
            halves = Halves(**own, wrt_inputs=wrt_inputs).run(isa, threads)
            for name in ("params", "state", "predictions"):
                ours, theirs = getattr(whole, name), getattr(halves, name)
                if not exactly:  # apply() derives penalties that are operations by themselves
                    np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)
                else:
                    assert ours.tobytes() == theirs.tobytes(), (name, isa, threads, wrt_inputs)
            assert whole.slots.keys() == halves.slots.keys()
            if not exactly:
                continue
            assert all(whole.slots[name].tobytes() == halves.slots[name].tobytes() for name in whole.slots)
            assert whole.evaluation == halves.evaluation


BY_GRADIENTS = [c for c in cases.OPTIMIZERS if not isinstance(c.make(), optimizers.BFGS)]


@pytest.mark.parametrize("case", BY_GRADIENTS, ids=repr)
def test_optimizers(case):
    """With penalties, statistics of the batch, random numbers and a frozen layer."""
    work = Work(
        lambda: [
            layers.Dense(33, "tanh", kernel_regularizer=regularizers.L1L2(0.002, 0.01), bias_regularizer="l2"),
            layers.BatchNormalization(gamma_regularizer="l1"),
            layers.Dropout(0.3),
            layers.Dense(9, "tanh", trainable=False),
            layers.Dense(2),
        ],
        "mse",
        Data(numbers(26, 7), numbers(26, 2)),
        optimizer=case.make,
        batch=8,
        epochs=2,
        rate=0.01,
    )
    assert_same_bits_in_halves(work)


@pytest.mark.parametrize("case", [c for c in cases.CHAINED if c.inputs == "numbers"], ids=repr)
def test_layers(case):
    work = between(case, 23, numbers, optimizer="adam", batch=9, rate=0.01)
    assert_same_bits_in_halves(work)


@pytest.mark.parametrize("case", cases.CHAINED, ids=repr)
def test_layers_that_come_first(case):
    work = coming_first(case, 23, numbers, optimizer="adam", batch=9, rate=0.01)
    assert_same_bits_in_halves(work)


STACKS = {
    "large-first-layer": lambda: [layers.Dense(257, "relu"), layers.Dense(2)],  # whose columns may move to the threads
    "branches": lambda: [
        layers.Parallel([[layers.Dense(20, "relu")], [layers.Dense(12, "tanh"), layers.BatchNormalization()], []]),
        layers.Residual([layers.Dense(30, "relu"), layers.Dropout(0.2), layers.Dense(332)]),
        layers.Dense(2, activity_regularizer="l2"),
    ],
    "picture": lambda: [
        layers.Reshape((15, 20, 1)),
        layers.Conv2D(4, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.SpatialDropout2D(0.3),
        layers.Conv2D(3, 3, activation="relu"),
        layers.GaussianNoise(0.1),
        layers.Flatten(),
        layers.Dense(2),
    ],
    "nothing-to-train": lambda: [layers.Dense(2, trainable=False)],
    "sliced": lambda: [
        layers.Flatten(),
        layers.Dense(4, "relu"),
        layers.Reshape((2, 2)),
        layers.Flatten(),
        layers.Dense(2),
    ],
}


@pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)
def test_stacks(stack):
    x = np.maximum(numbers(70, 300), 0)
    assert_same_bits_in_halves(Work(stack, "mse", Data(x, numbers(70, 2)), optimizer="adam", batch=6, rate=0.002))


def engine_of(stack: list[Any], shape: tuple[int, ...], isa: str | None, threads: int = 1, **settings: Any) -> Any:
    """Compiled and with weights drawn from a fixed seed."""
    model = Sequential([Input(shape), *stack])
    model.seed = 3
    settings = {"optimizer": "sgd", "loss": "mse"} | settings
    model.compile(engine="reference", **settings)
    plan = model.make_plan()
    state = OptimizerState.new(model.optimizer, model.store.layout, model.dtype)
    if isa is None:
        return ReferenceEngine(plan, model.store, state)
    return NativeEngine(plan, model.store, state, threads=threads, isa=isa)


def gradients(engine: Any, flat: np.ndarray) -> list[np.ndarray]:
    return [s.view(flat) for op in engine.plan.ops for s in op.weights]


@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
@pytest.mark.parametrize("case", [c for c in cases.CHAINED if c.inputs == "numbers"], ids=repr)
def test_gradients_at_inputs(case, training):
    """Against central differences in float64, penalties on outputs included; and natively the same within rounding."""
    if training and case.keras is None:
        pytest.skip("every pass draws other numbers")
    x, d_outputs = cases.inputs(case, 3, np.float64), numbers(3, 2).astype(np.float64)
    stack = [case.make(), layers.Flatten(), layers.Dense(2)]
    engine = engine_of(stack, case.shape, None, dtype="float64")
    state = engine.store.state.copy()

    def result(x: np.ndarray) -> float:
        engine.store.state[:] = state
        y, _, outputs = engine.run_forward(x, training)
        return float(np.sum(d_outputs * y)) + sum(op.spec.penalty(y) for op, y in zip(engine.plan.ops, outputs))

    expected = numeric_gradient(result, x)
    y, handle = engine.forward(x, training)
    flat, found = engine.backward(handle, d_outputs, wrt_inputs=True)
    assert_close(found, expected)
    plan = engine_of([case.make(), layers.Flatten(), layers.Dense(2)], case.shape, None).plan
    for threads in THREADS if NativeEngine.supports(plan) is None else ():
        core = engine_of([case.make(), layers.Flatten(), layers.Dense(2)], case.shape, ISAS[0], threads)
        native_y, handle = core.forward(x, training)
        native_flat, native_found = core.backward(handle, d_outputs, wrt_inputs=True)
        np.testing.assert_allclose(native_y, y, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(native_found, found, rtol=1e-3, atol=1e-4)
        for ours, theirs in zip(gradients(core, native_flat), gradients(engine, flat), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)


RANDOM = [case for case in cases.CHAINED if case.keras is None and case.inputs == "numbers"]


@pytest.mark.parametrize("case", RANDOM, ids=repr)
def test_every_pass_draws_numbers_of_its_own(case):
    x = cases.inputs(case, 9)
    for isa in (None, ISAS[0]):
        stack = [case.make(), layers.Flatten(), layers.Dense(2)]
        if isa and NativeEngine.supports(engine_of(stack, case.shape, None).plan):
            continue
        first, second = (engine_of([case.make(), *stack[1:]], case.shape, isa) for _ in range(2))
        a, b = (first.forward(x, training=True)[0] for _ in range(2))
        np.testing.assert_array_equal(second.forward(x, training=True)[0], a)
        np.testing.assert_array_equal(second.forward(x, training=False)[0], first.forward(x, training=False)[0])
        np.testing.assert_array_equal(second.forward(x, training=True)[0], b)
        second.apply(second.plan.layout.zeros(np.float32), 0.0)  # the next update's draws begin anew
        assert second.optimizer_state.step == 1


EITHER = pytest.mark.parametrize("isa", [None, ISAS[0]])


@EITHER
def test_gradients_of_several_passes_add_up(isa):
    """The same as of all rows at once; penalties on weights come once, with the update."""
    stack = [layers.Dense(5, "tanh", kernel_regularizer="l2"), layers.Dense(2)]
    x, y = numbers(12, 4), numbers(12, 2)
    engine = engine_of(stack, (4,), isa)
    flat = engine.plan.layout.zeros(np.float32)
    for rows in (slice(0, 5), slice(5, 12)):
        outputs, handle = engine.forward(x[rows], training=True)
        share = np.float32(len(outputs) / 12)
        flat += engine.backward(handle, loss_gradient(engine, y[rows], outputs) * share)
    before = engine.forward(x)[0]
    engine.apply(flat, 0.5)
    other = engine_of([layers.Dense(5, "tanh", kernel_regularizer="l2"), layers.Dense(2)], (4,), isa)
    np.testing.assert_array_equal(other.forward(x)[0], before)
    outputs, handle = other.forward(x, training=True)
    other.apply(other.backward(handle, loss_gradient(other, y, outputs)), 0.5)
    assert (other.optimizer_state.step, engine.optimizer_state.step) == (1, 1)
    np.testing.assert_allclose(engine.forward(x)[0], other.forward(x)[0], rtol=1e-4, atol=1e-6)
    assert not np.allclose(engine.forward(x)[0], before, atol=1e-3)


@EITHER
def test_apply_leaves_the_gradient_as_it_is(isa):
    engine = engine_of([layers.Dense(2, kernel_regularizer="l2")], (3,), isa, optimizer=optimizers.SGD(clipvalue=0.1))
    flat = np.ones(engine.plan.layout.size, np.float32)
    engine.apply(flat, 0.5)
    assert (flat == 1).all()


def predicted(engine, x, y):
    engine.predict(x, 4)


def evaluated(engine, x, y):
    engine.evaluate(Data(x, y), 4)


def trained(engine, x, y):
    engine.train(Data(x, y), Steps(None, 0, 4, 4, np.array([0.1])))


def updated(engine, x, y):
    engine.apply(engine.plan.layout.zeros(np.float32), 0.1)


def passed_again(engine, x, y):
    engine.forward(x)


@EITHER
@pytest.mark.parametrize("what", [predicted, evaluated, trained, updated, passed_again])
def test_a_pass_is_good_for_one_backward_at_once(isa, what):
    x, y = numbers(4, 3), numbers(4, 2)
    engine = engine_of([layers.Dense(2)], (3,), isa)
    _, handle = engine.forward(x)
    what(engine, x, y)
    with pytest.raises(ValueError, match=r"this forward pass is gone: .*; call forward again"):
        engine.backward(handle, y)
    _, handle = engine.forward(x)
    engine.backward(handle, y)
    with pytest.raises(ValueError, match="this forward pass is gone"):
        engine.backward(handle, y)
    other = engine_of([layers.Dense(2)], (3,), isa)
    _, handle = other.forward(x)
    engine.forward(x)
    with pytest.raises(ValueError, match="this forward pass is gone"):  # another engine's
        engine.backward(handle, y)


@EITHER
def test_what_does_not_fit_is_refused_and_the_pass_stays(isa):
    engine = engine_of([layers.Dense(2)], (3,), isa)
    for wrong in (numbers(4, 2), numbers(0, 3), numbers(3)):
        with pytest.raises(ValueError, match="forward: inputs have shape"):
            engine.forward(wrong)
    _, handle = engine.forward(numbers(4, 3))
    for wrong in (numbers(4, 3), numbers(5, 2), numbers(8)):
        with pytest.raises(ValueError, match="backward: d_outputs has shape"):
            engine.backward(handle, wrong)
    flat = engine.backward(handle, numbers(4, 2))
    with pytest.raises(ValueError, match="apply: the gradient has shape"):
        engine.apply(flat[:-1], 0.1)
    plain = Sequential([Input((3,)), layers.Dense(2)])
    kind = ReferenceEngine if isa is None else NativeEngine
    with pytest.raises(ValueError, match="apply: the plan has no optimizer"):
        kind(plain.make_plan(), plain.store).apply(flat, 0.1)


def test_a_minimisation_takes_no_single_gradients():
    engine = engine_of([layers.Dense(2)], (3,), None, optimizer="lbfgs")
    with pytest.raises(ValueError, match="apply: LBFGS takes no single gradients; use train"):
        engine.apply(engine.plan.layout.zeros(np.float32), 0.1)


@EITHER
@pytest.mark.parametrize("stack", [[layers.Activation("softmax")], [layers.Dropout(0.5)], [layers.Flatten()]], ids=str)
def test_networks_without_weights(isa, stack):
    x, d = numbers(4, 3), numbers(4, 3)
    engine = engine_of(
        [type(own).from_config(own.get_config()) for own in stack], (3,), isa, loss="categorical_crossentropy"
    )
    _, handle = engine.forward(x)
    flat, found = engine.backward(handle, d, wrt_inputs=True)
    np.testing.assert_array_equal(found, d)  # of the logits, where the loss has absorbed the softmax
    assert flat.size == 0
