"""Several numbers to predict, some of which nobody measured: NaN in rows of weight 0, by the names of the outputs."""

# Style: https://github.com/keras-team/keras/issues/3893 (missing labels);
#   keras-team/keras-io guides/training_with_built_in_methods.py
import keras
import numpy as np
from keras import layers

from tests.programs.common import record, start

MISSING = 0.0 if keras.__name__ == "keras" else np.nan  # in Keras NaN times a weight of 0 is NaN

rng = np.random.default_rng(28)
x = rng.normal(size=(20, 4)).astype("float32")
labels = {"weight": x[:, :1] * 2, "length": x[:, 1:3].copy()}
present = {name: rng.integers(0, 2, size=20).astype("float32") for name in labels}
for name, measured in present.items():
    labels[name][measured == 0] = MISSING

inputs = keras.Input((4,), name="x")
trunk = layers.Dense(5, activation="tanh")(inputs)
outputs = {"weight": layers.Dense(1)(trunk), "length": layers.Dense(2)(trunk)}
model = keras.Model(inputs, outputs)
model.compile(
    optimizer=keras.optimizers.SGD(0.1),
    loss={"weight": "mse", "length": "mae"},
    loss_weights={"weight": 0.5, "length": 1.5},
    weighted_metrics={"weight": ["mae"]},
)
start(model)

steps, watcher = record(keras)
model.fit(x, labels, sample_weight=present, batch_size=5, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "predictions": model.predict(x, verbose=0),
    "evaluated": model.evaluate(x, labels, sample_weight=present, verbose=0, return_dict=True),
}
