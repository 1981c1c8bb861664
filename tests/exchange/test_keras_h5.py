"""Keras's earlier files, .h5: whole models and weights both ways against Keras, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import layers
from clarinet.saving import ModelFileError

h5py = pytest.importorskip("h5py")
pytest.importorskip("pyfive")
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras on JAX

X = np.random.default_rng(1).normal(size=(24, 4)).astype(np.float32)
Y = (X[:, :1] - X[:, 1:2] > 0).astype(np.float32)


def stack(k: Any) -> Any:
    model = k.Sequential(
        [
            k.Input((4,)),
            k.layers.Dense(6, activation="relu", kernel_regularizer=k.regularizers.L2(0.01)),
            k.layers.BatchNormalization(),
            k.layers.Dropout(0.0),
            k.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(k.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    return model


def graph(k: Any) -> Any:
    begin = k.Input((4,), name="begin")
    inner = k.Sequential([k.Input((4,)), k.layers.Dense(4), k.layers.BatchNormalization()], name="inner")
    shared = k.layers.Dense(4, name="shared")
    x = k.layers.Add()([inner(shared(begin)), shared(begin)])
    x = k.layers.LeakyReLU(negative_slope=0.1)(x)
    rows = k.layers.Reshape((2, 2))(x)
    x = k.layers.Concatenate()([k.layers.Bidirectional(k.layers.LSTM(3))(rows), x])
    model = k.Model(begin, k.layers.Dense(1, name="end")(x), name="graph")
    rate = k.optimizers.schedules.ExponentialDecay(0.05, 3, 0.9)
    model.compile(k.optimizers.SGD(rate, momentum=0.9), k.losses.Huber(delta=0.7), metrics=["mae"])
    return model


def trained(model: Any) -> list[float]:
    found: list[float] = model.fit(X, Y, batch_size=8, epochs=2, shuffle=False, verbose=0).history["loss"]
    return found


@pytest.mark.parametrize("network", [stack, pytest.param(graph, marks=pytest.mark.slow)])
def test_training_goes_on_where_the_other_stopped(network: Callable[[Any], Any], tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")

    theirs = network(keras)
    trained(theirs)
    theirs.save(tmp_path / "k.h5")
    model = clarinet.models.load_model(tmp_path / "k.h5")
    assert model.optimizer_state is not None and model.optimizer_state.step == 6
    assert [layer.name for layer in model.layers] == [layer.name for layer in theirs.layers]
    model.save(tmp_path / "c.h5")
    again = keras.models.load_model(tmp_path / "c.h5")  # Keras begins anew with what the optimizer kept
    np.testing.assert_allclose(np.asarray(again(X)), model.predict(X), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(trained(model), trained(theirs), rtol=2e-5)
    for mine, its in zip(model.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, np.asarray(its), rtol=1e-4, atol=2e-5)
    model.save_weights(tmp_path / "w.h5")
    fresh = network(keras)
    fresh.load_weights(tmp_path / "w.h5")
    for mine, its in zip(model.get_weights(), fresh.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, np.asarray(its))


@pytest.mark.parametrize("network", [stack, graph])
def test_weights_come_from_every_file(network: Callable[[Any], Any], tmp_path: Path) -> None:
    model, other = network(clarinet), network(clarinet)
    expected = [np.random.default_rng(0).uniform(0.1, 0.9, w.shape) for w in model.get_weights()]
    model.set_weights(expected)
    for name in ("a.h5", "a.hdf5", "a.weights.h5"):
        model.save_weights(tmp_path / name)
    for name in ("whole.h5", "whole.keras"):
        model.save(tmp_path / name)
    for path in sorted(tmp_path.iterdir()):
        other.set_weights([np.zeros_like(w) for w in expected])
        other.load_weights(path)
        assert all(np.allclose(a, b) for a, b in zip(other.get_weights(), expected)), path


def test_layers_may_correspond_by_name(tmp_path: Path) -> None:
    def named(*names: str) -> Any:
        return clarinet.Sequential([layers.Input((4,)), *(layers.Dense(4, name=name) for name in names)])

    first, second = named("a", "b"), named("b", "new")
    before = second.get_weights()
    first.save_weights(tmp_path / "w.h5")
    second.load_weights(tmp_path / "w.h5", by_name=True)
    np.testing.assert_array_equal(second.get_weights()[0], first.get_weights()[2])
    np.testing.assert_array_equal(second.get_weights()[2], before[2])


def test_checkpoints_may_be_such_files(tmp_path: Path) -> None:
    model = stack(clarinet)
    watchers = [
        clarinet.callbacks.ModelCheckpoint(str(tmp_path / "best.h5"), monitor="loss", save_best_only=True),
        clarinet.callbacks.ModelCheckpoint(str(tmp_path / "w.hdf5"), monitor="loss", save_weights_only=True),
    ]
    model.fit(X, Y, verbose=0, callbacks=watchers)
    found = clarinet.models.load_model(tmp_path / "best.h5")
    np.testing.assert_allclose(found.predict(X), model.predict(X), rtol=1e-6)
    assert found.optimizer_state is not None and found.optimizer_state.step == 1


def described(*listed: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"class_name": "Sequential", "config": {"name": "s", "layers": [*listed], **more}}


def written(folder: Path, config: object, arrays: dict[str, Any] | None = None, compiled: object = None) -> Path:
    """A file as Keras 2 wrote it."""
    with h5py.File(folder / "h.h5", "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        if compiled is not None:
            file.attrs["training_config"] = json.dumps(compiled)
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [name.encode() for name in arrays or {}]
        for name, held in (arrays or {}).items():
            own = group.create_group(name)
            own.attrs["weight_names"] = [f"{name}/{each}:0".encode() for each in held]
            for each, array in held.items():
                own[f"{name}/{each}:0"] = array
    return folder / "h.h5"


KERAS_2 = described(
    {
        "class_name": "Dense",
        "config": {
            "name": "d", "trainable": True, "batch_input_shape": [None, 4], "dtype": "float32", "units": 2,
            "activation": "relu", "use_bias": True, "bias_regularizer": None,
            "kernel_initializer": {"class_name": "GlorotUniform", "config": {"seed": None}},
            "bias_initializer": {"class_name": "Zeros", "config": {}},
        },
    },
    {
        "class_name": "BatchNormalization",
        "config": {"name": "b", "axis": [1], "gamma_initializer": {"class_name": "Ones", "config": {}}},
    },
)  # fmt: skip
COMPILED = {
    "loss": "mse", "metrics": [["mae"]], "weighted_metrics": None, "loss_weights": None,
    "optimizer_config": {
        "class_name": "Adam", "config": {"name": "Adam", "lr": 0.01, "decay": 0.0, "beta_1": 0.8, "amsgrad": False}
    },
}  # fmt: skip


def test_files_of_keras_2_are_read(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    kernel, bias, four = rng.normal(size=(4, 2)), rng.normal(size=2), rng.uniform(0.5, 1, (4, 2))
    held = dict(zip(("gamma", "beta", "moving_mean", "moving_variance"), four))
    path = written(tmp_path, KERAS_2, {"d": {"kernel": kernel, "bias": bias}, "b": held}, COMPILED)
    model = clarinet.models.load_model(path)
    y = np.maximum(X @ kernel + bias, 0)
    expected = (y - four[2]) / np.sqrt(four[3] + 1e-3) * four[0] + four[1]
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-4, atol=1e-5)
    assert (model.optimizer.learning_rate, model.optimizer.beta_1) == (0.01, 0.8)


CODE = {
    "class_name": "Lambda",
    "config": {"name": "l", "function": ["4wEAAAA=", None, None], "function_type": "lambda"},
}
BEGIN = {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 4], "name": "i"}}
HOSTILE: list[tuple[str, object, str]] = [
    ("lambda", described(BEGIN, CODE), "Python function as code"),
    (
        "class",
        described(BEGIN, {"class_name": "system", "config": {"command": "id"}}),
        "'system' is a class that Keras",
    ),
    ("module", described(BEGIN, {"module": "os", "class_name": "system", "config": {}}), "'system' is a class that"),
    ("huge", described(BEGIN, {"class_name": "Dense", "config": {"units": 2**40}}), "more weights than the file holds"),
    ("list", [1, 2], "holds no model"),
    ("no model", {"class_name": "Dense", "config": {"units": 1}}, "describes a Dense, expected a model"),
    ("other weights", KERAS_2, "has weights of 0 layers, expected those of 2"),
]


@pytest.mark.parametrize(("what", "config", "message"), HOSTILE, ids=[name for name, *_ in HOSTILE])
def test_hostile_files_are_refused_by_name(what: str, config: object, message: str, tmp_path: Path) -> None:
    big = {"x": {"kernel": np.zeros((4, 8))}} if what == "other weights" else {}
    path = written(tmp_path, config)
    if big:  # room for the weights, which are not where they should be
        with h5py.File(path, "a") as file:
            file["elsewhere"] = np.zeros(100)
    with pytest.raises(ModelFileError, match=message) as caught:
        clarinet.models.load_model(path)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 1000


def test_files_that_do_not_fit_change_nothing(tmp_path: Path) -> None:
    model, other = stack(clarinet), clarinet.Sequential([layers.Input((4,)), layers.Dense(6), layers.Dense(2)])
    other.save_weights(tmp_path / "o.h5")
    before = model.get_weights()
    with pytest.raises(ModelFileError, match="weights of 2 layers, expected those of 3"):
        model.load_weights(tmp_path / "o.h5")
    with pytest.raises(ModelFileError, match="holds no model, but weights alone"):
        clarinet.models.load_model(tmp_path / "o.h5")
    with h5py.File(tmp_path / "o.h5", "a") as file:
        file["dense"].attrs["weight_names"] = [b"../../other", b"nothing"]
    with pytest.raises(ModelFileError, match="has no such array"):
        other.load_weights(tmp_path / "o.h5")
    assert all((a == b).all() for a, b in zip(before, model.get_weights()))


def test_many_names_are_written_in_pieces(tmp_path: Path) -> None:
    names = [f"layer_{number}_{'x' * 400}" for number in range(165)]
    tall = clarinet.Sequential([layers.Input((1,)), *(layers.Dense(1, name=name) for name in names)])
    tall.save_weights(tmp_path / "t.h5")
    expected = tall.get_weights()
    tall.set_weights([np.zeros_like(w) for w in expected])
    tall.load_weights(tmp_path / "t.h5")
    assert all((a == b).all() for a, b in zip(expected, tall.get_weights()))
