"""How good predictions are: which classes are taken for which, and whether confidence is deserved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from clarinet.configurable import check_whole
from clarinet.data_adapters.rows import length
from clarinet.plots import style
from clarinet.plots.data import check_model, class_ids, given_rows, is_classifier, is_model, names_of, probabilities
from clarinet.types import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase

    from clarinet.trainable import Trainable

#: With more classes the cells are too small for numbers.
_MOST_WRITTEN = 20


def confusion(
    model_or_labels: object,
    x_or_predictions: object,
    y: object = None,
    *,
    class_names: Sequence[object] | None = None,
    ax: Axes | None = None,
    theme: str | None = None,
) -> Axes | FigureBase:
    """Draw the confusion matrix: for every true class (row) how often each class was predicted (column).

    Cells hold counts, and their colour is the share of the row. Empty cells hold nothing.

    Args:
        model_or_labels: a classifier, or true labels (n,) or one-hot (n, classes).
        x_or_predictions: rows for the model, or predictions: class ids (n,) or probabilities (n, classes).
        y: with a model: the true labels.
        class_names: the names of class 0, 1, ….
        ax: axes to draw in; default those of a new figure.
        theme: ``"light"`` or ``"dark"``; default the one that suits ``ax``, else light.

    Returns:
        ``ax``, or the new Figure.

    Raises:
        ValueError: another number of labels than of predictions, negative ones, a model without ``y``.

    Example:
        >>> from clarinet import plots
        >>> figure = plots.confusion([0, 1, 1, 0], [0, 1, 0, 0])
        >>> figure.axes[0].get_title()
        '75.0 % of 4 right'
    """
    truth, said, classes = _labels(model_or_labels, x_or_predictions, y)
    count = max(int(truth.max()) + 1, int(said.max()) + 1, classes)
    names = names_of(class_names, count, "confusion")
    table = np.zeros((count, count), np.int64)
    np.add.at(table, (truth, said), 1)
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    size = min(8.0, 2.6 + 0.42 * count)
    axes, look, drawn = style.open_axes(ax, theme, size + 1.0, size)
    from matplotlib.colors import PowerNorm

    colors = style.colors(look.amount)
    norm = PowerNorm(0.5, 0, 1)  # the mistakes are few: they should be visible beside the right answers
    image = axes.imshow(shares, cmap=colors, norm=norm, interpolation="nearest")
    if count <= _MOST_WRITTEN:
        axes.set_xticks(range(count), names, rotation=45 if max(map(len, names)) > 3 else 0)
        axes.set_yticks(range(count), names)
        for i, j in zip(*table.nonzero(), strict=True):
            fill = colors(norm(shares[i, j]))
            style.write_on(axes, j, i, f"{table[i, j]:,}", fill, fontsize=8 if count <= 12 else 6)
    right = float((truth == said).mean())
    axes.set(
        xlabel="predicted class", ylabel="true class", title=f"{right:.1%} of {len(truth):,} right".replace("%", " %")
    )
    style.color_bar(axes.figure, image, axes, "share of the true class", look)
    return drawn


def _labels(model_or_labels: object, x_or_predictions: object, y: object) -> tuple[Array, Array, int]:
    """True and predicted class ids, and how many classes a model has."""
    if is_model(model_or_labels):
        truth, shares = _judged(model_or_labels, x_or_predictions, y, "confusion")
        return truth, shares.argmax(axis=1), shares.shape[1]
    if y is not None:
        raise TypeError(
            f"confusion: expected confusion(model, x, y) or confusion(labels, predictions), received "
            f"{type(model_or_labels).__name__} and two arrays"
        )
    truth = class_ids(model_or_labels, None, "confusion")
    said = class_ids(x_or_predictions, None, "confusion")
    if len(truth) != len(said) or not len(truth):
        raise ValueError(f"confusion: {len(truth)} labels and {len(said)} predictions; expected as many, at least one")
    if min(truth.min(), said.min()) < 0:
        raise ValueError(
            "confusion: class ids start at 0, received negative ones; np.unique(return_inverse=True) makes ids"
        )
    return truth, said, 0


def _judged(model: Trainable, x: object, y: object, what: str) -> tuple[Array, Array]:
    """True classes and predicted probabilities."""
    check_model(model, what)
    rows = given_rows(model, x, what)
    if y is None:
        raise ValueError(f"{what}: pass the true labels too: {what}(model, x, y)")
    if not is_classifier(model, y):
        raise ValueError(
            f"{what}: needs a classifier, a model that ends with a sigmoid or softmax or whose loss takes logits, and "
            "class labels; see plots.predictions for amounts"
        )
    shares = probabilities(model, rows, what)
    truth = class_ids(y, length(rows), what)
    if truth.min() < 0 or truth.max() >= shares.shape[1]:
        raise ValueError(
            f"{what}: y holds classes {truth.min()} to {truth.max()}, the model has {shares.shape[1]} classes"
        )
    return truth, shares


def calibration(
    model: Trainable, x: object, y: object, ax: Axes | None = None, *, bins: int = 10, theme: str | None = None
) -> Axes | FigureBase:
    """Draw how often the model is right against its confidence: of answers with 80 % confidence, 80 % should be right.

    Points below the diagonal are overconfident. The bars are the share of the rows in each bin. The expected
    calibration error in the title is the mean distance from the diagonal, weighted by rows (Guo et al., *On calibration
    of modern neural networks*, ICML 2017).

    Args:
        model: a classifier.
        x, y: rows and true labels, best of data that it was not trained on.
        ax: axes to draw in; default those of a new figure.
        bins: how many intervals of confidence, equally wide; default 10.
        theme: ``"light"`` or ``"dark"``; default the one that suits ``ax``, else light.

    Returns:
        ``ax``, or the new Figure.

    Raises:
        ValueError: no classifier, labels that do not fit.

    Example:
        >>> import numpy as np, clarinet
        >>> from clarinet import plots
        >>> model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1, activation="sigmoid")])
        >>> model.set_weights([[[0.0], [0.0]], [0.0]])  # half sure of everything
        >>> plots.calibration(model, np.zeros((4, 2)), [0, 1, 0, 1]).axes[0].get_title()
        'Calibration: error 0.0 %'
    """
    check_whole(bins, "calibration: bins", low=1)
    truth, shares = _judged(model, x, y, "calibration")
    sure, right = shares.max(axis=1), shares.argmax(axis=1) == truth
    bin_of = np.clip(np.ceil(sure * bins).astype(np.int64) - 1, 0, bins - 1)
    rows = np.bincount(bin_of, minlength=bins)
    there = rows > 0
    mean_sure = np.bincount(bin_of, sure, bins)[there] / rows[there]
    mean_right = np.bincount(bin_of, right, bins)[there] / rows[there]
    error = float(np.abs(mean_sure - mean_right) @ rows[there] / len(truth))
    axes, look, drawn = style.open_axes(ax, theme, 5.4, 4.8)
    middles = (np.arange(bins) + 0.5) / bins
    axes.bar(middles, rows / len(truth), 0.9 / bins, color=look.faint, alpha=0.6, label="share of the rows")
    axes.plot([0, 1], [0, 1], color=look.text, linestyle="--", linewidth=1, label="as it should be")
    axes.plot(mean_sure, mean_right, "o-", color=look.series[0], label="right answers")
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="confidence", ylabel="share that is right")
    axes.set_title(f"Calibration: error {100 * error:.1f} %")
    style.legend(axes, look, loc="upper left")
    return drawn
