"""Activation, initializer, regularizer, constraint and activity penalty as plain functions."""

# Style: ageron/handson-ml2 12_custom_models_and_training_with_tensorflow.ipynb (other custom functions)
import keras
import numpy as np
from keras import ops

from tests.programs.common import record

rng = np.random.default_rng(121)
x = rng.normal(size=(20, 3)).astype("float32")
y = np.abs(x[:, :1] * x[:, 1:2]).astype("float32")


def my_softplus(z):
    return ops.log(ops.exp(z) + 1.0)


def my_initializer(shape, dtype="float32"):
    count = int(np.prod(shape))
    return ops.reshape(ops.linspace(-0.5, 0.6, count), shape)


def my_l2_regularizer(weights):
    return 0.02 * ops.sum(ops.square(weights))


def my_positive_weights(weights):
    return weights * ops.cast(ops.greater_equal(weights, 0.0), weights.dtype)


def sparse_activity(outputs):
    return 0.02 * ops.sum(ops.square(outputs))


model = keras.models.Sequential(
    [
        keras.layers.Input((3,)),
        keras.layers.Dense(
            5,
            activation=my_softplus,
            kernel_initializer=my_initializer,
            kernel_regularizer=my_l2_regularizer,
            kernel_constraint=my_positive_weights,
            activity_regularizer=sparse_activity,
        ),
        keras.layers.Dense(4, activation=lambda z: z * ops.tanh(ops.softplus(z)), kernel_initializer=my_initializer),
        keras.layers.Dense(1, kernel_initializer=my_initializer),
        keras.layers.Activation(ops.square),
    ]
)
first = model.get_weights()
model.compile(loss="mse", optimizer=keras.optimizers.SGD(0.05), metrics=["mae"])

steps, watcher = record(keras)
model.fit(x, y, batch_size=5, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "first": first,
    "steps": steps,
    "weights": model.get_weights(),
    "evaluated": model.evaluate(x, y, batch_size=10, verbose=0),
    "predictions": model.predict(x, verbose=0),
}
