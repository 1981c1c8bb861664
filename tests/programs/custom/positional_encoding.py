"""Positional encodings: a constant of sines made in __init__, one computed in call, and a learned one."""

# Style: biswajitsahoo1111/D2L_Attention_Mechanisms_in_TF saved_class_PositionalEncoding.py;
#   keras-team/keras-io examples/nlp/text_classification_with_transformer.py
import keras
import numpy as np
from keras import layers, ops

from tests.programs.common import record, start

rng = np.random.default_rng(113)
tokens = rng.integers(0, 10, size=(12, 6))
y = rng.normal(size=(12, 1)).astype("float32")


class PositionalEncoding(layers.Layer):
    def __init__(self, length, d_model, **kwargs):
        super().__init__(**kwargs)
        angles = np.arange(length)[:, None] / np.power(10000, 2 * (np.arange(d_model)[None] // 2) / d_model)
        angles[:, 0::2] = np.sin(angles[:, 0::2])
        angles[:, 1::2] = np.cos(angles[:, 1::2])
        self.d_model = d_model
        self.pos_encoding = angles[np.newaxis].astype("float32")

    def call(self, x):
        length = x.shape[1]
        x *= np.sqrt(self.d_model).astype("float32")
        return x + self.pos_encoding[:, :length, :]


class ComputedPositions(layers.Layer):
    def call(self, x):
        positions = ops.arange(0, ops.shape(x)[1], 1)
        return x + ops.sin(ops.cast(positions[:, None], "float32"))


class PositionEmbedding(layers.Layer):
    def __init__(self, maxlen, embed_dim, **kwargs):
        super().__init__(**kwargs)
        self.pos_emb = layers.Embedding(input_dim=maxlen, output_dim=embed_dim)

    def call(self, x):
        positions = ops.arange(start=0, stop=ops.shape(x)[1], step=1)
        return x + self.pos_emb(positions)


inputs = keras.Input((6,), dtype="int32")
x = layers.Embedding(10, 4)(inputs)
x = PositionalEncoding(20, 4)(x)
x = ComputedPositions()(x)
x = PositionEmbedding(6, 4)(x)
outputs = layers.Dense(1)(layers.Flatten()(x))
model = keras.Model(inputs, outputs)
model.compile(keras.optimizers.SGD(0.005), "mse")
start(model)

steps, watcher = record(keras)
model.fit(tokens, y, batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "encoding": PositionalEncoding(20, 4)(np.ones((1, 3, 4), "float32")),
    "predictions": model.predict(tokens, verbose=0),
}
