"""The pure step: it writes nothing, and compiled by JAX, its number traced, it does what the reference engine does."""

import contextlib
from dataclasses import dataclass

import numpy as np
import pytest

from clarinet import Input, Sequential, layers, metrics, optimizers
from clarinet.engines import Data, ReferenceEngine, Steps
from clarinet.engines.step import begin, step, total_loss
from clarinet.metrics.base import updated
from clarinet.optimizers import OptimizerState
from tests import cases
from tests.native.test_parity import labels

RNG = np.random.default_rng(8)
X, WEIGHT = RNG.normal(size=(9, 5)), RNG.uniform(0.5, 2, 9)
NUMBERS = RNG.normal(size=(9, 2))
STEPS, RATE = 3, 0.05


@contextlib.contextmanager
def jax_in_64_bits(whole=True):
    """JAX in float64, or as it is by default."""
    import jax

    before = jax.config.jax_enable_x64
    try:
        jax.config.update("jax_enable_x64", whole)
        yield jax
    finally:
        jax.config.update("jax_enable_x64", before)


@dataclass
class Work:
    """A network before its first step."""

    stack: list
    loss: object
    data: Data
    optimizer: object = "sgd"
    metrics: tuple = ()
    dtype: str = "float64"

    def __post_init__(self):
        self.model = Sequential([Input(self.data.x.shape[1:]), *self.stack])
        self.model.seed = 3
        judging = {"metrics": [make() for make in self.metrics], "weighted_metrics": [make() for make in self.metrics]}
        self.model.compile(self.optimizer, self.loss, engine="reference", dtype=self.dtype, **judging)
        self.plan = self.model.make_plan(self.data.label_shapes)
        self.state = OptimizerState.new(self.model.optimizer, self.model.store.layout, np.dtype(self.dtype))

    def carry(self):
        """What the first step takes: copies, which cannot be written into."""
        tracked = (metrics.Mean("loss"), *(judged.metric for judged in self.plan.judged))
        sums = [{name: frozen(total) for name, total in metric.start().items()} for metric in tracked]
        return begin(self.plan, self.model.store, self.state, sums, frozen)

    def scalars(self, number):
        return self.plan.optimizer.scalars(RATE, number)

    def trained(self):
        """Losses, and what is left in store, slots and metrics, after the engine's own steps."""
        engine, n = ReferenceEngine(self.plan, self.model.store, self.state), len(self.data)
        engine.reset_metrics()
        one = Steps(None, 0, n, n, np.full(1, RATE), None, 0)
        losses = [engine.train(self.data, one).losses[0] for _ in range(STEPS)]
        return losses, begin(self.plan, self.model.store, self.state, [one.metric.sums for one in engine._tracked])


def frozen(array):
    if array is None:
        return None
    copy = np.array(array)
    copy.flags.writeable = False
    return copy


def leaves(carry):
    import jax

    return [np.asarray(leaf, float) for leaf in jax.tree.leaves(carry)]


def assert_steps_agree(work):
    """In NumPy to the bit, with nothing written; compiled within the rounding of float64."""
    batch = Data(*(None if a is None else frozen(a) for a in (work.data.x, work.data.y, work.data.weight)))
    first = traced = pure = work.carry()
    losses, compiled_losses = [], []
    with np.errstate(all="ignore"):
        for number in range(1, STEPS + 1):
            pure, record = step(work.plan, pure, batch, work.scalars(number))
            losses.append(total_loss(record))
    with jax_in_64_bits() as jax:
        compiled = jax.jit(lambda c, x, y, w, s: step(work.plan, c, Data(x, y, w), s, jax.numpy))
        for number in range(1, STEPS + 1):
            traced, record = compiled(traced, batch.x, batch.y, batch.weight, work.scalars(number))
            compiled_losses.append(total_loss(record))
    assert first is not pure
    expected_losses, expected = work.trained()
    np.testing.assert_array_equal(np.float32(losses), expected_losses)
    np.testing.assert_allclose(compiled_losses, losses, rtol=1e-9, atol=1e-12)
    assert len(leaves(traced)) == len(leaves(pure)) == len(leaves(expected))
    for compiled, ours, engines in zip(leaves(traced), leaves(pure), leaves(expected)):
        np.testing.assert_array_equal(ours, engines)
        np.testing.assert_allclose(compiled, ours, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("case", cases.CHAINED, ids=repr)
def test_layers(case):
    x = cases.inputs(case, 4, np.float64)
    if repr(case).startswith("multiply"):
        x = x / 4  # products of many numbers grow fast
    shape = (4, *case.make().output_shape(case.shape))
    assert_steps_agree(Work([case.make()], "mse", Data(x, RNG.normal(size=shape))))


@pytest.mark.parametrize("case", cases.LOSSES, ids=repr)
def test_losses(case):
    ending = {"chances": "sigmoid"}.get(case.predictions)
    assert_steps_agree(Work([layers.Dense(4, ending)], case.make(), Data(X, labels(case.targets, 9), WEIGHT)))


@pytest.mark.parametrize("case", cases.OPTIMIZERS, ids=repr)
def test_optimizers(case):
    stack = [layers.Dense(3, "tanh", kernel_regularizer="l1_l2"), layers.Dense(2, name="last")]
    assert_steps_agree(Work(stack, "mse", Data(X, NUMBERS), case.make()))


@pytest.mark.parametrize(("targets", "predictions"), sorted({(m.targets, m.predictions) for m in cases.METRICS}))
def test_metrics(targets, predictions):
    """All that judge such predictions in one network, without weights and with them."""
    loss = {"ids": "sparse_categorical_crossentropy"}.get(targets, "mse")
    stack = [layers.Dense(4, "softmax" if predictions == "chances" else None)]
    own = tuple(m.make for m in cases.METRICS if (m.targets, m.predictions) == (targets, predictions))
    assert_steps_agree(Work(stack, loss, Data(X, labels(targets, 9), WEIGHT), metrics=own))


@pytest.mark.parametrize("case", cases.REGULARIZERS, ids=repr)
def test_regularizers(case):
    assert_steps_agree(Work([layers.Dense(4, kernel_regularizer=case.make())], "mse", Data(X, RNG.normal(size=(9, 4)))))


def test_an_epoch_is_a_scan():
    """With dropout, batch statistics, momentum and metrics, in float32 as JAX is by default."""
    rng = np.random.default_rng(8)
    x, ids = rng.normal(size=(48, 5)).astype(np.float32), rng.integers(0, 3, 48)
    stack = [
        layers.Dense(6, "relu"),
        layers.BatchNormalization(),
        layers.Dropout(0.3),
        layers.GaussianNoise(0.1),
        layers.Dense(3, "softmax"),
    ]
    work = Work(stack, "sparse_categorical_crossentropy", Data(x, ids), "adam", (lambda: "accuracy",), "float32")
    per_step = [work.scalars(number) for number in range(1, 7)]
    with jax_in_64_bits(False) as jax:
        xp = jax.numpy
        start = jax.tree.map(xp.asarray, work.carry())
        scalars = {name: xp.asarray([s[name] for s in per_step]) for name in per_step[0]}

        def body(carry, inputs):
            batch, own = inputs
            carry, record = step(work.plan, carry, Data(*batch), own, xp)
            return carry, record.loss + record.penalty

        inputs = (x.reshape(6, 8, 5), ids.reshape(6, 8)), scalars
        end, losses = jax.jit(lambda *a: jax.lax.scan(body, *a))(start, inputs)
        end, losses = jax.tree.map(np.asarray, end), np.asarray(losses)
    engine = ReferenceEngine(work.plan, work.model.store, work.state)
    engine.reset_metrics()
    chunk = engine.train(work.data, Steps(None, 0, 48, 8, np.full(6, RATE), None, 0))
    np.testing.assert_allclose(losses, chunk.losses, rtol=2e-5)
    expected = begin(work.plan, work.model.store, work.state, [one.metric.sums for one in engine._tracked])
    for ours, theirs in zip(leaves(end), leaves(expected), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)


# What users have written for a step that was not pure.


class Own(optimizers.Optimizer):
    """Its step looks at the number, in Python."""

    slots = ("sum",)

    def update(self, w, g, slots, learning_rate, step, xp=np):
        total = slots["sum"] + g if step > 1 else g
        return w - learning_rate * total, {"sum": total}


class Halved(optimizers.SGD):
    def update(self, w, g, slots, learning_rate, step, xp=np):
        return super().update(w, g, slots, learning_rate / 2, step, xp)


@pytest.mark.parametrize(
    ("ours", "same"), [(Own(), optimizers.SGD(momentum=1.0)), (Halved(0.1), optimizers.SGD(0.05))], ids=repr
)
def test_optimizers_with_an_update_of_their_own(ours, same):
    def fitted(optimizer):
        model = Sequential([Input((5,)), layers.Dense(3, "tanh"), layers.Dense(2)])
        optimizer.learning_rate = 0.05 if optimizer is not ours or not isinstance(ours, Halved) else 0.1
        model.compile(optimizer, "mse", engine="reference", dtype="float64")
        model.fit(X, NUMBERS, epochs=5, batch_size=4, verbose=0, seed=2)
        return model.get_weights()

    for a, b in zip(fitted(ours), fitted(same)):
        np.testing.assert_allclose(a, b, rtol=1e-12)


class Largest(metrics.Metric):
    def __init__(self):
        super().__init__(name="largest")
        self.reset_state()

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.found = max(self.found, float(np.abs(y_true - y_pred).max()))

    def result(self):
        return self.found

    def reset_state(self):
        self.found = 0.0


class Doubled(metrics.MeanSquaredError):
    def update_state(self, y_true, y_pred, sample_weight=None):
        super().update_state(y_true, y_pred, sample_weight)
        self.total *= 2


def test_metrics_with_an_update_state_of_their_own():
    model = Sequential([Input((5,)), layers.Dense(2)])
    model.compile("sgd", "mse", metrics=[Largest(), Doubled("double")], engine="reference")
    found = model.evaluate(X, NUMBERS, verbose=0, return_dict=True)
    errors = NUMBERS - model.predict(X)
    assert found["largest"] == pytest.approx(np.abs(errors).max(), rel=1e-6)
    assert found["double"] == pytest.approx(2 * np.mean(errors**2), rel=1e-6)
    own = Largest()
    assert updated(own, own.sums, NUMBERS, NUMBERS + 3, None, np) == {"found": pytest.approx(3)}
    assert own.sums == {"found": 0.0}
