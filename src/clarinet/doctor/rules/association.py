"""Labels that have nothing to do with the rows."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.types import Array

KINDS = ("shuffled_labels",)
BASIS = (
    "two tests against chance: the largest correlation of a column with the labels (Bonferroni over columns), and "
    "whether nearest neighbours have like labels (Friedman and Rafsky 1983); both must stay below 3 standard "
    "errors"
)
_SEEN = 20
#: Numbers to look at where rows are long.
_NUMBERS = 200_000
_ROWS, _MOST, _NEIGHBOURS, SIGMAS, _SHUFFLES = 200, 1000, 5, 3.0, 12


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    found = facts.remember("association", _measure)
    if found is None:
        return
    rows, correlation, neighbours = found
    if correlation > SIGMAS or neighbours > SIGMAS:
        return
    yield Finding(
        "shuffled_labels",
        "data.y",
        "warning",
        0.75,
        f"x holds no information about y: correlations and neighbours are those of chance in {rows} rows",
        "Rows that are alike should have like labels, at least somewhat, or there is nothing to learn but the rows "
        "by heart. Here they have not. The usual cause: x and y were shuffled or filtered separately, so that rows "
        "and labels no longer belong together. (A rule that hides from both tests, such as the parity of many "
        "bits, would look the same.)",
        {"correlation_in_sigmas": correlation, "neighbours_in_sigmas": neighbours},
        Remedy(
            "look at a few rows of x beside their y; shuffle both with one permutation: p = rng.permutation(len(x))"
        ),
    )


def _measure(facts: ProgramFacts) -> tuple[int, float, float] | None:
    """Rows, and both tests' distance to chance; None if the tests cannot decide."""
    sample = _sample(facts)
    return None if sample is None else (len(sample[0]), _correlation(*sample), _neighbours(*sample))


def _sample(facts: ProgramFacts) -> tuple[Array, Array] | None:
    """Standardised rows and centred label columns, or None if the tests cannot decide."""
    x, y = facts.program.x, np.asarray(facts.program.y)
    if facts.takes_ids or len(x) < _ROWS or facts.labels.form in ("constant", "multi_hot") or x.dtype.kind not in "fiu":
        return None
    if facts.task == "classes" and facts.labels.smallest * len(x) < _SEEN:
        return None  # so few rows of a class cannot tell
    most = int(np.clip(_NUMBERS // max(1, prod(x.shape[1:])), _MOST // 2, _MOST))
    step = max(1, len(x) // most)
    x = x[::step][:most].reshape(-1, int(np.prod(x.shape[1:]))).astype(np.float64)
    y = y[::step][:most].reshape(len(x), -1).astype(np.float64)
    good = np.isfinite(x).all(axis=1) & np.isfinite(y).all(axis=1)
    x, y = x[good], y[good]
    if len(x) < _ROWS or np.isin(x, (0.0, 1.0)).all():
        return None
    if facts.task == "classes" and facts.labels.form == "ids":
        y = (y == np.unique(y)).astype(np.float64)
    if facts.task == "amounts":
        y = _ranks(y)  # a few wild amounts would hide all others
    x, y = _ranks(x[:, x.std(axis=0) > 0]), y[:, y.std(axis=0) > 0]
    if not x.size or not y.size:
        return None
    return (x - x.mean(axis=0)) / x.std(axis=0), (y - y.mean(axis=0)) / y.std(axis=0)


def _ranks(x: Array) -> Array:
    """Ranks within each column: codes such as -999 and long tails count no more than other values."""
    return x.argsort(axis=0, kind="stable").argsort(axis=0).astype(np.float64)


def _correlation(x: Array, y: Array) -> float:
    """The largest correlation, in standard errors beyond what the largest of so many is by chance."""
    r = np.abs(x.T @ y) / len(x)
    by_chance = np.sqrt(2 * np.log(max(2, r.size)))  # expected largest of so many standard normal numbers
    return float(r.max() * np.sqrt(len(x)) - by_chance)


def _neighbours(x: Array, y: Array) -> float:
    """Likeness of neighbours' labels, in standard deviations of the same with labels shuffled."""
    squares = (x**2).sum(axis=1)
    distance = squares[:, None] + squares - 2 * (x @ x.T)
    np.fill_diagonal(distance, np.inf)
    near = np.argpartition(distance, _NEIGHBOURS, axis=1)[:, :_NEIGHBOURS]
    rng = np.random.default_rng(0)
    by_chance = [_likeness(near, y[rng.permutation(len(y))]) for _ in range(_SHUFFLES)]
    return (_likeness(near, y) - float(np.mean(by_chance))) / max(float(np.std(by_chance)), 1e-12)


def _likeness(near: Array, y: Array) -> float:
    return float((y[near].mean(axis=1) * y).mean())
