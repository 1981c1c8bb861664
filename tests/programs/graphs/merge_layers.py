"""Every merging layer in one graph."""

# Style: the Keras API reference, "Merging layers"; keras-team/keras-io guides/functional_api.py
import keras
import numpy as np
from keras.layers import Add, Average, Concatenate, Dense, Dot, Input, Maximum, Minimum, Multiply, Subtract

from tests.programs.common import record, start

rng = np.random.default_rng(43)
x = rng.normal(size=(20, 3)).astype("float32")
y = rng.normal(size=(20, 1)).astype("float32")

inputs = Input((3,))
a, b, c = (Dense(4, activation=activation)(inputs) for activation in ("relu", "tanh", "sigmoid"))
merged = [
    Add(name="sum")([a, b, c]),
    Subtract(name="difference")([a, b]),
    Multiply(name="product")([a, b, c]),
    Average(name="average")([a, b, c]),
    Maximum(name="maximum")([a, b, c]),
    Minimum(name="minimum")([a, b, c]),
    Dot(axes=1, name="dot")([b, c]),
]
outputs = Dense(1)(Concatenate(axis=-1)(merged))
model = keras.Model(inputs, outputs)
model.compile(optimizer=keras.optimizers.SGD(0.02), loss="mse")
start(model)

steps, watcher = record(keras)
model.fit(x, y, batch_size=5, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "predictions": model.predict(x, verbose=0),
    "merged": keras.Model(inputs, merged).predict(x[:2], verbose=0),
    "shapes": [list(tensor.shape) for tensor in merged],
}
