"""What may be given as an array, and what comes out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from clarinet.data_adapters import as_array, match_last_axis

TABLE = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
FRAME = {"a": [1.0, 3.0, 5.0], "b": [2.0, 4.0, 6.0]}


@pytest.mark.parametrize(
    "value",
    [
        TABLE,
        tuple(map(tuple, TABLE)),
        [np.array(row) for row in TABLE],
        np.array(TABLE),
        np.array(TABLE, object),
        np.asfortranarray(TABLE),
        np.ma.masked_array(TABLE, mask=False),
        pd.DataFrame(FRAME),
        pd.DataFrame(FRAME).astype("Float64"),
        pd.DataFrame({"a": [1, 3, 5], "b": [2.0, 4.0, 6.0]}),
        pl.DataFrame(FRAME),
    ],
    ids=lambda value: type(value).__name__,
)
def test_everything_with_rows_of_numbers(value: object) -> None:
    array = as_array(value)
    assert array.dtype.kind in "fiu"
    assert array.tolist() == TABLE


@pytest.mark.parametrize(
    "value",
    [range(3), [0, 1, 2], pd.Series([0, 1, 2]), pd.Series([0, 1, 2], dtype="Int64"), pl.Series([0, 1, 2])],
    ids=lambda value: type(value).__name__,
)
def test_columns_of_numbers(value: object) -> None:
    assert as_array(value, "y").tolist() == [0, 1, 2]


def test_arrays_of_jax() -> None:
    import jax.numpy as jnp

    assert as_array(jnp.arange(3.0)).tolist() == [0, 1, 2]


def test_anything_with_dlpack_alone() -> None:
    class Exotic:
        def __init__(self, array: np.ndarray) -> None:
            self.array = array

        def __dlpack__(self, **arguments: object) -> object:
            return self.array.__dlpack__(**arguments)  # type: ignore[arg-type]

        def __dlpack_device__(self) -> tuple[int, int]:
            return self.array.__dlpack_device__()

    assert as_array(Exotic(np.arange(4.0))).tolist() == [0, 1, 2, 3]


def test_arrays_and_memory_maps_are_not_copied(tmp_path: Path) -> None:
    array = np.zeros((3, 2), np.uint8)
    assert as_array(array) is array
    mapped = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float32, (3, 2))
    assert as_array(mapped) is mapped
    assert isinstance(match_last_axis(mapped, (2, 1)), np.memmap)


@pytest.mark.parametrize(
    ("value", "error", "says"),
    [
        (pd.DataFrame({"age": [1, 2], "name": ["x", "y"]}), TypeError, "column 'name'"),
        (pl.DataFrame({"age": [1, 2], "name": ["x", "y"]}), TypeError, "column 'name'"),
        (pd.Series(["x", "y"]), TypeError, "'x'"),
        (pl.Series(["x", "y"]), TypeError, "'x'"),
        (pd.Series(pd.to_datetime(["2020-01-01"])), TypeError, "dates"),
        ({1, 2}, TypeError, "set"),
        (len, TypeError, "builtin_function"),
        (object(), TypeError, "object"),
        (np.array([[1], [1, 2]], object), ValueError, "np.stack"),
        (np.zeros(2, [("a", int), ("b", int)]), TypeError, "dtype"),
        ([[1, 2], 3], ValueError, "row 1 has a single value"),
        ([np.zeros(2), np.zeros(3)], ValueError, "row 1 has shape \\(3,\\)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # an object's own text differs from process to process
)
def test_what_cannot_become_numbers(value: object, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        as_array(value)


def test_missing_values_of_frames_become_nan() -> None:
    assert np.isnan(as_array(pd.DataFrame({"a": pd.array([1, None], dtype="Int64")}))[1, 0])
    assert np.isnan(as_array(pl.DataFrame({"a": [1, None]}))[1, 0])


def test_sparse_matrices_are_inputs_alone() -> None:
    from scipy.sparse import csr_matrix

    assert as_array(csr_matrix(np.eye(3)), "x").shape == (3, 3)
    with pytest.raises(TypeError, match=r"toarray\(\)"):
        as_array(csr_matrix(np.eye(3)), "y")


@pytest.mark.parametrize(
    ("own", "wanted", "fitted"),
    [
        ((5,), (1,), (5, 1)),
        ((5, 1), (), (5,)),
        ((5, 28, 28), (28, 28, 1), (5, 28, 28, 1)),
        ((5, 28, 28, 1), (28, 28), (5, 28, 28)),
        ((5, 3), (1,), (5, 3)),
        ((5,), (3,), (5,)),
    ],
)
def test_a_last_axis_of_one_comes_and_goes(
    own: tuple[int, ...], wanted: tuple[int, ...], fitted: tuple[int, ...]
) -> None:
    assert match_last_axis(np.zeros(own), wanted).shape == fitted
