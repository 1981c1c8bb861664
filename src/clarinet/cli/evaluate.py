"""``clarinet evaluate``."""

from __future__ import annotations

import argparse

from clarinet import saving
from clarinet.cli import sources
from clarinet.cli.output import Output
from clarinet.cli.reading import Reading
from clarinet.cli.seen import trained_on
from clarinet.training.progress import format_logs


def run(options: argparse.Namespace, output: Output) -> int:
    """Print a model's loss and metrics on data."""
    model = saving.load(options.model)
    source = sources.load_for(model, options.data, Reading.of(options))
    for said in source.report:
        output.say(said)
    results = model.evaluate(source.x, source.y, batch_size=256, return_dict=True)
    assert isinstance(results, dict)
    known = trained_on(source, output)
    values = {"rows": len(source.x), "rows_trained_on": None if known is None else known[0], **results}
    output.result(values, f"{len(source.x):,} rows: {format_logs(results)}")
    return 0
