"""Steps, names and words for a run, checked before they are accepted, so that the store can hold them."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import SupportsIndex

from clarinet.escaping import UNFIT, UNFIT_NAME
from clarinet.logs import shown

#: Least and greatest step that SQLite can hold.
_STEPS = -(2**63), 2**63 - 1
#: Bytes of a run's name, at most; the name is part of a folder's, which has room for 255.
_NAME_BYTES = 200


def check_step(step: object, what: str = "log: step") -> int:
    """A step as Python's int: of NumPy or any other kind of whole number.

    Raises:
        TypeError: not a whole number. ValueError: too large for the store.

    Example:
        >>> import numpy as np
        >>> check_step(np.int64(3))
        3
    """
    if not isinstance(step, SupportsIndex):
        raise TypeError(f"{what}: expected a whole number, received {shown(step)} ({type(step).__name__})")
    whole = operator.index(step)
    if not _STEPS[0] <= whole <= _STEPS[1]:
        raise ValueError(f"{what}: expected a number from -2**63 to 2**63 - 1, received {shown(whole)}")
    return whole


def check_name(name: object) -> str:
    """A name that people can type and file systems can hold.

    Raises:
        TypeError: not a string. ValueError: empty, too long, or with characters that names cannot hold.
    """
    if not isinstance(name, str):
        raise TypeError(f"run: expected a name, True or None, received {shown(name)}")
    unfit = UNFIT_NAME.search(name) or any(c in '/\\:*?"<>|' for c in name)
    too_long = len(name) > 100 or len(name.encode("utf-8", "replace")) > _NAME_BYTES
    if unfit or too_long or not name.strip() or name[0] in ".-":
        raise ValueError(
            f"run: {name!a:.120} cannot be a run's name; expected 1 to 100 characters ({_NAME_BYTES} bytes), none "
            "of / \\ : * ? \" < > |, no control characters, not beginning with . or -, e.g. 'digits-128'"
        )
    return str(name)


def check_text(text: object, what: str) -> str | None:
    """Notes or other text; None stays None.

    Raises:
        TypeError: no text. ValueError: control characters, or halves of a character.
    """
    if text is None:
        return None
    if not isinstance(text, str):
        raise TypeError(f"{what}: expected text or None, received {shown(text)} ({type(text).__name__})")
    plain = str(text).replace("\r\n", "\n")
    if UNFIT.search(plain):
        raise ValueError(f"{what}: {plain!a:.60} holds control characters; expected plain text")
    return plain


def check_tags(tags: object) -> list[str]:
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
        if not tag or UNFIT_NAME.search(tag):
            raise ValueError(f"tags: {tag!a:.60} cannot be a tag; expected text without control characters")
    return sorted({str(tag) for tag in words})
