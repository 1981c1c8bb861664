"""Rows that a model was trained on, among those that it is judged by."""

from __future__ import annotations

from clarinet.cli.fingerprints import among
from clarinet.cli.output import Output
from clarinet.cli.sources import Source


def trained_on(source: Source, output: Output) -> tuple[int, bool] | None:
    """How many rows were trained on, and whether that is exact, said to people; None where it is not known."""
    known = among(source.about.get("trained_on"), source.x, source.y)
    if known is not None and known[0]:
        output.say(_warned(len(source.x), *known))
    return known


def _warned(rows: int, seen: int, exact: bool) -> str:
    many = "All" if seen == rows and exact else f"{'' if exact else 'About '}{seen:,}"
    so = "these results say little about new ones" if 2 * seen >= rows else "new ones may come out worse"
    return f"{many} of these {rows:,} rows were trained on: {so}."
