"""Sequences for models: padded, cut into windows, and as pairs of neighbours."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from clarinet import aliases
from clarinet.names import public
from clarinet.types import Array
from clarinet.utils import PyDataset, pad_sequences

__all__ = ["TimeseriesGenerator", "make_sampling_table", "pad_sequences", "skipgrams"]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


class TimeseriesGenerator(PyDataset):
    """Batches of windows of a series, each with the target that follows it.

    A window of ``length`` steps, of which every ``sampling_rate``-th is taken, ends before row ``i``, whose target is
    ``targets[i]``.

    Args:
        data, targets: a row for each step.
        length: steps of a window.
        sampling_rate: steps between the rows that are taken.
        stride: steps between two windows.
        start_index, end_index: the first row of a window, and the last target; default all.
        shuffle: draw the windows of each batch instead, with NumPy's random numbers.
        reverse: whether the last step comes first.
        batch_size: windows a batch; default 128.
        workers, use_multiprocessing, max_queue_size: as for :class:`clarinet.utils.PyDataset`.

    Raises:
        ValueError: data and targets of different lengths; a series that is too short.

    Example:
        >>> windows = TimeseriesGenerator(np.arange(6), np.arange(6), length=3, batch_size=2)
        >>> [part.tolist() for part in windows[0]]
        [[[0, 1, 2], [1, 2, 3]], [3, 4]]
    """

    def __init__(
        self,
        data: Sequence[object] | Array,
        targets: Sequence[object] | Array,
        length: int,
        sampling_rate: int = 1,
        stride: int = 1,
        start_index: int = 0,
        end_index: int | None = None,
        shuffle: bool = False,
        reverse: bool = False,
        batch_size: int = 128,
        workers: int = 1,
        use_multiprocessing: bool = False,
        max_queue_size: int = 10,
    ) -> None:
        super().__init__(workers, use_multiprocessing, max_queue_size)
        if len(data) != len(targets):
            raise ValueError(
                f"TimeseriesGenerator: data has {len(data)} rows and targets {len(targets)}; expected as many"
            )
        self.data, self.targets, self.length = data, targets, length
        self.sampling_rate, self.stride, self.batch_size = sampling_rate, stride, batch_size
        self.start_index = start_index + length
        self.end_index = len(data) - 1 if end_index is None else end_index
        self.shuffle, self.reverse = shuffle, reverse
        if self.start_index > self.end_index:
            raise ValueError(
                f"TimeseriesGenerator: no window of {length} steps fits between row {start_index} and row "
                f"{self.end_index}; give a shorter length or more rows"
            )

    def __len__(self) -> int:
        step = self.batch_size * self.stride
        return (self.end_index - self.start_index + step) // step

    def __getitem__(self, index: int) -> tuple[Array, Array]:
        if self.shuffle:
            rows = np.random.randint(self.start_index, self.end_index + 1, size=self.batch_size)  # noqa: NPY002
        else:
            first = self.start_index + self.batch_size * self.stride * index
            rows = np.arange(first, min(first + self.batch_size * self.stride, self.end_index + 1), self.stride)
        windows = np.array([self.data[row - self.length : row : self.sampling_rate] for row in rows])
        return windows[:, ::-1] if self.reverse else windows, np.array([self.targets[row] for row in rows])


def make_sampling_table(size: int, sampling_factor: float = 1e-5) -> Array:
    """How likely the word of each rank is kept: ``min(1, sqrt(f / s) / (f / s))`` for words as frequent as Zipf says.

    Args:
        size: number of words.
        sampling_factor: ``s``.

    Returns:
        array (size,).
    """
    rank = np.maximum(np.arange(size), 1)
    inverse = rank * (np.log(rank) + 0.577) + 0.5 - 1 / (12.0 * rank)
    return np.asarray(np.minimum(1.0, np.sqrt(sampling_factor * inverse)))


def skipgrams(
    sequence: Sequence[int],
    vocabulary_size: int,
    window_size: int = 4,
    negative_samples: float = 1.0,
    shuffle: bool = True,
    categorical: bool = False,
    sampling_table: Sequence[float] | Array | None = None,
    seed: int | None = None,
) -> tuple[list[list[int]], list[object]]:
    """Pairs of words: neighbours, with label 1, and drawn ones, with label 0 (Mikolov et al., 2013).

    Args:
        sequence: ids; 0 is no word.
        vocabulary_size: the largest id plus 1.
        window_size: how far neighbours are apart at most.
        negative_samples: drawn pairs for each pair of neighbours.
        shuffle: draw the order of the pairs.
        categorical: labels as one-hot rows.
        sampling_table: how likely each word is taken, see :func:`make_sampling_table`; default all are.
        seed: of the order; Python's random numbers are seeded with it.

    Returns:
        the pairs, and their labels.

    Example:
        >>> skipgrams([1, 2, 3], 4, window_size=1, negative_samples=0, shuffle=False)
        ([[1, 2], [2, 1], [2, 3], [3, 2]], [1, 1, 1, 1])
    """
    couples: list[list[int]] = []
    for i, word in enumerate(sequence):
        if not word or (sampling_table is not None and sampling_table[word] < random.random()):
            continue
        places = range(max(0, i - window_size), min(len(sequence), i + window_size + 1))
        couples += [[word, sequence[j]] for j in places if j != i and sequence[j]]
    yes, no = ([0, 1], [1, 0]) if categorical else (1, 0)
    labels: list[object] = [yes] * len(couples)
    drawn = int(len(labels) * negative_samples) if couples else 0
    if drawn > 0:
        words = [couple[0] for couple in couples]
        random.shuffle(words)
        couples += [[words[i % len(words)], random.randint(1, vocabulary_size - 1)] for i in range(drawn)]
        labels += [no] * drawn
    if shuffle:
        kept = random.randint(0, 10**7) if seed is None else seed
        for each in (couples, labels):
            random.seed(kept)
            random.shuffle(each)
    return couples, labels
