"""One row for every layer, activation, loss, optimizer, schedule, metric, initializer, regularizer and constraint.

The contract tests and the comparison with Keras run over these rows: a new thing needs its row here and no test of its
own. ``keras`` makes the same thing of the module ``keras``, which is imported only where it is needed.
"""

from tests.cases.activations import ACTIVATIONS
from tests.cases.case import Case, example, inputs
from tests.cases.constraints import CONSTRAINTS
from tests.cases.initializers import INITIALIZERS
from tests.cases.layers import LAYERS
from tests.cases.losses import LOSSES
from tests.cases.merging import in_chain
from tests.cases.metrics import METRICS
from tests.cases.optimizers import OPTIMIZERS
from tests.cases.regularizers import REGULARIZERS
from tests.cases.schedules import SCHEDULES

#: The layers as a network with one input and no graph has them.
CHAINED = [in_chain(case) for case in LAYERS]

__all__ = [
    "ACTIVATIONS",
    "CHAINED",
    "CONSTRAINTS",
    "INITIALIZERS",
    "LAYERS",
    "LOSSES",
    "METRICS",
    "OPTIMIZERS",
    "REGULARIZERS",
    "SCHEDULES",
    "Case",
    "example",
    "inputs",
]
