"""The merging functions, with and without names, on tensors and on arrays."""

# Style: the Keras API reference, "Merging layers" (functional interface)
import keras
import numpy as np
from keras.layers import Dense, Input, add, average, concatenate, dot, maximum, minimum, multiply, subtract

from tests.programs.common import record, start

rng = np.random.default_rng(44)
left = rng.normal(size=(16, 3)).astype("float32")
right = rng.normal(size=(16, 3)).astype("float32")
y = (left * right).sum(axis=1, keepdims=True).astype("float32")

a, b = Input((3,)), Input((3,))
p, q = Dense(3, activation="softplus")(a), Dense(3)(b)
joined = concatenate(
    [
        add([p, q]),
        subtract([p, q]),
        multiply([p, q]),
        average([a, q]),
        maximum([p, b]),
        minimum([p, q]),
        dot([p, q], axes=1),
    ],
    axis=1,
    name="joined",
)
model = keras.Model([a, b], Dense(1)(joined))
model.compile(keras.optimizers.SGD(0.02), "mse")
start(model)

steps, watcher = record(keras)
model.fit([left, right], y, batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "predictions": model.predict([left, right], verbose=0),
    "names": [layer.name for layer in model.layers if layer.name == "joined"],
    "on arrays": [add([left[:2], right[:2]]), maximum([left[:2], right[:2]]), dot([left[:2], right[:2]], axes=1)],
}
