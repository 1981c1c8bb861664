"""A program that learns, but clearly less than simple models do: which single change closes the gap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from clarinet.doctor.experiments.effects import LITTLE, Disposed, told
from clarinet.doctor.experiments.ideas import Idea, ideas
from clarinet.doctor.experiments.paired import Paired, Scores, better
from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program import Program

KINDS = (
    "batch_size_too_large",
    "dropout_too_high",
    "frozen_layers",
    "learning_rate_too_high",
    "learning_rate_too_low",
    "missing_layer",
    "over_regularised",
    "over_scaled_inputs",
    "too_few_epochs",
    "too_few_units",
    "too_many_layers",
    "unscaled_inputs",
    "unscaled_targets",
    "wrong_hidden_activation",
    "wrong_optimizer",
    "wrong_weight_init",
)
BASIS = (
    "an ablation: one change, all else equal, on paired seeds, where linear models, nearest neighbours or a small "
    "network by recipe are clearly better on rows held out (our measurement)"
)
#: What a change must bring; the share of the best change's gain, or the distance, at which another one is as good;
#: changes that are tried on all seeds.
MORE, AS_GOOD, CLOSE, FINALISTS = 0.08, 0.85, 0.01, 4
#: Rounds; what the change of the second must bring.
ROUNDS, AGAIN = 2, 0.1
#: Changes of the steps, which often do the same: others are named before them, and those of their number together.
OF_STEPS = ("too_few_epochs", "learning_rate_too_low", "batch_size_too_large", "wrong_optimizer")


@dataclass(frozen=True)
class Tried:
    """An idea, and its scores."""

    idea: Idea
    scores: Scores
    gain: float
    place: int


def examine(paired: Paired, disposed: Disposed, given_rate: bool) -> Iterator[Finding]:
    program, scores = disposed.program, disposed.scores
    if scores is None or not (disposed.ill or scores.mean < LITTLE):
        return
    for number in range(ROUNDS):
        chosen = [one for one in _chosen(paired, program, scores, given_rate) if one.gain > (MORE, AGAIN)[number]]
        if not chosen:
            return
        for tried in chosen:
            yield _finding(paired, tried, scores)
        program, scores = chosen[0].idea.change(program), chosen[0].scores
        if disposed.reference is None or not better(disposed.reference, scores.plain, MORE):
            return


def _chosen(paired: Paired, program: Program, scores: Scores, given_rate: bool) -> list[Tried]:
    """The change that brings most, or the first of those that bring as much; of the steps both if both do."""
    tried = sorted(_tried(paired, program, scores, given_rate), key=lambda one: -one.gain)
    if not tried:
        return []
    good = [one for one in tried if one.gain >= AS_GOOD * tried[0].gain]
    if tried[0].idea.kind in OF_STEPS:  # others have to do as well
        good = [one for one in good if one.idea.kind in OF_STEPS or one.gain >= tried[0].gain - CLOSE]
    for group in (_particular, _few_updates, _too_short):
        if own := [one for one in good if group(one.idea.kind)]:
            return own if group is _too_short else sorted(own, key=lambda one: one.place)[:1]
    return good[:1]


def _particular(kind: str) -> bool:
    return kind not in OF_STEPS


def _few_updates(kind: str) -> bool:
    return kind == "batch_size_too_large"


def _too_short(kind: str) -> bool:
    return kind in ("too_few_epochs", "learning_rate_too_low")


def _tried(paired: Paired, program: Program, scores: Scores, given_rate: bool) -> list[Tried]:
    """Every idea on the first seed, and the most promising ones on all."""
    first: list[tuple[float, int, Idea]] = []
    for number, idea in enumerate(ideas(program, given_rate)):
        one = paired.scores(idea.change(program), paired.seeds[:1])
        if one is None:
            break
        first.append((float(one.plain[0] - scores.plain[0]), -number, idea))
    found = []
    for gain, place, idea in sorted(first, key=lambda each: each[:2], reverse=True)[:FINALISTS]:
        every = paired.scores(idea.change(program)) if gain > MORE / 2 else None
        if every is not None and better(every.plain, scores.plain, MORE):
            found.append(Tried(idea, every, float(np.mean(every.plain - scores.plain)), -place))
    return found


def _finding(paired: Paired, tried: Tried, before: Scores) -> Finding:
    idea = tried.idea
    return Finding(
        idea.kind,
        idea.where,
        "warning",
        0.7,
        idea.summary,
        idea.explanation,
        {"score": paired.kind, "as it is": before.mean, "changed": tried.scores.mean},
        Remedy(idea.text, idea.change),
        told(paired, before, tried.scores),
    )
