"""What simple models reach on the same rows: linear ones, nearest neighbours, and a small network by recipe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from clarinet import layers, linear, optimizers
from clarinet.doctor.program import Program
from clarinet.doctor.score import score_of
from clarinet.trainable import model_class
from clarinet.types import Array

#: Columns that a linear model is fitted to; rows and columns that neighbours are looked for among; neighbours.
_COLUMNS, _ROWS, _NEIGHBOURS = 1000, 2000, 5
#: Numbers that models are fitted to, but at least so many rows; rows that they are judged on. More take many seconds.
_NUMBERS, _LEAST, _JUDGED = 600_000, 1000, 2000
#: Different ids that are counted for each row.
_IDS = 2000
#: Updates of the network, at most so many epochs.
_UPDATES, _EPOCHS, _BATCH = 1500, 60, 32


@dataclass
class Reference:
    """Simple models for the rows of a program.

    Args:
        program: whose rows and first layer say what its numbers are.
        kind: ``"accuracy"``, ``"R2"`` or ``"rows"``.
        true: the labels, as :func:`clarinet.doctor.score.truth` has them.
    """

    program: Program
    kind: str
    true: Array

    def __post_init__(self) -> None:
        self.x = self._features()

    def _features(self) -> Array | None:
        """Amounts as they are, ids as how often each of them is there; None where nothing is to be compared."""
        x, y = self.program.x, np.asarray(self.program.y)
        if x.shape == y.shape and np.array_equal(x, y):
            return None  # a network that gives back its input: no other model has anything to do
        first = self.program.layers[0] if self.program.layers else None
        takes_ids = first is not None and first.looks_up
        if takes_ids:
            ids = x.reshape(len(x), -1).astype(np.int64)
            if ids.min() < 0 or ids.max() >= _IDS:
                return None
            counted = np.zeros((len(x), int(ids.max()) + 1))
            np.add.at(counted, (np.arange(len(x))[:, None], ids), 1.0)
            return counted
        flat = x.reshape(len(x), -1)
        return flat.astype(np.float64) if flat.shape[1] <= _COLUMNS and x.dtype.kind in "fiub" else None

    def scores(self, train: Array, test: Array, seed: int, models: Sequence[int] = (0, 1, 2)) -> list[float]:
        """Of these models, on the rows ``test``, after training on the rows ``train``."""
        if self.x is None:
            return []
        numbers = np.concatenate([self.x, np.asarray(self.true, float).reshape(len(self.x), -1)], axis=1)
        good = np.isfinite(numbers).all(axis=1)
        train, test = train[good[train]], test[good[test]]
        if not len(train) or not len(test):
            return []
        rng = np.random.default_rng(seed)  # rows may lie in the order of their classes
        train = rng.permutation(train)[: max(_LEAST, _NUMBERS // self.x.shape[1])]
        test = rng.permutation(test)[:_JUDGED]
        x = self.x[train]
        mean, spread = x.mean(axis=0), x.std(axis=0)
        own, held = (np.clip((a - mean) / np.where(spread > 0, spread, 1.0), -8, 8) for a in (x, self.x[test]))
        y = np.asarray(self.true[train], float).reshape(len(train), -1)
        answers = self._answers(own, y, held, seed, models)
        return [score_of(self.kind, self.true[test], answer) for answer in answers]

    def _answers(self, x: Array, y: Array, held: Array, seed: int, models: Sequence[int]) -> Iterator[Array]:
        """Class numbers, amounts or bits for the rows ``held``."""
        classes = np.unique(y) if self.kind == "accuracy" else None
        targets = y if classes is None else (y == classes).astype(float)
        choice = classes is not None
        each = (
            lambda: _straight(x, targets, held, choice),
            lambda: _near(x, targets, held),
            lambda: _network(x, targets, held, choice, seed),
        )
        for number in models:
            found = each[number]()
            if classes is not None:
                yield classes[found.argmax(axis=1)]
            else:
                yield (found > 0.5).astype(int) if self.kind == "rows" else found


def _straight(x: Array, y: Array, held: Array, choice: bool) -> Array:
    weights, bias = linear.logistic(x, y) if choice else linear.ridge(x, y)
    return held @ weights + bias


def _near(x: Array, y: Array, held: Array) -> Array:
    """The mean of the nearest rows' labels."""
    x, y = x[:_ROWS], y[:_ROWS]
    distance = (x**2).sum(axis=1) - 2 * (held @ x.T)
    count = min(_NEIGHBOURS, len(x))
    near = np.argpartition(distance, count - 1, axis=1)[:, :count]
    return np.asarray(y[near].mean(axis=1))


def _network(x: Array, y: Array, held: Array, choice: bool, seed: int) -> Array:
    """Two hidden layers on standardised numbers, by Adam."""
    mean, spread = (0.0, 1.0) if choice else (y.mean(axis=0), y.std(axis=0) + 1e-12)
    ending, loss = ("softmax", "categorical_crossentropy") if choice else (None, "mse")
    hidden = [layers.Dense(64, activation="relu"), layers.Dense(32, activation="relu")]
    model = model_class()([*hidden, layers.Dense(y.shape[1], activation=ending)])
    model.seed = seed
    model.build((None, x.shape[1]))
    model.compile(optimizers.Adam(0.003), loss)
    epochs = max(1, min(_EPOCHS, _UPDATES * _BATCH // len(x)))
    model.fit(
        x.astype(np.float32), ((y - mean) / spread).astype(np.float32), epochs=epochs, batch_size=_BATCH, verbose=0
    )
    return np.asarray(model.predict(held.astype(np.float32), verbose=0), np.float64) * spread + mean
