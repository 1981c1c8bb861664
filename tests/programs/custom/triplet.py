"""Triplet loss on three embeddings side by side, normalised, from one network."""

# Style: Golbstein/keras-face-recognition triplet_loss.py;
#   argelignacio/TRABAJO-PROFESIONAL-7599- clustering/embedders/Loss.py
import keras
import numpy as np
from keras import ops
from keras.layers import Concatenate, Dense, Input, Lambda
from keras.models import Model, Sequential

from tests.programs.common import record, start

SIZE = 3

rng = np.random.default_rng(103)
anchor = rng.normal(size=(18, 4)).astype("float32")
positive = (anchor + rng.normal(0, 0.4, size=anchor.shape)).astype("float32")
negative = rng.normal(size=(18, 4)).astype("float32")


def triplet_loss(y_true, y_pred, alpha=0.4):
    a, p, n = ops.split(y_pred, 3, axis=-1)
    positive_distance = ops.sum(ops.square(a - p), axis=-1)
    negative_distance = ops.sum(ops.square(a - n), axis=-1)
    return ops.maximum(positive_distance - negative_distance + alpha, 0.0)


network = Sequential([Input((4,)), Dense(6, activation="relu"), Dense(SIZE)])
normalise = Lambda(lambda x: ops.normalize(x, axis=-1))
inputs = [Input((4,), name=name) for name in ("anchor", "positive", "negative")]
merged = Concatenate()([normalise(network(tensor)) for tensor in inputs])
model = Model(inputs=inputs, outputs=merged)
model.compile(loss=triplet_loss, optimizer=keras.optimizers.SGD(0.1))
start(model)

steps, watcher = record(keras)
y_dummy = np.zeros((18, 3 * SIZE), "float32")
model.fit([anchor, positive, negative], y_dummy, batch_size=6, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "embedded": network.predict(anchor, verbose=0),
    "predictions": model.predict([anchor, positive, negative], verbose=0),
}
