"""Sequential models as blocks of a functional model."""

# Style: keras-team/keras examples/mnist_siamese.py (create_base_network);
#   fchollet/deep-learning-with-python-notebooks 7.1
import keras
import numpy as np
from keras import Input, layers, models

from tests.programs.common import record, start

rng = np.random.default_rng(25)
x = rng.normal(size=(20, 8)).astype("float32")
y = rng.integers(0, 3, size=20)

lower = models.Sequential([layers.Dense(4, activation="relu"), layers.Dense(3)], name="lower")
upper = models.Sequential(name="upper")
upper.add(Input((3,)))
upper.add(layers.BatchNormalization())
upper.add(layers.Dense(4, activation="relu"))

inputs = Input(shape=(8,))
h = lower(inputs)
h = layers.concatenate([upper(h), h])
outputs = layers.Dense(3, activation="softmax")(h)
model = models.Model(inputs, outputs)
model.compile(optimizer=keras.optimizers.SGD(0.1), loss="sparse_categorical_crossentropy", metrics=["acc"])
start(model)

steps, watcher = record(keras)
model.fit(x, y, batch_size=5, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "predictions": model.predict(x, verbose=0),
    "of the lower": lower.predict(x, verbose=0),
    "names": [layer.name for layer in model.layers[1:3]],
}
