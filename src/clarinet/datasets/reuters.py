"""Reuters: 11,228 news reports as ids of words, on 46 topics, by D. Lewis."""

from __future__ import annotations

import numpy as np

from clarinet.datasets.npz import read_npz
from clarinet.datasets.published import Parts, bounded, find, numbered, short_ones, shuffled, words

__all__ = ["get_label_names", "get_word_index", "load_data"]

_CHECKSUM = "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"
_TOPICS = (
    "cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship cotton carcass "
    "crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin strategic-metal livestock retail ipi "
    "iron-steel rubber heat jobs lei bop zinc orange pet-chem dlr gas silver wpi hog lead"
)


def load_data(
    path: str = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> Parts:
    """The reports, in Keras's order.

    Args:
        path, num_words, skip_top, maxlen, seed, start_char, oov_char, index_from: as for
            :func:`clarinet.datasets.imdb.load_data`.
        test_split: share of the reports that are the second part.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: arrays of lists of ids, and topics from 0 to 45.

    Raises:
        ConnectionError: the file is not there and cannot be fetched. ValueError: it is damaged; none is that short.
    """
    arrays = read_npz(find(path, "reuters.npz", _CHECKSUM))
    random = np.random.RandomState(seed)  # the order that Keras has
    x, y = shuffled(arrays["x"], arrays["y"], random)
    short, topics = short_ones(numbered(x, start_char, index_from), y, maxlen)
    ids, at = bounded(short, num_words, skip_top, oov_char), int(len(short) * (1 - test_split))
    return (ids[:at], topics[:at]), (ids[at:], topics[at:])


def get_word_index(path: str = "reuters_word_index.json") -> dict[str, int]:
    """Ids by word, without ``index_from``; ``path`` as for :func:`load_data`."""
    return words(find(path, "reuters_word_index.json", "4d44cc38712099c9e383dc6e5f11a921"))


def get_label_names() -> tuple[str, ...]:
    """The topics by id."""
    return tuple(_TOPICS.split())
