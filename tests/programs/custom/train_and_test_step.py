"""train_step and test_step overridden with a tape: weights of rows, compiled loss, compiled metrics."""

# Style: keras-team/keras-io guides/custom_train_step_in_tensorflow.py
import keras
import numpy as np
import tensorflow as tf

from tests.programs.common import record, start

rng = np.random.default_rng(125)
x = rng.normal(size=(24, 4)).astype("float32")
y = (x[:, :1] * x[:, 1:2]).astype("float32")
sw = rng.uniform(0.5, 1.5, size=(24,)).astype("float32")


class CustomModel(keras.Model):
    def train_step(self, data):
        if len(data) == 3:
            x, y, sample_weight = data
        else:
            sample_weight = None
            x, y = data

        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(y=y, y_pred=y_pred, sample_weight=sample_weight)

        trainable_vars = self.trainable_variables
        gradients = tape.gradient(loss, trainable_vars)
        self.optimizer.apply(gradients, trainable_vars)

        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, y_pred, sample_weight=sample_weight)
        return {m.name: m.result() for m in self.metrics}

    def test_step(self, data):
        x, y = data
        y_pred = self(x, training=False)
        loss = self.compute_loss(y=y, y_pred=y_pred)
        return {"loss": loss, "worst": keras.ops.max(keras.ops.abs(y - y_pred))}


inputs = keras.Input(shape=(4,))
hidden = keras.layers.Dense(6, activation="relu", kernel_regularizer="l2")(inputs)
outputs = keras.layers.Dense(1)(hidden)
model = CustomModel(inputs, outputs)
model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse", metrics=[keras.metrics.MeanAbsoluteError(name="mae")])
start(model)

steps, watcher = record(keras)
model.fit(x, y, batch_size=6, epochs=1, shuffle=False, verbose=0, callbacks=[watcher])
weighted, watcher = record(keras)
model.fit(x, y, sample_weight=sw, batch_size=6, epochs=1, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "losses": [step["loss"] for step in steps + weighted],
    "weights": model.get_weights(),
    "evaluated": model.evaluate(x, y, batch_size=24, verbose=0, return_dict=True),
    "predictions": model.predict(x, verbose=0),
}
