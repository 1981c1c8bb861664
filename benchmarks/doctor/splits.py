"""How much of the score comes from thresholds chosen with the programs in sight: chosen on one half, tried on one.

The sources of the programs are split in halves, so that no source is in both. On one half every threshold is set to
the value of its grid that scores best there, all others being at the middle of their grids (one pass of coordinates; of
equal values the middle one). The programs of the other half are then examined with the values chosen. Facts about
programs and trainings depend on no threshold and are kept, and a program about which the rules say the same is not
examined again.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import get_context
from typing import Any, NamedTuple

import clarinet
from clarinet.doctor.inspection import Memory, inspect
from clarinet.doctor.program import Program, program_of, quietly
from clarinet.doctor.program_facts import ProgramFacts

Name = tuple[str, str]

#: Module of the rule or experiment, name of the threshold, values to choose from.
GRID: dict[Name, tuple[float, ...]] = {
    ("rules.association", "SIGMAS"): (1.5, 2.0, 3.0, 4.0, 5.0),
    ("rules.batch_size", "LARGE"): (32, 64, 100, 200, 500),
    ("rules.batch_size", "FEW_STEPS"): (25, 50, 100, 200, 400),
    ("rules.dropout", "RATE"): (0.4, 0.5, 0.6, 0.7, 0.8),
    ("rules.dropout", "LEFT"): (1, 2, 3, 4, 6),
    ("rules.epsilon", "LOWEST"): (1e-14, 1e-12, 1e-10, 1e-9, 1e-8),
    ("rules.gradient_flow", "VANISHED"): (1e-4, 1e-3, 1e-2),
    ("rules.gradient_flow", "DEAD"): (0.8, 0.95, 1.0),
    ("rules.gradient_flow", "UPDATE"): (0.3, 1.0, 3.0),
    ("rules.hidden_activation", "DEEP"): (1, 2, 3, 4, 5),
    ("rules.imbalance", "RATIO"): (5, 10, 20, 40, 100),
    ("rules.input_scale", "LARGE"): (3, 6, 12, 25, 50),
    ("rules.input_scale", "SMALL"): (0.001, 0.003, 0.01, 0.03, 0.1),
    ("rules.learning_rate", "DISTANCE"): (0.01, 0.02, 0.05, 0.1, 0.2),
    ("rules.learning_rate", "FAST"): (0.2, 0.5, 1.0, 2.0, 5.0),
    ("rules.learning_rate", "SLOW"): (2, 3, 5, 10, 20),
    ("rules.learning_rate", "SLOW_PLAIN"): (2, 5, 10, 20, 50),
    ("rules.output_activation", "TOLERANCE"): (0.0, 0.01, 0.02, 0.05, 0.1),
    ("rules.regularisation", "SHARE"): (0.05, 0.1, 0.3, 0.6, 1.0),
    ("rules.target_scale", "LARGE"): (3, 5, 10, 30, 100),
    ("rules.validation", "SHARED"): (0.001, 0.003, 0.01, 0.03, 0.1),
    ("rules.validation", "SCALE"): (2, 3, 5, 10, 20),
    ("rules.weight_init", "TOO_LARGE"): (2, 3, 4, 6, 10),
    ("rules.weight_init", "TOO_SMALL"): (0.3, 0.4, 0.5, 0.6, 0.7),
    ("rules.weight_init", "LOST"): (0.001, 0.005, 0.02, 0.05, 0.1),
    ("rules.width", "NARROW"): (0, 1, 2, 3, 4),
    ("rules.width", "CLASSES"): (3, 4, 5, 10, 1000),
    ("experiments.paired", "ERRORS"): (1.0, 2.0, 3.0),
    ("experiments.paired", "LEAST"): (0.01, 0.03, 0.05),
    ("experiments.effects", "GAP"): (0.05, 0.08, 0.12),
    ("experiments.half_sick", "MORE"): (0.05, 0.08, 0.12),
    ("experiments.effects", "LITTLE"): (0.1, 0.25, 0.4),
    ("experiments.learning_curve", "GAP"): (0.05, 0.1, 0.2),
    ("experiments.learning_curve", "COST"): (0.02, 0.04, 0.08),
    ("experiments.overfitting", "RISE"): (1.25, 1.5, 2.0),
    ("experiments.overfitting", "GAP"): (2, 3, 5),
    ("experiments.overfitting", "ROWS_A_COLUMN"): (2, 5, 10),
}
_MIDDLE = {name: values[len(values) // 2] for name, values in GRID.items()}
_SPLITS = 5


class Counts(NamedTuple):
    """What one program adds to the score."""

    named: int
    true: int
    right: int
    said: int
    alarms: int
    healthy: int


class Score(NamedTuple):
    """Recall of true kinds, precision with acceptable kinds, share of sound programs with an alarm."""

    recall: float
    precision: float
    alarms: float

    @property
    def value(self) -> float:
        """What the choice maximises: the harmonic mean of recall and precision, less the alarms."""
        total = self.recall + self.precision
        return (2 * self.recall * self.precision / total if total else 0.0) - self.alarms


@contextmanager
def chosen(values: Mapping[Name, float]) -> Iterator[None]:
    """With these thresholds in the rules' modules."""
    before = {}
    for (module, name), value in values.items():
        holder = import_module(f"clarinet.doctor.{module}")
        before[holder, name] = getattr(holder, name)
        setattr(holder, name, value)
    try:
        yield
    finally:
        for (holder, name), value in before.items():
            setattr(holder, name, value)


def _of_rule(name: Name) -> bool:
    """Whether it is a rule's, which is asked of every program; not a state's or an experiment's."""
    return name[0].startswith("rules.") and name[0] != "rules.gradient_flow"


class Bench:
    """Programs with what is known about them, and their scores under any thresholds."""

    def __init__(self, build: Any, cases: Sequence[dict[str, Any]], budget: Any) -> None:
        self.budget = budget
        self.cases = {case["id"]: case for case in cases}
        self.programs = {name: _program(build, case) for name, case in self.cases.items()}
        self.memory = {name: Memory(ProgramFacts(program)) for name, program in self.programs.items()}
        self.known: dict[tuple[Any, ...], Counts] = {}
        self.said: dict[tuple[Any, ...], tuple[Any, ...]] = {}

    def score(self, names: Sequence[str], values: Mapping[Name, float]) -> Score:
        """Of these programs with these thresholds."""
        rows = [self._counts(name, values) for name in names]
        named, true, right, said, alarms, healthy = (sum(column) for column in zip(*rows, strict=True))
        return Score(named / max(1, true), right / max(1, said), alarms / max(1, healthy))

    def _counts(self, name: str, values: Mapping[Name, float]) -> Counts:
        others = tuple((n, value) for n, value in values.items() if not _of_rule(n))
        key = name, self._rules_say(name, values), others
        if key not in self.known:
            with chosen(values):
                report = inspect(self.programs[name], self.budget, self.memory[name])
            self.known[key] = _count(self.cases[name], {f.kind for f in report.findings if f.severity != "hint"})
        return self.known[key]

    def _rules_say(self, name: str, values: Mapping[Name, float]) -> tuple[Any, ...]:
        """What the rules that have thresholds find with these; each is asked once for each of its settings."""
        facts, found = self.memory[name].facts, []
        for module in dict.fromkeys(n[0] for n in values if _of_rule(n)):
            own = {n: value for n, value in values.items() if n[0] == module}
            key = name, tuple(own.items())
            if key not in self.said:
                with chosen(own), quietly():
                    rule = import_module(f"clarinet.doctor.{module}")
                    self.said[key] = tuple((f.kind, f.where, f.severity) for f in rule.examine(facts))
            found.append(self.said[key])
        return tuple(found)

    def prepare(self, workers: int) -> None:
        """Score every program under every single change, in so many processes."""
        _BENCH.append(self)
        with ProcessPoolExecutor(workers, get_context("fork")) as pool:
            for known, said in pool.map(_all_changes, self.cases):
                self.known |= known
                self.said |= said

    def choose(self, names: Sequence[str]) -> dict[Name, float]:
        """For each threshold the best value for these programs, the others being in the middle of their grids."""
        best = {}
        for name, grid in GRID.items():
            scores = {value: self.score(names, _MIDDLE | {name: value}).value for value in grid}
            equal = [value for value in grid if scores[value] == max(scores.values())]
            best[name] = equal[len(equal) // 2]
        return best


#: What the processes work on: they inherit it.
_BENCH: list[Bench] = []


def _all_changes(name: str) -> tuple[dict[Any, Counts], dict[Any, Any]]:
    bench = _BENCH[-1]
    for threshold, grid in GRID.items():
        for value in grid:
            bench.score([name], _MIDDLE | {threshold: value})
    known = {key: counts for key, counts in bench.known.items() if key[0] == name}
    return known, {key: found for key, found in bench.said.items() if key[0] == name}


def _program(build: Any, case: dict[str, Any]) -> Program:
    model, data, arguments = build.build(case, clarinet)
    return program_of(model, data["x"], data["y"], arguments.pop("validation_data", None), arguments)


def _count(case: dict[str, Any], kinds: set[str]) -> Counts:
    if not case.get("faults"):
        return Counts(0, 0, 0, 0, bool(kinds - set(case.get("tolerated", []))), 1)
    true = {fault["kind"] for fault in case["faults"]}
    fine = true | set(case["also_acceptable"])
    return Counts(len(kinds & true), len(true), len(kinds & fine), len(kinds), 0, 0)


def halves(cases: Sequence[dict[str, Any]], seed: int) -> tuple[list[str], list[str]]:
    """Ids of the programs of one half of the sources, and of the others; the first-named source counts."""
    sources = sorted({case["source"][0] for case in cases})
    random.Random(seed).shuffle(sources)
    first = set(sources[: len(sources) // 2])
    parts: tuple[list[str], list[str]] = ([], [])
    for case in cases:
        parts[case["source"][0] not in first].append(case["id"])
    return parts


def run(build: Any, cases: Sequence[dict[str, Any]], budget: Any, workers: int) -> str:
    """Prints each split's scores, and returns the summary."""
    bench, scores, told = Bench(build, cases, budget), [], []
    bench.prepare(workers)
    for seed in range(_SPLITS):
        parts = halves(cases, seed)
        for ours, theirs in (parts, parts[::-1]):
            values = bench.choose(ours)
            scores.append(bench.score(theirs, values))
            told.append(f"split {seed + 1}: chosen on {len(ours)}, scored on {len(theirs)}: {_line(scores[-1])}")
            print(told[-1], flush=True)
    names = "recall", "precision", "alarms"
    columns = [(statistics.mean(c), min(c), max(c)) for c in zip(*scores, strict=True)]
    text = "; ".join(f"{n} {mean:.3f} ({low:.3f} to {high:.3f})" for n, (mean, low, high) in zip(names, columns))
    return "\n".join([f"Budget {budget!r}; mean and range over {len(scores)} halves: {text}.", "", "```", *told, "```"])


def _line(score: Score) -> str:
    return f"recall {score.recall:.3f}, precision {score.precision:.3f}, alarms {score.alarms:.3f}"
