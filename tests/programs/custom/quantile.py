"""Quantile losses as lambdas, one for each output."""

# Style: Astatine25/pv-multimodal-forecasting training/quantile_loss.py;
#   iwillbeaprogramer/Study keras/keras60_2_quantile_loss.py
import keras
import numpy as np
from keras import ops
from keras.layers import Dense, Input
from keras.models import Model

from tests.programs.common import record, start

rng = np.random.default_rng(104)
x = rng.uniform(-1, 1, size=(25, 2)).astype("float32")
y = (x[:, :1] + rng.exponential(size=(25, 1))).astype("float32")


def quantile_loss(q, y_true, y_pred):
    e = y_true - y_pred
    return ops.mean(ops.maximum(q * e, (q - 1) * e), axis=-1)


def nine_quantiles(y_true, y_pred):
    qs = ops.convert_to_tensor(np.array([[0.1, 0.5, 0.9]]), dtype="float32")
    e = y_true - y_pred
    return ops.mean(ops.maximum(qs * e, (qs - 1) * e))


inputs = Input((2,))
h = Dense(6, activation="tanh")(inputs)
names = {0.1: "low", 0.5: "middle", 0.9: "high"}
outputs = [Dense(1, name=name)(h) for name in names.values()]
model = Model(inputs, outputs)
losses = [lambda t, p, q=q: quantile_loss(q, t, p) for q in names]
model.compile(loss=losses, optimizer=keras.optimizers.SGD(0.2))
start(model)

steps, watcher = record(keras)
model.fit(x, [y, y, y], batch_size=5, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])

together = Model(inputs, Dense(3)(h))
together.compile(loss=nine_quantiles, optimizer=keras.optimizers.SGD(0.2))
start(together.layers[-1])
more, watcher = record(keras)
together.fit(x, y, batch_size=5, epochs=1, shuffle=False, verbose=0, callbacks=[watcher])

results = {
    "steps": steps,
    "together": more,
    "weights": together.get_weights(),
    "predictions": [*model.predict(x, verbose=0), together.predict(x, verbose=0)],
}
