"""A variational autoencoder with train_step: noise from a seed generator, trackers, an encoder with three outputs."""

# Style: keras-team/keras-io examples/generative/vae.py
import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from tests.programs.common import start

tolerance = 0.05  # the noise is the library's own

rng = np.random.default_rng(126)
data = (rng.normal(size=(256, 2)) @ rng.normal(size=(2, 6))).astype("float32")


class Sampling(layers.Layer):
    """Uses (z_mean, z_log_var) to sample z."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(1337)

    def call(self, inputs):
        z_mean, z_log_var = inputs
        batch = ops.shape(z_mean)[0]
        dim = ops.shape(z_mean)[1]
        epsilon = keras.random.normal(shape=(batch, dim), seed=self.seed_generator)
        return z_mean + ops.exp(0.5 * z_log_var) * epsilon


encoder_inputs = keras.Input(shape=(6,))
h = layers.Dense(6, activation="tanh")(encoder_inputs)
z_mean = layers.Dense(2, name="z_mean")(h)
z_log_var = layers.Dense(2, name="z_log_var")(h)
z = Sampling()([z_mean, z_log_var])
encoder = keras.Model(encoder_inputs, [z_mean, z_log_var, z], name="encoder")
decoder = keras.Sequential([keras.Input((2,)), layers.Dense(6, activation="tanh"), layers.Dense(6)], name="decoder")


class VAE(keras.Model):
    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(**kwargs)
        self.encoder = encoder
        self.decoder = decoder
        self.total_loss_tracker = keras.metrics.Mean(name="total_loss")
        self.kl_loss_tracker = keras.metrics.Mean(name="kl_loss")

    @property
    def metrics(self):
        return [self.total_loss_tracker, self.kl_loss_tracker]

    def train_step(self, data):
        with tf.GradientTape() as tape:
            z_mean, z_log_var, z = self.encoder(data)
            reconstruction = self.decoder(z)
            reconstruction_loss = ops.mean(ops.sum(ops.square(data - reconstruction), axis=1))
            kl_loss = -0.5 * (1 + z_log_var - ops.square(z_mean) - ops.exp(z_log_var))
            kl_loss = ops.mean(ops.sum(kl_loss, axis=1))
            total_loss = reconstruction_loss + kl_loss
        grads = tape.gradient(total_loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(grads, self.trainable_weights))
        self.total_loss_tracker.update_state(total_loss)
        self.kl_loss_tracker.update_state(kl_loss)
        return {"loss": self.total_loss_tracker.result(), "kl_loss": self.kl_loss_tracker.result()}


start(encoder, decoder)
vae = VAE(encoder, decoder)
vae.compile(optimizer=keras.optimizers.SGD(0.02))
history = vae.fit(data, epochs=5, batch_size=256, verbose=0)

mean, log_var, sample = encoder.predict(data, verbose=0)
results = {
    "history": history.history,
    "mean": np.abs(mean).mean(axis=0),
    "log_var": log_var.mean(axis=0),
    "noise": float(((sample - mean) / np.exp(0.5 * log_var)).std()),
    "decoded": decoder.predict(np.zeros((1, 2), "float32"), verbose=0),
}
