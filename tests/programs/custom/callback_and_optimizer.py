"""Callbacks of one's own: one moves the optimizer's learning rate batch by batch, one stops and looks at the model."""

# Style: keras-team/keras-io guides/writing_your_own_callbacks.py; cyclic learning rate callbacks on GitHub
import keras
import numpy as np

from tests.programs.common import start

rng = np.random.default_rng(123)
x = rng.normal(size=(24, 3)).astype("float32")
y = (x @ [[1.0], [2.0], [-1.0]]).astype("float32")


class CyclicLR(keras.callbacks.Callback):
    def __init__(self, low, high, period):
        super().__init__()
        self.low, self.high, self.period = low, high, period
        self.rates, self.losses = [], []

    def on_train_batch_begin(self, batch, logs=None):
        phase = abs((len(self.rates) % self.period) / self.period - 0.5) * 2
        self.model.optimizer.learning_rate = self.low + (self.high - self.low) * phase

    def on_train_batch_end(self, batch, logs=None):
        self.rates.append(float(self.model.optimizer.learning_rate))
        self.losses.append(logs["loss"])


class StopWhenGood(keras.callbacks.Callback):
    def __init__(self, goal):
        super().__init__()
        self.goal = goal

    def on_train_begin(self, logs=None):
        self.kernels, self.seen, self.validated = [], self.params["epochs"], []

    def on_epoch_end(self, epoch, logs=None):
        self.kernels.append(self.model.layers[-1].get_weights()[0])
        self.validated.append(float(np.mean((self.model.predict(x[:6], verbose=0) - y[:6]) ** 2)))
        if logs["val_loss"] < self.goal:
            self.stopped_epoch = epoch
            self.model.stop_training = True


model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, activation="elu"), keras.layers.Dense(1)])
model.compile(optimizer=keras.optimizers.SGD(0.1, momentum=0.5), loss="mse")
start(model)
cyclic, stopping = CyclicLR(0.001, 0.1, period=5), StopWhenGood(0.2)
history = model.fit(
    x,
    y,
    batch_size=6,
    epochs=12,
    shuffle=False,
    verbose=0,
    validation_data=(x[:6], y[:6]),
    callbacks=[cyclic, stopping],
)

results = {
    "rates": cyclic.rates,
    "losses": cyclic.losses,
    "stopped": [stopping.stopped_epoch, stopping.seen, len(history.epoch)],
    "kernels": stopping.kernels,
    "validated": stopping.validated,
    "history": history.history,
    "iterations": int(model.optimizer.iterations),
    "weights": model.get_weights(),
}
