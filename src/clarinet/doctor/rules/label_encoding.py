"""Labels are written in a form that the loss reads otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.doctor.remedies import classify

KINDS = ("label_encoding_mismatch", "targets_out_of_range")
BASIS = "the losses' definitions"


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    labels, units = facts.labels, facts.units
    form = facts.program.loss.labels if facts.program.loss.likelihood else ""
    if form == "binary":
        yield from _binary(facts)
    elif form == "one-hot" and labels.columns == 1 and labels.classes > 2:
        yield _finding(
            f"class ids {labels.low:g} … {labels.high:g}, but categorical_crossentropy reads one column for each class",
            f"utils.to_categorical(y), or loss='sparse_categorical_crossentropy' with {labels.classes} units",
            facts,
        )
    elif form == "ids":
        if labels.form == "one_hot":
            text = "y.argmax(axis=-1), or loss='categorical_crossentropy'"
            yield _finding("one column for each class, but the sparse loss reads class ids", text, facts)
        elif labels.discrete and labels.columns == 1 and (labels.low < 0 or labels.high >= max(units, 2)):
            text = (
                f"class ids from 0 to {units - 1}: y - {labels.low:g}" if labels.low else f"{labels.high + 1:g} units"
            )
            yield _finding(f"class ids {labels.low:g} … {labels.high:g} for {units} units", text, facts)


def _binary(facts: ProgramFacts) -> Iterator[Finding]:
    labels = facts.labels
    if labels.discrete and labels.columns == 1 and labels.classes > 2:
        text = f"{labels.classes} units with softmax and loss='sparse_categorical_crossentropy'"
        yield _finding(
            f"class ids {labels.low:g} … {labels.high:g}, but binary cross-entropy reads 0 and 1", text, facts
        )
    elif labels.discrete and labels.columns == 1 and (labels.low, labels.high) != (0, 1):
        text = f"y = (y == {labels.high:g}).astype('float32')"
        yield _finding(f"the labels are {labels.low:g} and {labels.high:g}, not 0 and 1", text, facts)
    elif labels.form == "amounts" and (labels.low < 0 or labels.high > 1):
        yield Finding(
            "targets_out_of_range",
            "data.y",
            "error",
            0.9,
            f"the targets run from {labels.low:.4g} to {labels.high:.4g}; binary cross-entropy reads chances from 0 "
            "to 1",
            "Outside [0, 1] binary cross-entropy has no lowest point: the loss falls below zero without end while the "
            "answers get worse.",
            {"low": labels.low, "high": labels.high},
            Remedy("loss='mse' and no activation on the last layer", classify),
        )


def _finding(summary: str, text: str, facts: ProgramFacts) -> Finding:
    return Finding(
        "label_encoding_mismatch",
        "data.y",
        "error",
        0.9,
        summary,
        "Class labels can be written as numbers (0, 1, 2), as columns (0 0 1), or as -1 and 1. The loss takes one "
        "of these forms and reads another as if it were amounts: it then pulls the outputs to numbers that mean "
        "nothing.",
        {"form": facts.labels.form, "low": facts.labels.low, "high": facts.labels.high},
        Remedy(text, classify),
    )
