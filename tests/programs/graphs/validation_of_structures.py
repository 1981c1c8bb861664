"""validation_data of lists with weights per output; validation_split of lists; ModelCheckpoint on one output's loss."""

# Style: keras-team/keras-io guides/training_with_built_in_methods.py
import keras
import numpy as np
from keras import callbacks, layers

from tests.programs.common import start

rng = np.random.default_rng(53)
x1, x2 = rng.normal(size=(30, 3)).astype("float32"), rng.normal(size=(30, 3)).astype("float32")
y1, y2 = (x1[:, :1] - x2[:, :1]).astype("float32"), (x1[:, 1:2] > 0).astype("float32")
w1, w2 = rng.uniform(size=30).astype("float32"), rng.uniform(size=30).astype("float32")

a, b = keras.Input((3,)), keras.Input((3,))
shared = layers.Dense(4, activation="relu")
h = layers.concatenate([shared(a), shared(b)])
model = keras.Model([a, b], [layers.Dense(1, name="gap")(h), layers.Dense(1, activation="sigmoid", name="up")(h)])
model.compile(keras.optimizers.SGD(0.1), loss=["mae", "binary_crossentropy"], weighted_metrics=[["mse"], ["accuracy"]])
start(model)

held_out = slice(20, None)
train = slice(0, 20)
best = callbacks.ModelCheckpoint(
    "best.weights.h5", monitor="val_gap_loss", mode="min", save_best_only=True, save_weights_only=True
)
first = model.fit(
    [x1[train], x2[train]],
    [y1[train], y2[train]],
    sample_weight=[w1[train], w2[train]],
    validation_data=([x1[held_out], x2[held_out]], [y1[held_out], y2[held_out]], [w1[held_out], w2[held_out]]),
    batch_size=5,
    epochs=3,
    shuffle=False,
    verbose=0,
    callbacks=[best],
)
last = model.get_weights()
model.load_weights("best.weights.h5")
second = model.fit([x1, x2], [y1, y2], validation_split=0.4, batch_size=6, epochs=1, shuffle=False, verbose=0)

results = {
    "first": first.history,
    "second": second.history,
    "last": last,
    "weights": model.get_weights(),
    "predictions": model.predict([x1, x2], verbose=0),
}
