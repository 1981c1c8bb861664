"""How CSV files are written, found out by their first lines, for Arrow's reader."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import islice
from pathlib import Path

from clarinet.data.arrow import pyarrow
from clarinet.datasets.dialects import Dialect, find_dialect, split
from clarinet.datasets.formats import Format
from clarinet.datasets.headers import find_layout
from clarinet.datasets.numerals import NO_NUMBER
from clarinet.wording import option

_LINES, _BYTES = 300, 1 << 20


def csv_format(
    paths: Sequence[Path],
    how: Format,
    wanted: Collection[str],
    numbers: Collection[str] = (),
    missing: Collection[str] = (),
) -> object:
    """Arrow's format for some files.

    Args:
        paths: the files, all written in one way.
        how: what somebody has said.
        wanted: columns that are in them.
        numbers: columns of numbers that Arrow may read itself; all others are text.
        missing: cells of these that mean "no value", in lower case.

    Raises:
        ValueError: their first lines differ, or are written as Arrow does not read them.
    """
    arrow = pyarrow()
    dialect, skip, names = _beginning(paths[0], how, wanted)
    for path in paths[1:]:
        other, skipped, found = _beginning(path, how, wanted)
        if (other.delimiter, skipped, found) != (dialect.delimiter, skip, names):
            raise ValueError(f"{path} begins in another way than {paths[0]}: columns, their order, or lines above them")
    kinds = {name: arrow.float64() if name in numbers else arrow.string() for name in names}
    encoding = "utf8" if how.encoding is None else how.encoding
    return arrow.dataset.CsvFileFormat(
        parse_options=arrow.csv.ParseOptions(delimiter=dialect.delimiter, newlines_in_values=True),
        read_options=arrow.csv.ReadOptions(column_names=names, skip_rows=skip, encoding=encoding, block_size=_BYTES),
        convert_options=arrow.csv.ConvertOptions(
            column_types=kinds, null_values=_spelled({*missing, *NO_NUMBER}), quoted_strings_can_be_null=False
        ),
    )


def usual_mark(path: Path, how: Format, wanted: Collection[str]) -> str | None:
    """The mark before decimals of cells that do not show it: a point where commas separate cells."""
    return "." if _beginning(path, how, wanted)[0].delimiter == "," else None


def _spelled(words: Collection[str]) -> list[str]:
    """Cells as they may be spelled."""
    return sorted({form for word in words for form in (word, word.upper(), word.capitalize(), word.title())} | {"NaN"})


def _beginning(path: Path, how: Format, wanted: Collection[str]) -> tuple[Dialect, int, list[str]]:
    """How a file is written, the number of lines above its rows, and the columns' names."""
    lines = _first_lines(path, how.encoding or "utf-8")
    dialect = find_dialect(lines, how, wanted)
    if dialect.delimiter == " " or dialect.cuts:
        advice = "read it with load_table, or write it as Parquet"
        raise ValueError(
            f"{path}: blanks separate the cells, which cannot be streamed; {advice}, or say {option('delimiter')}"
        )
    rows, at = [], []
    for number, line in enumerate(lines[dialect.skip :], dialect.skip):
        cells = next(split([line.removeprefix("\ufeff")], dialect.delimiter), [])
        if any(cells):
            rows.append(cells)
            at.append(number)
    if dialect.names:
        return dialect, dialect.skip, next(split([dialect.names], dialect.delimiter))
    if not rows:
        raise ValueError(f"{path} is empty; expected a line of column names, then one line a row")
    layout = find_layout(rows, str(path), how.header, wanted)
    return dialect, at[layout.begin] if layout.begin < len(at) else len(lines), list(layout.names)


def _first_lines(path: Path, encoding: str) -> list[str]:
    arrow = pyarrow()
    with arrow.input_stream(str(path), compression="detect") as file:
        start = file.read(_BYTES)
    try:
        whole = start.decode(
            "utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding,
            "strict" if len(start) < _BYTES else "ignore",
        )
    except UnicodeDecodeError:
        raise ValueError(
            f"{path} is not text in {encoding}; say how it is written, such as {option('encoding', 'cp1252')}"
        ) from None
    lines = whole.splitlines(keepends=True)
    return list(islice(lines if len(start) < _BYTES else lines[:-1] or lines, _LINES))
