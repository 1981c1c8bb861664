"""Squeeze and excitation: as a function of layers, and as a layer that reshapes by hand."""

# Style: boom2888/backgroundremover src/model/squeezeexite.py; mahendran-narayanan/SENetV2 se.py
import keras
import numpy as np
from keras import layers, ops

from tests.programs.common import record, start

rng = np.random.default_rng(114)
images = rng.normal(size=(8, 5, 5, 2)).astype("float32")
y = rng.integers(0, 2, size=8).astype("float32")


def squeeze_excite_block(tensor, ratio=2):
    filters = tensor.shape[-1]
    se = layers.GlobalAveragePooling2D()(tensor)
    se = layers.Reshape((1, 1, filters))(se)
    se = layers.Dense(filters // ratio, activation="relu", use_bias=False)(se)
    se = layers.Dense(filters, activation="sigmoid", use_bias=False)(se)
    return layers.multiply([tensor, se])


class SE(layers.Layer):
    def __init__(self, out, reduction=2, **kwargs):
        super().__init__(**kwargs)
        self.out = out
        self.func1 = layers.Dense(out // reduction, activation="relu")
        self.func2 = layers.Dense(out, activation=keras.activations.hard_sigmoid)

    def call(self, x):
        squeezed = ops.mean(x, axis=(1, 2))
        weights = self.func2(self.func1(squeezed))
        scale = ops.reshape(weights, [-1, 1, 1, self.out])
        return x + x * scale


inputs = keras.Input((5, 5, 2))
x = layers.Conv2D(4, 3, padding="same", activation="relu")(inputs)
x = squeeze_excite_block(x)
x = SE(4)(x)
x = layers.GlobalMaxPooling2D()(x)
model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))
model.compile(keras.optimizers.SGD(0.2), "binary_crossentropy", metrics=["accuracy"])
start(model)

steps, watcher = record(keras)
model.fit(images, y, batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {"steps": steps, "weights": model.get_weights(), "predictions": model.predict(images, verbose=0)}
