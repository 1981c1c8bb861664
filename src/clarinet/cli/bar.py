"""One line that shows a whole training, in place of a line an epoch."""

from __future__ import annotations

import time

from clarinet.training.callback import Logs
from clarinet.training.progress import ProgressBar, format_logs, format_seconds


class OneLine(ProgressBar):
    """A bar over epochs that replaces itself, and a summary at the end.

    Args:
        best: the number by which the best epoch is found: the smallest.
        name: of the training, in front of the summary.
    """

    def __init__(self, best: str = "val_loss", name: str = "") -> None:
        super().__init__(verbose=1)
        self._name = name
        self._best_of, self._values = best, list[float]()
        self._start = time.perf_counter()
        self._last: Logs = {}

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Epochs have no lines of their own."""

    def on_chunk(self, chunk: object) -> None:
        """Nor parts of them."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._last = dict(logs or {})
        self._values.append(self._last.get(self._best_of, self._last.get("loss", 0.0)))
        self._steps = epoch + 1
        self._redraw(self.bar(epoch + 1, int(self.params["epochs"]), format_logs(self._last)))

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._close()
        if not self._values:
            return
        best = min(range(len(self._values)), key=self._values.__getitem__)
        seconds = format_seconds(time.perf_counter() - self._start)
        shown = f"{self._best_of} {self._values[best]:.4g}" if self._best_of in self._last else ""
        shown = f", {shown}" if shown else ""
        self._write(f"{self._name}{len(self._values)} epochs in {seconds}; the best was {best + 1}{shown}\n")
