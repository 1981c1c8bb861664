"""Every metric: Keras's numbers, weights, names, what "accuracy" means."""

import json
import re
from dataclasses import MISSING, fields

import numpy as np
import pytest

from clarinet import metrics
from clarinet.saving.trees import flatten, unflatten
from tests.cases import METRICS, example

each = pytest.mark.parametrize("case", METRICS, ids=repr)
WEIGHTS = np.random.default_rng(8).uniform(0, 2, 12).astype(np.float32)


@each
@pytest.mark.parametrize("weight", [None, WEIGHTS, WEIGHTS[:, None]], ids=["plain", "weights", "weights-column"])
def test_equals_keras_over_ragged_batches(case, weight):
    import keras

    if case.keras is None:
        pytest.skip("Keras has none")
    ours, theirs, (t, p) = case.make(), case.keras(keras), example(case)
    assert np.all(ours.result() == 0)
    for rows in (slice(0, 5), slice(5, 10), slice(10, 12)):
        own = None if weight is None else weight[rows]
        ours.update_state(t[rows], p[rows], own)
        theirs.update_state(t[rows], p[rows], None if own is None else own.reshape(-1))
        assert ours.result() == pytest.approx(np.asarray(theirs.result()), rel=5e-6)
    ours.reset_state()
    assert np.all(ours.result() == 0)


@each
def test_rows_of_sequences_equal_keras(case):
    import keras

    t, p = example(case)
    t, p = t.reshape(6, 2, *t.shape[1:]), p.reshape(6, 2, -1)
    if case.keras is None or case.id.startswith(("f1", "fbeta", "r2", "auc-multi")):
        pytest.skip("Keras has none, or takes rows of one axis alone")
    assert case.make()(t, p) == pytest.approx(np.asarray(case.keras(keras)(t, p)), rel=2e-6)


@each
def test_default_name_is_that_of_keras(case):
    import keras

    if case.keras is not None:
        made = case.make()
        needed = [f.name for f in fields(made) if f.init and f.default is MISSING]
        named = type(made)(**{name: getattr(made, name) for name in needed})
        assert named.name == re.sub(r"_\d+$", "", case.keras(keras).name)  # Keras counts its objects


@each
def test_goes_on_from_its_state(case):
    """As a checkpoint keeps it: in JSON and tensors."""
    (t, p), whole, resumed, tensors = example(case), case.make(), case.make(), {}
    whole.update_state(t[:7], p[:7])
    tree = json.loads(json.dumps(flatten(whole.get_state(), tensors)))
    resumed.set_state(unflatten(tree, {name: array.copy() for name, array in tensors.items()}))
    for metric in (whole, resumed):
        metric.update_state(t[7:], p[7:])
    np.testing.assert_array_equal(resumed.result(), whole.result())


@each
def test_configuration_round_trip(case):
    metric = case.make()
    copied = metrics.get(json.loads(json.dumps(metric.encoded())))
    assert type(copied) is type(metric)
    assert copied.get_config() == metric.get_config()


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


WEIGHT = np.arange(1.0, 7)
IDS = np.array([0, 2, 1, 1, 0, 2])
CHANCES = np.eye(3)[[0, 2, 2, 1, 1, 2]] * 0.5 + 0.25


@pytest.mark.parametrize("targets", [IDS, IDS[:, None], np.eye(3)[IDS]], ids=["ids", "column", "one-hot"])
def test_confusion_matrix_equals_scikit_learn(targets):
    confusion_matrix = pytest.importorskip("sklearn.metrics").confusion_matrix

    metric = metrics.ConfusionMatrix()
    for rows in (slice(0, 4), slice(4, 6)):
        metric.update_state(targets[rows], CHANCES[rows])
    np.testing.assert_array_equal(metric.result(), confusion_matrix(IDS, CHANCES.argmax(-1)))
    weighted = metrics.ConfusionMatrix(num_classes=4)(targets, CHANCES, WEIGHT)
    np.testing.assert_array_equal(weighted[:3, :3], confusion_matrix(IDS, CHANCES.argmax(-1), sample_weight=WEIGHT))
    shares = metrics.ConfusionMatrix()(targets, CHANCES, WEIGHT / 4)
    np.testing.assert_array_equal(shares, confusion_matrix(IDS, CHANCES.argmax(-1), sample_weight=WEIGHT / 4))
    one = metrics.ConfusionMatrix(threshold=0.3)([[0], [1], [1]], [[0.2], [0.4], [0.1]])
    assert one.tolist() == [[1, 0], [1, 1]]


def test_f_scores_and_r2_of_sequences_count_every_row():
    t, p = np.eye(3)[IDS], CHANCES
    assert metrics.F1Score("macro")(t.reshape(2, 3, 3), p.reshape(2, 3, 3)) == metrics.F1Score("macro")(t, p)
    assert metrics.R2Score()(t.reshape(2, 3, 3), p.reshape(2, 3, 3)) == metrics.R2Score()(t, p)
    assert metrics.R2Score()([2.0, 2.0], [1.0, 3.0]) == 0  # nothing to explain


def test_results_of_several_numbers_in_logs():
    """A list has an entry for each; a matrix is for get_metrics_result."""
    import clarinet

    model = clarinet.Sequential([clarinet.Input((3,)), clarinet.layers.Dense(3, activation="softmax")])
    several = [metrics.F1Score(), metrics.ConfusionMatrix(), metrics.Precision(), metrics.AUC()]
    model.compile("sgd", "categorical_crossentropy", metrics=several)
    history = model.fit(CHANCES, np.eye(3)[IDS], epochs=2, verbose=0).history
    assert set(history) == {"loss", "f1_score_0", "f1_score_1", "f1_score_2", "precision", "auc"}
    logs = model.evaluate(CHANCES, np.eye(3)[IDS], return_dict=True)
    results = model.get_metrics_result()
    assert results["confusion_matrix"].sum(axis=1).tolist() == [2, 2, 2]
    assert results["f1_score"].tolist() == [logs[f"f1_score_{i}"] for i in range(3)]
    assert results["auc"] == logs["auc"] and results["loss"] == logs["loss"]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: metrics.Precision(2), ValueError, "Precision: thresholds: .*at most 1"),
        (lambda: metrics.Recall([0.2, "a"]), (TypeError, ValueError), "thresholds|could not convert"),
        (lambda: metrics.Recall(top_k=0), ValueError, "Recall: top_k: .*at least 1"),
        (lambda: metrics.Recall(class_id=-1), ValueError, "Recall: class_id: .*at least 0"),
        (
            lambda: metrics.Recall(class_id=5)(np.eye(3), np.eye(3)),
            ValueError,
            "class_id=5, but one prediction has shape",
        ),
        (lambda: metrics.AUC(1), ValueError, "AUC: num_thresholds: .*at least 2"),
        (lambda: metrics.AUC(curve="roc"), ValueError, "AUC: curve is one of ROC, PR, PRGAIN, received 'roc'"),
        (lambda: metrics.AUC(summation_method="mid"), ValueError, "AUC: summation_method is one of"),
        (lambda: metrics.AUC(thresholds=[2.0]), ValueError, r"AUC: thresholds are numbers in \[0, 1\]"),
        (
            lambda: metrics.AUC(label_weights=[1, 2])(np.eye(3), np.eye(3)),
            ValueError,
            "label_weights has 2 .* 3 columns",
        ),
        (lambda: metrics.CosineSimilarity(axis=1), ValueError, "CosineSimilarity: classes are on the last axis"),
        (lambda: metrics.BinaryCrossentropy(label_smoothing=1.5), ValueError, "label_smoothing: .*at most 1"),
        (lambda: metrics.F1Score("mean"), ValueError, "F1Score: average is one of None, micro, macro, weighted"),
        (lambda: metrics.FBetaScore(beta=0), ValueError, "FBetaScore: beta is above 0"),
        (lambda: metrics.F1Score(threshold=0), ValueError, "F1Score: threshold is above 0"),
        (lambda: metrics.R2Score("mean"), ValueError, "R2Score: class_aggregation is one of"),
        (lambda: metrics.R2Score(num_regressors=-1), ValueError, "R2Score: num_regressors"),
        (lambda: metrics.ConfusionMatrix(1), ValueError, "ConfusionMatrix: num_classes: .*at least 2"),
        (lambda: metrics.ConfusionMatrix()([5], [[0.1, 0.9]]), ValueError, "class ids from 0 to 1, received 1 from 5"),
    ],
)
def test_settings_without_meaning_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("engine", ["reference", "auto"])
@pytest.mark.parametrize(
    "metric",
    [
        metrics.AUC(label_weights=[1.0, 2.0]),
        metrics.AUC(multi_label=True, label_weights=[1.0]),
        metrics.Recall(class_id=3),
    ],
)
def test_metrics_that_cannot_judge_the_predictions_are_refused_before_training(engine, metric):
    import clarinet

    model = clarinet.Sequential([clarinet.Input((3,)), clarinet.layers.Dense(3, activation="softmax")])
    model.compile("sgd", "categorical_crossentropy", metrics=[metric], engine=engine)
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"label_weights has|class_id=3, but"):
        model.fit(CHANCES, np.eye(3)[IDS], verbose=0)
    assert all((a == b).all() for a, b in zip(before, model.get_weights()))


@pytest.mark.parametrize("weight", [None, [0.3, 1.7, 0.9]])
def test_r2_of_equal_targets_is_0_whatever_rounding_leaves_of_their_variance(weight):
    equal = np.full((3, 1), np.float32(0.7))
    assert metrics.R2Score()(equal, equal + 1, weight) == 0.0
    assert metrics.R2Score()(1000 + np.arange(3.0)[:, None], 1000 + np.arange(3.0)[:, None]) == 1.0


def test_shapes_that_do_not_go_together_are_refused():
    with pytest.raises(ValueError, match="expected one class id"):
        metrics.SparseCategoricalAccuracy()(np.eye(3), np.eye(3))
    with pytest.raises(ValueError, match="expected the same shape"):
        metrics.CategoricalAccuracy()(np.zeros(3), np.eye(3))
