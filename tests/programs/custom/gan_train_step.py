"""A DCGAN whose train_step trains both networks, each with an optimizer of its own, given to compile."""

# Style: keras-team/keras-io examples/generative/dcgan_overriding_train_step.py
import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from tests.programs.common import record, start

LATENT = 3

rng = np.random.default_rng(127)
images = rng.uniform(size=(12, 4, 4, 1)).astype("float32")
noise = rng.normal(size=(12, LATENT)).astype("float32")

discriminator = keras.Sequential(
    [
        keras.Input(shape=(4, 4, 1)),
        layers.Conv2D(3, kernel_size=3, strides=2, padding="same"),
        layers.LeakyReLU(negative_slope=0.2),
        layers.Flatten(),
        layers.Dense(1, activation="sigmoid"),
    ],
    name="discriminator",
)
generator = keras.Sequential(
    [
        keras.Input(shape=(LATENT,)),
        layers.Dense(2 * 2 * 3),
        layers.Reshape((2, 2, 3)),
        layers.UpSampling2D(2),
        layers.Conv2D(1, kernel_size=3, padding="same", activation="sigmoid"),
    ],
    name="generator",
)


class GAN(keras.Model):
    def __init__(self, discriminator, generator):
        super().__init__()
        self.discriminator = discriminator
        self.generator = generator
        self.d_loss_metric = keras.metrics.Mean(name="d_loss")
        self.g_loss_metric = keras.metrics.Mean(name="g_loss")

    def compile(self, d_optimizer, g_optimizer, loss_fn):
        super().compile()
        self.d_optimizer = d_optimizer
        self.g_optimizer = g_optimizer
        self.loss_fn = loss_fn

    @property
    def metrics(self):
        return [self.d_loss_metric, self.g_loss_metric]

    def train_step(self, data):
        real_images, latent = data
        batch_size = ops.shape(real_images)[0]
        generated = self.generator(latent)
        combined = ops.concatenate([generated, real_images], axis=0)
        labels = ops.concatenate([ops.ones((batch_size, 1)), ops.zeros((batch_size, 1))], axis=0)
        with tf.GradientTape() as tape:
            d_loss = self.loss_fn(labels, self.discriminator(combined))
        grads = tape.gradient(d_loss, self.discriminator.trainable_weights)
        self.d_optimizer.apply_gradients(zip(grads, self.discriminator.trainable_weights))

        misleading_labels = ops.zeros((batch_size, 1))
        with tf.GradientTape() as tape:
            predictions = self.discriminator(self.generator(latent))
            g_loss = self.loss_fn(misleading_labels, predictions)
        grads = tape.gradient(g_loss, self.generator.trainable_weights)
        self.g_optimizer.apply_gradients(zip(grads, self.generator.trainable_weights))

        self.d_loss_metric.update_state(d_loss)
        self.g_loss_metric.update_state(g_loss)
        return {"d_loss": self.d_loss_metric.result(), "g_loss": self.g_loss_metric.result()}


start(discriminator, generator)
gan = GAN(discriminator=discriminator, generator=generator)
gan.compile(
    d_optimizer=keras.optimizers.SGD(0.2),
    g_optimizer=keras.optimizers.SGD(0.5, momentum=0.5),
    loss_fn=keras.losses.BinaryCrossentropy(),
)
steps, watcher = record(keras)
gan.fit(images, noise, batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "generator": generator.get_weights(),
    "discriminator": discriminator.get_weights(),
    "generated": generator.predict(noise[:2], verbose=0),
}
