"""Nested state (a callback's, a metric's) as JSON beside named tensors, and back, without losing a bit."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from clarinet.types import Array, Json

#: Keys of the one-entry objects that stand for what JSON does not have.
_TENSOR, _FLOAT = "$tensor", "$float"


def flatten(state: object, tensors: dict[str, Array], path: str = "state") -> Json:
    """The part of ``state`` that JSON can hold; arrays are put into ``tensors`` under their place in it.

    Args:
        state: numbers, strings, booleans, None, arrays; lists, tuples (they become lists) and dictionaries of them.
        tensors: receives the arrays.
        path: how messages and tensors call this place.

    Raises:
        TypeError: something else, e.g. an object or a function; the message says where.

    Example:
        >>> tensors = {}
        >>> flatten({"best": float("nan"), "weights": [np.zeros(2)]}, tensors)
        {'best': {'$float': 'nan'}, 'weights': [{'$tensor': 'state.weights.0'}]}
        >>> list(tensors)
        ['state.weights.0']
    """
    if isinstance(state, np.generic):
        state = state.item()
    if isinstance(state, float) and not math.isfinite(state):
        return {_FLOAT: repr(state)}
    if state is None or isinstance(state, (bool, int, float, str)):
        return state
    if isinstance(state, np.ndarray) and state.dtype.kind in "biuf":
        tensors[path] = state
        return {_TENSOR: path}
    if isinstance(state, (list, tuple)):
        return [flatten(item, tensors, f"{path}.{i}") for i, item in enumerate(state)]
    if isinstance(state, Mapping) and all(isinstance(key, str) for key in state):
        return {key: flatten(item, tensors, f"{path}.{key}") for key, item in state.items()}
    raise TypeError(
        f"{path} is {type(state).__name__} ({str(state)[:40]!r}), which a checkpoint cannot hold; get_state gives "
        "numbers, strings, arrays, and lists and dictionaries of them"
    )


def unflatten(tree: object, tensors: Mapping[str, Array]) -> object:
    """The argument of :func:`flatten`.

    Raises:
        ValueError: a tensor that is not there, or no number.

    Example:
        >>> unflatten({"best": {"$float": "inf"}, "weights": [{"$tensor": "w"}]}, {"w": np.ones(1)})
        {'best': inf, 'weights': [array([1.])]}
    """
    if isinstance(tree, list):
        return [unflatten(item, tensors) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if tree.keys() == {_TENSOR}:
        name = tree[_TENSOR]
        if not isinstance(name, str) or name not in tensors:
            raise ValueError(f"it names the tensor {name!r}, which is not there")
        return tensors[name]
    if tree.keys() == {_FLOAT}:
        if tree[_FLOAT] not in ("nan", "inf", "-inf"):
            raise ValueError(f"{tree[_FLOAT]!r} stands where infinity or NaN is expected")
        return float(tree[_FLOAT])
    return {key: unflatten(item, tensors) for key, item in tree.items()}
