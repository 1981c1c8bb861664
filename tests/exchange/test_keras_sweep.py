"""Models of all kinds that Keras wrote, in each of its formats: they load, and predict the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet

pytest.importorskip("h5py")
pytest.importorskip("pyfive")
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras on JAX

Build = Callable[[Any, Any], Any]
WORDS, STEPS, PICTURE, ROW, VOLUME = (9,), (6, 4), (8, 8, 3), (5,), (4, 4, 4, 2)


def stack(*parts: Callable[[Any], Any]) -> Build:
    return lambda k, begin: k.Sequential([begin, *(part(k.layers) for part in parts)])


def on(function: Callable[[Any, Any], Any]) -> Build:
    return lambda k, begin: k.Model(begin, function(k, begin))


def residual(k: Any, x: Any) -> Any:
    y = k.layers.Conv2D(4, 3, padding="same", use_bias=False)(x)
    y = k.layers.ReLU(6.0)(k.layers.BatchNormalization()(y))
    y = k.layers.Add()([y, k.layers.Conv2D(4, 1, name="shortcut")(x)])
    return k.layers.Dense(2)(k.layers.GlobalAveragePooling2D()(y))


def inception(k: Any, x: Any) -> Any:
    branches = [k.layers.Conv2D(2, size, padding="same", activation="relu")(x) for size in (1, 3, 5)]
    return k.layers.Flatten()(k.layers.Concatenate()([*branches, k.layers.MaxPooling2D(3, 1, "same")(x)]))


def squeezed(k: Any, x: Any) -> Any:
    gate = k.layers.GlobalAveragePooling2D(keepdims=True)(x)
    gate = k.layers.Conv2D(3, 1, activation="sigmoid")(k.layers.Conv2D(2, 1, activation="swish")(gate))
    return k.layers.Multiply()([x, gate])


def transformer(k: Any, x: Any) -> Any:
    y = k.layers.MultiHeadAttention(2, 3)(x, x)
    x = k.layers.LayerNormalization(epsilon=1e-6)(k.layers.Add()([x, y]))
    y = k.layers.Dense(4)(k.layers.Dense(8, "gelu")(x))
    return k.layers.GlobalAveragePooling1D()(k.layers.LayerNormalization()(x + y))


def attending(k: Any, x: Any) -> Any:
    query = k.layers.Dense(4)(x)
    return k.layers.Concatenate()([k.layers.Attention()([query, x]), k.layers.AdditiveAttention()([query, x])])


def unet(k: Any, x: Any) -> Any:
    down = k.layers.Conv2D(3, 3, 2, "same", activation="relu")(x)
    up = k.layers.Conv2DTranspose(3, 3, 2, "same", activation="relu")(down)
    return k.layers.Conv2D(1, 1, activation="sigmoid")(k.layers.Concatenate()([up, x]))


def within(k: Any, x: Any) -> Any:
    inner = k.Sequential([k.Input((5,)), k.layers.Dense(4, "tanh"), k.layers.BatchNormalization()], name="inner")
    side = k.Input((4,))
    block = k.Model(side, k.layers.Add()([side, k.layers.Dense(4)(side)]), name="block")
    return block(inner(x))


def shared(k: Any, x: Any) -> Any:
    layer = k.layers.Dense(5, "tanh")
    return layer(layer(x)) + 0.5 * layer(x)


def gated(k: Any, x: Any) -> Any:
    value, gate = k.ops.split(k.layers.Dense(8)(x), 2, axis=-1)
    return k.ops.tanh(value) * k.ops.sigmoid(gate) / k.ops.sqrt(1.0 + k.ops.sum(k.ops.square(x), -1, keepdims=True))


def coded(k: Any, x: Any) -> Any:
    mean, spread = k.layers.Dense(3)(x), k.layers.Dense(3)(x)
    return k.layers.Dense(5)(mean + k.ops.exp(0.5 * spread) * np.float32(0.1))


#: Name, shape, what builds it. The first are tried in every run.
NETWORKS: list[tuple[str, tuple[int, ...], Build]] = [
    ("gated", ROW, on(gated)),
    ("transformer", STEPS, on(transformer)),
    ("perceptron", ROW, stack(lambda n: n.Dense(8, "relu"), lambda n: n.Dropout(0.5), lambda n: n.Dense(3, "softmax"))),
    ("penalties", ROW, stack(lambda n: n.Dense(4, "selu", kernel_regularizer="l2"), lambda n: n.AlphaDropout(0.1))),
    ("slopes", ROW, stack(lambda n: n.Dense(4), lambda n: n.LeakyReLU(0.2), lambda n: n.PReLU(), lambda n: n.ELU(0.5))),
    ("noise", ROW, stack(lambda n: n.GaussianNoise(0.1), lambda n: n.Dense(3), lambda n: n.Softmax())),
    (
        "lenet",
        PICTURE,
        stack(
            lambda n: n.Conv2D(4, 3, activation="relu"),
            lambda n: n.MaxPooling2D(),
            lambda n: n.Flatten(),
            lambda n: n.Dense(3),
        ),
    ),
    (
        "separable",
        PICTURE,
        stack(lambda n: n.SeparableConv2D(4, 3), lambda n: n.DepthwiseConv2D(3), lambda n: n.GlobalMaxPooling2D()),
    ),
    (
        "groups",
        PICTURE,
        stack(
            lambda n: n.Conv2D(4, 3, dilation_rate=2),
            lambda n: n.GroupNormalization(2),
            lambda n: n.Conv2D(4, 1, groups=2),
        ),
    ),
    (
        "framed",
        PICTURE,
        stack(
            lambda n: n.ZeroPadding2D(((1, 0), (2, 1))),
            lambda n: n.Cropping2D(1),
            lambda n: n.UpSampling2D(2, interpolation="bilinear"),
        ),
    ),
    (
        "scaled",
        PICTURE,
        stack(lambda n: n.Rescaling(1 / 255, -0.5), lambda n: n.Resizing(4, 4), lambda n: n.CenterCrop(2, 2)),
    ),
    (
        "spatial",
        PICTURE,
        stack(lambda n: n.SpatialDropout2D(0.3), lambda n: n.AveragePooling2D(2), lambda n: n.Permute((3, 1, 2))),
    ),
    (
        "volume",
        VOLUME,
        stack(lambda n: n.Conv3D(2, 2), lambda n: n.MaxPooling3D(), lambda n: n.GlobalAveragePooling3D()),
    ),
    ("residual", PICTURE, on(residual)),
    ("inception", PICTURE, on(inception)),
    ("squeezed", PICTURE, on(squeezed)),
    ("unet", PICTURE, on(unet)),
    (
        "causal",
        STEPS,
        stack(
            lambda n: n.Conv1D(4, 2, padding="causal"), lambda n: n.MaxPooling1D(), lambda n: n.Conv1DTranspose(3, 2)
        ),
    ),
    ("lstm", STEPS, stack(lambda n: n.LSTM(5, return_sequences=True), lambda n: n.LSTM(3), lambda n: n.Dense(1))),
    ("gru", STEPS, stack(lambda n: n.GRU(4, reset_after=False), lambda n: n.RepeatVector(3), lambda n: n.SimpleRNN(2))),
    ("both", STEPS, stack(lambda n: n.Bidirectional(n.GRU(3), merge_mode="sum"), lambda n: n.Dense(2))),
    ("each", STEPS, stack(lambda n: n.TimeDistributed(n.Dense(3)), lambda n: n.Flatten(), lambda n: n.Dense(1))),
    ("cells", STEPS, stack(lambda n: n.RNN(n.StackedRNNCells([n.LSTMCell(3), n.GRUCell(2)])))),
    (
        "words",
        WORDS,
        stack(lambda n: n.Embedding(12, 4), lambda n: n.GlobalAveragePooling1D(), lambda n: n.Dense(1, "sigmoid")),
    ),
    ("masked", WORDS, stack(lambda n: n.Embedding(12, 4, mask_zero=True), lambda n: n.LSTM(3), lambda n: n.Dense(1))),
    ("attending", STEPS, on(attending)),
    ("within", ROW, on(within)),
    ("shared", ROW, on(shared)),
    ("coded", ROW, on(coded)),
    (
        "einsum",
        STEPS,
        stack(lambda n: n.EinsumDense("abc,cd->abd", (None, 3), bias_axes="d"), lambda n: n.UnitNormalization()),
    ),
    (
        "normalized",
        STEPS,
        stack(
            lambda n: n.LayerNormalization(axis=(1, 2)),
            lambda n: n.BatchNormalization(center=False),
            lambda n: n.Reshape((3, 8)),
        ),
    ),
]
_QUICK = 2


@pytest.mark.parametrize(
    ("name", "shape", "build"),
    [
        pytest.param(*row, marks=[pytest.mark.slow] if place >= _QUICK else [], id=row[0])
        for place, row in enumerate(NETWORKS)
    ],
)
def test_what_keras_wrote_predicts_the_same(name: str, shape: tuple[int, ...], build: Build, tmp_path: Path) -> None:
    import keras

    theirs = build(keras, keras.Input(shape))
    rng = np.random.default_rng(0)
    theirs.set_weights([rng.uniform(0.1, 0.5, w.shape) for w in theirs.get_weights()])
    x = rng.integers(0, 12, (3, *shape)) if shape == WORDS else rng.normal(size=(3, *shape)).astype(np.float32)
    expected = np.asarray(theirs(x, training=False))
    for ending in ("keras", "h5"):
        theirs.save(tmp_path / f"m.{ending}")
        if ending == "h5" and name in ("gated", "coded", "shared", "transformer"):
            continue  # of which Keras itself cannot read such a file again
        found = clarinet.models.load_model(tmp_path / f"m.{ending}")
        np.testing.assert_allclose(found.predict(x), expected, rtol=1e-5, atol=1e-5, err_msg=ending)
    theirs.save_weights(tmp_path / "m.weights.h5")
    again = build(clarinet, clarinet.Input(shape))
    again.load_weights(tmp_path / "m.weights.h5")
    np.testing.assert_allclose(again.predict(x), expected, rtol=1e-5, atol=1e-5)
