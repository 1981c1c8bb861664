"""Models of texts and categories: what lookups give is computed once on the data, and the rest is the same model."""

import copy

import numpy as np
import pytest

import clarinet
from clarinet import layers, ops

TEXTS = ["a good film", "so bad", "good, so good", "a bad bad film", "so so"] * 8
LABELS = np.array([1, 0, 1, 0, 0] * 8, np.float32)
CITIES = np.array(["Bern", "Rom", "Oslo", "Bern"] * 10)
AGES = np.arange(40) % 13
TABLE = {"city": CITIES, "age": AGES, "height": np.linspace(-1, 1, 40)}


def vectorizer(**settings):
    vectorize = layers.TextVectorization(**settings)
    vectorize.adapt(TEXTS)
    return vectorize


def tail(words, mask=False):
    return [layers.Embedding(words, 4, mask_zero=mask), layers.GlobalAveragePooling1D(), layers.Dense(1, "sigmoid")]


def compiled(model, **settings):
    model.compile(clarinet.optimizers.Adam(0.05), "binary_crossentropy", metrics=["accuracy"], **settings)
    return model


def with_weights_of(model, other):
    model.set_weights(other.get_weights())
    return model


def lookups():
    city, age = layers.StringLookup(output_mode="one_hot"), layers.Discretization(num_bins=3, output_mode="one_hot")
    height = layers.Normalization()
    city.adapt(CITIES)
    age.adapt(AGES)
    height.adapt(TABLE["height"][:, None])
    return city, age, layers.HashedCrossing(7, "one_hot"), height


def table_model(coded):
    """A model of the table, and the same one of the codes that its lookups give."""
    parts = lookups()
    city = layers.Input((1,), dtype="string", name="city")
    age = layers.Input((1,), dtype="int64", name="age")
    height = layers.Input((1,), name="height")
    codes = [parts[0](city), parts[1](age), parts[2]([city, age])]
    starts = [layers.Input(code.shape[1:]) for code in codes] if coded else codes
    x = layers.Concatenate()([*starts, parts[3](height)])
    outputs = layers.Dense(1, "sigmoid")(layers.Dense(6, "relu")(x))
    return compiled(
        clarinet.Model([*starts, height] if coded else {"city": city, "age": age, "height": height}, outputs)
    )


def codes_of_table():
    city, age, crossing, _ = lookups()
    columns = CITIES[:, None], AGES[:, None]
    return [
        np.asarray(each) for each in (city(columns[0]), age(columns[1]), crossing(columns), TABLE["height"][:, None])
    ]


@pytest.mark.parametrize("engine", ["native", "reference"])
@pytest.mark.parametrize("length", [4, None])
def test_a_model_of_texts_is_that_of_their_ids(engine, length):
    vectorize = vectorizer(output_sequence_length=length)
    plain = compiled(clarinet.Sequential([layers.Input((length,)), *tail(vectorize.vocabulary_size())]), engine=engine)
    whole = clarinet.Sequential([vectorize, *tail(vectorize.vocabulary_size())])
    whole.build((None, 1))
    whole = compiled(with_weights_of(whole, plain), engine=engine)
    ids = np.asarray(vectorize(TEXTS))
    for _ in range(2):
        first = plain.fit(ids, LABELS, epochs=2, batch_size=8, verbose=0, seed=3)
        second = whole.fit(TEXTS, LABELS, epochs=2, batch_size=8, verbose=0, seed=3)
        assert first.history == second.history
    assert whole.engine == engine
    np.testing.assert_array_equal(whole.predict(np.array(TEXTS)), plain.predict(ids))
    np.testing.assert_array_equal(whole(np.array(TEXTS, "S")[:, None]), plain(ids))
    assert whole.evaluate(TEXTS, LABELS) == plain.evaluate(ids, LABELS)


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_a_model_of_a_table_is_that_of_its_codes(engine):
    plain, whole = table_model(coded=True), table_model(coded=False)
    compiled(plain, engine=engine)
    compiled(with_weights_of(whole, plain), engine=engine)
    codes = codes_of_table()
    settings = {"epochs": 2, "batch_size": 8, "verbose": 0, "seed": 5}
    first = plain.fit(codes, LABELS, validation_data=(codes, LABELS), **settings)
    second = whole.fit(TABLE, LABELS, validation_data=(TABLE, LABELS), **settings)
    assert first.history == second.history
    assert whole.engine == engine
    np.testing.assert_array_equal(whole.predict(TABLE), plain.predict(codes))
    np.testing.assert_allclose(whole(TABLE), plain(codes), rtol=1e-6)
    source = clarinet.data.Dataset.from_tensor_slices((TABLE, LABELS)).batch(8)
    pairs = [({name: column[i : i + 8] for name, column in TABLE.items()}, LABELS[i : i + 8]) for i in range(0, 40, 8)]
    again = whole.fit(source, verbose=0).history, whole.evaluate(source)
    expected = plain.fit(codes, LABELS, batch_size=8, shuffle=False, verbose=0).history, plain.evaluate(codes, LABELS)
    assert again[0] == expected[0]
    np.testing.assert_allclose(again[1], expected[1], rtol=1e-5)
    np.testing.assert_array_equal(whole.predict(x for x, _ in pairs), plain.predict(codes))
    whole.fit((pair for pair in pairs), verbose=0)
    plain.fit(codes, LABELS, batch_size=8, shuffle=False, verbose=0)
    np.testing.assert_array_equal(whole.get_weights()[0], plain.get_weights()[0])


def test_gradients_pass_what_is_prepared():
    whole = table_model(coded=False)
    with clarinet.GradientTape() as tape:
        loss = ops.mean(whole(TABLE, training=True))
    gradients = tape.gradient(loss, whole.trainable_variables)
    assert all(np.abs(np.asarray(g)).sum() > 0 for g in gradients[2:])
    assert whole.train_on_batch(TABLE, LABELS)[0] > 0


def test_files_and_copies_hold_the_vocabulary(tmp_path):
    whole = table_model(coded=False)
    whole.fit(TABLE, LABELS, verbose=0)
    whole.save(tmp_path / "model.clarinet")
    expected = whole.predict(TABLE)
    for model in (clarinet.models.load_model(tmp_path / "model.clarinet"), copy.deepcopy(whole)):
        np.testing.assert_array_equal(model.predict(TABLE), expected)
        assert model.fit(TABLE, LABELS, verbose=0).history


def test_masks_come_from_the_ids():
    vectorize = vectorizer()
    model = compiled(clarinet.Sequential([vectorize, *tail(vectorize.vocabulary_size(), mask=True)]))
    model.fit(TEXTS, LABELS, verbose=0)
    alone = [model.predict([text])[0] for text in TEXTS[:4]]
    np.testing.assert_allclose(model.predict(TEXTS[:4]), alone, rtol=1e-6)  # padding changes nothing


class Judge(clarinet.Model):
    def __init__(self, vectorize):
        super().__init__()
        self.vectorize, self.embed = vectorize, layers.Embedding(vectorize.vocabulary_size(), 4)
        self.pool, self.out = layers.GlobalAveragePooling1D(), layers.Dense(1, "sigmoid")

    def call(self, texts):
        return self.out(self.pool(self.embed(self.vectorize(texts))))


def within_another():
    vectorize = vectorizer(output_sequence_length=4)
    first = layers.Input((1,), dtype="string")
    return clarinet.Sequential([clarinet.Sequential([first, vectorize, *tail(vectorize.vocabulary_size())])])


def beside_another():
    """Ids that two branches take, of a model that only prepares."""
    vectorize = vectorizer(output_sequence_length=4)
    raw = layers.Input((1,), dtype="string")
    ids = clarinet.Model(raw, vectorize(raw))
    texts = layers.Input((1,), dtype="string")
    embed = layers.Embedding(vectorize.vocabulary_size(), 4)
    pooled = [kind()(embed(ids(texts))) for kind in (layers.GlobalAveragePooling1D, layers.GlobalMaxPooling1D)]
    return clarinet.Model(texts, layers.Dense(1, "sigmoid")(layers.Concatenate()(pooled)))


@pytest.mark.parametrize("make", [within_another, beside_another, lambda: Judge(vectorizer())])
def test_models_within_models_and_of_classes(make):
    clarinet.utils.set_random_seed(1)
    model = compiled(make())
    losses = model.fit(TEXTS, LABELS, epochs=15, batch_size=8, verbose=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]
    assert model.engine == "native"
    np.testing.assert_allclose(model(np.array(TEXTS)), model.predict(TEXTS), rtol=1e-5)


def test_functions_of_texts_stay_out_of_files(tmp_path):
    vectorize = layers.TextVectorization(
        standardize=lambda texts: np.char.replace(np.char.lower(texts), "<br />", " "),
        split=lambda texts: [text.split("-") for text in texts.tolist()],
    )
    vectorize.adapt(["A<br />b-c", "c-d"])
    assert vectorize.get_vocabulary() == ["", "[UNK]", "c", "d", "a b"]
    model = clarinet.Sequential([vectorize, *tail(5)])
    model.predict(["c-d"])
    with pytest.raises(TypeError, match="standardize is a Python function, which no file can hold; apply it"):
        model.save(tmp_path / "model.clarinet")


def learned_before():
    x = layers.Dense(2)(layers.Input((3,)))
    return compiled(
        clarinet.Model(x.node.inputs[0], layers.Dense(1)(layers.Discretization([0.0], output_mode="count")(x)))
    )


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda: learned_before().predict(np.ones((2, 3))), ValueError, "runs once on data.* depends on dense"),
        (lambda: table_model(False).predict({**TABLE, "city": AGES}), TypeError, "StringLookup: expected texts"),
        (lambda: table_model(False).predict([CITIES, AGES]), ValueError, "received 2 arrays"),
        (lambda: table_model(False).predict({"city": CITIES}), ValueError, "'age' is missing"),
        (lambda: within_another().predict("a text"), ValueError, "received the single 'a text'; put it in a list"),
        (lambda: within_another().predict([["a", "b"]]), ValueError, "each row has shape .2,.*built for .1,."),
        (lambda: table_model(False).predict({**TABLE, "age": np.ones((40, 2))}), ValueError, r"x\['age'\]: each row"),
        (
            lambda: compiled(clarinet.Sequential([layers.Input((1,)), layers.Dense(1)])).predict(["a"]),
            TypeError,
            "text",
        ),
    ],
)
def test_what_cannot_be_prepared_is_refused(act, error, message):
    with pytest.raises(error, match=message):
        act()


def test_a_vocabulary_that_changes_its_size_needs_a_new_model():
    vectorize = vectorizer(output_mode="multi_hot")
    model = clarinet.Sequential([vectorize, layers.Dense(1)])
    model.predict(TEXTS)
    vectorize.adapt(["entirely", "new"])
    with pytest.raises(ValueError, match="its vocabulary has changed since"):
        model.predict(TEXTS)
