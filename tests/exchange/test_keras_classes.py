"""Models and layers of one's own in Keras's files, both ways."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet

pytest.importorskip("h5py")
pytest.importorskip("pyfive")
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras on JAX

X = np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32)


def classes(k: Any) -> type[Any]:
    """A model and a layer, with attributes before and after ``layers``, in lists, and models within."""

    @k.saving.register_keras_serializable("exchanged")
    class Scaled(k.layers.Layer):  # type: ignore[misc]
        def __init__(self, factor: float = 1.0, **settings: Any) -> None:
            super().__init__(**settings)
            self.factor = factor
            self.inner = k.layers.Dense(4)

        def build(self, input_shape: Any) -> None:
            self.inner.build(input_shape)
            self.gain = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="gain")

        def call(self, inputs: Any) -> Any:
            return self.factor * self.gain * self.inner(inputs)

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "factor": self.factor}

    @k.saving.register_keras_serializable("exchanged")
    class Net(k.Model):  # type: ignore[misc]
        def __init__(self, units: int = 3, **settings: Any) -> None:
            super().__init__(**settings)
            self.units = units
            self.end = k.layers.Dense(units, name="end")
            self.blocks = [k.layers.Dense(4, "relu"), Scaled(0.5), k.layers.Dense(4)]
            self.within = k.Sequential([k.layers.Dense(4), k.layers.BatchNormalization()])
            self.scale = Scaled(2.0)

        def call(self, inputs: Any) -> Any:
            x = inputs
            for block in self.blocks:
                x = block(x)
            return self.end(self.scale(self.within(x)))

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "units": self.units}

    return Net


def test_models_of_ones_own_go_to_keras_and_back(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    theirs = classes(keras)(units=2)
    theirs(X)
    rng = np.random.default_rng(0)
    theirs.set_weights([rng.uniform(0.1, 0.9, w.shape) for w in theirs.get_weights()])
    expected = np.asarray(theirs(X))
    theirs.save(tmp_path / "k.keras")
    theirs.save_weights(tmp_path / "k.weights.h5")
    net = classes(clarinet)
    found = clarinet.models.load_model(tmp_path / "k.keras")
    assert isinstance(found, net) and found.units == 2
    np.testing.assert_allclose(found.predict(X), expected, rtol=1e-5, atol=1e-5)
    again: Any = net(units=2)
    again.build((None, 4))
    again.load_weights(tmp_path / "k.weights.h5")
    np.testing.assert_allclose(again.predict(X), expected, rtol=1e-5, atol=1e-5)
    again.save(tmp_path / "c.keras")
    again.save_weights(tmp_path / "c.weights.h5")
    back = keras.models.load_model(tmp_path / "c.keras")
    np.testing.assert_allclose(np.asarray(back(X)), expected, rtol=1e-5, atol=1e-5)
    fresh = type(theirs)(units=2)
    fresh(X)
    fresh.load_weights(tmp_path / "c.weights.h5")
    np.testing.assert_allclose(np.asarray(fresh(X)), expected, rtol=1e-5, atol=1e-5)


def test_models_that_nobody_registered_are_written_as_networks(tmp_path: Path) -> None:
    class Plain(clarinet.Model):
        def __init__(self) -> None:
            super().__init__()
            self.begin, self.end = clarinet.layers.Dense(4), clarinet.layers.Dense(2)

        def call(self, inputs: Any) -> Any:
            return self.end(clarinet.ops.relu(self.begin(inputs)))

    model = Plain()
    expected = model.predict(X)
    model.save(tmp_path / "p.keras")
    found = clarinet.models.load_model(tmp_path / "p.keras")
    assert type(found) is clarinet.Model
    np.testing.assert_allclose(found.predict(X), expected, rtol=1e-6)
