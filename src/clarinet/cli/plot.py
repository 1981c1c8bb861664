"""``clarinet plot``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from clarinet import plots, saving
from clarinet.cli import sources
from clarinet.cli.options import OF_SEARCHES, PLOTS
from clarinet.cli.output import Output
from clarinet.cli.reading import Reading
from clarinet.cli.seen import trained_on
from clarinet.datasets.coding import TableCoding
from clarinet.tools.lr_finder import find_learning_rate

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

#: Rows that a trace or a table of activations is made of.
_BATCH = 100
#: Rows that are shuffled, column by column.
_MOST_SHUFFLED = 2000


def run(options: argparse.Namespace, output: Output) -> int:
    """Draw one picture and write it to a file."""
    kind = options.kind
    out = options.out or f"{kind.replace('_', '-')}.png"
    if kind in OF_SEARCHES:
        figure = _of_search(options)
    else:
        figure = _history(options) if kind == "history" else _of_model(options, output)
    path = plots.save(figure, out)
    output.result({"plot": kind, "file": str(path)}, f"Written: {path}")
    return 0


def _history(options: argparse.Namespace) -> Any:
    from clarinet import runs

    names = [options.model, *options.data]
    found = [runs.get(name) for name in names]
    logs = [{name: values for name, values in one.history.items() if name != "seconds"} for one in found]
    return plots.history(logs, labels=names, theme=options.theme)


def _of_search(options: argparse.Namespace) -> Any:
    from clarinet import search

    if options.data:
        raise argparse.ArgumentTypeError(f"plot {options.kind}: expected the name of one search and no data")
    return getattr(plots, options.kind)(search.load(options.model), theme=options.theme)


def _of_model(options: argparse.Namespace, output: Output) -> Any:
    model = saving.load(options.model)
    settings: dict[str, Any] = {"theme": options.theme}
    if options.kind == "weights":
        return plots.weights(model, options.layer, n=options.n, **settings)
    if options.kind == "network" and not options.data:
        return plots.network(model, **settings)
    if len(options.data) != 1:
        raise argparse.ArgumentTypeError(
            f"plot {options.kind}: expected one DATA after the model, received {len(options.data)}; e.g. clarinet plot "
            f"{options.kind} digits.clarinet mnist"
        )
    source = sources.load_for(model, options.data[0], Reading.of(options))
    if PLOTS[options.kind] == "classes" and source.about["kind"] == "table" and not source.about["classes"]:
        target = TableCoding.from_config(source.about["coding"]).target.name
        raise ValueError(
            f"plot {options.kind} is for models that tell classes apart; {options.model} predicts an amount, "
            f"{target!r}. See how far off it is with: clarinet plot predictions "
            f"{options.model} {options.data[0]}"
        )
    if PLOTS[options.kind]:
        trained_on(source, output)  # rows that a model was trained on flatter it
    return _of_data(options, model, source, settings)


def _of_data(options: argparse.Namespace, model: Trainable, source: sources.Source, settings: dict[str, Any]) -> Any:
    draw = getattr(plots, options.kind)
    begin = options.example
    if begin >= len(source.x):
        raise ValueError(f"plot: there is no row {begin}; {options.data[0]} has {len(source.x)} rows, from 0")
    x, y = source.x[begin:], source.y[begin:]
    if options.kind in ("samples", "predictions", "confusion"):
        settings["class_names"] = source.about["classes"] or None
    if options.kind in ("samples", "predictions", "importance") and options.n is not None:
        settings["n"] = options.n
    if options.kind == "samples":
        return draw(x, y, **settings)
    if options.kind == "network":
        return draw(model, x[:1], **settings)
    if options.kind == "activations":
        return draw(model, x[:_BATCH], options.layer, **settings)
    if options.kind == "learning_rate":
        return draw(find_learning_rate(model, x, y), **settings)
    few = {"gradient_flow": _BATCH, "importance": _MOST_SHUFFLED}.get(options.kind, len(x))
    return draw(model, x[:few], y[:few], **settings)
