"""Changes that hurt nothing, some of them odd."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.doctor.mutation import rows as on_rows
from benchmarks.doctor.mutation.editing import (
    amounts,
    each,
    fitted,
    flat_rows,
    hidden_of,
    insert,
    last_of,
    on,
    put,
    rate_of,
    weighted,
)
from benchmarks.doctor.mutation.operators import Variants
from benchmarks.doctor.mutation.spec import Part, Spec, part


def wider(spec: Spec) -> Variants:
    hidden = hidden_of(spec)
    if hidden and spec.layers[hidden[0]].name == "Dense":
        yield "x 3", put(spec, hidden[0], units=3 * int(spec.layers[hidden[0]].get("units")))


def another_bend(spec: Spec) -> Variants:
    if hidden_of(spec):
        yield "silu", each(spec, hidden_of(spec), activation="silu")
        yield "relu6", each(spec, hidden_of(spec), activation="relu6")


def rate_doubled(spec: Spec) -> Variants:
    rate = rate_of(spec)
    if rate is not None:
        yield "x 2", spec.changed(optimizer=spec.optimizer.with_(learning_rate=2 * rate))
        yield "/ 2", spec.changed(optimizer=spec.optimizer.with_(learning_rate=rate / 2))


def a_little_penalty(spec: Spec) -> Variants:
    if weighted(spec):
        yield "l2 of 1e-5", each(spec, weighted(spec), kernel_regularizer="l2:0.00001")


def a_little_dropout(spec: Spec) -> Variants:
    if hidden_of(spec):
        yield "a twentieth", insert(spec, hidden_of(spec)[-1] + 1, part("Dropout", rate=0.05))


def nothing_layers(spec: Spec) -> Variants:
    if hidden_of(spec):
        yield "linear", insert(spec, hidden_of(spec)[0] + 1, part("Activation", activation="linear"))
        yield "relu twice", insert(spec, hidden_of(spec)[0] + 1, part("ReLU"))
    last = last_of(spec)
    if last is not None:
        yield "dropout of 0", insert(spec, last + 1, part("Dropout", rate=0.0))


def linear_layer(spec: Spec) -> Variants:
    last = last_of(spec)
    if last is not None and hidden_of(spec):
        yield "between", insert(spec, last, part("Dense", units=24))


def half_as_large(spec: Spec) -> Variants:
    if flat_rows(spec):
        yield "x 3", on(spec, on_rows.inputs(3.0))
        yield "x 0.3", on(spec, on_rows.inputs(0.3))


def targets_a_little(spec: Spec) -> Variants:
    if amounts(spec):
        yield "x 3 + 3", on(spec, on_rows.targets(3.0, 3.0))


def constant_column(spec: Spec) -> Variants:
    if flat_rows(spec) and spec.layers[0].name == "Dense" and "autoencoder" not in spec.family:
        yield "threes", on(spec, on_rows.with_constant)


def rows_twice(spec: Spec) -> Variants:
    if spec.test:
        yield "a tenth", on(spec, on_rows.repeated)


def label_columns(spec: Spec) -> Variants:
    yield "(n, 1)", on(spec, on_rows.in_columns)


def clipped(spec: Spec) -> Variants:
    if spec.optimizer.name == "Adam":
        yield "to 1", spec.changed(optimizer=spec.optimizer.with_(global_clipnorm=1.0))
        yield "tiny epsilon", spec.changed(optimizer=spec.optimizer.with_(epsilon=1e-11))
        yield "Nadam", spec.changed(optimizer=Part("Nadam", spec.optimizer.config))


def another_start(spec: Spec) -> Variants:
    if weighted(spec):
        yield "orthogonal", each(spec, weighted(spec), kernel_initializer="orthogonal")
        yield "small", each(spec, weighted(spec), kernel_initializer="normal:0.05")


def longer(spec: Spec) -> Variants:
    if int(spec.fit["epochs"]) > 1:
        yield "half as long again", fitted(spec, epochs=int(1.5 * int(spec.fit["epochs"])))
    if int(spec.fit.get("batch_size", 32)) == 32:
        yield "batches of 16", fitted(spec, batch_size=16)


HARMLESS: tuple[Callable[[Spec], Variants], ...] = (
    wider, another_bend, rate_doubled, a_little_penalty, a_little_dropout, nothing_layers, linear_layer, half_as_large,
    targets_a_little, constant_column, rows_twice, label_columns, clipped, another_start, longer,
)  # fmt: skip
