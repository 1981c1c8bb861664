"""Characters that texts must not hold where they are kept or shown, and texts without them."""

from __future__ import annotations

import re

#: What no text in a store may hold: characters that rewrite what a terminal shows, and halves of a character.
_CONTROL = r"\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff"
UNFIT = re.compile(f"[{_CONTROL}]")
#: What is not shown of a text that may come from elsewhere: the same, and what turns the direction of reading.
_UNSHOWN = re.compile(rf"[{_CONTROL}\u202a-\u202e\u2066-\u2069]")
#: What no name may hold besides: line ends, and marks that turn the direction of reading.
UNFIT_NAME = re.compile(rf"[{_CONTROL}\t\n\u061c\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ufeff]")


def harmless(text: object) -> str:
    """Any text with the characters that no store may hold written as escapes.

    Example:
        >>> harmless("red" + chr(27) + "[0m")
        'red\\\\x1b[0m'
    """
    return UNFIT.sub(_escape, str(text))


def harmless_name(text: object) -> str:
    """The same for names, which go into one line, and are shown."""
    return UNFIT_NAME.sub(_escape, str(text))


def harmless_text(text: object) -> str:
    """The same for texts that are shown, and may come from elsewhere."""
    return _UNSHOWN.sub(_escape, str(text))


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape", "backslashreplace").decode()
