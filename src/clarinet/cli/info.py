"""``clarinet info``."""

from __future__ import annotations

import argparse
import platform
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet import answers, saving
from clarinet._native import isa, isas, threads, version
from clarinet.cli.output import Output
from clarinet.data_adapters import provenance
from clarinet.verdict import in_words

if TYPE_CHECKING:
    from clarinet.datasets.coding import TableCoding


def run(options: argparse.Namespace, output: Output) -> int:
    """Print the installed versions and the engine's settings; with a model, a description of it."""
    values: dict[str, Any] = {
        "version": version,
        "engine": "native",
        "instruction_set": isa(),
        "instruction_sets": list(isas()),
        "threads": threads(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "machine": f"{platform.system()} {platform.machine()}",
    }
    if options.model is None:
        text = "\n".join(f"{name.replace('_', ' '):16}  {_text(value)}" for name, value in values.items())
        output.result(values, text)
        return 0
    model = saving.load(options.model)
    model.summary(print_fn=output.say)
    about = provenance.describe(model)
    facts = {
        "model": options.model,
        "trained_on": about["kind"],
        **_of_table(answers.coding_of(about)),
        "classes": about["classes"],
        **({"scores": about["scores"]} if "scores" in about else {}),
        "epochs": model.epochs_trained,
        "parameters": model.count_params() if model.built else 0,
        "engine": model.engine if model.built else None,
    }
    told = {**facts, "scores": in_words(about["scores"])} if "scores" in about else facts
    output.result(
        {**values, **facts}, "\n".join(f"{name.replace('_', ' '):16}  {_text(v)}" for name, v in told.items())
    )
    return 0


def _of_table(coding: TableCoding | None) -> dict[str, object]:
    """Target and columns of a table."""
    if coding is None:
        return {}
    columns = [f"{column.name} ({column.kind})" for column in coding.columns]
    return {"target": coding.target.name, "task": coding.task, "columns": columns}


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(each)}" for name, each in value.items())
    if isinstance(value, float):
        return f"{value:.4g}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
