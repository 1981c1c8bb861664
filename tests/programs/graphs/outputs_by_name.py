"""Losses, weights, metrics and labels by the names of the output layers."""

# Style: keras-team/keras-io guides/functional_api.py (tickets); shritigupta/EIP assign5
import keras
import numpy as np
from keras import layers

from tests.programs.common import record, start

rng = np.random.default_rng(5)
x = rng.normal(size=(30, 6)).astype("float32")
priority = (x[:, :1] > 0).astype("float32")
department = rng.integers(0, 3, size=30)
effort = x[:, 1:3].sum(axis=1, keepdims=True).astype("float32")

inputs = keras.Input(shape=(6,), name="ticket")
trunk = layers.Dense(8, activation="relu")(inputs)
priority_pred = layers.Dense(1, name="priority")(trunk)
department_pred = layers.Dense(3, name="department")(trunk)
effort_pred = layers.Dense(1, name="effort")(layers.Dense(4, activation="elu")(trunk))
model = keras.Model(inputs, [priority_pred, department_pred, effort_pred])

model.compile(
    optimizer=keras.optimizers.Adam(0.01),
    loss={
        "department": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        "priority": keras.losses.BinaryCrossentropy(from_logits=True),
        "effort": keras.losses.Huber(0.5),
    },
    loss_weights={"priority": 1.0, "department": 0.2, "effort": 2.0},
    metrics={"department": ["accuracy"], "effort": ["mae", "mse"]},
)
start(model)

labels = {"effort": effort, "priority": priority, "department": department}
steps, watcher = record(keras)
model.fit(x, labels, epochs=1, batch_size=6, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "predictions": model.predict(x[:10], verbose=0),
    "evaluated": model.evaluate(x, labels, verbose=0, return_dict=True),
}
