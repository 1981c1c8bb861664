"""Bahdanau attention over what an LSTM gives: a layer with a matrix, a bias, and two outputs."""

# Style: mschongchulshin/fatigue_life_predictor fatigue_life_predictor/attention.py;
#   yousoo0920/ess-vpp-project utils/attention.py
import keras
import numpy as np
from keras import ops
from keras.layers import LSTM, Dense, Input, Layer

from tests.programs.common import record, start

rng = np.random.default_rng(111)
x = rng.normal(size=(14, 5, 2)).astype("float32")
y = x[:, 2, :1].copy()


class Attention(Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)

    def build(self, input_shape):
        self.W = self.add_weight(
            name="att_weight", shape=(input_shape[-1], 1), initializer="random_normal", trainable=True
        )
        self.b = self.add_weight(name="att_bias", shape=(input_shape[1], 1), initializer="zeros", trainable=True)
        super().build(input_shape)

    def call(self, x):
        e = ops.tanh(ops.dot(x, self.W) + self.b)
        e = ops.squeeze(e, axis=-1)
        alpha = ops.softmax(e)
        context = x * ops.expand_dims(alpha, axis=-1)
        return ops.sum(context, axis=1), alpha


inputs = Input((5, 2))
hidden = LSTM(4, return_sequences=True)(inputs)
context, alpha = Attention(name="attention")(hidden)
model = keras.Model(inputs, Dense(1)(context))
model.compile(keras.optimizers.SGD(0.1), "mse")
start(model)

steps, watcher = record(keras)
model.fit(x, y, batch_size=7, epochs=3, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "alpha": keras.Model(inputs, alpha).predict(x, verbose=0),
    "predictions": model.predict(x, verbose=0),
}
