"""Masks: from an Embedding through an LSTM to the loss; a layer that makes one, and one that uses it."""

# Style: keras-team/keras-io guides/understanding_masking_and_padding.py
import keras
import numpy as np
from keras import layers, ops

from tests.programs.common import record, start

rng = np.random.default_rng(117)
tokens = rng.integers(1, 12, size=(12, 5))
for row, length in enumerate(rng.integers(1, 6, size=12)):
    tokens[row, length:] = 0
tags = rng.integers(0, 3, size=(12, 5))
y = rng.integers(0, 2, size=(12, 1)).astype("float32")


class TemporalSoftmax(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        broadcast_mask = ops.expand_dims(ops.cast(mask, "float32"), -1)
        exponential = ops.exp(inputs) * broadcast_mask
        return exponential / ops.sum(exponential, axis=1, keepdims=True)


class MaskedMean(layers.Layer):
    def call(self, inputs, mask=None):
        mask = ops.cast(mask[:, :, None], inputs.dtype)
        return ops.sum(inputs * mask, axis=1) / ops.sum(mask, axis=1)

    def compute_mask(self, inputs, mask=None):
        return None


inputs = keras.Input((5,), dtype="int32")
embedding = layers.Embedding(input_dim=12, output_dim=3, mask_zero=True)
x = embedding(inputs)
x = layers.LSTM(3, return_sequences=True)(x)
tag_output = layers.Dense(3, activation="softmax", name="tags")(x)
scores = TemporalSoftmax()(layers.Dense(3)(x))
label_output = layers.Dense(1, activation="sigmoid", name="label")(MaskedMean()(scores))
model = keras.Model(inputs, [tag_output, label_output])
losses = ["sparse_categorical_crossentropy", "binary_crossentropy"]
model.compile(keras.optimizers.SGD(0.3), losses, metrics=[[], ["mae"]])
start(model)

steps, watcher = record(keras)
model.fit(tokens, [tags, y], batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "mask": embedding.compute_mask(tokens[:2]),
    "predictions": model.predict(tokens, verbose=0),
    "evaluated": model.evaluate(tokens, [tags, y], verbose=0),
}
