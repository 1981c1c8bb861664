"""What a program says of all trainings at once: limits of their length, and how progress is shown."""

from __future__ import annotations


class _Limits:
    """None: no limit."""

    epochs: int | None = None
    steps: int | None = None
    interactive: bool | None = None  # None: as the terminal is


LIMITS = _Limits()


def least(asked: int | None, limit: int | None) -> int | None:
    """What was asked for, at most the limit; None where there is neither."""
    given = [number for number in (asked, limit) if number is not None]
    return min(given, default=None)
