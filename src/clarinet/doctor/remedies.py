"""Automatic changes: functions from a program to a corrected one, or that make such functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from clarinet import activations, layers, regularizers
from clarinet.doctor.program import Program, copied
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.doctor.findings import Finding
    from clarinet.doctor.program_facts import ProgramFacts, WeightedLayer

Change = Callable[[Program], Program]
#: A program, or all those of a graph with several inputs or outputs.
Whatever = TypeVar("Whatever")


def _facts(program: Program) -> ProgramFacts:
    from clarinet.doctor.program_facts import ProgramFacts

    return ProgramFacts(program)


def apply(program: Whatever, findings: Iterable[Finding]) -> Whatever:
    """The program, or all those of a graph, with the remedies of all these findings, each change made once."""
    for change in dict.fromkeys(finding.change for finding in findings):
        if change is not None:
            changed: Any = change
            program = changed(program)
    return program


# Layers.


def output_activation(name: str | None) -> Change:
    """The last layer with a kernel ends with this function alone."""

    def change(program: Program) -> Program:
        weighted = _facts(program).output
        return program if weighted is None else _with_activation(program, weighted, name)

    return change


def _with_activation(program: Program, weighted: WeightedLayer, name: str | None) -> Program:
    names = [program.layers[index].name for index, _ in weighted.activations if index != weighted.index]
    own = program.layers[weighted.index].name
    for other in names:
        program = program.without_layer(other)
    return program.with_layer(own, activation=activations.get(name))


def _weighted_layers(program: Program, indices: Sequence[int]) -> list[WeightedLayer]:
    """Sites of the layers with these numbers, the last first, so that places before one stay valid."""
    wanted = set(map(str, indices))
    return [
        weighted
        for weighted in reversed(_facts(program).weighted_layers)
        if program.layers[weighted.index].name in wanted
    ]


def hidden_activation(indices: Sequence[int], name: str) -> Change:
    """These layers end with this function alone."""

    def change(program: Program) -> Program:
        for weighted in _weighted_layers(program, indices):
            program = _with_activation(program, weighted, name)
        return program

    return change


def drop_layer(index: int) -> Change:
    """The program without a layer; of a layer with weights only the activation is taken away."""

    def change(program: Program) -> Program:
        if hasattr(program.layer(str(index)), "kernel_initializer"):
            return program.with_layer(str(index), activation=None)
        return program.without_layer(str(index))

    return change


def dropout_rate(indices: Sequence[int], rate: float) -> Change:
    """These dropout layers with another rate."""

    def change(program: Program) -> Program:
        for index in indices:
            program = program.with_layer(str(index), rate=rate)
        return program

    return change


def units(indices: Sequence[int], count: int) -> Change:
    """These layers with another number of units."""

    def change(program: Program) -> Program:
        for index in indices:
            program = program.with_layer(str(index), units=count)
        return program

    return change


def initializer(indices: Sequence[int]) -> Change:
    """These layers with initial weights that suit them: He's for ReLU, Glorot's elsewhere, and zero biases."""

    def change(program: Program) -> Program:
        for weighted in _weighted_layers(program, indices):
            own = "he_normal" if weighted.rectifies else "glorot_uniform"
            name = program.layers[weighted.index].name
            program = program.with_layer(name, kernel_initializer=own, bias_initializer="zeros")
        return program

    return change


def lighter_penalties(program: Program) -> Program:
    """All penalties at a hundredth of their strength."""
    for layer in program.layers:
        penalty = getattr(layer, "kernel_regularizer", None)
        if penalty is not None and hasattr(penalty, "l2"):
            lighter = regularizers.L1L2(penalty.l1 / 100, penalty.l2 / 100)
            program = program.with_layer(layer.name, kernel_regularizer=lighter)
    return program


def dropout_everywhere(program: Program) -> Program:
    """Dropout of 0.3 after every hidden layer's activation."""
    own: list[layers.Layer] = list(program.layers)
    for weighted in reversed(_facts(program).hidden):
        drop = layers.Dropout(0.3)
        drop.name = f"dropout after {program.layers[weighted.index].name}"
        own.insert(weighted.activation_index + 1, drop)
    return program.changed(layers=tuple(own))


def thaw(program: Program) -> Program:
    """All layers with a kernel trainable, from the weights that they have."""
    return program.changed(layers=tuple(_thawed(x) if hasattr(x, "kernel_initializer") else x for x in program.layers))


def _thawed(layer: layers.Layer) -> layers.Layer:
    clone = copied(layer, initial=True)
    clone.trainable = True
    return clone


# Loss and labels.


def loss_setting(**settings: object) -> Change:
    """The loss with other settings."""

    def change(program: Program) -> Program:
        return program.changed(loss=type(program.loss).from_config(program.loss.get_config() | settings))

    return change


def suitable_loss(facts: ProgramFacts) -> str:
    """The loss for the labels as they are."""
    labels = facts.labels
    if facts.task == "amounts":
        return "mse"
    if facts.task == "several" or (labels.classes <= 2 and labels.columns == 1):
        return "binary_crossentropy"
    return "sparse_categorical_crossentropy" if labels.columns == 1 else "categorical_crossentropy"


def suitable_metric(program: Program) -> Program:
    """The mean distance in place of metrics that count right answers."""
    return program.changed(metrics=("mae",))


def classify(program: Program) -> Program:
    """Units, last activation and loss that suit the labels."""
    facts = _facts(program)
    weighted, labels = facts.output, facts.labels
    if weighted is None:
        return program
    loss = suitable_loss(facts)
    wanted: int = (
        labels.columns if labels.columns > 1 else {"sparse_categorical_crossentropy": int(labels.high) + 1}.get(loss, 1)
    )
    ending = {"mse": None, "binary_crossentropy": "sigmoid"}.get(loss, "softmax")
    name = program.layers[weighted.index].name
    program = _with_activation(program, weighted, ending).with_loss(loss)
    if getattr(program.layer(name), "units", wanted) != wanted:
        program = program.with_layer(name, units=wanted)
    return program.changed(y=zero_based(program.y) if labels.form in ("signs", "ids", "binary") else program.y)


def zero_based(y: object) -> Array:
    """Class labels counted from 0."""
    values = np.asarray(y)
    found = np.unique(values)
    return np.searchsorted(found, values).astype(np.float32 if len(found) == 2 else np.int64)


# Optimizer and fit.


def learning_rate(rate: float) -> Change:
    """Another learning rate."""
    return optimizer_setting(learning_rate=rate)


def optimizer_setting(**settings: object) -> Change:
    """The optimizer with other settings."""
    return lambda program: program.with_optimizer(**settings)


def fit_argument(**arguments: object) -> Change:
    """Another argument of ``fit``."""
    return lambda program: program.with_fit(**arguments)


def balance_classes(program: Program) -> Program:
    """Every class with the same weight in the loss."""
    y = np.asarray(program.y).reshape(len(program.y), -1)
    ids = y.argmax(axis=1) if y.shape[1] > 1 else y[:, 0].astype(int)
    found, counts = np.unique(ids, return_counts=True)
    weights = {int(c): len(ids) / (len(found) * int(n)) for c, n in zip(found, counts)}
    return program.with_fit(class_weight=weights)


# Data.


def scale_inputs(program: Program) -> Program:
    """Pixels divided by their largest value, other columns standardised; as a layer, so that use is like training."""
    own = program.changed(y=np.zeros(len(program.x)), finite_only=True)
    rows = own.usable(np.arange(len(program.x)))
    if not len(rows):
        return program
    x = program.x if len(rows) == len(program.x) else program.x[rows]
    most = float(max(abs(float(x.max())), abs(float(x.min()))))
    if x.ndim > 2 or (x.shape[1] > 100 and x.min() >= 0 and 200 < most <= 255):
        scale: layers.Layer = layers.Rescaling(1 / most)
    else:
        mean, variance = x.mean(axis=0, dtype=np.float64), x.var(axis=0, dtype=np.float64)
        scale = layers.Normalization(mean=mean.tolist(), variance=(variance + 1e-12).tolist())
    return program.changed(layers=(scale, *program.layers))


def scale_targets(program: Program) -> Program:
    """Training on standardised targets; predictions stay in the units of ``y``."""
    return program.changed(target="standard")


def drop_rows(program: Program) -> Program:
    """Training without the rows that hold NaN or infinity; where these are most, with the columns' medians there."""
    kept = program.changed(finite_only=True)
    if len(kept.usable(np.arange(len(program.x)))) >= len(program.x) / 2 or program.x.dtype.kind != "f":
        return kept
    medians = np.nanmedian(np.where(np.isfinite(program.x), program.x, np.nan), axis=0)
    return kept.changed(x=np.where(np.isfinite(program.x), program.x, np.nan_to_num(medians)).astype(program.x.dtype))
