"""``clarinet evaluate``."""

from __future__ import annotations

import argparse

from clarinet import saving
from clarinet.callbacks.progress import format_logs
from clarinet.cli import sources
from clarinet.cli.output import Output


def run(options: argparse.Namespace, output: Output) -> int:
    """Print a model's loss and metrics on data."""
    model = saving.load(options.model)
    source = sources.load_for(model, options.data)
    results = model.evaluate(source.x, source.y, batch_size=256, return_dict=True)
    output.result({"rows": len(source.x), **results}, f"{len(source.x):,} rows: {format_logs(results)}")
    return 0
