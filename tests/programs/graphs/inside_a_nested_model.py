"""Layers and outputs of a model that lies inside another one."""

# Style: transfer learning and Grad-CAM notebooks (model.get_layer("base").get_layer("conv"));
#   keras-team/keras-io examples/vision/grad_cam.py
import keras
import numpy as np
from keras import layers

from tests.programs.common import record, start

rng = np.random.default_rng(31)
x = rng.normal(size=(15, 4)).astype("float32")
y = rng.integers(0, 2, size=(15, 1)).astype("float32")

base = keras.Sequential(
    [
        keras.Input((4,)),
        layers.Dense(5, activation="relu", name="low"),
        layers.Dense(3, activation="relu", name="high"),
    ],
    name="base",
)
inputs = keras.Input((4,))
outputs = layers.Dense(1, activation="sigmoid", name="top")(base(inputs))
model = keras.Model(inputs, outputs)
model.compile(keras.optimizers.SGD(0.2), "binary_crossentropy")
start(model)
steps, watcher = record(keras)
model.fit(x, y, batch_size=5, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

inner = model.get_layer("base")
features = keras.Model(inner.inputs, inner.get_layer("low").output)
top_in = keras.Input(model.get_layer("top").input.shape[1:])
top = keras.Model(top_in, model.get_layer("top")(top_in))

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "features": features.predict(x[:4], verbose=0),
    "by hand": top.predict(inner.predict(x[:4], verbose=0), verbose=0),
    "predictions": model.predict(x[:4], verbose=0),
    "kernel": np.asarray(inner.get_layer("high").kernel),
}
