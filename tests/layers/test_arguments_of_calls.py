"""What layers and models take in a call: under Keras's names, and ``training`` in its place among the others."""

import numpy as np

from clarinet import keras

ROWS = np.linspace(-1, 1, 12, dtype=np.float32).reshape(2, 3, 2)


class Noisy(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.drop = keras.layers.Dropout(0.5)

    def call(self, x, training, factor=1.0):
        return self.drop(x, training=training) * factor


def test_sequences_by_the_names_of_both_versions_of_keras():
    layer = keras.layers.LSTM(2)
    expected = layer(ROWS).numpy()
    np.testing.assert_array_equal(layer(inputs=ROWS), expected)
    np.testing.assert_array_equal(layer(sequence=ROWS), expected)
    assert keras.layers.CategoryEncoding(3)(inputs=[[0], [2]]).shape == (2, 3)


def test_training_stands_in_its_place():
    layer = Noisy()
    np.testing.assert_array_equal(layer(ROWS, False, 2.0), 2 * ROWS)
    assert (layer(ROWS, True).numpy() == 0).any()
    x = keras.Input((3, 2))
    model = keras.Model(x, keras.layers.Dropout(0.5)(x))
    np.testing.assert_array_equal(model(ROWS, False), ROWS)
    assert (model(ROWS, True).numpy() == 0).any()


def test_an_architecture_that_begins_with_prepared_pictures():
    x = keras.Input((32, 32, 3))
    prepared = keras.applications.resnet50.preprocess_input(x)
    model = keras.applications.MobileNetV2(weights=None, include_top=False, input_tensor=prepared)
    assert len(model.inputs) == 1
    assert model.get_layer("Conv_1").output.shape == (None, 1, 1, 1280)


def test_types_of_python_as_dtypes():
    assert [keras.Input((2,), dtype=kind).dtype for kind in ("int", int, float)] == ["int32", "int32", "float32"]
