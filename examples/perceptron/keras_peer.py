"""The tutorial's perceptron in Keras, for `make examples-full`: prints one JSON list, a dict of results a seed."""

import argparse
import json
import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np

from clarinet.datasets import mnist

parser = argparse.ArgumentParser()
parser.add_argument("--seeds", type=int, default=10)
parser.add_argument("--epochs", type=int, default=10)
parser.add_argument("--long_epochs", type=int, default=100)
options = parser.parse_args()

(x_train, y_train), (x_test, y_test) = mnist.load_data()
is_five_train, is_five_test = y_train == 5, y_test == 5
small, small_test = x_train / np.float32(255), x_test / np.float32(255)


def train(x, is_five, epochs, x_test=x_test, activation=None):
    layers = [keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(1, activation=activation)]
    model = keras.Sequential(layers)
    model.compile(loss="mse", optimizer="adam", metrics=["accuracy"])
    history = model.fit(x, is_five, epochs=epochs, validation_data=(x_test, is_five_test), verbose=0)
    return model, history.history


def fives_found(model, x):
    return float((model.predict(x, verbose=0)[is_five_test] > 0.5).mean())


def one_seed(seed):
    keras.utils.set_random_seed(seed)
    _, first = train(x_train, is_five_train, options.epochs)
    few_model, few = train(x_train[:20], is_five_train[:20], options.epochs)
    outputs = few_model.predict(x_test, verbose=0)
    _, few_sigmoid = train(x_train[:20], is_five_train[:20], options.epochs, activation="sigmoid")
    mended, sigmoid = train(x_train, is_five_train, options.epochs, activation="sigmoid")
    scaled_model, scaled = train(small, is_five_train, options.epochs, small_test, activation="sigmoid")
    found = fives_found(mended, x_test)
    results = {
        "as it stands: training accuracy": first["accuracy"][-1],
        "as it stands: test accuracy": first["val_accuracy"][-1],
        "20 images: training accuracy": few["accuracy"][-1],
        "20 images: lowest raw output": float(outputs.min()),
        "20 images: highest raw output": float(outputs.max()),
        "sigmoid, 20 images: training accuracy": few_sigmoid["accuracy"][-1],
        "sigmoid: test accuracy": sigmoid["val_accuracy"][-1],
        "sigmoid: fives found": found,
        "sigmoid: share of seeds that never say 'five'": float(found == 0),
        "sigmoid, pixels / 255: test accuracy": scaled["val_accuracy"][-1],
        "sigmoid, pixels / 255: fives found": fives_found(scaled_model, small_test),
    }
    if seed == 0:  # a hundred epochs take Keras a minute
        _, long = train(x_train, is_five_train, options.long_epochs)
        results["100 epochs: training accuracy"] = long["accuracy"][-1]
        results["100 epochs: test accuracy"] = long["val_accuracy"][-1]
    return results


print(json.dumps([one_seed(seed) for seed in range(options.seeds)]))
