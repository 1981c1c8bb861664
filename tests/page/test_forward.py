"""The forward pass in JavaScript gives what the model predicts, for every kind of layer that may run in a page."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import activations, layers
from clarinet.activations import Activation
from clarinet.exchange.forward import forward_pass
from clarinet.layers import Dense, Flatten, Input, Rescaling, Reshape
from clarinet.page.document import _FOLDER
from clarinet.page.sequences import SEQUENCES
from tests.cases.merging import Joined

RNG = np.random.default_rng(5)
PICTURE, SEQUENCE = (6, 7, 4), (9, 4)


def normal(*shape: int) -> Any:
    return RNG.normal(size=shape)


NORMALIZATION = layers.Normalization()
NORMALIZATION.adapt(normal(50, *PICTURE) * 3 + 20)

#: Shape of a sample, and layers.
NETWORKS: dict[str, tuple[tuple[int, ...], list[Any]]] = {
    "dense": ((28, 28), [Flatten(), Dense(20, "relu"), layers.Dropout(0.5), Dense(10, "softmax")]),
    "dense on axes": (PICTURE, [Dense(5, use_bias=False)]),
    "shapes": (PICTURE, [layers.Permute((3, 1, 2)), Reshape((4, -1)), layers.Permute((2, 1)), Flatten()]),
    "scaling": (PICTURE, [Rescaling([1 / 255, 2, 3, 4], offset=[1, 2, 3, 4]), Rescaling(0.5, -1)]),
    "normalisation": (PICTURE, [NORMALIZATION, layers.BatchNormalization(), layers.LayerNormalization()]),
    "given statistics": (PICTURE, [layers.Normalization(axis=1, mean=[1, 2, 3, 4, 5, 6], variance=4.0, invert=True)]),
    "normalisation, other axes": (PICTURE, [layers.LayerNormalization(axis=[2, 3]), layers.BatchNormalization(axis=1)]),
    "normalisation of groups": (PICTURE, [layers.GroupNormalization(2), layers.GroupNormalization(-1, scale=False)]),
    "convolution": (PICTURE, [layers.Conv2D(6, 3, activation="relu"), layers.Conv2D(5, (1, 2), dilation_rate=2)]),
    "same, strided": (PICTURE, [layers.Conv2D(6, (3, 2), strides=(2, 3), padding="same", groups=2)]),
    "depthwise": (PICTURE, [layers.DepthwiseConv2D(3, depth_multiplier=2), layers.SeparableConv2D(3, 2)]),
    "pooling": (PICTURE, [layers.MaxPooling2D(padding="same"), layers.AveragePooling2D(2, 1, padding="same")]),
    "global mean": (PICTURE, [layers.GlobalAveragePooling2D()]),
    "global maximum": (PICTURE, [layers.GlobalMaxPooling2D(keepdims=True)]),
    "sequence": (
        SEQUENCE,
        [layers.Conv1D(3, 3, padding="causal"), layers.MaxPooling1D(), layers.AveragePooling1D(3, 1)],
    ),
    "global, sequence": (SEQUENCE, [layers.Conv1D(3, 2, strides=2), layers.GlobalAveragePooling1D()]),
    "padding": (PICTURE, [layers.ZeroPadding2D(((0, 1), (2, 3))), layers.UpSampling2D((2, 3))]),
    "resizing": (
        PICTURE,
        [layers.Resizing(5, 9), layers.CenterCrop(3, 4), layers.UpSampling2D(interpolation="bilinear")],
    ),
    "noise": (
        PICTURE,
        [layers.SpatialDropout2D(0.5), layers.GaussianNoise(1.0), layers.RandomFlip(), layers.AlphaDropout(0.1)],
    ),
    "prelu": (
        PICTURE,
        [layers.PReLU("normal", shared_axes=[1, 2]), layers.LeakyReLU(), layers.ELU(), layers.Softmax()],
    ),
    "skip": (
        PICTURE,
        [layers.Residual([layers.Conv2D(4, 3, padding="same")]), layers.ReLU(max_value=1, threshold=0.1)],
    ),
    "branches": (
        PICTURE,
        [layers.Parallel([[], Dense(3), Dense(2)]), layers.Parallel([[], Dense(9)], merge="maximum")],
    ),
    "side by side": (
        PICTURE,
        [layers.Parallel([[], layers.Conv2D(4, (1, 7))], axis=2), layers.ActivityRegularization(1.0)],
    ),
    "mean, product": (
        SEQUENCE,
        [layers.Parallel([[], Dense(4)], "average"), layers.Parallel([[], Dense(4)], "multiply")],
    ),
    "minimum, difference": (
        SEQUENCE,
        [layers.Parallel([[], Dense(4)], "minimum"), layers.Parallel([[], Dense(4)], "subtract")],
    ),
    "stretched": (
        SEQUENCE,
        [
            Joined([[], Dense(1), layers.GlobalAveragePooling1D()], layers.Multiply()),
            Joined(
                [layers.Reshape((1, -1, 4)), [layers.Permute((2, 1)), layers.Reshape((4, -1, 1))]], layers.Minimum()
            ),
        ],
    ),
}
FUNCTIONS = sorted({activations.get(name).name for name in activations.__all__ if name[0].islower()})
for name in FUNCTIONS:
    NETWORKS[f"activation {name}"] = SEQUENCE, [Rescaling(2.0), layers.Activation(name)]
for function in (activations.Gelu(approximate=True), activations.Softmax(axis=1), activations.Relu(0.1, 2.0, 0.3)):
    NETWORKS[f"activation {function!r}"] = SEQUENCE, [layers.Activation(function)]


def test_every_activation_is_among_them() -> None:
    classes = {type(getattr(activations, name)) for name in activations.__all__ if name[0].islower()}
    known = {getattr(activations, name) for name in activations.__all__ if name[0].isupper()}
    assert classes == known - {Activation, activations.Custom}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_page_predicts_what_the_model_predicts(name: str, script: Any) -> None:
    shape, stack = NETWORKS[name]
    model = clarinet.Sequential([Input(shape), *stack])
    model.compile("sgd", "mse", engine="reference")
    scale = 20 if name == "normalisation" else 1
    model.set_weights(
        [np.abs(w) + 0.3 * np.abs(normal(*w.shape)) if "norm" in name else w for w in model.get_weights()]
    )
    x = scale * normal(3, *shape).astype(np.float32)
    operations, weights = forward_pass(model)
    rows = [
        script.evaluate(
            "([operations, weights, x]) => Array.from(predict(operations, weightsFrom(weights), x))",
            [operations, base64.b64encode(weights).decode(), row.ravel().tolist()],
        )
        for row in x
    ]
    expected = model.predict(x, verbose=0).reshape(3, -1)
    assert np.abs(np.array(rows) - expected).max() < 1e-5 * max(1.0, float(np.abs(expected).max()))


@pytest.fixture(scope="module")
def script(browser: Any) -> Any:
    """An empty page with the functions of network.js."""
    page = browser.new_page()
    page.add_script_tag(content=Path(_FOLDER, "network.js").read_text("utf-8"))
    return page


def test_what_cannot_run_in_a_page_is_named(tmp_path: Path) -> None:
    square = activations.Custom(lambda z: z * z, lambda z: 2 * z)
    stack = [layers.GRU(3, activation="softmax", name="memory"), Dense(10, square)]
    model = clarinet.Sequential([Input((28, 28)), *stack])
    with pytest.raises(ValueError, match=r"memory \(GRU\), dense \(activation <lambda>\) cannot run"):
        model.export_html(tmp_path / "page.html")
    assert not list(tmp_path.iterdir())


TEXTS: dict[str, tuple[int, list[Any]]] = {
    "vectors": (7, [layers.Embedding(9, 5), layers.GlobalAveragePooling1D(), Dense(3)]),
    "masked mean": (7, [layers.Embedding(9, 5, mask_zero=True), layers.GlobalAveragePooling1D()]),
    "simple": (7, [layers.Embedding(9, 5), layers.SimpleRNN(4, return_sequences=True), layers.SimpleRNN(3)]),
    "lstm": (7, [layers.Embedding(9, 5, mask_zero=True), layers.LSTM(4, return_sequences=True), layers.LSTM(3)]),
    "gru": (7, [layers.Embedding(9, 5), layers.GRU(4, return_sequences=True), layers.GRU(3, reset_after=False)]),
    "both ways": (
        7,
        [
            layers.Embedding(9, 5, mask_zero=True),
            layers.Bidirectional(layers.GRU(4, return_sequences=True)),
            layers.Bidirectional(layers.LSTM(3), merge_mode="sum"),
        ],
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_sequences_of_words(name: str, script: Any) -> None:
    steps, stack = TEXTS[name]
    model = clarinet.Sequential([Input((steps,)), *stack])
    model.set_weights([0.5 * normal(*w.shape) for w in model.get_weights()])
    x = RNG.integers(1, 9, (3, steps))
    x[0, 3:] = x[1, 5:] = 0
    operations, weights = forward_pass(model, more=SEQUENCES)
    rows = [
        script.evaluate(
            "([operations, weights, x]) => Array.from(predict(operations, weightsFrom(weights), x))",
            [operations, base64.b64encode(weights).decode(), row.tolist()],
        )
        for row in x
    ]
    np.testing.assert_allclose(rows, model.predict(x, verbose=0).reshape(3, -1), atol=1e-5)
