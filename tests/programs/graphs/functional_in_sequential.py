"""A functional model as the first layer of a Sequential, a Sequential as the last."""

# Style: transfer learning notebooks (model.add(conv_base));
#   fchollet/deep-learning-with-python-notebooks 5.3-using-a-pretrained-convnet.ipynb
import keras
import numpy as np
from keras import layers, models

from tests.programs.common import record, start

rng = np.random.default_rng(26)
x = rng.normal(size=(12, 5, 5, 1)).astype("float32")
y = rng.integers(0, 2, size=12).astype("float32")

base_in = keras.Input((5, 5, 1))
a = layers.Conv2D(2, 3, activation="relu")(base_in)
b = layers.Conv2D(2, 3, activation="tanh")(base_in)
conv_base = keras.Model(base_in, layers.Maximum()([a, b]), name="conv_base")

head = models.Sequential([layers.Dense(3, activation="relu"), layers.Dense(1, activation="sigmoid")], name="head")

model = models.Sequential()
model.add(conv_base)
model.add(layers.Flatten())
model.add(head)
model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.RMSprop(learning_rate=0.01), metrics=["acc"])
model.build((None, 5, 5, 1))
start(model)

steps, watcher = record(keras)
model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "trainable": len(model.trainable_weights),
    "predictions": model.predict(x, verbose=0),
    "features": conv_base.predict(x[:2], verbose=0),
}
