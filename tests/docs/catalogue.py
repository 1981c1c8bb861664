"""Write the page that lists every layer, loss, optimizer, …: ``python -m tests.docs.catalogue``."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import clarinet
from clarinet import (
    activations,
    callbacks,
    constraints,
    events,
    initializers,
    layers,
    losses,
    metrics,
    optimizers,
    regularizers,
)
from clarinet.engines.lowering.objectives import LOSSES, METRICS
from clarinet.engines.lowering.operations import ACTIVATIONS, OPS, WRITTEN
from clarinet.engines.lowering.optimizers import OPTIMIZERS
from clarinet.layers.parts import flatten_parts
from clarinet.optimizers import schedules
from tests.cases import LAYERS

PAGE = Path(__file__).parents[2] / "docs" / "catalogue.md"
BASES = ("Activation", "Callback", "Layer", "LearningRateSchedule", "Loss", "MeanMetric", "Metric", "Optimizer")
BASES += ("Constraint", "Initializer", "OptimizerState", "Regularizer")
HEAD = """# Everything there is

Names, defaults and meanings are those of Keras 3; what is not stands in [where Clarinet differs](differences.md).
*Engines*: the native engine runs what it knows, the reference engine runs everything; a model runs on the native one
if all of its parts have a native form, and `model.engine_reason` names those that have none.
`help(clarinet.layers.Dense)` tells the rest.

This page is written by `python -m tests.docs.catalogue`.
"""
#: What runs once on the data, before training.
LIMITED = {name: "on data" for name in layers.__all__ if getattr(getattr(layers, name), "prepares", False)}


def catalogue() -> str:
    """The page."""
    named = [(n, activations.get(n)) for n in activations.__all__ if n.islower()]
    tables = [
        ("Layers", layers, [(n, _native_layer(c)) for n, c in _classes(layers) if n not in ("Input", "Layer")]),
        ("Losses", losses, [(n, c in LOSSES) for n, c in _classes(losses)]),
        ("Metrics", metrics, [(n, c in METRICS) for n, c in _classes(metrics)]),
        ("Optimizers", optimizers, [(n, c in OPTIMIZERS) for n, c in _classes(optimizers)]),
        ("Learning rate schedules", schedules, [(n, True) for n, _ in _classes(schedules)]),
        ("Initializers", initializers, [(n, True) for n, _ in _classes(initializers)]),
        ("Regularizers", regularizers, [(n, n != "OrthogonalRegularizer") for n, _ in _classes(regularizers)]),
    ]
    tables.append(("Constraints", constraints, [(n, False) for n, _ in _classes(constraints)]))
    written = [_table(title, module, rows) for title, module, rows in tables]
    functions = [(n, _first_sentence(type(f)), type(f) in ACTIVATIONS) for n, f in named]
    functions.append(("Custom", _first_sentence(activations.Custom), False))
    written.insert(1, _section("Activations", functions))
    written.append(_plain("Callbacks", callbacks))
    written.append(_plain("Events of `fit_events`", events))
    return "\n".join([HEAD, *written])


def _classes(module: ModuleType) -> Iterator[tuple[str, type]]:
    for name in sorted(module.__all__, key=str.lower):
        value = getattr(module, name)
        if isinstance(value, type) and name[0].isupper() and (name not in BASES or value is layers.Activation):
            yield name, value


def _native_layer(kind: type) -> bool:
    """Whether some row of the tests has only parts with a native form."""
    made = [case.make() for case in LAYERS]
    return any(
        all(type(p.layer) in OPS or type(p.layer) in WRITTEN for p in flatten_parts(one))
        for one in made
        if type(one) is kind
    )


def _first_sentence(value: type) -> str:
    paragraph = " ".join((inspect.getdoc(value) or "").split("\n\n")[0].split())
    sentence = re.split(r"(?<=[\w)`*])\.(?:\s|$)", paragraph.replace("et al.", "et al"))[0].replace("et al", "et al.")
    if sentence.endswith(" with"):  # a formula on lines of its own follows
        sentence = sentence.rpartition(":")[0]
    sentence = re.sub(r":class:`(?:clarinet\.)?([\w.]+)`", r"`\1`", sentence)
    return sentence.replace("``", "`").replace("|", "\\|").removesuffix(":")


def _table(title: str, module: ModuleType, rows: list[tuple[str, bool]]) -> str:
    return _section(title, [(name, _first_sentence(getattr(module, name)), native) for name, native in rows])


def _section(title: str, rows: list[tuple[str, str, bool]]) -> str:
    lines = [
        f"| `{name}` | {text} | {LIMITED.get(name, 'native, reference' if native else 'reference')} |"
        for name, text, native in rows
    ]
    return "\n".join([f"## {title}", "", "| name | what it is | engines |", "|---|---|---|", *lines, ""])


def _plain(title: str, module: ModuleType) -> str:
    lines = [f"| `{name}` | {_first_sentence(kind)} |" for name, kind in _classes(module)]
    return "\n".join([f"## {title}", "", "| name | what it is |", "|---|---|", *lines, ""])


if __name__ == "__main__":
    PAGE.write_text(catalogue(), "utf-8")
    print(f"{PAGE} lists what clarinet {clarinet.__version__} has")
