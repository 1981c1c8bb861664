"""A graph with shared and nested parts goes through its configuration and computes the same."""

# Style: keras-team/keras-io guides/serialization_and_saving.py (get_config, from_config)
import json

import keras
import numpy as np
from keras import layers

from tests.programs.common import start

rng = np.random.default_rng(47)
x = [rng.normal(size=(6, 3)).astype("float32"), rng.normal(size=(6, 3)).astype("float32")]

block = keras.Sequential([keras.Input((3,)), layers.Dense(4, activation="relu", name="in_block")], name="block")
a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
shared = layers.Dense(3, name="shared", kernel_regularizer="l2")
joined = layers.Concatenate(name="joined")([block(shared(a)), block(shared(b)), layers.Subtract(name="less")([a, b])])
first = layers.Dense(2, activation="softmax", name="first")(joined)
second = layers.Dense(1, name="second")(joined)
model = keras.Model([a, b], {"first": first, "second": second}, name="whole")
start(model)

config = json.loads(json.dumps(model.get_config()))
again = keras.Model.from_config(config)
again.set_weights(model.get_weights())

results = {
    "name": again.name,
    "layers": [layer.name for layer in again.layers],
    "inputs": [tensor.name for tensor in again.inputs],
    "count": [model.count_params(), again.count_params()],
    "shapes": [list(weight.shape) for weight in again.get_weights()],
    "expected": model.predict(x, verbose=0),
    "predictions": again.predict(x, verbose=0),
}
