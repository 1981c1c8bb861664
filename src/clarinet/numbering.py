"""The version as a text that programs for Keras and TensorFlow may compare."""

from __future__ import annotations

import re
from typing import SupportsIndex

#: What is compared with numbers from 1.0 on, which are those of Keras and TensorFlow: the Keras that names follow.
_FOLLOWED = (3, 15, 0)


class VersionText(str):
    """The version of Clarinet; beside a number from 1.0 on it counts as that of Keras 3.

    Programs ask ``tf.__version__ >= "2.0"`` or ``keras.__version__ < "3"`` to learn how to call what they use: here it
    is called as in Keras 3. Numbers below 1 are Clarinet's own. Numbers are compared one by one: 2.16 is after 2.9.

    Example:
        >>> own = VersionText("0.1.0")
        >>> own >= "2.0", own < "3", own >= "0.2", own == "0.1.0", own.startswith("2")
        (True, False, False, True, True)
    """

    __slots__ = ()

    def _pair(self, other: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """What is compared."""
        theirs = _numbers(other)
        return (_FOLLOWED if theirs[:1] > (0,) else _numbers(self)), theirs

    def __lt__(self, other: str) -> bool:
        mine, theirs = self._pair(other)
        return mine < theirs

    def __le__(self, other: str) -> bool:
        mine, theirs = self._pair(other)
        return mine <= theirs

    def __gt__(self, other: str) -> bool:
        return not self <= other

    def __ge__(self, other: str) -> bool:
        return not self < other

    def startswith(
        self, prefix: str | tuple[str, ...], start: SupportsIndex | None = None, end: SupportsIndex | None = None
    ) -> bool:
        """As of any text; one that begins as a version of TensorFlow 2 or Keras 3 does counts as well."""
        begins = (prefix,) if isinstance(prefix, str) else prefix
        return any(text.rstrip(".") in ("2", "3") or str(self).startswith(text, start, end) for text in begins)


def _numbers(text: str) -> tuple[int, ...]:
    """The numbers that a version begins with.

    Example:
        >>> _numbers("2.16.0-rc1")
        (2, 16, 0)
    """
    found = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(map(int, found.group().split("."))) if found else ()
