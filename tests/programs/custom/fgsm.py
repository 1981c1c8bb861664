"""Adversarial examples by the sign of the gradient, in one step and in several, and training on them."""

# Style: tensorflow/docs site/en/tutorials/generative/adversarial_fgsm.ipynb;
#   keras-team/keras-io examples/vision/fgsm.py
import keras
import numpy as np
import tensorflow as tf
from keras import ops

from tests.programs.common import start

rng = np.random.default_rng(135)
x = rng.uniform(size=(10, 6)).astype("float32")
y = rng.integers(0, 3, size=10)

model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(3, activation="softmax")]
)
start(model)
loss_object = keras.losses.SparseCategoricalCrossentropy()
optimizer = keras.optimizers.SGD(0.5)


def create_adversarial_pattern(input_image, input_label):
    input_image = ops.convert_to_tensor(input_image)
    with tf.GradientTape() as tape:
        tape.watch(input_image)
        loss = loss_object(input_label, model(input_image))
    return tape.gradient(loss, input_image)


def iterative(images, labels, epsilon=0.1, steps=3):
    adversarial = ops.convert_to_tensor(images)
    for _ in range(steps):
        signed_grad = ops.sign(create_adversarial_pattern(adversarial, labels))
        adversarial = ops.clip(adversarial + epsilon / steps * signed_grad, 0, 1)
    return adversarial


gradient = create_adversarial_pattern(x, y)
one_step = ops.clip(x + 0.1 * ops.sign(gradient), 0, 1)
before = [float(loss_object(y, model(images))) for images in (x, one_step, iterative(x, y))]

losses = []
for _ in range(4):
    attacked = iterative(x, y)
    with tf.GradientTape() as tape:
        loss = 0.5 * loss_object(y, model(x)) + 0.5 * loss_object(y, model(attacked))
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    losses.append(float(loss))

results = {
    "gradient": gradient,
    "one step": one_step,
    "several": iterative(x, y),
    "before": before,
    "losses": losses,
    "weights": model.get_weights(),
}
