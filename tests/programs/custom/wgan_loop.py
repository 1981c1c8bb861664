"""A Wasserstein GAN without penalty: several critic steps with clipped weights, then one of the generator."""

# Style: eriklindernoren/Keras-GAN wgan/wgan.py; the WGAN_clip model of holbertonschool programs
import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from tests.programs.common import start

CLIP, CRITIC_STEPS, BATCH = 0.2, 2, 6

rng = np.random.default_rng(131)
real = rng.normal([2.0, 0.0], 0.5, size=(64, 2)).astype("float32")

generator = keras.Sequential([keras.Input((2,)), layers.Dense(5, activation="relu"), layers.Dense(2)])
critic = keras.Sequential([keras.Input((2,)), layers.Dense(5, activation="relu"), layers.Dense(1)])
start(generator, critic)
g_optimizer = keras.optimizers.RMSprop(0.01)
c_optimizer = keras.optimizers.RMSprop(0.01)


def noise():
    return rng.normal(size=(BATCH, 2)).astype("float32")


history = []
for _ in range(4):
    for _ in range(CRITIC_STEPS):
        batch = real[rng.integers(0, len(real), BATCH)]
        with tf.GradientTape() as tape:
            fake = generator(noise(), training=True)
            critic_loss = ops.mean(critic(fake)) - ops.mean(critic(batch))
        gradients = tape.gradient(critic_loss, critic.trainable_variables)
        c_optimizer.apply_gradients(zip(gradients, critic.trainable_variables))
        for variable in critic.trainable_variables:
            variable.assign(ops.clip(variable, -CLIP, CLIP))
    with tf.GradientTape() as tape:
        generator_loss = -ops.mean(critic(generator(noise(), training=True)))
    gradients = tape.gradient(generator_loss, generator.trainable_variables)
    g_optimizer.apply_gradients(zip(gradients, generator.trainable_variables))
    history.append([float(critic_loss), float(generator_loss)])

results = {
    "history": history,
    "generator": generator.get_weights(),
    "critic": critic.get_weights(),
    "largest": max(float(ops.max(ops.abs(variable))) for variable in critic.trainable_variables),
}
