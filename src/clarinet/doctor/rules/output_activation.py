"""The last activation cannot give the answers that labels and loss ask for."""

from __future__ import annotations

import math
from collections.abc import Iterator

from clarinet.doctor import probing
from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.patient import OF_AMOUNTS, OF_CLASSES, Patient, Site
from clarinet.doctor.remedies import output_activation

KINDS = ("wrong_output_activation", "missing_output_activation")
BASIS = "arithmetic: the function's range against the labels' range"

#: Share of the labels' range that may lie outside the function's.
TOLERANCE = 0.02


def examine(patient: Patient) -> Iterator[Finding]:
    site = patient.output
    if site is None:
        return
    if patient.task == "amounts":
        yield from _amounts(patient, site)
    elif site.activation is None:
        yield from _missing(patient, site)
    else:
        yield from _chances(patient, site)


def _wanted(patient: Patient) -> str:
    """The function for this question: softmax picks one of several, sigmoid says yes or no."""
    one_of_several = patient.task in ("classes", "shares") and max(patient.labels.classes, patient.units) > 2
    return "softmax" if one_of_several or (patient.units == 2 and patient.task == "classes") else "sigmoid"


def _missing(patient: Patient, site: Site) -> Iterator[Finding]:
    squared = patient.program.loss.likelihood in OF_AMOUNTS
    if patient.from_logits or not (patient.program.loss.likelihood in OF_CLASSES or squared):
        return
    wanted, outside = _wanted(patient), _share_outside(patient)
    sigmoid = f"{wanted.capitalize()} brings every score to a chance between 0 and 1."
    if squared:
        because = (
            "Without an activation a layer gives any number, -300 as well as 40, and the labels are 0 and 1. An "
            "answer far outside is pulled back hard, a right one too if it is too large: the loss is spent on the "
            f"size of the scores instead of on which side they are. {sigmoid}"
        )
        mend = f"activation={wanted!r} on layer {site.index}"
    else:
        because = (
            "Without an activation a layer gives any number, -300 as well as 40. The labels are 0 and 1, and a loss on "
            "chances takes the logarithm of what it gets: numbers outside [0, 1] are cut off there, and where they are "
            f"cut off the gradient is zero. {sigmoid}"
        )
        mend = f"activation={wanted!r} on layer {site.index}, or from_logits=True in the loss"
    yield Finding(
        "missing_output_activation",
        f"layer:{site.index}",
        "warning" if squared else "error",
        0.8 if squared else 0.9,
        f"the last layer gives raw scores ({outside:.0%} of them outside [0, 1] before training), but the labels are "
        f"classes and {patient.loss_name} compares them as chances",
        because,
        {"share_outside_0_1": outside},
        Remedy(mend, output_activation(wanted)),
    )


def _share_outside(patient: Patient) -> float:
    y = patient.signals[-1]
    return float(((y < 0) | (y > 1)).mean()) if y.size else 0.0


def _chances(patient: Patient, site: Site) -> Iterator[Finding]:
    function, wanted = site.activation, _wanted(patient)
    right = {"softmax": "distribution", "sigmoid": "probability"}[wanted]
    if site.outputs == right or (site.outputs == "distribution" and site.units == 1):
        return  # the second has a rule of its own
    if patient.labels.form == "signs" and site.spans_signs:
        return
    if patient.from_logits and site.outputs in ("probability", "distribution") and patient.units > 1:
        return  # double_softmax
    assert function is not None  # else there are no chances
    several = site.outputs == "probability" and right == "distribution"
    squared = patient.program.loss.likelihood == "normal"
    if several and squared and patient.task == "classes" and patient.units > 1:
        return  # independent units and a squared error: the textbook's network
    because = (
        "Sigmoid treats every class as a question of its own: all of them can be 'yes' at once. The classes "
        "exclude each other, so the scores must compete for one whole: softmax."
        if several
        else "Chances lie between 0 and 1. A function with another range gives answers that no label has; where flat "
        "(ReLU below 0) or its answer is cut off at 0 or 1, the gradient vanishes and the unit never comes back."
    )
    yield Finding(
        "wrong_output_activation",
        f"layer:{site.activation_index}",
        "error" if not several else "warning",
        0.9,
        f"the last layer ends with {function.name}; {_question(patient)} asks for {wanted}",
        because,
        {"activation": function.name, "wanted": wanted, "classes": patient.labels.classes},
        Remedy(f"activation={wanted!r} on the last layer", output_activation(wanted)),
    )


def _reach(patient: Patient, function: object) -> tuple[float, float] | None:
    """The least and the largest answer, with what layers after the function make of it."""
    span, (offset, factor) = probing.span(function), patient.answer_scale
    if span is None:
        return None
    low, high = sorted(offset + factor * end for end in span)
    return low, high


def _question(patient: Patient) -> str:
    if patient.task == "several":
        return "several yes-or-no answers in a row"
    if patient.task == "shares":
        return "shares that sum to one"
    return "a choice between two" if patient.labels.classes == 2 else f"one of {patient.labels.classes} classes"


def _amounts(patient: Patient, site: Site) -> Iterator[Finding]:
    labels, function = patient.labels, site.activation
    span = None if function is None else _reach(patient, function)
    if function is None or span is None or not math.isfinite(labels.low):
        return
    slack = TOLERANCE * max(labels.high - labels.low, 1e-12)
    unreachable = labels.low < span[0] - slack or labels.high > span[1] + slack
    competing = site.outputs == "distribution"
    if not (unreachable or competing):
        return
    yield Finding(
        "wrong_output_activation",
        f"layer:{site.activation_index}",
        "error",
        0.95 if unreachable else 0.85,
        f"the targets run from {labels.low:.4g} to {labels.high:.4g}, but {function.name} gives only numbers "
        f"from {span[0]:g} to {span[1]:g}",
        "The last activation decides which numbers the network can say at all. Targets outside its range are never "
        "reached: the units are driven to the end of the range, where the slope is zero, and stay there. To predict an "
        "amount, leave the last layer linear.",
        {"low": labels.low, "high": labels.high, "range": list(span), "activation": function.name},
        Remedy("no activation on the last layer (activation=None)", output_activation(None)),
    )
