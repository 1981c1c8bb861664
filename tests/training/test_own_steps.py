"""Models that say themselves what a step is: train_step and what it is made of, metrics, losses that layers add."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import layers, metrics, ops

rng = np.random.default_rng(3)
X = rng.normal(size=(20, 4)).astype(np.float32)
Y = (X[:, :1] - X[:, 1:2] ** 2).astype(np.float32)
WEIGHTS = rng.uniform(0.5, 1.5, size=20).astype(np.float32)
FIT = {"batch_size": 6, "epochs": 2, "shuffle": False, "verbose": 0}


class Plain(clarinet.Model):
    """What ``fit`` does by itself, said in Python."""

    def train_step(self, data: Any) -> Any:
        return super().train_step(data)


def network(kind: type[clarinet.Model] = clarinet.Model, heads: int = 1, **settings: Any) -> clarinet.Model:
    inputs = clarinet.Input((4,))
    hidden = layers.Dense(6, "tanh", kernel_regularizer="l2", activity_regularizer="l1")(inputs)
    hidden = layers.BatchNormalization()(hidden)
    outputs = [layers.Dense(1, name=f"out_{number}")(hidden) for number in range(heads)]
    model = kind(inputs, outputs if heads > 1 else outputs[0])
    model.set_weights([np.random.default_rng(1).uniform(0.1, 0.5, w.shape) for w in model.get_weights()])
    model.compile(clarinet.optimizers.Adam(0.05), "mse", metrics="mae", weighted_metrics="mse", **settings)
    return model


def assert_same(one: clarinet.Model, other: clarinet.Model, ours: Any, theirs: Any) -> None:
    assert ours.history.keys() == theirs.history.keys()
    for name, values in theirs.history.items():
        np.testing.assert_allclose(ours.history[name], values, rtol=2e-5, atol=1e-6, err_msg=name)
    for w, v in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(w, v, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("heads", [1, 2])
def test_the_step_in_python_gives_the_numbers_of_the_engine(heads: int) -> None:
    python, engine = network(Plain, heads), network(heads=heads)
    assert python.engine == "python"
    assert python.engine_reason == "Plain defines train_step: its steps run in Python, batch by batch"
    y = [Y, -Y] if heads > 1 else Y
    given = {**FIT, "validation_data": (X[:7], [v[:7] for v in y] if heads > 1 else y[:7]), "sample_weight": WEIGHTS}
    if heads > 1:
        given["sample_weight"] = [WEIGHTS, WEIGHTS]
    assert_same(python, engine, python.fit(X, y, **given), engine.fit(X, y, **given))
    np.testing.assert_allclose(
        python.evaluate(X, y, batch_size=6), engine.evaluate(X, y, batch_size=6), rtol=2e-4, atol=1e-5
    )
    predictions = python.predict(X, batch_size=7)
    for ours, theirs in zip(*(p if heads > 1 else [p] for p in (predictions, engine.predict(X))), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_it_is_shuffled_weighted_and_fed_as_others_are() -> None:
    python, engine = network(Plain), network()
    labels = (Y > 0).astype(np.int64)
    given: dict[str, Any] = {"batch_size": 6, "epochs": 2, "verbose": 0, "seed": 4, "class_weight": {0: 0.5, 1: 2.0}}
    assert_same(python, engine, python.fit(X, labels, **given), engine.fit(X, labels, **given))
    batches = [(X[i : i + 5], Y[i : i + 5], WEIGHTS[i : i + 5]) for i in (0, 5, 10)]
    theirs = engine.fit(iter(batches), verbose=0)
    assert_same(python, engine, python.fit(iter(batches), verbose=0), theirs)
    np.testing.assert_allclose(python.train_on_batch(X[:5], Y[:5]), engine.train_on_batch(X[:5], Y[:5]), rtol=1e-4)
    np.testing.assert_allclose(python.test_on_batch(X[:5], Y[:5]), engine.test_on_batch(X[:5], Y[:5]), rtol=1e-4)
    split = python.fit(X, Y, validation_split=0.25, **FIT)
    assert len(split.history["val_mae"]) == 2


def test_callbacks_see_steps_and_may_stop_and_change_the_rate() -> None:
    seen: list[float] = []

    class Watch(clarinet.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            seen.append(logs["loss"])
            self.model.optimizer.learning_rate.assign(self.model.optimizer.learning_rate * 0.5)
            self.model.stop_training = len(seen) == 5

    model = network(Plain)
    model.fit(X, Y, callbacks=[Watch()], **FIT)
    assert len(seen) == 5 and int(model.optimizer.iterations) == 5
    assert float(model.optimizer.learning_rate) == pytest.approx(0.05 / 32)
    best = model.fit(X, Y, epochs=9, verbose=0, callbacks=[clarinet.callbacks.EarlyStopping("loss", min_delta=1e9)])
    assert len(best.epoch) == 2


def test_a_subclass_of_sequential_and_of_a_model_with_a_call() -> None:
    class Stack(clarinet.Sequential):
        def test_step(self, data: Any) -> Any:
            x, y = data
            return {"worst": ops.max(ops.abs(self(x, training=False) - y))}

    class Called(clarinet.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = layers.Dense(1)

        def call(self, inputs: Any) -> Any:
            return self.dense(inputs["a"]) * inputs["b"]

        def predict_step(self, data: Any) -> Any:
            return {"twice": 2 * super().predict_step(data), "rows": data["b"]}

    stack = Stack([layers.Dense(1)])
    stack.compile("sgd", "mse")
    logs = stack.fit(X, Y, validation_data=(X, Y), verbose=0).history
    assert set(logs) == {"loss", "val_worst"}
    assert logs["val_worst"][-1] == pytest.approx(abs(stack.predict(X) - Y).max(), rel=1e-5)
    called = Called()
    called.compile("sgd", "mse")
    data = {"a": X, "b": Y}
    called.fit(data, Y, verbose=0)
    found = called.predict(data, batch_size=8)
    np.testing.assert_allclose(found["twice"], 2 * np.asarray(called(data)), rtol=1e-5)
    assert found["rows"].tolist() == Y.tolist()


def test_a_step_without_labels_and_without_a_network(tmp_path: Path) -> None:
    """An autoencoder of two models, with trackers and losses of its own."""

    class Pair(clarinet.Model):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = clarinet.Sequential([clarinet.Input((4,)), layers.Dense(2)])
            self.decoder = clarinet.Sequential([clarinet.Input((2,)), layers.Dense(4)])
            self.tracker = metrics.Mean(name="error")

        @property
        def metrics(self) -> Any:
            return [self.tracker]

        def train_step(self, data: Any) -> Any:
            with clarinet.GradientTape() as tape:
                error = ops.mean(ops.square(self.decoder(self.encoder(data)) - data))
            self.optimizer.apply_gradients(
                zip(tape.gradient(error, self.trainable_weights), self.trainable_weights, strict=True)
            )
            self.tracker.update_state(error)
            return {"error": self.tracker.result()}

    model = Pair()
    model.compile(clarinet.optimizers.Adam(0.05))
    history = model.fit(X, epochs=6, batch_size=5, verbose=0).history["error"]
    assert history[-1] < 0.8 * history[0]
    weights, path = model.get_weights(), tmp_path / "pair.safetensors"
    assert len(weights) == 4 and model.count_params() == 22
    model.summary(print_fn=lambda line: None)
    model.save_weights(path)
    model.encoder.set_weights([np.zeros((4, 2)), np.zeros(2)])
    model.load_weights(path)
    assert all((a == b).all() for a, b in zip(weights, model.get_weights(), strict=True))
    assert set(model.fit(iter([X[:5], (X[5:10],)]), verbose=0).history) == {"error"}


class Endpoint(layers.Layer):
    """A layer that knows the labels, and adds the loss."""

    def call(self, logits: Any, targets: Any = None) -> Any:
        self.add_loss(ops.mean(ops.square(logits - targets)))
        self.add_loss(0.1 * ops.abs(logits))
        return ops.tanh(logits)


def endpoint(kind: type[clarinet.Model]) -> clarinet.Model:
    inputs, targets = clarinet.Input((4,), name="x"), clarinet.Input((1,), name="targets")
    logits = layers.Dense(1, kernel_regularizer=lambda w: 0.01 * ops.sum(w**4))(inputs)
    model = kind({"x": inputs, "targets": targets}, Endpoint()(logits, targets))
    model.set_weights([np.full((4, 1), 0.2), np.zeros(1)])
    model.compile(clarinet.optimizers.SGD(0.1))
    return model


def test_losses_that_layers_add_are_learned_without_labels() -> None:
    fitted, stepped = endpoint(clarinet.Model), endpoint(Plain)
    data = {"x": X, "targets": Y}
    assert_same(fitted, stepped, fitted.fit(data, **FIT), stepped.fit(data, **FIT))
    assert fitted.evaluate(data, batch_size=20) == pytest.approx(stepped.evaluate(data, batch_size=20), rel=1e-4)
    w = fitted.get_weights()[0].astype(np.float64)
    logits = X @ w + fitted.get_weights()[1]
    fitted(data)
    parts = [((logits - Y) ** 2).mean(), 0.1 * abs(logits).sum(), 0.01 * (w**4).sum()]
    assert [float(np.sum(loss)) for loss in fitted.losses] == pytest.approx(parts, rel=1e-4)
    with clarinet.GradientTape() as tape:
        fitted(data)
        loss = sum(ops.sum(loss) for loss in fitted.losses)
    slope = (2 * (logits - Y) / 20 + 0.1 * np.sign(logits)).sum(axis=0)
    np.testing.assert_allclose(tape.gradient(loss, fitted.trainable_variables)[1], slope, rtol=1e-3)


def test_losses_come_in_the_order_of_keras() -> None:
    class Adds(layers.Layer):
        def __init__(self, value: float) -> None:
            super().__init__()
            self.value, self.inner = value, None

        def call(self, inputs: Any) -> Any:
            self.add_loss(ops.mean(inputs) * 0 + self.value)
            return inputs if self.inner is None else self.inner(inputs)

    outer = Adds(1.0)
    outer.inner = Adds(2.0)
    dense = layers.Dense(4, kernel_regularizer="l2", bias_regularizer="l1", activity_regularizer="l2")
    model = clarinet.Sequential([clarinet.Input((4,)), outer, dense, Adds(3.0)])
    y = np.asarray(model(X))
    kernel = model.get_weights()[0]
    expected = [1.0, 2.0, 0.01 * (y**2).sum() / 20, 3.0, 0.01 * (kernel**2).sum(), 0.0]
    assert [float(loss) for loss in model.losses] == pytest.approx(expected, rel=1e-4)


def test_compute_metrics_and_run_eagerly() -> None:
    class Counted(clarinet.Sequential):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            self.rows = metrics.Mean(name="rows")

        def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
            self.rows.update_state(len(x))
            return super().compute_metrics(x, y, y_pred, sample_weight)

    model = Counted([layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    assert list(model.fit(X, Y, batch_size=5, verbose=0).history) == ["loss", "mae", "rows"]
    assert model.evaluate(X, Y, batch_size=10)[-1] == 10

    class Branching(clarinet.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = layers.Dense(1)

        def call(self, inputs: Any) -> Any:
            return self.dense(inputs if float(ops.sum(inputs)) > 0 else -inputs)

    branching = Branching()
    branching.compile("sgd", "mse", run_eagerly=True)
    assert "run_eagerly=True" in branching.engine_reason
    assert len(branching.fit(X, Y, epochs=2, verbose=0).history["loss"]) == 2


def test_what_cannot_be_is_said() -> None:
    class Stateless(clarinet.Sequential):
        def train_step(self, state: Any, data: Any) -> Any:
            return {}, state

    class Silent(clarinet.Sequential):
        def train_step(self, data: Any) -> Any:
            return 0.5

    for kind, message in ((Stateless, "steps that carry a state are for Keras on JAX"), (Silent, "a dictionary")):
        model = kind([layers.Dense(1)])
        model.compile("sgd", "mse")
        with pytest.raises(TypeError, match=message):
            model.fit(X, Y, verbose=0)
    model = network(Plain)
    with pytest.raises(ValueError, match="y has 5 rows, x 20: expected as many in both"):
        model.fit(X, Y[:5], verbose=0)
    with pytest.raises(ValueError, match="the loss of compile needs labels"):
        model.fit(X, verbose=0)
    with pytest.raises(ValueError, match="engine='native' cannot run this model: Plain defines train_step"):
        network(Plain, engine="native").fit(X, Y, verbose=0)
    for look in (clarinet.glass.trace, clarinet.find_learning_rate):
        with pytest.raises(ValueError, match="looks at the steps of an engine, but Plain defines train_step"):
            look(model, X, Y)
    with pytest.raises(ValueError, match="Doctor looks at the steps of an engine, but Plain defines train_step"):
        model.fit(X, Y, verbose=0, callbacks=[clarinet.doctor.Doctor()])
    with pytest.raises(NotImplementedError, match="there is no add_metric; give compile the metric"):
        model.add_metric(1.0)
    with pytest.raises(ValueError, match="not among the model's inputs"):
        model.add_loss(clarinet.Input((1,)))


def test_copies_go_their_own_ways() -> None:
    model = network(Plain)
    model.fit(X, Y, **FIT)
    clone = copy.deepcopy(model)
    assert_same(clone, model, clone.fit(X, Y, **FIT), model.fit(X, Y, **FIT))
