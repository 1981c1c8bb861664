"""Layers and models called on arrays compute at once, before and after training."""

# Style: fchollet/deep-learning-with-python-notebooks chapter03;
#   keras-team/keras-io guides/intro_to_keras_for_engineers.py
import keras
import numpy as np
from keras import layers

from tests.programs.common import record, start

rng = np.random.default_rng(58)
x = rng.normal(size=(8, 3)).astype("float32")
y = rng.normal(size=(8, 2)).astype("float32")

dense = layers.Dense(4, activation="relu")
built = [dense.built]
dense(x)
built += [dense.built, [list(weight.shape) for weight in dense.weights]]
start(dense)
alone = dense(x)

norm = layers.BatchNormalization()
normed = norm(x, training=True)

inputs = keras.Input((3,))
other_inputs = keras.Input((3,))
outputs = layers.Dense(2)(layers.add([dense(inputs), dense(other_inputs)]))
model = keras.Model([inputs, other_inputs], outputs)
start(model.layers[-1])
before = model([x, x[::-1]])

model.compile(keras.optimizers.SGD(0.1), "mse")
steps, watcher = record(keras)
model.fit([x, x], y, batch_size=4, epochs=1, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "built": built,
    "alone": alone,
    "normed": normed,
    "moving mean": norm.moving_mean,
    "before": before,
    "steps": steps,
    "after": model([x, x]),
    "trained along": dense(x),
    "concatenated": layers.Concatenate()([x[:2], y[:2]]),
    "attributes": [np.asarray(dense.kernel), np.asarray(dense.bias)],
}
