"""The small records of a training that every observer (progress bar, run store, doctor, plots) reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class StepStats:
    """One training step.

    Attributes:
        step: number of the step over the model's life, from 1.
        loss: the batch's loss, penalties included.
        samples: rows in the batch.
        learning_rate: the rate used for this step's update.
        samples_per_second: speed of the chunk of steps that this one was part of.
        metrics: the epoch's running metrics, on the last step of a chunk only (else empty).
    """

    step: int
    loss: float
    samples: int
    learning_rate: float
    samples_per_second: float
    metrics: dict[str, float]


@dataclass(frozen=True, slots=True)
class LayerStats:
    """One layer on a sampled step; numbers that do not apply are NaN.

    Attributes:
        step: number of the step over the model's life, from 1.
        layer: index in ``model.layers``.
        activation_mean, activation_std: over all elements of the layer's output on the batch.
        zeros: share of the outputs that are exactly zero (a ReLU's inactive units).
        saturated: share of outputs in the flat part of a sigmoid, tanh or softmax (within 0.01 of a limit).
        gradient_norm: Euclidean norm of the gradient of all the layer's trainable weights.
        weight_norm: Euclidean norm of those weights before the update.
        update_ratio: norm of the update divided by the norm of the weights before it.
        finite: whether outputs, gradients and weights are all finite.
    """

    step: int
    layer: int
    activation_mean: float
    activation_std: float
    zeros: float
    saturated: float
    gradient_norm: float
    weight_norm: float
    update_ratio: float
    finite: bool


@dataclass(frozen=True, slots=True)
class Chunk:
    """The result of an engine's run of steps: a block of step records, unpacked by :meth:`steps`.

    Attributes:
        first_step: number of its first step over the model's life, from 1.
        losses: shape (steps,), the loss of each batch.
        samples: shape (steps,), rows in each batch.
        learning_rates: shape (steps,).
        seconds: wall-clock time of the chunk.
        metrics: the epoch's running loss and metrics at the chunk's end.
        layers: statistics of the layers on the chunk's sampled steps.
    """

    first_step: int
    losses: NDArray[np.float32]
    samples: NDArray[np.int64]
    learning_rates: NDArray[np.float64]
    seconds: float
    metrics: dict[str, float]
    layers: list[LayerStats] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.losses)

    def steps(self) -> Iterator[StepStats]:
        """The chunk as one record per step."""
        speed = float(self.samples.sum()) / max(self.seconds, 1e-9)
        last = len(self) - 1
        for i in range(len(self)):
            yield StepStats(
                self.first_step + i,
                float(self.losses[i]),
                int(self.samples[i]),
                float(self.learning_rates[i]),
                speed,
                self.metrics if i == last else {},
            )


@dataclass(frozen=True)
class LearningRateCurve:
    """The result of :func:`clarinet.find_learning_rate`.

    Attributes:
        learning_rates: the rates that were tried, rising, shape (steps,).
        losses: the batches' losses, shape (steps,).
        smoothed: their running mean over seven steps.
        suggestion: a tenth of the rate at which the smoothed loss was lowest; beyond it training soon fails. Where no
            rate lowers the loss clearly, as in a model that is trained already: a tenth of the highest rate that did no
            harm.
    """

    learning_rates: NDArray[np.float64]
    losses: NDArray[np.float64]
    smoothed: NDArray[np.float64]
    suggestion: float

    def __repr__(self) -> str:
        low, high = self.learning_rates[0], self.learning_rates[-1]
        tried = f"{len(self.losses)} steps from {low:.2g} to {high:.2g}"
        return f"LearningRateCurve(suggestion={self.suggestion:.2g}, {tried})"
