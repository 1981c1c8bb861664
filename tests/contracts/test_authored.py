"""Every layer that is written with operations: derivatives, both engines, any number of threads, configuration.

What they give beside Keras is in tests/keras_parity/test_following.py, their files in tests/exchange.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import check_gradients, layers
from clarinet.engines import Data
from tests.cases import AUTHORED, Case, inputs
from tests.native.running import ISAS, Work, assert_close, assert_same_bits

#: Numbers and entries that have no native form, each with the operation in which they are.
REFERENCE_ONLY = {
    "aug-mix": "gamma",
    "contrast-limited-adaptive-histogram-equalization": "counts",
    "cut-mix": "beta",
    "equalization": "transpose",
    "mix-up": "beta",
    "rand-augment": "whole numbers",
    "random-crop": "whole numbers",
    "random-elastic-transform": "einsum",
    "random-perspective": "solve",
    "random-shear": "whole numbers",
}
#: What holds numbers still that come of the kernel: differences say something else until these have settled.
HELD_STILL = ("spectral-normalization", "spectral-normalization-conv1d", "spectral-normalization-depthwise")


def model_of(case: Case, **compiled: object) -> Any:
    clarinet.utils.set_random_seed(1)
    first = layers.Dense(case.shape[-1])
    model = clarinet.Sequential([layers.Input(case.shape), first, case.make(), layers.Flatten(), layers.Dense(2)])
    model.compile(clarinet.optimizers.SGD(0.05), "mse", **compiled)
    return model


@pytest.mark.parametrize("case", [case for case in AUTHORED if case.id not in HELD_STILL], ids=repr)
def test_derivatives(case: Case) -> None:
    """Of the layer's weights and, by those of the Dense before it, of its input."""
    model = model_of(case, engine="reference")
    report = check_gradients(model, inputs(case, 4), np.ones((4, 2)), most=3)
    assert report, report


def work_of(case: Case) -> Work:
    rng = np.random.default_rng(3)
    return Work(
        lambda: [layers.Dense(case.shape[-1]), case.make(), layers.Flatten(), layers.Dense(2)],
        "mse",
        Data(inputs(case, 7), rng.normal(size=(7, 2)).astype(np.float32)),
        rate=1e-3,
        batch=3,
    )


@pytest.mark.parametrize("isa", [*(pytest.param(isa, marks=pytest.mark.slow) for isa in ISAS[:-1]), ISAS[-1]])
@pytest.mark.parametrize("case", [case for case in AUTHORED if case.id not in REFERENCE_ONLY], ids=repr)
def test_engines_agree_with_any_number_of_threads(case: Case, isa: str) -> None:
    work = work_of(case)
    alone = work.run(isa, 1)
    assert_close(alone, work.run())
    assert_same_bits(work.run(isa, 3), alone)


@pytest.mark.parametrize("name", REFERENCE_ONLY)
def test_what_runs_on_the_reference_engine_says_why(name: str) -> None:
    (case,) = (case for case in AUTHORED if case.id == name)
    model = model_of(case)
    assert model.engine == "reference" and REFERENCE_ONLY[name] in model.engine_reason


@pytest.mark.parametrize("case", AUTHORED, ids=repr)
def test_configuration_round_trip(case: Case) -> None:
    layer = case.make()
    copied = type(layer).from_config(json.loads(json.dumps(layer.get_config())))
    assert copied.get_config() == layer.get_config()
    with pytest.raises((ValueError, TypeError), match="unitss"):
        type(layer).from_config(layer.get_config() | {"unitss": 1})
