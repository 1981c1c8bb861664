"""The estimators beside scikit-learn's, and within its tools."""

from __future__ import annotations

import io
import pickle
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn")

import joblib
from scipy.sparse import csr_array
from sklearn import config_context, neural_network
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris, make_multilabel_classification
from sklearn.ensemble import StackingClassifier
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, validation_curve
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import clarinet
from clarinet.estimators import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_iris(return_X_y=True)
QUICK = {"max_iter": 60, "learning_rate_init": 0.02, "random_state": 0}
BOTH = [(MLPClassifier, neural_network.MLPClassifier), (MLPRegressor, neural_network.MLPRegressor)]


@pytest.mark.parametrize(("ours", "theirs"), BOTH)
def test_arguments_and_defaults_are_those_of_scikit_learn(ours: type, theirs: type) -> None:
    own, given = ours().get_params(), theirs().get_params()
    assert {name: own[name] for name in given} == given


@pytest.mark.parametrize(("ours", "theirs"), BOTH)
@pytest.mark.parametrize("settings", [{}, {"early_stopping": True}, {"solver": "sgd"}, {"solver": "lbfgs"}])
def test_attributes_are_those_of_scikit_learn(ours: type, theirs: type, settings: dict[str, object]) -> None:
    own, given = (each(max_iter=3, random_state=0, **settings).fit(X, Y) for each in (ours, theirs))
    if settings.get("solver") == "lbfgs":  # which has no epochs there
        expected = ["loss_", "n_iter_", "n_layers_", "n_outputs_", "out_activation_"]
    else:
        expected = [name for name in vars(given) if name.endswith("_") and not name.startswith("_")]
    for name in expected:
        assert _kind(getattr(own, name)) == _kind(getattr(given, name)), name
    assert [c.shape for c in own.coefs_] == [c.shape for c in given.coefs_]
    assert [i.shape for i in own.intercepts_] == [i.shape for i in given.intercepts_]
    assert own.out_activation_ == given.out_activation_


def _kind(value: object) -> object:
    if isinstance(value, float | np.floating):
        return float
    return (type(value), len(value)) if isinstance(value, list) else type(value)


def test_gradient_descent_takes_scikit_learns_steps() -> None:
    """From the same weights, on all rows at once, with penalty and momentum."""
    settings = {
        "solver": "sgd",
        "batch_size": 150,
        "alpha": 0.5,
        "learning_rate_init": 0.05,
        "tol": 0.0,
        "shuffle": False,
    }
    theirs = neural_network.MLPClassifier((5,), max_iter=1, random_state=1, **settings).fit(X, Y)
    ours = MLPClassifier((5,), max_iter=1, random_state=1, **settings).fit(X, Y)
    ours.model_.set_weights([w for pair in zip(theirs.coefs_, theirs.intercepts_, strict=True) for w in pair])
    losses = []
    for each in (theirs, ours):
        each.set_params(warm_start=True, max_iter=20).fit(X, Y)
        losses.append(each.loss_curve_[-20:])
    np.testing.assert_allclose(*losses, rtol=1e-4)
    np.testing.assert_allclose(ours.coefs_[0], theirs.coefs_[0], atol=1e-4)


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
def test_regression_takes_scikit_learns_steps(loss: str) -> None:
    y = np.abs(np.random.default_rng(0).normal(size=(150, 2))) + X[:, :1]
    settings = {"loss": loss, "solver": "sgd", "alpha": 0.1, "learning_rate_init": 0.01, "tol": 0.0, "shuffle": False}
    theirs = neural_network.MLPRegressor(hidden_layer_sizes=(5,), max_iter=1, random_state=1, **settings).fit(X, y)
    ours = MLPRegressor(hidden_layer_sizes=(5,), max_iter=1, random_state=1, **settings).fit(X, y)
    ours.model_.set_weights([w for pair in zip(theirs.coefs_, theirs.intercepts_, strict=True) for w in pair])
    for each in (theirs, ours):
        each.set_params(warm_start=True, max_iter=20).fit(X, y)
    np.testing.assert_allclose(ours.coefs_[0], theirs.coefs_[0], atol=1e-4)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-3)


@pytest.mark.parametrize("rate", ["constant", "invscaling", "adaptive"])
def test_learning_rates(rate: str) -> None:
    settings = {"solver": "sgd", "learning_rate": rate, "learning_rate_init": 0.1, "n_iter_no_change": 2, "tol": 0.01}
    classifier = MLPClassifier(max_iter=200, random_state=0, **settings).fit(X, Y)
    last = classifier.model_.optimizer.rate(0)
    if rate == "constant":
        assert last == 0.1
    elif rate == "invscaling":
        assert last == pytest.approx(0.1 / (classifier.t_ + 1) ** 0.5)
    else:
        assert last <= 1e-6


def test_stops_where_nothing_is_gained() -> None:
    classifier = MLPClassifier(max_iter=500, tol=0.05, random_state=0).fit(X, Y)
    assert classifier.n_iter_ < 500
    assert len(classifier.loss_curve_) == classifier.n_iter_
    assert classifier.best_loss_ == min(classifier.loss_curve_)
    with pytest.warns(ConvergenceWarning, match="Maximum iterations"):
        MLPClassifier(max_iter=2).fit(X, Y)


def test_early_stopping_brings_the_best_weights_back(capsys: pytest.CaptureFixture[str]) -> None:
    settings = {"early_stopping": True, "max_iter": 40, "learning_rate_init": 0.5, "random_state": 0}
    classifier = MLPClassifier(**settings, verbose=True).fit(X, Y, X_val=X[::3], y_val=Y[::3])
    assert classifier.score(X[::3], Y[::3]) == classifier.best_validation_score_ == max(classifier.validation_scores_)
    assert classifier.best_loss_ is None
    said = capsys.readouterr().out
    assert "Iteration 1, loss = " in said
    assert "Validation score: " in said


def test_partial_fit_and_warm_start_go_on() -> None:
    parts = MLPClassifier(random_state=0, learning_rate_init=0.02)
    for _ in range(30):
        parts.partial_fit(X[:100], Y[:100], classes=[0, 1, 2]).partial_fit(X[100:], Y[100:])
    assert parts.score(X, Y) > 0.8
    assert parts.t_ == 30 * 150
    assert len(parts.loss_curve_) == 60
    warm = MLPClassifier(warm_start=True, max_iter=20, random_state=0).fit(X, Y)
    before = warm.loss_
    assert warm.fit(X, Y).loss_ < before
    with pytest.raises(ValueError, match="same classes"):
        warm.fit(X[:100], Y[:100])
    assert not hasattr(MLPClassifier(solver="lbfgs"), "partial_fit")


def test_labels_of_several_kinds() -> None:
    names = np.array(["setosa", "versicolor", "virginica"], object)[Y]
    assert set(MLPClassifier(**QUICK).fit(X, names).predict(X)) == set(names)
    two = MLPClassifier(**QUICK).fit(X, Y == 0)
    assert two.predict(X).dtype == bool
    assert two.predict_proba(X).shape == (150, 2)
    x, several = make_multilabel_classification(100, random_state=0)
    marks = MLPClassifier(**QUICK).fit(x, several)
    assert marks.predict(x).shape == several.shape
    assert marks.score(x, several) > 0.5
    amounts = MLPRegressor(**QUICK).fit(X[:, :2], X[:, 2:])
    assert amounts.predict(X[:, :2]).shape == (150, 2)


def test_class_weights_and_sample_weights() -> None:
    kept = np.r_[0:50, 50:55, 100:150]
    plain, even = (MLPClassifier(class_weight=w, **QUICK).fit(X[kept], Y[kept]) for w in (None, "balanced"))
    assert (even.predict(X[50:100]) == 1).mean() > (plain.predict(X[50:100]) == 1).mean()
    ignored = MLPClassifier(**QUICK).fit(X, Y, sample_weight=(Y != 2).astype(float))
    assert (ignored.predict(X) != 2).all()


@pytest.mark.parametrize(
    "estimator",
    [
        MLPClassifier(**QUICK),
        MLPClassifier(solver="lbfgs", max_iter=20, random_state=0),
        MLPClassifier(network=[clarinet.layers.Dense(8, "relu")], **QUICK),
        MLPClassifier((8, 8), dropout=0.1, normalization="batch", **QUICK),
    ],
)
def test_copies_say_the_same(estimator: MLPClassifier) -> None:
    fitted = clone(estimator).fit(X, Y)
    buffer = io.BytesIO()
    joblib.dump(fitted, buffer)
    buffer.seek(0)
    for copy in (pickle.loads(pickle.dumps(fitted)), joblib.load(buffer)):
        np.testing.assert_array_equal(copy.predict_proba(X), fitted.predict_proba(X))
        assert copy.loss_curve_ == fitted.loss_curve_
        if fitted.solver != "lbfgs":
            np.testing.assert_array_equal(
                copy.partial_fit(X, Y).predict_proba(X),
                pickle.loads(pickle.dumps(fitted)).partial_fit(X, Y).predict_proba(X),
            )


def test_skops_keeps_what_was_learnt() -> None:
    skops = pytest.importorskip("skops.io")
    fitted = MLPClassifier(**QUICK).fit(X, Y)
    content = skops.dumps(fitted)
    trusted = skops.get_untrusted_types(data=content)
    assert trusted == ["clarinet.estimators.classifier.MLPClassifier"]
    np.testing.assert_array_equal(skops.loads(content, trusted=trusted).predict_proba(X), fitted.predict_proba(X))


def test_within_scikit_learns_tools() -> None:
    quick = MLPClassifier((16,), **QUICK)
    assert cross_val_score(make_pipeline(StandardScaler(), quick), X, Y, cv=2).mean() > 0.8
    stack = StackingClassifier([("a", quick)], LogisticRegression(), cv=2).fit(X, Y)
    assert stack.score(X, Y) > 0.8
    assert CalibratedClassifierCV(quick, cv=2).fit(X, Y).score(X, Y) > 0.8
    fitted = quick.fit(X, Y)
    assert permutation_importance(fitted, X, Y, n_repeats=2, random_state=0).importances_mean[2:].max() > 0.1
    train, _ = validation_curve(quick, X, Y, param_name="alpha", param_range=[1e-4, 100.0], cv=2)
    assert train[0].mean() > train[1].mean()
    assert "MLPClassifier" in fitted._repr_html_()


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_grid_search(jobs: int) -> None:
    grid = {"alpha": [1e-4, 1e-2], "hidden_layer_sizes": [(8,), (16, 8)]}
    search = GridSearchCV(MLPClassifier(**QUICK), grid, cv=2, n_jobs=jobs).fit(X, Y)
    assert search.best_score_ > 0.8


@pytest.mark.parametrize(
    "network",
    [
        [clarinet.layers.Conv2D(4, 3, activation="relu"), clarinet.layers.Flatten()],
        "cnn",
        lambda shape, outputs: [clarinet.layers.Flatten(), clarinet.layers.Dense(8)],
        lambda shape, outputs: clarinet.Sequential(
            [clarinet.Input(shape), clarinet.layers.Flatten(), clarinet.layers.Dense(outputs, "softmax")]
        ),
    ],
)
def test_any_network(network: object) -> None:
    rng = np.random.default_rng(0)
    y = np.arange(60) % 3
    x = rng.normal(size=(60, 10, 10, 1)) + y[:, None, None, None]
    classifier = clone(MLPClassifier(network=network, max_iter=40, learning_rate_init=0.01, random_state=0)).fit(x, y)
    assert classifier.score(x, y) > 0.8
    assert classifier.n_outputs_ == 3


def test_a_refused_network_says_what_there_is() -> None:
    with pytest.raises(ValueError, match="expected one of mlp, cnn"):
        MLPClassifier(network="transformer").fit(X, Y)
    with pytest.raises(TypeError, match="expected a list of layers"):
        MLPClassifier(network=3).fit(X, Y)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"alpha": -1}, "alpha=-1; expected a number from 0"),
        ({"hidden_layer_sizes": (0,)}, "hidden_layer_sizes must be > 0"),
        ({"max_iter": 0}, "a whole number of at least 1"),
        ({"normalization": "group"}, "None, 'batch', 'layer'"),
        ({"activation": "sin"}, "sin"),
        ({"solver": "newton"}, "newton"),
    ],
)
def test_parameters_out_of_range(settings: dict[str, object], said: str) -> None:
    with pytest.raises((ValueError, TypeError), match=said):
        MLPClassifier(**settings).fit(X, Y)


def test_metrics_validation_and_callbacks() -> None:
    seen: list[int] = []

    class Count(clarinet.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            seen.append(epoch)

    classifier = MLPClassifier(max_iter=3, metrics=["accuracy"], callbacks=[Count()], random_state=0)
    classifier.fit(X, Y, X_val=X[::5], y_val=Y[::5])
    assert seen == [0, 1, 2]
    assert set(classifier.history_) == {"loss", "accuracy", "val_loss", "val_accuracy"}


def test_before_fit() -> None:
    with pytest.raises(NotFittedError):
        MLPClassifier().predict(X)
    assert not hasattr(MLPClassifier(), "coefs_")


def test_weights_are_routed() -> None:
    with config_context(enable_metadata_routing=True):
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipeline = make_pipeline(scaler, MLPClassifier(**QUICK).set_fit_request(sample_weight=True))
        pipeline.fit(X, Y, sample_weight=(Y != 2).astype(float))
    assert (pipeline.predict(X) != 2).all()


def test_a_training_is_kept_as_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLARINET_HOME", str(tmp_path))
    MLPClassifier(max_iter=2, random_state=0, run="iris").fit(X, Y)
    MLPClassifier(max_iter=2, random_state=0, run="sparse").fit(csr_array(X), Y)
    assert {run.name for run in clarinet.runs.list()} == {"iris", "sparse"}
