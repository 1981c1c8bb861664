"""How often something is done during training."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from clarinet.problems import shown

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class Interval:
    """Steps between two events, or seconds, or the end of every epoch; the other two are None or False."""

    steps: int | None = None
    seconds: float | None = None
    epochs: bool = False


def interval(value: object) -> Interval:
    """Read how often something happens, as a user writes it.

    Args:
        value: a number of steps; ``"epoch"`` or True for the end of every epoch; a time such as ``"30s"``, ``"5m"``,
            ``"1h"``.

    Raises:
        TypeError: something else. ValueError: less than one step, no time above 0, or an unknown word.

    Example:
        >>> interval(100), interval("5m")
        (Interval(steps=100, seconds=None, epochs=False), Interval(steps=None, seconds=300.0, epochs=False))
    """
    expected = "expected a number of steps, 'epoch', or a time such as '30s', '5m', '1h'"
    if value is True or value == "epoch":
        return Interval(epochs=True)
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        if value < 1:
            raise ValueError(f"{expected}, received {shown(value)}")
        return Interval(steps=int(value))
    if not isinstance(value, str):
        raise TypeError(f"{expected}, received {shown(value)}")
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?([smh])", value)
    if match is None or float(match[1]) == 0:
        raise ValueError(f"{expected}, received {value!r}")
    return Interval(seconds=float(match[1]) * _UNITS[match[2]])
