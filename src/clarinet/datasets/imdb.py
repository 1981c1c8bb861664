"""IMDB: 50,000 reviews of films as ids of words, half of them liked, by A. Maas and others (ACL 2011)."""

from __future__ import annotations

import numpy as np

from clarinet.datasets.npz import read_npz
from clarinet.datasets.published import Parts, bounded, find, numbered, short_ones, shuffled, words

__all__ = ["get_word_index", "load_data"]

_CHECKSUM = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"


def load_data(
    path: str = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> Parts:
    """The reviews, in Keras's order.

    Args:
        path: a file on this machine; else the published one is fetched once.
        num_words: ids from here on are left out; default none.
        skip_top: ids below it are left out.
        maxlen: longer reviews are left out; default none.
        seed: of the order.
        start_char: the id with which each review begins; None: none.
        oov_char: the id that stands for words left out; None: nothing does.
        index_from: is added to the ids of words.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: arrays of lists of ids, and 1 for a review that is favourable.

    Raises:
        ConnectionError: the file is not there and cannot be fetched. ValueError: it is damaged; none is that short.
    """
    arrays = read_npz(find(path, "imdb.npz", _CHECKSUM))
    random = np.random.RandomState(seed)  # the order that Keras has
    parts = []
    for part in ("train", "test"):
        x, y = shuffled(arrays[f"x_{part}"], arrays[f"y_{part}"], random)
        parts.append(short_ones(numbered(x, start_char, index_from), y, maxlen))
    (x_train, y_train), (x_test, y_test) = parts
    x = bounded(x_train + x_test, num_words, skip_top, oov_char)
    return (x[: len(x_train)], y_train), (x[len(x_train) :], y_test)


def get_word_index(path: str = "imdb_word_index.json") -> dict[str, int]:
    """Ids by word, without ``index_from``; ``path`` as for :func:`load_data`."""
    return words(find(path, "imdb_word_index.json", "bfafd718b763782e994055a2d397834f"))
