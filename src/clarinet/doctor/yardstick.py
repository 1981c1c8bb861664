"""The scale of a loss: from that of the best answer without looking at x to that of answers without error."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, nan

import numpy as np

from clarinet.doctor.program import Program
from clarinet.types import Array


@dataclass(frozen=True)
class Yardstick:
    """Losses that a program can reach without training; a loss may have any sign.

    Attributes:
        constant: of the best constant answer.
        best: of answers without error: 0 for most losses, below for some, such as -1 for the cosine similarity.
    """

    constant: float = nan
    best: float = 0.0

    @property
    def known(self) -> bool:
        """Whether the two differ; for a user's own loss that may be unknown."""
        return self.constant > self.best

    def progress(self, loss: float) -> float:
        """Progress of a training: 0 no better than a constant answer, 1 without error; NaN if unknown."""
        return 1 - (loss - self.best) / (self.constant - self.best) if self.known else nan

    def excess(self, loss: float) -> float:
        """How far a loss is above that without error, if it is known."""
        return loss - self.best if isfinite(self.best) else loss


def asks_for_nearness(program: Program) -> bool:
    """Whether the loss is worse for answers three times the labels than for the labels: else R² says nothing."""
    y = np.asarray(program.y, np.float64)
    y = y.reshape(-1, 1) if y.ndim == 1 else y
    try:
        near, far = (float(np.mean(np.asarray(program.loss.values(y, times * y)))) for times in (1.0, 3.0))
    except Exception:  # as below
        return False
    return far - near > 1e-6 * (1 + abs(near))


def yardstick(program: Program) -> Yardstick:
    """The yardstick of a program; that of a loss that can be computed of no labels is unknown."""
    try:
        return _measured(program)
    except Exception:  # a loss of the user's own may raise anything when it is shown labels for predictions
        return Yardstick(nan, nan)


def _measured(program: Program) -> Yardstick:
    y, loss = np.asarray(program.y, np.float64), program.loss
    y = y.reshape(-1, 1) if y.ndim == 1 else y
    transform = program.own_target()
    if transform is not None:
        if not transform.adapted:
            transform.adapt(y)
        y = transform.forward(y)
    if loss.labels == "ids":
        shares = np.unique(y, return_counts=True)[1] / y.size
        return Yardstick(_batch(program, float(-(shares * np.log(shares)).sum()), y.shape[1:-1]), 0.0)
    answer: Array = np.median(y, axis=0) if loss.likelihood == "laplace" else y.mean(axis=0)
    plain = loss
    if getattr(loss, "from_logits", False):
        plain = type(loss).from_config(loss.get_config() | {"from_logits": False})
    constant, best = (np.asarray(plain.values(y, given)) for given in (np.broadcast_to(answer, y.shape), y))
    return Yardstick(*(_batch(program, float(np.mean(values)), values.shape[1:]) for values in (constant, best)))


def _batch(program: Program, value: float, shape: tuple[int, ...]) -> float:
    """The loss of a batch whose values are all ``value``: another than that where they are added up."""
    rows = min(program.batch_size, max(1, len(program.y)))
    return value * float(np.sum(program.loss.shares(np.ones((rows, *shape)))))
