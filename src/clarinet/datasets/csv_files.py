"""Reading a CSV file into columns of text, with the line of every row, and an error where a guess would be needed."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from clarinet.datasets.headers import header_of
from clarinet.datasets.text_table import TextTable
from clarinet.wording import option

_DELIMITERS = ",;\t|"
_SNIFFED_LINES = 20


def read_csv(
    path: str | os.PathLike[str],
    *,
    delimiter: str | None = None,
    encoding: str = "utf-8",
    decimal: str = ".",
    header: bool | None = None,
) -> TextTable:
    """Read a CSV file; cells are stripped of blanks around them.

    Args:
        path: the file.
        delimiter: one character; None finds out which of comma, semicolon, tab and ``|`` it is.
        encoding: of the text; a byte order mark is skipped.
        decimal: the character before the decimals, ``"."`` or ``","``.
        header: whether the first line names the columns; False calls them column1, column2, …; None finds out, and
            refuses a first line that looks like data.

    Returns:
        Columns of text. Empty lines are skipped.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: empty, not text in this encoding, no header, a name missing or twice, a row with more or fewer
            cells than the header, or broken quotation marks.
    """
    path = Path(path)
    if delimiter is not None and (not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '\r\n"'):
        raise ValueError(f"{option('delimiter', delimiter)}: expected one character such as ';'; left out, it is found")
    if decimal not in (".", ",") or decimal == delimiter:
        raise ValueError(f"{option('decimal', decimal)}: expected '.' or ',', and another character than the delimiter")
    rows, places = _rows(_decode(path, encoding), delimiter, path)
    if not rows:
        raise ValueError(f"{path} is empty; expected a line of column names, then one line a row")
    names, begin = header_of(rows, str(path), header)
    columns = {name: [row[i] for row in rows[begin:]] for i, name in enumerate(names)}
    return TextTable(str(path), columns, places[begin:], decimal)


def _rows(text: str, delimiter: str | None, path: Path) -> tuple[list[list[str]], list[str]]:
    """Every row, the header first, and the line on which it ends."""
    import csv
    import io

    # csv needs lines as files yield them; str.splitlines would also split at form feeds and the like.
    lines = list(io.StringIO(text, newline=""))
    reader = csv.reader(lines, delimiter=delimiter or _sniff(lines), skipinitialspace=True, strict=True)
    rows: list[list[str]] = []
    places: list[str] = []
    try:
        for row in reader:
            if not row or (len(row) == 1 and not row[0].strip()):
                continue
            if rows and len(row) != len(rows[0]):
                raise ValueError(
                    f"{path}, line {reader.line_num}: expected {len(rows[0])} cells, as in the first line, "
                    f"got {len(row)}; "
                    'text that holds the delimiter belongs in quotation marks ("a, b")'
                )
            rows.append([cell.strip() for cell in row])
            places.append(f"line {reader.line_num}")
    except csv.Error as error:
        raise ValueError(
            f"{path}, line {reader.line_num}: {error}; is a quotation mark left open, or single inside quoted text?"
        ) from None
    return rows, places


def _decode(path: Path, encoding: str) -> str:
    raw = path.read_bytes()
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and "16" not in encoding:
        raise ValueError(f"{path} is written in UTF-16, not {encoding}; pass {option('encoding', 'utf-16')}")
    for magic, what in (
        (b"PK\x03\x04", "a zip archive or an Excel workbook"),
        (b"\x1f\x8b", "gzipped"),
        (b"PAR1", "Parquet"),
    ):
        if raw.startswith(magic):
            raise ValueError(f"{path} is {what}, not CSV text; unpack it, or export it as CSV")
    try:
        text = raw.decode(encoding)
    except LookupError:
        raise ValueError(f'{option("encoding", encoding)} is unknown; try "utf-8", "cp1252" or "latin-1"') from None
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{path}, line {line}: byte {raw[error.start]:#04x} is no {encoding} text; "
            f"files from older Windows programs need {option('encoding', 'cp1252')}"
        ) from None
    if "\0" in text:
        raise ValueError(
            f"{path}, line {text.count(chr(10), 0, text.index(chr(0))) + 1}: a NUL byte; is this a text file?"
        )
    return text.removeprefix("\ufeff")


def _sniff(lines: Sequence[str]) -> str:
    """The delimiter that splits the first lines most evenly, then into most cells; a comma for a single column."""
    import csv

    def evenness(delimiter: str) -> tuple[int, int]:
        sample = csv.reader(lines[:_SNIFFED_LINES], delimiter=delimiter, skipinitialspace=True)
        widths = [len(row) for row in _until_broken(sample) if row]
        if not widths or widths[0] == 1:
            return (0, 0)
        return (sum(width == widths[0] for width in widths), widths[0])

    return max(_DELIMITERS, key=evenness)


def _until_broken(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    """Rows up to the first that cannot be parsed: with the wrong delimiter quotation marks may be unreadable."""
    import csv

    try:
        yield from rows
    except csv.Error:
        return
