"""A model as a subclass: layers in __init__, the graph in call."""

# Style: keras-team/keras examples/demo_subclass.py;
#   fchollet/deep-learning-with-python-notebooks chapter07_working-with-keras.ipynb
import keras
import numpy as np
from keras import layers

from tests.programs.common import record, start

rng = np.random.default_rng(37)
x = rng.normal(size=(24, 4)).astype("float32")
y = rng.integers(0, 3, size=24)


class MyModel(keras.Model):
    def __init__(self, hidden_dim, output_dim):
        super().__init__()
        self.dense1 = layers.Dense(hidden_dim, activation="relu")
        self.dense2 = layers.Dense(hidden_dim, activation="relu")
        self.dense3 = layers.Dense(output_dim)

    def call(self, inputs):
        x = self.dense1(inputs)
        x = x + self.dense2(x)
        return self.dense3(x)


model = MyModel(hidden_dim=5, output_dim=3)
model(x[:1])
start(model)
model.compile(
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    optimizer=keras.optimizers.SGD(learning_rate=0.1),
    metrics=[keras.metrics.SparseCategoricalAccuracy(name="acc")],
)

steps, watcher = record(keras)
model.fit(x, y, batch_size=6, epochs=2, validation_split=0.25, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "predictions": model.predict(x, verbose=0),
    "called": model(x[:3]),
    "evaluated": model.evaluate(x, y, verbose=0),
    "layers": len(model.layers),
}
