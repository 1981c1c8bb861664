"""``keras.backend``: small questions, and of old programs the functions that are operations now.

Example:
    >>> from clarinet import backend as K
    >>> K.floatx(), K.image_data_format()
    ('float32', 'channels_last')
    >>> K.mean(K.square([1.0, 3.0])).tolist()
    5.0
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from clarinet import aliases
from clarinet.config import (
    backend,
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from clarinet.graph import Tensor, sources_of
from clarinet.names import public
from clarinet.ops.dtypes import WEAK, as_dtype, result_dtype
from clarinet.ops.specs import is_symbolic

__all__ = [
    "backend",
    "clear_session",
    "epsilon",
    "floatx",
    "get_uid",
    "image_data_format",
    "is_float_dtype",
    "is_int_dtype",
    "is_keras_tensor",
    "result_type",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "standardize_dtype",
]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)

_uids: Counter[str] = Counter()


def clear_session(free_memory: bool = True) -> None:
    """Begin anew to count in :func:`get_uid`.

    A model is freed when nobody holds it any more, and names of layers are unique in each model; there is nothing else
    to clear.

    Args:
        free_memory: accepted for Keras programs.
    """
    _uids.clear()


def get_uid(prefix: str = "") -> int:
    """How often it has been asked for this prefix, from 1 on.

    Example:
        >>> get_uid("an_example"), get_uid("an_example")
        (1, 2)
    """
    _uids[prefix] += 1
    return _uids[prefix]


def standardize_dtype(dtype: object) -> str:
    """The name of a dtype, as given by name, by NumPy's types or Python's; float32 of None.

    Raises:
        ValueError: no dtype of real numbers.

    Example:
        >>> standardize_dtype(None), standardize_dtype(int), standardize_dtype("float64")
        ('float32', 'int32', 'float64')
    """
    return floatx() if dtype is None else as_dtype(dtype).name


def is_float_dtype(dtype: object) -> bool:
    """Whether it is a dtype of floats."""
    return as_dtype(dtype).kind == "f"


def is_int_dtype(dtype: object) -> bool:
    """Whether it is a dtype of whole numbers."""
    return as_dtype(dtype).kind in "iu"


def get_source_inputs(tensor: object) -> list[object]:
    """The tensors that a network begins with, of one of its tensors.

    Example:
        >>> import clarinet
        >>> x = clarinet.Input((3,))
        >>> get_source_inputs(clarinet.layers.Dense(2)(x)) == [x]
        True
    """
    return list[object](sources_of(tensor)) if isinstance(tensor, Tensor) else [tensor]


def is_keras_tensor(x: object) -> bool:
    """Whether it is a tensor of a network that is being put together, without numbers."""
    return is_symbolic(x)


def result_type(*dtypes: object) -> str:
    """The dtype in which arrays of these dtypes meet; ``int`` and ``float`` stand for numbers of Python's.

    Example:
        >>> result_type("int32", "float32"), result_type("int32", float)
        ('float32', 'float32')
    """
    kinds = [dtype if isinstance(dtype, type) and dtype in WEAK else as_dtype(dtype) for dtype in dtypes]
    return result_dtype(*kinds).name if kinds else floatx()
