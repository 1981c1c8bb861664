"""Merging layers on tensors of different shapes: sizes of 1 are stretched."""

# Style: channel and spatial attention in piotrplata/squeeze_excitation_keras csSE.py; CBAM programs
import keras
import numpy as np
from keras.layers import Add, Conv2D, Dense, Flatten, GlobalAveragePooling2D, Input, Maximum, Multiply, Reshape

from tests.programs.common import record, start

rng = np.random.default_rng(45)
images = rng.normal(size=(8, 4, 4, 2)).astype("float32")
y = rng.normal(size=(8, 1)).astype("float32")

inputs = Input((4, 4, 2))
x = Conv2D(3, 3, padding="same", activation="tanh")(inputs)
per_channel = Reshape((1, 1, 3))(Dense(3, activation="sigmoid")(GlobalAveragePooling2D()(x)))
per_place = Conv2D(1, 1, activation="sigmoid")(x)
x = Multiply()([x, per_channel])
x = Multiply()([per_place, x])
x = Add()([x, per_channel, per_place])
x = Maximum()([x, per_place])
outputs = Dense(1)(Flatten()(x))
model = keras.Model(inputs, outputs)
model.compile(keras.optimizers.SGD(0.05), "mse")
start(model)

steps, watcher = record(keras)
model.fit(images, y, batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "predictions": model.predict(images, verbose=0),
    "shape": list(x.shape),
}
