"""Sizes that are others in every batch: shapes that follow, training and use, files, messages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import layers, ops
from clarinet.layers import LSTM, Conv1D, Conv2D, Dense, Embedding, GlobalAveragePooling1D, Input, MaxPooling2D
from clarinet.sizes import UNKNOWN, as_sizes

RNG = np.random.default_rng(3)
BATCHES = [(RNG.normal(size=(4, steps, 3)).astype(np.float32), RNG.normal(size=(4, 1))) for steps in (7, 4, 7, 5)]


def series() -> tuple[Any, Any]:
    x = Input((None, 3))
    h = Conv1D(4, 3, padding="same", activation="tanh")(LSTM(4, return_sequences=True)(x))
    return x, Dense(1)(GlobalAveragePooling1D()(h))


def test_shapes_follow_as_far_as_they_are_known() -> None:
    x = Input((None, None, 3))
    assert Conv2D(5, 3)(x).shape == MaxPooling2D()(Conv2D(5, 3)(x)).shape == (None, None, None, 5)
    assert layers.Reshape((-1, 6))(x).shape == (None, None, 6)
    assert layers.GlobalMaxPooling2D()(x).shape == (None, 3)
    joined = layers.Concatenate()([x, layers.UpSampling2D()(MaxPooling2D()(x))])
    assert joined.shape == (None, None, None, 6)
    model = clarinet.Model(x, ops.mean(joined * 2, axis=(1, 2)))
    assert model.input_shape == (None, None, None, 3) and model.output_shape == (None, 6)
    assert model.predict(np.ones((1, 4, 6, 3))).tolist() == [[2.0] * 6]
    lines: list[str] = []
    model.summary(print_fn=lines.append)
    assert "(None, None, None, 3)" in "\n".join(lines)


def test_batches_of_several_lengths_train_and_predict() -> None:
    model = clarinet.Model(*series())
    model.compile("sgd", "mse", metrics=["mae"])

    def batches() -> Iterator[Any]:
        yield from BATCHES

    history = model.fit(batches(), epochs=1, steps_per_epoch=4, verbose=0).history
    assert np.isfinite(history["loss"]).all() and np.isfinite(history["mae"]).all()
    known = clarinet.Model(*_known(model, 5))
    for rows, labels in BATCHES[-1:]:
        np.testing.assert_allclose(model.predict(rows), known.predict(rows), rtol=1e-5)
        assert model.evaluate(rows, labels)[0] == pytest.approx(np.mean((known.predict(rows) - labels) ** 2), rel=1e-5)
    assert model(BATCHES[0][0]).shape == (4, 1)


def _known(model: clarinet.Model, steps: int) -> tuple[Any, Any]:
    """The same layers where the number of steps is known."""
    x = tensor = Input((steps, 3))
    for layer in model.layers[1:]:
        tensor = layer(tensor)
    return x, tensor


def test_sequences_of_ids_with_labels_for_each_step(tmp_path: Path) -> None:
    model = clarinet.Sequential([Embedding(9, 4, mask_zero=True, input_shape=(None,)), LSTM(3, return_sequences=True)])
    model.add(Dense(2, "softmax"))
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    for steps in (6, 3):
        model.train_on_batch(RNG.integers(0, 9, (4, steps)), RNG.integers(0, 2, (4, steps)))
    model.save(tmp_path / "ids.clarinet")
    loaded = clarinet.Sequential.load(tmp_path / "ids.clarinet")
    ids = RNG.integers(0, 9, (2, 5))
    assert loaded.output_shape == (None, None, 2) and np.array_equal(loaded.predict(ids), model.predict(ids))
    with pytest.raises(ValueError, match=r"y_true has shape \(\d, 5\)"):
        model.train_on_batch(RNG.integers(0, 9, (4, 6)), RNG.integers(0, 2, (4, 5)))


def test_weights_of_unknown_sizes_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"the sizes of its weights follow from one that is not known: it takes \(None, No"
    ):
        Dense(2)(layers.Flatten()(Input((None, 3))))
    with pytest.raises(
        ValueError, match=r"x: each row has shape \(7, 2\), but the first layer, .*built for \(None, 3\)"
    ):
        clarinet.Model(*series()).predict(np.ones((1, 7, 2)))


def test_a_layer_of_ones_own_is_built_for_sizes_that_are_not_known() -> None:
    built = []

    class Scaled(layers.Layer):
        def build(self, input_shape: Any) -> None:
            built.append(input_shape)
            self.scale = self.add_weight((input_shape[-1],), "ones")

        def call(self, inputs: Any) -> Any:
            return ops.sum(inputs * self.scale, axis=1)

    x = Input(batch_shape=(None, None, 3))
    model = clarinet.Model(x, Scaled()(x))
    assert built == [(None, None, 3)] and model.predict(np.ones((2, 4, 3))).tolist() == [[4.0] * 3] * 2


def test_an_unknown_size_goes_with_every_size() -> None:
    assert as_sizes((None, 3)) == (5, 3) and as_sizes((None, 3)) == (5, 3) and as_sizes((None, 3)) != (5, 4)
    assert UNKNOWN != "a" and repr(as_sizes((None, 3))) == "(None, 3)"


def painter(engine: str, size: int | None = None) -> clarinet.Model:
    """Numbers for each pixel of pictures of any size."""
    clarinet.utils.set_random_seed(4)
    x = Input((size, size, 2))
    h = Conv2D(4, 3, padding="same", activation="relu")(x)
    h = layers.Concatenate()(
        [layers.UpSampling2D()(MaxPooling2D()(h)), x * 2 - ops.mean(x, axis=(1, 2), keepdims=True)]
    )
    h = layers.BatchNormalization(momentum=0.8)(h)
    model = clarinet.Model(x, Conv2D(3, 1, activation="softmax")(layers.Dropout(0.2)(h)))
    model.compile(clarinet.optimizers.SGD(0.05), "sparse_categorical_crossentropy", ["accuracy"], engine=engine)
    return model


PICTURES = [
    (RNG.normal(size=(5, size, size, 2)).astype(np.float32), RNG.integers(0, 3, (5, size, size)))
    for size in (4, 8, 4, 6, 2, 10, 12, 14, 16, 18, 4)
]


def test_the_native_engine_is_bound_to_the_sizes_of_each_batch() -> None:
    native, reference = painter("auto"), painter("reference")
    assert native.engine == "native"
    found = []
    for model in (native, reference):

        def batches() -> Iterator[Any]:
            yield from PICTURES

        history = model.fit(batches(), steps_per_epoch=len(PICTURES), verbose=0).history
        judged = [model.evaluate(*pair) for pair in PICTURES[:3]]
        found.append([*history.values(), *judged, *(model.predict(x) for x, _ in PICTURES[:3]), *model.get_weights()])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-3, atol=2e-4)


def test_bits_are_those_of_a_model_that_knows_its_sizes() -> None:
    for engine in ("native", "reference"):
        found = []
        for size in (None, 8):
            model = painter(engine, size)
            history = model.fit(*PICTURES[1], batch_size=2, epochs=2, verbose=0).history
            found.append([history, [w.tobytes() for w in model.get_weights()], model.predict(PICTURES[1][0]).tobytes()])
        assert found[0] == found[1]


def test_labels_that_do_not_fit_are_spoken_of_as_they_are() -> None:
    x = Input((None, 3))
    model = clarinet.Model(x, Dense(1)(x))
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"y_true has shape \(4, 5, 1\) and y_pred \(4, 6, 1\)"):
        model.fit(np.zeros((4, 6, 3)), np.zeros((4, 5, 1)), verbose=0)


def test_a_summary_shows_what_is_within_layers(capsys: pytest.CaptureFixture[str]) -> None:
    x = Input((None,))
    h = layers.Bidirectional(LSTM(3, return_sequences=True))(Embedding(9, 4)(x))
    clarinet.Model(x, Dense(1)(GlobalAveragePooling1D()(h))).summary()
    assert "(None, None, 3)" in capsys.readouterr().out
