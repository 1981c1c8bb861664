"""Keras's files of weights: both ways against Keras for every layer with weights, and what is refused."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import layers
from clarinet.saving import ModelFileError
from tests.cases import LAYERS, Case, inputs

h5py = pytest.importorskip("h5py")
pytest.importorskip("pyfive")
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras on JAX


def ours(case: Case) -> Any:
    return clarinet.Sequential([layers.Input(case.shape), case.make()])


def weighted() -> list[Case]:
    """A row for each class of layers with weights that one tensor goes through, which Keras has too."""
    found: dict[type, Case] = {}
    for case in LAYERS:
        if case.keras is not None and not case.several:
            layer = (model := ours(case)).layers[0]
            if model.get_weights() and not layer.children:
                found.setdefault(type(layer), case)
    return list(found.values())


@pytest.mark.parametrize("case", weighted(), ids=str)
def test_weights_go_to_keras_and_back(case: Case, tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    model = ours(case)
    rng = np.random.default_rng(0)
    model.set_weights([rng.uniform(0.1, 0.9, w.shape) for w in model.get_weights()])
    assert case.keras is not None
    theirs = keras.Sequential([keras.Input(case.shape), case.keras(keras)])
    model.save_weights(tmp_path / "a.weights.h5")
    theirs.load_weights(tmp_path / "a.weights.h5")
    x = inputs(case, 4)
    np.testing.assert_allclose(np.asarray(theirs(x)), model.predict(x), rtol=1e-5, atol=1e-5)
    theirs.save_weights(tmp_path / "b.weights.h5")
    again = ours(case)
    again.load_weights(tmp_path / "b.weights.h5")
    for found, expected in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)


def network(k: Any) -> Any:
    """A graph with shared layers, models within and two layers of one class."""
    inner = k.Sequential([k.Input((4,)), k.layers.Dense(4), k.layers.Dropout(0.5), k.layers.Dense(3)])
    first = k.Input((4,))
    shared = k.layers.Dense(4)
    side = k.Input((3,))
    block = k.Model(side, k.layers.Dense(2)(side))
    return k.Model(first, block(inner(k.layers.Add()([shared(first), shared(shared(first))]))))


def test_models_within_and_several_layers_of_a_class(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    model, theirs = network(clarinet), network(keras)
    theirs.save_weights(tmp_path / "k.weights.h5")
    model.load_weights(tmp_path / "k.weights.h5")
    x = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    np.testing.assert_allclose(model.predict(x), np.asarray(theirs(x)), rtol=1e-5, atol=1e-6)


def test_checkpoints_of_weights_may_be_keras_files(tmp_path: Path) -> None:
    model, other = dense(), dense()
    model.compile("sgd", "mse")
    path = tmp_path / "best.weights.h5"
    watcher = clarinet.callbacks.ModelCheckpoint(path, monitor="loss", save_weights_only=True)
    model.fit(np.ones((4, 2)), np.ones((4, 3)), verbose=0, callbacks=[watcher])
    other.load_weights(path)
    assert all((a == b).all() for a, b in zip(other.get_weights(), model.get_weights()))


# What is refused.


def dense() -> Any:
    return clarinet.Sequential([layers.Input((2,)), layers.Dense(3)])


def external(file: Any) -> None:
    file.create_dataset("layers/dense/vars/0", (2, 3), "f4", external=[("/etc/hostname", 0, 24)])


def virtual(file: Any) -> None:
    layout = h5py.VirtualLayout((2, 3), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "x", (2, 3))
    file.create_virtual_dataset("layers/dense/vars/0", layout)


def linked(file: Any) -> None:
    file["layers/dense/vars/0"] = np.zeros((2, 3))
    file["layers/dense/vars/1"] = h5py.SoftLink("/layers/dense/vars/0")


def elsewhere(file: Any) -> None:
    file["layers/dense/vars/0"] = h5py.ExternalLink("other.h5", "/x")


def packed(file: Any) -> None:
    file.create_dataset("layers/dense/vars/0", data=np.zeros((2, 3), "f4"), compression="lzf")


def bomb(file: Any) -> None:
    file.create_dataset("layers/dense/vars/0", data=np.zeros((2**12, 2**13), "f4"), compression="gzip")


def huge(file: Any) -> None:
    file.create_dataset("layers/dense/vars/0", (2**20, 2**20), "f4")


def texts(file: Any) -> None:
    file["layers/dense/vars/0"] = np.array([b"a", b"b"])


def other_shape(file: Any) -> None:
    file["layers/dense/vars/0"], file["layers/dense/vars/1"] = np.zeros((3, 2), "f4"), np.zeros(3, "f4")


def other_model(file: Any) -> None:
    file["layers/conv2d/vars/0"] = np.zeros((2, 3), "f4")


HOSTILE: list[tuple[Callable[[Any], None], str]] = [
    (external, "in another file, which is never opened"),
    (virtual, "does not lie in one piece or in chunks"),
    (linked, "is a link"),
    (elsewhere, "links to other files"),
    (packed, "is packed by filter 32000"),
    (bomb, "which the file cannot hold"),
    (huge, "which the file cannot hold"),
    (texts, "expected numbers"),
    (other_shape, r"has shape \(3, 2\), the model's dense/kernel has \(2, 3\)"),
    (other_model, "lacks layers/dense/vars/0, layers/dense/vars/1"),
]


@pytest.mark.parametrize(("make", "message"), HOSTILE, ids=[make.__name__ for make, _ in HOSTILE])
def test_hostile_files_are_refused_and_change_nothing(make: Any, message: str, tmp_path: Path) -> None:
    path = tmp_path / "h.weights.h5"
    with h5py.File(path, "w") as file:
        make(file)
    model = dense()
    before = model.get_weights()
    with pytest.raises(ModelFileError, match=message) as caught:
        model.load_weights(path)
    assert "\n" not in str(caught.value)
    assert all((a == b).all() for a, b in zip(model.get_weights(), before))


def test_arrays_in_chunks_packed_by_gzip_and_shuffle_are_read(tmp_path: Path) -> None:
    kernel, bias = np.arange(6.0, dtype="f4").reshape(2, 3), np.arange(3.0, dtype="f4")
    with h5py.File(tmp_path / "p.weights.h5", "w") as file:
        file.create_dataset("layers/dense/vars/0", data=kernel, compression="gzip", shuffle=True, chunks=(1, 2))
        file.create_dataset("layers/dense/vars/1", data=bias, chunks=(2,))
    model = dense()
    model.load_weights(tmp_path / "p.weights.h5")
    for found, expected in zip(model.get_weights(), (kernel, bias), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    path, model = tmp_path / "d.weights.h5", dense()
    model.save_weights(path)
    sound = path.read_bytes()
    for seed in range(60):
        rng = np.random.default_rng(seed)
        content = bytearray(sound[: rng.integers(1, len(sound))] if seed % 3 == 0 else sound)
        for at in rng.integers(0, len(content), 8):
            content[at] = rng.integers(256)
        path.write_bytes(content)
        if zlib.crc32(content) != zlib.crc32(sound):
            try:
                model.load_weights(path)
            except ModelFileError as error:
                assert len(str(error)) < 1000


def test_layers_that_keras_has_not_are_named(tmp_path: Path) -> None:
    model = clarinet.Sequential([layers.Input((3,)), layers.Residual([layers.Dense(3)])])
    with pytest.raises(TypeError, match=r"Residual.*\.safetensors"):
        model.save_weights(tmp_path / "r.weights.h5")
    assert not list(tmp_path.iterdir())
