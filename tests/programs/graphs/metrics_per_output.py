"""Metrics for each output: a list of lists, metric objects with names, weighted metrics."""

# Style: keras-team/keras-io guides/training_with_built_in_methods.py (multi-output metrics)
import keras
import numpy as np
from keras import layers, metrics

from tests.programs.common import record, start

rng = np.random.default_rng(8)
x = rng.normal(size=(21, 5)).astype("float32")
score = x[:, :2].sum(axis=1, keepdims=True).astype("float32")
kind = rng.integers(0, 4, size=(21, 1))
weights = rng.uniform(0.5, 2, size=21).astype("float32")

inputs = keras.Input(shape=(5,))
shared = layers.Dense(6, activation="selu")(inputs)
score_output = layers.Dense(1, name="score")(shared)
class_output = layers.Dense(4, activation="softmax", name="kind")(shared)
model = keras.Model(inputs=inputs, outputs=[score_output, class_output])

model.compile(
    optimizer=keras.optimizers.SGD(0.05),
    loss=[keras.losses.MeanSquaredError(), keras.losses.SparseCategoricalCrossentropy()],
    metrics=[
        [metrics.MeanAbsolutePercentageError(name="percent"), metrics.MeanAbsoluteError()],
        [metrics.SparseCategoricalAccuracy(name="right"), metrics.SparseTopKCategoricalAccuracy(k=2, name="nearly")],
    ],
    weighted_metrics=[["mse"], []],
)
start(model)

steps, watcher = record(keras)
history = model.fit(
    x,
    [score, kind],
    sample_weight=[weights, weights],
    batch_size=7,
    epochs=2,
    shuffle=False,
    verbose=0,
    callbacks=[watcher],
)

results = {
    "steps": steps,
    "names": sorted(history.history),
    "weights": model.get_weights(),
    "evaluated": model.evaluate(x, [score, kind], verbose=0, return_dict=True),
}
