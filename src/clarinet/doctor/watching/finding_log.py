"""One training's findings: each cause is reported once, together with the findings that it explains."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from clarinet.doctor.findings import Finding
from clarinet.doctor.program import quietly
from clarinet.doctor.report import Report
from clarinet.doctor.rules import RULES
from clarinet.doctor.watching import WATCHERS
from clarinet.doctor.watching.causes import HasCauses, is_cause
from clarinet.doctor.watching.training_record import TrainingRecord

Tell = Callable[[Finding, int | None], None]


class FindingLog:
    """Collects findings from the rules that look at programs and from those that watch.

    Args:
        tell: called with every new finding and its step (None: before training).
        look_closer: the findings of rules that cost too much to be asked before every training; asked at most once,
            when a training shows a symptom that nothing explains yet.

    Attributes:
        seconds: time that all this has taken.
    """

    def __init__(self, tell: Tell, look_closer: Callable[[], Iterable[Finding]] = lambda: ()) -> None:
        self._tell, self._look_closer = tell, look_closer
        self._looked = False
        self._findings: list[Finding] = []
        self._symptoms: dict[int, list[Finding]] = {}  # by number of the finding that explains them
        self.seconds = 0.0

    def hear(self, findings: Iterable[Finding]) -> None:
        """Take the findings from before training."""
        began = time.perf_counter()
        with quietly():
            for finding in findings:
                self._add(finding, None)
        self.seconds += time.perf_counter() - began

    def examine(self, record: TrainingRecord) -> None:
        """Ask every rule that watches."""
        began = time.perf_counter()
        with quietly():
            for rule in WATCHERS:
                for finding in rule.examine(record):
                    self._weigh(rule, finding, record.step)
        self.seconds += time.perf_counter() - began

    def _weigh(self, rule: HasCauses, finding: Finding, step: int) -> None:
        cause = self._cause_of(rule, finding)
        if cause is None and not self._looked:
            self._looked = True
            for found in self._look_closer():
                self._add(found, step)
            cause = self._cause_of(rule, finding)
        if cause is None:
            self._add(finding, step)
        elif all(finding.kind != known.kind for known in self._with_symptoms(cause)):
            self._symptoms.setdefault(cause, []).append(finding)

    def _cause_of(self, rule: HasCauses, finding: Finding) -> int | None:
        """The number of the finding that explains this one, directly or through others; the worst first."""
        numbers = sorted(range(len(self._findings)), key=lambda number: self._findings[number].rank)
        for number in numbers:
            if any(is_cause(rule, finding, known) for known in self._with_symptoms(number)):
                return number
        return None

    def _with_symptoms(self, number: int) -> list[Finding]:
        return [self._findings[number], *self._symptoms.get(number, [])]

    def _add(self, finding: Finding, step: int | None) -> None:
        self._findings.append(finding)
        self._tell(finding, step)

    @property
    def report(self) -> Report:
        """All findings, the worst first; those that a finding explains are in its evidence as ``"explains"``."""
        found = [
            _with_explained(finding, self._symptoms.get(number, [])) for number, finding in enumerate(self._findings)
        ]
        found.sort(key=lambda finding: finding.rank)
        watched = {kind for rule in (*RULES, *WATCHERS) for kind in rule.KINDS}
        missed = tuple(sorted(watched - {finding.kind for finding in found}))
        return Report(tuple(found), missed, self.seconds)


def _with_explained(finding: Finding, symptoms: list[Finding]) -> Finding:
    if not symptoms:
        return finding
    explained = [f"{symptom.kind} at {symptom.where}: {symptom.summary}" for symptom in symptoms]
    return replace(finding, evidence=dict(finding.evidence) | {"explains": explained})
