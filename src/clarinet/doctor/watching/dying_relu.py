"""ReLU units that answer 0 to every row: no gradient passes through them any more."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clarinet.doctor.findings import Finding, Remedy
from clarinet.doctor.remedies import hidden_activation
from clarinet.doctor.watching.training_record import TrainingRecord

KINDS = ("dying_relu",)
BASIS = (
    "a unit is dead when it answers 0 to all rows looked at; a layer is sick when 70 % of its units are "
    "(DeepDiagnosis, Wardat et al. 2022) and the network does not do well in spite of it (our measurement: networks "
    "that learn may have many)"
)
CAUSES = frozenset({
    "learning_rate_too_high", "unscaled_inputs", "unscaled_targets", "wrong_weight_init", "learning_rate_negative",
    "nan_in_data", "non_finite_loss",
})  # fmt: skip
_SUSPECT, _DEAD = 0.7, 0.7


def examine(record: TrainingRecord) -> Iterator[Finding]:
    if not record.settled or record.does_well:
        return
    for layer in record.layers:
        if layer.activation is None or not layer.activation.rectifies or layer.output:
            continue
        if not record.typical(layer.index, "zeros") >= _SUSPECT:
            continue
        outputs = record.outputs().get(layer.index)
        if outputs is None:
            continue
        active = (outputs != 0).reshape(-1, outputs.shape[-1]).any(axis=0)
        dead = np.flatnonzero(~active)
        everything = len(dead) == len(active)
        if len(dead) < _DEAD * len(active) or not (everything or record.late):
            continue
        yield Finding(
            "dying_relu", f"layer:{layer.index}", "error" if everything else "warning", 0.95 if everything else 0.8,
            f"{len(dead)} of {len(active)} units of {layer.name} answer 0 to every one of {len(outputs)} rows",
            "A ReLU passes what is above zero and nothing else, and where it passes nothing it passes no gradient back "
            "either. A unit that a step has thrown below zero for every row never learns again. Usual causes: a "
            "learning rate that is too high, inputs or initial weights that are too large.",
            {"dead": len(dead), "units": len(active), "first": dead[:10].tolist(), "rows": len(outputs)},
            Remedy("a learning rate ten times smaller, or activation='leaky_relu'",
                   hidden_activation([layer.index], "leaky_relu")),
        )  # fmt: skip
        return  # layers after a dead one are dead because of it
