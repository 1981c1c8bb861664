"""Single batches as lists and dictionaries: train_on_batch, test_on_batch, predict_on_batch, evaluate."""

# Style: GitHub training loops with train_on_batch; keras-team/keras-io guides/training_with_built_in_methods.py
import keras
import numpy as np
from keras import layers

from tests.programs.common import start

rng = np.random.default_rng(51)
x = {"a": rng.normal(size=(20, 3)).astype("float32"), "b": rng.normal(size=(20, 2)).astype("float32")}
y = {"mean": x["a"].mean(axis=1, keepdims=True), "sign": (x["b"][:, :1] > 0).astype("float32")}
w = [rng.uniform(size=20).astype("float32"), rng.uniform(size=20).astype("float32")]

a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
h = layers.Dense(5, activation="tanh")(layers.concatenate([a, b]))
model = keras.Model([a, b], [layers.Dense(1, name="mean")(h), layers.Dense(1, activation="sigmoid", name="sign")(h)])
model.compile(
    optimizer=keras.optimizers.SGD(0.1),
    loss={"mean": "mse", "sign": "binary_crossentropy"},
    metrics={"sign": ["accuracy"]},
)
start(model)


def rows(data, begin, end):
    return {name: array[begin:end] for name, array in data.items()}


trained = []
for begin in range(0, 20, 5):
    x_batch, y_batch = rows(x, begin, begin + 5), rows(y, begin, begin + 5)
    weights = [array[begin : begin + 5] for array in w]
    trained.append(model.train_on_batch(x_batch, y_batch, sample_weight=weights, return_dict=True))
lists = model.train_on_batch([x["a"], x["b"]], [y["mean"], y["sign"]])

results = {
    "trained": trained,
    "lists": lists,
    "tested": model.test_on_batch([x["a"], x["b"]], [y["mean"], y["sign"]], return_dict=True),
    "predicted": model.predict_on_batch([x["a"][:4], x["b"][:4]]),
    "predictions": model.predict(x, batch_size=6, verbose=0),
    "evaluated": model.evaluate(x, y, batch_size=8, verbose=0),
    "weights": model.get_weights(),
}
