"""What ``clarinet train`` says of its model: whether it is any good, what it goes by, and what to type next."""

from __future__ import annotations

import argparse
import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from clarinet import verdict
from clarinet.cli.output import Output
from clarinet.cli.sources import Source
from clarinet.cli.tables import table
from clarinet.data_adapters.provenance import NAMED
from clarinet.datasets.coding import TableCoding
from clarinet.verdict import Verdict

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

#: Classes of which a table of confusions still can be read, and columns that are named.
_MOST_CLASSES, _MOST_COLUMNS = 12, 8
#: Fields of a verdict that are told by other names.
_OTHERWISE = ("confusion", "classes", "accuracy", "constant_accuracy", "error")
#: Rows that the columns' weight is measured on.
_MOST_ROWS = 2000


def verdict_of(model: Trainable, source: Source) -> Verdict:
    """The verdict on a model by the rows that were set aside."""
    assert source.x_test is not None and source.y_test is not None
    found = np.asarray(model.predict(source.x_test))
    train = (source.x, source.y)
    if source.about["kind"] in NAMED:  # a linear model of all these pixels would take longer than the training
        train = (source.x[:0], source.y)
    return verdict.judge(found, source.y_test, source.about["classes"], train, source.x_test)


def judge(model: Trainable, source: Source, options: argparse.Namespace, output: Output, out: str) -> dict[str, object]:
    """Say the verdict; returns it for scripts."""
    if source.x_test is None or not len(source.x_test):
        return {}
    found = verdict_of(model, source)
    for sentence in found.sentences():
        output.say(sentence)
    classes = source.about["classes"]
    if 2 < len(classes) <= _MOST_CLASSES and source.about["kind"] not in NAMED:
        output.say(_confusion(found))
    uneven = verdict.uneven(source.y, classes) if classes and not options.class_weight else ""
    if uneven:
        output.say(f"{uneven}; --class-weight balanced makes all count alike.")
    weights = _columns(model, source, output)
    output.say(_next(found, source, options, out))
    told = {name: value for name, value in asdict(found).items() if name not in _OTHERWISE}
    return {
        **told,
        **found.scores,
        "confusion": found.confusion.tolist(),
        "guesses": found.guesses,
        "importance": weights,
    }


def _confusion(found: Verdict) -> str:
    """Counts of answers by class, a true class a line."""
    header = ["true \\ said", *found.classes]
    rows = [[name, *map(int, counts)] for name, counts in zip(found.classes, found.confusion)]
    return table(header, rows)


def _columns(model: Trainable, source: Source, output: Output) -> dict[str, float]:
    """What the model goes by: how much worse it is when a column is shuffled."""
    if source.about["kind"] != "table" or source.x_test is None or source.y_test is None:
        return {}
    columns = TableCoding.from_config(source.about["coding"]).columns
    rows = slice(_MOST_ROWS)
    falls = verdict.importance(model, columns, source.x_test[rows], source.y_test[rows])
    shown = [
        f"{' '.join(name.split())} {fall:.3f}"
        for name, (fall, spread) in list(falls.items())[:_MOST_COLUMNS]
        if fall > spread
    ]
    if shown and len(columns) > 1:
        measure = "balanced accuracy" if source.about["classes"] else "R²"
        how = f"how much {measure} falls when the column is shuffled"
        output.say(f"Its answers depend most on these columns ({how}): {', '.join(shown)}.")
    return {name: fall for name, (fall, _) in falls.items()}


def _next(found: Verdict, source: Source, options: argparse.Namespace, out: str) -> str:
    """What to type next."""
    model, data = shlex.quote(out), shlex.quote(options.data)
    if found.guesses:
        return f"Next: clarinet doctor {model} {data}"
    if source.about["kind"] == "table":
        return f"Next: clarinet predict {model} new.csv --out predictions.csv"
    return f"Next: clarinet predict {model} picture.png"
