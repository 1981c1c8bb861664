"""What plots refuse, and what they say then."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from clarinet import Input, Sequential, plots
from clarinet.layers import Dense, Flatten
from tests.cases.plots import DIGITS, LOGS, PICTURES, SIDES, TABLE, divider, meter, reader

UNBUILT = Sequential([Dense(3)])
EMPTY = Sequential([Input((2,))])
WORDLESS = Sequential([Input((2, 2)), Flatten()])


@pytest.mark.parametrize(
    ("draw", "error", "says"),
    [
        (lambda: plots.samples(PICTURES[0][0]), ValueError, "one row alone is x[None]"),
        (lambda: plots.samples(PICTURES[:0]), ValueError, "x has shape (0, 28, 28)"),
        (lambda: plots.samples(PICTURES, DIGITS[:5]), ValueError, "x has 30 rows but y has 5"),
        (lambda: plots.samples(PICTURES, DIGITS, class_names="abc"), ValueError, "10 classes but 3 class_names"),
        (lambda: plots.samples(PICTURES, shape=(7, 7)), ValueError, "with 784 values"),
        (lambda: plots.samples(PICTURES, n=0), ValueError, "samples: n"),
        (lambda: plots.samples(PICTURES, theme="drak"), ValueError, "did you mean 'dark'?"),
        (lambda: plots.history({}), ValueError, "call fit first"),
        (lambda: plots.history(3), TypeError, "received int"),
        (lambda: plots.history(UNBUILT), ValueError, "has not been fitted"),
        (lambda: plots.history(LOGS, metrics="los"), ValueError, "did you mean 'loss'?"),
        (lambda: plots.history([LOGS, LOGS], labels=["a"]), ValueError, "2 histories and 1 labels"),
        (lambda: plots.predictions(LOGS, TABLE), TypeError, "expected a model first, received dict"),
        (lambda: plots.predictions(EMPTY, TABLE), ValueError, "has no layers"),
        (lambda: plots.predictions(UNBUILT, TABLE), ValueError, "start it with Input(shape)"),
        (lambda: plots.predictions(reader(), TABLE), ValueError, "was built for (28, 28)"),
        (lambda: plots.predictions(meter(), TABLE), ValueError, "pass the true ones"),
        (lambda: plots.predictions(meter(), TABLE, TABLE), ValueError, "y has shape (40, 2)"),
        (lambda: plots.weights(reader(), 7), ValueError, "no layer 7; this model has flatten, dense, dense_1"),
        (lambda: plots.weights(reader(), 0), ValueError, "layers with such weights: 1 (dense), 2 (dense_1)"),
        (lambda: plots.weights(WORDLESS), ValueError, "layers with such weights: none"),
        (lambda: plots.weights(reader(), 1, shape=(28, 29)), ValueError, "with 784 values"),
        (lambda: plots.learning_rate(0.1), TypeError, "clarinet.find_learning_rate, received float"),
        (lambda: plots.confusion([0, 1], [0]), ValueError, "2 labels and 1 predictions"),
        (lambda: plots.confusion([0, -1], [0, 1]), ValueError, "received negative ones"),
        (lambda: plots.confusion([0, 1], [0, 1], [0, 1]), TypeError, "confusion(labels, predictions)"),
        (lambda: plots.confusion(reader(), PICTURES), ValueError, "confusion(model, x, y)"),
        (lambda: plots.confusion(reader(), PICTURES, DIGITS + 5), ValueError, "the model has 10 classes"),
        (lambda: plots.calibration(meter(), TABLE, SIDES), ValueError, "needs a classifier"),
        (lambda: plots.activations(reader(), PICTURES, "dens"), ValueError, "no layer 'dens'"),
        (lambda: plots.activations(reader(), TABLE), ValueError, "was built for (28, 28)"),
        (lambda: plots.gradient_flow(meter(), TABLE, None), ValueError, "gradients need labels"),
        (lambda: plots.gradient_flow(WORDLESS, np.ones((3, 2, 2)), [0, 1, 0]), ValueError, "not compiled"),
        (lambda: plots.boundary(reader(), PICTURES, DIGITS), ValueError, "a model of two columns"),
        (lambda: plots.boundary(divider(), TABLE, SIDES[:3]), ValueError, "x has 40 rows but y has 3"),
        (lambda: plots.network(UNBUILT), ValueError, "start it with Input(shape)"),
        (lambda: plots.network(divider(), most=1), ValueError, "network: most"),
        (lambda: plots.save(plots.history(LOGS), "a.jpeg"), ValueError, ".svg, .pdf, .png"),
    ],
)
def test_refuses(draw: Callable[[], Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error) as raised:
        draw()
    assert says in str(raised.value)


def test_pixels_of_any_range_are_shown() -> None:
    for pixels in (PICTURES[:2], PICTURES[:2] / 255, PICTURES[:2] / 100 - 1, np.zeros((3, 8, 8))):
        for ax in plots.samples(pixels).axes:
            shown = ax.images[0].get_array()
            assert shown.min() >= 0 and shown.max() <= 1


def test_right_and_wrong_are_marked() -> None:
    ids = divider().predict(TABLE)[:, 0] > 0.5
    marks = [text.get_text() for text in plots.predictions(divider(), TABLE, ids, n=5).axes[0].get_yticklabels()]
    assert all("✓" in mark for mark in marks)
    marks = [text.get_text() for text in plots.predictions(divider(), TABLE, ~ids, n=5).axes[0].get_yticklabels()]
    assert all("✗ is" in mark for mark in marks)


def test_a_large_layer_is_cut_short_in_the_drawing() -> None:
    axes = plots.network(reader(), most=6).axes[0]
    words = [text.get_text() for text in axes.texts]
    assert "… 779 more" in words and "… 7 more" in words and "… 5 more" in words
    assert len(axes.patches) == 15
    assert sum(len(lines.get_segments()) for lines in axes.collections) == 50


def test_the_drawing_holds_the_numbers_of_the_forward_pass() -> None:
    words = [text.get_text() for text in plots.network(divider(), TABLE[3]).axes[0].texts]
    for number in (divider().predict(TABLE[3:4])[0, 0], TABLE[3, 0]):
        assert f"{number:.2f}".rstrip("0").rstrip(".") in words


def test_validation_now_and_then_stands_at_its_own_epochs() -> None:
    lines = plots.history({"loss": [4, 3, 2, 1], "val_loss": [3, 2]}).axes[0].lines
    assert [line.get_xdata().tolist() for line in lines] == [[1, 2, 3, 4], [2, 4]]
    assert [line.get_linestyle() for line in lines] == ["-", "--"]


def test_calibration_is_what_it_says() -> None:
    sure = np.repeat([[-2.0, 0.0], [3.0, 0.0]], 50, axis=0)
    model = Sequential([Input((2,)), Dense(1, activation="sigmoid")])
    model.set_weights([[[1.0], [0.0]], [0.0]])
    y = np.r_[np.zeros(50), np.ones(40), np.zeros(10)]
    title = plots.calibration(model, sure, y).axes[0].get_title()
    low, high = 1 / (1 + np.exp(-2.0)), 1 / (1 + np.exp(-3.0))
    assert title == f"Calibration: error {50 * (1 - low) + 50 * (high - 0.8):.1f} %"


def diverged(model: Sequential) -> Sequential:
    """A copy whose first kernel holds no numbers."""
    clone = copy.deepcopy(model)
    first, *others = clone.get_weights()
    first[0] = np.nan
    first[1] = np.inf
    clone.set_weights([first, *others])
    return clone


def test_what_has_diverged_is_shown_as_far_as_it_has_numbers() -> None:
    sick = diverged(divider())
    assert "8 not finite" in plots.weights(sick).axes[0].get_title()
    assert "not finite" in plots.activations(sick, TABLE, 0).axes[0].get_title()
    ticks = [text.get_text() for text in plots.gradient_flow(sick, TABLE, SIDES).axes[0].get_xticklabels()]
    assert ticks == ["dense (not finite)", "dense_1 (not finite)"]
    plots.network(sick, TABLE).draw_without_rendering()
    plots.history({"loss": [1.0, np.inf, np.nan], "learning_rate": [0.0, 0.0, 0.0]}).draw_without_rendering()
    for draw in (plots.predictions, plots.boundary):
        with pytest.raises(ValueError, match=r"predictions are not finite.*training has diverged"):
            draw(sick, TABLE, SIDES)
    with pytest.raises(ValueError, match="boundary: x holds NaN"):
        plots.boundary(meter(), np.full((3, 2), np.nan), [1.0, 2.0, 3.0])
