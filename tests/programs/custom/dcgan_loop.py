"""DCGAN by two tapes side by side: losses of logits, batch normalisation, two optimizers."""

# Style: tensorflow/docs site/en/tutorials/generative/dcgan.ipynb
import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from tests.programs.common import start

NOISE, BATCH = 3, 4

rng = np.random.default_rng(130)
dataset = rng.normal(size=(3, BATCH, 4, 4, 1)).astype("float32")


def make_generator_model():
    model = keras.Sequential([keras.Input((NOISE,))])
    model.add(layers.Dense(2 * 2 * 3, use_bias=False))
    model.add(layers.BatchNormalization())
    model.add(layers.LeakyReLU())
    model.add(layers.Reshape((2, 2, 3)))
    model.add(layers.UpSampling2D())
    model.add(layers.Conv2D(1, (3, 3), padding="same", use_bias=False, activation="tanh"))
    return model


def make_discriminator_model():
    model = keras.Sequential([keras.Input((4, 4, 1))])
    model.add(layers.Conv2D(3, (3, 3), strides=(2, 2), padding="same"))
    model.add(layers.LeakyReLU())
    model.add(layers.Flatten())
    model.add(layers.Dense(1))
    return model


generator, discriminator = make_generator_model(), make_discriminator_model()
start(generator, discriminator)
cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
generator_optimizer = keras.optimizers.SGD(0.1)
discriminator_optimizer = keras.optimizers.SGD(0.1)


def discriminator_loss(real_output, fake_output):
    real_loss = cross_entropy(ops.ones_like(real_output), real_output)
    fake_loss = cross_entropy(ops.zeros_like(fake_output), fake_output)
    return real_loss + fake_loss


def generator_loss(fake_output):
    return cross_entropy(ops.ones_like(fake_output), fake_output)


def train_step(images):
    noise = rng.normal(size=(BATCH, NOISE)).astype("float32")
    with tf.GradientTape() as gen_tape, tf.GradientTape() as disc_tape:
        generated_images = generator(noise, training=True)
        real_output = discriminator(images, training=True)
        fake_output = discriminator(generated_images, training=True)
        gen_loss = generator_loss(fake_output)
        disc_loss = discriminator_loss(real_output, fake_output)
    gradients_of_generator = gen_tape.gradient(gen_loss, generator.trainable_variables)
    gradients_of_discriminator = disc_tape.gradient(disc_loss, discriminator.trainable_variables)
    generator_optimizer.apply_gradients(zip(gradients_of_generator, generator.trainable_variables))
    discriminator_optimizer.apply_gradients(zip(gradients_of_discriminator, discriminator.trainable_variables))
    return float(gen_loss), float(disc_loss)


losses = [train_step(batch) for _ in range(2) for batch in dataset]
results = {
    "losses": losses,
    "generator": generator.get_weights(),
    "discriminator": discriminator.get_weights(),
    "generated": generator(np.ones((2, NOISE), "float32"), training=False),
}
