"""A variational autoencoder in one graph: a sampling layer, and a layer that adds the divergence to the loss."""

# Style: keras-team/keras-io guides/making_new_layers_and_models_via_subclassing.py (end-to-end VAE);
#   keras-team/keras-io examples/keras_recipes/endpoint_layer_pattern.py
import keras
import numpy as np
from keras import layers, ops

from tests.programs.common import record, start

rng = np.random.default_rng(118)
x = (rng.normal(size=(16, 2)) @ rng.normal(size=(2, 6))).astype("float32")


class Sampling(layers.Layer):
    """Samples with fixed noise, one row for each row of a batch."""

    def __init__(self, noise, **kwargs):
        super().__init__(**kwargs)
        self.noise = noise

    def call(self, inputs):
        z_mean, z_log_var = inputs
        return z_mean + ops.exp(0.5 * z_log_var) * self.noise[: ops.shape(z_mean)[0]]


class Encoder(layers.Layer):
    def __init__(self, latent_dim=2, intermediate_dim=5, **kwargs):
        super().__init__(**kwargs)
        self.dense_proj = layers.Dense(intermediate_dim, activation="relu")
        self.dense_mean = layers.Dense(latent_dim)
        self.dense_log_var = layers.Dense(latent_dim)
        self.sampling = Sampling(rng.normal(size=(8, latent_dim)).astype("float32"))

    def call(self, inputs):
        h = self.dense_proj(inputs)
        z_mean, z_log_var = self.dense_mean(h), self.dense_log_var(h)
        kl_loss = -0.5 * ops.mean(z_log_var - ops.square(z_mean) - ops.exp(z_log_var) + 1)
        self.add_loss(0.1 * kl_loss)
        return z_mean, z_log_var, self.sampling((z_mean, z_log_var))


class VariationalAutoEncoder(keras.Model):
    def __init__(self, original_dim, name="autoencoder", **kwargs):
        super().__init__(name=name, **kwargs)
        self.encoder = Encoder()
        self.decoder = keras.Sequential([layers.Dense(5, activation="relu"), layers.Dense(original_dim)])

    def call(self, inputs):
        _, _, z = self.encoder(inputs)
        return self.decoder(z)


vae = VariationalAutoEncoder(6)
vae(x[:8])
start(vae)
vae.compile(keras.optimizers.SGD(0.05), loss=keras.losses.MeanSquaredError())

steps, watcher = record(keras)
vae.fit(x, x, epochs=3, batch_size=8, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": vae.get_weights(),
    "evaluated": vae.evaluate(x, x, batch_size=8, verbose=0),
    "predictions": vae.predict(x, batch_size=8, verbose=0),
    "mean": vae.encoder(x[:4])[0],
}
