"""scikit-learn's own checks: none is excused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("sklearn")

from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import parametrize_with_checks

import clarinet
from clarinet.estimators import MLPClassifier, MLPRegressor
from clarinet.estimators.wrappers import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer
from clarinet.types import Array

#: Few epochs, and steps that make up for it.
QUICK = {"max_iter": 12, "learning_rate_init": 0.02, "hidden_layer_sizes": (16,)}

pytestmark = pytest.mark.filterwarnings("ignore")


@parametrize_with_checks([MLPClassifier(**QUICK), MLPRegressor(**QUICK | {"max_iter": 60})])
def test_checks(estimator: BaseEstimator, check: Callable[[BaseEstimator], None]) -> None:
    check(estimator)


class Small:
    """A network for such rows. Tests are named after it: a function's name would have its address, another in every
    process."""

    def __repr__(self) -> str:
        return "small"

    def __call__(self, X: Array, y: Array) -> clarinet.Model:
        outputs = y.shape[1] if y.ndim > 1 else 1
        last = clarinet.layers.Dense(outputs, "softmax" if outputs > 1 else None)
        model = clarinet.Sequential([clarinet.Input(X.shape[1:]), clarinet.layers.Dense(10, "relu"), last])
        model.compile(clarinet.optimizers.Adam(0.05), "categorical_crossentropy" if outputs > 1 else "mse")
        return model


FIT = {"epochs": 30, "seed": 0}


@parametrize_with_checks(
    [
        SKLearnClassifier(Small(), fit_kwargs=FIT),
        SKLearnRegressor(Small(), fit_kwargs=FIT),
        SKLearnTransformer(Small(), fit_kwargs=FIT),
    ]
)
def test_checks_of_wrappers(estimator: BaseEstimator, check: Callable[[BaseEstimator], None]) -> None:
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks(
    [
        MLPClassifier(),
        MLPRegressor(),
        MLPClassifier(solver="sgd", learning_rate="adaptive", learning_rate_init=0.05),
        MLPRegressor(solver="lbfgs", max_iter=20),
        MLPClassifier((20, 10), activation="logistic", normalization="layer", max_iter=300),
    ]
)
def test_checks_with_the_defaults(estimator: BaseEstimator, check: Callable[[BaseEstimator], None]) -> None:
    check(estimator)
