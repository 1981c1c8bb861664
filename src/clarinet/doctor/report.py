"""The result of ``examine``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from clarinet.doctor.findings import Finding, sentence


@dataclass(frozen=True)
class Report:
    """Findings, the worst and surest first.

    Attributes:
        findings: errors, warnings and hints.
        ruled_out: kinds that were looked for and not found.
        seconds: time that the examination took.
        held_back: files that a script would have written through the library while it was examined, with the calls.
    """

    findings: tuple[Finding, ...]
    ruled_out: tuple[str, ...]
    seconds: float
    held_back: tuple[str, ...] = ()

    @property
    def healthy(self) -> bool:
        """Whether nothing but hints was found."""
        return all(finding.severity == "hint" for finding in self.findings)

    def to_json(self) -> str:
        """The findings, what was ruled out and, of a script, what was held back, as JSON."""
        found = [finding.as_dict() for finding in self.findings]
        content = {"findings": found, "ruled_out": self.ruled_out, "seconds": round(self.seconds, 4)}
        return json.dumps(content | ({"held_back": self.held_back} if self.held_back else {}))

    def to_html(self, path: str | Path | None = None) -> str:
        """The report as a page that needs nothing else: findings, figures, code to paste.

        Args:
            path: of a file to write it to; default None, none. Figures need ``pip install "clarinet[plots]"``; without
                it the page has none.

        Returns:
            The page as HTML.

        Raises:
            OSError: the file cannot be written.
        """
        from clarinet.doctor.page import page, write

        text = page([("", self)])
        if path is not None:
            write(text, Path(path))
        return text

    def _repr_html_(self) -> str:
        from clarinet.doctor.page import fragment

        return fragment(self)

    def __str__(self) -> str:
        if not self.findings:
            return f"healthy: {len(self.ruled_out)} kinds of fault were looked for and not found"
        opening = "Healthy, with something worth a look:\n\n" if self.healthy else ""
        return opening + "\n\n".join(
            f"{number}. {paragraph(finding)}" for number, finding in enumerate(self.findings, 1)
        )


def paragraph(finding: Finding) -> str:
    """A finding in a few lines: what and where, why it hurts, what to type, what that was seen to bring."""
    lines = [
        f"{finding.severity.capitalize()} {finding.place} ({finding.kind}): {sentence(finding.summary)}",
        f"   {finding.explanation}",
    ]
    explained = finding.evidence.get("explains")
    if isinstance(explained, list):
        lines.append(f"   It also explains: {' '.join(sentence(str(each)) for each in explained)}")
    if finding.remedy is not None:
        lines.append(f"   Try: {finding.remedy.text}")
    if finding.effect:
        lines.append(f"   Tried: {finding.effect}.")
    if finding.basis:
        lines.append(f"   How this is known: {finding.basis}.")
    return "\n".join(lines)
