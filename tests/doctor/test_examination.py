"""What may be examined, how much that may cost, and what is left out."""

import numpy as np
import pytest

from clarinet import Input, Sequential, doctor, optimizers
from clarinet.layers import Dense

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 6)).astype(np.float32)
YES = (X[:, 0] + X[:, 1] > 0).astype(np.float32)
STATES = {"cannot_fit_few_rows", "ignores_input", "too_few_epochs", "missing_layer"}


def model(optimizer=None, hidden=16, loss="binary_crossentropy", ending="sigmoid"):
    network = Sequential([Input((6,)), Dense(hidden, activation="relu"), Dense(1, activation=ending)])
    network.compile(optimizer or optimizers.Adam(0.01), loss)
    return network


def kinds(report):
    return {finding.kind for finding in report.findings if finding.severity != "hint"}


def test_quick_trains_nothing(monkeypatch):
    monkeypatch.setattr(Sequential, "fit", lambda *_, **__: pytest.fail("trained"))
    report = doctor.examine(model(optimizers.SGD(0.01)), X, YES, epochs=2, budget="quick")
    assert report.healthy
    assert "too_few_epochs" not in report.ruled_out
    assert "unscaled_inputs" in report.ruled_out


def test_thorough_asks_on_where_normal_has_its_answer():
    sick = model(optimizers.SGD(0.001))
    assert kinds(doctor.examine(sick, X, YES, epochs=2)) <= kinds(
        doctor.examine(sick, X, YES, epochs=2, budget="thorough")
    )


def test_the_budget_is_checked():
    with pytest.raises(ValueError, match="budget is one of 'quick', 'normal', 'thorough', received 'fast'"):
        doctor.examine(model(), X, YES, budget="fast")


def test_lists_and_frames_are_rows():
    pandas = pytest.importorskip("pandas")
    assert doctor.examine(model(), X.tolist(), YES.tolist(), epochs=30, budget="quick").healthy
    frame = pandas.DataFrame(X)
    assert doctor.examine(model(), frame, pandas.Series(YES), epochs=30, budget="quick").healthy


def test_what_is_no_number_is_refused_as_by_fit():
    with pytest.raises(TypeError, match="x: holds text"):
        doctor.examine(model(), [["a"] * 6] * 10, YES[:10])


def test_experiments_leave_out_rows_that_hold_nan():
    x = X.copy()
    x[::40, 2] = np.nan
    report = doctor.examine(model(optimizers.SGD(0.01)), x, YES, epochs=2)
    assert {"nan_in_data", "too_few_epochs"} <= kinds(report)


def test_nothing_is_tried_where_data_tells_nothing():
    report = doctor.examine(model(), X, RNG.permutation(YES), epochs=1)
    assert kinds(report) == {"shuffled_labels"}
    assert not STATES & set(report.ruled_out)


def test_states_stand_with_their_cause():
    report = doctor.examine(model(ending="softmax"), X, YES, epochs=20)
    assert report.findings[0].kind == "softmax_on_single_unit"
    assert any("gradient" in state for state in report.findings[0].evidence["explains"])
    assert "vanishing_gradient" not in {finding.kind for finding in report.findings} | set(report.ruled_out)
    assert "It also explains: " in str(report)


def test_weights_that_were_set_are_what_is_examined():
    network = model()
    network.set_weights([np.zeros_like(w) for w in network.get_weights()])
    assert "dying_relu" in kinds(doctor.examine(network, X, YES, epochs=30, budget="quick"))


def test_errors_in_the_program_are_not_swallowed(monkeypatch):
    def broken(self, *_, **__):
        raise ValueError("a bug")

    monkeypatch.setattr(Sequential, "fit", broken)
    with pytest.raises(ValueError, match="a bug"):
        doctor.examine(model(optimizers.SGD(0.01)), X, YES, epochs=2)


def test_full_batch_optimizers_are_left_alone():
    report = doctor.examine(model(optimizers.LBFGS()), X, YES, epochs=30, batch_size=400, budget="quick")
    assert report.healthy, str(report)


def hours(optimizer):
    """Two inputs, three rows, a sigmoid and a squared error: slopes are small, so rates may be large."""
    network = Sequential([Input((2,)), Dense(3, activation="sigmoid"), Dense(1, activation="sigmoid")])
    network.compile(optimizer, "mse", dtype="float64")
    return network, np.array([[0.3, 1.0], [0.5, 0.2], [1.0, 0.4]]), np.array([0.75, 0.82, 0.93])


def test_a_rate_that_is_only_unusual_is_cleared_by_a_training():
    network, x, y = hours(optimizers.SGD(10.0))
    assert "learning_rate_too_high" in kinds(doctor.examine(network, x, y, epochs=2000, batch_size=3, budget="quick"))
    assert doctor.examine(network, x, y, epochs=2000, batch_size=3).healthy


def test_one_epoch_of_a_line_search_is_a_training():
    network, x, y = hours(optimizers.BFGS())
    assert doctor.examine(network, x, y).healthy
    network.compile(optimizers.BFGS(max_iterations=1), "mse", dtype="float64")
    doctor.examine(network, x, y, budget="thorough")  # experiments have other ideas than other rates
