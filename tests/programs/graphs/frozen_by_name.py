"""Some layers of a graph frozen by name; their weights stay and the rest trains with momentum."""

# Style: fchollet/deep-learning-with-python-notebooks 5.3-using-a-pretrained-convnet.ipynb (set_trainable by layer name)
import keras
import numpy as np
from keras import layers

from tests.programs.common import record, start

rng = np.random.default_rng(34)
x = rng.normal(size=(18, 4)).astype("float32")
y = rng.normal(size=(18, 1)).astype("float32")

inputs = keras.Input((4,))
left = layers.Dense(4, activation="relu", name="block1_left")(inputs)
right = layers.Dense(4, activation="tanh", name="block1_right")(inputs)
joined = layers.Multiply()([left, right])
hidden = layers.Dense(3, activation="relu", name="block2")(joined)
outputs = layers.Dense(1, name="top")(layers.concatenate([hidden, left]))
model = keras.Model(inputs, outputs)

for layer in model.layers:
    layer.trainable = not layer.name.startswith("block1_l") and layer.name != "block2"
model.compile(optimizer=keras.optimizers.SGD(0.05, momentum=0.9), loss="mse")
start(model)
before = {name: model.get_layer(name).get_weights() for name in ("block1_left", "block2")}

steps, watcher = record(keras)
model.fit(x, y, batch_size=6, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "trainable": [layer.name for layer in model.layers if layer.trainable and layer.weights],
    "unmoved": {
        name: all(bool((a == b).all()) for a, b in zip(kept, model.get_layer(name).get_weights()))
        for name, kept in before.items()
    },
    "steps": steps,
    "weights": model.get_weights(),
    "predictions": model.predict(x, verbose=0),
}
