"""Sending a training's numbers to Weights & Biases as well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clarinet.callbacks.numbers import Numbers
from clarinet.training.callback import Callback, Logs

if TYPE_CHECKING:
    from clarinet.records import Chunk


class WandbMetricsLogger(Callback):
    """Log to the W&B run that ``wandb.init()`` began, under the names that W&B's own Keras callback uses.

    ``epoch/epoch``, ``epoch/loss``, ``epoch/val_loss``, …, ``epoch/learning_rate``; with ``log_freq`` also
    ``batch/batch_step``, ``batch/loss`` and ``batch/learning_rate``. Needs ``pip install "clarinet[wandb]"``.

    Args:
        log_freq: ``"epoch"`` (default), or every how many batches the batch's loss is logged; ``"batch"`` is 1.

    Raises:
        ImportError: the package wandb is not installed. ValueError: another ``log_freq``; or no run has been begun.

    Example:
        >>> WandbMetricsLogger(log_freq=0)
        Traceback (most recent call last):
            ...
        ValueError: WandbMetricsLogger: log_freq is 'epoch', 'batch' or a positive number of batches, received 0
    """

    def __init__(self, log_freq: int | str = "epoch") -> None:
        choices: dict[Any, int] = {"epoch": 0, "batch": 1}
        whole = isinstance(log_freq, int) and not isinstance(log_freq, bool) and log_freq > 0
        if not whole and log_freq not in ("epoch", "batch"):
            raise ValueError(
                "WandbMetricsLogger: log_freq is 'epoch', 'batch' or a positive number of batches, "
                f"received {log_freq!r}"
            )
        try:
            import wandb
        except ImportError as error:
            raise ImportError(
                f'WandbMetricsLogger: needs the package wandb ({error}); pip install "clarinet[wandb]"'
            ) from None
        if wandb.run is None:
            raise ValueError("WandbMetricsLogger: no W&B run is open; call wandb.init() first")
        self.every = int(choices.get(log_freq, log_freq))
        self._run: Any = wandb.run
        self._rate = 0.0
        self._numbers = Numbers("WandbMetricsLogger")
        for part, step in (("batch", "batch_step"), ("epoch", "epoch")):
            self._run.define_metric(f"{part}/{step}")
            self._run.define_metric(f"{part}/*", step_metric=f"{part}/{step}")

    def on_chunk(self, chunk: Chunk) -> None:
        for step in chunk.steps():
            self._rate = step.learning_rate
            if self.every and step.step % self.every == 0:
                values = {"batch_step": step.step, "loss": step.loss, "learning_rate": step.learning_rate}
                self._run.log({f"batch/{name}": value for name, value in values.items()})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        values = {"epoch": epoch, **self._numbers(logs), "learning_rate": self._rate}
        self._run.log({f"epoch/{name}": value for name, value in values.items()})
