"""``clarinet glass``."""

from __future__ import annotations

import argparse
from typing import Any

from clarinet import glass, saving
from clarinet.cli import sources
from clarinet.cli.output import Output
from clarinet.cli.reading import Reading
from clarinet.data_adapters import provenance


def run(options: argparse.Namespace, output: Output) -> int:
    """Print the trace of a step on one row, or the sums behind one unit; write a film if asked for."""
    model = saving.load(options.model)
    source = sources.load_for(model, options.data or _own_data(model), Reading.of(options))
    if options.example >= len(source.x):
        raise argparse.ArgumentTypeError(f"--example {options.example}: there are {len(source.x):,} rows, from 0")
    rows = slice(options.example, options.example + 1)
    x, y = source.x[rows], source.y[rows]
    trace = glass.trace(model, x, y)
    result: dict[str, Any] = {"loss": trace.loss, "prediction": trace.prediction[0].tolist()}
    if options.film is not None:
        result["film"] = str(glass.film(model, (x, y), options.film))
    if options.layer is None:
        output.say(str(trace))
        result["arrays"] = {name: array.tolist() for name, array in trace.arrays().items()}
    else:
        layer = int(options.layer) if options.layer.lstrip("-").isdigit() else options.layer
        result["explanation"] = glass.explain(trace, layer, options.unit)
        output.say(result["explanation"])
    if options.film is not None:
        output.say(f"film: {result['film']}")
    output.result(result)
    return 0


def _own_data(model: Any) -> str:
    """The well-known data set that a model was trained on."""
    kind = str(provenance.describe(model)["kind"])
    if kind not in provenance.NAMED:
        raise argparse.ArgumentTypeError("which data? Say clarinet glass MODEL DATA, e.g. houses.csv")
    return kind
