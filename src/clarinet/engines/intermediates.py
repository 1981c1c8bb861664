"""Results of one forward and backward pass of the reference engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from clarinet.passes import ByWeight
from clarinet.types import Array


class Gradients(NamedTuple):
    """Results of a forward and backward pass: gradients by operation and weight name, outputs of all operations."""

    loss: float
    by_weight: ByWeight
    outputs: list[Array]


@dataclass
class Intermediates:
    """Collects arrays that a forward and backward pass would otherwise drop.

    Attributes:
        values: for every output the loss of each row, before weights; None where it is not trained on.
        shares: how much each of them counts in the batch's loss.
        deltas: gradient of the batch's loss at every tensor, as the plan numbers them.
        penalties: the regularizers' share of the gradients, by operation and weight name.
    """

    values: tuple[Array | None, ...] = ()
    shares: tuple[Array | None, ...] = ()
    deltas: dict[int, Array | None] = field(default_factory=dict)
    penalties: ByWeight = field(default_factory=dict)
