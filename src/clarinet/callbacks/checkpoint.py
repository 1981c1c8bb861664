"""Saving the model while it trains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clarinet.callbacks.monitor import Monitor, shown
from clarinet.names import explained, nearest
from clarinet.training.callback import Logs

if TYPE_CHECKING:
    from pathlib import Path


class ModelCheckpoint(Monitor):
    """Save the model every epoch, after a number of batches, or whenever a number improves.

    Args:
        filepath: where to; may hold ``{epoch}`` (from 1), ``{batch}`` and the logs' names, e.g.
            ``"digits-{epoch:02d}-{val_loss:.3f}.clarinet"``. Folders are made as needed.
        monitor: name in the logs that ``save_best_only`` looks at.
        verbose: 1 prints when it saves.
        save_best_only: save only when ``monitor`` has improved.
        save_weights_only: call ``model.save_weights`` instead of ``model.save``.
        mode: ``"min"``, ``"max"`` or ``"auto"``.
        save_freq: ``"epoch"``, or a number of batches (which makes training return after every batch).
        initial_value_threshold: with ``save_best_only``, the value to beat at first.

    Raises:
        ValueError: ``save_freq`` is neither; ``filepath`` ends as another library's files do, e.g. ``.pt``; or, when
            saving, the path names something that the logs do not hold.

    Example:
        >>> ModelCheckpoint("digits-{epoch:02d}.clarinet").path(4, {"loss": 0.1}).name
        'digits-05.clarinet'
    """

    @explained
    def __init__(
        self,
        filepath: str | Path,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode)
        if save_freq != "epoch" and (isinstance(save_freq, bool) or not isinstance(save_freq, int) or save_freq < 1):
            raise ValueError(
                f"ModelCheckpoint: save_freq is 'epoch' or a positive number of batches, received {save_freq!r}"
            )
        from clarinet.saving.container import (
            KERAS_ENDING,
            KERAS_OLD_ENDINGS,
            KERAS_WEIGHTS_ENDING,
            MODEL_ENDING,
            WEIGHTS_ENDING,
            check_ending,
        )

        of_keras = (KERAS_WEIGHTS_ENDING if save_weights_only else KERAS_ENDING, *KERAS_OLD_ENDINGS)
        if not str(filepath).endswith(of_keras):
            check_ending(filepath, "ModelCheckpoint", WEIGHTS_ENDING if save_weights_only else MODEL_ENDING)
        self.filepath, self.verbose, self.save_freq = str(filepath), verbose, save_freq
        self.save_best_only, self.save_weights_only = save_best_only, save_weights_only
        self.best = initial_value_threshold
        self._epoch = self._batches = 0

    @property
    def looks_at_batches(self) -> bool:
        """Whether training has to return after every batch, which saving by epochs does not cost."""
        return self.save_freq != "epoch"

    def get_state(self) -> dict[str, object]:
        return {"best": self.best, "_epoch": self._epoch, "_batches": self._batches}

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.save_freq == "epoch":
            self._consider(epoch, None, logs or {})

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if self.save_freq == "epoch":
            return
        self._batches += 1
        if self._batches >= int(self.save_freq):
            self._batches = 0
            self._consider(self._epoch, batch, logs or {})

    def _consider(self, epoch: int, batch: int | None, logs: Logs) -> None:
        if self.save_best_only and not self._improved(epoch, logs):
            return
        path = self.path(epoch, logs, batch)
        self._save(path)
        self.tell(f"Epoch {epoch + 1}: saved {path}")

    def _improved(self, epoch: int, logs: Logs) -> bool:
        """Whether there is a new best value; an epoch without validation must not replace the best one."""
        current = self.current(logs)
        if current is None:
            return False
        if not self.is_improvement(current, self.best):
            self.tell(f"Epoch {epoch + 1}: {self.monitor} did not improve from {shown(self.best)}")
            return False
        self.tell(f"Epoch {epoch + 1}: {self.monitor} improved from {shown(self.best)} to {shown(current)}")
        self.best = current
        return True

    def path(self, epoch: int, logs: Logs, batch: int | None = None) -> Path:
        """Where the model of this epoch (from 0) is saved."""
        values = {"epoch": epoch + 1, **({} if batch is None else {"batch": batch + 1}), **logs}
        try:
            from pathlib import Path

            return Path(self.filepath.format(**values))
        except KeyError as error:
            name = str(error.args[0])
            raise ValueError(
                f"ModelCheckpoint: {self.filepath!r} names {name!r}, which is not in the logs: {nearest(name, values)}"
            ) from None

    def _save(self, path: Path) -> None:
        if path.is_dir():
            raise IsADirectoryError(f"ModelCheckpoint: {path} is a folder; give a file, e.g. {path / 'model.clarinet'}")
        from clarinet import files

        files.make_folder(path.parent)
        if self.save_weights_only:
            self.model.save_weights(path)
        else:
            self.model.save(path)
