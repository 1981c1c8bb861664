"""Keras's files of whole models: both ways against Keras for every layer, training goes on, and what is refused."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import layers
from clarinet.saving import ModelFileError
from tests.cases import AUTHORED, LAYERS, Case, inputs
from tests.exchange.models import ours

h5py = pytest.importorskip("h5py")
pytest.importorskip("pyfive")
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras on JAX


#: What Keras itself cannot be asked in use.
NOT_IN_KERAS = {
    "equalization": "gives its input itself, in which Keras's networks see a cycle",
    "mix-up": "asks JAX for whole numbers that it has not",
    "random-crop": "leaves images whole in use",
    "spectral-normalization": "divides the kernel in training alone",
}
ASKED = [case for case in [*LAYERS, *AUTHORED] if not case.id.startswith(tuple(NOT_IN_KERAS))]


@pytest.mark.parametrize("case", ASKED, ids=repr)
def test_every_layer_goes_to_keras_and_back(case: Case, tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    model = ours(case)
    rng = np.random.default_rng(0)
    model.set_weights([rng.uniform(0.1, 0.9, w.shape) for w in model.get_weights()])
    x: Any = inputs(case, 4)
    x = list(x) if case.several else x
    expected = model.predict(x)
    model.save(tmp_path / "a.keras")
    theirs = keras.models.load_model(tmp_path / "a.keras")
    np.testing.assert_allclose(np.asarray(theirs(x, training=False)), expected, rtol=1e-5, atol=1e-5)
    theirs.save(tmp_path / "b.keras")
    again = clarinet.models.load_model(tmp_path / "b.keras")
    np.testing.assert_allclose(again.predict(x), expected, rtol=1e-5, atol=1e-5)


X = np.random.default_rng(1).normal(size=(24, 4)).astype(np.float32)
Y = (X[:, :1] - X[:, 1:2] > 0).astype(np.float32)


def network(k: Any, optimizer: Any) -> Any:
    """A graph with a shared layer, models within, several inputs' worth of names, and two outputs."""
    first, second = k.Input((4,), name="first"), k.Input((4,), name="second")
    shared = k.layers.Dense(3, activation="tanh", kernel_regularizer="l2", name="shared")
    inner = k.Sequential(
        [k.Input((3,)), k.layers.Dense(3, use_bias=False), k.layers.BatchNormalization()], name="inner"
    )
    side = k.Input((3,))
    block = k.Model(side, k.layers.Concatenate()([side, k.layers.Dense(2, activation="relu")(side)]), name="block")
    both = k.layers.Add()([inner(shared(first)), shared(second)])
    one = k.layers.Dense(1, activation="sigmoid", name="one")(block(both))
    two = k.layers.Dense(2, name="two")(both)
    model = k.Model({"first": first, "second": second}, [one, two], name="graph")
    model.compile(optimizer(k), ["binary_crossentropy", k.losses.Huber()], loss_weights=[1.0, 0.5])
    return model


OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "adam": lambda k: k.optimizers.Adam(0.01, clipnorm=1.0),
    "rmsprop": lambda k: k.optimizers.RMSprop(k.optimizers.schedules.ExponentialDecay(0.01, 3, 0.9), momentum=0.5),
    "sgd": lambda k: k.optimizers.SGD(0.05, momentum=0.9, weight_decay=0.01),
}


def trained(model: Any) -> list[float]:
    found: list[float] = model.fit(
        {"first": X, "second": X[::-1]}, [Y, X[:, :2]], batch_size=8, epochs=2, shuffle=False, verbose=0
    ).history["loss"]
    return found


@pytest.mark.parametrize("name", ["adam", *(pytest.param(n, marks=pytest.mark.slow) for n in ("rmsprop", "sgd"))])
def test_training_goes_on_where_the_other_stopped(name: str, tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")

    theirs = network(keras, OPTIMIZERS[name])
    trained(theirs)
    theirs.save(tmp_path / "k.keras")
    model = clarinet.models.load_model(tmp_path / "k.keras")
    assert model.optimizer_state is not None and model.optimizer_state.step == 6
    model.save(tmp_path / "c.keras")
    again = keras.models.load_model(tmp_path / "c.keras")
    expected = trained(theirs)
    np.testing.assert_allclose(trained(model), expected, rtol=2e-5)
    np.testing.assert_allclose(trained(again), expected, rtol=2e-5)
    for mine, its in zip(model.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, np.asarray(its), rtol=1e-4, atol=2e-5)


def test_containers_become_models_within_and_keep_the_optimizers_numbers(tmp_path: Path) -> None:
    model = clarinet.Sequential(
        [
            layers.Input((4,)),
            layers.Residual([layers.Dense(4, "relu"), layers.Residual([layers.Dense(4)])], shortcut=[layers.Dense(4)]),
            layers.Parallel([layers.Dense(2), layers.Dense(3)]),
            layers.Dense(1),
        ]
    )
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(X, Y, epochs=2, batch_size=8, shuffle=False, verbose=0)
    model.save(tmp_path / "r.keras")
    other = clarinet.models.load_model(tmp_path / "r.keras")
    assert [type(layer).__name__ for layer in model.layers[:2]] == ["Residual", "Parallel"]
    histories = [m.fit(X, Y, epochs=2, batch_size=8, shuffle=False, verbose=0).history for m in (model, other)]
    for key, values in histories[0].items():
        np.testing.assert_allclose(histories[1][key], values, rtol=1e-5)


def test_classes_and_functions_of_ones_own_come_back(tmp_path: Path) -> None:
    @clarinet.saving.register_keras_serializable("exchange")
    class Twice(layers.Layer):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            return 2 * inputs

    model = clarinet.Sequential([layers.Input((4,)), layers.Dense(2), Twice()])
    model.save(tmp_path / "t.keras")
    found = clarinet.models.load_model(tmp_path / "t.keras")
    assert isinstance(found.layers[1], Twice)
    np.testing.assert_array_equal(found.predict(X), model.predict(X))


def operations(k: Any) -> Any:
    """A network of operations, numbers that they take, and layers."""
    begin = k.Input((4, 6))
    ops, hidden = k.ops, k.layers.Dense(6)(begin)
    x = ops.relu(1 - hidden * 2.0) / 3 + ops.softmax(hidden) - ops.mean(hidden, axis=-1, keepdims=True)
    x = ops.concatenate([x[:, :2], ops.flip(x, 1)[:, 1:]], axis=1)
    x = ops.where(x > 0, x, x * np.arange(6, dtype=np.float32))
    x = x + ops.gelu(ops.matmul(ops.matmul(x, ops.transpose(x, (0, 2, 1))), x))
    x = ops.reshape(ops.stack([x, ops.square(x)], axis=1), (-1, 60))
    one, two = ops.split(x, 2, axis=1)
    x = ops.clip(one, -1, 1) + ops.cast(ops.argmax(two, axis=-1, keepdims=True), "float32")
    x = x + ops.pad(two, ((0, 0), (1, 0)))[:, :-1] + ops.logsumexp(two, 1, keepdims=True)
    x = x + ops.einsum("bi,bi->b", one, two)[..., None] + ops.sum(ops.exp(-abs(one)), axis=1, keepdims=True) ** 2
    return k.Model(begin, [x, k.layers.Dense(2)(ops.log_softmax(ops.silu(x)))])


def test_operations_go_to_keras_and_back(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    x = np.random.default_rng(0).normal(size=(3, 4, 6)).astype(np.float32)
    model = operations(clarinet)
    model.save(tmp_path / "c.keras")
    theirs = keras.models.load_model(tmp_path / "c.keras")
    for mine, its in zip(model.predict(x), theirs(x), strict=True):
        np.testing.assert_allclose(mine, np.asarray(its), rtol=1e-4, atol=1e-5)
    other = operations(keras)
    other.set_weights(model.get_weights())
    other.save(tmp_path / "k.keras")
    found = clarinet.models.load_model(tmp_path / "k.keras")
    for mine, its in zip(model.predict(x), found.predict(x), strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-4, atol=1e-5)


def test_keras_describes_models_as_json() -> None:
    keras = pytest.importorskip("keras")
    theirs = network(keras, OPTIMIZERS["sgd"])
    model = clarinet.models.model_from_json(theirs.to_json())
    assert [layer.name for layer in model.layers] == [layer.name for layer in theirs.layers]
    assert [w.shape for w in model.get_weights()] == [w.shape for w in theirs.get_weights()]
    assert model.optimizer is None


# What is refused.


def written(folder: Path, config: object, arrays: Any = (), more: Any = (), packed: int = 0) -> Path:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, array in dict(arrays).items():
            file[name] = array
    with zipfile.ZipFile(folder / "h.keras", "w", packed) as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", buffer.getvalue())
        for name in more:
            archive.writestr(name, b"x")
    return folder / "h.keras"


def chain(*described: dict[str, Any]) -> dict[str, Any]:
    begins = {"module": "keras.layers", "class_name": "InputLayer", "config": {"batch_shape": [None, 4]}}
    return {"module": "keras", "class_name": "Sequential", "config": {"name": "s", "layers": [begins, *described]}}


def layer(name: str, module: str | None = "keras.layers", **config: Any) -> dict[str, Any]:
    return {"module": module, "class_name": name, "config": config, "registered_name": None}


CODE = {"class_name": "__lambda__", "config": {"value": ["4wEAAAA=", None, None]}}
LOOP = {
    "module": "keras", "class_name": "Functional",
    "config": {"name": "f", "layers": [{**layer("Dense", units=1), "name": "d", "inbound_nodes": [
        {"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": ["d", 0, 0]}}], "kwargs": {}}
    ]}], "input_layers": [["d", 0, 0]], "output_layers": [["d", 0, 0]]},
}  # fmt: skip


def operation(name: str, *args: Any, **settings: Any) -> dict[str, Any]:
    """A network that ends with an operation."""
    begin = {"class_name": "__keras_tensor__", "config": {"keras_history": ["i", 0, 0]}}
    described = {"module": "keras.src.ops.numpy", "class_name": name, "config": {"name": "o", **settings}}
    calls = [{"args": [begin, *args] if args != (None,) else [3], "kwargs": {}}]
    layers = [
        {**layer("InputLayer", batch_shape=[None, 4]), "name": "i", "inbound_nodes": []},
        {**described, "name": "o", "inbound_nodes": calls},
    ]
    ends = {"input_layers": [["i", 0, 0]], "output_layers": [["o", 0, 0]]}
    return {"module": "keras", "class_name": "Functional", "config": {"name": "f", "layers": layers, **ends}}


HOSTILE: list[tuple[str, dict[str, Any], str]] = [
    ("lambda layer", {"config": chain(layer("Lambda", function=CODE))}, "Python function as code"),
    ("lambda", {"config": chain(layer("Dense", units=1, activation=CODE))}, "Python function as code"),
    ("class", {"config": chain(layer("system", "os", command="id"))}, "'system' is a class that Keras does not have"),
    ("keras class", {"config": chain(layer("get_file", "keras.utils"))}, "no keras.utils.get_file"),
    ("private", {"config": chain(layer("__class__"))}, "no such object"),
    ("argument", {"config": chain(layer("Dense", units=1, run="id"))}, "no argument 'run'"),
    ("huge", {"config": chain(layer("Dense", units=2**40))}, "more weights than the file holds"),
    ("loop", {"config": LOOP}, "nobody gives: d"),
    ("traversal", {"config": chain(), "more": ["../../evil"]}, r"'\.\./\.\./evil'.*outside"),
    ("bomb", {"config": chain(), "packed": zipfile.ZIP_DEFLATED}, "compressed"),
    ("no model", {"config": layer("Dense", units=1)}, "describes a Dense, expected a model"),
    ("other weights", {"config": chain(), "arrays": {"layers/dense/vars/0": np.zeros(3)}}, "has layers/dense/vars/0"),
    ("text", {"config": "hello"}, "holds a str"),
    ("operation", {"config": operation("System")}, "no operation 'System'"),
    ("setting", {"config": operation("Mean", out="x")}, "no setting 'out'"),
    ("large operation", {"config": operation("Repeat", repeats=2**40)}, "more than 10000000"),
    ("no tensor", {"config": operation("Arange", None)}, "takes no tensor"),
]


@pytest.mark.parametrize(("what", "file", "message"), HOSTILE, ids=[name for name, *_ in HOSTILE])
def test_hostile_files_are_refused_by_name(what: str, file: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=message) as caught:
        clarinet.models.load_model(written(tmp_path, **file))
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 1000


def test_what_keras_has_not_is_named_before_a_file_is_there(tmp_path: Path) -> None:
    model = clarinet.Sequential([layers.Input((4,)), layers.Dense(1)])
    model.compile("adam", "mse", target="standard")
    with pytest.raises(ValueError, match=r"target.*\.clarinet"):
        model.save(tmp_path / "t.keras")
    begin = layers.Input((4,))
    with pytest.raises(TypeError, match="no form in Keras's files"):
        clarinet.Model(begin, clarinet.ops.nan_to_num(begin)).save(tmp_path / "o.keras")
    assert not list(tmp_path.iterdir())
