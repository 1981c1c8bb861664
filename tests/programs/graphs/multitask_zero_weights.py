"""Two tasks of which each row has one: rows of weight 0 have the label -1."""

# Style: rajkshah3/Keras_Multi_InputOutput; emmanuelol/02_keras_py model/tf_multi_loss.py (missing labels as -1)
import keras
import numpy as np
from keras import layers

from tests.programs.common import record, start

rng = np.random.default_rng(27)
x = rng.normal(size=(24, 5)).astype("float32")
color = rng.integers(0, 3, size=24)
shape = rng.integers(0, 4, size=24)
color[1::2] = -1
shape[::3] = -1
has_color = (color >= 0).astype("float32")
has_shape = (shape >= 0).astype("float32")

inputs = keras.Input((5,))
trunk = layers.Dense(6, activation="relu")(inputs)
color_out = layers.Dense(3, activation="softmax", name="color")(trunk)
shape_out = layers.Dense(4, activation="softmax", name="shape")(trunk)
model = keras.Model(inputs, [color_out, shape_out])
model.compile(
    optimizer=keras.optimizers.SGD(0.2),
    loss=["sparse_categorical_crossentropy", "sparse_categorical_crossentropy"],
    weighted_metrics=[["accuracy"], ["accuracy"]],
)
start(model)

steps, watcher = record(keras)
model.fit(
    x, [color, shape], sample_weight=[has_color, has_shape],
    batch_size=6, epochs=2, shuffle=False, verbose=0, callbacks=[watcher],
)  # fmt: skip

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "predictions": model.predict(x, verbose=0),
    "evaluated": model.evaluate(x, [color, shape], sample_weight=[has_color, has_shape], verbose=0),
}
