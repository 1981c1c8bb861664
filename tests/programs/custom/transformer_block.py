"""A transformer block by hand: heads by reshape and transpose, scaled dot products, layer norms, two dense layers."""

# Style: keras-team/keras-io examples/nlp/text_classification_with_transformer.py;
#   keras-team/keras examples/demo_custom_transformer_block.py
import keras
import numpy as np
from keras import layers, ops

from tests.programs.common import record, start

rng = np.random.default_rng(112)
tokens = rng.integers(0, 15, size=(12, 6))
y = rng.integers(0, 2, size=12)


class MultiHeadSelfAttention(layers.Layer):
    def __init__(self, embed_dim, num_heads=2, **kwargs):
        super().__init__(**kwargs)
        self.embed_dim = embed_dim
        self.num_heads = num_heads
        self.projection_dim = embed_dim // num_heads
        self.query_dense = layers.Dense(embed_dim)
        self.key_dense = layers.Dense(embed_dim)
        self.value_dense = layers.Dense(embed_dim)
        self.combine_heads = layers.Dense(embed_dim)

    def separate_heads(self, x, batch_size):
        x = ops.reshape(x, (batch_size, -1, self.num_heads, self.projection_dim))
        return ops.transpose(x, axes=[0, 2, 1, 3])

    def call(self, inputs):
        batch_size = ops.shape(inputs)[0]
        query = self.separate_heads(self.query_dense(inputs), batch_size)
        key = self.separate_heads(self.key_dense(inputs), batch_size)
        value = self.separate_heads(self.value_dense(inputs), batch_size)
        score = ops.matmul(query, ops.transpose(key, axes=[0, 1, 3, 2]))
        weights = ops.softmax(score / ops.sqrt(ops.cast(self.projection_dim, "float32")), axis=-1)
        attention = ops.transpose(ops.matmul(weights, value), axes=[0, 2, 1, 3])
        return self.combine_heads(ops.reshape(attention, (batch_size, -1, self.embed_dim)))


class TransformerBlock(layers.Layer):
    def __init__(self, embed_dim, num_heads, ff_dim, **kwargs):
        super().__init__(**kwargs)
        self.att = MultiHeadSelfAttention(embed_dim, num_heads)
        self.ffn = keras.Sequential([layers.Dense(ff_dim, activation="relu"), layers.Dense(embed_dim)])
        self.layernorm1 = layers.LayerNormalization(epsilon=1e-6)
        self.layernorm2 = layers.LayerNormalization(epsilon=1e-6)

    def call(self, inputs):
        out1 = self.layernorm1(inputs + self.att(inputs))
        return self.layernorm2(out1 + self.ffn(out1))


inputs = keras.Input((6,), dtype="int32")
x = layers.Embedding(15, 4)(inputs)
x = TransformerBlock(4, 2, 5)(x)
x = layers.GlobalAveragePooling1D()(x)
model = keras.Model(inputs, layers.Dense(2, activation="softmax")(x))
model.compile(optimizer=keras.optimizers.SGD(0.1), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
start(model)

steps, watcher = record(keras)
model.fit(tokens, y, batch_size=5, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {"steps": steps, "weights": model.get_weights(), "predictions": model.predict(tokens, verbose=0)}
