"""Programs in the style of Keras's examples for tables and texts, with the import changed."""

import re
import string

import numpy as np

import clarinet as tf
from clarinet import keras
from clarinet.keras import layers

RNG = np.random.default_rng(0)
TABLE = {
    "city": np.array(["Bern", "Rom", "Oslo"])[RNG.integers(0, 3, 48)],
    "age": RNG.integers(20, 60, 48),
    "height": RNG.normal(size=48),
}
LABELS = (TABLE["city"] == "Rom").astype(int)
ROWS = tf.data.Dataset.from_tensor_slices((TABLE, LABELS)).batch(8)


def encoded(feature, name, layer):
    """As the example on tables encodes a feature, adapting a layer to its column."""
    column = ROWS.map(lambda x, y: x[name])
    layer.adapt(column.map(lambda x: tf.expand_dims(x, -1)))
    return layer(feature)


def test_a_table_from_scratch():
    tf.keras.utils.set_random_seed(1)
    city = keras.Input(shape=(1,), name="city", dtype="string")
    age = keras.Input(shape=(1,), name="age", dtype="int64")
    height = keras.Input(shape=(1,), name="height")
    parts = [
        encoded(city, "city", layers.StringLookup(output_mode="binary")),
        encoded(age, "age", layers.IntegerLookup(output_mode="binary")),
        encoded(height, "height", layers.Normalization()),
    ]
    x = layers.Dense(32, activation="relu")(layers.concatenate(parts))
    model = keras.Model([city, age, height], layers.Dense(1, activation="sigmoid")(layers.Dropout(0.2)(x)))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    model.fit(ROWS, epochs=40, validation_data=ROWS, verbose=0)
    assert model.engine == "native"
    assert model.evaluate(ROWS, verbose=0)[1] == 1
    sample = {"city": "Rom", "age": 40, "height": 0.2}
    assert model.predict({name: keras.ops.convert_to_tensor([value]) for name, value in sample.items()})[0, 0] > 0.5


def test_wide_and_deep():
    inputs = {
        "city": layers.Input(name="city", shape=(), dtype="string"),
        "age": layers.Input(name="age", shape=(), dtype="float32"),
    }
    settings = {"vocabulary": ["Bern", "Rom", "Oslo"], "mask_token": None, "num_oov_indices": 0}
    deep = layers.Embedding(3, 2)(layers.StringLookup(**settings, output_mode="int")(inputs["city"]))
    wide = layers.StringLookup(**settings, output_mode="one_hot")(inputs["city"])
    crossed = layers.HashedCrossing(16, output_mode="one_hot")(
        [inputs["city"], layers.Discretization(bin_boundaries=[30.0, 45.0])(inputs["age"])]
    )
    x = layers.concatenate([deep, wide, crossed, keras.ops.expand_dims(inputs["age"], -1)])
    outputs = layers.Dense(2, activation="softmax")(layers.BatchNormalization()(x))
    model = keras.Model(inputs=inputs, outputs=outputs)
    model.compile("adam", "sparse_categorical_crossentropy")
    data = {name: TABLE[name] for name in ("city", "age")}
    losses = model.fit(data, LABELS, epochs=10, verbose=0).history["loss"]
    assert model.engine == "native" and losses[-1] < losses[0]


def test_texts_from_scratch():
    tf.keras.utils.set_random_seed(1)
    raw = tf.data.Dataset.from_tensor_slices((["good <br /> film", "bad, film"] * 16, [1, 0] * 16)).batch(4)

    def standardized(texts):
        plain = tf.strings.regex_replace(tf.strings.lower(texts), "<br />", " ")
        return tf.strings.regex_replace(plain, f"[{re.escape(string.punctuation)}]", "")

    vectorize = layers.TextVectorization(standardize=standardized, max_tokens=100, output_sequence_length=6)
    vectorize.adapt(raw.map(lambda x, y: x))
    assert vectorize.get_vocabulary() == ["", "[UNK]", "film", "good", "bad"]
    train = raw.map(lambda x, y: (vectorize(tf.expand_dims(x, -1)), y)).cache().prefetch(10)
    inputs = keras.Input(shape=(None,), dtype="int64")
    x = layers.Conv1D(8, 3, activation="relu")(layers.Embedding(100, 8)(inputs))
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(layers.GlobalMaxPooling1D()(x)))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    model.fit(train, epochs=20, verbose=0)
    texts = keras.Input(shape=(1,), dtype="string")
    whole = keras.Model(texts, model(vectorize(texts)))
    whole.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    np.testing.assert_allclose(whole.evaluate(raw, verbose=0), model.evaluate(train, verbose=0), rtol=1e-6)


def test_the_doctor_looks_at_the_numbers_behind_a_vocabulary():
    vectorize = layers.TextVectorization(output_sequence_length=2)
    vectorize.adapt(["a b"])
    last = layers.Dense(1, activation="softmax")
    model = keras.Sequential([vectorize, layers.Embedding(4, 2), layers.GlobalAveragePooling1D(), last])
    model.compile("adam", "binary_crossentropy")
    model.fit(["a", "b a"] * 20, [0, 1] * 20, epochs=1, verbose=0, doctor=True, validation_data=(["a"], [0]))
    assert "softmax_on_single_unit" in {finding.kind for finding in model.doctor_report.findings}


def test_functions_of_texts():
    strings = tf.strings
    assert strings.upper([" a "]).numpy().tolist() == [b" A "]
    assert strings.strip(np.array([b" a "], object)).numpy().tolist() == [b"a"]
    assert strings.regex_replace("aa", "a", "b", replace_global=False).numpy() == b"ba"
    assert strings.as_string([1, -2]).numpy().tolist() == [b"1", b"-2"]
    assert strings.length(["ä", "bc"]).tolist() == [2, 2]
    assert strings.length(["ä", "bc"], unit="UTF8_CHAR").tolist() == [1, 2]
    assert strings.join([["a", "b"], "x"], separator="-").numpy().tolist() == [b"a-x", b"b-x"]
    assert strings.reduce_join([["a", "b"], ["c", "d"]]).numpy() == b"abcd"
    assert strings.reduce_join([["a", "b"], ["c", "d"]], axis=-1).numpy().tolist() == [b"ab", b"cd"]
    assert strings.split("a,b", sep=",") == ["a", "b"]
