"""Classical models of scikit-learn as layers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clarinet import layers, ops
from clarinet.exchange.from_onnx.protos import Step
from clarinet.exchange.from_onnx.reading import NotNumbers, Reader, Value
from clarinet.exchange.from_onnx.turned import settled
from clarinet.exchange.from_onnx.weighted import fixed, is_fixed


def linear_classifier(r: Reader, step: Step, x: Sequence[Value]) -> object:
    """Dense with the function that makes chances of scores."""
    classes = step.get("classlabels_ints") or step.get("classlabels_strings")
    kernel = np.array(step.get("coefficients"), np.float32).reshape(len(step.get("intercepts")), -1).T
    bias = np.array(step.get("intercepts"), np.float32)
    function = {"NONE": "linear", "LOGISTIC": "sigmoid", "SOFTMAX": "softmax"}[step.get("post_transform", "NONE")]
    if len(classes) == 2 and len(bias) == 1:
        kernel, bias = np.concatenate([-kernel, kernel], 1), np.concatenate([-bias, bias])
    y = r.use(step, layers.Dense(len(bias), activation=function), settled(x[0]), weights=[kernel, bias])
    return [None, y]


def linear_regressor(r: Reader, step: Step, x: Sequence[Value]) -> object:
    """Dense."""
    targets = int(step.get("targets", 1))
    kernel = np.array(step.get("coefficients"), np.float32).reshape(targets, -1).T
    bias = np.array(step.get("intercepts", [0.0] * targets), np.float32)
    return r.use(step, layers.Dense(targets), settled(x[0]), weights=[kernel, bias])


def scaler(r: Reader, step: Step, x: Sequence[Value]) -> object:
    """What is subtracted, and a factor."""
    offset, scale = (np.array(step.get(name), np.float32) for name in ("offset", "scale"))
    return (settled(x[0]) - offset) * scale


def normalizer(r: Reader, step: Step, x: Sequence[Value]) -> object:
    """Rows of length one."""
    y = settled(x[0])
    sizes = {
        "L1": lambda: ops.sum(ops.abs(y), axis=-1, keepdims=True),
        "L2": lambda: ops.sqrt(ops.sum(y * y, axis=-1, keepdims=True)),
        "MAX": lambda: ops.max(ops.abs(y), axis=-1, keepdims=True),
    }
    return y / sizes[step.get("norm", "MAX")]()


def imputer(r: Reader, step: Step, x: Sequence[Value]) -> object:
    """Numbers in place of missing ones: of NaN, or of one that stands for them."""
    y, missing = settled(x[0]), float(step.get("replaced_value_float", 0.0))
    gone = ops.isnan(y) if np.isnan(missing) else ops.equal(y, missing)
    return ops.where(gone, np.array(step.get("imputed_value_floats"), np.float32), y)


def binarizer(r: Reader, step: Step, x: Sequence[Value]) -> object:
    """1 above a threshold, else 0."""
    return ops.cast(ops.greater(settled(x[0]), float(step.get("threshold", 0.0))), "float32")


def chosen_columns(r: Reader, step: Step, x: Sequence[Value]) -> object:
    """Some of the last axis; of a list of classes their names, which are left out."""
    if is_fixed(x[0]) or not is_fixed(x[1]):
        raise NotNumbers
    return ops.take(settled(x[0]), fixed(x[1], "the columns").ravel().astype(np.int32), axis=-1)
