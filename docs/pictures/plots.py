"""Draws the pictures of docs/plots.md, light and dark: `python docs/pictures/plots.py` (needs clarinet[plots,sweep]).

Names after it draw these alone: `python docs/pictures/plots.py trials slices`.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import clarinet
from clarinet import plots, search
from clarinet.layers import Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D, Rescaling

HERE = Path(__file__).parent / "plots"
ROWS, DPI = 6000, 88  # of the training set; dots per inch


def classifier(*layers: Any, loss: str = "sparse_categorical_crossentropy", rate: float = 1e-3) -> clarinet.Sequential:
    """A compiled model."""
    model = clarinet.Sequential(layers)
    model.compile(clarinet.optimizers.Adam(rate), loss, metrics=["accuracy"])
    return model


def reader(*hidden: Any, rate: float = 1e-3) -> clarinet.Sequential:
    """A network for digits."""
    head = Dense(10, activation="softmax")
    return classifier(Input((28, 28)), Rescaling(1 / 255), Flatten(), *hidden, head, rate=rate)


def searched(x: Any, y: Any) -> search.Results:
    """What a search among small networks for digits has found."""

    def build(units: int, activation: str, dropout: float, rate: float) -> clarinet.Sequential:
        return reader(Dense(units, activation=activation), Dropout(dropout), rate=rate)

    space = {
        "units": (8, 256, "log"),
        "activation": ["relu", "tanh", "sigmoid"],
        "dropout": (0.0, 0.6),
        "rate": (1e-4, 1e-1, "log"),
    }
    with tempfile.TemporaryDirectory() as folder:
        store = clarinet.runs.Store(folder)
        return search.search(
            build, space, x, y, trials=40, workers=0, metric="val_accuracy", store=store, verbose=0, epochs=4
        )


def draw_all() -> dict[str, Callable[..., Any]]:
    """Every picture by name, as a function of its theme."""
    clarinet.utils.set_random_seed(0)
    (x, y), (x_test, y_test) = clarinet.datasets.mnist.load_data()
    x, y = x[:ROWS], y[:ROWS]
    plain, dropping = [], []
    for seed in range(5):
        for logs, hidden in (
            (plain, [Dense(64, activation="relu")]),
            (dropping, [Dense(64, activation="relu"), Dropout(0.4)]),
        ):
            model = reader(*hidden)
            logs.append(model.fit(x, y, epochs=12, validation_split=0.2, verbose=0, seed=seed))
    seeing = classifier(
        Input((28, 28, 1)), Rescaling(1 / 255), Conv2D(8, 5, activation="relu"), MaxPooling2D(), Flatten(),
        Dense(10, activation="softmax"),
    )  # fmt: skip
    seeing.fit(x[..., None], y, epochs=3, verbose=0, seed=0)
    points, sides = clarinet.datasets.toys.moons(300, 0.15)
    divider = classifier(
        Input((2,)), Dense(8, activation="tanh"), Dense(1, activation="sigmoid"), loss="binary_crossentropy", rate=0.03
    )
    divider.fit(points, sides, epochs=60, verbose=0, seed=0)
    deep = classifier(
        Input((2,)), *[Dense(8, activation="sigmoid") for _ in range(7)], Dense(1, activation="sigmoid"),
        loss="binary_crossentropy",
    )  # fmt: skip
    small = classifier(Input((2,)), Dense(3, activation="sigmoid"), Dense(1, activation="sigmoid"), loss="mse")
    trial = clarinet.find_learning_rate(reader(Dense(64, activation="relu")), x, y)
    answers = reader(Dense(64, activation="relu"))
    answers.fit(x, y, epochs=8, verbose=0, seed=0)
    found = searched(x[:2000], y[:2000])
    wrong = (answers.predict(x_test).argmax(axis=1) != y_test).nonzero()[0][:2]
    some = np.r_[0:8, wrong]
    return {
        "samples": lambda **k: plots.samples(x, y, n=10, **k),
        "history": lambda **k: plots.history([plain, dropping], labels=["plain", "dropout"], **k),
        "predictions": lambda **k: plots.predictions(answers, x_test[some], y_test[some], **k),
        "weights": lambda **k: plots.weights(answers, n=10, **k),
        "confusion": lambda **k: plots.confusion(answers, x_test, y_test, **k),
        "calibration": lambda **k: plots.calibration(answers, x_test, y_test, **k),
        "activations": lambda **k: plots.activations(seeing, x_test[:1, ..., None], 1, **k),
        "gradient_flow": lambda **k: plots.gradient_flow(deep, points, sides, **k),
        "boundary": lambda **k: plots.boundary(divider, points, sides, **k),
        "network": lambda **k: plots.network(small, [0.3, 1.0], **k),
        "learning_rate": lambda **k: plots.learning_rate(trial, **k),
        "trials": lambda **k: plots.trials(found, **k),
        "slices": lambda **k: plots.slices(found, **k),
        "parallel_coordinates": lambda **k: plots.parallel_coordinates(found, **k),
        "hyperparameter_importance": lambda **k: plots.hyperparameter_importance(found, **k),
    }


def write(figure: Any, path: Path) -> None:
    """A small PNG: 256 colours are enough."""
    file = BytesIO()
    figure.savefig(file, format="png", dpi=DPI)
    picture = Image.open(file).convert("RGB")
    picture.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)


def main(names: list[str]) -> None:
    HERE.mkdir(exist_ok=True)
    for name, draw in draw_all().items():
        if names and name not in names:
            continue
        for theme in ("light", "dark"):
            write(draw(theme=theme), HERE / f"{name}-{theme}.png")


if __name__ == "__main__":
    main(sys.argv[1:])
