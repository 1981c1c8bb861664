"""Huber by hand: as a function with a branch per row, and as a Loss with a configuration."""

# Style: gopalakrishna-r/Hands-on-Machine-Learning-w-scikit-tensorflow chapter_12/HuberLoss.py;
#   ducanhnguyen/HelloTensorflow src/CustomLossFunction.py
import keras
import numpy as np

from tests.programs.common import record, start

rng = np.random.default_rng(102)
x = rng.normal(size=(20, 3)).astype("float32")
y = (x[:, :1] * 3 + rng.standard_cauchy(size=(20, 1))).clip(-8, 8).astype("float32")


def huber_fn(y_true, y_pred):
    error = y_true - y_pred
    is_small_error = keras.ops.abs(error) < 1
    squared_loss = keras.ops.square(error) / 2
    linear_loss = keras.ops.abs(error) - 0.5
    return keras.ops.where(is_small_error, squared_loss, linear_loss)


class HuberLoss(keras.losses.Loss):
    def __init__(self, threshold=1.0, **kwargs):
        self.threshold = threshold
        super().__init__(**kwargs)

    def call(self, y_true, y_pred):
        error = y_true - y_pred
        is_small_error = keras.ops.abs(error) < self.threshold
        squared_loss = keras.ops.square(error) / 2
        linear_loss = self.threshold * keras.ops.abs(error) - self.threshold**2 / 2
        return keras.ops.where(is_small_error, squared_loss, linear_loss)

    def get_config(self):
        base_config = super().get_config()
        return {**base_config, "threshold": self.threshold}


results = {"threshold": HuberLoss.from_config(HuberLoss(0.5).get_config()).threshold}
for name, loss in {"function": huber_fn, "class": HuberLoss(2.0)}.items():
    model = keras.models.Sequential(
        [keras.layers.Input((3,)), keras.layers.Dense(4, activation="selu"), keras.layers.Dense(1)]
    )
    model.compile(loss=loss, optimizer=keras.optimizers.SGD(0.05), metrics=["mae", huber_fn])
    start(model)
    steps, watcher = record(keras)
    model.fit(x, y, batch_size=5, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])
    results[name] = {"steps": steps, "weights": model.get_weights(), "evaluated": model.evaluate(x, y, verbose=0)}
