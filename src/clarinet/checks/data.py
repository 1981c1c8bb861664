"""Checks of rows, labels and weights against the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from clarinet.checks.classes import check_class_weight
from clarinet.checks.finite import fingerprint, first_nonfinite, room_for, unusable
from clarinet.checks.ids import check_ids
from clarinet.checks.labels import check_labels
from clarinet.checks.models import describe
from clarinet.data import match_last_axis
from clarinet.problems import Problem, error
from clarinet.types import Array

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from clarinet.trainable import Trainable
    from clarinet.types import Config, Shape

#: Names of data that are there as a whole: some of their rows have to count. A single batch may count for nothing.
_WHOLE = ("data", "fit.validation")


def check_data(
    model: Trainable,
    x: Array,
    y: Array | None,
    sample_weight: Array | None = None,
    class_weight: Mapping[int, float] | None = None,
    where: str = "data",
    fingerprints: Config | None = None,
) -> Iterator[Problem]:
    """Everything that makes training on these rows impossible or certainly wrong, then the doubts.

    Args:
        model: built and compiled.
        x, y, sample_weight: arrays as ``data.as_rows`` makes them.
        class_weight: as given to ``fit``.
        where: ``"data"``, ``"fit.validation"``, or ``"batch 3"``; problems are placed at ``data.x``, …, and what is not
            plain data is named in messages.
        fingerprints: where given, takes shape, dtype and fingerprint of ``x``, ``y`` and ``sample_weight``, computed in
            the same pass; complete when there was no error.

    Yields:
        problems, cheap checks first; when shapes are wrong the values are not looked at.
    """
    prefix = {"data": ""}.get(where, f"{where.replace('fit.validation', 'validation_data')}: ")
    stopped = False
    for problem in _check_shapes(model, x, y, sample_weight, prefix, where):
        stopped = True
        yield problem
    if stopped or y is None:
        return
    yield from check_labels(model, y, prefix, where)
    yield from _check_weights(model, y, sample_weight, class_weight, prefix, where)
    for name, array in (("x", x), ("sample_weight", sample_weight)):
        if array is not None:
            dtype = model.dtype if name == "x" else np.float32  # weights are kept in float32 everywhere
            yield from _check_finite(array, f"{prefix}{name}", f"{where}.{name}", name, fingerprints, dtype)
    yield from check_ids(model, x, f"{prefix}x", f"{where}.x")
    if fingerprints is not None:
        _look(y, "y", fingerprints)  # whether it holds NaN has been seen with the labels


def check_input(model: Trainable, x: Array) -> Iterator[Problem]:
    """Whether the rows of ``x`` have the model's input shape, and hold ids where it looks them up."""
    wrong = list(_check_input_shape(model, x, "x", "data.x"))
    yield from wrong or check_ids(model, x, "x", "data.x")


def _check_shapes(
    model: Trainable, x: Array, y: Array | None, sample_weight: Array | None, prefix: str, where: str
) -> Iterator[Problem]:
    if len(x) == 0:
        yield error("empty_data", f"{where}.x", f"{prefix}x: has no rows (shape {x.shape}); expected at least one")
        return
    yield from _check_input_shape(model, x, f"{prefix}x", f"{where}.x")
    if y is None:
        yield error("missing_labels", f"{where}.y", f"{prefix}y: the loss needs labels, received None; give y")
        return
    for name, array in (("y", y), ("sample_weight", sample_weight)):
        if array is not None and len(array) != len(x):
            hint = (
                "; y has a row for each column of x: use y.T?" if array.ndim == 2 and array.shape[1] == len(x) else ""
            )
            yield error(
                "length_mismatch",
                f"{where}.{name}",
                f"{prefix}x has {len(x)} rows but {name} has {len(array)}; every row of x needs one of {name}{hint}",
            )


def _check_input_shape(model: Trainable, x: Array, what: str, where: str) -> Iterator[Problem]:
    wanted = model.input_shape
    assert wanted is not None
    if match_last_axis(x, wanted).shape[1:] != wanted:
        yield error(
            "input_shape_mismatch",
            where,
            f"{what}: each row has shape {x.shape[1:]}, but the first layer, {describe(model.layers[0])}, was built "
            f"for {wanted}{_input_hint(x, wanted)}",
        )


def _input_hint(x: Array, wanted: Shape) -> str:
    own = x.shape[1:]
    if x.shape == wanted:
        return f"; this is one sample without the batch axis: use x[None], of shape {(1, *wanted)}"
    if prod(own) == prod(wanted):
        if sorted(own) == sorted(wanted) and len(own) > 1:
            return "; the axes are in another order: use np.moveaxis or np.transpose"
        if len(wanted) == 1:
            return f"; put Flatten() first in the model, or use x.reshape(-1, {wanted[0]})"
        return f"; use x.reshape(-1, {', '.join(map(str, wanted))})"
    if len(own) == len(wanted) == 1:
        return f"; it needs {wanted[0]} columns, x has {own[0]}: use the columns that it was made for, or change Input"
    return "; reshape x, or change the model's Input"


def _check_weights(
    model: Trainable,
    y: Array,
    sample_weight: Array | None,
    class_weight: Mapping[int, float] | None,
    prefix: str,
    where: str,
) -> Iterator[Problem]:
    if sample_weight is not None and sample_weight.shape not in ((len(y),), (len(y), 1)):
        yield error(
            "weight_shape_mismatch",
            f"{where}.sample_weight",
            f"{prefix}sample_weight: expected one weight a row, shape ({len(y)},), received "
            f"shape {sample_weight.shape}",
        )
    elif sample_weight is not None and where in _WHOLE and not sample_weight.any():
        yield error(
            "no_weight",
            f"{where}.sample_weight",
            f"{prefix}sample_weight: every weight is 0, so no row counts; give at least one row another weight",
        )
    if class_weight is not None:
        yield from check_class_weight(model, y, class_weight, where in _WHOLE)


def _look(
    array: Array, name: str, fingerprints: Config | None, dtype: DTypeLike | None = None
) -> tuple[int, ...] | None:
    """The place of the first number that is not finite as ``dtype``; ``fingerprints`` takes shape, dtype and hash."""
    hashes = None if fingerprints is None else room_for(array)
    place = first_nonfinite(array, hashes, dtype)
    if fingerprints is not None and hashes is not None and place is None:
        fingerprints[name] = {
            "shape": [int(n) for n in array.shape],
            "dtype": array.dtype.str,
            "hash": fingerprint(array, hashes),
        }
    return place


def _check_finite(
    array: Array, what: str, where: str, name: str, fingerprints: Config | None, dtype: DTypeLike
) -> Iterator[Problem]:
    place = _look(array, name, fingerprints, dtype)
    if place is not None:
        at = f"row {place[0]}"
        if len(place) == 2:
            at += f", column {place[1]}"
        elif len(place) > 2:
            at += f", position {tuple(int(i) for i in place[1:])}"
        fix = "fill or drop missing values first, e.g. np.nan_to_num, or leave the row out"
        yield unusable(array[place], what, at, where, fix)
