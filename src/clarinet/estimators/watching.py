"""What scikit-learn's loop does at the end of an epoch, as a callback: records, rates, when to stop."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from clarinet.training.callback import Callback, Logs
from clarinet.types import Array

#: The learning rate below which ``learning_rate="adaptive"`` stops, and what it is divided by.
_LEAST_RATE, _DIVISOR = 1e-6, 5.0


class Followed(Protocol):
    """The parameters of an estimator that say when to stop."""

    solver: object
    learning_rate: str
    learning_rate_init: float
    power_t: float
    tol: float
    n_iter_no_change: float
    verbose: object


@dataclass
class Progress:
    """What an estimator remembers of its training.

    Attributes:
        losses: of each epoch.
        scores: on rows that were held out, of each epoch; None without such rows.
        seen: rows, in all epochs.
        best_loss, best_score: so far.
        idle: epochs since the loss or score was better by ``tol``.
        converged: whether training ended by itself.
    """

    losses: list[float] = field(default_factory=list)
    scores: list[float] | None = None
    seen: int = 0
    best_loss: float | None = math.inf
    best_score: float | None = None
    idle: int = 0
    converged: bool = False

    def going_on(self) -> Progress:
        """The same at the begin of another training from these weights."""
        return replace(self, idle=0, converged=False)


class Watch(Callback):
    """Records an epoch's loss, and ends the training where nothing is gained any more.

    Args:
        asked: the estimator's parameters.
        progress: goes on from here.
        rows: of an epoch.
        scored: the score on rows that were held out, where such decide; the best weights come back at the end.
        once: whether this is a step of ``partial_fit``, which never stops.

    Attributes:
        progress, once: the same.
    """

    def __init__(
        self, asked: Followed, progress: Progress, rows: int, scored: Callable[[], float] | None, once: bool = False
    ) -> None:
        self._asked, self.progress, self._rows, self._scored, self.once = asked, progress, rows, scored, once
        self._best: list[Array] | None = None
        self._epochs = 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        loss = (logs or {})["loss"]
        self._epochs += 1
        self.progress.losses.append(loss)
        self.progress.seen += self._rows
        self._say(f"Iteration {self._epochs}, loss = {loss:.8f}")
        better = self._loss_is_better(loss) if self._scored is None else self._score_is_better(self._scored())
        self.progress.idle = 0 if better else self.progress.idle + 1
        if self._asked.solver == "sgd" and self._asked.learning_rate == "invscaling":
            self._rate(self._asked.learning_rate_init / (self.progress.seen + 1) ** self._asked.power_t)
        if self.progress.idle > self._asked.n_iter_no_change and not self.once:
            self._idle_for_long()

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self._best is not None:
            self.model.set_weights(self._best)

    def _say(self, sentence: str) -> None:
        if self._asked.verbose:
            print(sentence)

    def _loss_is_better(self, loss: float) -> bool:
        best = self.progress.best_loss
        assert best is not None
        better = not loss > best - self._asked.tol
        self.progress.best_loss = min(best, loss)
        return better

    def _score_is_better(self, score: float) -> bool:
        self._say(f"Validation score: {score:f}")
        assert self.progress.scores is not None
        self.progress.scores.append(score)
        best = -math.inf if self.progress.best_score is None else self.progress.best_score
        better = not score < best + self._asked.tol
        if score > best or self._best is None:
            self.progress.best_score, self._best = score, self.model.get_weights()
        return better

    def _idle_for_long(self) -> None:
        what = "Training loss" if self._scored is None else "Validation score"
        asked = self._asked
        said = f"{what} did not improve more than tol={asked.tol:f} for {asked.n_iter_no_change} consecutive epochs."
        optimizer = self.model.optimizer
        assert optimizer is not None
        rate = optimizer.rate(0)
        if asked.solver == "sgd" and asked.learning_rate == "adaptive" and rate > _LEAST_RATE:
            self.progress.idle = 0
            self._rate(rate / _DIVISOR)
            self._say(f"{said} Setting learning rate to {rate / _DIVISOR:f}")
            return
        self._say(f"{said} Stopping.")
        self.progress.converged = True
        self.model.stop_training = True

    def _rate(self, rate: float) -> None:
        assert self.model.optimizer is not None
        self.model.optimizer.learning_rate = rate
