"""FeatureSpace: the rows that it gives, by hand, in data sets, models and files."""

import numpy as np
import pytest

import clarinet as tf
from clarinet import keras
from clarinet.keras.utils import FeatureSpace

ROWS = {
    "colour": np.array(["red", "blue", "red", "red"], object),
    "doors": np.array([2, 4, 4, 4]),
    "price": np.array([1.0, 3.0, 3.0, 5.0], np.float32),
}


def space(**settings):
    features = {
        "price": "float_normalized",
        "colour": FeatureSpace.string_categorical(),
        "doors": FeatureSpace.integer_categorical(num_oov_indices=0),
    }
    made = FeatureSpace(features, crosses=[FeatureSpace.cross(("colour", "doors"), 5)], **settings)
    made.adapt(ROWS)
    return made


def test_rows_of_numbers():
    rows = np.asarray(space()(ROWS))
    deviation = np.float32(np.sqrt(2))
    assert rows[:, :3].tolist() == [[0, 1, 0], [0, 0, 1], [0, 1, 0], [0, 1, 0]]  # an unknown colour, red, blue
    assert rows[:, 3:5].tolist() == [[0, 1], [1, 0], [1, 0], [1, 0]]  # 4 comes more often than 2
    np.testing.assert_allclose(rows[:, 5], [-2 / deviation, 0, 0, 2 / deviation], rtol=1e-6)
    assert rows[:, 6:].sum(1).tolist() == [1] * 4 and (rows[2, 6:] == rows[3, 6:]).all()


def test_one_row_and_codes_by_name():
    found = space(output_mode="dict")({"price": 3.0, "colour": "blue", "doors": 2})
    assert {key: value.shape for key, value in found.items()} == {
        "colour": (3,), "doors": (2,), "price": (1,), "colour_X_doors": (5,),
    }  # fmt: skip
    codes = FeatureSpace({"colour": FeatureSpace.string_categorical(output_mode="int")}, output_mode="dict")
    codes.adapt(tf.data.Dataset.from_tensor_slices({"colour": ROWS["colour"]}))
    assert np.asarray(codes(ROWS)["colour"]).tolist() == [[1], [2], [1], [1]]


def test_models_of_prepared_rows_and_of_rows_as_they_are(tmp_path):
    made = space()
    labels = np.array([0.0, 1.0, 1.0, 0.0], np.float32)
    data = tf.data.Dataset.from_tensor_slices((ROWS, labels)).batch(2).map(lambda x, y: (made(x), y))
    encoded = made.get_encoded_features()
    model = keras.Model(encoded, keras.layers.Dense(1, activation="sigmoid")(encoded))
    model.compile("adam", "binary_crossentropy")
    model.fit(data, epochs=2, verbose=0)
    whole = keras.Model(made.get_inputs(), model(encoded))
    columns = {key: values[:, None] for key, values in ROWS.items()}
    np.testing.assert_allclose(whole.predict(columns), model.predict(np.asarray(made(ROWS))), rtol=1e-6)
    made.save(tmp_path / "space.keras")
    loaded = keras.models.load_model(tmp_path / "space.keras")
    np.testing.assert_array_equal(np.asarray(loaded(columns)), np.asarray(made(ROWS)))


def test_what_it_refuses():
    with pytest.raises(ValueError, match=r"call adapt\(data\) first; 'price' has to learn"):
        FeatureSpace({"price": "float_normalized"})(ROWS)
    with pytest.raises(ValueError, match="expected a Feature or one of float,"):
        FeatureSpace({"price": "number"})
    with pytest.raises(ValueError, match="the cross price_X_size is of 'size', which is no feature"):
        FeatureSpace({"price": "float"}, crosses=[("price", "size")])
    with pytest.raises(TypeError, match="expected a dictionary of features"):
        space()([1.0])


def test_texts_by_a_layer_of_choice():
    words = keras.layers.TextVectorization(output_mode="count")
    made = FeatureSpace({"colour": FeatureSpace.feature("string", words, "float")})
    made.adapt(ROWS)
    assert np.asarray(made(ROWS)).tolist() == [[0, 1, 0], [0, 0, 1], [0, 1, 0], [0, 1, 0]]


def test_ranges_that_were_learned_are_kept_in_files(tmp_path):
    made = FeatureSpace({"price": FeatureSpace.float_discretized(3)})
    made.adapt(ROWS)
    made.save(tmp_path / "space.keras")
    loaded = keras.models.load_model(tmp_path / "space.keras")
    np.testing.assert_array_equal(loaded({"price": ROWS["price"][:, None]}), made(ROWS))
