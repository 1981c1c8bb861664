"""``clarinet evaluate``."""

from __future__ import annotations

import argparse

from clarinet import saving
from clarinet.cli import sources
from clarinet.cli.fingerprints import among
from clarinet.cli.output import Output
from clarinet.cli.reading import Reading
from clarinet.cli.sources import Source
from clarinet.training.progress import format_logs


def run(options: argparse.Namespace, output: Output) -> int:
    """Print a model's loss and metrics on data."""
    model = saving.load(options.model)
    source = sources.load_for(model, options.data, Reading.of(options))
    for said in source.report:
        output.say(said)
    results = model.evaluate(source.x, source.y, batch_size=256, return_dict=True)
    assert isinstance(results, dict)
    known = among(source.about.get("trained_on"), source.x, source.y)
    if known is not None and known[0]:
        output.say(_warned(source, *known))
    values = {"rows": len(source.x), "rows_trained_on": None if known is None else known[0], **results}
    output.result(values, f"{len(source.x):,} rows: {format_logs(results)}")
    return 0


def _warned(source: Source, seen: int, exact: bool) -> str:
    """The warning that the model was trained on some of the rows."""
    rows = len(source.x)
    many = "All" if seen == rows and exact else f"{'' if exact else 'About '}{seen:,}"
    so = "these results say little about new ones" if 2 * seen >= rows else "new ones may come out worse"
    return f"{many} of these {rows:,} rows were trained on: {so}."
