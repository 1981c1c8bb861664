"""Rows and labels of whatever holds them in Keras and PyTorch: arrays, tensors, data sets, loaders of batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeAlias

import numpy as np

from clarinet.doctor.adapters.foreign import array
from clarinet.types import Array

#: Rows that are taken of a data set; more change no verdict and take their time.
_ROWS = 20_000


#: An array, or several: a list, or a dictionary by the names of inputs.
Arrays: TypeAlias = "Array | list[Arrays] | dict[str, Arrays]"


@dataclass(frozen=True)
class Rows:
    """Rows and labels as arrays.

    Attributes:
        x, y: arrays, or a list or dictionary of them where there are several.
        fit: what a loader says of the training: ``batch_size``, and whether it shuffles.
    """

    x: Arrays
    y: Arrays
    fit: Mapping[str, object] = field(default_factory=dict)


def rows_of(x: object, y: object = None) -> Rows:
    """Arrays of what ``x`` and ``y`` are.

    Args:
        x: arrays, tensors, or several of them; or, without ``y``, a PyTorch ``Dataset`` or ``DataLoader``, a
            ``tf.data.Dataset`` or ``PyDataset``, of which at most the first 20,000 rows are taken.
        y: labels.

    Raises:
        TypeError: it has no labels.
    """
    given: Any = x
    if y is not None or not _holds_pairs(given):
        if y is None:
            raise TypeError(f"examine: expected labels y beside x, a {type(x).__name__}; or a data set that has both")
        return Rows(_arrays(given), _arrays(y))
    said: dict[str, object] = {}
    if hasattr(given, "dataset") and hasattr(given, "batch_sampler"):  # a DataLoader
        if given.batch_size is not None:
            said["batch_size"] = int(given.batch_size)
        said["shuffle"] = type(given.sampler).__name__ != "SequentialSampler"
        if hasattr(given.dataset, "__getitem__") and hasattr(given.dataset, "__len__"):
            return _of_samples(given.dataset, said, given.collate_fn)
        return _of_batches(given, said)
    if hasattr(given, "element_spec") or hasattr(given, "workers"):  # a tf.data.Dataset or PyDataset
        batches = (given[number] for number in range(len(given))) if hasattr(given, "workers") else given
        return _of_batches(batches, said)
    return _of_samples(given, said, None)


def _holds_pairs(given: object) -> bool:
    """Whether something is a data set of rows with their labels."""
    array_like = isinstance(given, (np.ndarray, list, tuple, Mapping)) or hasattr(given, "dtype")
    return not array_like and (hasattr(given, "__getitem__") or hasattr(given, "__iter__"))


def _of_samples(samples: Any, said: Mapping[str, object], collate: Any) -> Rows:
    """The rows of a data set that gives one at a time."""
    chosen = range(len(samples)) if len(samples) <= _ROWS else np.linspace(0, len(samples) - 1, _ROWS).astype(int)
    pairs = [samples[int(number)] for number in chosen]
    if collate is not None and collate.__name__ != "default_collate":
        pairs = [collate(pairs)]
        return _of_batches(iter(pairs), said)
    return Rows(_stacked([pair[0] for pair in pairs]), _stacked([pair[1] for pair in pairs]), said)


def _of_batches(batches: Iterable[Any], said: Mapping[str, object]) -> Rows:
    found, count = [], 0
    for batch in batches:
        found.append((_arrays(batch[0]), _arrays(batch[1])))
        count += len(_first(found[-1][1]))
        if count >= _ROWS:
            break
    if not found:
        raise ValueError("examine: the data set is empty")
    said = {"batch_size": len(_first(found[0][1])), **said}
    return Rows(_joined([x for x, _ in found]), _joined([y for _, y in found]), said)


def _first(arrays: Any) -> Array:
    found: Array = next(_leaves(arrays))
    return found


def _leaves(arrays: Any) -> Iterator[Any]:
    if isinstance(arrays, Mapping):
        arrays = tuple(arrays.values())
    if isinstance(arrays, (list, tuple)):
        for each in arrays:
            yield from _leaves(each)
    else:
        yield arrays


def _stacked(rows: Sequence[Any]) -> Any:
    if isinstance(rows[0], Mapping):
        return {name: _stacked([row[name] for row in rows]) for name in rows[0]}
    if isinstance(rows[0], (list, tuple)):
        return [_stacked([row[number] for row in rows]) for number in range(len(rows[0]))]
    return np.stack([array(row) for row in rows])


def _joined(batches: Sequence[Any]) -> Any:
    if isinstance(batches[0], Mapping):
        return {name: _joined([batch[name] for batch in batches]) for name in batches[0]}
    if isinstance(batches[0], (list, tuple)):
        return [_joined([batch[number] for batch in batches]) for number in range(len(batches[0]))]
    return np.concatenate(batches)


def _arrays(given: Any) -> Any:
    """Arrays in the place of tensors; lists of numbers are arrays too."""
    if isinstance(given, Mapping):
        return {name: _arrays(each) for name, each in given.items()}
    if isinstance(given, (list, tuple)) and any(hasattr(each, "shape") and each.shape for each in islice(given, 1)):
        return [_arrays(each) for each in given]
    return array(given)
