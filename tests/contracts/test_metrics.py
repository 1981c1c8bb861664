"""Every metric: Keras's numbers, weights, names, what "accuracy" means."""

import json

import numpy as np
import pytest

from clarinet import metrics
from tests.cases import METRICS, example

each = pytest.mark.parametrize("case", METRICS, ids=repr)
WEIGHTS = np.random.default_rng(8).uniform(0, 2, 12).astype(np.float32)


@each
@pytest.mark.parametrize("weight", [None, WEIGHTS, WEIGHTS[:, None]], ids=["plain", "weights", "weights-column"])
def test_equals_keras_over_ragged_batches(case, weight):
    import keras

    ours, theirs, (t, p) = case.make(), case.keras(keras), example(case)
    assert ours.result() == 0
    for rows in (slice(0, 5), slice(5, 10), slice(10, 12)):
        own = None if weight is None else weight[rows]
        ours.update_state(t[rows], p[rows], own)
        theirs.update_state(t[rows], p[rows], own)
        assert ours.result() == pytest.approx(float(theirs.result()), rel=2e-6)
    ours.reset_state()
    assert ours.result() == 0


@each
def test_rows_of_sequences_equal_keras(case):
    import keras

    t, p = example(case)
    t, p = t.reshape(6, 2, *t.shape[1:]), p.reshape(6, 2, -1)
    assert case.make()(t, p) == pytest.approx(float(case.keras(keras)(t, p)), rel=2e-6)


@each
def test_default_name_is_that_of_keras(case):
    import keras

    assert type(case.make())().name == case.keras(keras).name


@each
def test_configuration_round_trip(case):
    metric = case.make()
    twin = metrics.get(json.loads(json.dumps(metric.encoded())))
    assert type(twin) is type(metric)
    assert twin.get_config() == metric.get_config()


@pytest.mark.parametrize(
    ("output", "labels", "expected"),
    [
        ((1,), (), metrics.BinaryAccuracy),
        ((1,), (1,), metrics.BinaryAccuracy),
        ((10,), (), metrics.SparseCategoricalAccuracy),
        ((10,), (1,), metrics.SparseCategoricalAccuracy),
        ((10,), (10,), metrics.CategoricalAccuracy),
        ((5, 10), (5,), metrics.SparseCategoricalAccuracy),
        ((5, 10), (5, 10), metrics.CategoricalAccuracy),
        ((5, 1), (5, 1), metrics.BinaryAccuracy),
    ],
)
@pytest.mark.parametrize("name", ["accuracy", "acc"])
def test_accuracy_means_what_it_means_in_keras(output, labels, expected, name):
    from keras.src.trainers.compile_utils import get_metric

    metric = metrics.get(name, output, labels)
    theirs = get_metric(name, np.zeros((7, *labels)), np.zeros((7, *output)))
    assert type(metric) is expected
    assert expected.__name__ == type(theirs).__name__
    assert metric.name == theirs.name == name


def test_names_in_logs_are_those_of_keras():
    plain, weighted = metrics.resolve_all(
        ["mse", metrics.MeanSquaredError(), "accuracy", "mse"],
        ["accuracy", "mae", "mse", metrics.MeanAbsoluteError("mae")],
        (3,),
        (3,),
    )
    assert [m.name for m in plain] == ["mse", "mean_squared_error", "accuracy", "mse_1"]
    assert [m.name for m in weighted] == ["weighted_accuracy", "mae", "weighted_mse", "weighted_mae"]


def test_python_functions_are_metrics():
    def worst(t, p):
        return np.abs(t - p).max(axis=-1)

    metric = metrics.get(worst)
    assert metric.name == "worst"
    metric.update_state(np.zeros((2, 2)), np.array([[1.0, -3.0], [0.5, 0]]))
    metric.update_state(np.zeros((1, 2)), np.array([[7.0, 0]]))
    assert metric.result() == pytest.approx((3 + 0.5 + 7) / 3)
    whole = metrics.get(lambda t, p: 2.0)
    assert whole(np.zeros((4, 1)), np.zeros((4, 1))) == 2


@pytest.mark.parametrize(
    ("identifier", "error", "message"),
    [
        ("acuracy", ValueError, "unknown metric 'acuracy': did you mean 'accuracy'"),
        (3, TypeError, "metric: expected a name or an object of Metric, received 3"),
        (None, TypeError, "metric: expected a name"),
    ],
)
def test_unknown_metrics_are_refused(identifier, error, message):
    with pytest.raises(error, match=message):
        metrics.get(identifier)


def test_shapes_that_do_not_go_together_are_refused():
    with pytest.raises(ValueError, match="expected one class id"):
        metrics.SparseCategoricalAccuracy()(np.eye(3), np.eye(3))
    with pytest.raises(ValueError, match="expected the same shape"):
        metrics.CategoricalAccuracy()(np.zeros(3), np.eye(3))
