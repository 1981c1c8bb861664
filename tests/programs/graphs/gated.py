"""Arithmetic on symbolic tensors: a highway gate, x * t + h * (1 - t)."""

# Style: highway networks on GitHub; keras-team/keras-io examples/structured_data/classification_with_grn_and_vsn.py
import keras
import numpy as np
from keras import layers

from tests.programs.common import record, start

rng = np.random.default_rng(19)
x = rng.normal(size=(20, 4)).astype("float32")
y = (np.abs(x[:, :1]) - 2 * x[:, 1:2]).astype("float32")

inputs = keras.Input(shape=(4,))
carry = layers.Dense(5)(inputs)
for _ in range(2):
    h = layers.Dense(5, activation="tanh")(carry)
    t = layers.Dense(5, activation="sigmoid", bias_initializer="ones")(carry)
    carry = h * t + carry * (1.0 - t)
scaled = -carry / 2.0 + 0.5
outputs = layers.Dense(1)(scaled) ** 2
model = keras.Model(inputs, outputs)
model.compile(optimizer=keras.optimizers.SGD(0.02), loss="mse")
start(model)

steps, watcher = record(keras)
model.fit(x, y, batch_size=5, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {"steps": steps, "weights": model.get_weights(), "predictions": model.predict(x, verbose=0)}
