"""Values of options: each function turns a word of the command line into a value, or says what it expected."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from clarinet.checks.intervals import interval


def whole(least: int) -> Callable[[str], int]:
    """A whole number of at least ``least``."""

    def convert(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least:
            raise argparse.ArgumentTypeError(f"expected a whole number of at least {least}, received {text!r}")
        return value

    return convert


def layer(text: str) -> int | str:
    """An index, or a name."""
    return int(text) if text.removeprefix("-").isdecimal() else text


def port(text: str) -> int:
    """A port number, 0 for a free one."""
    value = whole(0)(text)
    if value > 65535:
        raise argparse.ArgumentTypeError(f"expected a port from 0 to 65535, received {text!r}")
    return value


def place(text: str) -> tuple[int, ...]:
    """``3`` -> (3,), ``0,2,5`` -> (0, 2, 5)."""
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a number, or numbers such as 0,2,5, received {text!r}") from None


def units(text: str) -> tuple[int, ...]:
    """``128,64`` -> (128, 64); ``0`` -> ()."""
    if text == "0":
        return ()
    try:
        return tuple(whole(1)(part) for part in text.split(","))
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"expected whole numbers such as 128,64, received {text!r}") from None


def size(text: str) -> tuple[int, int]:
    """``32,48`` -> (32, 48)."""
    parts = units(text)
    if len(parts) != 2:
        raise argparse.ArgumentTypeError(f"expected height and width such as 32,32, received {text!r}")
    return parts[0], parts[1]


def every(text: str) -> int | str | None:
    """A number of steps, ``epoch``, a time, or ``never``."""
    if text == "never":
        return None
    value = int(text) if text.isdecimal() else text
    try:
        interval(value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return value


def rate(text: str) -> float:
    """A number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number above 0 such as 0.001, received {text!r}")
    return value


def share(text: str) -> float:
    """A number from 0 up to but not including 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value < 1.0:
        raise argparse.ArgumentTypeError(f"expected a share from 0 to below 1 such as 0.1, received {text!r}")
    return value


def yes_or_no(text: str) -> bool:
    """``yes`` or ``no``."""
    if text not in ("yes", "no"):
        raise argparse.ArgumentTypeError(f"expected yes or no, received {text!r}")
    return text == "yes"


def character(text: str) -> str:
    """One character; ``tab`` and ``\\t`` stand for the tabulator, which is hard to type."""
    text = "\t" if text in ("tab", "\\t") else text
    if len(text) != 1:
        raise argparse.ArgumentTypeError(f"expected one character such as ';', or tab, received {text!r}")
    return text
