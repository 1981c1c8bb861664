"""Small helpers, by the names Keras has for them."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as AbstractSequence
from typing import TYPE_CHECKING, cast, overload

import numpy as np
from numpy.typing import DTypeLike

from clarinet import aliases, ops
from clarinet.data_adapters import as_array
from clarinet.graph import is_symbolic
from clarinet.names import explained, public
from clarinet.philox import Key, Stream, next_seed, permutation, set_seed
from clarinet.types import Array
from clarinet.variables import Variable

__all__ = [
    "PyDataset",
    "Sequence",
    "normalize",
    "pack_x_y_sample_weight",
    "pad_sequences",
    "set_random_seed",
    "split_dataset",
    "to_categorical",
    "unpack_x_y_sample_weight",
]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


def set_random_seed(seed: int) -> None:
    """Fix everything random that follows: initial weights, shuffling, dropout.

    Models made afterwards take their seeds from it one after another, so a program that calls this first gives the same
    bits every time, on both engines. Python's and NumPy's own generators are seeded as well, as Keras does.

    Args:
        seed: whole number from 0 to 2**32 - 1.

    Raises:
        ValueError, TypeError: anything else.

    Example:
        >>> import clarinet
        >>> set_random_seed(1)
        >>> first = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1)]).get_weights()[0]
        >>> set_random_seed(1)
        >>> second = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1)]).get_weights()[0]
        >>> bool((first == second).all())
        True
    """
    import random

    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise TypeError(f"set_random_seed: expected a whole number, received {seed!r}")
    if not 0 <= seed < 2**32:
        raise ValueError(f"set_random_seed: expected a whole number from 0 to 2**32 - 1, received {seed}")
    random.seed(int(seed))
    np.random.seed(int(seed))  # noqa: NPY002  # for the user's own draws; Clarinet never uses it
    set_seed(int(seed))


@explained
def to_categorical(x: object, num_classes: int | None = None, *, dtype: DTypeLike = np.float64) -> Array:
    """Class ids as one-hot rows, for ``categorical_crossentropy``.

    Args:
        x: class ids of any shape; a last axis of length 1 is dropped.
        num_classes: columns; default the largest id plus one.
        dtype: of the result.

    Returns:
        An array of shape (*x.shape, num_classes).

    Raises:
        ValueError: ids that are not whole, negative, or not below ``num_classes``.

    Example:
        >>> to_categorical([0, 2, 1], 3).tolist()
        [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    """
    ids = as_array(x, "to_categorical: x")
    if ids.ndim > 1 and ids.shape[-1] == 1:
        ids = ids[..., 0]
    if ids.dtype.kind == "f" and (ids != np.floor(ids)).any():
        raise ValueError(f"to_categorical: expected whole class ids, received {ids[ids != np.floor(ids)].flat[0]}")
    if ids.size == 0 and num_classes is None:
        raise ValueError("to_categorical: x is empty, so the number of classes is not known; pass num_classes")
    ids = ids.astype(np.int64)
    low, high = (int(ids.min()), int(ids.max())) if ids.size else (0, 0)
    classes = high + 1 if num_classes is None else num_classes
    if low < 0 or high >= classes:
        raise ValueError(f"to_categorical: class ids run from {low} to {high}, expected 0 to {classes - 1}")
    return np.eye(classes, dtype=dtype)[ids]


def normalize(x: object, axis: int = -1, order: float = 2) -> Array:
    """Divide every vector along ``axis`` by its norm; a vector of zeros stays.

    Args:
        x: array; of a tensor it is :func:`clarinet.ops.normalize`, which has a gradient.
        axis: of the vectors.
        order: of the norm; 2 is the Euclidean one.

    Example:
        >>> normalize([[3.0, 4.0], [0.0, 0.0]]).tolist()
        [[0.6, 0.8], [0.0, 0.0]]
    """
    if isinstance(x, (ops.Tensor, Variable)) or is_symbolic(x):
        return cast(Array, ops.normalize(x, axis, order))
    array = as_array(x, "normalize: x")
    norm = np.linalg.norm(array, order, axis, keepdims=True)
    return np.asarray(array / np.where(norm == 0, 1, norm))


@overload
def split_dataset(
    dataset: AbstractSequence[Array],
    left_size: float | int | None = None,
    right_size: float | int | None = None,
    shuffle: bool = False,
    seed: int | None = None,
) -> tuple[tuple[Array, ...], tuple[Array, ...]]: ...
@overload
def split_dataset(
    dataset: object,
    left_size: float | int | None = None,
    right_size: float | int | None = None,
    shuffle: bool = False,
    seed: int | None = None,
) -> tuple[Array | tuple[Array, ...], Array | tuple[Array, ...]]: ...
def split_dataset(
    dataset: object,
    left_size: float | int | None = None,
    right_size: float | int | None = None,
    shuffle: bool = False,
    seed: int | None = None,
) -> tuple[Array | tuple[Array, ...], Array | tuple[Array, ...]]:
    """Split arrays into two parts, e.g. to train and to test.

    Args:
        dataset: an array, or a tuple or list of arrays with the same number of rows.
        left_size, right_size: a fraction of the rows (a float) or a number of rows (an int); one of the two may be left
            out.
        shuffle: draw the order of the rows first.
        seed: of that order; default the next one after ``set_random_seed``.

    Returns:
        left and right part, each an array, or a tuple of arrays as ``dataset`` was.

    Raises:
        ValueError: sizes that do not fit, or arrays of different lengths.

    Example:
        >>> left, right = split_dataset((np.arange(10), np.arange(10) ** 2), left_size=0.8)
        >>> right[1].tolist()
        [64, 81]
    """
    given = dataset if isinstance(dataset, (tuple, list)) and dataset and hasattr(dataset[0], "shape") else (dataset,)
    several = given is dataset
    arrays = [as_array(a, "split_dataset") for a in given]
    lengths = sorted({len(a) for a in arrays})
    if len(lengths) > 1:
        raise ValueError(f"split_dataset: the arrays have different numbers of rows: {', '.join(map(str, lengths))}")
    left, right = _sizes(left_size, right_size, lengths[0])
    order = np.arange(lengths[0])
    if shuffle:
        order = permutation(Key(next_seed() if seed is None else seed, Stream.DATA), lengths[0])
    parts = [tuple(a[rows] for a in arrays) for rows in (order[:left], order[left : left + right])]
    return (parts[0], parts[1]) if several else (parts[0][0], parts[1][0])


def _sizes(left: float | int | None, right: float | int | None, n: int) -> tuple[int, int]:
    if left is None and right is None:
        raise ValueError("split_dataset: pass left_size or right_size, e.g. left_size=0.8")
    left_rows, right_rows = _rows(left, "left_size", n), _rows(right, "right_size", n)
    left_rows = n - right_rows if left_rows is None and right_rows is not None else left_rows
    right_rows = n - left_rows if right_rows is None and left_rows is not None else right_rows
    assert left_rows is not None and right_rows is not None
    if left_rows < 1 or right_rows < 1 or left_rows + right_rows > n:
        raise ValueError(
            f"split_dataset: left_size={left}, right_size={right} would make parts of {left_rows} and {right_rows} "
            f"out of {n} rows; each needs at least one, and together they cannot exceed what there is"
        )
    return left_rows, right_rows


def _rows(size: float | int | None, name: str, n: int) -> int | None:
    if size is None:
        return None
    if isinstance(size, bool) or not isinstance(size, (int, float, np.integer, np.floating)):
        raise TypeError(f"split_dataset: {name} is a fraction such as 0.8 or a number of rows, received {size!r}")
    if isinstance(size, (float, np.floating)):
        if not 0.0 < size < 1.0:
            raise ValueError(
                f"split_dataset: {name}={size}: a fraction is between 0 and 1; for a number of rows pass an int"
            )
        return round(float(size) * n)
    return int(size)


def pad_sequences(
    sequences: AbstractSequence[Array | AbstractSequence[object]],
    maxlen: int | None = None,
    dtype: DTypeLike = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: float = 0.0,
) -> Array:
    """Sequences of different lengths as one array, e.g. of ids for an Embedding.

    Args:
        sequences: a list of sequences; their items may be vectors of one shape.
        maxlen: length of all; default the longest one's.
        dtype: of the result; default ``"int32"``.
        padding: ``"pre"`` (default) fills up before a sequence, ``"post"`` after it.
        truncating: ``"pre"`` (default) cuts off the beginning of a longer sequence, ``"post"`` the end.
        value: the filler; default 0.

    Returns:
        array (sequences, maxlen, ...).

    Raises:
        TypeError: an item that is no sequence. ValueError: another word, ``maxlen`` below 1, items of several shapes.

    Example:
        >>> pad_sequences([[1, 2, 3], [4]], maxlen=2).tolist()
        [[2, 3], [0, 4]]
    """
    for name, word in (("padding", padding), ("truncating", truncating)):
        if word not in ("pre", "post"):
            raise ValueError(f"pad_sequences: {name} is 'pre' or 'post', received {word!r}")
    for place, sequence in enumerate(sequences):
        if not hasattr(sequence, "__len__") or isinstance(sequence, str):
            raise TypeError(f"pad_sequences: expected a list of sequences, received {sequence!r} at place {place}")
    length = max(map(len, sequences), default=0) if maxlen is None else maxlen
    if maxlen is not None and maxlen < 1:
        raise ValueError(f"pad_sequences: maxlen is at least 1, received {maxlen}")
    shape = next((np.asarray(sequence).shape[1:] for sequence in sequences if len(sequence)), ())
    padded = np.full((len(sequences), length, *shape), value, dtype)
    for place, sequence in enumerate(sequences):
        kept = np.asarray(sequence[-length:] if truncating == "pre" else sequence[:length], dtype)
        if len(kept) and kept.shape[1:] != shape:
            raise ValueError(f"pad_sequences: items at place {place} have shape {kept.shape[1:]}, before it {shape}")
        start = length - len(kept) if padding == "pre" else 0
        padded[place, start : start + len(kept)] = kept if len(kept) else value
    return padded


def pack_x_y_sample_weight(x: object, y: object = None, sample_weight: object = None) -> object:
    """What ``fit`` takes as a batch: ``(x, y, sample_weight)`` without what is not given; ``x`` alone as it is.

    Example:
        >>> pack_x_y_sample_weight(1), pack_x_y_sample_weight(1, 2), pack_x_y_sample_weight([1])
        (1, (1, 2), ([1],))
    """
    if y is None:
        return (x,) if isinstance(x, (list, tuple)) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def unpack_x_y_sample_weight(data: object) -> tuple[object, object, object]:
    """Inputs, labels and sample weights of a batch, as ``train_step`` gets it; None for what is not there.

    Raises:
        ValueError: a tuple of more than three.

    Example:
        >>> unpack_x_y_sample_weight((1, 2)), unpack_x_y_sample_weight(1)
        ((1, 2, None), (1, None, None))
    """
    given = tuple(data) if isinstance(data, (list, tuple)) else (data,)
    if not 1 <= len(given) <= 3:
        raise ValueError(
            f"unpack_x_y_sample_weight: expected x, (x, y) or (x, y, sample_weight), received {len(given)}"
        )
    x, y, weight = (*given, None, None)[:3]
    return x, y, weight


class PyDataset:
    """A source of batches that ``fit`` can start again every epoch; ``Sequence`` is another name for it.

    A subclass defines ``__len__`` (batches an epoch) and ``__getitem__(i)``, which returns ``(x, y)`` or
    ``(x, y, sample_weight)``. ``on_epoch_end`` may reorder the data.

    Args:
        workers, use_multiprocessing, max_queue_size: accepted for Keras programs; batches are made one after another.

    Example:
        >>> class Halves(PyDataset):
        ...     def __len__(self):
        ...         return 2
        ...     def __getitem__(self, i):
        ...         return np.full((4, 1), i), np.full(4, i)
        >>> [x[0, 0].item() for x, y in Halves()]
        [0, 1]
    """

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        self.workers, self.use_multiprocessing, self.max_queue_size = workers, use_multiprocessing, max_queue_size

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} needs __len__: the number of batches an epoch")

    def __getitem__(self, index: int) -> AbstractSequence[object]:
        raise NotImplementedError(f"{type(self).__name__} needs __getitem__(index), which returns (x, y)")

    def __iter__(self) -> Iterator[AbstractSequence[object]]:
        return (self[i] for i in range(len(self)))

    def on_epoch_end(self) -> None:
        """Called after every epoch."""


Sequence = PyDataset
