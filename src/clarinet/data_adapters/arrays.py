"""Anything that holds numbers (lists, arrays, frames, memory maps) as a NumPy array."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np

from clarinet.problems import shown
from clarinet.sparse_rows import SparseRows, as_rows, is_sparse
from clarinet.types import Array

_STRINGS_AS_LABELS = "turn names into class ids with classes, y = np.unique(y, return_inverse=True)"
_STRINGS_AS_INPUTS = "turn text columns into numbers first, e.g. with clarinet.datasets.load_table"


def as_array(value: object, what: str = "x") -> Array:
    """A numeric NumPy array with a row for every sample; arrays and memory maps are passed on without a copy.

    Sparse matrices of SciPy, among inputs, become :class:`clarinet.sparse_rows.SparseRows`, which stand for an array.

    Args:
        value: NumPy array, list, pandas or polars frame or series, or anything with ``__array__`` or ``__dlpack__``.
        what: how messages call it: ``"x"``, ``"y"``, ``"sample_weight"``.

    Raises:
        TypeError: text, dates, complex numbers, Python objects, or nothing that can become an array.
        ValueError: rows of different lengths, masked values, or a single number.

    Example:
        >>> as_array([[0, 1], [2, 3]]).shape
        (2, 2)
        >>> as_array([["a"], ["b"]], "y")
        Traceback (most recent call last):
            ...
        TypeError: y: holds text ('a' in row 0), expected numbers; turn names into class ids with ...
    """
    if is_sparse(value) and what.endswith("x"):
        return as_rows(value)
    if isinstance(value, SparseRows):
        return cast("Array", value)
    array = value if type(value) is np.ndarray else _to_numpy(value, what)
    if array.dtype.kind not in "buif":
        array = _refuse_dtype(array, value, what)
    if array.ndim == 0:
        raise ValueError(f"{what}: expected one row per sample, received the single number {array}; put it in a list")
    return array


def _to_numpy(value: Any, what: str) -> Array:
    """Any array-like as a NumPy array of its own dtype."""
    if value is None or isinstance(value, (str, bytes, Mapping)) or callable(value):
        raise TypeError(f"{what}: expected an array of numbers, received {_shown(value)}{_type_hint(value)}")
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise ValueError(f"{what}: the array masks some of its values; fill them first with {what}.filled(...)")
    if hasattr(value, "toarray") and hasattr(value, "nnz"):
        raise TypeError(f"{what}: expected a dense array, received a sparse matrix; use {what}.toarray()")
    if isinstance(value, (list, tuple, set, range)):
        return _from_sequence(value, what)
    if isinstance(value, np.memmap):
        return value
    for convert in (_by_to_numpy, np.asarray, np.from_dlpack):
        try:
            array = convert(value)
        except (TypeError, ValueError, RuntimeError, BufferError, AttributeError):
            continue
        if array.dtype != object or hasattr(value, "to_numpy") or isinstance(value, np.ndarray):
            return array
    raise TypeError(f"{what}: expected an array of numbers, received {_shown(value)}; give a NumPy array")


def _by_to_numpy(value: Any) -> Array:
    """Frames and series of pandas and polars; missing values of nullable columns become NaN."""
    array = np.asarray(value.to_numpy())
    if array.dtype == object:
        try:
            return np.asarray(value.to_numpy(dtype="float64", na_value=np.nan))  # pandas alone takes these arguments
        except (TypeError, ValueError):
            return array
    return array


def _from_sequence(value: Any, what: str) -> Array:
    """Nested lists, tuples and ranges; lists of arrays."""
    if isinstance(value, set):
        raise TypeError(f"{what}: expected rows in order, received a set; use a list")
    try:
        return np.asarray(value)
    except (ValueError, OverflowError) as error:
        for row, item in enumerate(value):
            first, size = _length(value[0]), _length(item)
            if size != first:
                raise ValueError(
                    f"{what}: rows differ in length: row 0 has {first}, row {row} has {size}; "
                    "every row needs the same number of values; clarinet.utils.pad_sequences fills up sequences"
                ) from None
        raise ValueError(f"{what}: the list cannot become an array ({error}); every row needs the same shape") from None


def _length(item: object) -> str:
    shape = getattr(item, "shape", None)
    if shape is not None:
        return f"shape {tuple(shape)}"
    return f"{len(item)} values" if hasattr(item, "__len__") else "a single value"


def _refuse_dtype(array: Array, value: object, what: str) -> Array:
    """Raise for a dtype that is no number; an object array of plain numbers is converted."""
    kind = array.dtype.kind
    strings = _STRINGS_AS_LABELS if what.endswith("y") else _STRINGS_AS_INPUTS
    if kind in "USO" and array.size:
        found = _first_odd(array, value)
        if found is None:
            return _as_floats(array, what)
        odd, place = found
        if isinstance(odd, (str, bytes)):
            raise TypeError(f"{what}: holds text ({odd!r}{place}), expected numbers; {strings}")
        if hasattr(odd, "__len__"):
            raise ValueError(
                f"{what}: holds {type(odd).__name__} objects as elements{place}; np.stack(...) equal rows first"
            )
        raise TypeError(f"{what}: holds {odd!r}{place}, expected numbers; fill or drop missing values first")
    if kind == "c":
        raise TypeError(
            f"{what}: holds complex numbers, expected real ones; use np.abs, or real and imaginary parts as columns"
        )
    if kind in "Mm":
        raise TypeError(
            f"{what}: holds dates or durations, expected numbers; use e.g. {what}.astype('int64') or split them "
            "into columns"
        )
    if kind in "USO":
        return array.astype(np.float64)  # nothing
    raise TypeError(
        f"{what}: has dtype {array.dtype}, expected numbers; give a plain array with one column per feature"
    )


def _as_floats(array: Array, what: str) -> Array:
    """An object array of numbers as float64."""
    try:
        return array.astype(np.float64)
    except OverflowError:  # Python's whole numbers have no end
        limit = float(np.finfo(np.float64).max)
        row, item = next((i[0], v) for i, v in np.ndenumerate(array) if isinstance(v, int) and abs(v) > limit)
        raise ValueError(
            f"{what}: holds {shown(item)} in row {row}, expected numbers that float64 can hold, up to {limit:.2g}"
        ) from None


def _first_odd(array: Array, value: object) -> tuple[Any, str] | None:
    """The first element that is no number and where it is; None when all are numbers."""
    columns = getattr(value, "columns", None)
    for index, item in np.ndenumerate(array):
        if isinstance(item, (bool, int, float, np.bool_, np.integer, np.floating)):
            continue
        if len(index) == 2 and columns is not None:
            return item, f" in row {index[0]}, column {columns[index[1]]!r}"
        return str(item) if isinstance(item, str) else item, f" in row {index[0]}"
    return None


def _shown(value: object) -> str:
    if isinstance(value, (str, bytes)):
        return f"the text {value!r}" if len(value) < 80 else "a long text"
    return "None" if value is None else f"a {type(value).__name__}"


def _type_hint(value: object) -> str:
    if isinstance(value, str):
        return "; load the file first, e.g. with np.load or clarinet.datasets.load_table"
    if isinstance(value, Mapping):
        return "; a Sequential model has one input: stack the columns into one array"
    if callable(value):
        return "; call it, or give a generator or a clarinet.utils.PyDataset"
    return ""
