"""What cells of words hold: sentences, or several answers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from clarinet.datasets.numerals import Numbers

#: Several answers stand in one cell if so many cells hold one of these marks, and parts recur.
_MARKS, _WITH_SEVERAL = (";", "|", ","), 0.2
#: So few words that stand so often among more than so many numbers mean that there is none.
_MOST_KINDS, _LEAST_CELLS, _FEW = 3, 2, 20
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")


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


def words_of(cell: str) -> list[str]:
    """The words of a sentence, in lower case.

    Example:
        >>> words_of("It's GOOD, naïve_stuff!")
        ["it's", 'good', 'naïve', 'stuff']
    """
    return _WORD.findall(cell.lower())


def by_spelling(names: Sequence[str]) -> dict[str, int]:
    """The numbers of names, by their spelling, and in small letters where only one of them is spelled so.

    Example:
        >>> by_spelling(["Yes", "No", "no"])
        {'Yes': 0, 'No': 1, 'no': 2, 'yes': 0}
    """
    found = {name: number for number, name in enumerate(names)}
    small = Counter(map(str.casefold, names))
    return found | {n.casefold(): i for i, n in enumerate(names) if small[n.casefold()] == 1 and len(n) > 1}


def spellings(cells: Iterable[str]) -> dict[str, str]:
    """Of words that are spelled in capitals and in small letters, the spelling that counts: the most frequent one.

    Example:
        >>> spellings(["yes", "Yes", "yes", "A", "a"])
        {'Yes': 'yes'}
    """
    counts = Counter(cells)
    usual: dict[str, str] = {}
    for name in sorted(counts, key=lambda name: (-counts[name], name)):
        usual.setdefault(name.casefold() if len(name) > 1 else name, name)
    kept = {name: usual[name.casefold() if len(name) > 1 else name] for name in counts}
    return {name: spelling for name, spelling in kept.items() if name != spelling}


def words_for_nothing(cells: Sequence[str], found: Numbers) -> tuple[str, ...]:
    """Words that stand among numbers again and again, as "closed" or "trace" do, and so are no slips; in lower case.

    Args:
        cells: of a column.
        found: them as numbers.
    """
    counts = Counter(cells[row].lower() for row in found.bad)
    numbers = len(cells) - int(found.absent.sum()) - len(found.bad)
    repeated = 0 < len(counts) <= _MOST_KINDS and min(counts.values()) >= _LEAST_CELLS
    many = numbers > _FEW and len({*cells}) > _FEW and len(found.bad) < numbers
    written = any(any(map(str.isdigit, word)) for word in counts)
    return tuple(sorted(counts)) if repeated and many and not written else ()
