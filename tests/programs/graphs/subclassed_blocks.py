"""A subclass made of blocks in a list, each a subclass of Layer; batch normalisation is told whether it trains."""

# Style: ageron/handson-ml2 12_custom_models_and_training_with_tensorflow.ipynb (ResidualRegressor)
import keras
import numpy as np

from tests.programs.common import record, start

rng = np.random.default_rng(38)
x = rng.normal(size=(20, 3)).astype("float32")
y = (x[:, :1] ** 2 - x[:, 1:2]).astype("float32")


class ResidualBlock(keras.layers.Layer):
    def __init__(self, n_layers, n_neurons, **kwargs):
        super().__init__(**kwargs)
        self.hidden = [keras.layers.Dense(n_neurons, activation="elu") for _ in range(n_layers)]
        self.norm = keras.layers.BatchNormalization()

    def call(self, inputs, training=False):
        z = inputs
        for layer in self.hidden:
            z = layer(z)
        return inputs + self.norm(z, training=training)


class ResidualRegressor(keras.models.Model):
    def __init__(self, output_dim, **kwargs):
        super().__init__(**kwargs)
        self.hidden1 = keras.layers.Dense(5, activation="elu")
        self.block1 = ResidualBlock(2, 5)
        self.block2 = ResidualBlock(1, 5)
        self.out = keras.layers.Dense(output_dim)

    def call(self, inputs, training=False):
        z = self.hidden1(inputs)
        for _ in range(2):
            z = self.block1(z, training=training)
        return self.out(self.block2(z, training=training))


model = ResidualRegressor(1)
model(x[:2])
start(model)
model.compile(loss="mse", optimizer=keras.optimizers.SGD(0.01, clipnorm=1.0))

steps, watcher = record(keras)
model.fit(x, y, batch_size=5, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "predictions": model.predict(x, verbose=0),
    "count": model.count_params(),
}
