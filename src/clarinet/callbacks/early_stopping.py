"""Stopping when there is nothing more to gain."""

from __future__ import annotations

from clarinet.callbacks.monitor import Monitor
from clarinet.names import explained
from clarinet.training.callback import Logs
from clarinet.types import Array


class EarlyStopping(Monitor):
    """Stop training when a number has not improved for some epochs, and go back to the best weights.

    Differs from Keras in one default: ``restore_best_weights`` is True here. Restoring covers the layers' state
    (running statistics) as well as the trained weights.

    Args:
        monitor: name in the logs; default ``"val_loss"``.
        min_delta: a change has to exceed this to count as an improvement.
        patience: epochs without improvement after which training stops.
        verbose: 1 prints when it acts.
        mode: ``"min"``, ``"max"`` or ``"auto"``.
        baseline: training also stops when this value is not beaten within ``patience`` epochs.
        restore_best_weights: put the best epoch's weights back at the end, after Ctrl-C too.
        start_from_epoch: epochs to wait before watching.

    Attributes:
        best, best_epoch: the best value and the epoch (from 0) it was seen in.
        stopped_epoch: the epoch training was stopped in, 0 if it was not.

    Example:
        >>> EarlyStopping(monitor="val_accuracy", patience=3).sign
        1.0
    """

    @explained
    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = True,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.patience, self.verbose, self.baseline = patience, verbose, baseline
        self.restore_best_weights, self.start_from_epoch = restore_best_weights, start_from_epoch
        self.on_train_begin()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best: float | None = None
        self.best_weights: list[Array] | None = None

    def get_state(self) -> dict[str, object]:
        names = ("wait", "stopped_epoch", "best_epoch", "best", "best_weights")
        return {name: getattr(self, name) for name in names}

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        current = self.current(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        if self.best_weights is None:
            self._remember(epoch)  # a first value that is NaN is still the best so far
        self.wait += 1
        if self.is_improvement(current, self.best):
            self.best = current
            self._remember(epoch)
            if self.baseline is None or self.is_improvement(current, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def _remember(self, epoch: int) -> None:
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.stopped_epoch > 0:
            self.tell(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            self.tell(f"Restoring the weights of the best epoch, {self.best_epoch + 1}")
            self.model.set_weights(self.best_weights)
