"""The doctor's findings, each with evidence, an explanation and a remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import TYPE_CHECKING, Literal

from clarinet.problems import Problem
from clarinet.types import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from clarinet.doctor.program import Program

Severity = Literal["error", "warning", "hint"]
_RANK: dict[str, int] = {"error": 0, "warning": 1, "hint": 2}


#: Names of a finding's place, for people.
_PLACES = {
    "data.x": "in the inputs x",
    "data.y": "in the labels y",
    "fit.validation": "in the validation data",
    "loss": "in compile(loss=…)",
    "metrics": "in compile(metrics=…)",
    "model": "in the network as a whole",
    "optimizer": "in compile(optimizer=…)",
}


def place_of(where: str) -> str:
    """A finding's place in words."""
    kind, _, index = where.partition(":")
    if kind == "layer":
        return f"in layer {index}, model.layers[{index}]"
    place, _, one = where.partition("[")
    if one:  # of several inputs or outputs
        return f"{_PLACES.get(place, place)}, {one.removesuffix(']')}"
    owner, _, name = where.partition(".")
    return _PLACES.get(where) or (f"in fit({name}=…)" if owner == "fit" else f"in {name or owner}")


def sentence(text: str) -> str:
    """A text with a capital and a full stop."""
    name = "_" in text.partition(" ")[0]  # such as mean_squared_error
    return (text if name else text[:1].upper() + text[1:]) + ("" if text.endswith((".", "?", "!")) else ".")


def based(rule: ModuleType, found: Iterable[Finding]) -> Iterator[Finding]:
    """The findings of a rule, with its basis."""
    for finding in found:
        yield finding if finding.basis else replace(finding, basis=rule.BASIS)


def histogram(values: Array) -> dict[str, list[float]]:
    """A histogram of values, as evidence: ``edges`` of 40 equal ranges and the ``counts`` in each."""
    import numpy as np

    counts, edges = np.histogram(values[np.isfinite(values)], bins=40)
    return {"edges": edges.tolist(), "counts": counts.tolist()}


@dataclass(frozen=True)
class Remedy:
    """How to correct it.

    Attributes:
        text: what to type, as code to paste where that is possible.
        change: the same as a function that takes a program and returns the corrected one. None where only a person can
            do it (collect more data).
    """

    text: str
    change: Callable[[Program], Program] | None = None


@dataclass(frozen=True)
class Finding:
    """One cause that keeps a model from learning, or a doubt.

    Attributes:
        kind: what it is, e.g. ``"unscaled_inputs"``; the names are listed in :data:`clarinet.doctor.KINDS`.
        where: ``"layer:2"`` (index in ``model.layers``), ``"loss"``, ``"optimizer"``, ``"metrics"``, ``"model"``,
            ``"data.x"``, ``"data.y"``, ``"fit.epochs"``, ``"fit.batch_size"``, ``"fit.shuffle"`` or
            ``"fit.validation"``.
        severity: ``"error"`` (it cannot learn this way), ``"warning"`` (it learns badly) or ``"hint"``.
        confidence: 0 to 1, how sure the doctor is that this is a fault and not a choice.
        summary: one sentence with the numbers.
        explanation: what the fault is and why it hurts, for beginners.
        evidence: the numbers that it rests on.
        remedy: how to correct it.
        effect: what the remedy was seen to bring, where it was tried.
        basis: where the rule is from: a paper, or a measurement.
        contradiction: whether network, loss and labels contradict one another: a fault whatever the score.
    """

    kind: str
    where: str
    severity: Severity
    confidence: float
    summary: str
    explanation: str
    evidence: Mapping[str, object] = field(default_factory=dict)
    remedy: Remedy | None = None
    effect: str = ""
    basis: str = ""
    contradiction: bool = False

    @property
    def place(self) -> str:
        """Where it is, in words: ``"in layer 2, model.layers[2]"``, ``"in the inputs x"``."""
        return place_of(self.where)

    @property
    def change(self) -> Callable[[Program], Program] | None:
        """The automatic change; None for a hint, and if only a person can help."""
        return None if self.severity == "hint" or self.remedy is None else self.remedy.change

    def figure(self, theme: str | None = None) -> Figure | None:
        """The evidence as a picture (needs ``pip install "clarinet[plots]"``).

        Args:
            theme: ``"light"`` or ``"dark"``; default light.

        Returns:
            A matplotlib Figure; None if the numbers need no picture.
        """
        from clarinet.doctor.figures import draw

        return draw(self.evidence, self.where, theme)

    @property
    def rank(self) -> tuple[int, float]:
        """Sorts the worst and surest first."""
        return _RANK[self.severity], -self.confidence

    @property
    def problem(self) -> Problem:
        """As a plain record, which any observer of a training can keep."""
        fix = "" if self.remedy is None else f"; try: {self.remedy.text}"
        return Problem(self.kind, self.where, self.severity, self.summary + fix)

    def as_dict(self) -> dict[str, object]:
        """JSON-able, without the machine's form of the remedy."""
        own: dict[str, object] = {
            name: getattr(self, name) for name in ("kind", "where", "severity", "confidence", "summary")
        }
        fix = None if self.remedy is None else self.remedy.text
        seen = {name: text for name, text in (("effect", self.effect), ("basis", self.basis)) if text}
        return own | {"explanation": self.explanation, "evidence": dict(self.evidence), "remedy": fix} | seen
