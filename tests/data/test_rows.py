"""Labels and weights in the form that engines take; Keras is the oracle for what a class weight means."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarinet.data_adapters import prepare, split_validation
from clarinet.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Custom,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)

X = np.zeros((4, 2))
IDS = [0, 2, 1, 2]


@pytest.mark.parametrize("y", [IDS, np.array(IDS, np.uint8), np.array(IDS, float), np.array(IDS)[:, None]])
def test_class_ids(y: object) -> None:
    labels = prepare(X, np.asarray(y), None, None, SparseCategoricalCrossentropy(), (3,)).y
    assert labels is not None
    assert labels.dtype == np.int64
    assert labels.tolist() == IDS


@pytest.mark.parametrize("y", [[True, False, True, True], [1, 0, 1, 1], [[1], [0], [1], [1]]])
@pytest.mark.parametrize("loss", [BinaryCrossentropy(), MeanSquaredError()])
def test_one_number_a_row_meets_one_output(y: object, loss: object) -> None:
    labels = prepare(X, np.asarray(y), None, None, loss, (1,)).y
    assert labels is not None
    assert labels.dtype == np.float32
    assert labels.tolist() == [[1], [0], [1], [1]]


def test_labels_take_the_models_dtype() -> None:
    labels = prepare(X, np.full(4, 0.1), None, None, MeanSquaredError(), (1,), dtype=np.float64).y
    assert labels is not None
    assert labels.tolist() == [[0.1]] * 4


def test_labels_of_a_function_stay_in_shape() -> None:
    labels = prepare(X, np.ones((4, 7)), None, None, Custom(lambda t, p: p[:, 0], lambda t, p: p), (1,)).y
    assert labels is not None
    assert labels.shape == (4, 7)


WEIGHT = {0: 0.5, 2: 3.0}


@pytest.mark.parametrize(
    ("y", "loss", "units"),
    [
        (np.array(IDS), SparseCategoricalCrossentropy(), 3),
        (np.array(IDS)[:, None], SparseCategoricalCrossentropy(), 3),
        (np.eye(3)[IDS], CategoricalCrossentropy(), 3),
        (np.array([0, 1, 1, 0]), BinaryCrossentropy(), 1),
        (np.array([[True], [False], [True], [True]]), BinaryCrossentropy(), 1),
    ],
)
def test_class_weights_mean_what_they_mean_in_keras(y: np.ndarray, loss: object, units: int) -> None:
    from keras.src.trainers.data_adapters.data_adapter_utils import class_weight_to_sample_weights

    weight = {0: 0.5, 1: 2.0} if units == 1 else WEIGHT
    data = prepare(X, y, None, weight, loss, (units,))
    expected = np.asarray(class_weight_to_sample_weights(y, weight), np.float32)
    assert data.weight is not None
    assert data.weight.dtype == np.float32
    assert data.weight.tolist() == expected.tolist()


@pytest.mark.parametrize("own", [np.array([1, 2, 3, 4]), np.array([[1.0], [2], [3], [4]])])
def test_class_and_sample_weights_multiply(own: np.ndarray) -> None:
    data = prepare(X, np.array(IDS), own, WEIGHT, SparseCategoricalCrossentropy(), (3,))
    assert data.weight is not None
    assert data.weight.tolist() == [0.5, 6.0, 3.0, 12.0]


def test_no_weights_stay_none() -> None:
    data = prepare(X, np.array(IDS), None, None, SparseCategoricalCrossentropy(), (3,))
    assert data.weight is None
    assert len(data.rows(slice(1, 3))) == 2


@given(st.integers(2, 200), st.floats(0.01, 0.99))
def test_validation_split_takes_the_last_rows_as_keras_does(n: int, fraction: float) -> None:
    from keras.src.trainers.data_adapters.array_slicing import train_validation_split

    x, y = np.arange(n), np.arange(n) * 2
    try:
        (x1, _, _), (x2, _, _) = train_validation_split((x, y, None), fraction)
    except ValueError:
        with pytest.raises(ValueError, match="leaves"):
            split_validation((x, y, None), fraction)
        return
    (own1, own_y, own_w), (own2, _, _) = split_validation((x, y, None), fraction)
    assert own1.tolist() == np.asarray(x1).tolist()
    assert own2.tolist() == np.asarray(x2).tolist()
    assert own_y is not None
    assert own_y.tolist() == (own1 * 2).tolist()
    assert own_w is None
    assert np.shares_memory(own1, x)
