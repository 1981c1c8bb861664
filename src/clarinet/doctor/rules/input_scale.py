"""Inputs far from the size that initial weights and learning rates are made for."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clarinet.doctor.findings import Finding, Remedy, histogram
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.doctor.remedies import scale_inputs

KINDS = ("unscaled_inputs", "over_scaled_inputs")
BASIS = (
    "LeCun et al. 1998, Efficient BackProp 4.3: mean 0, deviation 1; beyond about 12 the first layer saturates "
    "(our measurement)"
)
LARGE, SMALL = 12.0, 0.01


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    x = facts.effective_input
    if not x.size or not facts.weighted_layers or facts.takes_ids:  # vectors that are looked up are learned
        return
    sizes = np.sqrt((x**2).mean(axis=0))
    largest = float(sizes.max())
    evidence = {"largest_rms": largest, "column": int(sizes.argmax()), "low": float(x.min()), "high": float(x.max())}
    if largest > LARGE:
        pixels = bool(facts.program.x.ndim > 2 or x.shape[1] > 100) and x.min() >= 0 and 200 < x.max() <= 255
        text = "x / 255" if pixels else "(x - x.mean(axis=0)) / x.std(axis=0), or a Normalization layer"
        yield Finding(
            "unscaled_inputs",
            "data.x",
            "warning",
            min(0.95, 0.7 + 0.05 * float(np.log10(largest))),
            f"the inputs run from {evidence['low']:.4g} to {evidence['high']:.4g}",
            "Initial weights and learning rates are made for inputs around 1. Large ones give large sums: sigmoids "
            "start at their flat ends, ReLUs explode or die, and the columns with large numbers drown the others.",
            evidence | {"histogram": histogram(x)},
            Remedy(text, scale_inputs),
        )
    elif 0 < largest < SMALL:
        yield Finding(
            "over_scaled_inputs",
            "data.x",
            "warning",
            0.85,
            f"the inputs are no larger than {float(np.abs(x).max()):.2g}: were they scaled twice?",
            "Inputs this small hardly move the first layer's sums: all rows look alike to the network, and it "
            "learns slowly.",
            evidence,
            Remedy("leave one scaling out, or standardise: (x - x.mean(axis=0)) / x.std(axis=0)", scale_inputs),
        )
