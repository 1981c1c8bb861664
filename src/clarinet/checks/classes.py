"""Weights of classes against the labels and the model."""

from __future__ import annotations

import numbers
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet.checks.finite import largest
from clarinet.data_adapters import label_form
from clarinet.data_adapters.rows import class_ids
from clarinet.problems import Problem, error, shown
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.trainable import Judged


def check_class_weight(
    model: Judged, y: Array, class_weight: Mapping[int, object], whole: bool = True
) -> Iterator[Problem]:
    """Whether the labels are classes, the keys name such classes, and the values are weights.

    Args:
        model: built and compiled.
        y: labels.
        class_weight: as given to ``fit``; NumPy's numbers count as Python's.
        whole: whether these are all rows, so that some of them have to count.
    """
    assert model.prediction_shape is not None
    units = model.prediction_shape[-1]
    if len(model.prediction_shape) > 1:
        yield _problem(f"needs one class a row, but predictions have shape {model.prediction_shape}; use sample_weight")
        return
    if label_form(model.loss) in ("numbers", "any") and (units > 1 or (y % 1).any()):
        yield _problem("the labels are numbers, not classes; use sample_weight")
        return
    wrong = [problem for pair in class_weight.items() for problem in _check_pair(*pair, max(units, 2))]
    yield from wrong
    if whole and not wrong and class_weight and not any(class_weight.values()):
        named = [int(key) for key in class_weight]
        if np.isin(class_ids(y, label_form(model.loss)), named).all():
            yield _problem("every class in y weighs 0, so no row counts; give at least one of them another weight")


def _check_pair(key: Any, value: Any, classes: int) -> Iterator[Problem]:
    if not _is_number(key) or not 0 <= key < classes or key != int(key):  # NaN is in no interval
        yield _problem(f"{shown(key)} is not a class; expected class ids from 0 to {classes - 1} as keys")
    elif not _is_number(value) or not abs(value) <= largest(np.float32):
        yield _problem(f"the weight of class {key} is {shown(value)}; expected a finite number that float32 can hold")


def _is_number(value: object) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _problem(message: str) -> Problem:
    return error("bad_class_weight", "fit.class_weight", f"class_weight: {message}")
