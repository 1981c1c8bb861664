"""Curves that grow in a notebook while the model learns."""

from __future__ import annotations

import time
import warnings
from typing import Any

from clarinet.problems import ClarinetWarning
from clarinet.training.callback import Logs
from clarinet.training.history import History
from clarinet.training.progress import in_notebook
from clarinet.views.theme import LIGHT, theme_of

#: Drawing takes at most this fraction of the time: one part in so many.
_SHARE = 10


class LivePlot(History):
    """Draw loss and metrics in a Jupyter notebook at the ends of epochs; ``fit(plot=True)`` adds one.

    The picture replaces itself, at most every ``seconds``, and so rarely that drawing takes at most a tenth of the
    time; the last one, with all epochs, stays. Outside a notebook nothing is drawn, and a warning says so. Needs
    ``pip install "clarinet[notebook]"``.

    Args:
        theme: ``"light"`` (default) or ``"dark"``.
        seconds: between two pictures; default 0.5.

    Raises:
        ValueError: an unknown theme. ImportError: in a notebook without matplotlib, when training starts.

    Example:
        >>> LivePlot("dark").history
        {}
    """

    def __init__(self, theme: str = "light", seconds: float = 0.5) -> None:
        super().__init__()
        self.theme, self.seconds = theme_of(theme).name, seconds
        self._shown: Any = None  # IPython's handle of the picture
        self._next = 0.0
        self._complete = True

    def on_train_begin(self, logs: Logs | None = None) -> None:
        super().on_train_begin(logs)
        self.history = {}
        self._shown, self._next, self._complete = None, 0.0, True
        if in_notebook():
            from clarinet.plots import style

            style.new_figure(1, 1, LIGHT)  # says what is missing before any work is done
        else:
            warnings.warn(
                "plot: live curves are drawn in Jupyter notebooks, which this is not; after training use "
                "clarinet.plots.history(model)",
                ClarinetWarning,
                stacklevel=2,
            )

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        before = self.model.history
        if not self.epoch and before is not None and before.epoch:  # training is resumed
            self.epoch = list(before.epoch)
            self.history = {name: list(values) for name, values in before.history.items()}

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        super().on_epoch_end(epoch, logs)
        self._complete = False
        if time.perf_counter() >= self._next:
            self._draw()

    def on_train_end(self, logs: Logs | None = None) -> None:
        if not self._complete:
            self._draw()

    def _draw(self) -> None:
        self._complete = True
        if not in_notebook():
            return
        from IPython import display

        from clarinet import plots

        began = time.perf_counter()
        figure = plots.history(self, theme=self.theme)
        if self._shown is None:
            show: Any = display.display  # has no types
            self._shown = show(figure, display_id=True)
        else:
            self._shown.update(figure)
        ended = time.perf_counter()
        self._next = ended + max(self.seconds, (_SHARE - 1) * (ended - began))

    def __getstate__(self) -> dict[str, object]:
        return super().__getstate__() | {"_shown": None}
