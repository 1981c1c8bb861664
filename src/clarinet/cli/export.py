"""``clarinet export``."""

from __future__ import annotations

import argparse
from pathlib import Path

from clarinet import model as models
from clarinet.cli.output import Output
from clarinet.exchange import keras_files


def run(options: argparse.Namespace, output: Output) -> int:
    """Write a model as a file for other programs."""
    model, out = models.Model.load(options.model), Path(options.out)
    if keras_files.is_name(out):
        model.save(out)
    else:
        model.export(out)
    size = out.stat().st_size
    output.result({"file": str(out), "bytes": size}, f"Written: {out}, {size:,} bytes")
    return 0
