"""Finding the first value that is not a finite number, in any array, without copying it whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarinet.checks import finite
from clarinet.checks.finite import first_nonfinite


@pytest.fixture(params=["native", "numpy"])
def find(request: pytest.FixtureRequest) -> Callable[[np.ndarray], tuple[int, ...] | None]:
    return first_nonfinite if request.param == "native" else finite._by_blocks


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ">f4", "longdouble"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_place_of_the_first_one(find: Any, dtype: str, bad: float) -> None:
    array = np.ones((300, 7), dtype)
    assert find(array) is None
    array[200, 3], array[250, 0] = bad, np.nan
    assert find(array) == (200, 3)
    assert find(array[::-1, ::2]) == (49, 0)
    assert find(array[:, 3]) == (200,)
    assert find(array.reshape(300, 7, 1)) == (200, 3, 0)


def test_whole_numbers_are_finite() -> None:
    assert first_nonfinite(np.ones((3, 2), np.uint8)) is None
    assert first_nonfinite(np.ones(3, bool)) is None


def test_a_sum_that_overflows_is_no_infinity(find: Any) -> None:
    assert find(np.full((100, 10), np.finfo(np.float32).max, np.float32)) is None


@given(st.integers(0, 4000), st.integers(1, 13))
def test_any_place_in_any_block(index: int, columns: int) -> None:
    array = np.zeros(4001, np.float32)
    array[index] = np.nan
    array = array[: 4001 // columns * columns].reshape(-1, columns)
    with mock.patch.object(finite, "_BLOCK", 64):
        assert finite._by_blocks(array) == (divmod(index, columns) if index < array.size else None)


def test_memory_maps_are_looked_at_piece_by_piece(find: Any, tmp_path: Path) -> None:
    array = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float32, (5000, 20))
    array[4999, 19] = np.nan
    assert find(array) == (4999, 19)
