"""Classical models of scikit-learn as layers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clarinet import layers, ops
from clarinet.exchange.from_onnx.protos import Step
from clarinet.exchange.from_onnx.reading import NotNumbers, Reader, Value
from clarinet.exchange.from_onnx.turned import settled
from clarinet.exchange.from_onnx.weighted import fixed, is_fixed
from clarinet.types import AnyTensor


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
    """Rows of length one, or whose greatest number is one."""
    y, axis = settled(x[0]), int(step.get("axis", -1))
    sizes = {
        "L1": lambda: ops.sum(ops.abs(y), axis=axis, keepdims=True),
        "L2": lambda: ops.sqrt(ops.sum(y * y, axis=axis, keepdims=True)),
        "MAX": lambda: ops.max(y, axis=axis, keepdims=True),
    }
    norm = f"L{step.get('p', 2)}" if step.operator == "LpNormalization" else step.get("norm", "MAX")
    return y / sizes[norm]()


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


def greatest(r: Reader, step: Step, x: Sequence[Value]) -> object:
    """The place of the greatest number, where other nodes go on with it; else it is the number of a class."""
    users = r.users(step.gives[0])
    if all(user is None or user.operator == "ArrayFeatureExtractor" for user in users):
        raise NotNumbers
    if step.get("select_last_index", 0):
        raise ValueError("select_last_index=1; expected 0")
    return ops.argmax(settled(x[0]), axis=int(step.get("axis", 0)), keepdims=bool(step.get("keepdims", 1)))


def one_hot(r: Reader, step: Step, x: Sequence[Value]) -> object:
    """1 at the place of a number's category, along a new last axis."""
    if (categories := step.get("cats_int64s")) is None:
        raise NotNumbers
    found = ops.equal(ops.expand_dims(_as_floats(x[0]), -1), np.array(categories, np.float32))
    return ops.cast(found, "float32")


def encoder(r: Reader, step: Step, x: Sequence[Value]) -> object:
    """Numbers in the place of others."""
    keys, values = (step.get(f"{what}_floats") or step.get(f"{what}_int64s") for what in ("keys", "values"))
    users = r.users(step.gives[0])
    if keys is None or values is None or is_fixed(x[0]) or all(user is None for user in users):
        raise NotNumbers
    otherwise = float(step.get("default_float", -0.0) if step.get("values_floats") else step.get("default_int64", -1))
    places = ops.cast(ops.equal(ops.expand_dims(_as_floats(x[0]), -1), np.array(keys, np.float32)), "float32")
    return ops.sum(places * (np.array(values, np.float32) - otherwise), axis=-1) + otherwise


def _as_floats(value: Value) -> AnyTensor:
    return ops.cast(settled(value), "float32")
