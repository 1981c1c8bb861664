"""Layers with weights that are not trained: a sum that grows with every call, normalisation by running statistics."""

# Style: keras-team/keras-io guides/making_new_layers_and_models_via_subclassing.py (ComputeSum);
#   BatchNormalization by hand in d2l programs
import keras
import numpy as np
from keras import layers, ops

from tests.programs.common import record, start

rng = np.random.default_rng(120)
x = rng.normal(3.0, 2.0, size=(16, 3)).astype("float32")
y = x[:, :1] - x[:, 1:2]


class ComputeSum(layers.Layer):
    def __init__(self, input_dim):
        super().__init__()
        self.total = self.add_weight(initializer="zeros", shape=(input_dim,), trainable=False)

    def call(self, inputs):
        self.total.assign_add(ops.sum(inputs, axis=0))
        return self.total


class MyBatchNorm(layers.Layer):
    def __init__(self, momentum=0.8, **kwargs):
        super().__init__(**kwargs)
        self.momentum = momentum

    def build(self, input_shape):
        width = input_shape[-1]
        self.gamma = self.add_weight(shape=(width,), initializer="ones", name="gamma")
        self.beta = self.add_weight(shape=(width,), initializer="zeros", name="beta")
        self.moving_mean = self.add_weight(shape=(width,), initializer="zeros", trainable=False, name="moving_mean")
        self.moving_var = self.add_weight(shape=(width,), initializer="ones", trainable=False, name="moving_var")

    def call(self, inputs, training=False):
        if training:
            mean, variance = ops.mean(inputs, axis=0), ops.var(inputs, axis=0)
            self.moving_mean.assign(self.momentum * self.moving_mean + (1 - self.momentum) * mean)
            self.moving_var.assign(self.momentum * self.moving_var + (1 - self.momentum) * variance)
        else:
            mean, variance = self.moving_mean, self.moving_var
        return self.gamma * (inputs - mean) / ops.sqrt(variance + 1e-3) + self.beta


my_sum = ComputeSum(3)
first = np.array(my_sum(x[:2]))
second = np.array(my_sum(x[:2]))

model = keras.Sequential([keras.Input((3,)), layers.Dense(4), MyBatchNorm(), layers.Dense(1)])
model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mse")
start(model)
steps, watcher = record(keras)
model.fit(x, y, batch_size=8, epochs=3, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "sums": [first, second],
    "kinds": [len(my_sum.weights), len(my_sum.trainable_weights), len(model.non_trainable_weights)],
    "steps": steps,
    "weights": model.get_weights(),
    "predictions": model.predict(x, verbose=0),
}
