"""The same program with one thing changed: which single change makes the network learn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from clarinet import layers, optimizers
from clarinet.doctor.experiments.trial import Trial
from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.program import Program
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.doctor.remedies import dropout_rate, learning_rate, lighter_penalties, thaw, units

KINDS = (
    "frozen_layers",
    "learning_rate_too_high",
    "learning_rate_too_low",
    "wrong_optimizer",
    "dropout_too_high",
    "over_regularised",
    "too_many_layers",
    "too_few_units",
    "missing_layer",
)
BASIS = (
    "an ablation: one change, all else equal, judged on rows held out; to be named it must bring 30 % more of the "
    "way from a constant answer to no error (our measurement; repeated trainings of one program differ by up to 10 %)"
)
#: Progress below which a program counts as not learning, and how much more a change must bring.
ENOUGH, MORE = 0.25, 0.3
_NARROW, _DEEP = 8, 4


@dataclass(frozen=True)
class Idea:
    """A change that may help, and the finding if it does."""

    kind: str
    where: str
    change: Callable[[Program], Program]
    summary: str
    explanation: str
    text: str


def examine(trial: Trial) -> Iterator[Finding]:
    first = trial.run(trial.program)
    if first.progress >= ENOUGH or not first.finished:
        return
    best: tuple[float, Idea] | None = None
    for idea in _ideas(trial.program, trial.given_rate):
        if not trial.affordable:
            break
        reached = trial.run(idea.change(trial.program)).progress
        if reached >= first.progress + MORE and (best is None or reached > best[0] + MORE / 3):
            best = reached, idea
    if best is None:
        return
    reached, idea = best
    yield Finding(
        idea.kind,
        idea.where,
        "warning",
        0.6,
        f"{idea.summary}: without that it comes {reached:.0%} of the way instead of {max(0.0, first.progress):.0%}",
        idea.explanation,
        {"progress": first.progress, "changed": reached},
        Remedy(idea.text, idea.change),
    )


def _ideas(program: Program, given_rate: bool) -> Iterator[Idea]:
    if given_rate:
        yield from _of_optimizer(program)
    yield from _of_restraints(program)
    yield from _of_shape(program, ProgramFacts(program))


def _of_optimizer(program: Program) -> Iterator[Idea]:
    rate = program.optimizer.learning_rate
    if not callable(rate) and not program.searches:
        yield Idea(
            "learning_rate_too_high", "optimizer", learning_rate(rate / 10),
            f"a learning rate of {rate:g} is too large here",
            "Each step goes so far that it lands on the other slope of the valley. The loss jumps about or grows; with "
            "shorter steps it falls.",
            f"learning_rate={rate / 10:g}",
        )  # fmt: skip
        yield Idea(
            "learning_rate_too_low", "optimizer", learning_rate(rate * 10),
            f"a learning rate of {rate:g} is too small here",
            "The learning rate is how far one step goes. With steps this small the training ends before it has come "
            "anywhere.",
            f"learning_rate={rate * 10:g}",
        )  # fmt: skip
    if program.optimizer.precedes_adam:
        name = type(program.optimizer).__name__
        yield Idea(
            "wrong_optimizer", "optimizer", _with_adam, f"{name} does not get anywhere in this training",
            "Plain descent takes one rate for all weights: too large for some, too small for others. Adam measures "
            "each weight's gradients and makes all steps about equally long.",
            "optimizer=Adam(0.003)",
        )  # fmt: skip


def _with_adam(program: Program) -> Program:
    return program.changed(optimizer=optimizers.Adam(0.003))


def _of_restraints(program: Program) -> Iterator[Idea]:
    frozen = [x.name for x in program.layers if hasattr(x, "kernel_initializer") and not x.trainable]
    if frozen:
        yield Idea(
            "frozen_layers", f"layer:{frozen[0]}", thaw,
            f"layer {frozen[0]} is frozen",
            "trainable=False keeps a layer's weights as they are. Random weights that stay random pass on little of "
            "what matters.",
            "layer.trainable = True",
        )  # fmt: skip
    held: tuple[Any, ...] = program.layers
    drops = [int(layer.name) for layer in held if layer.disturbs_by == "dropout" and layer.rate > 0]
    if drops:
        yield Idea(
            "dropout_too_high", f"layer:{drops[0]}", dropout_rate(drops, 0.0),
            "dropout keeps it from learning",
            "Dropout removes units at random while training. A network that is hardly large enough has none to spare.",
            "no Dropout until the network fits its training rows, then a little",
        )  # fmt: skip
    penalised = [x.name for x in program.layers if getattr(x, "kernel_regularizer", None) is not None]
    if penalised:
        yield Idea(
            "over_regularised", f"layer:{penalised[0]}", lighter_penalties,
            "penalties on the weights keep it from learning",
            "The optimizer lowers loss and penalty together; a large penalty makes small weights worth more than right "
            "answers.",
            "kernel_regularizer with a hundredth of the strength, or none",
        )  # fmt: skip


def _of_shape(program: Program, facts: ProgramFacts) -> Iterator[Idea]:
    dense = [weighted for weighted in facts.hidden if weighted.kind == "dense"]
    if len(dense) >= _DEEP:
        yield Idea(
            "too_many_layers", "model", _shallower, f"{len(dense)} hidden layers one after the other",
            "Every layer multiplies the gradient on its way back. Through many of them little that is useful arrives "
            "at the first ones; without shortcuts or normalisation a few layers learn better than many.",
            "two hidden layers; or BatchNormalization, or residual connections, between many",
        )  # fmt: skip
    narrow = [weighted for weighted in dense if weighted.units <= _NARROW]
    if narrow:
        wider = units([int(program.layers[s.index].name) for s in narrow], 8 * max(s.units for s in narrow))
        name = program.layers[narrow[0].index].name
        yield Idea(
            "too_few_units", f"layer:{name}", wider, f"layer {name} has {narrow[0].units} units",
            "Every hidden unit draws one line through the data. A few cannot draw the shape that is needed.",
            f"{8 * narrow[0].units} units in layer {name}",
        )  # fmt: skip
    if not facts.hidden and facts.output is not None and facts.output.kind == "dense":
        yield Idea(
            "missing_layer", "model", _with_hidden_layer, "the network has no hidden layer",
            "Without a hidden layer a network draws one straight line (or plane) through the data. Where the answer "
            "depends on two columns together, as in 'one of them but not both', no line is right.",
            "Dense(32, activation='relu') before the last layer",
        )  # fmt: skip


def _with_hidden_layer(program: Program) -> Program:
    weighted = ProgramFacts(program).output
    if weighted is None:
        return program
    extra = layers.Dense(32, activation="relu")
    extra.name = "hidden"
    return program.changed(layers=(*program.layers[: weighted.index], extra, *program.layers[weighted.index :]))


def _shallower(program: Program) -> Program:
    """Without all hidden dense layers but the first and the last, and their activations."""
    weighted_layers = ProgramFacts(program).weighted_layers
    drop = {
        index
        for weighted, following in pairwise(weighted_layers[1:-1])
        if weighted.kind == "dense"
        for index in range(weighted.index, following.index)
    }
    return program.changed(layers=tuple(layer for i, layer in enumerate(program.layers) if i not in drop))
