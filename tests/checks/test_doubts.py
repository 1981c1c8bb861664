"""What is doubtful trains, with one warning; what is merely unusual trains without any."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import clarinet
from clarinet.checks import ClarinetWarning, Problem, check_data, check_model, raise_first
from clarinet.layers import Dense, Input

X = np.linspace(-1, 1, 40, dtype=np.float32).reshape(10, 4)
BITS = np.arange(10) % 2


def model(units: int, activation: str, loss: object, optimizer: object = "sgd") -> clarinet.Sequential:
    made = clarinet.Sequential([Input((4,)), Dense(units, activation=activation)])
    made.compile(optimizer, loss)
    return made


@pytest.mark.parametrize(
    ("made", "y", "kind", "says"),
    [
        (model(1, "softmax", "binary_crossentropy"), BITS, "softmax_on_single_unit", "sigmoid"),
        (model(1, "sigmoid", clarinet.losses.BinaryCrossentropy(from_logits=True)), BITS, "double_softmax", "sigmoid"),
        (model(1, "sigmoid", "binary_crossentropy"), BITS + 1, "targets_out_of_range", "y - 1"),
        (model(1, "linear", "mse", clarinet.optimizers.SGD(-0.1)), BITS, "learning_rate_negative", "0.1"),
    ],
)
def test_doubts_train_with_one_warning(made: clarinet.Sequential, y: np.ndarray, kind: str, says: str) -> None:
    found = [*check_model(made), *check_data(made, X, y)]
    assert [(p.kind, p.severity) for p in found] == [(kind, "warning")]
    with pytest.warns(ClarinetWarning, match=says) as caught:
        made.fit(X, y, epochs=2, verbose=0)
    assert len(caught) == 1
    assert made.epochs_trained == 2


@pytest.mark.parametrize(
    ("made", "y"),
    [
        (model(1, "sigmoid", "binary_crossentropy"), BITS.astype(bool)),
        (model(1, "sigmoid", "binary_crossentropy"), BITS * 0.5),
        (model(1, "tanh", "mse"), BITS * 2 - 1),
        (model(2, "softmax", "sparse_categorical_crossentropy"), BITS.astype(float)),
        (model(2, "softmax", "categorical_crossentropy"), np.full((10, 2), 0.5)),
        (model(5, "softmax", "sparse_categorical_crossentropy"), BITS * 0),
        (model(2, "sigmoid", "binary_crossentropy"), np.ones((10, 2))),
    ],
)
def test_unusual_is_not_doubtful(made: clarinet.Sequential, y: np.ndarray) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made.fit(X, y, verbose=0)


def test_errors_are_records_for_whoever_wants_them_all() -> None:
    made = model(2, "softmax", "sparse_categorical_crossentropy")
    x = X.copy()
    x[3, 2] = np.nan
    found = list(check_data(made, x, BITS + 2, class_weight={9: 1.0}))
    assert [p.kind for p in found] == ["label_encoding_mismatch", "bad_class_weight", "nan_in_data"]
    assert [p.where for p in found] == ["data.y", "fit.class_weight", "data.x"]


def test_an_error_silences_doubts() -> None:
    doubt, wrong = Problem("a", "model", "warning", "doubt"), Problem("b", "model", "error", "wrong", TypeError)
    with warnings.catch_warnings(), pytest.raises(TypeError, match="wrong"):
        warnings.simplefilter("error")
        raise_first([doubt, wrong])


def test_one_warning_for_each_kind() -> None:
    with pytest.warns(ClarinetWarning) as caught:
        raise_first([Problem("a", "model", "warning", "first"), Problem("a", "model", "warning", "second")])
    assert [str(w.message) for w in caught] == ["first"]
