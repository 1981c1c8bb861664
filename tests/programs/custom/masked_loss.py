"""Token classification: padding (label -1) is masked by hand in loss and accuracy, means are over what is left."""

# Style: keras-team/keras-io examples/nlp/ner_transformers.py (CustomNonPaddingTokenLoss);
#   tensorflow text tutorials (masked_loss)
import keras
import numpy as np
from keras import layers, ops

from tests.programs.common import record, start

TAGS = 3

rng = np.random.default_rng(107)
tokens = rng.integers(1, 12, size=(12, 5))
tags = rng.integers(0, TAGS, size=(12, 5))
for row, length in enumerate(rng.integers(2, 6, size=12)):
    tokens[row, length:] = 0
    tags[row, length:] = -1


def masked_loss(y_true, y_pred):
    mask = ops.cast(y_true >= 0, "float32")
    labels = ops.maximum(y_true, 0)
    loss = keras.losses.sparse_categorical_crossentropy(labels, y_pred, from_logits=True)
    return ops.sum(loss * mask) / ops.sum(mask)


def masked_accuracy(y_true, y_pred):
    y_pred = ops.cast(ops.argmax(y_pred, axis=-1), y_true.dtype)
    match = ops.cast(y_true == y_pred, "float32")
    mask = ops.cast(y_true >= 0, "float32")
    return ops.sum(match * mask) / ops.sum(mask)


inputs = keras.Input((5,), dtype="int32")
h = layers.Embedding(12, 4)(inputs)
h = layers.Conv1D(4, 3, padding="same", activation="relu")(h)
outputs = layers.Dense(TAGS)(h)
model = keras.Model(inputs, outputs)
model.compile(optimizer=keras.optimizers.SGD(0.5), loss=masked_loss, metrics=[masked_accuracy])
start(model)

steps, watcher = record(keras)
model.fit(tokens, tags, batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "predictions": model.predict(tokens, verbose=0),
    "evaluated": model.evaluate(tokens, tags, batch_size=5, verbose=0),
}
