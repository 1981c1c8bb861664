"""Rows that programs learn from; every maker takes a generator, so that each seed has rows of its own."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

Array = np.ndarray
Rng = np.random.Generator
F = np.float32


def friedman(count: int, noise: float = 0.5, columns: int = 8) -> Any:
    """Friedman's first function (1991) of uniform columns between -1 and 1; around 0, deviation 1."""

    def make(rng: Rng) -> tuple[Array, Array]:
        u = rng.uniform(size=(count, columns))
        y = 10 * np.sin(np.pi * u[:, 0] * u[:, 1]) + 20 * (u[:, 2] - 0.5) ** 2 + 10 * u[:, 3] + 5 * u[:, 4]
        y = (y - 14.4) / 5 + noise / 5 * rng.normal(size=count)
        return (2 * u - 1).astype(F), y[:, None].astype(F)

    return make


def plane(count: int, columns: int = 6, noise: float = 0.3, outputs: int = 1) -> Any:
    """Amounts that are a weighted sum, with noise."""

    def make(rng: Rng) -> tuple[Array, Array]:
        x = rng.normal(size=(count, columns))
        weights = np.random.default_rng(5).normal(size=(columns, outputs))
        return x.astype(F), (x @ weights / np.sqrt(columns) + noise * rng.normal(size=(count, outputs))).astype(F)

    return make


def yes(count: int, columns: int = 8, curved: bool = True, noise: float = 0.2) -> Any:
    """A yes or no (0, 1) that depends on four of the columns."""

    def make(rng: Rng) -> tuple[Array, Array]:
        x = rng.normal(size=(count, columns))
        bend = x[:, 2] * x[:, 3] if curved else 0.5 * x[:, 2]
        return x.astype(F), (x[:, 0] + 0.7 * x[:, 1] + bend + noise * rng.normal(size=count) > 0).astype(F)

    return make


def groups(count: int, classes: int = 4, columns: int = 6, spread: float = 0.8) -> Any:
    """Class numbers; two clouds for each class."""

    def make(rng: Rng) -> tuple[Array, Array]:
        centres = np.random.default_rng(11).normal(size=(classes, 2, columns)) * 1.2
        y = rng.integers(0, classes, count)
        x = centres[y, rng.integers(0, 2, count)] + spread * rng.normal(size=(count, columns))
        return x.astype(F), y

    return make


def toy(name: str, count: int, **settings: Any) -> Any:
    """A 2-D set of the library."""

    def make(rng: Rng) -> tuple[Array, Array]:
        from clarinet.datasets import toys

        x, y = getattr(toys, name)(count, seed=int(rng.integers(1 << 30)), **settings)
        return x, y

    return make


def scaled(make: Any, factors: Any, offsets: Any = 0.0) -> Any:
    """The same rows in other units."""

    def own(rng: Rng) -> tuple[Array, Array]:
        x, y = make(rng)
        return (x * np.asarray(factors, F) + np.asarray(offsets, F)).astype(F), y

    return own


def with_y(make: Any, change: Any) -> Any:
    """The same rows with other labels."""

    def own(rng: Rng) -> tuple[Array, Array]:
        x, y = make(rng)
        return x, change(y)

    return own


@cache
def _digits() -> tuple[Array, Array]:
    from sklearn.datasets import load_digits

    found = load_digits()
    return found.data.astype(F) / 16, found.target.astype(np.int64)


def digits(count: int, shape: tuple[int, ...] = (64,), factor: float = 1.0, only: tuple[int, ...] = ()) -> Any:
    """Handwritten digits of 8 x 8 grey values from 0 to 1."""

    def make(rng: Rng) -> tuple[Array, Array]:
        x, y = _digits()
        if only:
            kept = np.isin(y, only)
            x, y = x[kept], np.searchsorted(np.sort(only), y[kept])
        chosen = rng.permutation(len(x))[:count]
        return (x[chosen] * factor).reshape(-1, *shape).astype(F), y[chosen]

    return make


def pixels(count: int) -> Any:
    """The digits as targets of themselves."""

    def make(rng: Rng) -> tuple[Array, Array]:
        x, _ = digits(count)(rng)
        return x, x

    return make


@cache
def _mnist() -> tuple[Array, Array]:
    from clarinet.datasets import mnist

    (x, y), _ = mnist.load_data()
    return x[:8000].reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)), y[:8000].astype(np.int64)


def mnist14(count: int, factor: float = 1 / 255, channel: bool = False) -> Any:
    """MNIST, 14 x 14."""

    def make(rng: Rng) -> tuple[Array, Array]:
        x, y = _mnist()
        chosen = rng.permutation(len(x))[:count]
        x = (x[chosen] * factor).astype(F)
        return (x[..., None] if channel else x), y[chosen]

    return make


def words(count: int, length: int = 20, vocabulary: int = 300) -> Any:
    """Ids of words; a text is good (1) if it has more good words than bad ones."""

    def make(rng: Rng) -> tuple[Array, Array]:
        x = rng.integers(1, vocabulary, (count, length))
        value = np.random.default_rng(3).choice([-1, 0, 0, 1], vocabulary)
        return x.astype(np.int32), (value[x].sum(axis=1) + 0.1 * rng.normal(size=count) > 0).astype(F)

    return make


def topics(count: int, length: int = 15, vocabulary: int = 200, classes: int = 5) -> Any:
    """Ids of words, drawn by topic; the topic's number."""

    def make(rng: Rng) -> tuple[Array, Array]:
        chances = np.random.default_rng(4).dirichlet(np.full(vocabulary, 0.2), classes)
        y = rng.integers(0, classes, count)
        x = np.stack([rng.choice(vocabulary, length, p=chances[c]) for c in y])
        return x.astype(np.int32), y

    return make


def waves(count: int, length: int = 24, ahead: bool = True) -> Any:
    """Pieces of noisy sine waves (count, length, 1), and the value that follows, or whether they are fast (1)."""

    def make(rng: Rng) -> tuple[Array, Array]:
        speed = rng.uniform(0.2, 0.9, count)
        time = np.arange(length + 1)
        x = np.sin(speed[:, None] * time + rng.uniform(0, 6.3, (count, 1))) + 0.05 * rng.normal(
            size=(count, length + 1)
        )
        y = x[:, -1:] if ahead else (speed > 0.55)[:, None]
        return x[:, :-1, None].astype(F), y.astype(F)

    return make


def running_sum(count: int, length: int = 10) -> Any:
    """Numbers (count, length, 1) and their sum, over the root of their number."""

    def make(rng: Rng) -> tuple[Array, Array]:
        x = rng.normal(size=(count, length, 1))
        return x.astype(F), (x.sum(axis=1) / np.sqrt(length)).astype(F)

    return make


def counts(count: int, columns: int = 5, level: float = 1.0) -> Any:
    """Poisson counts, whose logarithm is a weighted sum."""

    def make(rng: Rng) -> tuple[Array, Array]:
        x = rng.normal(size=(count, columns))
        weights = np.array([0.6, -0.5, 0.4, 0.3, 0.0])[:columns]
        return x.astype(F), rng.poisson(np.exp(level + x @ weights))[:, None].astype(F)

    return make


def bits(count: int, columns: int = 8, labels: int = 5) -> Any:
    """Several yes-or-no answers a row."""

    def make(rng: Rng) -> tuple[Array, Array]:
        x = rng.normal(size=(count, columns))
        z = x @ np.random.default_rng(6).normal(size=(columns, labels)) + 0.5 * np.abs(x[:, :labels])
        return x.astype(F), (z > 0.4).astype(F)

    return make


def rare(count: int, share: float = 0.05) -> Any:
    """A yes that is rare, and plain to see."""

    def make(rng: Rng) -> tuple[Array, Array]:
        x = rng.normal(size=(count, 5))
        z = x[:, 0] + 0.6 * x[:, 1] + 0.15 * rng.normal(size=count)
        return x.astype(F), (z > np.quantile(z, 1 - share)).astype(F)

    return make


def points(x: Any, y: Any) -> Any:
    """Rows written out."""
    return lambda rng: (np.array(x, F), np.array(y, F))
