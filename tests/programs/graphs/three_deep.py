"""A model in a model in a model."""

# Style: keras-team/keras-io guides/functional_api.py (nested models)
import keras
import numpy as np
from keras import layers

from tests.programs.common import record, start

rng = np.random.default_rng(24)
x = rng.normal(size=(16, 4)).astype("float32")
y = rng.normal(size=(16, 2)).astype("float32")

inner_in = keras.Input((3,))
inner = keras.Model(inner_in, layers.Dense(3, activation="tanh")(inner_in), name="inner")

middle_in = keras.Input((4,))
m = layers.Dense(3, activation="relu")(middle_in)
middle = keras.Model(middle_in, layers.add([inner(m), inner(inner(m))]), name="middle")

outer_in = keras.Input((4,))
outer = keras.Model(outer_in, layers.Dense(2)(middle(outer_in)), name="outer")

outer.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
start(outer)

steps, watcher = record(keras)
outer.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": outer.get_weights(),
    "inner": inner.get_weights(),
    "same": outer.get_layer("middle").get_layer("inner") is inner,
    "predictions": outer.predict(x, verbose=0),
    "of the middle": middle.predict(x, verbose=0),
    "count": outer.count_params(),
}
