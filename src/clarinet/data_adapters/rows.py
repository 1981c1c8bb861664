"""Rows in the form that engines run on: labels and weights beside the inputs.

Conversion only: :mod:`clarinet.checks` has checked before whether the values suit the model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import DTypeLike, NDArray

from clarinet.arrays import spread
from clarinet.data_adapters.arrays import as_array
from clarinet.engines.base import Data, Leaves
from clarinet.types import Array, Arrays, Index

if TYPE_CHECKING:
    from clarinet.losses import Loss
    from clarinet.types import Shape

#: Of one output, or of each of several; None where there are none.
Labels = Array | tuple[Array | None, ...] | None
#: ``x``, ``y`` and ``sample_weight``; tuples where a model has several inputs or outputs.
Rows = tuple[Arrays, Labels, Labels]


def as_rows(
    x: object, y: object = None, sample_weight: object = None, prefix: str = ""
) -> tuple[Array, Array | None, Array | None]:
    """``x``, ``y`` and ``sample_weight`` as arrays; None stays None for the last two.

    Raises:
        TypeError, ValueError: as :func:`as_array`.
    """
    rows = as_array(x, prefix + "x")
    labels = None if y is None else as_array(y, prefix + "y")
    weight = None if sample_weight is None else as_array(sample_weight, prefix + "sample_weight")
    return rows, labels, weight


def label_form(loss: Loss | None) -> str:
    """The labels of a loss: ``"ids"`` (class ids), ``"one-hot"``, ``"numbers"`` (the predictions' shape) or
    ``"any"``."""
    if loss is None:
        return "any"
    return loss.labels if loss.labels in ("ids", "one-hot", "any") else "numbers"


def match_last_axis(array: Array, shape: tuple[int, ...]) -> Array:
    """Add or drop a last axis of length 1 where that makes rows of ``array`` have ``shape``; otherwise as it was.

    Example:
        >>> match_last_axis(np.zeros(5), (1,)).shape, match_last_axis(np.zeros((5, 28, 28)), (28, 28, 1)).shape
        ((5, 1), (5, 28, 28, 1))
    """
    own = array.shape[1:]
    if own == (*shape, 1):
        return array[..., 0]
    return array[..., None] if (*own, 1) == shape else array


def prepare(
    x: Array,
    y: Array | None = None,
    sample_weight: Array | None = None,
    class_weight: Mapping[int, float] | None = None,
    loss: Loss | None = None,
    output_shape: Shape = (),
    *,
    input_shape: Shape | None = None,
    dtype: DTypeLike = np.float32,
) -> Data:
    """Rows in the form that engines accept. Assumes that :func:`clarinet.checks.check_data` found no error.

    Class ids become int64 of shape (n, …); other labels ``dtype`` in the predictions' shape, so that labels (n,) match
    predictions (n, 1); weights float32, class weight times sample weight: (n,), or one for each value of the loss.

    Args:
        x, y, sample_weight: arrays as :func:`as_rows` makes them; y and sample_weight may be None.
        class_weight: ``{class id: weight}``; classes that are not named weigh 1.
        loss: decides the form of y.
        output_shape: of one prediction.
        input_shape: of one sample; x (n, 28, 28) matches (28, 28, 1) then.
        dtype: of labels that are numbers.

    Example:
        >>> from clarinet.losses import BinaryCrossentropy
        >>> x, y, _ = as_rows([[0.0], [1.0]], [False, True])
        >>> data = prepare(x, y, None, {1: 3}, BinaryCrossentropy(), (1,))
        >>> data.y.tolist(), data.weight.tolist()
        ([[0.0], [1.0]], [1.0, 3.0])
    """
    if input_shape is not None:
        x = match_last_axis(x, input_shape)
    labels = None if y is None else _prepare_labels(y, loss, output_shape, dtype)
    weight = None if sample_weight is None else flat_weight(sample_weight)
    if class_weight is not None and labels is not None:
        by_class = class_to_row_weights(labels, label_form(loss), class_weight)
        weight = by_class if weight is None else weight * spread(by_class, weight)
    return Data(x, labels, weight)


def _prepare_labels(y: Array, loss: Loss | None, output_shape: Shape, dtype: DTypeLike) -> Array:
    form = label_form(loss)
    if form == "ids":
        return np.ascontiguousarray(match_last_axis(y, output_shape[:-1]), np.int64)
    return np.ascontiguousarray(match_last_axis(y, output_shape) if form != "any" else y, dtype)


def flat_weight(sample_weight: Array) -> NDArray[np.float32]:
    """Weights as float32, without last axes of 1: one a row has shape (n,).

    Example:
        >>> flat_weight(np.ones((4, 1))).shape, flat_weight(np.ones((4, 7, 1))).shape
        ((4,), (4, 7))
    """
    while sample_weight.ndim > 1 and sample_weight.shape[-1] == 1:
        sample_weight = sample_weight[..., 0]
    return np.ascontiguousarray(sample_weight, np.float32)


def without_gaps(y: Labels, weight: Labels) -> Labels:
    """Labels where those of rows (or steps) of weight 0 that are no finite numbers are 0; all else is as it was.

    Example:
        >>> without_gaps(np.array([1.0, np.nan]), np.array([1.0, 0.0])).tolist()
        [1.0, 0.0]
    """
    if isinstance(y, tuple):
        weights = weight if isinstance(weight, tuple) else (weight,) * len(y)
        return tuple(without_gaps(own, w) for own, w in zip(y, weights, strict=True))  # type: ignore[misc]
    if y is None or weight is None or isinstance(weight, tuple) or y.dtype.kind != "f" or weight.all():
        return y
    counted = counted_places(y, weight)
    parts = y.reshape((*counted.shape, -1))
    gaps = ~counted & ~np.isfinite(parts).all(axis=-1)
    if gaps.any():
        parts = parts.copy()
        parts[gaps] = 0
        y = parts.reshape(y.shape)
    return y


def counted_places(y: Array, weight: Array) -> NDArray[np.bool_]:
    """Which rows, or steps of rows, of some labels have a weight.

    Example:
        >>> counted_places(np.zeros((2, 3, 5)), np.array([[1, 0, 1], [0, 0, 2]])).tolist()
        [[True, False, True], [False, False, True]]
        >>> counted_places(np.zeros((2, 3)), np.array([[1], [0]])).tolist()
        [True, False]
    """
    weight = flat_weight(weight)
    if y.shape[: weight.ndim] == weight.shape:
        return np.asarray(weight != 0)
    return np.asarray(weight.reshape(len(y), -1).any(axis=1))


def class_ids(y: Array, form: str) -> Array:
    """The class of every row: ``y`` itself, the place of the 1 in its columns, or 0 and 1 for a single column."""
    if form == "ids":
        return y.reshape(len(y))
    return y.argmax(axis=-1) if y.ndim > 1 and y.shape[-1] > 1 else np.rint(y.reshape(len(y)))


def class_to_row_weights(y: Array, form: str, class_weight: Mapping[int, float]) -> NDArray[np.float32]:
    """The weight of every row's class; 1 for classes that ``class_weight`` does not name, as in Keras."""
    ids = class_ids(y, form)
    weight = np.ones(len(ids), np.float32)
    for key, value in class_weight.items():
        weight[ids == int(key)] = float(value)
    return weight


def length(x: Arrays) -> int:
    """How many rows there are."""
    return len(x[0] if isinstance(x, tuple) else x)


def some_rows(rows: Rows, index: Index) -> Rows:
    """Some of the rows: ``index`` is a slice or an array of row numbers."""

    def each(part: Labels) -> Labels:
        if isinstance(part, Leaves):
            return some(part)
        if isinstance(part, tuple):
            return tuple(None if one is None else one[index] for one in part)
        return None if part is None else part[index]

    def some(part: Leaves) -> Leaves:
        return part.each(lambda one: one[index])

    x, y, weight = rows
    if isinstance(x, Leaves):
        return some(x), each(y), each(weight)
    return tuple(one[index] for one in x) if isinstance(x, tuple) else x[index], each(y), each(weight)


def split_validation(rows: Rows, fraction: float) -> tuple[Rows, Rows]:
    """Split off the last part of the rows, before any shuffling, as Keras does: ``at = floor(n * (1 - fraction))``.

    Args:
        rows: ``(x, y, sample_weight)``.
        fraction: between 0 and 1, exclusive.

    Returns:
        What to train on, and what to validate on; views, not copies.

    Raises:
        ValueError: one of the parts would have no rows.

    Example:
        >>> train, held_out = split_validation((np.arange(10), None, None), 0.2)
        >>> held_out[0].tolist()
        [8, 9]
    """
    n = length(rows[0])
    at = math.floor(n * (1.0 - fraction))
    if at in (0, n):
        raise ValueError(
            f"validation_split={fraction}: of {n} rows this leaves {at} to train on and {n - at} to validate "
            "on; both need at least one: use another fraction, or validation_data"
        )
    return some_rows(rows, slice(at)), some_rows(rows, slice(at, None))
