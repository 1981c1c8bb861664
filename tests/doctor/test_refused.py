"""Whatever fit refuses the doctor names, by the same checks."""

import re
from unittest.mock import patch

import numpy as np
import pytest

from clarinet import Input, Sequential, data_adapters, doctor, layers
from clarinet.layers import Dense
from tests.checks.test_refusals import TABLE

#: Refused while training goes on, by a callback: the doctor calls none.
LATE = {"monitor direction", "schedule no number"}
X = np.random.default_rng(0).normal(size=(200, 6)).astype(np.float32)
YES = (X[:, 0] > 0).astype(np.float32)


class _Seen(Exception):
    """Carries what was given to fit."""


def arguments_of(bad):
    """Model and arguments of the call of fit that a row of the table makes; None where it makes none."""

    def spy(self, x=None, y=None, **named):
        raise _Seen(self, x, y, named)

    with patch.object(Sequential, "fit", spy):
        try:
            bad.call()
        except _Seen as seen:
            return seen.args
        except Exception:
            return None
    return None


def asked(bad):
    given = arguments_of(bad)
    return bad.name not in LATE and given is not None and not data_adapters.is_batches(given[1])


REFUSED = [bad for bad in TABLE if asked(bad)]


@pytest.mark.parametrize("bad", REFUSED, ids=lambda bad: bad.name.replace(" ", "-"))
def test_what_fit_refuses_is_an_error_of_the_report(bad):
    model, x, y, named = arguments_of(bad)
    try:
        report = doctor.examine(model, x, y, **named)
    except (TypeError, ValueError) as refusal:  # no numbers: there is no program to look at
        assert all(piece in str(refusal) for piece in bad.says)
        assert re.match("x: |y: |validation_data: ", str(refusal))
        return
    errors = [finding for finding in report.findings if finding.severity == "error"]
    assert errors, str(report)
    assert not report.healthy
    assert all(finding.remedy and finding.explanation for finding in errors)


def test_most_of_the_table_is_asked():
    assert len(REFUSED) > 50


def embedding():
    return Sequential([Input((6,)), layers.Embedding(50, 4), layers.Flatten(), Dense(1, activation="sigmoid")])


def softmax(units):
    return Sequential([Input((6,)), Dense(8, activation="relu"), Dense(units, activation="softmax")])


def linear(**compiling):
    model = Sequential([Input((6,)), Dense(1)])
    model.compile("adam", "mse", **compiling)
    return model


@pytest.mark.parametrize(
    ("model", "loss", "x", "y", "kind"),
    [
        (softmax(2), "categorical_crossentropy", X, YES, "label_encoding_mismatch"),
        (softmax(2), "binary_crossentropy", X, YES, "output_units_mismatch"),
        (softmax(3), "sparse_categorical_crossentropy", X, YES + 5, "label_encoding_mismatch"),
        (embedding(), "binary_crossentropy", X, YES, "id_out_of_range"),
        (embedding(), "binary_crossentropy", np.abs(X * 0 + 70).astype(int), YES, "id_out_of_range"),
    ],
    ids=["one-hot softmax", "two units", "labels from five", "fractions as ids", "ids too large"],
)
def test_programs_that_no_rule_has_a_word_for(model, loss, x, y, kind):
    model.compile("adam", loss)
    with pytest.raises((TypeError, ValueError)) as refusal:
        model.fit(x, y, verbose=0)
    report = doctor.examine(model, x, y)
    assert any(f.severity == "error" and f.kind == kind for f in report.findings), (str(report), refusal.value)


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ({"epoch": 3}, "fit.epoch"),
        ({"validation_split": 0.9999}, "fit.validation_split"),
        ({"sample_weight": np.full(200, np.nan)}, "data.sample_weight"),
        ({"validation_data": (X[:, :3], YES)}, "fit.validation"),
        ({"validation_data": (X, YES[:5])}, "fit.validation"),
        ({"validation_data": (X * np.nan, YES)}, "fit.validation"),
    ],
    ids=lambda value: re.sub(r"\W.*", "", str(value)[:20], flags=re.DOTALL),
)
def test_the_place_is_that_of_the_argument(arguments, where):
    report = doctor.examine(linear(), X, YES, **arguments)
    assert [f.where for f in report.findings if f.severity == "error"] == [where], str(report)


def test_a_transform_that_is_not_defined_for_the_targets_is_named():
    report = doctor.examine(linear(target="log"), X, X[:, 0])
    assert [(f.where, f.severity) for f in report.findings] == [("data.y", "error")], str(report)
    assert "is not a finite number" in report.findings[0].summary


def test_it_is_said_once():
    model = softmax(2)
    model.compile("adam", "categorical_crossentropy")
    report = doctor.examine(model, X, YES)
    assert len({finding.kind for finding in report.findings}) == len(report.findings)


def test_a_source_of_batches_is_no_fault():
    with pytest.raises(TypeError, match="generator"):
        doctor.examine(linear(), ((X, YES) for _ in range(3)), None)
