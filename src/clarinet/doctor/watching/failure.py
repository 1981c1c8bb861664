"""The first numbers that are not finite."""

from __future__ import annotations

from dataclasses import dataclass, field

#: Rows that are named, at most.
NAMED = 10


@dataclass(frozen=True)
class Failure:
    """The first step whose loss is NaN or infinite, and its known history.

    Attributes:
        step: of the loss, over the model's life, from 1.
        value: that loss.
        epoch: from 0.
        rows: of the training data that were in the guilty batch and whose own values are not finite, at most ten; empty
            if that is unknown, or no single row is responsible.
        layer: index of the layer where a number that is not finite came up first; None where that is not known.
        what: the first of these that is not finite: ``"outputs"``, ``"gradients"``, ``"weights"`` or ``"loss"``.
        origin: the step in which it came up: ``step``, or the one before, whose update did it.
        weight_norms: of the layers that learn, by index, before that step.
        exact: whether this is known: the step was run again with the very weights and rows that it had, or its numbers
            were available.
        of_batch: whether its numbers were available, so that ``rows`` count in the batch and not in the data.
    """

    step: int
    value: float
    epoch: int
    rows: tuple[int, ...] = ()
    layer: int | None = None
    what: str = "loss"
    origin: int = 0
    weight_norms: dict[int, float] = field(default_factory=dict)
    exact: bool = False
    of_batch: bool = False
