"""The layers' rows, as the tests of files ask for them."""

from __future__ import annotations

from typing import Any

import pytest

import clarinet
from clarinet import layers
from tests.cases import LAYERS, Case


def ours(case: Case) -> Any:
    if case.several:
        begins = [layers.Input(shape) for shape in case.shape]
        return clarinet.Model(begins, case.make()(begins))
    return clarinet.Sequential([layers.Input(case.shape), case.make()])


def rows() -> list[Any]:
    """All rows, of which the first of each class is asked for in every run."""
    seen: set[type] = set()
    found = []
    for case in LAYERS:
        kind = type(case.make())
        found.append(pytest.param(case, marks=[pytest.mark.slow] if kind in seen else [], id=case.id))
        seen.add(kind)
    return found
