"""Averages of batch normalisation that the training is too short for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program_facts import ProgramFacts

KINDS = ("batch_norm_statistics",)
BASIS = "after n steps momentum**n of a moving average is still its initial value (Ioffe and Szegedy 2015, algorithm 2)"
#: Share of the initial value that may be left.
LEFT = 0.2
_SMALL_BATCH = 4


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    program = facts.program
    every: list[tuple[int, Any]] = [
        (i, layer) for i, layer in enumerate(program.layers) if layer.rescales_by == "batch"
    ]
    found = [(i, layer) for i, layer in every if layer.trainable]  # a frozen one uses its averages in training too
    if not found:
        return
    index, layer = found[0]
    left = float(layer.momentum) ** program.steps
    if left > LEFT:
        yield Finding(
            "batch_norm_statistics",
            f"layer:{index}",
            "hint",
            0.8,
            f"after {program.steps} updates {left:.0%} of the moving averages in layer {index} is still their start (0 "
            "and 1)",
            "In training, batch normalisation uses the batch's own mean and variance; in use, moving averages of "
            "them. If these have not caught up, the network that is used is not the one that was trained: good "
            "training loss, bad predictions.",
            {"momentum": float(layer.momentum), "steps": program.steps, "left": left},
            Remedy("more epochs, smaller batches, or BatchNormalization(momentum=0.9)"),
        )
    if program.batch_size < _SMALL_BATCH:
        yield Finding(
            "batch_norm_statistics",
            "fit.batch_size",
            "hint",
            0.7,
            f"layer {index} normalises by the mean and variance of {program.batch_size} row(s)",
            "The mean of one or two rows is mostly chance, so each batch is shifted by chance; with one row everything "
            "becomes zero.",
            {"batch_size": program.batch_size},
            Remedy("batch_size=32, or LayerNormalization"),
        )
