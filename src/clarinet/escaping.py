"""Characters that stored or displayed texts must not hold, and texts without them."""

from __future__ import annotations

import re

#: Characters that no text in a store may hold: those that control a terminal, and halves of a character.
_CONTROL = r"\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff"
UNFIT = re.compile(f"[{_CONTROL}]")
#: Characters that are not shown in a text from elsewhere: the same, and marks that turn the direction of reading.
_UNSHOWN = re.compile(rf"[{_CONTROL}\u202a-\u202e\u2066-\u2069]")
#: Further characters that no name may hold: line ends, and marks that turn the direction of reading.
UNFIT_NAME = re.compile(rf"[{_CONTROL}\t\n\u061c\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ufeff]")


def harmless(text: object) -> str:
    """Any text with the characters that no store may hold written as escapes.

    Example:
        >>> harmless("red" + chr(27) + "[0m")
        'red\\\\x1b[0m'
    """
    return UNFIT.sub(_escape, str(text))


def harmless_name(text: object) -> str:
    """The same for names, which are shown in one line."""
    return UNFIT_NAME.sub(_escape, str(text))


def harmless_text(text: object) -> str:
    """The same for texts from elsewhere that are shown."""
    return _UNSHOWN.sub(_escape, str(text))


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape", "backslashreplace").decode()
