"""What a search space may be, and what is refused before any work."""

from typing import Annotated, Literal

import optuna.distributions as od
import pytest

from clarinet import activations
from clarinet.search import spaces


def build(units, rate=0.1): ...


@pytest.mark.parametrize(
    "form, expected",
    [
        ((8, 64), od.IntDistribution(8, 64)),
        ((8, 64, "log"), od.IntDistribution(8, 64, log=True)),
        ((8, 64, 8), od.IntDistribution(8, 64, step=8)),
        ((0.0, 1), od.FloatDistribution(0.0, 1.0)),
        ((0, 1, 0.25), od.FloatDistribution(0.0, 1.0, step=0.25)),
        ((1e-4, 1e-1, "log"), od.FloatDistribution(1e-4, 1e-1, log=True)),
        ([16, 32], od.CategoricalDistribution((16, 32))),
        ([None, "relu", True], od.CategoricalDistribution((None, "relu", True))),
        (od.IntDistribution(1, 3), od.IntDistribution(1, 3)),
    ],
)
def test_forms(form, expected):
    assert spaces.as_space({"units": form}, build).distributions == {"units": expected}


def test_choices_that_are_objects_have_labels():
    space = spaces.as_space({"units": [(128, 64), activations.relu]}, build)
    assert space.distributions["units"] == od.CategoricalDistribution(("(128, 64)", "relu"))
    assert space.choices == {"units": {"(128, 64)": (128, 64), "relu": activations.relu}}


def test_hints():
    def hinted(
        units: Annotated[int, (8, 64)],
        rate: Annotated[float, (1e-4, 1e-1, "log")],
        kind: Literal["a", "b"] = "a",
        deep: bool = True,
        name: str = "not searched",
    ): ...

    assert spaces.as_space(None, hinted).distributions == {
        "units": od.IntDistribution(8, 64),
        "rate": od.FloatDistribution(1e-4, 1e-1, log=True),
        "kind": od.CategoricalDistribution(("a", "b")),
        "deep": od.CategoricalDistribution((False, True)),
    }


def test_names_go_to_build_or_to_fit():
    assert spaces.for_build(build, ["units", "batch_size"]) == ("units",)
    assert spaces.for_build(lambda **all: None, ["units", "batch_size"]) == ("units",)


@pytest.mark.parametrize(
    "space, kind, words",
    [
        (None, ValueError, "there is nothing to search"),
        ({}, ValueError, "the space is empty"),
        (["units"], TypeError, "a dictionary of names"),
        ({"units": 5}, TypeError, r"units: expected a range \(low, high\)"),
        ({"units": (5, 1)}, ValueError, "ends below its beginning"),
        ({"units": (0, 1, "log")}, ValueError, "begins above 0"),
        ({"units": (1, 2, "lin")}, ValueError, "comes 'log' or a step"),
        ({"units": []}, ValueError, "at least one"),
        ({"units": [1, 1]}, ValueError, "called alike"),
        ({"units": (1, 2), "unit": (1, 2)}, TypeError, "neither build nor fit has an argument 'unit'.*units"),
        ({"rate": (0.1, 0.2)}, TypeError, "build needs 'units'"),
    ],
)
def test_refusals(space, kind, words):
    with pytest.raises(kind, match=words):
        spaces.as_space(space, build)
