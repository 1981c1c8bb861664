"""Checks of rows, labels and weights against the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from clarinet.checks.classes import check_class_weight
from clarinet.checks.finite import fingerprint, first_nonfinite, room_for, unusable
from clarinet.checks.ids import check_ids
from clarinet.checks.labels import check_labels
from clarinet.checks.models import describe
from clarinet.data_adapters import match_last_axis
from clarinet.data_adapters.rows import counted_places
from clarinet.data_adapters.structures import called
from clarinet.problems import Problem, error
from clarinet.sparse_rows import SparseRows
from clarinet.types import Array, Arrays

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from clarinet.trainable import Judged, Trainable
    from clarinet.types import Config, Shape

#: Names of data that are there as a whole: some of their rows have to count. A single batch may count for nothing.
_WHOLE = ("data", "fit.validation")
#: What messages call an array, and the array.
Named = tuple[str, Array | None]


def check_data(
    model: Trainable,
    x: Arrays,
    y: Array | tuple[Array | None, ...] | None,
    sample_weight: Array | tuple[Array | None, ...] | None = None,
    class_weight: Mapping[int, float] | None = None,
    where: str = "data",
    fingerprints: Config | None = None,
) -> Iterator[Problem]:
    """Everything that makes training on these rows impossible or certainly wrong, then the doubts.

    Args:
        model: built and compiled.
        x, y, sample_weight: arrays as ``data.rows_for`` makes them.
        class_weight: as given to ``fit``.
        where: ``"data"``, ``"fit.validation"``, or ``"batch 3"``; problems are placed at ``data.x``, …, and what is not
            plain data is named in messages.
        fingerprints: where given, takes shape, dtype and fingerprint of ``x``, ``y`` and ``sample_weight``, computed in
            the same pass; complete when there was no error.

    Yields:
        problems, cheap checks first; when shapes are wrong the values are not looked at.
    """
    prefix = {"data": ""}.get(where, f"{where.replace('fit.validation', 'validation_data')}: ")
    inputs = _named("x", x, model.row_names)
    labels = _named("y", y, model.output_names)
    weights = _named("sample_weight", sample_weight, model.output_names)
    stopped = False
    missing = y is None and model.needs_labels
    for problem in _check_shapes(model, inputs, None if missing else labels, weights, prefix, where):
        stopped = True
        yield problem
    if stopped or missing:
        return
    for face, (name, label), (weight_name, weight) in zip(model.faces, labels, weights, strict=True):
        if label is not None:
            yield from check_labels(face, _counted(label, weight), prefix, where, name)
            yield from _check_weights(face, label, weight, class_weight, prefix, where, weight_name)
    for name, array in (*inputs, *weights):
        if array is not None:
            dtype = np.float32 if name.startswith("sample_weight") else model.dtype  # so are weights kept everywhere
            yield from _check_finite(array, f"{prefix}{name}", f"{where}.{name}", name, fingerprints, dtype)
    if len(inputs) == 1:
        yield from check_ids(model, inputs[0][1], f"{prefix}x", f"{where}.x")  # type: ignore[arg-type]
    for name, label in labels if fingerprints is not None else ():
        if label is not None:
            _look(label, name, fingerprints)  # whether it holds NaN has been seen with the labels


def _counted(y: Array, weight: Array | None) -> Array:
    """The labels of rows and steps that count: what those of weight 0 have matters to nobody."""
    if weight is None or weight.shape[:1] != y.shape[:1] or weight.all():
        return y
    counted = counted_places(y, weight)
    if not counted.any():
        return y
    rows = counted.reshape(len(y), -1).any(axis=1)
    if counted.ndim > 1 and not counted[rows].all():
        y = y.copy()
        y[~counted] = y[counted][0]  # what one that counts has
    return y if rows.all() else y[rows]


def _named(what: str, arrays: Array | tuple[Array | None, ...] | None, names: Sequence[str]) -> list[Named]:
    """Each of some arrays with what messages call it."""
    if len(names) == 1 or arrays is None:
        return [(what, None if isinstance(arrays, tuple) else arrays)] * len(names)
    return [(called(what, name), array) for name, array in zip(names, arrays, strict=True)]


def check_input(model: Trainable, x: Arrays) -> Iterator[Problem]:
    """Whether the rows of ``x`` have the model's input shape, and hold ids where it looks them up."""
    inputs = _named("x", x, model.row_names)
    wrong = list(_check_input_shapes(model, inputs, "", "data"))
    if wrong or len(inputs) > 1:
        yield from wrong or _check_lengths(inputs, "", "data")
    elif not isinstance(x, tuple):
        yield from check_ids(model, x, "x", "data.x")


def _check_shapes(
    model: Trainable,
    inputs: Sequence[Named],
    labels: Sequence[Named] | None,
    weights: Sequence[Named],
    prefix: str,
    where: str,
) -> Iterator[Problem]:
    first = inputs[0][1]
    assert first is not None
    if len(first) == 0:
        name = inputs[0][0]
        message = f"{prefix}{name}: has no rows (shape {first.shape}); expected at least one"
        yield error("empty_data", f"{where}.{name}", message)
        return
    yield from _check_input_shapes(model, inputs, prefix, where)
    if labels is None:
        yield error("missing_labels", f"{where}.y", f"{prefix}y: the loss needs labels, received None; give y")
        return
    for face, (name, y) in zip(model.faces, labels, strict=True):
        if y is None and face.loss is not None:
            message = f"{prefix}{name}: the loss needs labels, received None; give an array"
            yield error("missing_labels", f"{where}.{name}", message)
    yield from _check_lengths((*inputs, *labels, *weights), prefix, where)


def _check_lengths(arrays: Sequence[Named], prefix: str, where: str) -> Iterator[Problem]:
    """Whether all have as many rows as the first."""
    first_name, first = arrays[0]
    assert first is not None
    for name, array in arrays[1:]:
        if array is not None and len(array) != len(first):
            turned = array.ndim == 2 and array.shape[1] == len(first)
            hint = f"; {name} has a row for each column of {first_name}: use {name}.T?" if turned else ""
            yield error(
                "length_mismatch",
                f"{where}.{name}",
                f"{prefix}{first_name} has {len(first)} rows but {name} has {len(array)}; every row of {first_name} "
                f"needs one of {name}{hint}",
            )


def _check_input_shapes(model: Trainable, inputs: Sequence[Named], prefix: str, where: str) -> Iterator[Problem]:
    for (name, x), wanted in zip(inputs, model.row_shapes, strict=True):
        assert x is not None
        if match_last_axis(x, wanted).shape[1:] != wanted:
            first = (
                f"the first layer, {describe(model.layers[0])}," if len(inputs) == 1 and model.layers else "the model"
            )
            yield error(
                "input_shape_mismatch",
                f"{where}.{name}",
                f"{prefix}{name}: each row has shape {x.shape[1:]}, but {first} was built "
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
    model: Judged,
    y: Array,
    sample_weight: Array | None,
    class_weight: Mapping[int, float] | None,
    prefix: str,
    where: str,
    name: str,
) -> Iterator[Problem]:
    if sample_weight is not None and not _fits(model, sample_weight):
        steps = () if model.prediction_shape is None else model.prediction_shape[:-1]
        each = f", or one for each of its steps, shape {(len(y), *steps)}" if steps else ""
        yield error(
            "weight_shape_mismatch",
            f"{where}.{name}",
            f"{prefix}{name}: expected one weight a row, shape ({len(y)},){each}, received shape {sample_weight.shape}",
        )
    elif sample_weight is not None and model.loss is not None and model.loss.joins_rows(y.ndim):
        yield error(
            "weight_of_joined_rows",
            f"{where}.{name}",
            f"{prefix}{name}: {type(model.loss).__name__} sums over the rows of a batch, so no row has a value of its "
            "own to weigh; leave the weights out, or give the loss axes without 0, the batch's",
        )
    elif sample_weight is not None and where in _WHOLE and not sample_weight.any():
        yield error(
            "no_weight",
            f"{where}.{name}",
            f"{prefix}{name}: every weight is 0, so no row counts; give at least one row another weight",
        )
    if class_weight is not None:
        yield from check_class_weight(model, y, class_weight, where in _WHOLE)


def _fits(model: Judged, sample_weight: Array) -> bool:
    """Whether there is one weight a row, or one for each of the values that the loss has in a row."""
    own = sample_weight.shape[1:]
    while own[-1:] == (1,):
        own = own[:-1]
    return own == (model.prediction_shape or ())[: len(own)] and len(own) < len(model.prediction_shape or (0,))


def _look(
    array: Array, name: str, fingerprints: Config | None, dtype: DTypeLike | None = None
) -> tuple[int, ...] | None:
    """The place of the first number that is not finite as ``dtype``; shape, dtype and hash go to ``fingerprints`` on
    the way."""
    if isinstance(array, SparseRows):
        return _look_at_sparse(array, name, fingerprints)
    hashes = None if fingerprints is None else room_for(array)
    place = first_nonfinite(array, hashes, dtype)
    if fingerprints is not None and hashes is not None and place is None:
        fingerprints[name] = {
            "shape": [int(n) for n in array.shape],
            "dtype": array.dtype.str,
            "hash": fingerprint(array, hashes),
        }
    return place


def _look_at_sparse(rows: SparseRows, name: str, fingerprints: Config | None) -> tuple[int, ...] | None:
    """The same of sparse rows."""
    first, stop = int(rows.starts[0]), int(rows.starts[-1])
    bad = np.flatnonzero(~np.isfinite(rows.values[first:stop]))
    if len(bad):
        number = first + int(bad[0])
        return int(np.searchsorted(rows.starts, number, "right")) - 1, int(rows.columns[number])
    if fingerprints is not None:
        parts = (rows.values[first:stop], rows.columns[first:stop], rows.starts - first)
        whole = np.frombuffer(b"".join(part.tobytes() for part in parts), np.uint8)
        hashes = room_for(whole)
        first_nonfinite(whole, hashes)
        about: Config = {"shape": [*rows.shape], "dtype": rows.dtype.str, "hash": fingerprint(whole, hashes)}
        fingerprints[name] = about
    return None


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
        value = np.asarray(array[place[0] : place[0] + 1])[0][place[1:]]
        yield unusable(value, what, at, where, fix)
