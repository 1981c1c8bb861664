"""Gradients are added up over several small batches, cut to a norm, and applied once."""

# Style: andreped/GradientAccumulator README.md; shi510/tensorflow-gradient-accumulation gradient_accumulator.py
import keras
import numpy as np
import tensorflow as tf
from keras import ops

from tests.programs.common import start

ACCUMULATE = 3

rng = np.random.default_rng(132)
x = rng.normal(size=(24, 3)).astype("float32")
y = rng.normal(size=(24, 1)).astype("float32")

model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(5, activation="tanh"), keras.layers.Dense(1)])
start(model)
optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
mse = keras.losses.MeanSquaredError()

losses, norms = [], []
accumulated = [ops.zeros_like(variable) for variable in model.trainable_variables]
for step, begin in enumerate(range(0, 24, 2), start=1):
    with tf.GradientTape() as tape:
        loss = mse(y[begin : begin + 2], model(x[begin : begin + 2], training=True))
        scaled = loss / ACCUMULATE
    gradients = tape.gradient(scaled, model.trainable_variables)
    accumulated = [total + gradient for total, gradient in zip(accumulated, gradients)]
    losses.append(float(loss))
    if step % ACCUMULATE == 0:
        norm = ops.sqrt(sum(ops.sum(ops.square(gradient)) for gradient in accumulated))
        if norm > 0.5:
            accumulated = [gradient * 0.5 / norm for gradient in accumulated]
        optimizer.apply_gradients(zip(accumulated, model.trainable_variables))
        accumulated = [ops.zeros_like(variable) for variable in model.trainable_variables]
        norms.append(float(norm))

results = {
    "losses": losses,
    "norms": norms,
    "weights": model.get_weights(),
}
