"""Reports on graphs: numbers of layers as the graph has them, and what was not looked at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.graphs import INSIDE, Inside
from clarinet.doctor.report import Report
from clarinet.layers.base import Layer


def of_graph(report: Report, layers: Sequence[Layer]) -> Report:
    """A report with the numbers that layers have in the graph, and a hint that names those not looked into."""
    numbers = [layer.name for layer in layers]
    if numbers == [str(number) for number in range(len(layers))]:
        return report
    places = {f"layer:{number}": f"layer:{layer.name}" for number, layer in enumerate(layers)}
    places["layer:0"] = places["layer:0"] if layers[0].name != INSIDE else "model"

    def numbered(text: str) -> str:
        return re.sub(r"\blayer (\d+)\b", lambda m: places.get(f"layer:{m[1]}", m[0]).replace(":", " "), text)

    found = [
        replace(finding, where=places.get(finding.where, finding.where), summary=numbered(finding.summary))
        for finding in report.findings
    ]
    return replace(report, findings=(*found, *_not_looked_at(layers)))


def _not_looked_at(layers: Sequence[Layer]) -> list[Finding]:
    """A hint that names the layers that were not looked into."""
    inside = [layer for layer in layers if isinstance(layer, Inside)]
    if not inside:
        return []
    names = ", ".join(layer.name for layer in inside[0].model.layers if not layer.is_input)
    return [
        Finding(
            "not_examined",
            "model",
            "hint",
            1.0,
            f"inside the graph these layers were not looked at: {names}",
            "The doctor looks at the data, the loss, the optimizer and the last layers in a row, and it trains copies "
            "of the whole graph. Rules on single layers need layers that follow one another.",
            {"layers": names},
            Remedy("nothing is wrong with this; look inside with glass.trace and plots.gradient_flow"),
        )
    ]
