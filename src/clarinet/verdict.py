"""Whether a model is any good: scores beside the constant answer and a linear model, by class, by column."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clarinet import linear
from clarinet.datasets.columns import Column
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

#: Rows and features that the linear model takes at most: it is a measure, not a model to keep.
_MOST_ROWS, _MOST_FEATURES = 5000, 4096
#: A class is rare that has less than this share of the largest one.
_RARE = 0.2


#: The measures of an answer's class, and the share of right answers beside each.
_PLAIN = (("score", "accuracy"), ("constant", "constant_accuracy"))


@dataclass(frozen=True, eq=False)
class Verdict:
    """How good answers are on rows that were not trained on.

    Attributes:
        rows: how many there were.
        classes: their names; empty for amounts.
        measure: of ``score``, ``constant`` and ``linear``: ``"balanced accuracy"`` (the mean of the classes' recalls),
            or ``"R²"`` (the share of the variance that is explained).
        score: of the model.
        constant: of the same answer for every row, the most frequent class or the mean.
        linear: of a linear model of the same features; None where there were too many.
        accuracy: share of right answers; of the constant answer too. Of amounts the mean error.
        constant_accuracy: of the constant answer.
        error: standard error of ``score``.
        recalls: by class, those that occur.
        confusion: (classes, classes) counts, rows being true.
    """

    rows: int
    classes: tuple[str, ...]
    measure: str
    score: float
    constant: float
    linear: float | None
    accuracy: float
    constant_accuracy: float
    error: float
    recalls: dict[str, float]
    confusion: Array

    @property
    def guesses(self) -> bool:
        """Whether the model is no better than the constant answer, as far as so many rows can tell."""
        return self.score <= self.constant + 2 * self.error

    def sentences(self) -> list[str]:
        """What there is to say, in plain words."""
        beside = in_words(self.scores)
        said = [f"{beside[0].upper()}{beside[1:]}."]
        if self.guesses:
            said.append(
                "This is no better than guessing: what it is given, or this network, says nothing about what is asked."
            )
        elif self.linear is not None and self.linear > self.score + 2 * self.error:
            said.append("The linear model is better: this network has too few rows or is trained badly.")
        if len(self.recalls) > 2 or (self.recalls and min(self.recalls.values()) < 0.8 * max(self.recalls.values())):
            shares = sorted(self.recalls.items(), key=lambda item: item[1])[:8]
            said.append("Found of each class: " + ", ".join(f"{name} {share:.0%}" for name, share in shares) + ".")
        return said

    @property
    def scores(self) -> dict[str, float]:
        """The numbers by name, as a model's file keeps them; see :func:`in_words`."""
        plain = "accuracy" if self.classes else "mean_error"
        linear = {} if self.linear is None else {"linear": self.linear}
        more = {plain: self.accuracy, f"constant_{plain}": self.constant_accuracy, "standard_error": self.error}
        return {"score": self.score, "constant": self.constant, **linear, **more}


def in_words(scores: Mapping[str, float]) -> str:
    """A verdict's numbers in a sentence, without its full stop.

    Args:
        scores: :attr:`Verdict.scores`; others are told by name.

    Example:
        >>> in_words({"score": 0.8, "accuracy": 0.9, "constant": 0.5, "constant_accuracy": 0.75})
        'balanced accuracy 80.0% (90.0% right); always the most frequent class 50.0% (75.0% right)'
    """
    if {"score", "constant", "accuracy", "constant_accuracy"} <= {*scores}:
        right = [f"{scores[name]:.1%} ({scores[plain]:.1%} right)" for name, plain in _PLAIN]
        said = f"balanced accuracy {right[0]}; always the most frequent class {right[1]}"
        return said + (f"; a linear model {scores['linear']:.1%}" if "linear" in scores else "")
    if {"score", "constant", "mean_error", "constant_mean_error"} <= {*scores}:
        off, constant_off = scores["mean_error"], scores["constant_mean_error"]
        said = f"R² {scores['score']:.3f} (off by {_amount(off)} on average)"
        said += f"; always the mean {scores['constant']:.3f} (off by {_amount(constant_off)})"
        return said + (f"; a linear model {scores['linear']:.3f}" if "linear" in scores else "")
    return ", ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in scores.items())


def _amount(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def judge(predicted: Array, y: Array, classes: Sequence[str], train: tuple[Array, Array], x: Array) -> Verdict:
    """The verdict on predictions.

    Args:
        predicted: probabilities (n, classes), or amounts (n, 1).
        y: what is true: class numbers (n,), or amounts (n, 1).
        classes: their names; empty for amounts.
        train: rows and answers that were trained on, for the constant answer and the linear model; without rows there
            is none.
        x: the rows of ``predicted``.

    Example:
        >>> x = np.arange(8.0)[:, None]
        >>> found = judge(x + 1, x, (), (x, x), x)
        >>> round(found.score, 3), found.constant, round(found.linear, 2)
        (0.81, 0.0, 0.99)
    """
    if classes:
        return _of_classes(predicted.argmax(axis=1), y, tuple(classes), train, x)
    truth = np.asarray(y, np.float64).ravel()
    errors = truth - np.asarray(predicted, np.float64).ravel()
    mean = float(train[1].mean())
    score = _explained(errors, truth)
    linear = _linear(train[0], np.asarray(train[1], np.float64).reshape(len(train[1]), -1), x)
    by_line = None if linear is None else _explained(truth - linear.ravel(), truth)
    spread = float(np.std(errors**2)) / max(float(np.var(truth)), 1e-30) / math.sqrt(len(truth))
    off, constant_off = float(np.abs(errors).mean()), float(np.abs(truth - mean).mean())
    constant = _explained(truth - mean, truth)
    return Verdict(len(truth), (), "R²", score, constant, by_line, off, constant_off, spread, {}, np.zeros((0, 0)))


def _of_classes(found: Array, y: Array, classes: tuple[str, ...], train: tuple[Array, Array], x: Array) -> Verdict:
    count = len(classes)
    confusion = np.bincount(y * count + found, minlength=count * count).reshape(count, count)
    present = np.flatnonzero(confusion.sum(axis=1))
    recalls = confusion.diagonal()[present] / confusion.sum(axis=1)[present]
    most = int(np.bincount(train[1], minlength=count).argmax())
    linear = _linear(train[0], np.eye(count)[train[1]], x)
    by_line = None if linear is None else balanced_accuracy(linear.argmax(axis=1), y)
    accuracy, constant = float((found == y).mean()), float((y == most).mean())
    rows = confusion.sum(axis=1)[present]
    error = float(np.sqrt((recalls * (1 - recalls) / rows).sum()) / len(present))
    named = {classes[i]: float(recall) for i, recall in zip(present.tolist(), recalls)}
    return Verdict(
        len(y), classes, "balanced accuracy", float(recalls.mean()), 1 / len(present), by_line, accuracy, constant,
        error, named, confusion,
    )  # fmt: skip


def _explained(errors: Array, truth: Array) -> float:
    """R²: 1 − Σ error² / Σ (truth − mean)²."""
    return float(1 - (errors**2).sum() / max(((truth - truth.mean()) ** 2).sum(), 1e-30))


def balanced_accuracy(found: Array, y: Array) -> float:
    """The mean of the recalls of the classes that occur."""
    return float(np.mean([(found[y == label] == label).mean() for label in np.unique(y)]))


def _linear(x: Array, targets: Array, rows: Array) -> Array | None:
    """Predictions of a linear model: ridge regression of amounts, logistic regression of classes.

    Features are standardised.
    """
    if not len(x) or x[0].size > _MOST_FEATURES:
        return None
    x, rows = (part.reshape(len(part), -1).astype(np.float64) for part in (x, rows))
    chosen = np.random.default_rng(0).permutation(len(x))[:_MOST_ROWS]
    x, targets = x[chosen], targets[chosen]
    mean, scale = x.mean(axis=0), x.std(axis=0)
    scale[scale == 0] = 1
    x, rows = (x - mean) / scale, (rows - mean) / scale
    solve = linear.logistic if targets.shape[1] > 1 else linear.ridge
    weights, bias = solve(x, targets)
    found: Array = rows @ weights + bias
    return found


def importance(
    model: Trainable, columns: Sequence[Column], x: Array, y: Array, *, repeats: int = 3, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """How much the score falls when a column's cells change places: mean and spread by column, the largest first.
    (Breiman, *Random forests*, 2001.)

    Args:
        model: of a table.
        columns: of the table, in the order of their features.
        x, y: rows and answers that were not trained on.
        repeats: how often each column is shuffled; at least 1.
        seed: of the shuffles.
    """
    score = _score_of(model, y)
    whole, random = score(x), np.random.default_rng(seed)
    found, begin = {}, 0
    for column in columns:
        end = begin + len(column.features)
        falls = []
        for _ in range(repeats):
            shuffled = x.copy()
            shuffled[:, begin:end] = x[random.permutation(len(x)), begin:end]
            falls.append(whole - score(shuffled))
        found[column.name] = (float(np.mean(falls)), float(np.std(falls)))
        begin = end
    return dict(sorted(found.items(), key=lambda item: -item[1][0]))


def _score_of(model: Trainable, y: Array) -> Callable[[Array], float]:
    """Balanced accuracy or R² of the model's answers to rows."""
    truth = np.asarray(y)

    def score(x: Array) -> float:
        found = np.asarray(model.predict(x))
        if truth.dtype.kind in "iu" and found.shape[-1] > 1:
            return balanced_accuracy(found.argmax(axis=-1), truth)
        return _explained(truth.ravel() - found.ravel(), truth.ravel())

    return score


def uneven(y: Array, classes: Sequence[str]) -> str:
    """A sentence where some classes are much rarer than others; empty otherwise."""
    counts = np.bincount(y, minlength=len(classes))
    few = [i for i in np.flatnonzero(counts) if counts[i] < _RARE * counts.max()]
    if not few:
        return ""
    most, least = int(counts.argmax()), min(few, key=lambda i: counts[i])
    shares = [f"{counts[i] / len(y):.1%} are {classes[i]!r}" for i in (most, int(least))]
    return f"Uneven classes: {shares[0]}, {shares[1]}"
