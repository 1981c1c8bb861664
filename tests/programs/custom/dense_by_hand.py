"""A Layer with build, add_weight, call and get_config, in a model that is saved and loaded."""

# Style: keras-team/keras-io guides/making_new_layers_and_models_via_subclassing.py (Linear);
#   keras-team/keras-io guides/serialization_and_saving.py
import keras
import numpy as np

from tests.programs.common import record, start

rng = np.random.default_rng(110)
x = rng.normal(size=(16, 3)).astype("float32")
y = np.abs(x[:, :2]).astype("float32")


@keras.saving.register_keras_serializable(package="programs")
class Linear(keras.layers.Layer):
    def __init__(self, units=32, activation=None, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.activation = keras.activations.get(activation)

    def build(self, input_shape):
        self.w = self.add_weight(
            shape=(input_shape[-1], self.units),
            initializer="glorot_uniform",
            regularizer="l2",
            trainable=True,
            name="w",
        )
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", trainable=True, name="b")

    def call(self, inputs):
        return self.activation(keras.ops.matmul(inputs, self.w) + self.b)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        config = super().get_config()
        config.update({"units": self.units, "activation": keras.activations.serialize(self.activation)})
        return config


model = keras.Sequential([keras.Input((3,)), Linear(5, activation="relu", name="first"), Linear(2)])
model.compile(optimizer=keras.optimizers.SGD(0.1, momentum=0.9), loss="mse")
start(model)
steps, watcher = record(keras)
model.fit(x, y, batch_size=4, epochs=1, shuffle=False, verbose=0, callbacks=[watcher])
model.save("linear.keras")

loaded = keras.models.load_model("linear.keras")
after, watcher = record(keras)
loaded.fit(x, y, batch_size=4, epochs=1, shuffle=False, verbose=0, callbacks=[watcher])

first = loaded.get_layer("first")
results = {
    "steps": steps + after,
    "weights": loaded.get_weights(),
    "class": [type(first).__name__, first.units, [list(weight.shape) for weight in first.weights]],
    "predictions": loaded.predict(x, verbose=0),
    "alone": list(Linear(4).compute_output_shape((7, 3))),
}
