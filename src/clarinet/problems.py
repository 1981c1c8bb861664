"""The record that every check returns, and how ``fit`` acts on it."""

from __future__ import annotations

import warnings
from collections.abc import Container, Iterable
from dataclasses import dataclass

#: Digits of a whole number, and characters of anything, that a message shows.
_DIGITS, _LONGEST = 40, 200


class ClarinetWarning(UserWarning):
    """Something that can be computed but is probably not intended."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, or doubtful.

    Attributes:
        kind: a short name such as ``"nan_in_data"`` or ``"output_units_mismatch"``.
        where: ``"data.x"``, ``"data.y"``, ``"layer:2"``, ``"loss"``, ``"optimizer"``, ``"fit.epochs"``, …
        severity: ``"error"`` (``fit`` refuses) or ``"warning"`` (``fit`` warns once and trains).
        message: received, expected, the likely fix.
        error: class of the exception that ``fit`` raises.
    """

    kind: str
    where: str
    severity: str
    message: str
    error: type[Exception] = ValueError


def error(kind: str, where: str, message: str, error_class: type[Exception] = ValueError) -> Problem:
    """A problem that stops ``fit``."""
    return Problem(kind, where, "error", message, error_class)


def warning(kind: str, where: str, message: str) -> Problem:
    """A problem that ``fit`` only mentions."""
    return Problem(kind, where, "warning", message)


def shown(value: object) -> str:
    """A value as a message shows it, always short.

    Example:
        >>> shown("ten"), shown(10**400)
        ("'ten'", 'a whole number of 401 digits')
    """
    if isinstance(value, int) and abs(value) >= 10**_DIGITS:
        from math import log10

        return f"a whole number of {int(log10(abs(value))) + 1} digits"
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def raise_first(problems: Iterable[Problem], handled_warnings: Container[str] = ()) -> None:
    """Raise the first error; when there is none, warn once for each kind of doubt.

    Args:
        problems: consumed only up to the first error, so expensive checks may come last.
        handled_warnings: kinds of warnings that somebody else reports.

    Raises:
        ValueError, TypeError: as the problem says.

    Example:
        >>> raise_first([Problem("empty_data", "data.x", "error", "x: has no rows")])
        Traceback (most recent call last):
            ...
        ValueError: x: has no rows
    """
    doubts: dict[str, str] = {}
    for problem in problems:
        if problem.severity == "error":
            raise problem.error(problem.message)
        if problem.severity == "warning" and problem.kind not in handled_warnings:
            doubts.setdefault(problem.kind, problem.message)
    for message in doubts.values():
        warnings.warn(message, ClarinetWarning, stacklevel=3)
