"""What separates the cells of a text file, and which of its first lines are no rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from clarinet.datasets.formats import Format

_DELIMITERS = ",;\t|"
_CALLED = {"\t": "tabs", " ": "blanks", ",": "commas"}
_SNIFFED_LINES = 50
_EVEN = 0.9
_LEAST_LINES = 4
#: Several numbers in one cell: blanks separate them.
_SERIES = re.compile(r"\s*-?[\d.]+(\s+[-\d.?]+){2,}\s*")
_NUMBER = re.compile(r"[-+]?[$€£]?\s?[\d.,]+\s?[%€$]?")


@dataclass(frozen=True)
class Dialect:
    """How a text file is written.

    Attributes:
        delimiter: between cells; blanks may be several.
        comment: what lines that are not rows begin with.
        always: whether such a line is none even if it has as many cells as a row.
        skip: how many of the first lines are no rows.
        names: a first line of names that stands in a comment; empty where there is none.
        width: cells in most lines.
        quote: the mark around cells that hold delimiters.
        report: the decisions.
        cuts: where cells begin that stand below each other; empty where a delimiter separates them.
    """

    delimiter: str
    comment: str
    always: bool
    skip: int
    names: str
    width: int
    quote: str
    report: tuple[str, ...]
    cuts: tuple[int, ...] = ()

    def cells(self, line: str) -> str:
        """A line, ready for a reader that knows the delimiter."""
        if self.cuts:
            return cut(line, self.cuts)
        return spaced(line) if self.delimiter == " " else line.removeprefix("\ufeff")


def find_dialect(lines: Sequence[str], how: Format, wanted: Collection[str]) -> Dialect:
    """How a file is written, by its first lines.

    Args:
        lines: the first of the file, with their ends.
        how: what somebody has said.
        wanted: names of columns that are in it.
    """
    said, comment = how.delimiter, how.comment or "#"
    first = re.fullmatch(r"\ufeff?sep=(.)\s*", lines[0]) if lines else None
    skip = 1 if first else 0
    if first and said is None:
        said = first[1]
    comments = skip
    while comments < len(lines) and (
        lines[comments].lstrip("\ufeff").startswith(comment) or not lines[comments].strip()
    ):
        comments += 1
    body = [line for line in lines[comments:] if line.strip() and not line.startswith(comment)][:_SNIFFED_LINES]
    delimiter = said or _sniff(body, wanted)
    single = said is None and _score(body, delimiter, wanted)[3] < 2
    cuts = _cuts(body) if single and not any(line.strip() in wanted for line in body) else ()
    if cuts:
        delimiter, body = "\t", [cut(line, cuts) for line in body]
    quote = _quote(body[:1], delimiter)
    widths = [len(row) for row in split(body, delimiter, quote)]
    width = Counter(widths).most_common(1)[0][0] if widths else 1
    names = _names_in_comment(lines[skip:comments], comment, delimiter, body, width)
    report = []
    if cuts:
        report.append("Cells stand below each other, at fixed places")
    elif how.delimiter is None and delimiter != ",":
        report.append(f"Cells are separated by {_CALLED.get(delimiter, repr(delimiter))}")
    if quote == "'":
        report.append("Cells stand in single quotation marks")
    if names:
        report.append(f"The names of the columns stand in a comment, {names.strip()!r}")
    count = sum(line.startswith(comment) for line in lines[skip:comments]) - bool(names)
    if count:
        report.append(f"Skipped: {count} comment line{'s' * (count > 1)} at the beginning")
    return Dialect(delimiter, comment, how.comment is not None, comments, names, width, quote, tuple(report), cuts)


def _names_in_comment(comments: Sequence[str], comment: str, delimiter: str, body: Sequence[str], width: int) -> str:
    """The last comment, if it names the columns of rows that are all numbers."""
    found = [line.lstrip("\ufeff")[len(comment) :].lstrip(comment + " \t") for line in comments if line.strip()]
    if not found or width < 2 or not body:
        return ""
    names, first = (next(split([line], delimiter), []) for line in (found[-1], body[0]))
    number = re.compile(r"[-+]?[\d.,]+([eE][-+]?\d+)?")
    sound = len(names) == len(first) == width and all(names) and not any(map(number.fullmatch, names))
    return found[-1] if sound and any(map(number.fullmatch, first)) else ""


def _quote(header: Sequence[str], delimiter: str) -> str:
    """The quotation mark: single ones where they stand around every name."""
    cells = next(split(header, delimiter), [])
    single = all(len(cell) > 1 and cell[0] == cell[-1] == "'" for cell in cells)
    return "'" if cells and single else '"'


def split(lines: Sequence[str], delimiter: str, quote: str = '"') -> Iterator[list[str]]:
    """Rows of cells, without blanks around them, up to the first that cannot be parsed: with the wrong delimiter
    quotation marks may be unreadable."""
    import csv

    if delimiter == " ":
        lines = [spaced(line) for line in lines]
    rows = csv.reader(lines, delimiter=delimiter, quotechar=quote, skipinitialspace=True)
    try:
        for row in rows:
            if row:
                yield [cell.strip() for cell in row]
    except csv.Error:
        return


def spaced(line: str) -> str:
    """A line whose cells are separated by blanks or tabs, ready for a reader that knows blanks."""
    return line.replace("\t", " ").strip() + "\n"


def _cuts(lines: Sequence[str]) -> tuple[int, ...]:
    """Where columns begin whose cells stand below each other: behind places that are blank in every line.

    Example:
        >>> _cuts(["NAME      AGE ", "Ann Lee     7 ", "Bo        12 ", "Cy Ho     40"])
        (0, 10)
    """
    if len(lines) < _LEAST_LINES or any("\t" in line for line in lines):
        return ()
    rows = [line.rstrip("\r\n") for line in lines]
    width = max(map(len, rows))
    used = [any(row[at : at + 1].strip() for row in rows) for at in range(width)]
    return tuple(at for at in range(width) if used[at] and (at == 0 or not used[at - 1]))


def cut(line: str, cuts: Sequence[int]) -> str:
    """A line whose cells begin at these places, with tabs between them; one with text across them is a single cell.

    Example:
        >>> cut("Ann Lee    7", (0, 10)), cut("(sums of all)", (0, 10))
        ('Ann Lee\\t7\\n', '(sums of all)\\n')
    """
    if any(line[at - 1 : at].strip() for at in cuts[1:]):
        return line.strip() + "\n"
    ends = [*cuts[1:], len(line)]
    return "\t".join(line[begin:end].strip().replace("\t", " ") for begin, end in zip(cuts, ends)) + "\n"


def _sniff(lines: Sequence[str], wanted: Collection[str]) -> str:
    """The delimiter that splits the lines most evenly, then into the cleanest cells, then into most; blanks if nothing
    else does; a comma for a single column."""
    scores = {delimiter: _score(lines, delimiter, wanted) for delimiter in _DELIMITERS}
    best = max(scores, key=lambda delimiter: scores[delimiter])
    if scores[best][0] >= _EVEN and scores[best][2] >= _EVEN:
        return best
    blank = _score(lines, " ", wanted)
    even = blank[0] == 1.0 and len(lines) > 1 and blank[2] >= _EVEN
    return " " if even and (scores[best][3] < 2 or scores[best][2] < _EVEN) else best


def _score(lines: Sequence[str], delimiter: str, wanted: Collection[str]) -> tuple[float, int, float, int]:
    """Evenness, columns that are wanted, cleanness, width."""
    rows = list(split(lines, delimiter))
    counts = Counter(len(row) for row in rows)
    if not counts:
        return (0.0, 0, 0.0, 0)
    width, even = max(counts.items(), key=lambda item: (item[1], item[0]))
    if width < 2:
        return (0.0, 0, 0.0, 1)
    cells = [cell for row in rows if len(row) == width for cell in row]
    clean = sum(_is_clean(cell) for cell in cells) / len(cells)
    named = max((len({*row} & {*wanted}) for row in rows), default=0)
    return (round(even / len(rows), 1), named, round(clean, 1), width)


def _is_clean(cell: str) -> bool:
    """Whether a cell holds no other cells: a number, or text without delimiters."""
    if _SERIES.fullmatch(cell):
        return False
    return bool(_NUMBER.fullmatch(cell)) or not any(mark in cell for mark in ";\t|")
