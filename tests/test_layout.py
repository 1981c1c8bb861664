"""The layout: imports go down, one floor a line, and nothing knows what lies above it, not even for hints of types."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import clarinet
from clarinet.trainable import model_class

ROOT = Path(__file__).parent.parent
CONTRACT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]


def test_the_contract_has_one_floor_a_line_and_no_exception() -> None:
    (contract,) = CONTRACT["contracts"]
    assert contract["exhaustive"]
    assert contract["exhaustive_ignores"] == ["_native"]
    assert [line for line in contract["layers"] if ":" in line] == []
    assert "ignore_imports" not in contract
    assert not CONTRACT.get("exclude_type_checking_imports")


def test_models_are_known_to_those_below() -> None:
    assert model_class() is clarinet.Sequential
    with pytest.raises(KeyError):
        model_class("Unheard")


def test_what_stands_beside_a_training_is_loaded_when_it_is_wanted() -> None:
    program = (
        "import sys, numpy as np, clarinet\n"
        "model = clarinet.Sequential([clarinet.Input((1,)), clarinet.layers.Dense(1)])\n"
        "model.compile('sgd', 'mse')\n"
        "model.fit(np.ones((4, 1)), np.ones((4, 1)), verbose=0)\n"
        "print(*(name for name in ('doctor', 'runs', 'plots', 'glass') if f'clarinet.{name}' in sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
