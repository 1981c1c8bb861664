"""A row for every plot: what it is drawn from, and what has to be in it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from clarinet import Input, LearningRateCurve, Sequential, plots
from clarinet.layers import Conv2D, Dense, Flatten

RNG = np.random.default_rng(0)
PICTURES = RNG.integers(0, 256, (30, 28, 28)).astype(np.uint8)
DIGITS = np.arange(30) % 10
TABLE = RNG.normal(size=(40, 2)).astype(np.float32)
SIDES = (TABLE[:, 0] > 0).astype(np.int64)
LOGS = {"loss": [0.9, 0.5, 0.4], "val_loss": [0.8, 0.6, 0.5], "learning_rate": [0.1, 0.05, 0.025]}
RATES = np.geomspace(1e-5, 1, 20)
TRIAL = LearningRateCurve(RATES, (np.log10(RATES) + 2) ** 2, (np.log10(RATES) + 2) ** 2, suggestion=1e-3)


@dataclass(frozen=True)
class Trial:
    """A trial of a search."""

    number: int
    state: str
    value: float | None
    values: dict[str, object]


class Search:
    """A search of twelve trials, of which some are pruned, and one failed."""

    metric, mode = "val_loss", "min"
    scales = {"rate": "log", "units": "linear", "activation": "choice"}  # noqa: RUF012
    trials = tuple(
        Trial(
            number,
            "pruned" if number % 4 == 3 else "complete" if number else "failed",
            1.0 / (1 + number) if number else None,
            {"rate": 10.0 ** -(1 + number % 3), "units": 4 + number, "activation": ("relu", "tanh")[number % 2]},
        )
        for number in range(12)
    )

    def importance(self) -> dict[str, float]:
        return {"rate": 0.7, "units": 0.2, "activation": 0.1}


@cache
def reader() -> Sequential:
    """A classifier of pictures, compiled but not trained."""
    model = Sequential([Input((28, 28)), Flatten(), Dense(12, activation="relu"), Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


@cache
def divider() -> Sequential:
    """A classifier of points in the plane."""
    model = Sequential([Input((2,)), Dense(4, activation="tanh"), Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy")
    return model


@cache
def meter() -> Sequential:
    """A regression."""
    model = Sequential([Input((2,)), Dense(3, activation="relu"), Dense(1)])
    model.compile("adam", "mse")
    return model


@cache
def seer(channels: int) -> Sequential:
    """A convolution over pictures of so many channels."""
    model = Sequential([Input((8, 8, channels)), Conv2D(6, 3), Flatten(), Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


@dataclass(frozen=True)
class Case:
    """A plot and its parts.

    Attributes:
        name: for people.
        draw: makes it, given ``theme`` and, if ``onto`` says so, ``ax`` or ``figure``.
        onto: the keyword that takes what to draw in.
        axes: number of panels, colour bars included.
        counts: artists on all panels together by kind: ``lines``, ``images``, ``patches``, ``collections``.
        labelled: whether its panels have labels on both axes.
        legend: whether the first panel has a legend.
    """

    name: str
    draw: Callable[..., Any]
    onto: str = "figure"
    axes: int = 1
    counts: dict[str, int] = field(default_factory=dict)
    labelled: bool = True
    legend: bool = False

    def __repr__(self) -> str:
        return self.name


def grid(name: str, draw: Callable[..., Any], axes: int, images: int) -> Case:
    """A plot of many pictures without axes."""
    return Case(name, draw, axes=axes, counts={"images": images}, labelled=False)


CASES = [
    grid("samples", lambda **k: plots.samples(PICTURES, DIGITS, n=6, **k), 6, 6),
    grid("samples of colours", lambda **k: plots.samples(RNG.random((4, 8, 8, 3)), **k), 4, 4),
    grid("samples of flat rows", lambda **k: plots.samples(PICTURES.reshape(30, 784), n=2, **k), 2, 2),
    Case("samples of a table", lambda **k: plots.samples(TABLE, SIDES, **k), axes=2, counts={"images": 1}),
    Case("history", lambda **k: plots.history(LOGS, **k), axes=2, counts={"lines": 3}, legend=True),
    Case(
        "history over seeds",
        lambda **k: plots.history([[LOGS, LOGS, LOGS], LOGS], labels=["three", "one"], metrics=["loss"], **k),
        counts={"lines": 4, "collections": 2},
        legend=True,
    ),
    grid("predictions", lambda **k: plots.predictions(reader(), PICTURES, DIGITS, n=4, **k), 4, 4),
    Case(
        "predictions of rows", lambda **k: plots.predictions(divider(), TABLE, SIDES, n=8, **k), counts={"patches": 8}
    ),
    Case(
        "predictions of amounts",
        lambda **k: plots.predictions(meter(), TABLE, TABLE[:, 0] / 3, **k),
        counts={"lines": 2},
        legend=True,
    ),
    grid("weights", lambda **k: plots.weights(reader(), n=5, **k), 6, 5),
    grid("weights of filters", lambda **k: plots.weights(seer(3), n=4, **k), 5, 4),
    grid("weights of many channels", lambda **k: plots.weights(seer(5), n=3, **k), 4, 3),
    Case("weights of a matrix", lambda **k: plots.weights(divider(), "dense_1", **k), axes=2, counts={"images": 1}),
    Case("confusion", lambda **k: plots.confusion(reader(), PICTURES, DIGITS, **k), "ax", 2, {"images": 1}),
    Case(
        "confusion of labels",
        lambda **k: plots.confusion(SIDES, 1 - SIDES, class_names=["to the left", "to the right"], **k),
        "ax",
        2,
    ),
    Case(
        "calibration",
        lambda **k: plots.calibration(divider(), TABLE, SIDES, bins=5, **k),
        "ax",
        counts={"lines": 2, "patches": 5},
        legend=True,
    ),
    Case("activations", lambda **k: plots.activations(reader(), PICTURES, **k), axes=3, counts={"patches": 90}),
    Case("activations of units", lambda **k: plots.activations(meter(), TABLE, 0, **k), axes=2, counts={"images": 1}),
    grid("activations of filters", lambda **k: plots.activations(seer(1), PICTURES[:1, :8, :8], 0, **k), 7, 6),
    Case(
        "gradient_flow",
        lambda **k: plots.gradient_flow(seer(1), PICTURES[:, :8, :8], DIGITS % 3, **k),
        "ax",
        counts={"lines": 1, "patches": 2},
        legend=True,
    ),
    Case("boundary", lambda **k: plots.boundary(divider(), TABLE, SIDES, **k), "ax", counts={"lines": 2}, legend=True),
    Case(
        "boundary of amounts",
        lambda **k: plots.boundary(meter(), TABLE, TABLE[:, 0], **k),
        "ax",
        2,
        {"collections": 4},  # the map, the rows, and two of the colour bar
    ),
    Case(
        "network",
        lambda **k: plots.network(divider(), TABLE, **k),
        "ax",
        1,
        {"patches": 7},
        labelled=False,
        legend=True,
    ),
    Case(
        "network of filters",
        lambda **k: plots.network(seer(3), **k),
        "ax",
        counts={"patches": 5, "lines": 4},
        labelled=False,
    ),
    Case(
        "importance",
        lambda **k: plots.importance(meter(), TABLE, TABLE[:, :1], feature_names=["size", "$5"], **k),
        "ax",
        counts={"patches": 2, "collections": 1},
    ),
    Case("trials", lambda **k: plots.trials(Search(), **k), "ax", counts={"lines": 1, "collections": 2}, legend=True),
    Case(
        "hyperparameter_importance",
        lambda **k: plots.hyperparameter_importance(Search(), **k),
        "ax",
        counts={"patches": 3},
    ),
    Case("slices", lambda **k: plots.slices(Search(), **k), axes=3, counts={"collections": 3}),
    Case(
        "parallel_coordinates",
        lambda **k: plots.parallel_coordinates(Search(), **k),
        "ax",
        counts={"lines": 12},  # eight complete trials, and four axes
    ),
    Case("learning_rate", lambda **k: plots.learning_rate(TRIAL, **k), "ax", counts={"lines": 3}, legend=True),
]
