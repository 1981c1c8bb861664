"""Numbers by name, as logs hold them: checked before anybody keeps or shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import SupportsFloat, SupportsIndex

import numpy as np

from clarinet.escaping import UNFIT_NAME


def shown(value: object) -> str:
    """A value in a message: the beginning of its ``repr``, if it has one."""
    try:
        return repr(value)[:60]
    except Exception:  # a number of more digits than Python prints, or an object that cannot say what it is
        return f"a value of type {type(value).__name__}"


def check_metric(name: object) -> str:
    """The name of a metric.

    Raises:
        TypeError: no text. ValueError: empty, or with characters that no name can hold.
    """
    if not isinstance(name, str):
        raise TypeError(f"log: a metric's name is text, received {shown(name)} ({type(name).__name__})")
    if not name or UNFIT_NAME.search(name):
        raise ValueError(f"log: {name!a:.60} cannot be a metric's name; expected text without control characters")
    return str(name)


def as_number(value: object) -> float:
    """Anything that is one real number, as a float.

    Raises:
        TypeError, ValueError, OverflowError: it is none.

    Example:
        >>> from fractions import Fraction
        >>> as_number(Fraction(1, 4)), as_number(np.True_), as_number(np.array(2))
        (0.25, 1.0, 2.0)
    """
    if isinstance(value, (np.ndarray, np.generic)):
        if value.size != 1 or value.dtype.kind in "cSUmM":
            raise TypeError
        value = value.item()
    if isinstance(value, (str, bytes, bytearray)):
        raise TypeError
    if not isinstance(value, (SupportsFloat, SupportsIndex)):
        raise TypeError
    return float(value)


def check_numbers(values: object) -> dict[str, float]:
    """Numbers by name.

    Raises:
        TypeError: no dictionary, a name that is no text, a value that is no number. ValueError: a name that cannot be
            one.
    """
    if not isinstance(values, Mapping):
        raise TypeError(f"log: expected numbers by name such as {{'loss': 0.5}}, received {shown(values)}")
    return {check_metric(name): _number(name, value) for name, value in values.items()}


def _number(name: object, value: object) -> float:
    try:
        return as_number(value)
    except (TypeError, ValueError, OverflowError, RuntimeError):  # RuntimeError: a tensor that is not on this device
        raise TypeError(
            f"log: {name!r} is {shown(value)}; expected a number. Settings belong in the config, texts in the notes"
        ) from None


def good_numbers(values: Mapping[str, object]) -> tuple[dict[str, float], dict[str, str]]:
    """The numbers in an epoch's logs, and a sentence about each of the other values, by name."""
    good, bad = dict[str, float](), dict[str, str]()
    for name, value in values.items():
        try:
            good[check_metric(name)] = _number(name, value)
        except (TypeError, ValueError) as error:
            bad[shown(name)] = str(error).removeprefix("log: ")
    return good, bad
