"""Shapes that programs put together with operations: ``concatenate([expand_dims(rows, -1), [1, 1]])``.

The tensor that comes out is remembered with the sizes that it holds, and functions that take a shape take it for those.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar, cast
from weakref import WeakKeyDictionary

import numpy as np

from clarinet.ops.specs import is_symbolic
from clarinet.sizes import SizeToCome

F = TypeVar("F", bound=Callable[..., object])
T = TypeVar("T")
#: By tensor: the sizes that are its numbers.
_LISTS: WeakKeyDictionary[object, tuple[object, ...]] = WeakKeyDictionary()
#: By tensor of one number: the size that it is.
_SIZES: WeakKeyDictionary[object, SizeToCome] = WeakKeyDictionary()
#: No shape has more axes.
_MOST = 16


def listing(function: F) -> F:
    """Have a function that joins its first argument to one row of numbers remember which of them are sizes."""

    @wraps(function)
    def wrapped(*args: object, **settings: object) -> object:
        found = function(*args, **settings)
        given = args[0] if args else next(iter(settings.values()))
        if SizeToCome.seen and is_symbolic(found):
            sizes = _sizes(given)
            if sizes is not None and any(isinstance(size, SizeToCome) for size in sizes):
                _LISTS[found] = sizes
        return found

    return cast(F, wrapped)


def as_list(value: object) -> object:
    """The sizes that a tensor is known to hold, as a tuple, and those that tensors in a tuple are known to be; anything
    else as it is."""
    if isinstance(value, (list, tuple)):
        return type(value)(_SIZES.get(each, each) if is_symbolic(each) else each for each in value)
    return _LISTS.get(value, value) if is_symbolic(value) else value


def same_size(found: T, size: object) -> T:
    """A tensor that is a size in another dtype, remembered as that where it is one."""
    if isinstance(size, SizeToCome) and is_symbolic(found):
        _SIZES[found] = size
    return found


def _sizes(value: object) -> tuple[object, ...] | None:
    """Whole numbers and sizes in a row, of several given in a list; None where something else is among them."""
    if isinstance(value, (SizeToCome, int, np.integer)):
        return (value,)
    if is_symbolic(value):
        return _LISTS.get(value)
    if isinstance(value, np.ndarray) and value.ndim == 1 and value.size < _MOST and value.dtype.kind in "iu":
        return tuple(value.tolist())
    if not isinstance(value, (list, tuple)):
        return None
    parts = [_sizes(part) for part in value]
    return None if None in parts else tuple(size for part in parts for size in part or ())
