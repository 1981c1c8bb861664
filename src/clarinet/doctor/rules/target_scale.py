"""Amounts to predict that are large compared with the outputs of a fresh network."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clarinet.doctor.findings import Finding, Remedy, histogram
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.doctor.remedies import scale_targets

KINDS = ("unscaled_targets",)
BASIS = (
    "a fresh network's outputs are around 1; targets ten and more times larger must first be reached by the last "
    "layer's weights"
)
LARGE = 10.0


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    if facts.task != "amounts" or facts.program.target is not None or facts.program.loss.likelihood == "poisson":
        return  # counts are what they are, and their logarithms are small
    offset, factor = facts.answer_scale
    y = (np.asarray(facts.program.y, np.float64) - offset) / factor  # in the units of the last layer with weights
    size = float(np.sqrt((y[np.isfinite(y)] ** 2).mean()))
    if size <= LARGE:
        return
    yield Finding(
        "unscaled_targets",
        "data.y",
        "warning",
        min(0.9, 0.6 + 0.1 * float(np.log10(size))),
        f"the targets are around {size:.4g} in size",
        "A fresh network answers with numbers around 1. With targets this large the first errors, and their "
        "squares, are enormous: gradients explode, or training is busy for long with nothing but moving the "
        "average answer.",
        {"rms": size, "low": float(np.nanmin(y)), "high": float(np.nanmax(y)), "histogram": histogram(y)},
        Remedy("model.compile(..., target='standard'): learns standardised y, predicts in its units", scale_targets),
    )
