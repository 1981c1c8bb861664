"""An author's attributes may have any name, also one that the library uses on layers and models."""

import copy
import inspect
import pickle

import numpy as np
import pytest

import clarinet
from clarinet import layers
from clarinet.layers.attributes import SHARED

X, Y = np.ones((8, 4), np.float32), np.ones((8, 1), np.float32)


class Plain(clarinet.Model):
    def __init__(self):
        super().__init__()
        self.out = layers.Dense(1)

    def call(self, x):
        return self.out(x)


class Own(layers.Layer):
    def call(self, x):
        return x


def names_of(holder):
    return sorted(n for n in dir(holder) if n[:2] != "__" and n not in SHARED and n not in ("out", "seed"))


MODEL_NAMES, LAYER_NAMES = names_of(Plain()), names_of(Own())


def model_with(name):
    class Named(clarinet.Model):
        def __init__(self):
            super().__init__()
            setattr_of(self, name, layers.Dense(3))
            self.out = layers.Dense(1)

        def call(self, x):
            return self.out(getattr(self, name)(x))

    return Named()


def setattr_of(self, name, value):
    setattr(self, name, value)


@pytest.mark.slow
@pytest.mark.parametrize("name", MODEL_NAMES)
def test_a_model_keeps_a_layer_under_any_name(name):
    model = model_with(name)
    model.compile("sgd", "mse", run_eagerly=False)
    history = model.fit(X, Y, epochs=2, verbose=0).history["loss"]
    assert history[1] < history[0]
    assert getattr(model, name).units == 3
    assert [w.shape for w in model.weights] == [(4, 3), (3,), (3, 1), (1,)]
    np.testing.assert_allclose(copy.deepcopy(model).predict(X, verbose=0), model.predict(X, verbose=0))


@pytest.mark.slow
@pytest.mark.parametrize("name", LAYER_NAMES)
def test_a_layer_keeps_a_layer_under_any_name(name):
    class Named(layers.Layer):
        def __init__(self):
            super().__init__()
            setattr_of(self, name, layers.Dense(3))

        def call(self, x):
            return getattr(self, name)(x)

    layer = Named()
    model = clarinet.Sequential([clarinet.Input((4,)), layer, layers.Dense(1)])
    model.compile("sgd", "mse")
    history = model.fit(X, Y, epochs=2, verbose=0).history["loss"]
    assert history[1] < history[0]
    assert [w.shape for w in layer.trainable_weights] == [(4, 3), (3,)]
    assert layer(X).shape == (8, 3)


class Everything(layers.Layer):
    def __init__(self):
        super().__init__()
        for name in LAYER_NAMES:
            setattr_of(self, name, layers.Dense(2))

    def call(self, x):
        return sum(getattr(self, name)(x) for name in LAYER_NAMES)


def test_all_names_at_once():
    class Named(clarinet.Model):
        def __init__(self):
            super().__init__()
            for name in MODEL_NAMES:
                setattr_of(self, name, layers.Dense(2))
            self.out = Everything()

        def call(self, x):
            return self.out(sum(getattr(self, name)(x) for name in MODEL_NAMES))

    model = Named()
    model.compile("adam", "mse")
    history = model.fit(X, np.ones((8, 2)), epochs=2, verbose=0).history["loss"]
    assert history[1] < history[0]
    assert len(model.weights) == 2 * len(MODEL_NAMES) + 2 * len(LAYER_NAMES)


class Pickled(clarinet.Model):
    def __init__(self):
        super().__init__()
        self.network = layers.Dense(1)

    def call(self, x):
        return self.network(x)


def test_the_library_still_finds_its_own():
    model = Pickled()
    model.seed = 5
    assert model.seed == 5
    model.build((None, 4))
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
    assert isinstance(again.network, layers.Dense)
    del Pickled.network  # as in a process that has not made one
    again = pickle.loads(pickle.dumps(model))
    assert isinstance(again.network, layers.Dense)


def test_a_plain_model_still_refuses_from_outside():
    with pytest.raises(AttributeError, match="network"):
        Plain().network = 3


def test_metadata_and_seed_are_settings():
    class Told(Plain):
        def __init__(self):
            super().__init__()
            self.metadata = {"classes": ["a"]}
            self.seed = 7

    model = Told()
    assert model.metadata == {"classes": ["a"]} and inspect.getattr_static(Told, "metadata", None) is None
    assert model.seed == 7


class Hidden(layers.Layer):
    def __init__(self):
        super().__init__()
        self._inner = layers.Dense(3)
        self._rest = {"last": [layers.Dense(2)]}

    def call(self, x):
        return self._rest["last"][0](self._inner(x))


def test_layers_in_private_attributes_are_layers_of_it():
    class Model(clarinet.Model):
        def __init__(self):
            super().__init__()
            self._hidden = Hidden()
            self._network = layers.Dense(1)
            self._mean = clarinet.metrics.Mean("own")

        def call(self, x):
            return self._network(self._hidden(x))

    model = Model()
    model.compile("sgd", "mse")
    history = model.fit(X, Y, epochs=2, verbose=0).history["loss"]
    assert history[1] < history[0]
    assert [w.shape for w in model.weights] == [(4, 3), (3,), (3, 2), (2,), (2, 1), (1,)]
    assert "own" in [metric.name for metric in model.metrics]
    assert len(model.layers) == 2


def test_a_model_without_call_has_layers_that_adapted():
    class Steps(clarinet.Model):
        def __init__(self):
            super().__init__()
            self.normalizer = layers.Normalization()
            self.network = clarinet.Sequential([clarinet.Input((4,)), layers.Dense(1)])

        def train_step(self, data):
            with clarinet.GradientTape() as tape:
                loss = clarinet.ops.mean(self.network(self.normalizer(data), training=True) ** 2)
            grads = tape.gradient(loss, self.network.trainable_weights)
            self.optimizer.apply_gradients(zip(grads, self.network.trainable_weights, strict=True))
            return {"loss": loss, "mean": clarinet.ops.mean(self.normalizer.mean)}

    model = Steps()
    model.normalizer.adapt(np.arange(16, dtype=np.float32).reshape(4, 4))
    model.compile("sgd")
    history = model.fit(X, epochs=2, verbose=0).history
    assert history["loss"][1] < history["loss"][0]
    assert history["mean"][0] == 7.5
