"""A layer's row as a model, for the tests of files."""

from __future__ import annotations

from typing import Any

import clarinet
from clarinet import layers
from tests.cases import Case


def ours(case: Case) -> Any:
    if case.several:
        begins = [layers.Input(shape) for shape in case.shape]
        return clarinet.Model(begins, case.make()(begins))
    return clarinet.Sequential([layers.Input(case.shape), case.make()])
