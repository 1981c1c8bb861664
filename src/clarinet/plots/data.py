"""The data of plots: rows as pictures, labels as class ids, predictions as probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import TYPE_CHECKING, TypeGuard

import numpy as np

from clarinet import activations
from clarinet.checks.models import final_outputs
from clarinet.data_adapters import as_array, inputs_for
from clarinet.plots.style import plain
from clarinet.types import Array, Arrays

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clarinet.trainable import Trainable
    from clarinet.types import Shape

#: Rows of a square number of values count as pictures from this side on; smaller ones are columns of a table.
_LEAST_SIDE = 8


def picture_shape(row: Shape, shape: Shape | None = None, what: str = "x") -> Shape | None:
    """``(height, width)`` or ``(height, width, 3 or 4)`` of a row of this shape; None where it is no picture.

    Args:
        row: shape of one row.
        shape: given by the user.

    Raises:
        ValueError: ``shape`` has another number of values than the row.
    """
    size = int(np.prod(row))
    if shape is not None:
        if len(shape) not in (2, 3) or int(np.prod(shape)) != size:
            raise ValueError(
                f"{what}: shape={tuple(shape)} does not fit rows of shape {row}; expected (height, width) or "
                f"(height, width, channels) with {size} values"
            )
        row = tuple(shape)
    if len(row) == 3 and row[-1] in (1, 3, 4):
        return row[:2] if row[-1] == 1 else row
    if len(row) == 2:
        return row
    if len(row) == 1:
        for channels in (1, 3):
            side = isqrt(size // channels)
            if side >= _LEAST_SIDE and channels * side * side == size:
                return (side, side) if channels == 1 else (side, side, 3)
    return None


def unit_range(x: Array) -> Array:
    """Pixels from 0 to 1: those from 0 to 1 and from 0 to 255 as they are meant, others from lowest to highest."""
    x = x.astype(np.float64)
    low, high = float(x.min()), float(x.max())
    if low >= 0 and high <= 255:
        low, high = 0.0, 1.0 if high <= 1 else 255.0
    return np.asarray((x - low) / (high - low))


def rows_of(x: object, what: str) -> Array:
    """``x`` as an array with a row a sample.

    Raises:
        ValueError: no rows, or no columns.
    """
    rows: Array = as_array(x, "x")
    if len(rows) == 0 or rows.ndim < 2:
        raise ValueError(
            f"{what}: x has shape {rows.shape}; expected rows, e.g. (n, 28, 28), (n, height, width, 3) or (n, columns)"
            + ("; one row alone is x[None]" if rows.ndim == 1 and len(rows) else "")
        )
    return rows


def class_ids(y: object, rows: int | None, what: str) -> Array:
    """Labels of any form as class ids (n,); the largest of one-hot rows and probabilities, a single column rounded.

    Raises:
        ValueError: not as many labels as rows.
    """
    labels = as_array(y, "y")
    if rows is not None and len(labels) != rows:
        raise ValueError(f"{what}: x has {rows} rows but y has {len(labels)}; every row needs its label")
    if labels.ndim > 1 and labels.shape[-1] > 1:
        labels = labels.reshape(len(labels), -1).argmax(axis=1)
    return np.asarray(np.rint(labels.reshape(len(labels))), np.int64)


def drawable(values: Array) -> tuple[Array, float, str]:
    """An array for a map of colours, even of a model that has diverged.

    Returns:
        the values with NaN, which has no colour, instead of numbers that are not finite; the largest size among the
        others, 1 if there is none above 0; and a note about the rest, such as ``", 3 not finite"``, or none.
    """
    values = np.asarray(values, np.float64)
    finite = np.isfinite(values)
    odd = int(values.size - finite.sum())
    most = float(np.abs(values[finite]).max(initial=0.0)) or 1.0
    return np.where(finite, values, np.nan), most, f", {odd:,} not finite" if odd else ""


def is_classifier(model: Trainable, y: object = None) -> bool:
    """Whether the model's outputs are about classes: it ends with a sigmoid or softmax, or its loss takes logits.

    One sigmoid whose labels are anything but 0 and 1 is a regression to a share.
    """
    ends = final_outputs(model) in ("probability", "distribution") or getattr(model.loss, "from_logits", False)
    several = (model.prediction_shape or (1,))[-1] > 1
    return bool(ends and (several or y is None or bool(np.isin(as_array(y, "y"), (0, 1)).all())))


def given_rows(model: Trainable, x: object, what: str) -> Arrays:
    """``x`` as the model takes it, a tuple for several inputs, for a plot of one answer to each row.

    Raises:
        ValueError: the model gives several, or none for a whole row; rows that do not fit.
    """
    if len(model.output_names) > 1:
        names = ", ".join(map(repr, model.output_names))
        raise ValueError(
            f"{what}: {model.name!r} has several outputs, {names}; make a model of the one that you mean, such as "
            "Model(model.input, layer.output)"
        )
    if len(model.prediction_shape or ()) > 1:
        raise ValueError(
            f"{what}: {model.name!r} gives {model.prediction_shape} a row; expected one answer to each row"
        )
    return rows_of(x, what) if len(model.input_names) == 1 and not isinstance(x, Mapping) else inputs_for(model, x)


def predicted(model: Trainable, x: Arrays, what: str) -> Array:
    """The model's predictions in float64, all of them numbers.

    Raises:
        ValueError: some are NaN or infinite, or the rows do not fit the model.
    """
    y = np.asarray(model.predict([*x] if isinstance(x, tuple) else x), np.float64)
    bad = int((~np.isfinite(y.reshape(len(y), -1))).any(axis=1).sum())
    if bad:
        raise ValueError(
            f"{what}: {bad} of {len(y)} predictions are not finite: x holds NaN, or training has diverged; "
            "clarinet.doctor.examine says why"
        )
    return y


def probabilities(model: Trainable, x: Arrays, what: str) -> Array:
    """A classifier's probabilities (n, classes); of one sigmoid those of its two classes."""
    y = predicted(model, x, what)
    y = y.reshape(len(y), -1)
    single = y.shape[1] == 1
    if getattr(model.loss, "from_logits", False):
        y = activations.sigmoid(y) if single else activations.softmax(y)
    return np.concatenate([1 - y, y], axis=1) if single else y


def is_model(value: object) -> TypeGuard[Trainable]:
    """Whether something is a model."""
    return hasattr(value, "layers") and hasattr(value, "predict")


def check_model(model: Trainable, what: str) -> None:
    """A model that is built, or an error.

    Raises:
        TypeError: no model. ValueError: it does not know its input's shape, or has no layers.
    """
    if not is_model(model):
        raise TypeError(f"{what}: expected a model first, received {type(model).__name__}")
    if not model.layers:
        raise ValueError(f"{what}: the model has no layers; add some, e.g. model.add(Dense(10))")
    model.store  # noqa: B018  # builds it, or says what is missing


def names_of(class_names: Sequence[object] | None, count: int, what: str) -> list[str]:
    """Names of classes as they are written in a picture; their numbers by default.

    Raises:
        ValueError: fewer names than classes.
    """
    if class_names is None:
        return [str(i) for i in range(count)]
    if len(class_names) < count:
        raise ValueError(f"{what}: there are {count} classes but {len(class_names)} class_names; name every class")
    return [plain(str(name)) for name in class_names]
