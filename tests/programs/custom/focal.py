"""Focal loss as a closure, on a convolutional classifier with rare positives."""

# Style: mkocabas/focal-loss-keras focal_loss.py; TheInfinityShadow/project_Fer2013_new src/training/loss.py
import keras
import numpy as np
from keras import layers, ops

from tests.programs.common import record, start

rng = np.random.default_rng(100)
x = rng.normal(size=(16, 5, 5, 1)).astype("float32")
y = (x.mean(axis=(1, 2, 3)) > 0.1).astype("float32")[:, None]


def focal_loss(gamma=2.0, alpha=0.25):
    def focal_loss_fixed(y_true, y_pred):
        epsilon = keras.backend.epsilon()
        y_pred = ops.clip(y_pred, epsilon, 1.0 - epsilon)
        pt = ops.where(ops.equal(y_true, 1), y_pred, 1 - y_pred)
        weight = ops.where(ops.equal(y_true, 1), alpha, 1 - alpha)
        return -ops.mean(weight * ops.power(1.0 - pt, gamma) * ops.log(pt), axis=-1)

    return focal_loss_fixed


model = keras.Sequential(
    [
        keras.Input((5, 5, 1)),
        layers.Conv2D(2, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(loss=focal_loss(gamma=2.0, alpha=0.75), optimizer=keras.optimizers.SGD(1.0), metrics=["accuracy"])
start(model)

steps, watcher = record(keras)
model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "predictions": model.predict(x, verbose=0),
    "evaluated": model.evaluate(x, y, batch_size=8, verbose=0),
}
