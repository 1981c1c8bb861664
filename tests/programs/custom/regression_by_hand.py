"""Linear regression on two variables, a class with __call__, a persistent tape, gradients of structures, no path."""

# Style: tensorflow/docs site/en/guide/basic_training_loops (MyModel);
#   fchollet/deep-learning-with-python-notebooks chapter03_introduction-to-keras-and-tf.ipynb
import keras
import numpy as np
import tensorflow as tf
from keras import ops

rng = np.random.default_rng(137)
inputs = rng.normal(size=(30, 2)).astype("float32")
targets = (inputs @ [[3.0], [-1.0]] + 2 + 0.1 * rng.normal(size=(30, 1))).astype("float32")


class NaiveDense:
    def __init__(self, input_size, output_size):
        self.W = keras.Variable(np.full((input_size, output_size), 0.1, "float32"), name="W")
        self.b = keras.Variable(np.zeros((output_size,), "float32"), name="b")

    def __call__(self, inputs):
        return ops.matmul(inputs, self.W) + self.b

    @property
    def weights(self):
        return [self.W, self.b]


model = NaiveDense(2, 1)
losses = []
for _ in range(6):
    with tf.GradientTape() as tape:
        predictions = model(inputs)
        loss = ops.mean(ops.square(targets - predictions))
    grad_W, grad_b = tape.gradient(loss, model.weights)
    model.W.assign_sub(0.1 * grad_W)
    model.b.assign(model.b - 0.1 * grad_b)
    losses.append(float(loss))

x = ops.convert_to_tensor(np.array([1.0, 2.0, 3.0], "float32"))
unused = keras.Variable(np.ones(2, "float32"))
with tf.GradientTape(persistent=True) as tape:
    tape.watch(x)
    y = ops.sum(x * x)
    z = ops.sum(ops.sin(x)) * y if y > 10 else y
gradients = {
    "y": tape.gradient(y, x),
    "z": tape.gradient(z, {"x": x, "unused": unused}),
    "weighted": tape.gradient(y, x, output_gradients=ops.convert_to_tensor(2.0)),
}

t = np.float32(0.5)
with tf.GradientTape() as tape:
    time = ops.convert_to_tensor(t)
    tape.watch(time)
    position = 4.9 * time**2
speed = tape.gradient(position, time)

results = {
    "losses": losses,
    "W": np.asarray(model.W),
    "b": np.asarray(model.b),
    "y": gradients["y"],
    "z": gradients["z"]["x"],
    "no path": gradients["z"]["unused"] is None,
    "weighted": gradients["weighted"],
    "speed": float(speed),
}
