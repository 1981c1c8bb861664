"""Single changes that may make a network learn, each with the finding that it is if it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from clarinet import layers, optimizers
from clarinet.doctor.graphs import Inside
from clarinet.doctor.program import Program
from clarinet.doctor.program_facts import ProgramFacts
from clarinet.doctor.remedies import (
    dropout_rate,
    fit_argument,
    hidden_activation,
    initializer,
    learning_rate,
    lighter_penalties,
    scale_inputs,
    scale_targets,
    thaw,
    units,
)

_NARROW, _DEEP, _BATCH = 8, 4, 100
#: Times the epochs, and times or through the rate.
FACTOR = 10
#: Sizes of the largest column of inputs, and of targets, between which nothing needs to be scaled.
_USUAL = (0.2, 4.0)


@dataclass(frozen=True)
class Idea:
    """A change that may help, and the finding if it does."""

    kind: str
    where: str
    change: Callable[[Program], Program]
    summary: str
    explanation: str
    text: str


def ideas(program: Program, given_rate: bool = True) -> Iterator[Idea]:
    """All ideas for a program, the particular ones first.

    Args:
        program: that does not learn as it should.
        given_rate: whether the learning rate is the user's.
    """
    facts = ProgramFacts(program)
    yield from _of_shape(program, facts)
    yield from _of_activations(facts)
    yield from _of_restraints(program)
    yield from _of_data(program, facts)
    if given_rate and not program.searches:  # with another rate than the user's nothing is known of the steps
        yield from _of_steps(program)


def _of_steps(program: Program) -> Iterator[Idea]:
    if program.batch_size >= _BATCH and program.batch_size > program.rows / 10:
        yield Idea(
            "batch_size_too_large", "fit.batch_size", fit_argument(batch_size=32),
            f"batches of {program.batch_size} from {program.rows} rows: {program.steps} updates in all",
            "Weights change once a batch, not once a row. Large batches make each update a little better and leave far "
            "fewer of them.",
            "batch_size=32",
        )  # fmt: skip
    if program.optimizer.precedes_adam:
        name = type(program.optimizer).__name__
        yield Idea(
            "wrong_optimizer", "optimizer", _with_adam, f"{name} does not get far in this training",
            "Plain descent takes one rate for all weights: too large for some, too small for others. Adam measures "
            "each weight's gradients and makes all steps about equally long.",
            "optimizer=Adam(0.003)",
        )  # fmt: skip
    rate = program.optimizer.learning_rate
    if not callable(rate):
        yield _slower(rate)
        yield _quicker(rate)
    yield _longer(program)


def _slower(rate: float) -> Idea:
    return Idea(
        "learning_rate_too_high", "optimizer", learning_rate(rate / FACTOR),
        f"a learning rate of {rate:g} is too large here",
        "Each step goes so far that it lands on the other slope of the valley. The loss jumps about or grows; with "
        "shorter steps it falls.",
        f"learning_rate={rate / FACTOR:g}",
    )  # fmt: skip


def _quicker(rate: float) -> Idea:
    return Idea(
        "learning_rate_too_low", "optimizer", learning_rate(rate * FACTOR),
        f"a learning rate of {rate:g} is too small here",
        "The learning rate is how far one step goes. With steps this small the training ends before it has come "
        "anywhere.",
        f"learning_rate={rate * FACTOR:g}",
    )  # fmt: skip


def _longer(program: Program) -> Idea:
    epochs = FACTOR * program.epochs
    return Idea(
        "too_few_epochs", "fit.epochs", fit_argument(epochs=epochs),
        f"{program.steps} updates are too few here",
        "An epoch is one pass over the data, and weights move a little with each batch. Networks need hundreds or "
        "thousands of such small moves; stopped before, they are still near where they began.",
        f"epochs={epochs}, with EarlyStopping to end it when it gets no better",
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
    drops = [int(x.name) for x in program.layers if x.disturbs_by == "dropout" and getattr(x, "rate", 0.0) > 0]
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


def _of_data(program: Program, facts: ProgramFacts) -> Iterator[Idea]:
    x = facts.effective_input
    amounts = x.size and program.x.dtype.kind in "fiu" and not facts.takes_ids
    sizes = np.sqrt((x**2).mean(axis=0)) if amounts else np.ones(1)
    live = sizes[sizes > 0]
    if live.size and not (_USUAL[0] <= float(live.max()) <= _USUAL[1]):
        kind = "unscaled_inputs" if live.max() > 1 else "over_scaled_inputs"
        yield Idea(
            kind, "data.x", scale_inputs, f"the inputs are around {float(live.max()):.3g} in size",
            "Initial weights and learning rates are made for inputs around 1.",
            "x = (x - x.mean(axis=0)) / x.std(axis=0), or a Normalization layer",
        )  # fmt: skip
    if facts.task == "amounts" and program.target is None and program.loss.likelihood in ("normal", "laplace"):
        size = float(np.sqrt(np.nanmean(np.asarray(program.y, np.float64) ** 2)))
        if not (_USUAL[0] <= size <= _USUAL[1]):
            yield Idea(
                "unscaled_targets", "data.y", scale_targets, f"the targets are around {size:.3g} in size",
                "A fresh network answers with numbers around 1.",
                "model.compile(..., target='standard'): learns standardised y, predicts in its units",
            )  # fmt: skip


def _of_activations(facts: ProgramFacts) -> Iterator[Idea]:
    bent = [weighted for weighted in facts.hidden if weighted.bends and not weighted.rectifies and weighted.activations]
    if bent:
        first = bent[0]
        name = getattr(first.activation, "name", "its activation")
        yield Idea(
            "wrong_hidden_activation", f"layer:{first.activation_index}",
            hidden_activation([weighted.index for weighted in bent], "relu"),
            f"{name} in layer {first.activation_index} blocks the way",
            "Where an activation is flat its slope is next to zero, and little of the gradient gets through; where it "
            "is steep the numbers grow out of bounds. ReLU does neither.",
            "activation='relu' on the hidden layers",
        )  # fmt: skip
    weighted_layers = [weighted.index for weighted in facts.weighted_layers]
    if weighted_layers and facts.program.layers[weighted_layers[0]].trainable:
        yield Idea(
            "wrong_weight_init", f"layer:{weighted_layers[0]}", initializer(weighted_layers),
            "the initial weights and biases keep it from learning",
            "Weights should be random and shrink with the root of the number of inputs, and biases begin at zero, so "
            "that no unit starts at a flat end.",
            "leave kernel_initializer and bias_initializer out",
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
    within = any(isinstance(layer, Inside) and layer.model.weights for layer in program.layers)
    if not facts.hidden and not within and facts.output is not None and facts.output.kind == "dense":
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
