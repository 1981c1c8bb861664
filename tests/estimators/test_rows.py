"""Data frames and sparse rows."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn")

import pandas as pd
import polars as pl
from scipy import sparse

import clarinet
from clarinet.estimators import MLPClassifier, MLPRegressor
from clarinet.sparse_rows import SparseRows

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def _cars(rows: int = 120) -> dict[str, list[object]]:
    rng = np.random.default_rng(0)
    makes = rng.choice(["vw", "fiat", "volvo"], rows)
    km: list[object] = [float(value) for value in rng.uniform(0, 1e5, rows)]
    km[3] = km[7] = None
    dates = [f"2020-{1 + number % 12:02}-15" for number in range(rows)]
    return {"make": [None if i == 5 else str(make) for i, make in enumerate(makes)], "km": km, "sold": dates}


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_frames_with_categories_dates_and_gaps(frame: type) -> None:
    columns = _cars()
    x, y = frame(columns), np.array([{"vw": 1.0, "fiat": 2.0}.get(make, 3.0) for make in columns["make"]])
    regressor = MLPRegressor(max_iter=80, learning_rate_init=0.02, random_state=0).fit(x, y)
    assert regressor.score(x, y) > 0.8
    assert list(regressor.feature_names_in_) == ["make", "km", "sold"]
    assert regressor.n_features_in_ == 3
    with pytest.warns(UserWarning, match="lada"):
        regressor.predict(frame(columns | {"make": ["lada"] * 120}))
    with pytest.raises(ValueError, match="feature names"):
        regressor.predict(x[["km", "make", "sold"]])
    with pytest.raises((TypeError, ValueError)):
        regressor.predict(np.zeros((2, 3)))


def test_frames_of_numbers_are_taken_as_they_are() -> None:
    x = np.random.default_rng(0).normal(size=(60, 3))
    settings = {"max_iter": 5, "random_state": 0}
    found = [MLPRegressor(**settings).fit(form, x[:, 0]) for form in (x, pd.DataFrame(x, columns=list("abc")))]
    np.testing.assert_array_equal(found[0].coefs_[0], found[1].coefs_[0])


def _texts(dtype: type = np.float64) -> tuple[sparse.csr_array, np.ndarray]:
    rng = np.random.default_rng(0)
    dense = np.where(rng.random((300, 400)) < 0.03, rng.normal(size=(300, 400)), 0)
    return sparse.csr_array(dense.astype(dtype)), (dense[:, :200].sum(1) > dense[:, 200:].sum(1)).astype(int)


@pytest.mark.parametrize("units", [1, 16, 600])
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_sparse_rows_give_the_bits_of_dense_ones(units: int, optimizer: str) -> None:
    x, y = _texts(np.float32)
    found = []
    for rows in (x, x.toarray()):
        model = clarinet.Sequential(
            [clarinet.Input((400,)), clarinet.layers.Dense(units), clarinet.layers.Dense(1, "sigmoid")]
        )
        model.compile(optimizer, "binary_crossentropy", engine="native")
        model.fit(rows, y, batch_size=64, epochs=3, verbose=0, seed=1)
        found.append((model.get_weights(), model.predict(rows), model.evaluate(rows, y, verbose=0)))
    for one, other in zip(found[0][0], found[1][0], strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=0 if units > 1 else 1e-5)
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=0, atol=0 if units > 1 else 1e-5)
    assert found[0][2] == pytest.approx(found[1][2], abs=0 if units > 1 else 1e-5)


def test_sparse_rows_everywhere_else_are_dense_a_batch_at_a_time() -> None:
    x, y = _texts(np.float32)
    for engine, layers in (("reference", []), ("native", [clarinet.layers.Dropout(0.1)])):
        found = []
        for rows in (x, x.toarray()):
            model = clarinet.Sequential([clarinet.Input((400,)), *layers, clarinet.layers.Dense(1, "sigmoid")])
            model.compile("adam", "binary_crossentropy", engine=engine)
            model.fit(rows, y, batch_size=64, epochs=1, verbose=0, seed=1)
            found.append(model.predict(rows))
        np.testing.assert_allclose(*found, atol=1e-6)


def test_estimators_take_sparse_rows() -> None:
    x, y = _texts()
    classifier = MLPClassifier((32,), max_iter=30, random_state=0).fit(x, y)
    assert classifier.score(x, y) > 0.9
    np.testing.assert_allclose(classifier.predict_proba(x.tocsc()), classifier.predict_proba(x.toarray()), atol=1e-6)
    few = MLPClassifier(max_iter=3, random_state=0)
    np.testing.assert_allclose(few.fit(x[:50], y[:50]).loss_, few.fit(x[:50].toarray(), y[:50]).loss_, rtol=1e-5)


def test_sparse_rows_are_checked() -> None:
    x, y = _texts()
    model = clarinet.Sequential([clarinet.Input((400,)), clarinet.layers.Dense(1)])
    model.compile("adam", "mse")
    bad = x.copy()
    bad.data[7] = np.nan
    with pytest.raises(ValueError, match="row"):
        model.fit(bad, y, verbose=0)
    outside = x.copy()
    outside.indices[0] = 400
    with pytest.raises(ValueError, match="leave it"):
        model.fit(outside, y, verbose=0)
    with pytest.raises(ValueError, match="400"):
        model.fit(x[:, :10], y, verbose=0)


def test_some_of_sparse_rows() -> None:
    x, _ = _texts(np.float32)
    rows, dense = SparseRows.of(x), x.toarray()
    picked = np.array([3, 3, 299, 0])
    for index in (slice(10, 20), slice(290, 500), slice(5, 3), picked, np.arange(300) % 7 == 0):
        np.testing.assert_array_equal(np.asarray(rows[index]), dense[index])
        np.testing.assert_array_equal(np.asarray(rows[20:][2:9][:3]), dense[22:25])
