"""Which learning rate? Try them all in one short training that changes nothing."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sized
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from clarinet import checks
from clarinet.configurable import check_number, check_whole
from clarinet.records import Chunk, LearningRateCurve
from clarinet.settings import BATCH_SIZE
from clarinet.training.callback import Callback
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

#: The smoothed loss is the mean over this many steps before and after; a mean of the past alone would lag behind.
_AROUND = 3
#: The trial ends when the smoothed loss is this many times the lowest, and above its first value.
_TOO_HIGH = 4.0
#: The loss has fallen clearly when it is this many standard deviations below its value at rates too small to matter.
_CLEARLY = 6.0


class _Watch(Callback):
    """Keeps the losses and ends the trial once they have run away."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.losses: list[float] = []

    def on_chunk(self, chunk: Chunk) -> None:
        self.losses += map(float, chunk.losses)
        self.losses = self.losses[: self.steps]
        if len(self.losses) == self.steps or _end(smooth(self.losses)) < len(self.losses):
            self.model.stop_training = True


def smooth(losses: list[float]) -> Array:
    """The mean of every loss and its neighbours."""
    return np.array([np.mean(losses[max(0, i - _AROUND) : i + _AROUND + 1]) for i in range(len(losses))])


def _end(smoothed: Array) -> int:
    """How many steps there are before the loss is no number or far above its lowest."""
    lowest = float("inf")
    for step, loss in enumerate(smoothed):
        lowest = min(lowest, loss)
        if not isfinite(loss) or loss > max(_TOO_HIGH * lowest, smoothed[0]):
            return step
    return len(smoothed)


def find_learning_rate(
    model: Trainable,
    x: Sized,
    y: object = None,
    *,
    lowest: float = 1e-6,
    highest: float = 10.0,
    steps: int = 100,
    batch_size: int = BATCH_SIZE,
    sample_weight: object = None,
    class_weight: Mapping[int, float] | None = None,
) -> LearningRateCurve:
    """Train a copy of the model for some steps while the learning rate grows, and watch the loss.

    Step ``i`` has the rate ``lowest * (highest / lowest)**(i / (steps - 1))``; the trial ends early when the loss has
    grown to four times its lowest and is above where it began. (Smith, *Cyclical learning rates for training neural
    networks*, WACV 2017.) The model keeps its weights, optimizer and history; data are used as often as the steps need.

    Args:
        model: compiled.
        x, y, sample_weight, class_weight: rows and labels, as for ``fit``.
        lowest, highest: the range of rates; above 0.
        steps: how many updates; at least 10; default 100.
        batch_size: as it will be in ``fit``, since the best rate depends on it; default 32.

    Returns:
        the curve and a suggestion. For :class:`clarinet.optimizers.schedules.OneCycle` it can be a few times higher.

    Raises:
        ValueError, TypeError: a range without meaning; anything that ``fit`` refuses.

    Example:
        >>> import numpy as np, clarinet
        >>> clarinet.utils.set_random_seed(0)
        >>> x = np.random.default_rng(0).normal(size=(256, 3)).astype("float32")
        >>> model = clarinet.Sequential([clarinet.Input((3,)), clarinet.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> found = clarinet.find_learning_rate(model, x, x.sum(axis=1))
        >>> 0.003 < found.suggestion < 0.3
        True
    """
    for name, value in {"lowest": lowest, "highest": highest}.items():
        check_number(value, f"find_learning_rate: {name}", low=0)
    check_whole(steps, "find_learning_rate: steps", low=10)
    if not 0 < lowest < highest:
        raise ValueError(f"find_learning_rate: expected 0 < lowest < highest, received {lowest} and {highest}")
    checks.raise_first(checks.check_planned(model, "find_learning_rate"))
    checks.raise_first(checks.check_compiled(model, "find_learning_rate"))
    clone = copy.deepcopy(model)
    clone.optimizer_state = None
    assert clone.optimizer is not None
    rates = lowest * (highest / lowest) ** (np.arange(steps) / (steps - 1))
    clone.optimizer.learning_rate = lambda step: rates[min(step, steps - 1)]
    watch = _Watch(steps)
    epochs = -(-steps // max(1, -(-len(x) // batch_size)))
    clone.fit(
        x, y, batch_size, epochs, 0, [watch], class_weight=class_weight, sample_weight=sample_weight, stats_every=0
    )
    smoothed = smooth(watch.losses)
    end = max(_end(smoothed), 1)
    suggestion = float(rates[_best(smoothed[:end])]) / 10
    return LearningRateCurve(rates[:end], np.array(watch.losses[:end]), smoothed[:end], suggestion)


def _best(smoothed: Array) -> int:
    """The step at which the loss was lowest or, where it hardly fell, the last one at which it was as at the beginning.

    Without a clear fall the lowest loss is chance: it shows which batch was easy, not which rate is good.
    """
    beginning = smoothed[: max(2 * _AROUND + 1, len(smoothed) // 3)]
    level, noise = float(np.median(beginning)), float(np.std(beginning))
    lowest = int(np.argmin(smoothed))
    if smoothed[lowest] < level - _CLEARLY * noise:
        return lowest
    harmless = np.flatnonzero(smoothed <= level + noise)
    return int(harmless[-1]) if harmless.size else lowest  # none where no loss is a number
