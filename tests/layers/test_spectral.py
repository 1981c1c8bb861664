"""SpectralNormalization trains as in Keras, on both engines, and uses what it has trained."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import layers

RNG = np.random.default_rng(5)
IMAGES = RNG.normal(size=(16, 6, 6, 2)).astype(np.float32)
ROWS = RNG.normal(size=(16, 5)).astype(np.float32)
IDS = RNG.integers(0, 7, (16, 4)).astype(np.float32)

#: Layers, their settings, and what they take.
INNER = {
    "Dense": ("Dense", {"units": 3, "activation": "tanh"}, ROWS),
    "Conv2D": ("Conv2D", {"filters": 3, "kernel_size": 3, "strides": 2, "padding": "same"}, IMAGES),
    "Conv1D": ("Conv1D", {"filters": 3, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}, IMAGES[:, 0]),
    "Conv2DTranspose": ("Conv2DTranspose", {"filters": 2, "kernel_size": 3, "strides": 2}, IMAGES),
    "EinsumDense": ("EinsumDense", {"equation": "ab,bc->ac", "output_shape": 3, "bias_axes": "c"}, ROWS),
    "Embedding": ("Embedding", {"input_dim": 7, "output_dim": 3}, IDS),
    "DepthwiseConv2D": ("DepthwiseConv2D", {"kernel_size": 3, "depth_multiplier": 2, "strides": 2}, IMAGES),
    "DepthwiseConv1D": ("DepthwiseConv1D", {"kernel_size": 3, "padding": "same"}, IMAGES[:, 0]),
}
#: Those that run natively within; the others do on the reference engine.
NATIVE = ("Dense", "Conv2D", "Conv1D", "Embedding", "DepthwiseConv2D", "DepthwiseConv1D")


def pair(kind: str, settings: dict[str, Any], x: np.ndarray, power: int = 2) -> tuple[Any, Any]:
    """A model here and in Keras with the same weights."""
    import keras

    made = []
    for library in (keras, clarinet):
        own = library.layers
        inputs = own.Input(x.shape[1:])
        y = own.SpectralNormalization(getattr(own, kind)(**settings), power_iterations=power)(inputs)
        model = library.Model(inputs, own.Dense(1)(own.Flatten()(y)))
        model.compile(library.optimizers.SGD(0.05), "mse")
        made.append(model)
    theirs, ours = made
    own_vector, *others = ours.layers[1].weights
    values = {weight.path.split("/")[-1]: np.asarray(weight.numpy()) for weight in (own_vector, *others)}
    theirs.layers[1].set_weights([values[weight.path.split("/")[-1]] for weight in theirs.layers[1].weights])
    theirs.layers[-1].set_weights(ours.layers[-1].get_weights())
    return ours, theirs


@pytest.mark.parametrize(
    "name",
    ["Dense", *(pytest.param(n, marks=pytest.mark.slow) for n in INNER if n != "Dense")],
)
def test_sixteen_steps_are_those_of_keras(name: str) -> None:
    kind, settings, x = INNER[name]
    clarinet.utils.set_random_seed(0)
    ours, theirs = pair(kind, settings, x)
    y = RNG.normal(size=(16, 1)).astype(np.float32)
    first = {"batch_size": 8, "epochs": 8, "shuffle": False, "verbose": 0}
    start = ours.get_weights()
    losses = ours.fit(x, y, **first).history["loss"]
    np.testing.assert_allclose(losses, theirs.fit(x, y, **first).history["loss"], rtol=3e-4, atol=1e-6)
    assert ours.engine == ("native" if name in NATIVE else "reference")
    ours.set_weights(start)
    ours.compile(clarinet.optimizers.SGD(0.05), "mse", engine="reference")
    np.testing.assert_allclose(ours.fit(x, y, **first).history["loss"], losses, rtol=3e-4, atol=1e-6)


@pytest.mark.parametrize("name", NATIVE)
def test_one_step_on_each_engine(name: str) -> None:
    kind, settings, x = INNER[name]
    found = []
    for engine in ("native", "reference"):
        clarinet.utils.set_random_seed(1)
        model = clarinet.Sequential(
            [
                layers.Input(x.shape[1:]),
                layers.SpectralNormalization(getattr(layers, kind)(**settings)),
                layers.Flatten(),
                layers.Dense(1),
            ]
        )
        model.compile(clarinet.optimizers.SGD(0.1), "mse", engine=engine)
        before = model.get_weights()
        model.fit(x, np.ones((16, 1)), verbose=0)
        assert all((a != b).any() for a, b in zip(before, model.get_weights(), strict=True) if np.ndim(a) > 1)
        found.append([*model.get_weights(), model.predict(x)])
    for ours, expected in zip(*found, strict=True):
        np.testing.assert_allclose(ours, expected, atol=2e-5)


def test_nothing_is_stretched_and_use_is_as_training(tmp_path: Any) -> None:
    layer = layers.SpectralNormalization(layers.Dense(4, use_bias=False), power_iterations=30)
    x = 10 * ROWS
    assert np.linalg.norm(layer(x, training=True), axis=1).max() <= np.linalg.norm(x, axis=1).max() * 1.001
    np.testing.assert_allclose(layer(x), layer(x, training=True), rtol=1e-4, atol=1e-5)
    _, kernel = layer.get_weights()
    np.testing.assert_allclose(layer(x), x @ (kernel / np.linalg.norm(kernel, 2)), rtol=1e-3, atol=1e-4)
    again = type(layer).from_config(layer.get_config())
    assert again.power_iterations == 30 and again.layer.units == 4
    model = clarinet.Sequential([layers.Input((5,)), layer])
    for ending in ("clarinet", "keras", "weights.h5"):
        if ending == "weights.h5":
            model.save_weights(tmp_path / f"m.{ending}")
            continue
        model.save(tmp_path / f"m.{ending}")
        np.testing.assert_array_equal(clarinet.models.load_model(tmp_path / f"m.{ending}").predict(x), model.predict(x))


def test_zeros_stay_and_what_has_no_kernel_is_refused() -> None:
    layer = layers.SpectralNormalization(layers.Dense(2, kernel_initializer="zeros"))
    assert layer(ROWS, training=True).tolist() == [[0.0, 0.0]] * 16
    with pytest.raises(ValueError, match="LSTM is not a layer with one kernel"):
        layers.SpectralNormalization(layers.LSTM(2))(ROWS[:, None])
    with pytest.raises(ValueError, match="power_iterations: expected a positive whole number"):
        layers.SpectralNormalization(layers.Dense(2), power_iterations=0)


class Own(layers.Layer):
    def build(self, input_shape: Any) -> None:
        self.kernel = self.add_weight(shape=(input_shape[-1], 2), initializer="glorot_uniform", name="kernel")

    def call(self, x: Any) -> Any:
        return x @ self.kernel


def test_a_layer_of_ones_own() -> None:
    layer = layers.SpectralNormalization(Own(), power_iterations=40)
    y = layer(ROWS, training=True)
    kernel = layer.layer.kernel.numpy()
    np.testing.assert_allclose(y, ROWS @ (kernel / np.linalg.norm(kernel, 2)), rtol=1e-3, atol=1e-4)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras on JAX
def test_its_weights_are_where_keras_has_them(tmp_path: Any) -> None:
    import keras

    ours, compiled = pair("Dense", {"units": 3}, ROWS)
    theirs = keras.Model(compiled.inputs, compiled.outputs)
    ours.save_weights(tmp_path / "a.weights.h5")
    theirs.load_weights(tmp_path / "a.weights.h5")
    theirs.save_weights(tmp_path / "b.weights.h5")
    before = ours.get_weights()
    ours.set_weights([0 * w for w in before])
    ours.load_weights(tmp_path / "b.weights.h5")
    assert all(np.array_equal(a, b) for a, b in zip(before, ours.get_weights(), strict=True))
