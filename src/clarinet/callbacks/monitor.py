"""Base of callbacks that watch one number of the logs: which direction is better, and by how much."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping

from clarinet.names import nearest
from clarinet.problems import ClarinetWarning
from clarinet.training.callback import Callback

#: Parts of metrics' names that say which way is better; what fits neither needs an explicit mode.
_UP = ("acc", "auc", "precision", "recall", "f1", "fbeta", "iou", "r2", "similarity", "kappa")
_DOWN = (
    "loss",
    "error",
    "mse",
    "mae",
    "mape",
    "msle",
    "rmse",
    "entropy",
    "divergence",
    "hinge",
    "poisson",
    "deviance",
    "false_",
)


class Monitor(Callback):
    """Base of callbacks that watch a number.

    Args:
        monitor: name in the logs.
        mode: ``"min"``, ``"max"`` or ``"auto"``, which decides by the name.
        min_delta: how much a change has to exceed to count as an improvement; its sign does not matter.

    Raises:
        ValueError: another mode; or, when training starts, ``"auto"`` for a name that does not say it.
    """

    def __init__(self, monitor: str, mode: str, min_delta: float = 0.0) -> None:
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"{type(self).__name__}: mode is 'auto', 'min' or 'max', received {mode!r}")
        self.monitor, self.mode, self.min_delta = monitor, mode, abs(min_delta)
        self._warned = False

    @property
    def sign(self) -> float:
        """+1 where larger is better, −1 where smaller is."""
        if self.mode != "auto":
            return 1.0 if self.mode == "max" else -1.0
        name = self.monitor.removeprefix("val_")
        if any(part in name for part in _DOWN):
            return -1.0
        if any(part in name for part in _UP):
            return 1.0
        raise ValueError(
            f"{type(self).__name__}: whether {self.monitor!r} should grow or shrink is not clear from its name; "
            "give mode='max' or mode='min'"
        )

    def is_improvement(self, value: float, reference: float | None) -> bool:
        """Whether ``value`` beats ``reference`` by more than ``min_delta``; anything beats None."""
        sign = self.sign
        return reference is None or sign * value - self.min_delta > sign * reference

    def current(self, logs: Mapping[str, float] | None) -> float | None:
        """The watched number; None, with a warning the first time, when the logs do not hold it."""
        value = (logs or {}).get(self.monitor)
        if value is None and not self._warned:
            self._warned = True
            names = sorted(logs or {})
            hint = nearest(self.monitor, names) if names else "there are none"
            found = f"watches {self.monitor!r}, which is not among the logs ({', '.join(names)})"
            fix = "; give fit validation_data or validation_split" if self.monitor.startswith("val_") else ""
            warnings.warn(f"{type(self).__name__} {found}: {hint}{fix}", ClarinetWarning, stacklevel=2)
        return None if value is None else float(value)

    def tell(self, message: str) -> None:
        """Print where ``verbose`` asks for it."""
        if getattr(self, "verbose", 0) > 0:
            print(message)


def shown(value: float | None) -> str:
    """A number for people."""
    return "nothing" if value is None or math.isnan(value) else f"{value:.5f}"
