"""Categories as numbers. What Keras has on JAX is asked for there; lookups and hashes are worked out by hand, hashes
from values that FarmHash, SipHash and TensorFlow's documentation publish."""

import json

import keras
import numpy as np
import pytest

import clarinet
from clarinet import layers
from clarinet.layers import hashes

IDS = np.random.default_rng(3).integers(0, 5, (6, 3))
NUMBERS = np.random.default_rng(4).normal(size=(500, 2)).astype(np.float32)
LETTERS = [["A"], ["B"], ["C"], ["D"], ["E"]]


def same(ours, theirs, *data, **settings):
    found, expected = ours(*data, **settings), np.asarray(theirs(*data, **settings))
    assert found.shape == expected.shape and found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def again(layer):
    """The layer as a file has it."""
    return layers.get(json.loads(json.dumps(layer.encoded())))


@pytest.mark.parametrize("mode", ["one_hot", "multi_hot", "count"])
@pytest.mark.parametrize("ids", [IDS, IDS[:, :1], IDS[:, 0], [[1, 1], [0, 4]]])
def test_encoding_is_that_of_keras(mode, ids):
    same(layers.CategoryEncoding(5, mode), keras.layers.CategoryEncoding(5, mode), np.asarray(ids))


def test_encoding_with_weights():
    weights = np.linspace(0, 1, IDS.size, dtype=np.float32).reshape(IDS.shape)
    ours, theirs = (kind.CategoryEncoding(5, "count") for kind in (layers, keras.layers))
    np.testing.assert_allclose(ours(IDS, count_weights=weights), theirs(IDS, count_weights=weights), rtol=1e-6)


@pytest.mark.parametrize("mode", ["int", "one_hot", "multi_hot", "count"])
def test_ranges_are_those_of_keras(mode):
    settings = {"bin_boundaries": [-1.0, 0.0, 0.5], "output_mode": mode}
    ours, theirs = layers.Discretization(**settings), keras.layers.Discretization(**settings)
    same(ours, theirs, NUMBERS)
    same(again(ours), theirs, NUMBERS[:, :1])


@pytest.mark.parametrize(
    "settings", [{"num_bins": 5}, {"num_bins": 3, "epsilon": 0.2}, {"num_bins": 7, "epsilon": 0.001}]
)
def test_ranges_are_learned_as_in_keras(settings):
    def adapted(layer, batches):  # without TensorFlow Keras takes no data set, and looks for one
        layer.reset_state()
        for batch in batches:
            layer.update_state(batch)
        layer.finalize_state()
        return layer

    for batches in ([NUMBERS], [NUMBERS[:100], NUMBERS[100:180], NUMBERS[180:]]):
        ours, theirs = layers.Discretization(**settings), keras.layers.Discretization(**settings)
        ours.adapt(iter(batches))
        adapted(theirs, batches)
        assert ours.bin_boundaries == theirs.bin_boundaries
    same(again(ours), theirs, NUMBERS)


def test_hashes_are_those_of_farmhash_and_siphash():
    long = b"j4VzqT2cFawTN6Ke/BiklGM6ukh+WbKu5OzdXZVD/wYcju7f3PxD1BrD3jJ3ptjdca5b+uiAzyHg5UNiz80sTA=="
    published = {
        b"": 0x9AE16A3B2F90404F,
        b"a": 0xB3454265B6DF75E3,
        b"abcdefgh": 0xFEE9D22990C82909,
        b"9JqLl0AW7e69Y.&vMHQ5C": 2827089714349584095,
        b"test" * 8: 14250503356343785354,
        b"F7479877-4690-4A44-AFC9-8FE987EA512F:some_other_id": 6862335115798125349,
        long: 14339939849302193637,
    }
    assert {text: hashes.farmhash(text) for text in published} == published
    assert hashes.siphash(bytes(range(15)), (0x0706050403020100, 0x0F0E0D0C0B0A0908)) == 0xA129CA6149BE45E5


@pytest.mark.parametrize(
    ("settings", "values", "expected"),
    [
        ({}, LETTERS, [1, 0, 1, 1, 2]),
        ({"salt": [133, 137]}, LETTERS, [1, 2, 1, 0, 2]),
        ({"salt": 133}, LETTERS, [0, 0, 2, 1, 0]),
        ({"mask_value": ""}, [["A"], ["B"], [""], ["C"], ["D"]], [1, 1, 0, 2, 2]),
    ],
)
def test_bins_are_those_of_tensorflow(settings, values, expected):
    layer = layers.Hashing(3, **settings)
    assert layer(values).ravel().tolist() == again(layer)(np.array(values, "S")).ravel().tolist() == expected


def test_numbers_are_hashed_as_their_digits():
    assert layers.Hashing(50)([[12], [-3]]).tolist() == layers.Hashing(50)([["12"], ["-3"]]).tolist()
    hot = layers.Hashing(4, output_mode="one_hot")([[12], [-3]])
    np.testing.assert_array_equal(np.argmax(hot, -1), layers.Hashing(4)([[12], [-3]]).ravel())
    assert hot.shape == (2, 4)


def test_crossings_are_those_of_tensorflow():
    features = np.array(["A", "B", "A", "B", "A"]), np.array([101, 101, 101, 102, 102])
    assert layers.HashedCrossing(5)(features).tolist() == [1, 4, 1, 1, 3]
    columns = [feature[:, None] for feature in features]
    assert layers.HashedCrossing(5)(columns).tolist() == [[1], [4], [1], [1], [3]]
    assert np.argmax(layers.HashedCrossing(5, "one_hot")(columns), -1).tolist() == [1, 4, 1, 1, 3]


CITIES = [["Bern"], ["Rom"], ["Bern"], ["Oslo"], ["Ulm"], ["Rom"], ["Bern"]]  # counts 3, 2, 1, 1: Ulm before Oslo


@pytest.mark.parametrize(
    ("settings", "vocabulary"),
    [
        ({}, ["[UNK]", "Bern", "Rom", "Ulm", "Oslo"]),
        ({"mask_token": ""}, ["", "[UNK]", "Bern", "Rom", "Ulm", "Oslo"]),
        ({"mask_token": "Rom", "output_mode": "count"}, ["[UNK]", "Bern", "Ulm", "Oslo"]),
        ({"num_oov_indices": 0}, ["Bern", "Rom", "Ulm", "Oslo"]),
        ({"num_oov_indices": 2, "max_tokens": 4}, ["[UNK]", "[UNK]", "Bern", "Rom"]),
    ],
)
def test_vocabularies_of_texts(settings, vocabulary):
    lookup = layers.StringLookup(**settings)
    lookup.adapt(CITIES)
    assert lookup.get_vocabulary() == again(lookup).get_vocabulary() == vocabulary
    assert lookup.vocabulary_size() == len(vocabulary)


def test_texts_are_looked_up():
    values = [["Rom", ""], ["Paris", "Bern"]]
    given = {"vocabulary": ["Bern", "Rom"]}
    assert layers.StringLookup(**given)(values).tolist() == [[2, 0], [0, 1]]
    assert layers.StringLookup(**given, mask_token="")(values).tolist() == [[3, 0], [1, 2]]
    assert layers.StringLookup(**given)(np.array(values, "S")).tolist() == [[2, 0], [0, 1]]
    assert layers.StringLookup(**given)("Rom").tolist() == 2
    hot = layers.StringLookup(**given, mask_token="", output_mode="one_hot")
    assert hot(values).tolist() == [[[0, 0, 1], [0, 0, 0]], [[1, 0, 0], [0, 1, 0]]]
    assert layers.StringLookup(**given, output_mode="binary")([["Rom", "Rom"]]).tolist() == [[0, 0, 1]]
    assert layers.StringLookup(**given, output_mode="count")([["Rom", "Rom", "x"]]).tolist() == [[1, 0, 2]]
    spread = layers.StringLookup(**given, num_oov_indices=3)(LETTERS).ravel()
    assert spread.tolist() == [1, 0, 1, 1, 2]  # as Hashing(3)
    padded = layers.StringLookup(**given, max_tokens=5, output_mode="count", pad_to_max_tokens=True)
    assert padded(values).shape == (2, 5)


def test_ids_become_texts():
    back = layers.StringLookup(vocabulary=["Bern", "Rom"], invert=True)
    assert back([[2, 1], [0, 9]]).tolist() == [[b"Rom", b"Bern"], [b"[UNK]", b"[UNK]"]]
    assert back(1).numpy() == b"Bern"
    numbers = layers.IntegerLookup(vocabulary=[30, 10], invert=True, mask_token=0)
    assert numbers([0, 1, 2, 3]).tolist() == [0, -1, 30, 10]


def test_numbers_are_looked_up():
    lookup = layers.IntegerLookup()
    lookup.adapt(np.array([[5], [9], [9], [7]]))
    assert lookup.get_vocabulary() == [-1, 9, 7, 5]  # of equally frequent ones the largest first
    assert lookup([[9], [5], [4]]).tolist() == [[1], [3], [0]]
    assert again(lookup)(np.array([[9.0]])).tolist() == [[1]]
    spread = layers.IntegerLookup(vocabulary=[100], num_oov_indices=3)
    assert spread([100, 4, 5, -1]).tolist() == [3, 1, 2, 2]
    hashed = layers.IntegerLookup(vocabulary=[100], num_oov_indices=3, oov_method="farmhash")
    assert hashed([4, 5]).tolist() == layers.Hashing(3)([4, 5]).tolist()


def test_rarer_tokens_weigh_more():
    lookup = layers.StringLookup(output_mode="tf_idf")
    lookup.adapt([["a", "b"], ["a", "a"]])
    factors = np.log(1 + 2 / np.array([3, 2]))  # a is in two rows of two, b in one
    expected = [[0, 2 * factors[0], factors[1]], [factors.mean(), 0, 0]]
    for layer in (lookup, again(lookup)):
        np.testing.assert_allclose(layer([["a", "a", "b"]]), expected[:1], rtol=1e-6)
    np.testing.assert_allclose(lookup([["z"]]), expected[1:], rtol=1e-6)


def test_a_vocabulary_comes_from_a_file_once(tmp_path):
    path = tmp_path / "cities.txt"
    path.write_text("Bern\nRom\n")
    lookup = layers.StringLookup(vocabulary=str(path))
    assert lookup.get_config()["vocabulary"] == ["Bern", "Rom"]
    with pytest.raises(ValueError, match="holds the vocabulary itself"):
        layers.StringLookup.from_config({"vocabulary": str(path)})


def test_data_sets_are_adapted_to_and_mapped():
    cities = clarinet.data.Dataset.from_tensor_slices((np.array(CITIES), np.arange(7)))
    lookup = layers.StringLookup()
    lookup.adapt(cities.map(lambda x, y: x).batch(2))
    assert lookup.get_vocabulary() == ["[UNK]", "Bern", "Rom", "Ulm", "Oslo"]
    for stages in (cities.map(lambda x, y: (lookup(x), y)).batch(7), cities.batch(7).map(lambda x, y: (lookup(x), y))):
        ((x, _),) = stages.as_numpy_iterator()
        assert x.tolist() == [[1], [2], [1], [4], [3], [2], [1]] and x.dtype == np.int64


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (layers.CategoryEncoding, TypeError, "num_tokens: expected a positive whole number, received None"),
        (lambda: layers.CategoryEncoding(3, "int"), ValueError, "output_mode is one of one_hot, multi_hot, count"),
        (lambda: layers.CategoryEncoding(3)([[3]]), ValueError, "holds the id 3, expected ids from 0 to 2"),
        (lambda: layers.CategoryEncoding(3)([["a"]]), TypeError, "received the text 'a'; use StringLookup"),
        (layers.Discretization, ValueError, "either bin_boundaries or num_bins"),
        (lambda: layers.Discretization([1.0, 0.0]), ValueError, "in ascending order"),
        (lambda: layers.Discretization(num_bins=2)([1.0]), ValueError, "no ranges yet; call adapt"),
        (lambda: layers.Discretization([1.0]).adapt(NUMBERS), ValueError, "make it with num_bins"),
        (lambda: layers.Hashing(0), ValueError, "num_bins: expected a positive whole number"),
        (lambda: layers.Hashing(3, salt="x"), ValueError, "salt is a whole number"),
        (lambda: layers.HashedCrossing(3)([["a"]]), ValueError, "takes two or more tensors"),
        (lambda: layers.StringLookup()(["a"]), ValueError, "no vocabulary yet; call adapt"),
        (lambda: layers.StringLookup(vocabulary=["a"])([1]), TypeError, "expected texts, received 1 of type int"),
        (lambda: layers.StringLookup(vocabulary=["a"])([["a", None]]), TypeError, "received None .* in row 0; fill"),
        (lambda: layers.StringLookup(vocabulary=["a"])([["a"], ["a", "b"]]), ValueError, "differ in length at row 0"),
        (lambda: layers.StringLookup(vocabulary=["a", "a"]), ValueError, "holds 'a' twice"),
        (lambda: layers.StringLookup(vocabulary=[]), ValueError, "vocabulary is empty"),
        (lambda: layers.StringLookup(vocabulary=["a"], num_oov_indices=0)(["b"]), ValueError, "'b' is not in the voc"),
        (lambda: layers.StringLookup(invert=True, output_mode="count"), ValueError, "invert=True goes with"),
        (lambda: layers.StringLookup(output_mode="tf_idf", vocabulary=["a"]), ValueError, "needs idf_weights"),
        (lambda: layers.StringLookup(sparse=True), TypeError, "outputs are dense arrays"),
        (lambda: layers.IntegerLookup(vocabulary=[1])(["a"]), TypeError, "received the text 'a'; use StringLookup"),
        (lambda: layers.IntegerLookup(salt=3), ValueError, "salt goes with oov_method"),
    ],
)
def test_what_has_no_meaning_is_refused(act, error, message):
    with pytest.raises(error, match=message):
        act()
