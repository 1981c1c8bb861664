"""R² and RMSE: as functions of a batch, and as a Metric that adds up over batches."""

# Style: MyrionSC/P10 Keras-Regressor/Metrics.py; arose13/rosey-keras rosey-keras/metrics.py
import keras
import numpy as np
from keras import ops

from tests.programs.common import record, start

rng = np.random.default_rng(108)
x = rng.normal(size=(22, 3)).astype("float32")
y = (x @ [[1.0], [-2.0], [0.5]] + 0.3 * rng.normal(size=(22, 1))).astype("float32")


def r2(y_true, y_pred):
    ss_res = ops.sum(ops.square(y_true - y_pred))
    ss_tot = ops.sum(ops.square(y_true - ops.mean(y_true)))
    return 1 - ss_res / (ss_tot + keras.backend.epsilon())


def rmse(y_true, y_pred):
    return ops.sqrt(ops.mean(ops.square(y_pred - y_true), axis=-1))


class RSquared(keras.metrics.Metric):
    def __init__(self, name="r_squared", **kwargs):
        super().__init__(name=name, **kwargs)
        self.squared_sum = self.add_weight(name="squared_sum", initializer="zeros")
        self.sum = self.add_weight(name="sum", initializer="zeros")
        self.res = self.add_weight(name="residual", initializer="zeros")
        self.count = self.add_weight(name="count", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true = ops.cast(y_true, self.dtype)
        self.squared_sum.assign(self.squared_sum + ops.sum(y_true**2))
        self.sum.assign(self.sum + ops.sum(y_true))
        self.res.assign(self.res + ops.sum(ops.square(y_true - y_pred)))
        self.count.assign(self.count + ops.cast(ops.shape(y_true)[0], self.dtype))

    def result(self):
        total = self.squared_sum - ops.square(self.sum) / self.count
        return 1 - self.res / total


model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, activation="relu"), keras.layers.Dense(1)])
model.compile(loss="mse", optimizer=keras.optimizers.SGD(0.05), metrics=[r2, rmse, RSquared()])
start(model)

steps, watcher = record(keras)
history = model.fit(
    x, y, batch_size=6, epochs=2, shuffle=False, verbose=0, validation_data=(x[:10], y[:10]), callbacks=[watcher]
)

alone = RSquared(name="alone")
alone.update_state(y[:5], y[:5] + 0.1)
alone.update_state(y[5:9], y[5:9] - 0.2)
first = float(alone.result())
alone.reset_state()
alone.update_state(y, y + 0.1)

results = {
    "steps": steps,
    "history": history.history,
    "evaluated": model.evaluate(x, y, batch_size=5, verbose=0, return_dict=True),
    "alone": [first, float(alone.result())],
}
