"""Trainings side by side: the same rows held out and the same seeds, with a change and without it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import sqrt

import numpy as np

from clarinet.doctor.experiments.trial import Deadline, TimeBudget, fingerprint
from clarinet.doctor.program import Program
from clarinet.doctor.references import Reference
from clarinet.doctor.rules import refusals
from clarinet.doctor.score import Score, judge, split, truth
from clarinet.types import Array

BASIS = (
    "paired seeds, as DeepCrime judges mutants (Humbatova, Jahangirova, Tonella 2021): a difference counts from two "
    "standard errors and three hundredths of the score on (our measurement)"
)
#: Standard errors of the mean difference, and difference in score, from which one program is better than another.
ERRORS, LEAST = 2.0, 0.03
#: Trainings for one answer: of programs that train in less than so many seconds, the quicker ones more often.
_SEEDS = ((0.01, 10), (0.03, 6), (0.1, 4), (0.6, 3))
_REFUSED: Score = (-1.0, -1.0, -1.0)
#: Fewer rows are not split; the score is that on the rows trained on.
_TOO_FEW = 10


@dataclass(frozen=True)
class Scores:
    """Of one program, a number for each seed.

    Attributes:
        plain: accuracy, R² or share of rows that are right altogether.
        fair: of classes, the mean over classes of the share that is right.
        seen: as ``plain``, on rows trained on.
    """

    plain: Array
    fair: Array
    seen: Array

    @property
    def mean(self) -> float:
        """Over seeds."""
        return float(self.plain.mean())


def better(after: Array, before: Array, least: float | None = None) -> bool:
    """Whether the first scores are clearly higher than the second, seed by seed: by more than ``least``."""
    gain = np.asarray(after) - np.asarray(before)
    error = float(gain.std(ddof=1)) / sqrt(len(gain)) if len(gain) > 1 else 0.0
    return float(gain.mean()) > max(LEAST if least is None else least, ERRORS * error)


@dataclass
class Paired:
    """Programs, trained on the same splits and seeds and judged alike.

    Args:
        given: the program as the user has it; its labels say what is right.
        time_budget: seconds of work.
        memory: scores by program and seed; new ones are added.
        spent: seconds of the budget that are already used.
        cut: whether ``given`` is a part of the user's training, which takes too long.
    """

    given: Program
    time_budget: TimeBudget
    memory: dict[str, Score] = field(default_factory=dict)
    spent: float = 0.0
    cut: bool = False

    def __post_init__(self) -> None:
        self.kind, self.true = truth(self.given)
        self.splits: dict[int, tuple[Array, Array]] = {}
        self.seeds: Sequence[int] = ()
        self._reference: Reference | None = None
        self._best: int | None = None
        self._reached: dict[int, float] = {}

    @property
    def remaining(self) -> float:
        """Seconds."""
        return self.time_budget.together - self.spent

    @property
    def held_out(self) -> bool:
        """Whether scores are those of rows that were not trained on."""
        return len(self.given.x) >= _TOO_FEW

    def scores(self, program: Program, seeds: Sequence[int] | None = None, share: float = 1.0) -> Scores | None:
        """Train and judge a program; None where there is no time for it.

        Args:
            program: to train.
            seeds: default all.
            share: of the rows to train on.
        """
        found = []
        for seed in self.seeds if seeds is None else seeds:
            score = self._score(program, seed, share)
            if score is None:
                return None
            found.append(score)
        if not found:
            return None
        plain, fair, seen = np.array(found, float).T
        return Scores(plain, fair, seen)

    def begin(self, program: Program) -> Scores | None:
        """The first seed's score of the first program; its time says how many seeds there will be. None if too long."""
        before = self.spent
        if self._score(program, 0) is None:
            return None
        taken = self.spent - before
        self.seeds = range(next((count for limit, count in _SEEDS if taken < limit), 0))
        return self.scores(program, self.seeds[:1])

    def reference(self, seeds: Sequence[int] | None = None) -> Array:
        """What the simple model that is best on the first seed reaches on the same rows; -inf where there is none.

        Args:
            seeds: default all.
        """
        began = time.thread_time()
        wanted = self.seeds if seeds is None else seeds
        if self._reference is None:
            self._reference = Reference(self.given, self.kind, self.true)
            every = self._reference.scores(*self._split(0), 0)
            self._reached = {0: max(every, default=-np.inf)}
            self._best = int(np.argmax(every)) if every else None
        for seed in wanted:
            if seed not in self._reached:
                own = [] if self._best is None else self._reference.scores(*self._split(seed), seed, [self._best])
                self._reached[seed] = max(own, default=-np.inf)
        self.spent += time.thread_time() - began
        return np.array([self._reached[seed] for seed in wanted])

    def _split(self, seed: int) -> tuple[Array, Array]:
        if seed not in self.splits:
            self.splits[seed] = split(self.given, seed, _TOO_FEW)
        return self.splits[seed]

    def _score(self, program: Program, seed: int, share: float = 1.0) -> Score | None:
        key = f"{seed} {share} {fingerprint(program)}"
        if key not in self.memory:
            if self.remaining <= 0:
                return None
            began = time.thread_time()
            score = self._trained(program, seed, share)
            self.spent += time.thread_time() - began
            if score is None:
                return None
            self.memory[key] = score
        return self.memory[key]

    def _trained(self, program: Program, seed: int, share: float) -> Score | None:
        train, test = self._split(seed)
        if share < 1:
            train = np.sort(np.random.default_rng(seed).permutation(train)[: max(2, int(share * len(train)))])
        train, test = program.usable(train), program.usable(test)
        deadline = Deadline(min(self.time_budget.each, max(self.remaining, 0.1)))
        try:
            model = program.train(train, seed, [deadline])
        except (TypeError, ValueError):
            if not any(problem.severity == "error" for problem in refusals.problems(program)):
                raise
            return _REFUSED  # what fit refuses scores least
        if deadline.passed:
            return None
        seen = train[:: max(1, len(train) // max(1, len(test)))]
        judged = judge(self.kind, self.true[test], program.answers(model, test)[0], program)
        return judged[0], judged[1], judge(self.kind, self.true[seen], program.answers(model, seen)[0], program)[0]
