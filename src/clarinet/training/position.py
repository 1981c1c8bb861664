"""How far a training is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Position:
    """The progress of training: the steps and rows of this epoch that are done."""

    epoch: int
    step: int = 0
    row: int = 0
