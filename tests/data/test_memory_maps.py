"""A memory-mapped array is never copied whole, whatever is done with it."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import clarinet
from clarinet.layers import Dense, Input

ROWS, COLUMNS = 40_000, 400


@pytest.mark.parametrize("dtype", [np.float32, np.uint8, np.float16])
@pytest.mark.parametrize("engine", ["native", "reference"])
def test_fit_evaluate_predict(tmp_path: Path, engine: str, dtype: type) -> None:
    x = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", dtype, (ROWS, COLUMNS))
    x[::7] = 1
    y = np.arange(ROWS) % 2
    model = clarinet.Sequential([Input((COLUMNS,)), Dense(2, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", engine=engine)
    tracemalloc.start()
    try:
        model.fit(x, y, batch_size=1000, validation_split=0.2, verbose=0)
        model.evaluate(x, y, batch_size=1000)
        model.predict(x, batch_size=1000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < x.nbytes, f"{peak:,} bytes at once, though the whole has {x.nbytes:,}"
