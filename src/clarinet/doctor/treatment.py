"""The cure and its proof: remedies on copies, sick and treated trained side by side on paired seeds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from clarinet import checks
from clarinet.doctor import kinds
from clarinet.doctor.experiments.trial import fingerprint
from clarinet.doctor.findings import Finding
from clarinet.doctor.graph_reports import numbered
from clarinet.doctor.graphs import as_it_was, has_several, refuse_unexamined
from clarinet.doctor.inspection import accepted, inspect
from clarinet.doctor.listing import listing
from clarinet.doctor.parts import all_accepted, inspect_whole
from clarinet.doctor.program import Program, program_of, quietly
from clarinet.doctor.remedies import apply
from clarinet.doctor.score import FEW_ROWS, constant_score, judge, split, truth
from clarinet.doctor.whole import Whole, whole_of

if TYPE_CHECKING:
    from clarinet.doctor.report import Report
    from clarinet.trainable import Trainable
    from clarinet.types import Array

SEEDS = 5
#: Two-sided 95 % points of Student's t for 4 to 9 degrees of freedom.
_T95 = {4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}
_LONGER = 2


@dataclass(frozen=True)
class Comparison:
    """Scores of one treatment and those that it must beat, one number a seed.

    Attributes:
        remedies: kinds of the findings whose remedies were applied.
        scores: of the treated program.
        sick, longer: of the given program, and of it trained twice as long.
        constant: of the constant answer that is best on the rows trained on.
    """

    remedies: tuple[str, ...]
    scores: tuple[float, ...]
    sick: tuple[float, ...]
    longer: tuple[float, ...]
    constant: tuple[float, ...]

    @property
    def gain(self) -> float:
        """Mean difference to the sick program's score."""
        return float(np.mean(np.subtract(self.scores, self.sick)))

    @property
    def proved(self) -> bool:
        """Whether it beats the sick program, the sick one trained longer, and a constant answer, beyond seed noise.

        The 95 % interval of the paired differences must be above zero for each of them.
        """
        rivals = (self.sick, self.longer, self.constant)
        return all(_lower_bound(np.subtract(self.scores, rival)) > 0 for rival in rivals)


def _lower_bound(differences: Array) -> float:
    n = len(differences)
    return float(np.mean(differences) - _T95[n - 1] * np.std(differences, ddof=1) / math.sqrt(n))


@dataclass(frozen=True)
class Treatment:
    """The result of :func:`treat`.

    Attributes:
        proved: whether the treatment beats the sick model beyond seed noise.
        model: the treated, trained model; predicts in the units of ``y``. None where there was nothing to treat.
        program: the program of the treated model; of a graph with several inputs or outputs all of their programs.
        applied: the findings whose remedies are in it.
        included: findings whose remedies change nothing more, each with the findings whose remedies include it.
        withdrawn: findings whose remedies made nothing better.
        comparison: the scores.
        score: ``"accuracy"``, ``"R2"`` or ``"rows"`` (rows that are right altogether); of several outputs the mean of
            theirs, such as ``"accuracy, R2"``.
        claim: ``"generalises"`` for scores on rows held out, ``"fits"`` where there were too few.
        constant_answer: in words, the best answer that does not look at x.
        given: the program before the treatment; None for a graph.
    """

    proved: bool
    model: Trainable | None
    program: Program | Whole
    applied: tuple[Finding, ...]
    withdrawn: tuple[Finding, ...]
    comparison: Comparison | None
    score: str
    claim: str
    included: tuple[tuple[Finding, tuple[Finding, ...]], ...] = ()
    constant_answer: str = "always the same answer"
    given: Program | None = None

    @property
    def verdict(self) -> tuple[str, ...]:
        """What it brought, beside training longer and always giving the same answer, in sentences."""
        return () if self.comparison is None else tuple(_brought(self, self.comparison))

    @property
    def brought_along(self) -> tuple[str, ...]:
        """Faults that other remedies have corrected too, in words."""
        return tuple(
            f"{_wrong(finding)}: corrected by what corrects this: {' and '.join(kinds.of(f.kind).wrong for f in by)}"
            for finding, by in self.included
        )

    @property
    def left_out(self) -> tuple[str, ...]:
        """Remedies that were tried and brought nothing more, in words."""
        return tuple(dict.fromkeys(f"{_changed(f)} ({f.place})" for f in self.withdrawn))

    @property
    def steps(self) -> tuple[str, ...]:
        """What was wrong and what was changed, a sentence for each remedy."""
        return tuple(f"What was wrong: {_wrong(f)}. What was changed: {_changed(f)}." for f in self.applied)

    @property
    def code(self) -> str:
        """The treated program as code to paste; empty for graphs, and where it holds something of the user's own."""
        if not self.applied or self.given is None or not isinstance(self.program, Program):
            return ""
        return listing(self.given, self.program)

    def _repr_html_(self) -> str:
        from clarinet.doctor.page import treatment

        return treatment(self)

    def __str__(self) -> str:
        if self.comparison is None:
            return NOTHING
        lines = [" ".join(self.verdict), *self.steps, *(f"Also mended: {line}." for line in self.brought_along)]
        if self.left_out:
            lines.append(f"Tried and left out, because it brought nothing more: {'; '.join(self.left_out)}.")
        if self.code:
            lines += ["The program with all changes:", "", self.code]
        return "\n".join(lines)


NOTHING = "Nothing to treat: nothing was found that the doctor can change by itself."


def _wrong(finding: Finding) -> str:
    return f"{kinds.of(finding.kind).wrong} ({finding.place})"


def _changed(finding: Finding) -> str:
    """What a remedy does; numbers that it brings stand in what would be typed."""
    typed = finding.remedy.text if finding.remedy else ""
    done = kinds.of(finding.kind).changed
    return f"{done}, {typed}" if done and typed.partition("=")[0].isidentifier() else done or typed or "nothing"


def _brought(treated: Treatment, c: Comparison) -> Iterator[str]:
    on = "held-out rows" if treated.claim == "generalises" else "the training rows, of which there are few"
    old, new, longer, constant = (_in_words(treated.score, each) for each in (c.sick, c.scores, c.longer, c.constant))
    verdict = "Proved" if treated.proved else "Not proved"
    went = "rose" if c.gain > 0 else "went"
    name = {"R2": "R² (1 is perfect, 0 is no better than the mean)", "rows": "the share of rows that are right"}
    score = name.get(treated.score, treated.score)
    yield f"{verdict}: {score} {went} from {old} to {new} on {on}, {len(c.scores)} trainings each."
    yield f"Without the changes, training twice as long gives {longer}; {treated.constant_answer} gives {constant}."
    if treated.proved:
        return
    rivals = (("before", c.sick), ("training twice as long", c.longer), (treated.constant_answer, c.constant))
    equals = [rival for rival, scores in rivals if _lower_bound(np.subtract(c.scores, scores)) <= 0]
    if equals:
        yield f"That may be chance: it is not clearly better than {' or '.join(equals)}."


def _in_words(score: str, values: Sequence[float]) -> str:
    mean = float(np.mean(values))
    return f"{mean:.0%}" if score in ("accuracy", "rows") else f"{mean:.2f}"


def _constant_answer(program: Program | Whole) -> str:
    """How sentences call the best answer that does not look at x."""
    if len(program.judged) > 1:
        return "always the same answer"
    kind, true = truth(program.judged[0])
    if kind != "accuracy":
        return "always the mean" if kind == "R2" else "always the commonest row"
    labels = np.asarray(program.judged[0].y).reshape(len(true), -1)
    commonest = int(np.bincount(true.reshape(-1).astype(int)).argmax())
    answer = commonest if labels.shape[1] > 1 else np.unique(labels)[commonest]
    return f"always answering {answer:g}"


def treat(
    model: Trainable,
    x: object,
    y: object,
    *,
    validation_data: object = None,
    seeds: int = SEEDS,
    **fit_arguments: object,
) -> Treatment:
    """Apply the remedies to copies and prove, by training, which of them cure.

    An untrained model is treated from its initial weights where these have been looked at or set (the first seed, and
    the model that is returned), a trained one from fresh ones.

    Args:
        model: compiled; it is not changed. Of a graph the remedies are those of its last layers in a row, its losses,
            optimizer and data, for each input and output; its copies are trained whole, and the model returned is a
            graph.
        x, y, validation_data, fit_arguments: as for :func:`clarinet.doctor.examine`.
        seeds: paired trainings, 5 to 10.

    Returns:
        Treatment: ``proved``, the treated ``model``, and the numbers.

    Raises:
        ValueError: ``seeds`` out of range; the model is not compiled, or layers in a graph prepare the data or add to
            the loss.
    """
    if seeds - 1 not in _T95:
        raise ValueError(f"treat: seeds is from 5 to 10, received {seeds}")
    checks.raise_first([*checks.check_planned(model, "treat"), *checks.check_compiled(model, "treat")])
    refuse_unexamined(model)
    if has_several(model):
        whole = whole_of(model, x, y, validation_data, fit_arguments)
        with quietly():
            return _treat(whole, _curable(inspect_whole(whole)), range(seeds))
    program = program_of(model, x, y, validation_data, fit_arguments)
    remedies = _curable(inspect(program))
    with quietly():
        return _as_given(_treat(program, remedies, range(seeds)), program)


def _curable(report: Report) -> list[Finding]:
    return [finding for finding in report.findings if finding.change is not None]


def _as_given(treatment: Treatment, program: Program) -> Treatment:
    """The treatment with a model made as the one that it was made from is, and the numbers of its layers."""
    return replace(
        treatment,
        model=None if treatment.model is None else as_it_was(treatment.model),
        applied=numbered(treatment.applied, program),
        withdrawn=numbered(treatment.withdrawn, program),
        included=tuple((numbered([f], program)[0], numbered(by, program)) for f, by in treatment.included),
    )


@quietly()
def compare(program: Program, remedies: Sequence[Finding], seeds: Sequence[int]) -> Comparison:
    """Sick and treated side by side on these seeds: whether a proof holds on others than those it was found with."""
    return _PairedTrials(program, seeds).compare(remedies)


def _treat(program: Program | Whole, remedies: Sequence[Finding], seeds: Sequence[int]) -> Treatment:
    first = program.judged[0]
    claim = "generalises" if len(first.x) >= FEW_ROWS else "fits"
    if not remedies:
        return Treatment(False, None, program, (), (), None, _score_of(program), claim)
    trials = _PairedTrials(program, seeds)
    kept, best = list(remedies), trials.compare(remedies)
    for change in dict.fromkeys(finding.change for finding in remedies):
        rest = [other for other in kept if other.change != change]
        if rest and _needless(change, remedies, without := trials.compare(rest), best):
            kept, best = rest, without
    treated = apply(program, kept)
    included = tuple((f, by) for f in remedies if f not in kept and (by := _bringing(program, kept, f)))
    brought = [finding for finding, _ in included]
    withdrawn = tuple(finding for finding in remedies if finding not in kept and finding not in brought)
    trained = treated.train() if _accepted(treated) else None
    score = _score_of(program)
    given = program if isinstance(program, Program) else None
    return Treatment(
        best.proved, trained, treated, tuple(kept), withdrawn, best, score, claim, included,
        _constant_answer(program), given,
    )  # fmt: skip


def _needless(change: object, remedies: Sequence[Finding], without: Comparison, best: Comparison) -> bool:
    """Whether the other remedies do as well alone; for what is certainly wrong: whether they do the same, or clearly
    better."""
    if any(f.severity == "error" and f.change == change for f in remedies):
        return without.scores == best.scores or _lower_bound(np.subtract(without.scores, best.scores)) > 0
    return without.gain >= best.gain


def _score_of(program: Program | Whole) -> str:
    return ", ".join(truth(judged)[0] for judged in program.judged)


def _accepted(program: Program | Whole) -> bool:
    return all_accepted(program) if isinstance(program, Whole) else accepted(program)


def _bringing(program: Program | Whole, kept: Sequence[Finding], finding: Finding) -> tuple[Finding, ...]:
    """The remedies that include that of ``finding``; as few as possible."""
    for few in ([one] for one in kept):
        if _changes_nothing(apply(program, few), finding):
            return tuple(few)
    return tuple(kept) if _changes_nothing(apply(program, kept), finding) else ()


def _changes_nothing(program: Program | Whole, finding: Finding) -> bool:
    after = apply(program, [finding])
    return list(map(fingerprint, after.parts)) == list(map(fingerprint, program.parts))


class _PairedTrials:
    """Trains the programs to be compared on the same splits and seeds."""

    def __init__(self, program: Program | Whole, seeds: Sequence[int]) -> None:
        self.program = program
        self.truths = [truth(judged) for judged in program.judged]
        self.splits = {seed: split(program.judged[0], seed) for seed in seeds}
        self.constant = tuple(self._constant(*rows) for rows in self.splits.values())
        self.sick = self._scores(program)
        self.longer = self._scores(program.with_fit(epochs=_LONGER * program.epochs))

    def _constant(self, train: Array, test: Array) -> float:
        return float(np.mean([constant_score(kind, true[train], true[test]) for kind, true in self.truths]))

    def compare(self, found: Sequence[Finding]) -> Comparison:
        kinds = tuple(finding.kind for finding in found)
        return Comparison(kinds, self._scores(apply(self.program, found)), self.sick, self.longer, self.constant)

    def _scores(self, program: Program | Whole) -> tuple[float, ...]:
        """On the rows of each seed's split that were held out; a program that ``fit`` refuses answers a constant."""
        if not _accepted(program):
            return self.constant
        return tuple(self._score(program, seed) for seed in self.splits)

    def _score(self, program: Program | Whole, seed: int) -> float:
        train, test = self.splits[seed]
        test = program.usable(test)
        answers = program.answers(program.train(train, seed), test)
        judged = zip(self.truths, answers, program.judged, strict=True)
        return float(np.mean([judge(kind, true[test], answer, own)[0] for (kind, true), answer, own in judged]))
