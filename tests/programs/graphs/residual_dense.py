"""A fully connected network with skip connections."""

# Style: keras-team/keras-io guides/functional_api.py (toy ResNet); students' tabular ResNets
import keras
import numpy as np
from keras import layers

from tests.programs.common import record, start

rng = np.random.default_rng(15)
x = rng.normal(size=(24, 5)).astype("float32")
y = (x[:, 0] * x[:, 1] > 0).astype("float32")


def residual_block(tensor, units):
    skip = tensor
    tensor = layers.Dense(units, activation="relu")(tensor)
    tensor = layers.Dense(units)(tensor)
    tensor = layers.Add()([tensor, skip])
    return layers.Activation("relu")(tensor)


inputs = keras.Input(shape=(5,))
h = layers.Dense(6, activation="relu")(inputs)
h = residual_block(h, 6)
h = residual_block(h, 6)
outputs = layers.Dense(1, activation="sigmoid")(h)
model = keras.Model(inputs, outputs, name="tabular_resnet")

model.compile(optimizer=keras.optimizers.SGD(0.1), loss="binary_crossentropy", metrics=["accuracy"])
start(model)

steps, watcher = record(keras)
model.fit(x, y, batch_size=8, epochs=3, shuffle=False, verbose=0, callbacks=[watcher])

results = {"steps": steps, "weights": model.get_weights(), "predictions": model.predict(x, verbose=0)}
