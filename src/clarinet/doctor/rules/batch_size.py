"""Batches that leave too few updates, or too noisy ones."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.doctor.remedies import fit_argument

KINDS = ("batch_size_too_large", "batch_size_too_small")
BASIS = (
    "number of updates: fewer than a hundred seldom train a network (our measurement); Masters and Luschi 2018: 2 "
    "to 32 rows"
)
LARGE, FEW_STEPS, _FEW_AN_EPOCH, _MANY_ROWS = 100, 100, 8, 500


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    program = facts.program
    if program.searches:
        return
    few = program.steps < FEW_STEPS and program.steps <= _FEW_AN_EPOCH * program.epochs
    if program.batch_size > LARGE and few and program.rows > 32:
        yield Finding(
            "batch_size_too_large",
            "fit.batch_size",
            "warning",
            0.85,
            f"batches of {program.batch_size} from {program.rows} rows: {program.steps} updates in all",
            "Weights change once a batch, not once a row. Large batches make each update a little better and leave far "
            "fewer of them.",
            {"batch_size": program.batch_size, "steps": program.steps},
            Remedy("batch_size=32", fit_argument(batch_size=32)),
        )
    if program.batch_size <= 2 and program.rows >= _MANY_ROWS and program.optimizer.adaptive:
        yield Finding(
            "batch_size_too_small",
            "fit.batch_size",
            "warning",
            0.8,
            f"an update for every {program.batch_size} row(s), with {type(program.optimizer).__name__}",
            "One row's gradient says more about that row than about the task. Adaptive optimizers make every step "
            "equally long, so the noise of single rows is not small either. It is also the slowest way through the "
            "data.",
            {"batch_size": program.batch_size},
            Remedy("batch_size=32", fit_argument(batch_size=32)),
        )
