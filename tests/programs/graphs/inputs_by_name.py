"""Inputs with names; fit, evaluate and predict take a dictionary in another order."""

# Style: IcyShen1949/transfer python.py; keras-team/keras-io guides/training_with_built_in_methods.py
import keras
import numpy as np
from keras import layers

from tests.programs.common import record, start

rng = np.random.default_rng(1)
title = rng.normal(size=(20, 4)).astype("float32")
body = rng.normal(size=(20, 6)).astype("float32")
tags = rng.integers(0, 2, size=(20, 2)).astype("float32")
priority = (title.sum(axis=1, keepdims=True) + tags[:, :1] > 0).astype("float32")

title_input = keras.Input(shape=(4,), name="title")
body_input = keras.Input(shape=(6,), name="body")
tags_input = keras.Input(shape=(2,), name="tags")

title_features = layers.Dense(3, activation="relu")(title_input)
body_features = layers.Dense(3, activation="relu")(body_input)
x = layers.concatenate([title_features, body_features, tags_input])
outputs = layers.Dense(1, activation="sigmoid", name="priority")(x)

model = keras.Model(inputs=[title_input, body_input, tags_input], outputs=outputs)
model.compile(optimizer=keras.optimizers.SGD(0.2), loss="binary_crossentropy", metrics=["accuracy"])
start(model)

data = {"tags": tags, "title": title, "body": body}
steps, watcher = record(keras)
model.fit(data, priority, epochs=2, batch_size=5, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "predictions": model.predict(data, verbose=0),
    "evaluated": model.evaluate(data, priority, verbose=0, return_dict=True),
    "names": [tensor.name for tensor in model.inputs],
}
