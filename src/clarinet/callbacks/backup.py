"""Backups of a training that may be broken off."""

from __future__ import annotations

import warnings
from pathlib import Path

from clarinet import files
from clarinet.problems import ClarinetWarning
from clarinet.saving.checkpoints import load_checkpoint, save_checkpoint
from clarinet.saving.container import ModelFileError
from clarinet.training.callback import Callback, Logs

_LATEST, _BEFORE = "latest.clarinet", "before.clarinet"


class BackupAndRestore(Callback):
    """Back a training up, and go on from the backup when the same program is started again.

    The backup holds weights, the optimizer's state and the epoch. Training goes on with the first epoch that was not
    over; with the same seed (``fit(seed=...)``, or :func:`clarinet.utils.set_random_seed`) its numbers are those of a
    training that was never broken off. What other callbacks remember is not in it: ``fit(checkpoint=, resume=True)``
    keeps that as well. The backup is removed when ``fit`` comes to its end.

    Args:
        backup_dir: a folder for this training alone; made as needed.
        save_freq: ``"epoch"`` (default), or a number of batches (which makes training return after every batch).
        double_checkpoint: keep the backup before the last one too, and take it where the last one is damaged; default
            False.
        delete_checkpoint: False keeps the backup at the end; default True.

    Raises:
        ValueError: ``backup_dir`` is empty; ``save_freq`` is neither. ModelFileError: in ``fit``, a backup that is
            damaged, or another model's.

    Example:
        >>> import clarinet, tempfile
        >>> def fit(*more):
        ...     model = clarinet.Sequential([clarinet.Input((1,)), clarinet.layers.Dense(1)])
        ...     model.compile("sgd", "mse")
        ...     backup = BackupAndRestore(folder)
        ...     return model.fit([[1.0]], [2.0], epochs=5, seed=1, callbacks=[backup, *more], verbose=0).epoch
        >>> def break_off(epoch, logs):
        ...     if epoch == 3:
        ...         raise RuntimeError("the power is gone")
        >>> folder = tempfile.mkdtemp() + "/backup"
        >>> try:
        ...     fit(clarinet.callbacks.LambdaCallback(on_epoch_begin=break_off))
        ... except RuntimeError:
        ...     fit()
        [3, 4]
    """

    def __init__(
        self,
        backup_dir: str | Path,
        save_freq: str | int = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        if not str(backup_dir):
            raise ValueError("BackupAndRestore: backup_dir is a folder for this training's backup, received ''")
        if save_freq != "epoch" and (isinstance(save_freq, bool) or not isinstance(save_freq, int) or save_freq < 1):
            raise ValueError(
                f"BackupAndRestore: save_freq is 'epoch' or a positive number of batches, received {save_freq!r}"
            )
        self.backup_dir, self.save_freq = Path(backup_dir), save_freq
        self.double_checkpoint, self.delete_checkpoint = double_checkpoint, delete_checkpoint
        self.first_epoch: int | None = None
        self._epoch = self._batches = 0

    @property
    def looks_at_batches(self) -> bool:
        """Whether training has to return after every batch, which saving by epochs does not cost."""
        return self.save_freq != "epoch"

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.first_epoch, self._batches = None, 0
        latest, before = (files.current(self.backup_dir / name) for name in (_LATEST, _BEFORE))
        if not latest.exists():
            return
        try:
            self._restore(latest)
        except (ModelFileError, OSError) as error:
            if not before.exists():
                raise
            message = f"BackupAndRestore: the backup before the last is used: {error}"
            warnings.warn(message, ClarinetWarning, stacklevel=2)
            self._restore(before)

    def _restore(self, path: Path) -> None:
        backup = load_checkpoint(path)
        epoch, seed = backup.state.get("epoch"), self.model.seed
        if not isinstance(epoch, int) or epoch < 0:
            raise ModelFileError(f"{path}: expected a backup of BackupAndRestore, which knows its epoch")
        backup.fill(self.model)
        self.model.seed = seed  # that of the engine, which is there already
        self.first_epoch = epoch

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch + 1
        if self.save_freq == "epoch":
            self._save()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._batches += 1
        if self.save_freq != "epoch" and self._batches >= int(self.save_freq):
            self._batches = 0
            self._save()

    def _save(self) -> None:
        files.make_folder(self.backup_dir)
        latest = self.backup_dir / _LATEST
        if self.double_checkpoint and files.current(latest).exists():
            files.write(self.backup_dir / _BEFORE, files.current(latest).read_bytes())
        save_checkpoint(self.model, latest, {"epoch": self._epoch})

    def on_train_end(self, logs: Logs | None = None) -> None:
        if not self.delete_checkpoint or "error" in self.params:
            return
        for name in (_LATEST, _BEFORE):
            if files.current(self.backup_dir / name).exists():
                files.remove(self.backup_dir / name)
