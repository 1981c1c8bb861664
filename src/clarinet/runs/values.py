"""What users give a run to keep: numbers, steps, words. Checked before it is taken, so that the store can hold it."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

#: What no text in a store may hold: characters that rewrite what a terminal shows, and halves of a character.
_CONTROL = r"\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff"
_UNFIT = re.compile(f"[{_CONTROL}]")
#: What is not shown of a text that may come from elsewhere: the same, and what turns the direction of reading.
_UNSHOWN = re.compile(rf"[{_CONTROL}\u202a-\u202e\u2066-\u2069]")
#: What no name may hold besides: line ends, and marks that turn the direction of reading.
_UNFIT_NAME = re.compile(rf"[{_CONTROL}\t\n\u061c\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ufeff]")
#: Least and greatest step: what SQLite has numbers for.
_STEPS = -(2**63), 2**63 - 1
#: Bytes of a run's name, at most; the name is part of a folder's, which has room for 255.
_NAME_BYTES = 200


def shown(value: Any) -> str:
    """A value in a message: the beginning of its ``repr``, if it has one."""
    try:
        return repr(value)[:60]
    except Exception:  # a number of more digits than Python prints, or an object that cannot say what it is
        return f"a value of type {type(value).__name__}"


def check_step(step: Any, what: str = "log: step") -> int:
    """A step as Python's int: of NumPy or any other kind of whole number.

    Raises:
        TypeError: not a whole number. ValueError: too large for the store.

    Example:
        >>> check_step(np.int64(3))
        3
    """
    try:
        whole = operator.index(step)
    except TypeError:
        raise TypeError(f"{what}: expected a whole number, received {shown(step)} ({type(step).__name__})") from None
    if not _STEPS[0] <= whole <= _STEPS[1]:
        raise ValueError(f"{what}: expected a number from -2**63 to 2**63 - 1, received {shown(whole)}")
    return whole


def check_metric(name: Any) -> str:
    """The name of a metric.

    Raises:
        TypeError: no text. ValueError: empty, or with characters that no name can hold.
    """
    if not isinstance(name, str):
        raise TypeError(f"log: a metric's name is text, received {shown(name)} ({type(name).__name__})")
    if not name or _UNFIT_NAME.search(name):
        raise ValueError(f"log: {name!a:.60} cannot be a metric's name; expected text without control characters")
    return str(name)


def as_number(value: Any) -> float:
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
    return float(value)


def check_numbers(values: Any) -> dict[str, float]:
    """Numbers by name.

    Raises:
        TypeError: no dictionary, a name that is no text, a value that is no number. ValueError: a name that cannot be
            one.
    """
    if not isinstance(values, Mapping):
        raise TypeError(f"log: expected numbers by name such as {{'loss': 0.5}}, received {shown(values)}")
    return {check_metric(name): _number(name, value) for name, value in values.items()}


def _number(name: Any, value: Any) -> float:
    try:
        return as_number(value)
    except (TypeError, ValueError, OverflowError, RuntimeError):  # RuntimeError: a tensor that is not on this device
        raise TypeError(
            f"log: {name!r} is {shown(value)}; expected a number. Settings belong in the config, texts in the notes"
        ) from None


def good_numbers(values: Mapping[Any, Any]) -> tuple[dict[str, float], dict[str, str]]:
    """The numbers among what callbacks have put in an epoch's logs, and what is to be said of the rest, by name."""
    good, bad = dict[str, float](), dict[str, str]()
    for name, value in values.items():
        try:
            good[check_metric(name)] = _number(name, value)
        except (TypeError, ValueError) as error:
            bad[shown(name)] = str(error).removeprefix("log: ")
    return good, bad


def check_name(name: Any) -> str:
    """A name that people can type and file systems can hold.

    Raises:
        TypeError: not a string. ValueError: empty, too long, or with characters that names cannot hold.
    """
    if not isinstance(name, str):
        raise TypeError(f"run: expected a name, True or None, received {shown(name)}")
    unfit = _UNFIT_NAME.search(name) or any(c in '/\\:*?"<>|' for c in name)
    too_long = len(name) > 100 or len(name.encode("utf-8", "replace")) > _NAME_BYTES
    if unfit or too_long or not name.strip() or name[0] in ".-":
        raise ValueError(
            f"run: {name!a:.120} cannot be a run's name; expected 1 to 100 characters ({_NAME_BYTES} bytes), none "
            "of / \\ : * ? \" < > |, no control characters, not beginning with . or -, e.g. 'digits-128'"
        )
    return str(name)


def check_text(text: Any, what: str) -> str | None:
    """Notes, or what else people write; None stays None.

    Raises:
        TypeError: no text. ValueError: control characters, or halves of a character.
    """
    if text is None:
        return None
    if not isinstance(text, str):
        raise TypeError(f"{what}: expected text or None, received {shown(text)} ({type(text).__name__})")
    plain = str(text).replace("\r\n", "\n")
    if _UNFIT.search(plain):
        raise ValueError(f"{what}: {plain!a:.60} holds control characters; expected plain text")
    return plain


def check_tags(tags: Any) -> list[str]:
    """Tags, sorted; a single word is one tag.

    Raises:
        TypeError: no words. ValueError: a tag with characters that names cannot hold.
    """
    given = [] if tags is None else [tags] if isinstance(tags, str) else tags
    if not isinstance(given, Iterable):
        raise TypeError(f"tags: expected words such as ['winter', 'alps'], received {given!r:.60}")
    words = list(given)
    for tag in words:
        if not isinstance(tag, str):
            raise TypeError(f"tags: expected words, received {shown(tag)} ({type(tag).__name__})")
        if not tag or _UNFIT_NAME.search(tag):
            raise ValueError(f"tags: {tag!a:.60} cannot be a tag; expected text without control characters")
    return sorted({str(tag) for tag in words})


def harmless(text: Any) -> str:
    """Any text with the characters that no store may hold written as escapes.

    Example:
        >>> harmless("red" + chr(27) + "[0m")
        'red\\\\x1b[0m'
    """
    return _UNFIT.sub(_escape, str(text))


def harmless_name(text: Any) -> str:
    """The same for names, which go into one line, and are shown."""
    return _UNFIT_NAME.sub(_escape, str(text))


def harmless_text(text: Any) -> str:
    """The same for texts that are shown, and may come from elsewhere."""
    return _UNSHOWN.sub(_escape, str(text))


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape", "backslashreplace").decode()
