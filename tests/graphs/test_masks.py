"""Masks where Keras has nothing to compare with: eager calls, files, messages, the edges."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import layers, ops
from clarinet.layers import LSTM, Dense, Embedding, Flatten, GlobalAveragePooling1D, Input, Masking
from clarinet.problems import ClarinetWarning
from tests import cases

IDS = np.array([[3, 1, 0, 0], [2, 0, 0, 0], [1, 2, 3, 4]])
MASK = IDS != 0


def tagger(**compiling: Any) -> clarinet.Model:
    """Two numbers for each step of a sequence with a mask."""
    x = Input((4,), dtype="int32")
    model = clarinet.Model(x, Dense(2)(LSTM(3, return_sequences=True)(Embedding(5, 3, mask_zero=True)(x))))
    model.compile("sgd", "mse", **compiling)
    return model


def test_numbers_have_masks_beside_them() -> None:
    vectors = Embedding(5, 3, mask_zero=True)(IDS)
    assert np.array_equal(vectors._keras_mask, MASK)
    states = LSTM(2, return_sequences=True)(vectors)
    assert np.array_equal(states._keras_mask, MASK)
    assert np.array_equal(states[0, 1], states[0, 3]) and not np.array_equal(states[2, 2], states[2, 3])
    assert LSTM(2)(vectors)._keras_mask is None
    pooled = GlobalAveragePooling1D()(vectors)
    np.testing.assert_allclose(pooled[0], np.mean(vectors[0, :2], axis=0), rtol=1e-6)
    said = GlobalAveragePooling1D()(vectors.numpy(), mask=MASK)
    assert np.array_equal(said, pooled)
    joined = layers.Concatenate()([vectors, Dense(2)(vectors)])
    assert np.array_equal(joined._keras_mask, MASK)


def test_a_layer_that_looks_at_its_mask_is_given_it_at_once_too() -> None:
    class Count(layers.Layer):
        def call(self, inputs: Any, mask: Any = None) -> Any:
            return ops.sum(ops.cast(mask, "float32"), axis=1)

    vectors = Masking()(MASK[..., None] * np.ones((3, 4, 2)))
    assert Count()(vectors).tolist() == [2.0, 1.0, 4.0] and Count()(vectors, mask=~MASK).tolist() == [2.0, 3.0, 0.0]


def test_a_model_of_numbers_passes_masks_on() -> None:
    model = tagger()
    assert np.array_equal(model(IDS)._keras_mask, MASK)
    np.testing.assert_allclose(model(IDS), model.predict(IDS), rtol=1e-5, atol=1e-6)


def test_a_mask_that_a_layer_does_not_pass_on_is_spoken_of() -> None:
    vectors = Embedding(5, 3, mask_zero=True)(Input((4,)))
    with pytest.warns(ClarinetWarning, match=r"'Flatten' \(Flatten\) does not support masking: the mask of its"):
        Flatten()(vectors)


def test_files_and_copies_have_the_same_masks(tmp_path: Path) -> None:
    model = tagger()
    model.save(tmp_path / "masks.clarinet")
    for other in (clarinet.Model.load(tmp_path / "masks.clarinet"), clarinet.models.clone_model(model)):
        other.set_weights(model.get_weights())
        assert np.array_equal(other.predict(IDS), model.predict(IDS))
        assert other.network.masks and len(other.network.nodes) == len(model.network.nodes)


@pytest.mark.parametrize("weight", [None, np.array([1.0, 3.0, 0.5])])
def test_the_loss_is_the_mean_of_the_steps_that_count(weight: Any) -> None:
    model = tagger()
    y = np.random.default_rng(0).normal(size=(3, 4, 2))
    each = np.mean((model.predict(IDS) - y) ** 2, axis=-1) * MASK
    weighted = each if weight is None else each * weight[:, None]
    assert model.evaluate(IDS, y, sample_weight=weight) == pytest.approx(weighted.sum() / MASK.sum(), rel=1e-5)


def test_steps_that_do_not_count_need_no_label() -> None:
    found = []
    for fill in (0, -1):
        clarinet.utils.set_random_seed(2)
        x = Input((4,), dtype="int32")
        model = clarinet.Model(x, Dense(3, "softmax")(Embedding(5, 3, mask_zero=True)(x)))
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        labels = np.where(MASK, IDS % 3, fill)
        history = model.fit(IDS, labels, epochs=2, verbose=0).history
        found.append([*history.values(), *model.evaluate(IDS, labels), *(w.tolist() for w in model.get_weights())])
    assert found[0] == found[1]
    with pytest.raises(ValueError, match="-2"):
        model.fit(IDS, np.where(MASK, IDS % 3, -2), verbose=0)


def test_rows_without_any_step_give_no_nan() -> None:
    x = Input((4,))
    pooled = clarinet.Model(x, GlobalAveragePooling1D()(Embedding(5, 3, mask_zero=True)(x)))
    assert np.array_equal(pooled.predict(np.zeros((1, 4))), np.zeros((1, 3)))
    assert tagger().evaluate(np.zeros((2, 4)), np.ones((2, 4, 2))) == 0.0


def test_where_masks_run() -> None:
    assert tagger().engine == "native"


def test_a_mask_that_does_not_fit_a_loss_is_refused() -> None:
    x = Input((4,))
    model = clarinet.Model(x, layers.Softmax()(Dense(4)(x), mask=ops.greater(x, 0)))
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"a mask of shape \(None, 4\) came along to the output of shape \(None, 4\)"):
        model.fit(IDS.astype(float), IDS.astype(float), verbose=0)
    with pytest.raises(ValueError, match=r"Softmax: a mask of shape \(3, 4\) does not fit inputs of shape \(3, 4, 2\)"):
        layers.Softmax()(np.zeros((3, 4, 2)), mask=MASK)


class Half(layers.Layer):
    def call(self, inputs: Any) -> Any:
        return inputs[:, :2]

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return mask[:, :2]


class Pooled(layers.Layer):
    def call(self, inputs: Any, mask: Any = None) -> Any:
        counts = ops.expand_dims(ops.cast(mask, "float32"), -1)
        return ops.sum(inputs * counts, axis=1) / ops.maximum(ops.sum(counts, axis=1), 1.0)


class Words(layers.Layer):
    """Gives the mask of a layer within, and tells another one of it."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.table, self.states = Embedding(5, 3, mask_zero=True), LSTM(3, return_sequences=True)

    def call(self, ids: Any) -> Any:
        vectors = self.table(ids)
        return self.states(vectors * 2.0, mask=vectors._keras_mask)


class Both(layers.Layer):
    supports_masking = True

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.first, self.second = Dense(2), LSTM(2, return_sequences=True)

    def call(self, pair: Any) -> Any:
        a, b = pair
        return self.first(a) + self.second(b)

    def compute_mask(self, pair: Any, mask: Any = None) -> Any:
        return ops.logical_and(mask[0], mask[1])


def halved(x: Any) -> Any:
    return LSTM(2)(Half()(Embedding(5, 3, mask_zero=True)(x)))


def pooled(x: Any) -> Any:
    return Pooled()(Embedding(5, 3, mask_zero=True)(x))


def words(x: Any) -> Any:
    return GlobalAveragePooling1D()(Words()(x))


def both(x: Any) -> Any:
    vectors = Embedding(5, 3, mask_zero=True)(x)
    return LSTM(2)(Both()([vectors, Masking()(ops.cast(vectors, "float32") * 1.0)]))


@pytest.mark.parametrize("build", [halved, pooled, words, both])
def test_files_keep_masks_of_layers_of_ones_own(build: Any, tmp_path: Path) -> None:
    x = Input((4,), dtype="int32")
    model = clarinet.Model(x, Dense(1)(build(x)))
    model.compile("sgd", "mse")
    model.save(tmp_path / "own.clarinet")
    again = clarinet.models.load_model(tmp_path / "own.clarinet")
    again.save(tmp_path / "twice.clarinet")
    twice = clarinet.models.load_model(tmp_path / "twice.clarinet")
    for other in (again, twice):
        np.testing.assert_array_equal(model.predict(IDS), other.predict(IDS))
        np.testing.assert_allclose(model(IDS), other(IDS), rtol=1e-6)
    expected = [m.fit(IDS, np.ones(3), epochs=2, seed=1, verbose=0).history["loss"] for m in (model, again, twice)]
    assert expected[0] == expected[1] == expected[2]
    np.testing.assert_array_equal(model.predict(IDS), twice.predict(IDS))


@pytest.mark.parametrize("case", cases.LAYERS, ids=lambda case: case.id)
def test_layers_within_that_look_at_a_mask_are_given_it(case: Any) -> None:
    """Else a layer passes a mask on, and those within it count the steps that do not."""
    layer = case.make()
    if layer.supports_masking and any(leaf.layer.uses_mask for leaf in layer.leaf_layers()):
        assert layer.uses_mask
