"""A subclass that takes a tuple of inputs apart, and one that takes a dictionary."""

# Style: fchollet/deep-learning-with-python-notebooks chapter07_working-with-keras.ipynb (CustomerTicketModel)
import keras
import numpy as np
from keras import layers

from tests.programs.common import record, start

rng = np.random.default_rng(39)
a = rng.normal(size=(16, 3)).astype("float32")
b = rng.normal(size=(16, 2)).astype("float32")
y = (a[:, :1] * b[:, :1]).astype("float32")


class TwoTowers(keras.Model):
    def __init__(self):
        super().__init__()
        self.left = layers.Dense(4, activation="relu", name="left")
        self.right = layers.Dense(4, activation="relu", name="right")
        self.concat_layer = layers.Concatenate()
        self.score = layers.Dense(1)

    def call(self, inputs):
        if isinstance(inputs, dict):
            left, right = inputs["a"], inputs["b"]
        else:
            left, right = inputs
        return self.score(self.concat_layer([self.left(left), self.right(right)]))


results = {}
for name, data in {"tuple": (a, b), "dictionary": {"a": a, "b": b}}.items():
    model = TwoTowers()
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error", metrics=["mean_absolute_error"])
    model(data)
    start(model)
    steps, watcher = record(keras)
    model.fit(data, y, batch_size=4, epochs=1, shuffle=False, verbose=0, callbacks=[watcher])
    results[name] = {"steps": steps, "weights": model.get_weights(), "predictions": model.predict(data, verbose=0)}
