"""Cures are proved by training: sick and treated side by side."""

from dataclasses import replace

import numpy as np
import pytest

from clarinet import Input, Sequential, doctor, optimizers
from clarinet.doctor import kinds
from clarinet.doctor.findings import place_of
from clarinet.doctor.treatment import NOTHING, Comparison, _needless
from clarinet.layers import Dense

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 6)).astype(np.float32)
YES = (X[:, 0] * X[:, 1] > 0).astype(np.float32)
AMOUNT = (1000 + 300 * X[:, 0] - 200 * X[:, 1]).astype(np.float32)[:, None]


def model(*layers, loss="binary_crossentropy", optimizer=None):
    network = Sequential([Input((6,)), *layers])
    network.compile(optimizer or optimizers.Adam(0.02), loss)
    return network


def test_a_cure_is_proved_and_its_model_is_trained():
    sick = model(Dense(32, activation="relu"), Dense(1, activation="softmax"))
    before = sick.get_weights()
    treatment = doctor.treat(sick, X, YES, epochs=20)
    assert treatment.proved
    assert treatment.claim == "generalises"
    assert [finding.kind for finding in treatment.applied] == ["softmax_on_single_unit"]
    assert ((treatment.model.predict(X)[:, 0] > 0.5) == YES).mean() > 0.9
    assert str(treatment).startswith("Proved: accuracy rose from ")
    assert "What was wrong: softmax over one unit always answers 1" in str(treatment)
    assert "What was changed: sigmoid on the last layer." in treatment._repr_html_()
    assert "Without the changes, training twice as long gives " in str(treatment)
    assert "always answering " in str(treatment)
    assert "softmax_on_single_unit" not in str(treatment)
    for old, now in zip(before, sick.get_weights()):
        np.testing.assert_array_equal(old, now)


def test_predictions_stay_in_the_units_of_the_targets():
    sick = model(Dense(16, activation="relu"), Dense(1), loss="mse", optimizer=optimizers.Adam(0.01))
    treatment = doctor.treat(sick, X, AMOUNT, epochs=15)
    assert treatment.proved
    assert np.abs(treatment.model.predict(X) - AMOUNT).mean() < 60


def test_a_program_that_fit_refuses_is_compared_with_a_constant_answer():
    x = X.copy()
    x[::50, 2] = np.nan
    treatment = doctor.treat(model(Dense(32, activation="relu"), Dense(1, activation="sigmoid")), x, YES, epochs=20)
    assert treatment.proved
    assert treatment.comparison.sick == treatment.comparison.constant


def test_what_shows_no_effect_is_not_treated():
    network = model(
        Dense(32, activation="relu"), Dense(1, activation="softmax"), optimizer=optimizers.Adam(0.02, epsilon=1e-12)
    )
    treatment = doctor.treat(network, X, YES, epochs=20)
    assert treatment.proved
    assert [finding.kind for finding in treatment.applied] == ["softmax_on_single_unit"]
    assert (treatment.withdrawn, treatment.included) == ((), ())


def test_no_cure_is_proved_where_there_is_nothing_to_learn():
    luck = RNG.permutation(YES)
    treatment = doctor.treat(model(Dense(8, activation="relu"), Dense(1, activation="softmax")), X, luck, epochs=5)
    assert not treatment.proved


def test_healthy_programs_are_not_treated():
    treatment = doctor.treat(model(Dense(32, activation="relu"), Dense(1, activation="sigmoid")), X, YES, epochs=20)
    assert (treatment.proved, treatment.model, str(treatment)) == (False, None, NOTHING)


def test_few_rows_only_show_that_it_fits():
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    network = Sequential([Input((2,)), Dense(8, activation="relu"), Dense(1, activation="relu")])
    network.compile(optimizers.Adam(0.05), "binary_crossentropy")
    assert doctor.treat(network, x, np.array([0.0, 1.0, 1.0, 0.0]), epochs=100).claim == "fits"


def test_seeds_are_checked():
    with pytest.raises(ValueError, match="seeds is from 5 to 10, received 3"):
        doctor.treat(model(Dense(1)), X, YES, seeds=3)


def test_an_untrained_model_is_treated_from_its_initial_weights():
    sick = model(Dense(32, activation="relu"), Dense(1, activation="softmax"), optimizer=optimizers.Adam(1e-9))
    sick.set_weights([np.full_like(w, 0.01 * n) for n, w in enumerate(sick.get_weights(), 1)])
    treatment = doctor.treat(sick, X, YES, epochs=2)
    kept = treatment.program.model().get_weights()
    np.testing.assert_array_equal(kept[0], sick.get_weights()[0])
    assert not np.array_equal(treatment.program.model(seed=1).get_weights()[0], kept[0])


def test_a_trained_model_is_treated_from_fresh_ones():
    sick = model(Dense(32, activation="relu"), Dense(1, activation="sigmoid"), optimizer=optimizers.Adam(1e-9))
    sick.fit(X, YES, epochs=1, verbose=0)
    program = doctor.treat(sick, X, YES, epochs=2).program
    assert not np.array_equal(program.model().get_weights()[0], sick.get_weights()[0])


def test_reaching_the_majority_is_no_cure():
    rare = (RNG.random(400) < 0.1).astype(np.float32)  # nothing in x tells which
    treatment = doctor.treat(model(Dense(8, activation="relu"), Dense(1, activation="softmax")), X, rare, epochs=10)
    assert np.mean(treatment.comparison.scores) > np.mean(treatment.comparison.sick) + 0.3
    assert not treatment.proved
    assert str(treatment).startswith("Not proved")


@pytest.mark.parametrize(
    ("labels", "loss", "ending", "also", "by"),
    [
        (2 * YES - 1, "binary_crossentropy", None, "missing_output_activation", "label_encoding_mismatch"),
        (2 * YES - 1, "binary_crossentropy", "relu", "wrong_output_activation", "label_encoding_mismatch"),
    ],
)
def test_what_another_remedy_mends_too_is_not_called_withdrawn(labels, loss, ending, also, by):
    sick = model(Dense(32, activation="relu"), Dense(1, activation=ending), loss=loss)
    treatment = doctor.treat(sick, X, labels, epochs=20)
    assert treatment.program.layers[-1].activation.name == "sigmoid"
    assert [(f.kind, [g.kind for g in bringing]) for f, bringing in treatment.included] == [(also, [by])]
    assert treatment.withdrawn == ()
    sentence = f"{kinds.of(also).wrong} ({place_of('layer:1')}): corrected by what corrects this: {kinds.of(by).wrong}"
    assert sentence in str(treatment)
    assert sentence in treatment._repr_html_()
    assert "left out" not in str(treatment).lower()


@pytest.mark.parametrize(
    ("severity", "without", "left_out"),
    [
        ("warning", 0.91, True),  # does as well
        ("error", 0.90, False),  # a certain fault is corrected also where another change hides it
        ("error", 0.99, True),  # unless that harms
        ("warning", 0.85, False),
    ],
)
def test_what_is_certainly_wrong_is_left_only_if_its_remedy_harms(severity, without, left_out):
    sick = model(Dense(1), optimizer=optimizers.SGD(1e-9))
    [first, *_] = [f for f in doctor.examine(sick, X, YES, epochs=2, budget="quick").findings if f.change is not None]
    finding, noise = replace(first, severity=severity), np.array([-0.01, 0.0, 0.01, 0.005, -0.005])

    def scored(scores: np.ndarray) -> Comparison:
        return Comparison((), tuple(scores), (0.5,) * 5, (0.5,) * 5, (0.5,) * 5)

    rest, best = scored(without + noise[::-1]), scored(0.90 + noise)
    assert _needless(finding.change, [finding], rest, best) is left_out
