"""Labels against loss and output layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from clarinet.checks.finite import first_nonfinite, unusable
from clarinet.checks.models import describe, output_layer
from clarinet.data_adapters import label_form, match_last_axis
from clarinet.problems import Problem, error, warning
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.trainable import Judged


def check_labels(model: Judged, y: Array, prefix: str = "", where: str = "data", name: str = "y") -> Iterator[Problem]:
    """Shape and range of labels for the loss of a model, or of one of its outputs.

    Args:
        model: built and compiled.
        y: labels, as many as there are rows.
        prefix: begins every message.
        where: ``"data"`` or ``"fit.validation"``.
        name: what messages call the labels.
    """
    place = first_nonfinite(y, dtype=model.dtype if model.target is None else None)  # a transformed target is in range
    if place is not None:
        at = f"row {place[0]}" + (f", column {place[1]}" if len(place) > 1 else "")
        yield unusable(y[place], f"{prefix}{name}", at, f"{where}.{name}", "leave out rows without a label")
        return
    form = label_form(model.loss)
    check = {"ids": _check_ids, "one-hot": _check_one_hot, "numbers": _check_numbers}.get(form)
    if check is not None:
        for problem in check(model, y):
            yield Problem(
                problem.kind,
                problem.where.replace("data.y", f"{where}.{name}"),
                problem.severity,
                prefix + (problem.message if name == "y" else f"{name}: {problem.message.removeprefix('y: ')}"),
                problem.error,
            )


def _check_ids(model: Judged, y: Array) -> Iterator[Problem]:
    """Sparse categorical cross-entropy: class ids (n,) from 0 to units - 1."""
    assert model.prediction_shape is not None
    *outer, units = model.prediction_shape
    ids = match_last_axis(y, tuple(outer))
    if ids.shape[1:] != tuple(outer):
        yield _wrong_id_shape(model, y, tuple(outer), units)
        return
    if ids.dtype.kind == "f" and outer and (ids % 1).any():  # such as masks of pictures in another size
        yield warning(
            "label_encoding_mismatch",
            "data.y",
            "y: class ids are whole numbers, and these are not: they are cut off, as Keras does; if they come from "
            "tf.image.resize, give it method='nearest'",
        )
        ids = np.trunc(ids)
    if ids.dtype.kind == "f" and (ids % 1).any():
        row = int(np.argmax((ids % 1 != 0).reshape(len(ids), -1).any(axis=1)))
        yield error(
            "label_encoding_mismatch",
            "data.y",
            f"y: row {row} holds {ids[row]}, expected whole class ids from 0 to {units - 1} for "
            "sparse_categorical_crossentropy; for numbers to predict use loss='mse'",
        )
        return
    yield from _check_id_range(model, ids, units)


def _check_id_range(model: Judged, ids: Array, units: int) -> Iterator[Problem]:
    if model.has_mask and (ids >= 0).any():  # a step that a mask leaves out may have no label
        ids = ids[ids != -1]
    ignored = getattr(model.loss, "ignore_class", None)
    if ignored is not None:
        ids = ids[ids != ignored]
    if not ids.size:
        return
    low, high = int(ids.min()), int(ids.max())
    name = describe(output_layer(model)[1])
    if low < 0:
        fix = f"use y + {-low}" if high - low < units else "class ids count from 0"
        if low == -1 and high == 1 and not (ids == 0).any():
            fix = "map -1 and 1 to 0 and 1 with (y + 1) // 2"
        yield error(
            "label_encoding_mismatch",
            "data.y",
            f"{name}: the labels run from {low} to {high}, expected 0 to {units - 1}; {fix}",
        )
    elif high >= units and low == high - units + 1:
        yield error(
            "label_encoding_mismatch",
            "data.y",
            f"{name}: the labels run from {low} to {high}, but class ids start at 0; use y - {low}",
        )
    elif high >= units:
        extra = ", or keep one unit with sigmoid and loss='binary_crossentropy'" if (units, high) == (1, 1) else ""
        yield _wrong_units(model, f"hold {high + 1} classes (0..{high})", high + 1, extra)


def _wrong_id_shape(model: Judged, y: Array, outer: tuple[int, ...], units: int) -> Problem:
    if y.shape[1:] == (*outer, units):
        return error(
            "label_encoding_mismatch",
            "data.y",
            f"y: has shape {y.shape}, one column a class, but sparse_categorical_crossentropy expects class "
            f"ids of shape {(len(y), *outer)}; use loss='categorical_crossentropy', or y.argmax(axis=-1)",
        )
    return _wrong_shape(model, y, (len(y), *outer), "class ids")


def _check_one_hot(model: Judged, y: Array) -> Iterator[Problem]:
    """Categorical cross-entropy: a column for every class."""
    assert model.prediction_shape is not None and model.loss is not None
    shape = model.prediction_shape
    if match_last_axis(y, shape).shape[1:] == shape:
        return
    if y.shape[1:] in (shape[:-1], (*shape[:-1], 1)):
        yield error(
            "label_encoding_mismatch",
            "data.y",
            f"y: has shape {y.shape}, one class id a row, but {model.loss.name} expects one column a class, "
            f"shape {(len(y), *shape)}; use loss='sparse_categorical_crossentropy', or "
            f"utils.to_categorical(y, {shape[-1]})",
        )
    elif y.ndim == len(shape) + 1:
        yield _wrong_units(model, f"have {y.shape[-1]} columns, one for each class", y.shape[-1], "")
    else:
        yield _wrong_shape(model, y, (len(y), *shape), "one column a class")


def _check_numbers(model: Judged, y: Array) -> Iterator[Problem]:
    """Any other loss: labels in the predictions' shape."""
    assert model.prediction_shape is not None
    shape = model.prediction_shape
    if match_last_axis(y, shape).shape[1:] != shape:
        if len(shape) == 1 and y.ndim <= 2:
            columns = 1 if y.ndim == 1 else y.shape[1]
            have = f"have {columns} column{'s' * (columns != 1)} (shape {y.shape})"
            extra = ""
            if columns == 1 and y.dtype.kind in "iu" and shape[-1] > 1:
                extra = "; for class ids use loss='sparse_categorical_crossentropy'"
            yield _wrong_units(model, have, columns, extra)
        else:
            yield _wrong_shape(model, y, (len(y), *shape), "one value for every output")
    elif model.loss is not None and model.loss.labels == "binary" and y.dtype.kind != "b":
        low, high = y.min(), y.max()
        if low < 0 or high > 1:
            yield warning(
                "targets_out_of_range",
                "data.y",
                f"y: runs from {low} to {high}, but {model.loss.name} expects 0 and 1 (or shares between); "
                + ("use y - 1" if (low, high) == (1, 2) else "map the classes to 0 and 1, or use loss='mse'"),
            )


def _wrong_units(model: Judged, have: str, wanted: int, extra: str) -> Problem:
    """The labels ask for ``wanted`` outputs."""
    index, layer = output_layer(model)
    assert model.prediction_shape is not None
    units = model.prediction_shape[-1]
    fix = f"use {type(layer).__name__}({wanted})" if hasattr(layer, "units") else f"give the model {wanted} outputs"
    return error(
        "output_units_mismatch",
        f"layer:{index}",
        f"{describe(layer)}: the labels {have} but the layer has {units} unit{'s' * (units != 1)}; {fix}{extra}",
    )


def _wrong_shape(model: Judged, y: Array, wanted: tuple[int, ...], what: str) -> Problem:
    shape = model.prediction_shape
    hint = "; put Flatten() before the last Dense layers to have one prediction a row" if len(wanted) > y.ndim else ""
    return error(
        "label_shape_mismatch",
        "data.y",
        f"y: has shape {y.shape}, expected {what} of shape {wanted}, since one prediction has shape {shape}{hint}",
    )
