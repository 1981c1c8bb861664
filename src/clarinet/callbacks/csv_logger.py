"""Keeping the numbers of every epoch in a file."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from clarinet.training.callback import Callback, Logs

if TYPE_CHECKING:
    from pathlib import Path


class CSVLogger(Callback):
    """Write a row for every epoch to a CSV file.

    Args:
        filename: path of the file.
        separator: between columns; default ``","``.
        append: continue an existing file instead of starting a new one.

    The columns are ``epoch`` and the names of the first epoch's logs in alphabetical order. When that epoch had no
    validation, columns ``val_…`` are added for the case that a later one has; a missing value is written as ``NA``.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "log.csv")
        >>> logger = CSVLogger(path)
        >>> logger.on_train_begin()
        >>> logger.on_epoch_end(0, {"loss": 0.5, "val_loss": 0.6})
        >>> logger.on_train_end()
        >>> path.read_text().split()
        ['epoch,loss,val_loss', '0,0.5,0.6']
    """

    def __init__(self, filename: str | Path, separator: str = ",", append: bool = False) -> None:
        from pathlib import Path

        self.filename, self.separator, self.append = Path(filename), separator, append
        self._file: IO[str] | None = None
        self._columns: list[str] = []
        self._keep = 0  # bytes of the file that stay

    def on_train_begin(self, logs: Logs | None = None) -> None:
        from clarinet import files

        self.on_train_end()
        file = files.destination(self.filename, grows=True)
        self._file = file.open("a", newline="", encoding="utf-8")  # cut with the first row, unless resumed
        self._columns, self._keep = [], self._file.tell() if self.append else 0

    def get_state(self) -> dict[str, object]:
        return {"_columns": self._columns, "_keep": self._keep}

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        import csv

        assert self._file is not None
        logs = logs or {}
        if not self._columns:
            names = sorted(logs)
            if not any(name.startswith("val_") for name in names):
                names += [f"val_{name}" for name in names]
            self._columns = ["epoch", *names]
        if self._file.tell() > self._keep:
            self._file.truncate(self._keep)
            self._file.seek(0, 2)
        row = csv.DictWriter(self._file, self._columns, "NA", "ignore", delimiter=self.separator, lineterminator="\n")
        if self._file.tell() == 0:
            row.writeheader()
        row.writerow({"epoch": epoch, **logs})
        self._file.flush()
        self._keep = self._file.tell()

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None
