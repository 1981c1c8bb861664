"""The doctor on graphs with several inputs and outputs: findings say which one they mean, and remedies are its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import clarinet
from clarinet import layers
from clarinet.doctor import Doctor, examine, treat
from clarinet.doctor.whole import whole_of
from tests.graphs.drawn import Drawn, graphs

RNG = np.random.default_rng(0)
LEFT, RIGHT = RNG.normal(size=(400, 6)), RNG.normal(size=(400, 3))
SUM = (LEFT[:, 0] + RIGHT[:, 1] > 0) * 1.0
KIND, AMOUNT = (LEFT[:, 0] - LEFT[:, 2] > 0) * 1.0, 1.5 * LEFT[:, 1:2] + LEFT[:, 3:4]
LABELS = {"kind": KIND, "amount": AMOUNT}


def two_inputs(activation: str = "sigmoid", rate: float = 0.01) -> clarinet.Model:
    left, right = layers.Input((6,), name="left"), layers.Input((3,), name="right")
    both = layers.Concatenate(name="both")([left, layers.Dense(4, activation="relu", name="r")(right)])
    hidden = layers.Dense(16, activation="relu", name="hidden")(both)
    model = clarinet.Model([left, right], layers.Dense(1, activation=activation, name="out")(hidden))
    model.compile(clarinet.optimizers.Adam(rate), "binary_crossentropy")
    return model


def two_outputs(activation: str = "sigmoid", rate: float = 0.01) -> clarinet.Model:
    inputs = layers.Input((6,), name="table")
    hidden = layers.Dense(16, activation="relu", name="hidden")(inputs)
    kind = layers.Dense(1, activation=activation, name="k")(hidden)
    model = clarinet.Model(inputs, {"kind": kind, "amount": layers.Dense(1, name="a")(hidden)})
    model.compile(clarinet.optimizers.Adam(rate), {"kind": "binary_crossentropy", "amount": "mse"})
    return model


def found(report: Any) -> set[tuple[str, str]]:
    return {(finding.kind, finding.where) for finding in report.findings if finding.severity != "hint"}


#: What the model is, its rows and labels, and what is found; sound ones first.
CASES: dict[str, tuple[Any, Any, Any, set[tuple[str, str]]]] = {
    "two inputs": (two_inputs, [LEFT, RIGHT], SUM, set()),
    "two outputs": (two_outputs, LEFT, LABELS, set()),
    "an output of two inputs": (
        lambda: two_inputs("softmax"), {"left": LEFT, "right": RIGHT}, SUM, {("softmax_on_single_unit", "layer:5")},
    ),
    "one of two inputs": (
        two_inputs, [LEFT, RIGHT * 1000], SUM, {("unscaled_inputs", "data.x['right']")},
    ),
    "one of two outputs": (lambda: two_outputs("softmax"), LEFT, LABELS, {("softmax_on_single_unit", "layer:3")}),
    "labels of one output": (
        two_outputs, LEFT, LABELS | {"amount": AMOUNT * 1e4}, {("unscaled_targets", "data.y['amount']")},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_each_input_and_output_is_examined_and_watched(name: str) -> None:
    make, x, y, expected = CASES[name]
    model = make()
    before = model.get_weights()
    report = examine(model, x, y, epochs=60, budget="quick")
    assert found(report) == expected
    assert all(map(np.array_equal, before, model.get_weights()))
    model.fit(x, y, epochs=2, verbose=0, callbacks=[Doctor(quiet=True)])
    assert found(model.doctor_report) >= expected
    assert expected or found(model.doctor_report) <= {("too_few_epochs", "fit.epochs")}


def test_sound_graphs_are_left_alone_by_experiments() -> None:
    assert examine(two_inputs(), [LEFT, RIGHT], SUM, epochs=60).healthy
    assert examine(two_outputs(), LEFT, LABELS, epochs=60).healthy


def test_findings_say_which_one_they_mean() -> None:
    nan = np.where(np.arange(400)[:, None] == 5, np.nan, RIGHT)
    (finding,) = examine(two_inputs(), [LEFT, nan], SUM, budget="quick").findings[:1]
    assert (finding.kind, finding.where) == ("nan_in_data", "data.x['right']")
    assert finding.summary == "x['right']: x holds nan at row 5, column 0; 1 of 400 rows are affected"
    (finding, *_) = examine(two_outputs("softmax"), LEFT, LABELS, epochs=60, budget="quick").findings
    assert finding.summary.startswith("output 'kind': layer 3 applies softmax")
    report = examine(two_outputs(rate=50.0), LEFT, LABELS, epochs=60, budget="quick")
    assert ("learning_rate_too_high", "optimizer") in found(report)  # of all outputs, once
    assert "output" not in next(f for f in report.findings if f.where == "optimizer").summary
    (finding,) = examine(two_inputs(), [LEFT, RIGHT[:50]], SUM).findings
    assert (finding.kind, finding.where) == ("length_mismatch", "data.x['right']")
    assert "in the inputs x, &#x27;right&#x27;" in examine(two_inputs(), [LEFT, nan], SUM, budget="quick").to_html()


def test_two_sick_graphs_are_treated_and_proved() -> None:
    model = two_inputs("softmax")
    before = model.get_weights()
    treatment = treat(model, [LEFT, RIGHT * 1000], SUM, epochs=10)
    assert treatment.proved
    assert {("softmax_on_single_unit", "layer:5"), ("unscaled_inputs", "data.x['right']")} <= {
        (f.kind, f.where) for f in treatment.applied
    }
    assert all(map(np.array_equal, before, model.get_weights()))
    cured: Any = treatment.model
    assert (cured.input_names, cured.output_names) == (["left", "right"], ["out"])
    assert ((cured.predict([LEFT, RIGHT * 1000], verbose=0)[:, 0] > 0.5) == SUM).mean() > 0.85

    treatment = treat(two_outputs("softmax"), LEFT, LABELS, epochs=60)
    assert treatment.proved
    assert [(f.kind, f.where) for f in treatment.applied] == [("softmax_on_single_unit", "layer:3")]
    assert treatment.score == "R2, accuracy"
    cured = treatment.model
    assert [layer.name for layer in cured.layers] == ["table", "hidden", "a", "k"]
    answers = cured.predict(LEFT, verbose=0)
    assert ((answers["kind"][:, 0] > 0.5) == KIND).mean() > 0.9
    assert np.mean((answers["amount"] - AMOUNT) ** 2) < 0.2


def test_a_loss_that_is_no_number_is_traced_to_its_rows() -> None:
    model = two_outputs(rate=0.001)
    y = LABELS | {"amount": np.where(np.arange(400)[:, None] == 7, 1e30, AMOUNT)}
    model.fit(LEFT, y, epochs=1, batch_size=400, shuffle=False, verbose=0, callbacks=[Doctor(quiet=True)])
    (worst, *_) = model.doctor_report.findings
    assert (worst.kind, worst.where) == ("unscaled_targets", "data.y['amount']")
    assert "what is not finite is the loss for row 7" in str(worst.evidence["explains"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs())
def test_what_is_taken_apart_and_put_together_is_the_same_graph(drawn: Drawn) -> None:
    model = drawn.build("float32")
    x, y = drawn.rows()
    model.get_weights()
    whole = whole_of(model, x, y, None, {"epochs": 1})
    again: Any = whole.model()
    assert again.output_names == model.output_names
    for ours, theirs in zip(flat(again.predict(x, verbose=0)), flat(model.predict(x, verbose=0)), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    whole.train(np.arange(4), seed=1)


def flat(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]
