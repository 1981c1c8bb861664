"""A second output that is only looked at: it has no loss, and its own layers do not move."""

# Style: keras-team/keras-io guides/training_with_built_in_methods.py (loss=[None, ...] and dict version)
import keras
import numpy as np
from keras import layers

from tests.programs.common import record, start

rng = np.random.default_rng(7)
x = rng.normal(size=(16, 4)).astype("float32")
classes = rng.integers(0, 3, size=16)

inputs = keras.Input(shape=(4,))
hidden = layers.Dense(6, activation="relu", name="hidden")(inputs)
embedding = layers.Dense(2, name="embedding")(hidden)
logits = layers.Dense(3, name="logits")(hidden)
model = keras.Model(inputs, [embedding, logits])

model.compile(
    optimizer=keras.optimizers.SGD(0.2),
    loss=[None, keras.losses.SparseCategoricalCrossentropy(from_logits=True)],
)
start(model)
before = model.get_layer("embedding").get_weights()

steps, watcher = record(keras)
model.fit(
    x, [np.zeros((16, 2), "float32"), classes], batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=[watcher]
)

results = {
    "losses": [step["loss"] for step in steps],
    "weights": model.get_weights(),
    "unmoved": [bool((a == b).all()) for a, b in zip(before, model.get_layer("embedding").get_weights())],
    "predictions": model.predict(x, verbose=0),
}
