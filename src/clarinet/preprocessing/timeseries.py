"""Windows of a series as a data set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from clarinet.configurable import check_whole
from clarinet.data import Dataset
from clarinet.data.chunks import Chunk, rows_of_piece
from clarinet.philox import next_seed
from clarinet.problems import shown
from clarinet.types import Array


def timeseries_dataset_from_array(
    data: Sequence[object] | Array,
    targets: Sequence[object] | Array | None,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str = "tf",
) -> Dataset:
    """Windows of a series, each with the target at its first step; nothing is copied before it is asked for.

    Args:
        data: a row for each step.
        targets: a row for each window, the one that begins at that step; None gives windows alone.
        sequence_length: rows of a window.
        sequence_stride: steps between two windows.
        sampling_rate: steps between two rows of a window.
        batch_size: windows a batch; None: no batches.
        shuffle: whether they come in another order each time.
        seed: of the order; default the next one after ``set_random_seed``.
        start_index, end_index: the rows that are used; default all.
        format: accepted.

    Raises:
        ValueError: an index or a step out of range.

    Example:
        >>> windows = timeseries_dataset_from_array(np.arange(6), np.arange(3, 6), sequence_length=3)
        >>> [part.tolist() for part in next(iter(windows))]
        [[[0, 1, 2], [1, 2, 3], [2, 3, 4]], [3, 4, 5]]
    """
    series = np.asarray(data)
    first, last = _limits(start_index, end_index, len(series))
    for name, step in (("sampling_rate", sampling_rate), ("sequence_stride", sequence_stride)):
        if check_whole(step, f"timeseries_dataset_from_array: {name}", low=1) >= len(series):
            raise ValueError(f"timeseries_dataset_from_array: {name} is below the {len(series)} rows; received {step}")
    count = last - first - (sequence_length - 1) * sampling_rate
    goals = None if targets is None else np.asarray(targets)
    count = count if goals is None else min(count, len(goals))
    if count < 1:
        raise ValueError(
            f"timeseries_dataset_from_array: no window of {sequence_length} rows fits into {last - first} rows; give a "
            "shorter sequence_length or more rows"
        )
    kept = (next_seed() if seed is None else seed) % 2**32
    starts = np.arange(0, count, sequence_stride)
    if shuffle:
        np.random.RandomState(kept).shuffle(starts)  # the order that Keras has for a seed
    steps = np.arange(sequence_length) * sampling_rate
    goals = None if goals is None else goals[first:last]
    dataset = Dataset(lambda: _windows(series[first:last], goals, starts, steps), len(starts))
    if shuffle:
        dataset = dataset.shuffle(1024 if batch_size is None else batch_size * 8, kept)
    return dataset if batch_size is None else dataset.batch(batch_size)


def _limits(start: int | None, end: int | None, length: int) -> tuple[int, int]:
    """The rows that are used."""
    first, last = start or 0, end if end else length
    if not 0 <= first < length or not first < last <= length or (end and end >= length):
        raise ValueError(
            f"timeseries_dataset_from_array: start_index and end_index are below the {length} rows and in order; "
            f"received {shown(start)} and {shown(end)}"
        )
    return first, last


def _windows(series: Array, goals: Array | None, starts: Array, steps: Array) -> Iterator[Chunk]:
    """Windows in pieces."""
    held = (series,) if goals is None else (series, goals)
    form = 0 if goals is None else (0, 1)
    size = max(1, rows_of_piece(Chunk(0, held[:1])) // len(steps))
    for place in range(0, len(starts), size):
        some = starts[place : place + size]
        parts = [series[some[:, None] + steps], *([] if goals is None else [goals[some]])]
        yield Chunk(form, tuple(parts))
