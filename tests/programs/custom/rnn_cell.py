"""An RNN over cells of one's own: a minimal one, and a gated one with two states."""

# Style: jiangzhangpeng/AILearning learn-keras/layers/recurrent/recurrent-start.py;
#   the docstring of keras.layers.RNN (MinimalRNNCell)
import keras
import numpy as np
from keras import layers, ops

from tests.programs.common import record, start

rng = np.random.default_rng(116)
x = rng.normal(size=(12, 4, 3)).astype("float32")
y = x.sum(axis=(1, 2))[:, None].astype("float32")


class MinimalRNNCell(layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.state_size = units

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), initializer="uniform", name="kernel")
        self.recurrent_kernel = self.add_weight(
            shape=(self.units, self.units), initializer="uniform", name="recurrent_kernel"
        )

    def call(self, inputs, states):
        prev_output = states[0]
        output = ops.tanh(ops.matmul(inputs, self.kernel) + ops.matmul(prev_output, self.recurrent_kernel))
        return output, [output]


class LeakyCell(layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.state_size = [units, units]
        self.update = layers.Dense(units, activation="sigmoid")
        self.proposal = layers.Dense(units, activation="tanh")

    def build(self, input_shape):
        self.update.build((None, input_shape[-1] + self.units))
        self.proposal.build((None, input_shape[-1] + self.units))

    def call(self, inputs, states):
        h, average = states
        joined = ops.concatenate([inputs, h], axis=-1)
        z = self.update(joined)
        h = (1 - z) * h + z * self.proposal(joined)
        average = 0.9 * average + 0.1 * h
        return h + average, [h, average]


inputs = keras.Input((4, 3))
h = layers.RNN(MinimalRNNCell(3), return_sequences=True)(inputs)
h = layers.RNN(LeakyCell(4))(h)
model = keras.Model(inputs, layers.Dense(1)(h))
model.compile(keras.optimizers.SGD(0.05), "mse")
start(model)

steps, watcher = record(keras)
model.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {"steps": steps, "weights": model.get_weights(), "predictions": model.predict(x, verbose=0)}
