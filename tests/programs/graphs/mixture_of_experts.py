"""Experts and a gate: a softmax weighs what each expert says."""

# Style: keras-team/keras-io examples/keras_recipes/mixture_of_experts.py; students' MMoE models
import keras
import numpy as np
from keras import layers

from tests.programs.common import record, start

NUM_EXPERTS = 3

rng = np.random.default_rng(20)
x = rng.normal(size=(24, 4)).astype("float32")
y = np.where(x[:, :1] > 0, x[:, 1:2], -x[:, 2:3]).astype("float32")

inputs = keras.Input((4,))
experts = [layers.Dense(2, activation="tanh", name=f"expert_{i}")(inputs) for i in range(NUM_EXPERTS)]
stacked = layers.Concatenate(axis=1)([layers.Reshape((1, 2))(expert) for expert in experts])
gate = layers.Dense(NUM_EXPERTS, activation="softmax", name="gate")(inputs)
mixed = layers.Dot(axes=1)([gate, stacked])
outputs = layers.Dense(1)(mixed)
model = keras.Model(inputs, outputs)
model.compile(keras.optimizers.SGD(0.1), "mse")
start(model)

steps, watcher = record(keras)
model.fit(x, y, batch_size=6, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "predictions": model.predict(x, verbose=0),
    "gate": keras.Model(model.input, model.get_layer("gate").output).predict(x[:5], verbose=0),
}
