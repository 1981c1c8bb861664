"""A training so far, as the watching rules see it. It is made of records, from any source."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clarinet.doctor.watching.failure import Failure
from clarinet.doctor.yardstick import Yardstick
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.activations import Activation
    from clarinet.records import Chunk, LayerStats

#: The number of a layer's statistics that are kept.
_RECENT = 10
#: Updates before a training is judged: the first ones are not typical.
_SETTLED = 20
#: Share of the first loss that has to go before the loss counts as fallen.
_FALL = 0.01
#: A training that is this far on the way from the best constant answer to no error at all does well.
_WELL = 0.5
#: One that is no further than this has come nowhere.
_STUCK = 0.05


@dataclass(frozen=True)
class Watched:
    """A layer in training.

    Attributes:
        index: in the model's layers.
        name: as messages call it.
        activation: the function it ends with; None without one, or where it is not one of this library.
        weighted: whether it has weights that are trained.
        output: whether nothing with weights comes after it.
    """

    index: int
    name: str
    activation: Activation | None
    weighted: bool
    output: bool


@dataclass(frozen=True)
class Baseline:
    """The best results without looking at x.

    Attributes:
        measure: the scale of losses.
        majority: share of the largest class; NaN for amounts.
        spread: standard deviation of the labels; of classes that of their indicators.
    """

    measure: Yardstick = field(default_factory=Yardstick)
    majority: float = float("nan")
    spread: float = 1.0


class TrainingRecord:
    """Losses, statistics of layers, and the numbers of every epoch, as far as they have come.

    Args:
        layers: those of the model.
        baseline: the results to compare with.
        epochs: the planned number; None if unknown.
        rate: returns the learning rate; None if it is unknown.
        probe: returns the outputs of every layer, by index, on some rows, in inference mode; called only if the records
            raise a suspicion.

    Attributes:
        logs: the numbers of every epoch that has ended.
        over: whether training has ended.
        failure: where numbers ceased to be finite, once they have.
        largest_update: the largest update-to-weight ratio of any layer so far.
        step: number of the last update, over the model's life.
    """

    def __init__(
        self,
        layers: Sequence[Watched],
        baseline: Baseline,
        *,
        epochs: int | None = None,
        rate: Callable[[], float | None] = lambda: None,
        probe: Callable[[], Mapping[int, Array]] | None = None,
    ) -> None:
        self.layers, self.baseline, self.epochs, self._rate, self._probe = tuple(layers), baseline, epochs, rate, probe
        self.logs: list[dict[str, float]] = []
        self.over, self.step = False, 0
        self.failure: Failure | None = None
        self._losses: list[list[NDArray[np.float32]]] = [[]]
        self._stats: dict[int, deque[LayerStats]] = {layer.index: deque(maxlen=_RECENT) for layer in self.layers}
        self._ended: list[NDArray[np.float32]] = []
        self.largest_update = 0.0
        self._probed: tuple[int, Mapping[int, Array]] | None = None

    def rate(self) -> float:
        """The learning rate; NaN where nobody knows it."""
        known = self._rate()
        return float("nan") if known is None else known

    # Filling it.

    def add(self, chunk: Chunk) -> None:
        """A run of steps."""
        self._losses[-1].append(chunk.losses)
        for own in chunk.layers:
            self._stats[own.layer].append(own)
            if np.isfinite(own.update_ratio):
                self.largest_update = max(self.largest_update, own.update_ratio)
        self.step = chunk.first_step + len(chunk) - 1

    def end_epoch(self, logs: Mapping[str, float]) -> None:
        """An epoch and its validation are over."""
        own = self._losses[-1]
        self._ended.append(np.concatenate(own) if own else np.zeros(0, np.float32))
        self.logs.append(dict(logs))
        self._losses[-1] = []

    # Looking at it.

    @property
    def weighted(self) -> tuple[Watched, ...]:
        """The layers that learn, in order."""
        return tuple(layer for layer in self.layers if layer.weighted)

    @property
    def updates(self) -> int:
        """How many there were, in epochs that have ended."""
        return sum(len(losses) for losses in self._ended)

    @property
    def settled(self) -> bool:
        """Whether enough has happened to judge."""
        return bool(self._ended) and self.updates >= _SETTLED

    @property
    def late(self) -> bool:
        """Whether two thirds of the epochs are over: networks may rest for long before they learn."""
        return self.over or (self.epochs is not None and 3 * len(self._ended) >= 2 * self.epochs)

    def losses(self, epoch: int = -1) -> NDArray[np.float32]:
        """Every batch's loss in an epoch that has ended."""
        return self._ended[epoch]

    @property
    def epoch_losses(self) -> list[float]:
        """The mean loss of every epoch that has ended."""
        return [float(np.mean(losses, dtype=np.float64)) for losses in self._ended if len(losses)]

    @property
    def _beginning(self) -> NDArray[np.float32]:
        """The losses of the first few batches, a twentieth of the first epoch."""
        return self._ended[0][: max(1, len(self._ended[0]) // 20)]

    @property
    def _end(self) -> NDArray[np.float32]:
        """The losses of the last half of the last epoch."""
        return self._ended[-1][len(self._ended[-1]) // 2 :]

    @property
    def first_loss(self) -> float:
        """The mean over the first few batches, a twentieth of the first epoch."""
        return float(np.mean(self._beginning, dtype=np.float64))

    @property
    def last_loss(self) -> float:
        """The mean over the last half of the last epoch."""
        return float(np.mean(self._end, dtype=np.float64))

    @property
    def has_fallen(self) -> bool:
        """Whether the loss has lost more than a hundredth: from epoch to epoch, or since the first batches.

        Single batches differ by chance, so from them it has to be more than two standard errors.
        """
        enough, losses = _FALL * abs(self.first_loss), self.epoch_losses
        noise = 2 * float(np.std(self._end)) * np.sqrt(1 / len(self._beginning) + 1 / len(self._end))
        return bool(losses[0] - losses[-1] > enough or self.first_loss - self.last_loss > max(enough, noise))

    @property
    def progress(self) -> float:
        """How far training has come: 0 no better than a constant answer, 1 without error; below 0 it is worse."""
        measure = self.baseline.measure
        return (measure if measure.known else Yardstick(self.first_loss)).progress(self.last_loss)

    @property
    def does_well(self) -> bool:
        """Whether the network learns at all."""
        return self.progress >= _WELL

    @property
    def stuck(self) -> bool:
        """Whether it is hardly better than a constant answer."""
        return self.progress < _STUCK

    def recent(self, layer: int) -> list[LayerStats]:
        """The last statistics of a layer, the oldest first."""
        return list(self._stats[layer])

    def typical(self, layer: int, name: str) -> float:
        """The median of a statistic in the last samples; NaN where none was taken."""
        values = [getattr(own, name) for own in self.recent(layer)]
        finite = [value for value in values if np.isfinite(value)]
        return float(median(finite)) if finite else float("nan")

    def losses_before(self, step: int) -> NDArray[np.float32]:
        """The losses of the steps before this one, in the epochs that are remembered."""
        known = [*self._ended, *self._losses[-1]]
        all_losses = np.concatenate(known) if known else np.zeros(0, np.float32)
        before = all_losses[: max(0, len(all_losses) - (self.step - step + 1))]
        return np.asarray(before[np.isfinite(before)], np.float32)

    def sampled_until(self, step: int) -> list[LayerStats]:
        """The last statistics of layers before a step."""
        return [own for kept in self._stats.values() for own in kept if own.step < step]

    def update_ratios(self) -> dict[int, float]:
        """Typical update-to-weight ratio of every layer that learns."""
        found = {layer.index: self.typical(layer.index, "update_ratio") for layer in self.weighted}
        return {index: value for index, value in found.items() if np.isfinite(value)}

    def gradient_norms(self) -> dict[int, float]:
        """Typical gradient norm of every layer that learns, from the first to the last."""
        return {layer.index: self.typical(layer.index, "gradient_norm") for layer in self.weighted}

    def outputs(self) -> Mapping[int, Array]:
        """The current outputs of every layer on some rows; empty if they are unknown."""
        if self._probe is None:
            return {}
        if self._probed is None or self._probed[0] != self.step:
            self._probed = self.step, self._probe()
        return self._probed[1]

    def accuracy(self) -> tuple[str, float] | None:
        """Name and value of the last epoch's share of right answers on the training rows, if it was measured."""
        named: Iterable[tuple[str, Any]] = self.logs[-1].items() if self.logs else ()
        return next(((n, v) for n, v in named if "acc" in n and not n.startswith("val_") and 0 <= v <= 1), None)
