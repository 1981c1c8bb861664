"""The recipe for tables: a few small networks that start from a linear model, and whose answers are averaged.

Numbers are standardised, and given a second time as the part of each interval between quantiles that they fill
(piecewise linear encoding: Gorishniy et al., *On embeddings for numerical features in tabular deep learning*, NeurIPS
2022). Each network adds a linear model, which starts at its solution, and hidden layers, which start at zero (wide and
deep: Cheng et al., 2016). Each is trained on all but another part of the rows, stops by that part, and keeps its best
epoch, of which the first is the linear model itself. So all rows are learnt from, and a linear table keeps its line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from clarinet import layers, linear
from clarinet.callbacks import EarlyStopping
from clarinet.datasets.coding import TableCoding
from clarinet.datasets.columns import CategoryColumn, TextColumn
from clarinet.model import Sequential
from clarinet.optimizers import Adam
from clarinet.recipes.scaling import EPSILON, standardised, statistics, unscaled
from clarinet.training.callback import Callback
from clarinet.training.history import History
from clarinet.types import Array

HIDDEN = (128, 64)
#: Networks, by the most rows that so many are trained on.
_MEMBERS = ((20_000, 5), (100_000, 3))
#: Of the rows of larger tables one network watches one in so many.
_WATCHED = 10
_BINS, _MOST_BINS = 32, 2048
_LEAST_INTERVAL = 1e-4  # of a standard deviation: float32 would tell no more
_PATIENCE = 16
#: Updates in an epoch, about, and the rows of a batch.
_UPDATES, _LEAST_BATCH, _MOST_BATCH = 32, 16, 256
#: Numbers that the linear model is solved for at most; of larger tables it sees fewer rows.
_MOST_SOLVED = 20_000_000
_MOST_FEATURES = 4096


@dataclass(frozen=True)
class Fitted:
    """A network for a table, trained.

    Attributes:
        model: compiled; its answers are the average of its members'.
        epochs: of each member.
        best: the epoch that each kept; 0 is the linear model that it started from.
        interrupted: whether Ctrl-C ended the training.
    """

    model: Sequential
    epochs: tuple[int, ...]
    best: tuple[int, ...]
    interrupted: bool

    def in_words(self) -> str:
        """Which epochs were kept, in a sentence."""
        kept = [str(best) if best else "0 (the linear model)" for best in self.best]
        return f"Best epochs of the networks: {', '.join(kept)} of {', '.join(map(str, self.epochs))}."


def nobody(number: int) -> Sequence[Callback]:
    """No callbacks for the network of this number."""
    return ()


@dataclass(frozen=True)
class TableSettings:
    """What may be said of :func:`fit_table`.

    Args:
        hidden: units of the hidden layers of each network; empty for linear models alone.
        epochs: at most, for each network.
        batch_size: rows in a batch; None: a power of 2, so that an epoch has about 32 updates.
        learning_rate: Adam's.
        seed: of the networks' parts of the rows; None for others every time.
        engine: as in ``compile``.
        watchers: callbacks for the training of a network, by its number from 0.
    """

    hidden: tuple[int, ...] = HIDDEN
    epochs: int = 100
    batch_size: int | None = None
    learning_rate: float = 1e-3
    seed: int | None = None
    engine: str = "auto"
    watchers: Callable[[int], Sequence[Callback]] = nobody


def fit_table(
    x: Array,
    y: Array,
    classes: int,
    table: TableCoding,
    settings: TableSettings | None = None,
    class_weight: dict[int, float] | None = None,
) -> Fitted:
    """Train the recipe for tables.

    Args:
        x: coded rows (n, features), n at least 2.
        y: class numbers (n,), or amounts (n, 1).
        classes: how many; 0 for amounts.
        table: how the rows were coded.
        settings: of the networks.
        class_weight: what rows of each class count.

    Example:
        >>> from clarinet.datasets import load_table
        >>> rows = load_table({"size": list(range(40)), "price": [3.5 * n + 2 for n in range(40)]}, "price")
        >>> fitted = fit_table(rows.x, rows.y, 0, rows.coding, TableSettings(hidden=(4,), epochs=2, seed=1))
        >>> round(float(fitted.model.predict(np.array([[20.0]], np.float32))[0, 0]))
        72
    """
    asked = settings or TableSettings()
    before = _Before(x, y, classes, table)
    weight = None if class_weight is None else np.array([class_weight[label] for label in y.tolist()], np.float32)
    rows = _Rows(before.encode(x), before.answers(y), weight)
    members: list[_Member] = []
    interrupted = False
    for number, (learnt, watched) in enumerate(parts(y, classes, asked.seed)):
        member = _Member(before, asked, number + 1)
        members.append(member)
        member.start(rows.take(learnt))
        interrupted = not member.learn(rows.take(learnt), rows.take(watched), asked.watchers(number))
        if interrupted:
            break
    model = before.joined([member.model for member in members], asked)
    histories = [member.history for member in members]
    model.history = _mean_of(histories, before.scale)
    model.history.model = model
    model.epochs_trained = len(model.history.epoch)
    epochs = tuple(len(history.epoch) for history in histories)
    return Fitted(model, epochs, tuple(member.best for member in members), interrupted)


@dataclass(frozen=True)
class _Rows:
    """Encoded rows, their answers, and what each counts."""

    z: Array
    answers: Array
    weight: Array | None

    def take(self, rows: Array) -> _Rows:
        return _Rows(self.z[rows], self.answers[rows], None if self.weight is None else self.weight[rows])


def in_words(rows: int, settings: TableSettings) -> str:
    """What will be trained on so many rows, for people.

    Example:
        >>> in_words(300, TableSettings(hidden=(8,)))
        'Network: 5 of them, each a linear model and 8 relu; each stops by another 1/5 of the rows; their answers are \
averaged.'
    """
    members, folds = _members(rows)
    hidden = " → ".join(f"{units} relu" for units in settings.hidden)
    each = f"a linear model and {hidden}" if hidden else "a linear model"
    if members == 1:
        return f"Network: {each}; it stops by 1/{folds} of the rows."
    return (
        f"Network: {members} of them, each {each}; each stops by another 1/{folds} of the rows; their answers are "
        "averaged."
    )


def _members(rows: int) -> tuple[int, int]:
    """How many networks, and into how many parts the rows are divided."""
    members = next((members for most, members in _MEMBERS if rows <= most), 1)
    folds = _WATCHED if members == 1 else min(members, max(2, rows // 2))
    return min(members, folds), folds


def parts(y: Array, classes: int, seed: int | None) -> Iterator[tuple[Array, Array]]:
    """Rows to learn from and rows to watch, for each network; all parts hold like answers.

    Example:
        >>> [(rows.tolist(), watched.tolist()) for rows, watched in parts(np.array([0, 1, 0, 1]), 2, 0)]
        [([0, 3], [1, 2]), ([1, 2], [0, 3])]
    """
    count = len(y)
    members, folds = _members(count)
    order = np.random.default_rng(seed).permutation(count)
    order = order[np.argsort(y.ravel()[order], kind="stable")]
    fold = np.empty(count, np.int64)
    fold[order] = np.arange(count) % folds
    for number in range(members):
        yield np.flatnonzero(fold != number), np.flatnonzero(fold == number)


class _Before:
    """What is done to rows and answers, the same for all members."""

    def __init__(self, x: Array, y: Array, classes: int, table: TableCoding) -> None:
        self.classes, self.outputs = classes, classes or 1
        self.mean, self.variance = statistics(x, table)
        self.centre, self.scale = (0.0, 1.0) if classes else (float(y.mean()), float(y.std()) or 1.0)
        self.kernel, self.bias = _bins(self._standard(x), table)

    def _standard(self, x: Array) -> Array:
        z: Array = (x - self.mean) / np.sqrt(self.variance + np.float32(EPSILON))
        return z

    def encode(self, x: Array) -> Array:
        """The rows as the members take them."""
        z = self._standard(x)
        filled = np.clip(z @ self.kernel + self.bias, 0, 1)
        return np.concatenate([z, filled], axis=1).astype(np.float32)

    def answers(self, y: Array) -> Array:
        """Class numbers, or amounts with mean 0 and variance 1."""
        return y if self.classes else ((y - self.centre) / self.scale).astype(np.float32)

    def layers(self) -> tuple[list[layers.Layer], list[Array]]:
        """The same as layers, and their weights."""
        first: list[layers.Layer] = [standardised()]
        bins = self.kernel.shape[1]
        if not bins:
            return first, [self.mean, self.variance]
        steps = [layers.Dense(bins, trainable=False, name="intervals"), layers.ReLU(max_value=1.0)]
        first.append(layers.Parallel([[], steps], name="numbers_and_intervals"))
        return first, [self.mean, self.variance, self.kernel, self.bias]

    def joined(self, members: Sequence[Sequential], asked: TableSettings) -> Sequential:
        """One network of all members."""
        first, weights = self.layers()
        last: list[layers.Layer] = [] if self.classes else [unscaled(self.centre, self.scale)]
        chains = [member.layers for member in members]
        together = layers.Parallel(chains, merge="average", name="networks")
        model = Sequential([layers.Input(self.mean.shape), *first, together, *last])
        model.set_weights([*weights, *(each for member in members for each in member.get_weights())])
        _compile(model, self.classes, asked)
        return model


def _compile(model: Sequential, classes: int, asked: TableSettings) -> None:
    loss, metric = ("sparse_categorical_crossentropy", "accuracy") if classes else ("mse", "mae")
    model.compile(Adam(learning_rate=asked.learning_rate), loss, [metric], engine=asked.engine)


def _bins(z: Array, table: TableCoding) -> tuple[Array, Array]:
    """Kernel and bias of ``clip((z - low) / (high - low), 0, 1)`` for the intervals between each number's quantiles."""
    numbers = [place for place, several in _features(table) if several]
    several = [place for place in numbers if len(np.unique(z[:, place])) > 2]
    bins = min(_BINS, _MOST_BINS // max(len(several), 1))
    columns, slopes, lows = [], [], []
    for place in several if bins > 1 else []:
        edges = np.unique(np.quantile(z[:, place].astype(np.float64), np.linspace(0, 1, bins + 1)))
        edges = edges[np.diff(edges, prepend=-np.inf) > _LEAST_INTERVAL]
        if len(edges) > 2:  # two only say what the number says itself
            columns += [place] * (len(edges) - 1)
            slopes += (1 / np.diff(edges)).tolist()
            lows += edges[:-1].tolist()
    kernel = np.zeros((z.shape[1], len(columns)), np.float32)
    kernel[columns, np.arange(len(columns))] = slopes
    return kernel, (-np.array(lows) * np.array(slopes)).astype(np.float32)


def _features(table: TableCoding) -> Iterator[tuple[int, bool]]:
    """Each feature's place, and whether it is a number."""
    place = 0
    for column in table.columns:
        for _ in column.features:
            yield place, not isinstance(column, CategoryColumn | TextColumn)
            place += 1


class _Member:
    """One of the networks."""

    def __init__(self, before: _Before, asked: TableSettings, number: int) -> None:
        self._before, self._asked = before, asked
        self.best, self.history = 0, History()
        wide = layers.Dense(before.outputs, name="line")
        deep = [
            layers.Dense(units, activation="relu", kernel_initializer="he_normal", name=f"hidden_{depth}")
            for depth, units in enumerate(asked.hidden, 1)
        ]
        last = layers.Dense(before.outputs, kernel_initializer="zeros", name="beside_the_line")
        body = layers.Parallel([[wide], [*deep, last]], merge="add", name=f"network_{number}") if deep else wide
        shape = (before.mean.size + before.kernel.shape[1],)
        softmax = [layers.Softmax(name=f"softmax_{number}")] if before.classes else []
        self.model = Sequential([layers.Input(shape), body, *softmax])
        _compile(self.model, before.classes, asked)

    def start(self, rows: _Rows) -> None:
        """Put the linear model's solution in."""
        features = self._before.mean.size
        if features > _MOST_FEATURES:
            return
        chosen = np.random.default_rng(0).permutation(len(rows.z))[: max(_MOST_SOLVED // features, 100)]
        some = rows.take(chosen)
        plain = some.z[:, :features].astype(np.float64)
        if self._before.classes:
            counts = None if some.weight is None else some.weight / some.weight.mean()
            kernel, bias = linear.logistic(plain, np.eye(self._before.classes)[some.answers], counts)
        else:
            kernel, bias = linear.ridge(plain, some.answers.astype(np.float64))
        weights = self.model.get_weights()
        weights[0][:] = 0
        weights[0][:features], weights[1][:] = kernel, bias
        self.model.set_weights(weights)

    def learn(self, rows: _Rows, watched: _Rows, watchers: Sequence[Callback]) -> bool:
        """Train until the watched rows gain nothing more; False after Ctrl-C."""
        judged = (watched.z, watched.answers, watched.weight)
        first, weights = self._loss_of(watched), self.model.get_weights()
        stop = EarlyStopping(patience=_PATIENCE)
        try:
            self.model.fit(
                rows.z,
                rows.answers,
                batch_size=self._asked.batch_size or _batch(len(rows.z)),
                epochs=self._asked.epochs,
                sample_weight=rows.weight,
                validation_data=judged if watched.weight is not None else judged[:2],
                callbacks=[*watchers, stop],
                verbose=0,
            )
        except KeyboardInterrupt:
            return False
        finally:
            if isinstance(self.model.history, History):
                self.history = self.model.history
            self.best = stop.best_epoch + 1
            if stop.best is None or not stop.best < first:
                self.best = 0
                self.model.set_weights(weights)
        return True

    def _loss_of(self, rows: _Rows) -> float:
        found = self.model.evaluate(
            rows.z, rows.answers, sample_weight=rows.weight, batch_size=4096, verbose=0, return_dict=True
        )
        return float(found["loss"])


def _batch(rows: int) -> int:
    """A power of 2, so that an epoch has about so many updates."""
    return int(2 ** np.clip(np.round(np.log2(rows / _UPDATES)), np.log2(_LEAST_BATCH), np.log2(_MOST_BATCH)))


def _mean_of(histories: Sequence[History], scale: float) -> History:
    """One history: in each epoch the mean of the members still training, in the target's own units."""
    found = History()
    found.epoch = list(range(max(len(history.epoch) for history in histories)))
    for name in histories[0].history:
        factor = scale**2 if name.endswith("loss") else scale
        several = [history.history.get(name, []) for history in histories]
        found.history[name] = [
            factor * float(np.mean([values[epoch] for values in several if epoch < len(values)]))
            for epoch in range(max(map(len, several)))
        ]
    return found
