"""Initial weights that are all alike, or far too large or small for the layer's inputs."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

import numpy as np

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program_facts import ProgramFacts, WeightedLayer
from clarinet.doctor.remedies import initializer
from clarinet.initializers.base import Initializer

KINDS = ("wrong_weight_init",)
BASIS = (
    "Glorot and Bengio 2010, He et al. 2015: sd * sqrt(inputs) near 1 (1.4 for ReLU) keeps the signal's size; a "
    "gain above 4 a layer changes it by an order of magnitude in two layers; four layers below 0.6 that keep less "
    "than 2 % lose it"
)
#: Layers that normalise by these statistics restore the size of a signal.
_STATISTICS = ("data", "batch", "sample")
TOO_LARGE, TOO_SMALL, LOST = 4.0, 0.6, 0.02
#: So many layers that fade one after the other are more than Adam and its kin make up for.
_DEEP = 4


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    gains = {weighted.index: _gain(facts, weighted) for weighted in facts.weighted_layers}
    for weighted in facts.weighted_layers:
        layer = facts.program.layers[weighted.index]
        if not layer.trainable:
            continue  # trained elsewhere: its weights are no initial ones
        start: Initializer = layer.kernel_initializer  # type: ignore[attr-defined]
        if start.all_alike:
            yield _alike(weighted, start)
        elif gains[weighted.index] > TOO_LARGE:
            yield _wide(weighted, gains[weighted.index])
    yield from _fading(facts, gains)


def _gain(facts: ProgramFacts, weighted: WeightedLayer) -> float:
    """How much larger a layer makes a signal: sd of its weights times the root of its inputs."""
    return float(np.std(facts.kernels[weighted.index][1])) * sqrt(weighted.fan_in)


def _alike(weighted: WeightedLayer, given: object) -> Finding:
    return Finding(
        "wrong_weight_init",
        f"layer:{weighted.index}",
        "warning" if weighted.output else "error",
        0.95,
        f"all weights of layer {weighted.index} start at the same number ({type(given).__name__})",
        "Units that start alike see the same inputs, get the same gradient, and stay alike for ever: many units do "
        "the work of one. And where all weights are zero no gradient passes to the layers before. Random numbers "
        "break the tie.",
        {"initializer": type(given).__name__},
        Remedy("leave kernel_initializer out: 'glorot_uniform'", initializer([weighted.index])),
    )


def _wide(weighted: WeightedLayer, gain: float) -> Finding:
    return Finding(
        "wrong_weight_init",
        f"layer:{weighted.index}",
        "warning",
        min(0.95, 0.6 + gain / 100),
        f"the initial weights of layer {weighted.index} make its signal {gain:.0f} times larger",
        f"Each unit sums {weighted.fan_in} inputs. With weights of this size the sums are so large that sigmoids and "
        "softmax start at their flat ends and the loss starts enormous. Weights should shrink with the root of the "
        "number of inputs.",
        {"gain": gain, "fan_in": weighted.fan_in},
        Remedy("kernel_initializer='he_normal' (ReLU) or the default, 'glorot_uniform'", initializer([weighted.index])),
    )


def _fading(facts: ProgramFacts, gains: dict[int, float]) -> Iterator[Finding]:
    small = [
        weighted
        for weighted in facts.weighted_layers
        if 0 < gains[weighted.index] < TOO_SMALL and facts.program.layers[weighted.index].trainable
    ]
    if len(small) < _DEEP or any(layer.rescales_by in _STATISTICS for layer in facts.program.layers):
        return
    left = float(np.prod([gains[weighted.index] for weighted in small]))
    if left > LOST:
        return
    yield Finding(
        "wrong_weight_init",
        f"layer:{small[0].index}",
        "warning",
        0.7,
        f"the initial weights of {len(small)} layers are so small that only {left:.1g} of the signal gets through them",
        "Each layer makes the signal smaller, and on the way back the gradient too. What reaches the other end is "
        "almost nothing, so the network starts as a constant and learns slowly.",
        {"gains": {str(weighted.index): gains[weighted.index] for weighted in small}},
        Remedy("leave kernel_initializer out: 'glorot_uniform'", initializer([weighted.index for weighted in small])),
    )
