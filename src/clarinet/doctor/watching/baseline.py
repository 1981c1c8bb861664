"""The best results without looking at x, from a program's labels."""

from __future__ import annotations

import numpy as np

from clarinet.doctor.program import quietly
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.doctor.watching.training_record import Baseline
from clarinet.doctor.yardstick import yardstick
from clarinet.types import Array


@quietly()
def baseline_of(facts: ProgramFacts, y: Array | None = None) -> Baseline:
    """The results of a constant answer.

    Args:
        facts: the program.
        y: labels as the loss sees them, where that is not as the program has them.
    """
    measure = yardstick(facts.program)
    y = np.asarray(facts.program.y) if y is None else y
    some = y[: 1 << 16]
    spread = float(np.std(some.reshape(len(some), -1), axis=0).max())
    if facts.task != "classes":
        return Baseline(measure, spread=spread)
    return Baseline(measure, facts.labels.majority, min(spread, 1.0))
