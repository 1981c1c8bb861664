"""``keras.wrappers``: beside Keras's own, and in scikit-learn's tools."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

import clarinet as keras
from clarinet.types import Array

X, Y = load_iris(return_X_y=True)
FIT = {"epochs": 60, "seed": 0}


def made(X: Array, y: Array, units: int = 16) -> keras.Model:
    outputs = y.shape[1] if y.ndim > 1 else 1
    last = "softmax" if outputs > 1 else None
    layers = [keras.layers.Dense(units, "relu"), keras.layers.Dense(outputs, last)]
    model = keras.Sequential([keras.Input(X.shape[1:]), *layers])
    model.compile(keras.optimizers.Adam(0.02), "categorical_crossentropy" if last else "mse")
    return model


@pytest.mark.slow
def test_arguments_are_keras_s() -> None:
    from keras.wrappers import SKLearnClassifier

    own = keras.wrappers.SKLearnClassifier(made).get_params()
    assert own == SKLearnClassifier(made).get_params()


def test_a_classifier() -> None:
    classifier = keras.wrappers.SKLearnClassifier(made, model_kwargs={"units": 8}, fit_kwargs=FIT)
    names = np.array(["a", "b", "c"])[Y]
    assert cross_val_score(classifier, X, names, cv=2).mean() > 0.8
    fitted = clone(classifier).fit(X, names)
    assert list(fitted.classes_) == ["a", "b", "c"]
    assert fitted.decision_function(X).shape == (150, 3)
    assert fitted.model_.layers[0].units == 8
    assert len(fitted.history_.history["loss"]) == 60
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict(X), fitted.predict(X))


def test_a_regressor_goes_on_where_it_stopped() -> None:
    regressor = keras.wrappers.SKLearnRegressor(made(X, Y), warm_start=True, fit_kwargs=FIT).fit(X, X[:, 0])
    assert regressor.predict(X).shape == (150,)
    before = regressor.history_.history["loss"][-1]
    assert regressor.fit(X, X[:, 0]).history_.history["loss"][-1] < before


def test_a_transformer_names_its_columns() -> None:
    transformer = keras.wrappers.SKLearnTransformer(made, fit_kwargs=FIT).set_output(transform="pandas")
    frame = transformer.fit(X, np.eye(3)[Y]).transform(X)
    assert list(frame.columns) == [f"sklearntransformer{number}" for number in range(3)]
    assert make_pipeline(clone(transformer), LogisticRegression()).fit(X, np.eye(3)[Y][:, 0]).score(X, Y == 0) > 0.8


def test_what_is_no_compiled_model_is_refused() -> None:
    with pytest.raises(RuntimeError, match="not compiled"):
        keras.wrappers.SKLearnRegressor(keras.Sequential([keras.layers.Dense(1)])).fit(X, Y)
    with pytest.raises(TypeError, match="expected a"):
        keras.wrappers.SKLearnRegressor(lambda X, y: None).fit(X, Y)
