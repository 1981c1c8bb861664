"""A frozen base with batch normalisation, run with training=False; later thawed for fine-tuning."""

# Style: keras-team/keras-io guides/transfer_learning.py; tensorflow/docs site/en/guide/keras/transfer_learning.ipynb
import keras
import numpy as np
from keras import layers

from tests.programs.common import record, start

rng = np.random.default_rng(33)
x = rng.normal(2.0, 1.5, size=(16, 4)).astype("float32")
y = rng.integers(0, 2, size=(16, 1)).astype("float32")

base_in = keras.Input((4,))
b = layers.Dense(5)(base_in)
b = layers.BatchNormalization()(b)
base_model = keras.Model(base_in, layers.Activation("relu")(b), name="base")

base_model.trainable = False
inputs = keras.Input(shape=(4,))
h = base_model(inputs, training=False)
outputs = layers.Dense(1)(h)
model = keras.Model(inputs, outputs)
start(model)
counts = [len(model.trainable_weights), len(model.non_trainable_weights)]

model.compile(keras.optimizers.SGD(0.1), keras.losses.BinaryCrossentropy(from_logits=True))
steps, watcher = record(keras)
model.fit(x, y, batch_size=4, epochs=1, shuffle=False, verbose=0, callbacks=[watcher])
frozen = base_model.get_weights()

base_model.trainable = True
model.compile(keras.optimizers.SGD(0.01), keras.losses.BinaryCrossentropy(from_logits=True))
later, watcher = record(keras)
model.fit(x, y, batch_size=4, epochs=1, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "counts": [*counts, len(model.trainable_weights), len(model.non_trainable_weights)],
    "steps": steps + later,
    "frozen": frozen,
    "thawed": base_model.get_weights(),
    "predictions": model.predict(x, verbose=0),
}
