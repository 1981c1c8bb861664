"""The reference engine on other arrays than NumPy's: every row of the tables, on PyTorch's and the standard's own."""

import numpy as np
import pytest

from clarinet import Input, Sequential, layers
from clarinet.engines import Data, ReferenceEngine, Steps
from clarinet.optimizers import OptimizerState
from tests import cases
from tests.native.test_parity import labels

DEVICES = ("torch", "array_api_strict")
RNG = np.random.default_rng(8)
X = RNG.normal(size=(9, 5)).astype(np.float32)

on_each = pytest.mark.parametrize("device", DEVICES)


def need(device):
    for library in ("torch", "array_api_compat") if device == "torch" else (device,):
        pytest.importorskip(library)


def outcome(device, make, loss, data, optimizer="sgd", metrics=(), inputs=None):
    """Two epochs, an evaluation and predictions: all numbers that come of them."""
    model = Sequential([Input(inputs or data.x.shape[1:]), *make()])
    model.seed = 3
    model.compile(optimizer() if callable(optimizer) else optimizer, loss, metrics=list(metrics), dtype="float64")
    state = OptimizerState.new(model.optimizer, model.store.layout, np.float64)
    engine = ReferenceEngine(model.make_plan(data.label_shapes), model.store, state, device=device)
    n = len(data)
    steps = Steps(None, 0, n, 4, np.full(-(-n // 4), 0.01), None, 2)
    chunks = [engine.train(data, steps) for _ in range(2)]
    engine.evaluate(data, 4)
    numbers = [c.losses for c in chunks] + [np.array(list(engine.results().values())), engine.predict(data.x, 4)]
    stats = [getattr(s, f) for c in chunks for s in c.layers for f in s.__slots__]
    return [*numbers, np.array(stats, float), *model.get_weights(), *state.slots.values()]


def assert_same(device, *arguments, **settings):
    need(device)
    ours, expected = (outcome(d, *arguments, **settings) for d in (device, None))
    for a, b in zip(ours, expected, strict=True):
        assert isinstance(a, np.ndarray)
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("case", cases.CHAINED, ids=repr)
def test_layers(case):
    """On PyTorch's arrays; the contracts have the standard's own."""
    x, y = cases.inputs(case, 9, np.float64), RNG.normal(size=(9, 2))
    assert_same("torch", lambda: [case.make(), layers.Flatten(), layers.Dense(2)], "mse", Data(x, y))


@on_each
@pytest.mark.parametrize("case", cases.ACTIVATIONS, ids=repr)
def test_activations(case, device):
    work = Data(X, RNG.normal(size=(9, 4)))
    assert_same(device, lambda: [layers.Dense(4), layers.Activation(case.make()), layers.Dense(4)], "mse", work)


@on_each
@pytest.mark.parametrize("case", cases.LOSSES, ids=repr)
def test_losses(case, device):
    ending = {"chances": "sigmoid"}.get(case.predictions)
    data = Data(X, labels(case.targets, 9), RNG.uniform(0.5, 2, 9).astype(np.float32))
    assert_same(device, lambda: [layers.Dense(4, ending)], case.make(), data)


@on_each
@pytest.mark.parametrize("case", cases.OPTIMIZERS, ids=repr)
def test_optimizers(case, device):
    data = Data(X, RNG.normal(size=(9, 2)))
    stack = [layers.Dense(3, "tanh", kernel_regularizer="l1_l2"), layers.Dense(2)]
    assert_same(device, lambda: [x.detached() for x in stack], "mse", data, optimizer=case.make)


@on_each
@pytest.mark.parametrize("case", cases.REGULARIZERS, ids=repr)
def test_regularizers(case, device):
    data = Data(X, RNG.normal(size=(9, 2)))
    assert_same(device, lambda: [layers.Dense(4, kernel_regularizer=case.make()), layers.Dense(2)], "mse", data)


@on_each
def test_a_program(device, tmp_path):
    need(device)
    stack = [layers.Dense(8, "relu"), layers.BatchNormalization(), layers.Dropout(0.2), layers.Dense(3, "softmax")]
    model = Sequential([Input((5,)), *stack])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], device=device)
    assert model.engine == "reference" and model.engine_reason == f"asked for with device={device!r}"
    history = model.fit(X, labels("ids", 9, 3), epochs=3, verbose=0, validation_split=0.3).history
    assert len(history["val_accuracy"]) == 3
    before = model.predict(X)
    model.save(tmp_path / "m.clarinet")
    again = Sequential.load(tmp_path / "m.clarinet")  # on the processor
    assert again.engine == "native"
    np.testing.assert_allclose(again.predict(X), before, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("device", "error", "message"),
    [
        ("gpu", ValueError, "unknown device 'gpu': did you mean 'cpu'"),
        ("tpu:0", ValueError, "unknown device 'tpu:0'"),
        (3, TypeError, "device is a name"),
        ("torch:xyz", ValueError, "PyTorch has no such device"),
    ],
)
def test_other_devices_are_refused(device, error, message):
    need("torch")
    model = Sequential([Input((5,)), layers.Dense(1)])
    with pytest.raises(error, match=message):
        model.compile("sgd", "mse", device=device)
    with pytest.raises(ValueError, match="leave out engine='native'"):
        model.compile("sgd", "mse", device="cpu", engine="native")
