"""``clarinet.estimators`` beside ``sklearn.neural_network``: the same arguments and rows, in turn in one run.

``python -m benchmarks.estimators`` prints a table; ``--write`` puts it into ``benchmarks/estimators.md``, ``--only``
measures one set, ``--repeat N`` takes the least of N (default 3).
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn import neural_network
from sklearn.datasets import load_digits, make_friedman1
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from clarinet import estimators

from . import machine

PAGE = Path(__file__).parent / "estimators.md"


@dataclass(frozen=True)
class Task:
    """A data set, and how it is learnt.

    Args:
        name: of the row.
        kind: the class of both libraries.
        data: gives rows and labels to learn from, and those to be judged by.
        settings: of both; what is not said is scikit-learn's default.
        wanted: how many times as fast.
    """

    name: str
    kind: str
    data: Callable[[], tuple[Any, Any, Any, Any]]
    settings: dict[str, Any]
    wanted: float


def digits() -> tuple[Any, Any, Any, Any]:
    """scikit-learn's 1,797 digits of 8 × 8."""
    x, y = load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(x, y, random_state=0, stratify=y)
    return train_x, train_y, test_x, test_y


def mnist() -> tuple[Any, Any, Any, Any]:
    """MNIST's 60,000 and 10,000, from 0 to 1 in float32."""
    from clarinet.datasets import mnist

    (x, y), (test_x, test_y) = mnist.load_data()
    return *_pixels(x, y), *_pixels(test_x, test_y)


def _pixels(x: Any, y: Any) -> tuple[Any, Any]:
    return x.reshape(len(x), -1).astype(np.float32) / 255, y


def texts() -> tuple[Any, Any, Any, Any]:
    """12,000 made-up texts of 20,000 words and 20 subjects as TF-IDF, CSR in float64: 60 to 120 words each."""
    rng = np.random.default_rng(0)
    words, subjects, rows = 20_000, 20, 12_000
    common = 1 / np.arange(1, words + 1)
    of_subject = [rng.permutation(words)[:600] for _ in range(subjects)]
    y = rng.integers(0, subjects, rows)
    counts = np.zeros(0, np.int64)
    places, starts = [], [0]
    for subject in y:
        drawn = rng.choice(words, int(rng.integers(50, 100)), p=common / common.sum())
        own = rng.choice(of_subject[subject], int(rng.integers(6, 20)))
        places.append(np.concatenate([drawn, own]))
        starts.append(starts[-1] + len(places[-1]))
    from scipy.sparse import csr_matrix

    flat = np.concatenate(places)
    counts = csr_matrix((np.ones(len(flat)), flat, starts), (rows, words))
    counts.sum_duplicates()
    x = TfidfTransformer().fit_transform(counts)
    return x[:10_000], y[:10_000], x[10_000:], y[10_000:]


def amounts() -> tuple[Any, Any, Any, Any]:
    """20,640 rows of 8 columns, as many as California's houses: Friedman's function, standardised."""
    x, y = make_friedman1(20_640, 8, noise=1.0, random_state=0)
    x, y = StandardScaler().fit_transform(x), (y - y.mean()) / y.std()
    train_x, test_x, train_y, test_y = train_test_split(x, y, random_state=0)
    return train_x, train_y, test_x, test_y


TASKS = (
    Task("digits, to the end", "MLPClassifier", digits, {}, 4),
    Task("MNIST, 60,000 rows, 5 epochs", "MLPClassifier", mnist, {"max_iter": 5}, 8),
    Task("TF-IDF, 20,000 columns, 3 epochs", "MLPClassifier", texts, {"max_iter": 3}, 4),
    Task("20,640 rows of 8 columns, to the end", "MLPRegressor", amounts, {}, 4),
)
LIBRARIES = {"Clarinet": estimators, "scikit-learn": neural_network}


@dataclass
class Result:
    """What one library did: the least time, that of all its threads, its epochs, and its score on other rows."""

    seconds: float = float("inf")
    work: float = 0.0
    epochs: int = 0
    score: float = 0.0


def measure(task: Task, repeat: int) -> dict[str, Result]:
    """Both libraries in turn, ``repeat`` times."""
    x, y, test_x, test_y = task.data()
    found = {name: Result() for name in LIBRARIES}
    for _ in range(repeat):
        for name, library in LIBRARIES.items():
            learner = getattr(library, task.kind)(random_state=0, **task.settings)
            began, worked = time.perf_counter(), time.process_time()
            learner.fit(x, y)
            seconds, work = time.perf_counter() - began, time.process_time() - worked
            if seconds < found[name].seconds:
                found[name] = Result(seconds, work, learner.n_iter_, learner.score(test_x, test_y))
    return found


def row(task: Task, found: dict[str, Result]) -> str:
    """A row of the table."""
    ours, theirs = found["Clarinet"], found["scikit-learn"]
    cells = [
        f"{each.seconds:.2f} s ({each.work:.2f} s), {each.epochs} epochs, {each.score:.4f}" for each in (ours, theirs)
    ]
    whole, work = theirs.seconds / ours.seconds, theirs.work / ours.work
    each = whole * ours.epochs / theirs.epochs
    return f"| {task.name} | {cells[0]} | {cells[1]} | {whole:.1f} | {work:.1f} | {each:.1f} | {task.wanted:g} |"


def report(tasks: Iterator[Task], repeat: int) -> list[str]:
    """The lines of the page."""
    about = machine.describe()
    versions: Any = about["versions"]
    lines = [
        "# Estimators beside scikit-learn's",
        "",
        "Time of `fit` (of all threads together), epochs, and accuracy or R² on other rows; the same arguments, all "
        f"others as by default. The least of {repeat}, in turn in one process. {about['cpu']}, {about['cores']} cores, "
        f"load {about['load']} before; scikit-learn {versions.get('scikit-learn')}, NumPy {versions.get('numpy')}; "
        f"{about['date']}.",
        "",
        "*By work* is the ratio of processor time, which waiting for a machine that others use does not enter.",
        "",
        "| task | Clarinet | scikit-learn | times as fast | by work | an epoch | wanted |",
        "|---|---|---|---:|---:|---:|---:|",
    ]
    for task in tasks:
        lines.append(row(task, measure(task, repeat)))
        print(lines[-1], flush=True)
    return lines


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--repeat", type=int, default=3)
    asked = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    lines = report((task for task in TASKS if asked.only in task.name), asked.repeat)
    if asked.write:
        PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
