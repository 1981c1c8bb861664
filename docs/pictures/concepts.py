"""Draws the pictures of docs/concepts.md: `python docs/pictures/concepts.py` (needs clarinet[film])."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import clarinet
from clarinet import glass
from clarinet.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D

HERE = Path(__file__).parent


def step() -> None:
    """One step of a network of 2, 3 and 1 units, whose weights are round numbers."""
    model = clarinet.Sequential([Input((2,)), Dense(3, "relu", name="hidden"), Dense(1, "sigmoid", name="answer")])
    model.compile(clarinet.optimizers.SGD(0.5), "binary_crossentropy")
    kernel = np.array([[0.5, -0.3, 0.8], [0.4, 0.6, -0.2]])
    model.set_weights([kernel, np.array([0.0, 0.1, 0.0]), np.array([[0.7], [-0.4], [0.3]]), np.array([0.1])])
    trace = glass.trace(model, np.array([[1.0, 0.5]]), np.array([[1.0]]))
    print(glass.explain(trace, layer=1, unit=0))
    glass.film(model, (np.array([1.0, 0.5]), 1), HERE / "concepts-step.svg")


def convolution() -> None:
    """A bar, looked at by three filters."""
    parts = [Conv2D(3, 3, activation="relu", name="filters"), MaxPooling2D(name="pool"), Flatten(name="row")]
    model = clarinet.Sequential([Input((6, 6, 1)), *parts, Dense(2, "softmax", name="answer")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.set_weights([*_filters(), *model.get_weights()[2:]])
    bar = np.zeros((6, 6, 1), "float32")
    bar[1:5, 2] = 1
    glass.film(model, (bar, 0), HERE / "concepts-convolution.svg")


def _filters() -> tuple[np.ndarray, np.ndarray]:
    """For upright edges, for level edges, and a mean."""
    upright = np.array([[-1, 0, 1]] * 3) / 2
    return np.stack([upright, upright.T, np.full((3, 3), 1 / 9)], axis=-1)[:, :, None], np.zeros(3)


if __name__ == "__main__":
    clarinet.utils.set_random_seed(0)
    step()
    convolution()
