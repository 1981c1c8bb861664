"""What cells of words hold: sentences, or several answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

#: Several answers stand in one cell if so many cells hold one of these marks, and parts recur.
_MARKS, _WITH_SEVERAL = (";", "|", ","), 0.2


def words_in(cell: str) -> int:
    """How many words a cell has, without numbers; an address of e-mail is one word."""
    return sum(any(map(str.isalpha, word)) for word in cell.split())


def several_answers(present: Sequence[str]) -> bool:
    """Whether cells hold several of a few answers, as "red;blue" does, in more ways than there are answers.

    Example:
        >>> several_answers(["a;b", "b;c", "a", "a;c", "b;a", "c;a;b"])
        True
        >>> several_answers(["Rome, Italy", "Oslo, Norway", "Rome, Georgia"])
        False
    """
    kinds = set(present)
    for mark in _MARKS:
        parts = [[part.strip() for part in cell.split(mark) if part.strip()] for cell in kinds]
        answers = Counter(part for each in parts for part in each)
        several = sum(mark in cell for cell in present) >= _WITH_SEVERAL * len(present)
        if several and 1 < len(answers) < len(kinds) and 2 * sum(n > 1 for n in answers.values()) > len(answers):
            return True
    return False
