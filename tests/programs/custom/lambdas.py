"""Lambda layers: with one tensor, with several, with arguments, and with plain indexing."""

# Style: keras-team/keras examples/variational_autoencoder.py and antirectifier.py;
#   small_unet programs (Lambda(lambda x: x / 127.5 - 1.))
import keras
import numpy as np
from keras import ops
from keras.layers import Dense, Input, Lambda
from keras.models import Model

from tests.programs.common import record, start

rng = np.random.default_rng(115)
pixels = rng.integers(0, 256, size=(18, 6)).astype("float32")
y = (pixels[:, :1] / 255).astype("float32")


def antirectifier(x):
    x = x - ops.mean(x, axis=1, keepdims=True)
    x = ops.normalize(x, axis=1)
    return ops.concatenate([ops.relu(x), ops.relu(-x)], axis=1)


def interpolate(tensors, amount):
    one, other = tensors
    return one * amount + other * (1 - amount)


inputs = Input((6,))
scaled = Lambda(lambda x: x / 127.5 - 1.0)(inputs)
rectified = Lambda(antirectifier, output_shape=(12,), name="antirectifier")(scaled)
first_half = Lambda(lambda x: x[:, :3])(scaled)
every_other = Lambda(lambda x: x[:, ::2])(scaled)
mixed = Lambda(interpolate, arguments={"amount": 0.25})([first_half, every_other])
hidden = Dense(4, activation="swish")(keras.layers.concatenate([rectified, mixed]))
model = Model(inputs, Dense(1)(hidden))
model.compile(keras.optimizers.SGD(0.2), loss=lambda t, p: ops.mean(ops.abs(t - p) ** 1.5, axis=-1))
start(model)

steps, watcher = record(keras)
model.fit(pixels, y, batch_size=6, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "rectified": Model(inputs, rectified).predict(pixels[:3], verbose=0),
    "predictions": model.predict(pixels, verbose=0),
}
