"""Two inputs, each with a branch of its own, joined by Concatenate; data as a list."""

# Style: keras-team/keras-io guides/functional_api.py;
#   danibyay/age_gender_cnn_classifier modelA-first-try/model1_medium.py
import keras
import numpy as np
from keras.layers import Concatenate, Dense, Input
from keras.models import Model

from tests.programs.common import record, start

rng = np.random.default_rng(0)
numbers = rng.normal(size=(24, 3)).astype("float32")
flags = rng.integers(0, 2, size=(24, 2)).astype("float32")
y = (numbers[:, :1] * flags[:, 1:] + 0.5).astype("float32")

input_a = Input(shape=(3,))
input_b = Input(shape=(2,))
a = Dense(4, activation="relu")(input_a)
b = Dense(3, activation="tanh")(input_b)
merged = Concatenate()([a, b])
output = Dense(1)(merged)

model = Model(inputs=[input_a, input_b], outputs=output)
model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse", metrics=["mae"])
start(model)

steps, watcher = record(keras)
history = model.fit([numbers, flags], y, batch_size=8, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "history": history.history,
    "weights": model.get_weights(),
    "predictions": model.predict([numbers, flags], verbose=0),
    "evaluated": model.evaluate([numbers, flags], y, verbose=0),
}
