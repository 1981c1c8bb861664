"""``ImageDataGenerator`` hands out what Keras's does, with the same seeds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet.preprocessing.image import ImageDataGenerator, save_img

LEGACY: Any = pytest.importorskip("keras.src.legacy.preprocessing.image")
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore:This ImageDataGenerator:UserWarning", "ignore:Found 1 invalid:UserWarning"
)

X = np.random.default_rng(0).uniform(0, 255, (7, 6, 8, 3)).astype(np.float32)
Y = np.arange(7)
SETTINGS: list[dict[str, Any]] = [
    {},
    {"rescale": 1 / 255, "horizontal_flip": True, "vertical_flip": True},
    {"rotation_range": 30},
    {"width_shift_range": 0.2, "height_shift_range": 0.3},
    {"width_shift_range": 3, "height_shift_range": [1, 2], "fill_mode": "constant", "cval": 3.0},
    {"shear_range": 20, "zoom_range": 0.3, "fill_mode": "reflect"},
    {"zoom_range": [0.8, 1.3], "rotation_range": 90, "interpolation_order": 0},
    {"channel_shift_range": 40.0},
    {"brightness_range": (0.5, 1.5)},
    {"samplewise_center": True, "samplewise_std_normalization": True},
    {"featurewise_center": True, "featurewise_std_normalization": True},
    {"zca_whitening": True},
    {"preprocessing_function": lambda x: x / 2},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: "-".join(s) or "plain")
def test_arrays(settings: dict[str, Any]) -> None:
    ours, theirs = ImageDataGenerator(**settings), LEGACY.ImageDataGenerator(**settings)
    for one in (ours, theirs):
        one.fit(X)
    flows = [one.flow(X.copy(), Y, batch_size=3, seed=5) for one in (ours, theirs)]
    assert len(flows[0]) == len(flows[1]) == 3
    for _ in range(4):
        (x, y), (their_x, their_y) = next(flows[0]), next(flows[1])  # type: ignore[misc]
        np.testing.assert_array_equal(y, their_y)
        np.testing.assert_allclose(x, their_x, rtol=2e-4, atol=2e-3)
        assert x.dtype == np.float32
    for (x, _), (their_x, _) in zip((flows[0][i] for i in range(3)), (flows[1][i] for i in range(3))):  # type: ignore[misc]
        np.testing.assert_allclose(x, their_x, rtol=2e-4, atol=2e-3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for i in range(4):
            save_img(tmp_path / name / f"{i}.png", X[i], scale=False)
    return tmp_path


@pytest.mark.parametrize("mode", ["categorical", "binary", "sparse", "input", None])
@pytest.mark.parametrize("subset", [None, "training", "validation"])
def test_folders(folder: Path, mode: str | None, subset: str | None) -> None:
    flows = [
        kind(validation_split=0.25, rescale=0.5).flow_from_directory(
            str(folder), target_size=(4, 5), class_mode=mode, batch_size=4, seed=2, subset=subset
        )
        for kind in (ImageDataGenerator, LEGACY.ImageDataGenerator)
    ]
    assert flows[0].class_indices == flows[1].class_indices
    assert list(flows[0].filenames) == list(flows[1].filenames)
    np.testing.assert_array_equal(flows[0].classes, flows[1].classes)
    for _ in range(3):
        for one, other in zip(*(batch if mode else (batch,) for batch in map(next, flows)), strict=True):
            np.testing.assert_array_equal(one, other)
            assert one.dtype == other.dtype


def test_frames(folder: Path) -> None:
    pandas = pytest.importorskip("pandas")
    names = ["a/0.png", "b/1.png", "b/9.png"]
    frame = pandas.DataFrame({"filename": names, "class": ["x", "y", "x"], "n": [1.0, 2, 3]})
    settings: dict[str, Any]
    for settings in ({}, {"class_mode": "raw", "y_col": "n"}):
        batches = [
            next(kind().flow_from_dataframe(frame, str(folder), target_size=(4, 4), seed=1, **settings))
            for kind in (ImageDataGenerator, LEGACY.ImageDataGenerator)
        ]
        for one, other in zip(*batches, strict=True):
            np.testing.assert_array_equal(one, other)


def test_models_train_on_it() -> None:
    clarinet.utils.set_random_seed(0)
    model = clarinet.Sequential([clarinet.Input((6, 8, 3)), clarinet.layers.Flatten(), clarinet.layers.Dense(1)])
    model.compile("sgd", "mse")
    changes = ImageDataGenerator(rescale=1 / 255, horizontal_flip=True)
    history = model.fit(changes.flow(X, Y.astype(np.float32), batch_size=4), epochs=2, verbose=0)
    assert len(history.history["loss"]) == 2
    assert model.predict(changes.flow(X, shuffle=False, batch_size=4)).shape == (7, 1)


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="call fit"):
        next(ImageDataGenerator(featurewise_center=True).flow(X, batch_size=2))
    with pytest.raises(ValueError, match="x has 7 pictures and y 3 rows"):
        ImageDataGenerator().flow(X, Y[:3])
    with pytest.raises(ValueError, match="zoom_range is a number or two factors"):
        ImageDataGenerator(zoom_range=[1, 2, 3])
    with pytest.raises(FileNotFoundError, match="is not a folder"):
        ImageDataGenerator().flow_from_directory(tmp_path / "nothing")
