"""Rules propose, experiments dispose: what hurts nothing is a hint, and what learns less than it could is found."""

import json

import numpy as np
import pytest

from clarinet import Input, Sequential, doctor, ops, optimizers
from clarinet.doctor import kinds
from clarinet.doctor.experiments.paired import better
from clarinet.layers import Dense, Dropout, Flatten

RNG = np.random.default_rng(0)
X = RNG.normal(size=(600, 6)).astype(np.float32)
CURVED = (X[:, 0] * X[:, 1] + 0.5 * X[:, 2])[:, None].astype(np.float32)
STRAIGHT = (X @ np.linspace(-1, 1, 6) / 2)[:, None].astype(np.float32)
YES = (X[:, 0] + 0.5 * X[:, 1] > 0).astype(np.float32)


def model(*layers, loss="mse", optimizer=None, shape=(6,)):
    network = Sequential([Input(shape), *layers])
    network.compile(optimizer or optimizers.Adam(0.01), loss)
    return network


def found(report):
    return {finding.kind for finding in report.findings if finding.severity != "hint"}


def hints(report):
    return {finding.kind for finding in report.findings if finding.severity == "hint"}


def test_what_hurts_nothing_is_a_hint():
    report = doctor.examine(model(Dense(16), Dense(1)), X, STRAIGHT, epochs=30)
    assert report.healthy, str(report)
    assert "missing_hidden_activation" in hints(report)


def test_what_contradicts_loss_or_labels_is_a_finding_whatever_the_score():
    one_hot = np.eye(3, dtype=np.float32)[np.digitize(X[:, 0], (-0.5, 0.5))]
    exclusive = model(Dense(16, activation="relu"), Dense(3, activation="sigmoid"), loss="categorical_crossentropy")
    assert found(doctor.examine(exclusive, X, one_hot, epochs=20)) == {"wrong_output_activation"}
    several = (X[:, :3] > 0).astype(np.float32)
    any_number = model(Dense(16, activation="relu"), Dense(3, activation="sigmoid"), loss="categorical_crossentropy")
    assert "wrong_loss" in found(doctor.examine(any_number, X, several, epochs=20))
    questions = model(Dense(16, activation="relu"), Dense(3, activation="sigmoid"), loss="binary_crossentropy")
    assert not found(doctor.examine(questions, X, one_hot, epochs=20))  # a question for each class may be asked


def test_without_time_to_try_it_the_rule_has_its_say():
    report = doctor.examine(model(Dense(16), Dense(1)), X, STRAIGHT, epochs=30, budget="quick")
    assert found(report) == {"missing_hidden_activation"}


def test_what_hurts_is_a_finding_with_its_effect():
    report = doctor.examine(model(Dense(32), Dense(1)), X, CURVED, epochs=40)
    assert found(report) == {"missing_hidden_activation"}
    (finding,) = [each for each in report.findings if each.kind == "missing_hidden_activation"]
    assert finding.effect.startswith("with the remedy R² went from ")
    assert f"Tried: {finding.effect}" in str(report)
    assert json.loads(report.to_json())["findings"][0]["effect"] == finding.effect
    assert "Tried: with the remedy" in report.to_html()


@pytest.mark.parametrize(
    ("network", "epochs", "kind"),
    [
        (lambda: model(Dense(1)), 40, {"missing_layer"}),
        (lambda: model(Dense(32, activation="relu"), Dense(1)), 2, {"too_few_epochs", "learning_rate_too_low"}),
        (
            lambda: model(Dense(32, activation="relu"), Dense(1), optimizer=optimizers.Adam(3e-4)),
            20,
            {"too_few_epochs", "learning_rate_too_low"},
        ),
    ],
)
def test_a_program_that_learns_less_than_simple_models_is_not_healthy(network, epochs, kind):
    assert found(doctor.examine(network(), X, CURVED, epochs=epochs)) & kind


def test_labels_with_much_noise_are_no_fault():
    noisy = np.where(RNG.random(600) < 0.3, 1 - YES, YES)
    report = doctor.examine(
        model(Dense(8, activation="relu"), Dense(1, activation="sigmoid"), loss="binary_crossentropy"),
        X, noisy, epochs=10,
    )  # fmt: skip
    assert report.healthy, str(report)


def test_dropout_of_nothing_is_silent():
    layers = Dense(16, activation="relu"), Dense(1), Dropout(0.0)
    assert not doctor.examine(model(*layers), X, STRAIGHT, epochs=30, budget="quick").findings


def test_few_rows_are_named_where_more_would_help():
    report = doctor.examine(
        model(Dense(64, activation="relu"), Dense(1), optimizer=optimizers.Adam(0.005)), X[:40], CURVED[:40], epochs=200
    )
    assert "too_little_data" in found(report)


def test_wild_targets_do_not_hide_what_x_tells():
    y = CURVED + STRAIGHT
    y[::40] += 200 * RNG.standard_t(2, y[::40].shape).astype(np.float32)
    report = doctor.examine(model(Dense(32, activation="relu"), Dense(1), loss="huber"), X, y, epochs=30)
    assert "shuffled_labels" not in found(report) | hints(report)


def below_zero(y_true, y_pred):
    return ops.mean(ops.square((y_true - y_pred) / 0.1) / 2 + np.log(0.1), axis=-1)


def test_a_loss_of_the_users_own_that_is_negative_is_no_fault():
    report = doctor.examine(
        model(Dense(32, activation="relu"), Dense(1), loss=below_zero), X, STRAIGHT, epochs=40, budget="normal"
    )
    assert report.healthy, str(report)


def test_holes_in_every_row_are_named():
    x = X.copy()
    x[np.arange(600), RNG.integers(0, 6, 600)] = np.nan
    assert "nan_in_data" in found(doctor.examine(model(Dense(8, activation="relu"), Dense(1)), x, STRAIGHT, epochs=20))


def test_pictures_with_a_hole_in_unscaled_values():
    x = (X.reshape(600, 3, 2) * 80 + 120).astype(np.float32)
    x[3, 1, 1] = np.nan
    layers = Flatten(), Dense(8, activation="relu"), Dense(1)
    kinds_found = found(doctor.examine(model(*layers, shape=(3, 2)), x, STRAIGHT, epochs=20))
    assert "nan_in_data" in kinds_found


def test_what_fit_refuses_is_tried_with_its_remedy():
    ids = np.digitize(X[:40, 0], [-0.5, 0.5])
    report = doctor.examine(model(Dense(8, activation="relu"), Dense(3, activation="softmax"), loss="mae"), X[:40], ids)
    assert not report.healthy


def test_better_asks_for_more_than_chance():
    assert better(np.array([0.9, 0.91, 0.92]), np.array([0.8, 0.8, 0.8]))
    assert not better(np.array([0.9, 0.6, 1.2]), np.array([0.8, 0.8, 0.8]))
    assert not better(np.array([0.81, 0.81, 0.81]), np.array([0.8, 0.8, 0.8]))


def test_every_kind_that_is_changed_automatically_has_a_row():
    from clarinet.doctor.experiments import half_sick

    assert set(half_sick.KINDS) <= set(kinds.ROWS)
    assert set(kinds.ROWS) <= set(doctor.KINDS)
    assert kinds.of("label_shape_mismatch").certain
