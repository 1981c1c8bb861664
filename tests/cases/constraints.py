"""A row for every constraint."""

from clarinet import constraints
from tests.cases.case import Case

CONSTRAINTS = [
    Case("non-neg", lambda: constraints.get("non_neg"), lambda k: k.constraints.NonNeg()),
    Case("max-norm", lambda: constraints.MaxNorm(0.8), lambda k: k.constraints.MaxNorm(0.8)),
    Case("max-norm-rows", lambda: constraints.MaxNorm(0.8, axis=1), lambda k: k.constraints.MaxNorm(0.8, axis=1)),
    Case("unit-norm", lambda: constraints.UnitNorm([0, 1]), lambda k: k.constraints.UnitNorm([0, 1])),
    Case(
        "min-max-norm",
        lambda: constraints.MinMaxNorm(0.5, 0.9, rate=0.7),
        lambda k: k.constraints.MinMaxNorm(0.5, 0.9, rate=0.7),
    ),
]
