"""The last activation cannot give the answers that labels and loss ask for."""

from __future__ import annotations

import math
from collections.abc import Iterator

from clarinet.doctor import probing
from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program_facts import OF_AMOUNTS, OF_CLASSES, ProgramFacts, WeightedLayer
from clarinet.doctor.remedies import output_activation

KINDS = ("wrong_output_activation", "missing_output_activation")
BASIS = "arithmetic: the function's range against the labels' range"

#: Share of the labels' range that may be outside the function's.
TOLERANCE = 0.02


def examine(facts: ProgramFacts) -> Iterator[Finding]:
    weighted = facts.output
    if weighted is None:
        return
    if facts.task == "amounts":
        yield from _amounts(facts, weighted)
    elif weighted.activation is None:
        yield from _missing(facts, weighted)
    else:
        yield from _chances(facts, weighted)


def _wanted(facts: ProgramFacts) -> str:
    """The function for this question: softmax picks one of several, sigmoid says yes or no."""
    one_of_several = facts.task in ("classes", "shares") and max(facts.labels.classes, facts.units) > 2
    return "softmax" if one_of_several or (facts.units == 2 and facts.task == "classes") else "sigmoid"


def _missing(facts: ProgramFacts, weighted: WeightedLayer) -> Iterator[Finding]:
    squared = facts.program.loss.likelihood in OF_AMOUNTS
    if facts.from_logits or not (facts.program.loss.likelihood in OF_CLASSES or squared):
        return
    wanted, outside = _wanted(facts), _share_outside(facts)
    sigmoid = f"{wanted.capitalize()} brings every score to a chance between 0 and 1."
    if squared:
        because = (
            "Without an activation a layer gives any number, -300 as well as 40, and the labels are 0 and 1. An "
            "answer far outside is pulled back hard, a right one too if it is too large: the loss is spent on the "
            f"size of the scores instead of on which side they are. {sigmoid}"
        )
        fix = f"activation={wanted!r} on layer {weighted.index}"
    else:
        because = (
            "Without an activation a layer gives any number, -300 as well as 40. The labels are 0 and 1, and a loss on "
            "chances takes the logarithm of what it gets: numbers outside [0, 1] are cut off there, and where they are "
            f"cut off the gradient is zero. {sigmoid}"
        )
        fix = f"activation={wanted!r} on layer {weighted.index}, or from_logits=True in the loss"
    yield Finding(
        "missing_output_activation",
        f"layer:{weighted.index}",
        "warning" if squared else "error",
        0.8 if squared else 0.9,
        f"the last layer gives raw scores ({outside:.0%} of them outside [0, 1] before training), but the labels are "
        f"classes and {facts.loss_name} compares them as chances",
        because,
        {"share_outside_0_1": outside},
        Remedy(fix, output_activation(wanted)),
    )


def _share_outside(facts: ProgramFacts) -> float:
    y = facts.signals[-1]
    return float(((y < 0) | (y > 1)).mean()) if y.size else 0.0


def _chances(facts: ProgramFacts, weighted: WeightedLayer) -> Iterator[Finding]:
    function, wanted = weighted.activation, _wanted(facts)
    right = {"softmax": "distribution", "sigmoid": "probability"}[wanted]
    if weighted.outputs == right or (weighted.outputs == "distribution" and weighted.units == 1):
        return  # the second has a rule of its own
    if facts.labels.form == "signs" and weighted.spans_signs:
        return
    if facts.from_logits and weighted.outputs in ("probability", "distribution") and facts.units > 1:
        return  # double_softmax
    assert function is not None  # else there are no chances
    several = weighted.outputs == "probability" and right == "distribution"
    squared = facts.program.loss.likelihood == "normal"
    if several and squared and facts.task == "classes" and facts.units > 1:
        return  # independent units and a squared error: the textbook's network
    because = (
        "Sigmoid treats every class as a question of its own: all of them can be 'yes' at once. The classes "
        "exclude each other, so the scores must compete for one whole: softmax. The accuracy may be as good, but the "
        "answers of a row do not sum to 1, so none is the chance of its class."
        if several
        else "Chances are between 0 and 1. A function with another range gives answers that no label has; where flat "
        "(ReLU below 0) or its answer is cut off at 0 or 1, the gradient vanishes and the unit never comes back."
    )
    yield Finding(
        "wrong_output_activation",
        f"layer:{weighted.activation_index}",
        "error" if not several else "warning",
        0.9,
        f"the last layer ends with {function.name}; {_question(facts)} asks for {wanted}",
        because,
        {"activation": function.name, "wanted": wanted, "classes": facts.labels.classes},
        Remedy(f"activation={wanted!r} on the last layer", output_activation(wanted)),
        contradiction=several and facts.program.loss.likelihood == "categorical",
    )


def _reach(facts: ProgramFacts, function: object) -> tuple[float, float] | None:
    """The least and the largest answer, with what layers after the function make of it."""
    span, (offset, factor) = probing.span(function), facts.answer_scale
    if span is None:
        return None
    low, high = sorted(offset + factor * end for end in span)
    return low, high


def _question(facts: ProgramFacts) -> str:
    if facts.task == "several":
        return "several yes-or-no answers in a row"
    if facts.task == "shares":
        return "shares that sum to one"
    return "a choice between two" if facts.labels.classes == 2 else f"one of {facts.labels.classes} classes"


def _amounts(facts: ProgramFacts, weighted: WeightedLayer) -> Iterator[Finding]:
    labels, function = facts.labels, weighted.activation
    span = None if function is None else _reach(facts, function)
    if function is None or span is None or not math.isfinite(labels.low):
        return
    slack = TOLERANCE * max(labels.high - labels.low, 1e-12)
    unreachable = labels.low < span[0] - slack or labels.high > span[1] + slack
    competing = weighted.outputs == "distribution"
    if not (unreachable or competing):
        return
    yield Finding(
        "wrong_output_activation",
        f"layer:{weighted.activation_index}",
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
