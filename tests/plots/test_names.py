"""Names that users give are words in every picture, whatever signs are in them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from clarinet import Input, Sequential, plots
from clarinet.doctor.figures import _bars
from clarinet.layers import Conv2D, Dense, Flatten

pytest.importorskip("matplotlib")

#: Between the two signs stands what is no formula; with one of them there would be none.
NAME = r"$\bad{ $a_b"
X, PICTURES = np.zeros((6, 2)), np.zeros((6, 8, 8))
LABELS, CLASSES = np.arange(6) % 2, [NAME, "b"]


def named(*layers: Any, shape: tuple[int, ...] = (2,)) -> Sequential:
    model = Sequential([Input(shape), *layers], name=NAME)
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


TABLE = named(Dense(2, "softmax", name=NAME))
FILTERS = named(Conv2D(2, 3, name=NAME), Flatten(), Dense(2, "softmax"), shape=(8, 8, 1))
DRAWN: dict[str, Callable[[], Any]] = {
    "samples": lambda: plots.samples(PICTURES, LABELS, class_names=CLASSES),
    "samples of a table": lambda: plots.samples(X, LABELS, class_names=CLASSES),
    "history": lambda: plots.history({NAME: [1.0, 0.5]}),
    "history of several": lambda: plots.history([{"loss": [1.0, 0.5]}] * 2, labels=CLASSES),
    "predictions": lambda: plots.predictions(FILTERS, PICTURES, LABELS, class_names=CLASSES),
    "predictions of rows": lambda: plots.predictions(TABLE, X, LABELS, class_names=CLASSES),
    "weights": lambda: plots.weights(FILTERS),
    "weights of a matrix": lambda: plots.weights(TABLE),
    "confusion": lambda: plots.confusion(LABELS, LABELS, class_names=CLASSES),
    "activations": lambda: plots.activations(TABLE, X),
    "activations of units": lambda: plots.activations(TABLE, X, 0),
    "activations of filters": lambda: plots.activations(FILTERS, PICTURES[..., None], 0),
    "gradient_flow": lambda: plots.gradient_flow(TABLE, X, LABELS),
    "network": lambda: plots.network(TABLE, X),
    "a finding of the doctor": lambda: _bars([NAME, "b"], [1.0, 2.0], "size", None, "light"),
}


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_a_name_with_dollar_signs_is_no_formula(draw: Callable[[], Any]) -> None:
    from matplotlib.text import Text

    figure = draw()
    figure.draw_without_rendering()  # a formula that makes no sense would be refused here
    shown = [text._preprocess_math(text.get_text()) for text in figure.findobj(Text)]
    own = [(words, formula) for words, formula in shown if r"\bad" in words.lower()]
    assert own and not any(formula for _, formula in own)
    assert all(said(NAME) in said(words) for words, _ in own)


def said(words: str) -> str:
    """Without what a plot may change of a name on purpose."""
    return words.lower().replace("_", " ")
