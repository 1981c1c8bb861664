"""Which dtype comes of others, as in Keras: NumPy's defaults of 64 bits never widen anything."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from clarinet.types import DType

FLOAT, INT, BOOL = np.dtype("float32"), np.dtype("int32"), np.dtype("bool")
#: Of tensors that hold Python's strings, which no operation computes with.
TEXT = np.dtype(object)
#: Python's numbers, which take the dtype of what they meet, and the dtype that they have by themselves.
WEAK: dict[object, DType] = {bool: BOOL, int: INT, float: FLOAT}
#: What a dtype may be called.
_NAMED: dict[object, DType] = {**WEAK, "float": FLOAT, "int": INT, "bool": BOOL}


def as_dtype(dtype: object, what: str = "dtype") -> DType:
    """The dtype that a name, a NumPy type or one of Python's types stands for; ``float`` is float32, ``int`` int32.

    Raises:
        ValueError: no dtype of real numbers.
    """
    if isinstance(dtype, (str, type)) and dtype in _NAMED:
        return _NAMED[dtype]
    try:
        found = None if dtype is None else np.dtype(dtype)  # type: ignore[call-overload]
    except TypeError:
        found = None
    if found is None or found.kind not in "biuf" or found.itemsize > 8:
        raise ValueError(f"{what}: expected a dtype such as 'float32', 'int32' or 'bool', received {dtype!r}")
    return found  # type: ignore[no-any-return]


@lru_cache(maxsize=1024)
def result_dtype(*kinds: DType | type) -> DType:
    """The dtype in which arrays meet each other and Python's numbers.

    Floats win over whole numbers, those over bool. A Python number takes the dtype of the arrays, or float32 where it
    is a float and they are none. float64 stays where all floats are of it, and is float32 otherwise.

    Args:
        kinds: dtypes of arrays; ``bool``, ``int`` or ``float`` for a number of Python's.

    Example:
        >>> print(result_dtype(np.dtype("int32"), float), result_dtype(np.dtype("float64"), int))
        float32 float64
    """
    dtypes = [kind for kind in kinds if isinstance(kind, np.dtype)]
    floats = {dtype for dtype in dtypes if dtype.kind == "f"}
    if floats:
        return max((min(d, FLOAT, key=_size) for d in floats), key=_size) if len(floats) > 1 else floats.pop()
    if float in kinds:
        return FLOAT
    whole = [dtype for dtype in dtypes if dtype.kind in "iu"]
    if whole:
        wide = np.result_type(*whole)
        return FLOAT if wide.kind == "f" else wide  # int64 and uint64 have no whole dtype for both
    return INT if int in kinds else BOOL


def _size(dtype: DType) -> int:
    return dtype.itemsize


def float_dtype(dtype: DType) -> DType:
    """The dtype itself where it is one of floats, else float32."""
    return dtype if dtype.kind == "f" else FLOAT


def summed_dtype(dtype: DType) -> DType:
    """In which numbers are added up: whole numbers below 32 bits would overflow, and truth values are counted."""
    if dtype.kind == "b":
        return INT
    if dtype.kind in "iu" and dtype.itemsize < 4:
        return np.dtype(f"{'u' * (dtype.kind == 'u')}int32")
    return dtype
