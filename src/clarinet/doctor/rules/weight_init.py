"""Initial weights that are all alike, or far too large or small for the layer's inputs."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

import numpy as np

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.patient import Patient, Site
from clarinet.doctor.remedies import initializer
from clarinet.initializers.base import Initializer

KINDS = ("wrong_weight_init",)
BASIS = (
    "Glorot and Bengio 2010, He et al. 2015: sd * sqrt(inputs) near 1 (1.4 for ReLU) keeps the signal's size; a "
    "gain above 4 a layer changes it by an order of magnitude in two layers; four layers below 0.6 that keep less "
    "than 2 % lose it"
)
#: Layers that normalise by these bring a signal back to its size.
_STATISTICS = ("data", "batch", "sample")
TOO_LARGE, TOO_SMALL, LOST = 4.0, 0.6, 0.02
#: So many layers that fade one after the other are more than Adam and its kin make up for.
_DEEP = 4


def examine(patient: Patient) -> Iterator[Finding]:
    gains = {site.index: _gain(patient, site) for site in patient.sites}
    for site in patient.sites:
        layer = patient.program.layers[site.index]
        if not layer.trainable:
            continue  # trained elsewhere: its weights are no initial ones
        start: Initializer = layer.kernel_initializer  # type: ignore[attr-defined]
        if start.all_alike:
            yield _alike(site, start)
        elif gains[site.index] > TOO_LARGE:
            yield _wide(site, gains[site.index])
    yield from _fading(patient, gains)


def _gain(patient: Patient, site: Site) -> float:
    """How much larger a layer makes a signal: sd of its weights times the root of its inputs."""
    return float(np.std(patient.kernels[site.index][1])) * sqrt(site.fan_in)


def _alike(site: Site, given: object) -> Finding:
    return Finding(
        "wrong_weight_init",
        f"layer:{site.index}",
        "warning" if site.output else "error",
        0.95,
        f"all weights of layer {site.index} start at the same number ({type(given).__name__})",
        "Units that start alike see the same inputs, get the same gradient, and stay alike for ever: many units do "
        "the work of one. And where all weights are zero no gradient passes to the layers before. Random numbers "
        "break the tie.",
        {"initializer": type(given).__name__},
        Remedy("leave kernel_initializer out: 'glorot_uniform'", initializer([site.index])),
    )


def _wide(site: Site, gain: float) -> Finding:
    return Finding(
        "wrong_weight_init",
        f"layer:{site.index}",
        "warning",
        min(0.95, 0.6 + gain / 100),
        f"the initial weights of layer {site.index} make its signal {gain:.0f} times larger",
        f"Each unit sums {site.fan_in} inputs. With weights of this size the sums are so large that sigmoids and "
        "softmax start at their flat ends and the loss starts enormous. Weights should shrink with the root of the "
        "number of inputs.",
        {"gain": gain, "fan_in": site.fan_in},
        Remedy("kernel_initializer='he_normal' (ReLU) or the default, 'glorot_uniform'", initializer([site.index])),
    )


def _fading(patient: Patient, gains: dict[int, float]) -> Iterator[Finding]:
    small = [
        site
        for site in patient.sites
        if 0 < gains[site.index] < TOO_SMALL and patient.program.layers[site.index].trainable
    ]
    if len(small) < _DEEP or any(layer.rescales_by in _STATISTICS for layer in patient.program.layers):
        return
    left = float(np.prod([gains[site.index] for site in small]))
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
        {"gains": {str(site.index): gains[site.index] for site in small}},
        Remedy("leave kernel_initializer out: 'glorot_uniform'", initializer([site.index for site in small])),
    )
