"""compute_loss overridden: the compiled loss, a penalty on the spread of predictions, and a metric of its own."""

# Style: keras-team/keras-io guides/intro_to_keras_for_engineers.py; the docstring of keras.Model.compute_loss
import keras
import numpy as np
from keras import layers, ops

from tests.programs.common import record, start

rng = np.random.default_rng(124)
x = rng.normal(size=(20, 4)).astype("float32")
y = (x[:, :1] - 0.5 * x[:, 1:2] ** 2).astype("float32")
weights = rng.uniform(0, 2, size=20).astype("float32")


class MyModel(keras.Model):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.loss_tracker = keras.metrics.Mean(name="my_loss")

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        loss = super().compute_loss(x, y, y_pred, sample_weight)
        spread = ops.mean(ops.square(y_pred - ops.mean(y_pred, axis=0)))
        loss += 0.05 * spread + 0.01 * ops.mean(ops.abs(x)) * ops.mean(ops.square(y_pred))
        self.loss_tracker.update_state(loss)
        return loss

    def reset_metrics(self):
        super().reset_metrics()
        self.loss_tracker.reset_state()

    @property
    def metrics(self):
        return [*super().metrics, self.loss_tracker]


inputs = layers.Input((4,))
outputs = layers.Dense(1)(layers.Dense(5, activation="relu")(inputs))
model = MyModel(inputs, outputs)
model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
start(model)

steps, watcher = record(keras)
model.fit(x, y, sample_weight=weights, batch_size=5, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "losses": [step["loss"] for step in steps],
    "weights": model.get_weights(),
    "predictions": model.predict(x, verbose=0),
}
