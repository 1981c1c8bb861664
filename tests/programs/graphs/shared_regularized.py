"""A shared layer with penalties on its weights: they count once, however often it is used."""

# Style: keras-team/keras docs/templates/regularizers.md;
#   keras-team/keras-io guides/making_new_layers_and_models_via_subclassing.py (losses)
import keras
import numpy as np
from keras import layers, regularizers

from tests.programs.common import record, start

rng = np.random.default_rng(13)
a = rng.normal(size=(12, 3)).astype("float32")
b = rng.normal(size=(12, 3)).astype("float32")
y = (a[:, :1] - b[:, :1]).astype("float32")

shared = layers.Dense(
    4,
    activation="relu",
    kernel_regularizer=regularizers.L1L2(l1=0.001, l2=0.02),
    bias_regularizer=regularizers.L2(0.03),
)
left, right = keras.Input((3,)), keras.Input((3,))
difference = layers.Subtract()([shared(left), shared(right)])
model = keras.Model([left, right], layers.Dense(1)(difference))
model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
start(model)

steps, watcher = record(keras)
model.fit([a, b], y, batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "predictions": model.predict([a, b], verbose=0),
    "evaluated": model.evaluate([a, b], y, batch_size=6, verbose=0),
}
