"""The numbers in an epoch's logs, for observers that can show nothing else."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from clarinet.logs import good_numbers
from clarinet.problems import ClarinetWarning

if TYPE_CHECKING:
    from clarinet.training.callback import Logs


class Numbers:
    """Picks the numbers from logs, and warns, once for every name, about values that are left out.

    Args:
        who: the observer, for the message.

    Example:
        >>> Numbers("Observer")({"loss": 0.5})
        {'loss': 0.5}
    """

    def __init__(self, who: str) -> None:
        self.who = who
        self._said: set[str] = set()

    def __call__(self, logs: Logs | None) -> dict[str, float]:
        good, bad = good_numbers(logs or {})
        for name in bad.keys() - self._said:
            self._said.add(name)
            warnings.warn(f"{self.who}: a value of the logs is left out: {bad[name]}", ClarinetWarning, stacklevel=3)
        return good
