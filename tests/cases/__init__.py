"""One row for every layer, activation, loss, optimizer, schedule, metric, initializer, regularizer and constraint.

The contract tests and the comparison with Keras run over these rows: a new thing needs its row here and no test of its
own. ``keras`` makes the same thing of the module ``keras``, which is imported only where it is needed.
"""

from collections.abc import Iterable
from typing import Any

import pytest

from tests.cases.activations import ACTIVATIONS
from tests.cases.authored import AUTHORED
from tests.cases.case import Case, example, inputs
from tests.cases.constraints import CONSTRAINTS
from tests.cases.initializers import INITIALIZERS
from tests.cases.layers import LAYERS
from tests.cases.losses import LOSSES
from tests.cases.merging import in_chain
from tests.cases.metrics import LOSS_OF_TARGETS, METRICS
from tests.cases.optimizers import OPTIMIZERS
from tests.cases.regularizers import REGULARIZERS
from tests.cases.schedules import SCHEDULES

#: The layers as a network with one input and no graph has them.
CHAINED = [in_chain(case) for case in LAYERS]
#: Layers' rows whose class has one before.
_ROWS = [*LAYERS, *AUTHORED]
REPEATED = {case.id for case in _ROWS} - set({type(case.make()): case.id for case in reversed(_ROWS)}.values())

__all__ = [
    "ACTIVATIONS",
    "AUTHORED",
    "CHAINED",
    "CONSTRAINTS",
    "INITIALIZERS",
    "LAYERS",
    "LOSSES",
    "LOSS_OF_TARGETS",
    "METRICS",
    "OPTIMIZERS",
    "REGULARIZERS",
    "REPEATED",
    "SCHEDULES",
    "Case",
    "example",
    "inputs",
    "one_in_three",
]


def one_in_three(rows: Iterable[object]) -> list[Any]:
    """Rows, two of three slow tests: Keras takes seconds for each, and what breaks it rarely breaks in one alone."""
    return [pytest.param(row, id=str(row), marks=[pytest.mark.slow] if i % 3 else []) for i, row in enumerate(rows)]
