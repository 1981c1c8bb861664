"""A model survives its file: structure, weights, state, optimizer, counters, metadata."""

from __future__ import annotations

import copy
import json
import os
import pickle
import stat
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

import clarinet
from clarinet import layers, optimizers, regularizers, saving, utils
from clarinet.layers import Dense, Input
from clarinet.problems import ClarinetWarning

X = np.linspace(-1, 1, 120, dtype=np.float32).reshape(30, 4)
Y = np.arange(30) % 3

OPTIMIZERS = [
    "sgd",
    optimizers.SGD(0.01, momentum=0.9, nesterov=True),
    "rmsprop",
    optimizers.Adam(2e-3, clipnorm=1.0),
    "adamw",
]


def build(optimizer: object = "adam", **compiling: object) -> clarinet.Sequential:
    utils.set_random_seed(5)
    model = clarinet.Sequential(
        [
            Input((2, 2)),
            layers.Rescaling(0.5),
            layers.Flatten(),
            Dense(8, activation="relu", kernel_regularizer=regularizers.L2(1e-3)),
            layers.BatchNormalization(),
            layers.Dropout(0.2),
            Dense(3, activation="softmax", name="classes"),
        ],
        name="net",
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"], **compiling)  # type: ignore[arg-type]
    return model


def images() -> np.ndarray:
    return X.reshape(30, 2, 2)


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)
def test_training_goes_on_bit_for_bit(optimizer: object, tmp_path: Path) -> None:
    model = build(optimizer)
    model.fit(images(), Y, epochs=2, batch_size=8, verbose=0)
    model.metadata = {"classes": ["a", "b", "c"], "scale": 0.5}
    model.save(tmp_path / "m.clarinet")
    loaded = clarinet.models.load_model(str(tmp_path / "m.clarinet"))
    assert loaded.get_config() == model.get_config()
    assert loaded.compile_config() == model.compile_config()
    assert loaded.metadata == model.metadata
    assert (loaded.predict(images()) == model.predict(images())).all()
    one = model.fit(images(), Y, epochs=2, batch_size=8, verbose=0).history
    two = loaded.fit(images(), Y, epochs=2, batch_size=8, verbose=0).history
    assert one == two
    assert all((a == b).all() for a, b in zip(model.get_weights(), loaded.get_weights(), strict=True))


def test_float64(tmp_path: Path) -> None:
    model = build(dtype="float64")
    model.fit(images(), Y, verbose=0)
    model.save(tmp_path / "m")
    loaded = clarinet.Sequential.load(tmp_path / "m")
    assert loaded.get_weights()[0].dtype == np.float64
    assert (loaded.predict(images()) == model.predict(images())).all()


def test_never_compiled(tmp_path: Path) -> None:
    model = clarinet.Sequential([Input((4,)), Dense(2)])
    model.save(tmp_path / "m")
    loaded = saving.load(tmp_path / "m")
    assert loaded.optimizer is None
    assert (loaded.predict(X) == model.predict(X)).all()


def test_never_built(tmp_path: Path) -> None:
    model = clarinet.Sequential([Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.save(tmp_path / "m")
    loaded = saving.load(tmp_path / "m")
    assert not loaded.built
    loaded.fit(X, Y, verbose=0)


def test_frozen_layers_stay_frozen(tmp_path: Path) -> None:
    model = build()
    model.layers[2].trainable = False
    model.save(tmp_path / "m")
    assert [x.trainable for x in saving.load(tmp_path / "m").layers] == [True, True, False, True, True, True]


def test_equal_models_give_equal_bytes(tmp_path: Path) -> None:
    model = build()
    model.fit(images(), Y, verbose=0)
    model.save(tmp_path / "a")
    saving.load(tmp_path / "a").save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_what_is_in_a_file(tmp_path: Path) -> None:
    from safetensors.numpy import load

    model = build(optimizers.SGD(momentum=0.9))
    model.fit(images(), Y, verbose=0)
    model.save(tmp_path / "m")
    with zipfile.ZipFile(tmp_path / "m") as archive:
        assert archive.namelist() == ["config.json", "weights.safetensors", "optimizer.safetensors"]
        config = json.loads(archive.read("config.json"))
        assert (config["format"], config["version"]) == ("clarinet", 1)
        assert config["training"] == {"seed": model.seed, "epochs": 1, "steps": 1}
        assert (load(archive.read("weights.safetensors"))["layers.2.kernel"] == model.layers[2].get_weights()[0]).all()
        assert "momentum.layers.2.kernel" in load(archive.read("optimizer.safetensors"))


def test_a_metric_that_needs_numbers_is_left_out_with_a_warning(tmp_path: Path) -> None:
    def distance(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return np.abs(y_true - y_pred).mean(axis=-1)

    model = clarinet.Sequential([Input((4,)), Dense(1)])
    model.compile("sgd", "mse", metrics=[distance])
    model.fit(X, Y, verbose=0)
    with pytest.warns(ClarinetWarning, match="without a metric: 'distance' cannot be saved"):
        model.save(tmp_path / "m")
    loaded = saving.load(tmp_path / "m")
    assert loaded.metrics_names == ["loss"]
    np.testing.assert_allclose(loaded.predict(X), model.predict(X), rtol=1e-6)


# Weights alone.


def test_weights_alone(tmp_path: Path) -> None:
    model, other = build(), build()
    model.fit(images(), Y, verbose=0)
    model.save_weights(tmp_path / "w.safetensors")
    other.load_weights(tmp_path / "w.safetensors")
    assert (other.predict(images()) == model.predict(images())).all()


def test_weights_of_another_model(tmp_path: Path) -> None:
    build().save_weights(tmp_path / "w.safetensors")
    other = clarinet.Sequential([Input((4,)), Dense(2)])
    before = other.get_weights()
    with pytest.raises(saving.ModelFileError, match="belongs to another model"):
        other.load_weights(tmp_path / "w.safetensors")
    wider = clarinet.Sequential([Input((4,)), Dense(3)])
    wider.save_weights(tmp_path / "wide.safetensors")
    with pytest.raises(saving.ModelFileError, match=r"layers\.0\.kernel has shape \(4, 3\), the model's has \(4, 2\)"):
        other.load_weights(tmp_path / "wide.safetensors")
    assert all((a == b).all() for a, b in zip(other.get_weights(), before, strict=True))


def test_weights_of_another_precision(tmp_path: Path) -> None:
    build(dtype="float64").save_weights(tmp_path / "w.safetensors")
    with pytest.raises(saving.ModelFileError, match="float64"):
        build().load_weights(tmp_path / "w.safetensors")


# Copies.


def test_copies_train_apart() -> None:
    model = build()
    model.fit(images(), Y, verbose=0)
    clone, other = copy.deepcopy(model), pickle.loads(pickle.dumps(model))
    expected = model.predict(images())
    model.fit(images(), Y, epochs=3, verbose=0)
    for copied in (clone, other):
        assert (copied.predict(images()) == expected).all()
        copied.fit(images(), Y, epochs=3, verbose=0)
        assert (copied.predict(images()) == model.predict(images())).all()


# The disk.


def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, path = build(), tmp_path / "m.clarinet"
    model.save(path)
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        model.save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["m.clarinet"]


def test_metadata_that_json_does_not_hold(tmp_path: Path) -> None:
    model = build()
    for bad in (object(), float("nan"), np.zeros(2)):
        model.metadata = {"extra": bad}
        with pytest.raises(TypeError, match=r"model\.metadata"):
            model.save(tmp_path / "m")
    assert os.listdir(tmp_path) == []


def test_permissions_and_links(tmp_path: Path) -> None:
    model = build()
    model.save(tmp_path / "real")
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE((tmp_path / "real").stat().st_mode) == 0o666 & ~umask
    (tmp_path / "link").symlink_to("real")
    model.fit(images(), Y, verbose=0)
    model.save(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert saving.load(tmp_path / "real").epochs_trained == 1


@pytest.mark.parametrize(
    ("name", "error", "says"),
    [("", IsADirectoryError, "folder"), ("no/such/m", FileNotFoundError, "does not exist")],
)
def test_paths_that_cannot_be_written(tmp_path: Path, name: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        build().save(tmp_path / name)


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    build().save(tmp_path / "digits.clarinet")
    with pytest.raises(FileNotFoundError, match=r"did you mean digits\.clarinet"):
        saving.load(tmp_path / "digit.clarinet")
    with pytest.raises(IsADirectoryError, match="folder"):
        saving.load(tmp_path)
    with pytest.raises(FileNotFoundError, match="does not exist either"):
        saving.load(tmp_path / "no" / "m")


def test_loading_warns_of_nothing(tmp_path: Path) -> None:
    model = build()
    model.save(tmp_path / "m")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        saving.load(tmp_path / "m").evaluate(images(), Y)


@pytest.mark.parametrize("name", ["m.pt", "m.PKL", "m.onnx"])
def test_names_of_other_formats_are_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    net = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1)])
    with pytest.raises(ValueError, match=r"use the ending \.clarinet, e\.g\. 'm\.clarinet'"):
        net.save(tmp_path / name)
    with pytest.raises(ValueError, match=r"save_weights: .* use the ending \.safetensors"):
        net.save_weights(tmp_path / name)
    with pytest.raises(ValueError, match="ModelCheckpoint: "):
        clarinet.callbacks.ModelCheckpoint(str(tmp_path / name))
    assert not list(tmp_path.iterdir())


def test_weights_and_models_do_not_take_each_others_names(tmp_path: Path) -> None:
    net = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1)])
    with pytest.raises(ValueError, match=r"'m\.clarinet'"):
        net.save("m.safetensors")
    for write in (net.save_weights, lambda path: clarinet.callbacks.ModelCheckpoint(path, save_weights_only=True)):
        with pytest.raises(ValueError, match=r"is a name for a whole Clarinet model; .* 'm\.safetensors'"):
            write("m.clarinet")


def test_a_file_that_was_written_under_such_a_name_still_loads(tmp_path: Path) -> None:
    net = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1)])
    net.save(tmp_path / "m.clarinet")
    (tmp_path / "m.clarinet").rename(tmp_path / "m.keras")
    assert (clarinet.models.load_model(tmp_path / "m.keras").get_weights()[0] == net.get_weights()[0]).all()


@pytest.mark.parametrize("layer", [layers.RMSNormalization(), layers.UnitNormalization()], ids=["rms", "unit"])
def test_layers_of_the_library_are_kept_before_anything_is_called(layer, tmp_path):
    clarinet.Sequential([layer, Dense(2)]).save(tmp_path / "new.clarinet")
    loaded = saving.load(tmp_path / "new.clarinet")
    assert type(loaded.layers[0]) is type(layer)
    assert loaded.predict(X, verbose=0).shape == (30, 2)
