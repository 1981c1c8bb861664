"""What is compared: ``clarinet train``'s recipe, and scikit-learn's models at their defaults."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from clarinet import recipes, utils
from clarinet.datasets.coding import Table
from clarinet.types import Array

#: Rows to learn from, their answers, rows to answer, and a seed; gives probabilities (n, classes), or amounts (n,).
Contender = Callable[[Table, Array, Array, Array, int], Array]


def _clarinet(table: Table, x: Array, y: Array, new: Array, seed: int) -> Array:
    utils.set_random_seed(seed)
    fitted = recipes.fit_table(x, y, len(table.classes), table.coding, recipes.TableSettings(seed=seed))
    found = np.asarray(fitted.model.predict(new))
    return found if table.classes else found.ravel()


def _of_sklearn(module: str, classifier: str, regressor: str, scaled: bool, seeded: bool = True) -> Contender:
    def contender(table: Table, x: Array, y: Array, new: Array, seed: int) -> Array:
        kind = getattr(import_module(f"sklearn.{module}"), classifier if table.classes else regressor)
        model: Any = kind(**({"random_state": seed} if seeded else {}))
        if scaled:
            from sklearn.pipeline import make_pipeline
            from sklearn.preprocessing import StandardScaler

            model = make_pipeline(StandardScaler(), model)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of trainings that did not come to an end: defaults are defaults
            model.fit(x, y if table.classes else y.ravel())
            if not table.classes:
                return np.asarray(model.predict(new))
            found: Array = np.zeros((len(new), len(table.classes)))
            found[:, (model[-1] if scaled else model).classes_] = model.predict_proba(new)
            return found

    return contender


CONTENDERS: dict[str, Contender] = {
    "clarinet": _clarinet,
    "linear": _of_sklearn("linear_model", "LogisticRegression", "Ridge", scaled=True),
    "random forest": _of_sklearn("ensemble", "RandomForestClassifier", "RandomForestRegressor", scaled=False),
    "gradient boosting": _of_sklearn(
        "ensemble", "HistGradientBoostingClassifier", "HistGradientBoostingRegressor", scaled=False
    ),
    "MLP": _of_sklearn("neural_network", "MLPClassifier", "MLPRegressor", scaled=False),
    "MLP scaled": _of_sklearn("neural_network", "MLPClassifier", "MLPRegressor", scaled=True),
}


def _realmlp(table: Table, x: Array, y: Array, new: Array, seed: int) -> Array:
    """RealMLP-TD of pytabkit (Holzmüller et al., *Better by default*, NeurIPS 2024) at its defaults, on one thread."""
    kind = getattr(import_module("pytabkit"), f"RealMLP_TD_{'Classifier' if table.classes else 'Regressor'}")
    model: Any = kind(random_state=seed, device="cpu", n_threads=1, verbosity=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(x, y if table.classes else y.ravel())
        if not table.classes:
            return np.asarray(model.predict(new)).ravel()
        found: Array = np.zeros((len(new), len(table.classes)))
        found[:, model.classes_] = model.predict_proba(new)
        return found


CONTENDERS["RealMLP"] = _realmlp
