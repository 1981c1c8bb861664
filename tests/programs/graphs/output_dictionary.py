"""Outputs that are a dictionary; so are labels and predictions."""

# Style: keras-team/keras-io guides/training_with_built_in_methods.py;
#   keras-team/keras-io examples/timeseries/timeseries_traffic_forecasting.py
import keras
import numpy as np
from keras import Input, Model
from keras.layers import Dense

from tests.programs.common import record, start

rng = np.random.default_rng(6)
past = rng.normal(size=(18, 4)).astype("float32")
future = rng.normal(size=(18, 2)).astype("float32")
y = {"load": past[:, :1] - future[:, 1:], "price": np.tanh(past[:, 1:3])}

past_input = Input((4,), name="past")
future_input = Input((2,), name="future")
encoded = Dense(5, activation="relu", name="encoder")(past_input)
decoded = Dense(5, activation="relu", name="decoder")(keras.layers.concatenate([encoded, future_input]))
load = Dense(1, name="load_head")(decoded)
price = Dense(2, activation="tanh", name="price_head")(decoded)

model = Model(inputs=[past_input, future_input], outputs={"load": load, "price": price})
model.compile(
    optimizer=keras.optimizers.SGD(0.1, momentum=0.9),
    loss={"load": "mse", "price": "mae"},
    loss_weights={"load": 0.3, "price": 1.0},
    metrics={"price": ["mse"]},
)
start(model)

steps, watcher = record(keras)
model.fit([past, future], y, batch_size=6, epochs=2, shuffle=False, verbose=0, callbacks=[watcher])
predictions = model.predict([past, future], verbose=0)

results = {
    "steps": steps,
    "weights": model.get_weights(),
    "predictions": predictions,
    "evaluated": model.evaluate([past, future], y, verbose=0, return_dict=True),
    "shapes": {name: list(array.shape) for name, array in predictions.items()},
}
