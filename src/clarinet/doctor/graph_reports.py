"""Reports on graphs: numbers of layers as the graph has them, and what was not looked at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.graphs import Inside
from clarinet.doctor.program import Program
from clarinet.doctor.report import Report


def of_graph(report: Report, program: Program) -> Report:
    """A report with the numbers that layers have in the model, and a hint that names those not looked into."""
    inside = next((layer for layer in program.layers if isinstance(layer, Inside)), None)
    return replace(report, findings=(*numbered(report.findings, program), *not_looked_at(inside)))


def numbered(findings: Iterable[Finding], program: Program) -> tuple[Finding, ...]:
    """Findings on a program with the numbers that layers have in the model that it is made of."""
    own = [str(number) for number in range(len(program.numbers))]
    if list(program.numbers) == own:
        return tuple(findings)
    places = {f"layer:{n}": f"layer:{its}" if its else "model" for n, its in zip(own, program.numbers, strict=True)}
    return renamed(findings, places)


def renamed(
    findings: Iterable[Finding], places: Mapping[str, str], names: Mapping[str, str] | None = None
) -> tuple[Finding, ...]:
    """Findings with other numbers of layers.

    Args:
        places: other places by those that findings have; those that are not among them stay.
        names: of the new places, which summaries get beside the numbers.
    """

    def said(match: re.Match[str]) -> str:
        place = places.get(f"layer:{match[1]}")
        if place is None:
            return match[0]
        name = (names or {}).get(place, "")
        return place.replace(":", " ") + (f" ({name})" if name else "")

    return tuple(
        replace(
            found,
            where=places.get(found.where, found.where),
            summary=re.sub(r"\blayer (\d+)\b", said, found.summary),
        )
        for found in findings
    )


def not_looked_at(inside: Inside | None) -> list[Finding]:
    """A hint that names the layers that were not looked into."""
    if inside is None or not inside.within:
        return []
    names = ", ".join(inside.within)
    return [
        Finding(
            "not_examined",
            "model",
            "hint",
            1.0,
            f"these layers and models were not looked into: {names}",
            "The doctor looks at the data, the loss, the optimizer and the last layers in a row, and it trains copies "
            "of the whole model. Rules on single layers need layers that follow one another.",
            {"layers": names},
            Remedy("nothing is wrong with this; look inside with glass.trace and plots.gradient_flow"),
        )
    ]
