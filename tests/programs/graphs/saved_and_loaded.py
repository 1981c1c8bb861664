"""A graph with two outputs is saved in the middle of training; what is loaded goes on as the first would have."""

# Style: keras-team/keras-io guides/serialization_and_saving.py
import keras
import numpy as np
from keras import layers

from tests.programs.common import record, start

rng = np.random.default_rng(49)
x = rng.normal(size=(18, 4)).astype("float32")
y = {"kind": rng.integers(0, 3, size=18), "size": x[:, :1] * 2}

inputs = keras.Input((4,))
encoder = keras.Sequential([keras.Input((4,)), layers.Dense(5, activation="relu")], name="encoder")
h = encoder(inputs)
h = layers.Add()([h, layers.Dense(5)(inputs)])
model = keras.Model(inputs, [layers.Dense(3, activation="softmax", name="kind")(h), layers.Dense(1, name="size")(h)])
model.compile(
    optimizer=keras.optimizers.SGD(0.05, momentum=0.9),
    loss={"kind": "sparse_categorical_crossentropy", "size": "mse"},
    loss_weights={"kind": 1.0, "size": 0.5},
    metrics={"kind": "accuracy"},
)
start(model)
model.fit(x, y, batch_size=6, epochs=2, shuffle=False, verbose=0)
model.save("two_heads.keras")

loaded = keras.models.load_model("two_heads.keras")
steps, watcher = record(keras)
loaded.fit(x, y, batch_size=6, epochs=1, shuffle=False, verbose=0, callbacks=[watcher])
kept = model.predict(x, verbose=0)
model.fit(x, y, batch_size=6, epochs=1, shuffle=False, verbose=0)

results = {
    "steps": steps,
    "kept": kept,
    "weights": loaded.get_weights(),
    "differences": [np.abs(a - b).max() for a, b in zip(model.get_weights(), loaded.get_weights())],
    "evaluated": loaded.evaluate(x, y, verbose=0, return_dict=True),
    "names": [layer.name for layer in loaded.layers if layer.name in ("encoder", "kind", "size")],
}
