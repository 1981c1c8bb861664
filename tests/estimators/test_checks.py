"""scikit-learn's own checks: none is excused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("sklearn")

from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import parametrize_with_checks

from clarinet.estimators import MLPClassifier, MLPRegressor

#: Few epochs, and steps that make up for it.
QUICK = {"max_iter": 12, "learning_rate_init": 0.02, "hidden_layer_sizes": (16,)}

pytestmark = pytest.mark.filterwarnings("ignore")


@parametrize_with_checks([MLPClassifier(**QUICK), MLPRegressor(**QUICK | {"max_iter": 60})])
def test_checks(estimator: BaseEstimator, check: Callable[[BaseEstimator], None]) -> None:
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
