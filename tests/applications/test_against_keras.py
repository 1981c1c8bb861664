"""Networks for pictures: files of weights that Keras wrote fit and give the same; transfer learning; refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import applications, layers

pytest.importorskip("h5py")
pytest.importorskip("pyfive")
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras on JAX

SMALL: dict[str, Any] = {"input_shape": (32, 32, 3), "weights": None, "classes": 7}
#: Name, arguments: in every run the smallest of those that most programs use.
NETWORKS: list[tuple[str, dict[str, Any]]] = [
    ("MobileNetV2", {"alpha": 0.35}),
    ("MobileNetV3Small", {"alpha": 0.35}),
    ("EfficientNetB0", {}),
    ("ResNet50", {}),
    ("MobileNet", {"alpha": 0.5, "depth_multiplier": 2}),
    ("MobileNetV2", {"alpha": 1.4, "include_top": False, "pooling": "max"}),
    ("MobileNetV3Small", {"minimalistic": True}),
    ("MobileNetV3Large", {"alpha": 1.25, "include_preprocessing": False}),
    ("EfficientNetB1", {"include_top": False, "pooling": "avg"}),
    ("EfficientNetV2B0", {}),
    ("EfficientNetV2B3", {"include_preprocessing": False, "include_top": False}),
    ("EfficientNetV2S", {}),
    ("ResNet50", {"include_top": False}),
    ("ResNet101", {}),
    ("ResNet50V2", {"classifier_activation": None}),
    ("DenseNet121", {}),
    ("DenseNet169", {"include_top": False, "pooling": "avg"}),
    ("InceptionV3", {"input_shape": (80, 80, 3)}),
    ("Xception", {"input_shape": (72, 72, 3)}),
    ("VGG16", {"include_top": False, "pooling": "avg"}),
    ("VGG19", {"include_top": False}),
]
_QUICK = 1


def given(arguments: dict[str, Any]) -> dict[str, Any]:
    found = {**SMALL, **arguments}
    if not found.get("include_top", True):
        found.pop("classes")
    return found


def drawn(model: Any, seed: int = 0) -> list[np.ndarray]:
    """Weights of a model with layers that all matter: those of no layer are 0 or the same for all channels."""
    rng, found = np.random.default_rng(seed), []
    for weight in model.weights:
        shape, name = tuple(weight.shape), weight.path.rsplit("/", 1)[-1]
        if name in ("moving_variance", "variance"):
            found.append(rng.uniform(0.5, 1.5, shape))
        elif name == "count":
            found.append(np.zeros(shape, np.uint8))
        elif name in ("gamma",):
            found.append(rng.uniform(0.8, 1.2, shape))
        else:
            found.append(
                rng.normal(size=shape, scale=(2 / max(1, np.prod(shape[:-1]))) ** 0.5 if len(shape) > 1 else 0.1)
            )
    return found


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        pytest.param(name, arguments, marks=[pytest.mark.slow] if place >= _QUICK else [], id=f"{name}-{place}")
        for place, (name, arguments) in enumerate(NETWORKS)
    ],
)
def test_weights_of_keras_give_what_keras_gives(name: str, arguments: dict[str, Any], tmp_path: Path) -> None:
    import keras

    theirs = getattr(keras.applications, name)(**given(arguments))
    theirs.set_weights(drawn(theirs))
    theirs.save_weights(tmp_path / "k.weights.h5")
    ours = getattr(applications, name)(**given(arguments) | {"weights": tmp_path / "k.weights.h5"})
    assert ours.name == theirs.name
    assert [w.shape for w in ours.get_weights()] == [w.shape for w in theirs.get_weights()]
    mine, its = [layer.name for layer in ours.layers], [layer.name for layer in theirs.layers]
    assert len(mine) == len(its), "fine-tuning from a layer on begins at the same one"
    if "V3" not in name:
        assert plain(mine) == plain(its)
    x = np.random.default_rng(1).uniform(0, 255, (2, *given(arguments)["input_shape"])).astype(np.float32)
    x = np.asarray(getattr(keras.applications, module(name)).preprocess_input(x.copy()))
    expected = np.asarray(theirs(x, training=False))
    np.testing.assert_allclose(ours.predict(x), expected, rtol=2e-4, atol=2e-5 * np.abs(expected).max())


def plain(names: list[str]) -> list[str]:
    """Without what is made up."""
    return ["" if each.rstrip("_0123456789") in MADE_UP else each for each in names]


MADE_UP = (
    "activation", "add", "average_pooling2d", "batch_normalization", "concatenate", "conv", "conv2d", "dropout",
    "flatten", "global_average_pooling2d", "global_max_pooling2d", "input_layer", "max_pooling2d", "normalization",
    "rescaling", "zero_padding2d",
)  # fmt: skip


def module(name: str) -> str:
    starts = {
        "MobileNetV2": "mobilenet_v2", "MobileNetV3": "mobilenet_v3", "MobileNet": "mobilenet", "VGG16": "vgg16",
        "EfficientNetV2": "efficientnet_v2", "EfficientNet": "efficientnet", "DenseNet": "densenet", "VGG19": "vgg19",
        "InceptionV3": "inception_v3", "Xception": "xception",
    }  # fmt: skip
    own = "resnet_v2" if name.endswith("V2") else "resnet"
    return next((value for start, value in starts.items() if name.startswith(start)), own)


@pytest.mark.parametrize("mode", ["caffe", "tf", "torch"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_pixels_are_made_ready_as_in_keras(mode: str, data_format: str) -> None:
    from keras.applications import imagenet_utils as theirs

    shape = (2, 4, 5, 3) if data_format == "channels_last" else (2, 3, 4, 5)
    x = np.random.default_rng(0).integers(0, 256, shape)
    expected = theirs.preprocess_input(x, data_format, mode)
    ours = applications.imagenet_utils.preprocess_input
    np.testing.assert_allclose(ours(x, data_format, mode), expected, rtol=1e-5, atol=1e-5)
    tensor = np.asarray(ours(clarinet.ops.convert_to_tensor(x[0].astype(np.float32)), data_format, mode))
    np.testing.assert_allclose(tensor, expected[0], rtol=1e-5, atol=1e-5)
    begin = layers.Input(shape[1:])
    model = clarinet.Model(begin, ours(begin, data_format, mode))
    np.testing.assert_allclose(model.predict(x), expected, rtol=1e-5, atol=1e-4)


def test_transfer_learning_as_tutorials_do_it() -> None:
    base = applications.MobileNetV2((32, 32, 3), alpha=0.35, include_top=False, weights=None)
    base.trainable = False
    inputs = clarinet.Input((32, 32, 3))
    x = applications.mobilenet_v2.preprocess_input(inputs)
    x = layers.GlobalAveragePooling2D()(base(x, training=False))
    model = clarinet.Model(inputs, layers.Dense(1)(layers.Dropout(0.2)(x)))
    rng = np.random.default_rng(0)
    pictures, labels = rng.uniform(0, 255, (8, 32, 32, 3)).astype(np.float32), np.arange(8) % 2
    pictures[labels == 1] *= 0.5

    def fit(rate: float) -> list[np.ndarray]:
        loss = clarinet.losses.BinaryCrossentropy(from_logits=True)
        model.compile(clarinet.optimizers.Adam(rate), loss, metrics=["accuracy"])
        model.fit(pictures, labels, epochs=1, batch_size=4, verbose=0)
        assert model.engine == "native", model.engine_reason
        return base.get_weights()

    before, frozen = base.get_weights(), fit(1e-2)
    assert all((a == b).all() for a, b in zip(before, frozen)), "a frozen base stays as it is, moving averages too"
    base.trainable = True
    for layer in base.layers[:100]:
        layer.trainable = False
    tuned = fit(1e-4)
    changed = [(a != b).any() for a, b in zip(frozen, tuned)]
    assert any(changed) and not all(changed)


def test_a_network_begins_within_another_one() -> None:
    begin = layers.Input((40, 40, 3), name="photo")
    scaled = layers.Rescaling(1 / 255)(begin)
    model = applications.ResNet50(weights=None, include_top=False, pooling="avg", input_tensor=scaled)
    assert model.input_shape == (None, 40, 40, 3) and model.layers[0].name == "photo" and model.output_shape[1] == 2048


def test_trained_weights_come_from_keras_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    where = r"Fetch https://\S+/mobilenet_v2/\S+_0.35_96_no_top.h5 and put it at .*models"
    with pytest.raises(FileNotFoundError, match=where):
        applications.MobileNetV2((96, 96, 3), 0.35, include_top=False)
    with pytest.raises(FileNotFoundError, match=r"imagenet_class_index\.json and put it at"):
        applications.vgg16.decode_predictions(np.zeros((1, 1000)))
    (tmp_path / "models").mkdir()
    names = tmp_path / "models" / "imagenet_class_index.json"
    names.write_text("[1]")
    with pytest.raises(ValueError, match="does not hold the 1000 names"):
        applications.vgg16.decode_predictions(np.zeros((1, 1000)))
    names.write_text("{" + ", ".join(f'"{n}": ["n{n:08}", "thing {n}"]' for n in range(1000)) + "}")
    found = applications.vgg16.decode_predictions(np.eye(1000)[:2], top=3)
    assert [row[0][:2] for row in found] == [("n00000000", "thing 0"), ("n00000001", "thing 1")]
    assert [len(row) for row in found] == [3, 3]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"weights": "nowhere.h5"}, FileNotFoundError, "there is no file 'nowhere.h5'"),
        ({"weights": "imagenet", "classes": 3}, ValueError, "1000 classes, received classes=3; give include_top=False"),
        ({"weights": "imagenet", "classifier_activation": "relu"}, ValueError, "'softmax' or None"),
        ({"weights": None, "pooling": "mean"}, ValueError, "'avg' or 'max', received 'mean'"),
        ({"weights": None, "input_shape": (16, 16, 3)}, ValueError, "at least 32 × 32 pixels"),
        ({"weights": None, "input_shape": (None, None, 3)}, ValueError, "the size has to be known"),
        ({"weights": None, "input_shape": (32, 32)}, ValueError, r"\(height, width, channels\)"),
        ({"weights": None, "input_tensor": np.zeros(3)}, TypeError, "input_tensor is a tensor that Input made"),
    ],
)
def test_what_does_not_go_together_is_refused(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        applications.ResNet50(**arguments)
