"""Texts as numbers. The expected numbers are those of Keras on TensorFlow, the only back end it has this layer for."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clarinet
from clarinet.layers import TextVectorization
from clarinet.utils import pad_sequences
from tests.properties import examples

TEXTS = ["The cat. sat, on THE mat's", "a dog sat; zebra apple äpfel", "", "the dog [UNK] x_y"]
QUESTIONS = ["the dog sat unknown unknown", "cat", "", "a-b äpfel"]
WORDS = ["the", "sat", "dog", "äpfel", "zebra", "xy", "unk", "on", "mats", "cat", "apple", "a"]


def adapted(**settings):
    vectorize = TextVectorization(**settings)
    vectorize.adapt(TEXTS)
    return vectorize


def test_ids():
    vectorize = adapted()
    assert vectorize.get_vocabulary() == ["", "[UNK]", *WORDS]
    assert vectorize.get_vocabulary(include_special_tokens=False) == WORDS
    assert vectorize.vocabulary_size() == 14
    expected = [[2, 4, 3, 1, 1], [11, 0, 0, 0, 0], [0] * 5, [1, 5, 0, 0, 0]]
    assert vectorize(QUESTIONS).tolist() == expected
    assert vectorize(np.array(QUESTIONS)[:, None]).tolist() == expected
    assert vectorize(QUESTIONS[0]).tolist() == expected[0]
    assert vectorize(QUESTIONS).dtype == np.int64


@pytest.mark.parametrize(
    ("settings", "vocabulary"),
    [
        ({"max_tokens": 6}, ["the", "sat", "dog", "äpfel"]),
        ({"max_tokens": 5, "output_mode": "count"}, ["the", "sat", "dog", "äpfel"]),
        ({"standardize": None, "max_tokens": 4}, ["dog", "äpfel"]),
        ({"split": "character", "max_tokens": 6}, [" ", "t", "a", "e"]),
        ({"ngrams": (2,), "max_tokens": 4}, ["zebra apple", "unk xy"]),
        ({"ngrams": 2, "max_tokens": 7}, ["the", "sat", "dog", "äpfel", "zebra apple"]),
    ],
)
def test_vocabularies(settings, vocabulary):
    assert adapted(**settings).get_vocabulary(include_special_tokens=False) == vocabulary


def test_one_length():
    assert adapted(output_sequence_length=3)(QUESTIONS).tolist() == [[2, 4, 3], [11, 0, 0], [0, 0, 0], [1, 5, 0]]


def test_numbers_for_each_word():
    multi, count = adapted(output_mode="multi_hot", max_tokens=4), adapted(output_mode="count", max_tokens=4)
    assert multi(QUESTIONS).tolist() == [[1, 1, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0]]
    assert count(QUESTIONS).tolist() == [[2, 1, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0], [2, 0, 0, 0]]
    frequent = np.log(1 + 4 / 3)  # each of the three words is in two of four texts
    weighted = adapted(output_mode="tf_idf", max_tokens=4)(QUESTIONS)
    np.testing.assert_allclose(weighted, count(QUESTIONS) * frequent, rtol=1e-6)
    assert adapted(output_mode="count", max_tokens=30, pad_to_max_tokens=True)(QUESTIONS).shape == (4, 30)


@pytest.mark.parametrize("mode", ["int", "multi_hot", "count", "tf_idf"])
def test_configuration_holds_what_was_learned(mode):
    vectorize = adapted(output_mode=mode, ngrams=2)
    clone = TextVectorization.from_config(json.loads(json.dumps(vectorize.get_config())))
    np.testing.assert_array_equal(clone(QUESTIONS), vectorize(QUESTIONS))
    assert clone.get_vocabulary() == vectorize.get_vocabulary()


def test_given_vocabulary_and_batches():
    assert TextVectorization(vocabulary=["b", "a"])(["A b c"]).tolist() == [[3, 2, 1]]
    assert TextVectorization(vocabulary=np.array(["", "[UNK]", "b"]))(["b"]).tolist() == [[2]]
    vectorize = TextVectorization()
    vectorize.adapt(np.array(TEXTS[i : i + 2]) for i in (0, 2))
    assert vectorize.get_vocabulary() == adapted().get_vocabulary()


def test_a_model_learns_from_texts():
    texts, y = ["good film", "bad film", "so good", "so bad"] * 8, np.array([1, 0, 1, 0] * 8)
    vectorize = TextVectorization(output_sequence_length=2)
    vectorize.adapt(texts)
    clarinet.utils.set_random_seed(0)
    layers = clarinet.layers
    model = clarinet.Sequential(
        [layers.Embedding(vectorize.vocabulary_size(), 4), layers.GlobalAveragePooling1D(), layers.Dense(1, "sigmoid")]
    )
    model.compile(clarinet.optimizers.Adam(0.05), "binary_crossentropy", metrics=["accuracy"])
    model.fit(vectorize(texts), y, epochs=20, batch_size=8, verbose=0)
    assert model.evaluate(vectorize(texts), y, return_dict=True)["accuracy"] == 1


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda: TextVectorization()(["a"]), ValueError, "no vocabulary yet; call adapt"),
        (lambda: TextVectorization().adapt([1, 2]), TypeError, "expected texts, received 1 of type int"),
        (lambda: TextVectorization().adapt(["", "!"]), ValueError, "no tokens in 2 texts"),
        (lambda: TextVectorization(split="words"), ValueError, "split is one of whitespace, character, None or a"),
        (lambda: TextVectorization(output_mode="one_hot"), ValueError, "output_mode is one of int, multi_hot"),
        (lambda: TextVectorization(max_tokens=2), ValueError, "leaves no room for tokens; expected at least 3"),
        (lambda: TextVectorization(output_mode="count", output_sequence_length=3), ValueError, "is for 'int'"),
        (lambda: TextVectorization(output_mode="count", pad_to_max_tokens=True), ValueError, "needs max_tokens"),
        (lambda: TextVectorization(ragged=True), TypeError, "ragged is not supported: outputs are arrays, padded"),
        (lambda: TextVectorization(sparse=True), TypeError, "sparse is not supported"),
        (lambda: TextVectorization(vocabulary=["a", "a"]), ValueError, "holds 'a' twice"),
        (lambda: TextVectorization(output_mode="tf_idf", vocabulary=["a"]), ValueError, "needs idf_weights"),
        (lambda: pad_sequences([[1]], padding="left"), ValueError, "padding is 'pre' or 'post'"),
        (lambda: pad_sequences([1, 2]), TypeError, "expected a list of sequences, received 1 at place 0"),
        (lambda: pad_sequences([[1]], maxlen=0), ValueError, "maxlen is at least 1"),
        (lambda: pad_sequences([[[1, 2]], [[1]]]), ValueError, "items at place 1 have shape"),
    ],
)
def test_what_has_no_meaning_is_refused(act, error, message):
    with pytest.raises(error, match=message):
        act()


@examples(40)
@given(
    st.lists(st.lists(st.integers(0, 99), max_size=6), min_size=1, max_size=5),
    st.one_of(st.none(), st.integers(1, 8)),
    st.sampled_from(["pre", "post"]),
    st.sampled_from(["pre", "post"]),
)
def test_pads_as_keras_does(sequences, maxlen, padding, truncating):
    import keras

    how = {"maxlen": maxlen, "padding": padding, "truncating": truncating, "value": -1}
    ours, theirs = pad_sequences(sequences, **how), keras.utils.pad_sequences(sequences, **how)
    assert ours.dtype == theirs.dtype and ours.tolist() == theirs.tolist()


@pytest.mark.parametrize("mode", ["multi_hot", "count", "tf_idf"])
def test_texts_without_a_word_count_for_nothing(mode):
    layer = TextVectorization(
        output_mode=mode, vocabulary=["a", "b"], idf_weights=[1.0, 2.0] if mode == "tf_idf" else None
    )
    assert np.asarray(layer(np.array([""], object))).tolist() == [[0.0, 0.0, 0.0]]
