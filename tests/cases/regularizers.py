"""A row for every regularizer."""

from clarinet import regularizers
from tests.cases.case import Case

REGULARIZERS = [
    Case("l1", lambda: regularizers.get("l1"), lambda k: k.regularizers.L1()),
    Case("l2", lambda: regularizers.L2(0.3), lambda k: k.regularizers.L2(0.3)),
    Case("l1-l2", lambda: regularizers.L1L2(0.1, 0.2), lambda k: k.regularizers.L1L2(0.1, 0.2)),
    Case(
        "orthogonal",
        lambda: regularizers.get("orthogonal_regularizer"),
        lambda k: k.regularizers.OrthogonalRegularizer(),
    ),
    Case(
        "orthogonal-columns",
        lambda: regularizers.OrthogonalRegularizer(0.3, "columns"),
        lambda k: k.regularizers.OrthogonalRegularizer(0.3, "columns"),
    ),
]
