"""The tutorial's network in Keras, for `make examples-full`: prints one JSON list, a dict of results a seed."""

import argparse
import json
import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras

from clarinet.datasets import mnist

parser = argparse.ArgumentParser()
parser.add_argument("--seeds", type=int, default=10)
parser.add_argument("--epochs", type=int, default=10)
parser.add_argument("--rows", type=int, default=60_000)
options = parser.parse_args()

(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train = x_train[: options.rows].reshape(-1, 784).astype("float32") / 255
x_test = x_test.reshape(-1, 784).astype("float32") / 255

results = []
for seed in range(options.seeds):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x_train, y_train[: options.rows], batch_size=32, epochs=options.epochs, validation_split=0.2,
                        verbose=0)  # fmt: skip
    loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
    losses = history.history["val_loss"]
    results.append(
        {
            "test accuracy": accuracy,
            "test loss": loss,
            "validation accuracy": history.history["val_accuracy"][-1],
            "lowest validation loss in epoch": 1 + losses.index(min(losses)),
        }
    )
print(json.dumps(results))
