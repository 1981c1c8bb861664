"""Mixup and label smoothing by hand: mixed rows come from a generator, the loss takes soft labels."""

# Style: keras-team/keras-io examples/vision/mixup.py; GitHub label smoothing helpers
import keras
import numpy as np
from keras import layers, ops

from tests.programs.common import record, start

CLASSES = 3

rng = np.random.default_rng(106)
x = rng.normal(size=(24, 4)).astype("float32")
labels = rng.integers(0, CLASSES, size=24)


def smooth(one_hot, factor=0.1):
    return one_hot * (1 - factor) + factor / one_hot.shape[-1]


def mixup_batches(batch_size, alpha=0.2):
    y = smooth(np.eye(CLASSES, dtype="float32")[labels])
    while True:
        order = rng.permutation(len(x))
        for begin in range(0, len(x), batch_size):
            one = order[begin : begin + batch_size]
            two = rng.permutation(one)
            mix = rng.beta(alpha, alpha, size=(len(one), 1)).astype("float32")
            yield x[one] * mix + x[two] * (1 - mix), y[one] * mix + y[two] * (1 - mix)


def soft_cross_entropy(y_true, y_pred):
    return -ops.sum(y_true * ops.log_softmax(y_pred, axis=-1), axis=-1)


model = keras.Sequential([keras.Input((4,)), layers.Dense(6, activation="gelu"), layers.Dense(CLASSES)])
model.compile(optimizer=keras.optimizers.SGD(0.2), loss=soft_cross_entropy, metrics=["categorical_accuracy"])
start(model)

steps, watcher = record(keras)
model.fit(mixup_batches(6), steps_per_epoch=4, epochs=2, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "predictions": ops.softmax(model.predict(x, verbose=0)),
}
