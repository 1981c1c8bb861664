"""Data sets as the authors of Keras publish them: found on this machine, or fetched once and checked."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np

from clarinet.datasets.npz import read_npz
from clarinet.fetching import get_file
from clarinet.types import Array

_ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
Parts = tuple[tuple[Array, Array], tuple[Array, Array]]


def find(path: str | os.PathLike[str], name: str, checksum: str) -> Path:
    """The file: ``path`` where it is one, else the published one.

    Raises:
        ConnectionError: it is not on this machine and cannot be fetched.
    """
    own = Path(path).expanduser()
    return own if own.is_file() else Path(get_file(own.name, _ORIGIN + name, file_hash=checksum))


def houses(file: Path, rows: int | None, test_split: float, seed: int) -> Parts:
    """Rows of numbers in the order of a seed, in two parts."""
    arrays = read_npz(file)
    x, y = arrays["x"][:rows], arrays["y"][:rows]
    order = np.arange(len(x))
    np.random.RandomState(seed).shuffle(order)  # the order that Keras has
    at = int(len(x) * (1 - test_split))
    return (x[order[:at]], y[order[:at]]), (x[order[at:]], y[order[at:]])


def words(file: Path) -> dict[str, int]:
    """Ids by word."""
    found = json.loads(file.read_text("utf-8"))
    return {str(word): int(i) for word, i in found.items()}


def shuffled(x: Array, y: Array, random: np.random.RandomState) -> tuple[Array, Array]:
    """Both in one order."""
    order = np.arange(len(x))
    random.shuffle(order)
    return x[order], y[order]


def numbered(x: Array, start_char: int | None, index_from: int) -> list[list[int]]:
    """Ids moved up, each sequence begun with a sign."""
    first = [] if start_char is None else [start_char]
    return [first + [int(i) + (index_from or 0) for i in sequence] for sequence in x]


def short_ones(x: list[list[int]], y: Array, maxlen: int | None) -> tuple[list[list[int]], Array]:
    """Those below ``maxlen``.

    Raises:
        ValueError: there is none.
    """
    if not maxlen:
        return x, y
    kept = [i for i, sequence in enumerate(x) if len(sequence) < maxlen]
    if not kept:
        raise ValueError(f"maxlen={maxlen}: no sequence is shorter; give a larger one")
    return [x[i] for i in kept], y[kept]


def bounded(x: list[list[int]], num_words: int | None, skip_top: int, oov_char: int | None) -> Array:
    """Rare and the most frequent words out, or a sign for them; an array of lists."""
    most = num_words or max(map(max, x))
    found = np.empty(len(x), object)
    for place, sequence in enumerate(x):
        if oov_char is None:
            found[place] = [i for i in sequence if skip_top <= i < most]
        else:
            found[place] = [i if skip_top <= i < most else oov_char for i in sequence]
    return found
