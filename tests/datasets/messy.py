"""Tables as people find them: one real table, the wines that scikit-learn ships, written in many bad ways."""

from __future__ import annotations

import datetime
import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROWS = 120
Columns = Mapping[str, list[Any]]
Write = Callable[[Path], None]


def wines() -> dict[str, list[Any]]:
    """Numbers, whole numbers beyond a thousand, a date, a boolean, a region and the cultivar, in mixed order."""
    from sklearn.datasets import load_wine

    found = load_wine()
    rows = np.random.default_rng(0).permutation(len(found.data))[:ROWS]
    data = found.data[rows]
    first = datetime.date(2019, 11, 3)
    return {
        "alcohol": [float(v) for v in data[:, 0]],
        "proline": [int(v) for v in data[:, 12]],
        "hue": [float(v) for v in data[:, 10]],
        "bottled": [first + datetime.timedelta(days=int(7 * v)) for v in data[:, 4]],
        "organic": [bool(v > 13) for v in data[:, 0]],
        "region": [["Piémont", "Toskana", "Würzburg"][int(v) % 3] for v in data[:, 3]],
        "cultivar": [str(found.target_names[i]) for i in found.target[rows]],
    }


#: Where a cell is to hold no value.
GONE = {"hue": {3, 50, 77, 101}, "proline": {10, 60}}


def written(
    columns: Columns,
    delimiter: str = ",",
    *,
    number: Callable[[str, Any], str] = lambda name, value: str(value),
    date: str = "%Y-%m-%d",
    words: tuple[str, str] = ("True", "False"),
    end: str = "",
    header: bool = True,
    line: str = "\n",
    gone: Callable[[int], str] = lambda row: "",
) -> str:
    """The table as text.

    Args:
        columns: of it; cells are quoted that hold the delimiter, quotation marks or line ends.
        delimiter: between cells.
        number, date, words: how numbers, dates, yes and no are written.
        end: of every line, before its end.
        header: whether the first line holds the names.
        line: its end.
        gone: what stands in row ``i`` for a value that is missing.
    """

    def cell(name: str, row: int, value: Any) -> str:
        if row in GONE.get(name, ()):
            return gone(row)
        if isinstance(value, bool):
            return words[not value]
        if isinstance(value, datetime.date):
            return value.strftime(date)
        return number(name, value) if isinstance(value, int | float) else str(value)

    def quoted(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if any(c in text for c in (delimiter, '"', "\n")) else text

    names = list(columns)
    lines = [delimiter.join(map(quoted, names)) + end] if header else []
    rows = range(len(columns[names[0]]))
    lines += [delimiter.join(quoted(cell(name, row, columns[name][row])) for name in names) + end for row in rows]
    return line.join(lines) + line


def german(value: float, unit: str = "") -> str:
    """1.234,5"""
    return f"{value:,}".translate(str.maketrans(",.", ".,")) + unit


def _comma(name: str, value: Any) -> str:
    return str(value).replace(".", ",")


@dataclass(frozen=True)
class Messy:
    """One bad way.

    Attributes:
        write: to a file.
        ending: of its name.
        flags: the one flag that the message asks for; empty where none is needed.
        target: the column to predict.
        same: whether the arrays are those of the plain table; otherwise the columns that are.
    """

    write: Write
    ending: str = ".csv"
    flags: tuple[str, ...] = ()
    target: str = "cultivar"
    same: bool | tuple[str, ...] = True


def text(made: Callable[[Columns], str], encoding: str = "utf-8", **more: Any) -> Messy:
    """A text file."""
    return Messy(lambda path: path.write_text(made(wines()), encoding=encoding, newline="") and None, **more)


def _with(columns: Columns, **more: list[Any]) -> dict[str, list[Any]]:
    return {**columns, **more}


def _marks(row: int) -> str:
    return ["NA", "n/a", "-", "?", "null", ""][row % 6]


def _savetxt(columns: Columns) -> str:
    file = io.StringIO()
    numbers = np.array([columns["alcohol"], columns["proline"], columns["hue"]]).T
    np.savetxt(file, numbers, header="alcohol proline hue", fmt="%.2f")
    return file.getvalue()


def _with_row_names(columns: Columns) -> str:
    lines = written(columns).splitlines()
    return "\n".join([lines[0], *(f"wine {i},{each}" for i, each in enumerate(lines[1:]))])


def _reviews(columns: Columns) -> list[str]:
    rng = np.random.default_rng(1)
    praise = {"0": "light fresh citrus", "1": "soft round berry", "2": "heavy dark spice"}
    filler = ["a", "wine", "to", "have", "with", "friends", "on", "any", "long", "evening", "at", "home"]
    return [
        " ".join(rng.permutation([*praise[cultivar[-1]].split(), *rng.choice(filler, 6)]))
        for cultivar in columns["cultivar"]
    ]


def _excel(path: Path) -> None:
    from openpyxl import Workbook

    columns = wines()
    book = Workbook()
    sheet = book.active
    sheet.append(["Wines, as measured"])
    sheet.append([])
    sheet.append(list(columns))
    for row in range(ROWS):
        sheet.append([None if row in GONE.get(name, ()) else cells[row] for name, cells in columns.items()])
    book.create_sheet("notes").append(["nothing here"])
    book.save(path)


def _parquet(path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    columns = wines()
    cells = {name: [None if i in GONE.get(name, ()) else v for i, v in enumerate(c)] for name, c in columns.items()}
    parquet.write_table(pyarrow.table(cells), path)


def _among(columns: Columns, row: int, *lines: str) -> str:
    """The table with lines before a row."""
    found = written(columns).splitlines()
    return "\n".join([*found[:row], *lines, *found[row:]])


def _packed(pack: Callable[[bytes], bytes], ending: str) -> Messy:
    return Messy(lambda path: path.write_bytes(pack(written(wines()).encode())) and None, ending)


def _zipped(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("wines/wines.csv", content)
        archive.writestr("__MACOSX/wines/._wines.csv", b"0")
    return file.getvalue()


def _records() -> list[dict[str, Any]]:
    columns = {n: [None if i in GONE.get(n, ()) else v for i, v in enumerate(c)] for n, c in wines().items()}
    return [{name: cells[row] for name, cells in columns.items()} for row in range(ROWS)]


def _second_sheet(path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["About", "these wines"])
    sheet = book.create_sheet("measured")
    for row in [list(wines()), *(list(each.values()) for each in _records())]:
        sheet.append([None, *row])
    book.save(path)


def _every_fifth(cells: list[Any], change: Callable[[Any], Any]) -> list[Any]:
    return [change(cell) if row % 5 == 0 else cell for row, cell in enumerate(cells)]


def _sums(columns: Columns) -> str:
    return f"Total,{sum(columns['proline'])},{sum(columns['hue'])},,,,"


def _indian(value: int) -> str:
    """₹ 12,34,500"""
    whole, end = str(value)[:-3], str(value)[-3:]
    return "₹ " + re.sub(r"(?<=\d)(?=(\d\d)+$)", ",", whole) + "," + end


def _form(columns: Columns) -> str:
    """As the answers of a questionnaire are saved."""
    rows = range(ROWS)
    answers = [";".join(a for n, a in enumerate(("sweet", "dry", "red wine")) if (i >> n) & 1) for i in rows]
    asked = _with(
        columns,
        bottled=[f"2024/{1 + i % 12:02}/{1 + i % 28:02} {1 + i % 12}:05:09 PM GMT+1" for i in rows],
        region=answers,
        mail=[f"p{i}@example.org" for i in rows],
    )
    return re.sub(
        r"([^,\n]+)",
        r'"\1"',
        written({"Which kinds? (all that apply)" * (n == "region") or n: c for n, c in asked.items()}),
    )


_SPANISH = ["enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto"]
_SPANISH += ["septiembre", "octubre", "noviembre", "diciembre"]
_RUSSIAN = {"P": "Пьемонт", "T": "Тоскана", "W": "Вюрцбург"}
_NUMBERS = ("alcohol", "proline", "hue")
#: By the fault.
MESSY: dict[str, Messy] = {
    "semicolons and decimal commas": text(lambda c: written(c, ";", number=_comma)),
    "tabs": text(lambda c: written(c, "\t")),
    "bars, lines of Windows": text(lambda c: written(c, "|", line="\r\n")),
    "UTF-16 from Excel": text(lambda c: written(c, "\t", number=_comma), "utf-16"),
    "UTF-16 without a mark": text(lambda c: written(c, ";", number=_comma), "utf-16-le"),
    "cp1252": text(lambda c: written(c, ";", number=_comma), "cp1252"),
    "a mark of UTF-8": text(written, "utf-8-sig"),
    "aligned by blanks": text(
        lambda c: "\n".join(
            "  ".join(f"{cell:>12}" for cell in line.split("|"))
            for line in written(c, "|", gone=lambda i: "NA").splitlines()
        )
    ),
    "German thousands and euros": text(
        lambda c: written(c, ";", number=lambda n, v: german(v, " €" if n == "proline" else ""))
    ),
    "dollars with thousands": text(
        lambda c: written(c, number=lambda n, v: f"${v:,.2f}" if n == "proline" else str(v))
    ),
    "Swiss thousands": text(lambda c: written(c, ";", number=lambda n, v: f"{v:,}".replace(",", "'"))),
    "percent": text(lambda c: written(c, number=lambda n, v: f"{v} %" if n == "alcohol" else str(v))),
    "many marks for nothing": text(lambda c: written(c, gone=_marks)),
    "-999 for nothing": text(lambda c: written(c, gone=lambda i: "-999.0"), flags=("--missing", "-999")),
    "no names": text(lambda c: written(c, header=False), target="column7"),
    "the day first": text(lambda c: written(c, date="%d/%m/%Y")),
    "the month first, in the afternoon": text(lambda c: written(c, date="%m/%d/%Y 03:30 PM"), same=_NUMBERS),
    "months by name": text(lambda c: written(c, date="%d-%b-%y")),
    "dates that can be read in two ways": text(
        lambda c: written(_with(c, bottled=[d.replace(day=1 + d.day % 12) for d in c["bottled"]]), date="%m/%d/%Y"),
        flags=("--date-order", "mdy"), same=_NUMBERS,
    ),
    "numbers that can be read in two ways": text(
        lambda c: written({n: c[n] for n in ("proline", "cultivar")}, ";", number=lambda n, v: f"{v + 1000:,}"),
        flags=("--decimal", "."), same=False,
    ),
    "ids and constants": text(
        lambda c: written({"WineID": [*range(ROWS)], "unit": ["ml"] * ROWS, **c, "empty": [""] * ROWS})
    ),
    "ja and nein": text(lambda c: written(c, words=("ja", "nein"))),
    "comments and a title": text(
        lambda c: "# measured by hand\n# 1991\n" + written(c, ";").replace("\n", "\n# half; of them\n", 1)
    ),
    "a title and an empty line": text(lambda c: "Wines of Italy\n\n" + written(c)),
    "names in a comment": text(_savetxt, target="alcohol", same=False),
    "delimiters at the end": text(lambda c: written(c, ";", end=";")),
    "empty lines and rows": text(
        lambda c: written(c).replace("\n", "\n\n", 3).replace("\n\n", "\n,,,,,,\n", 1) + ",,,,,,\n\n"
    ),
    "line ends within cells": text(
        lambda c: written(_with(c, region=[f"{region}\nItaly" for region in c["region"]])), same=_NUMBERS
    ),
    "names twice": text(
        lambda c: written(c).replace("hue", "alcohol", 1), same=False
    ),
    "sep= of Excel": text(lambda c: "sep=|\n" + written(c, "|")),
    "names of rows": text(_with_row_names),
    "very many names": text(
        lambda c: written(_with(c, village=[f"V{int(a * 40) % 70}" for a in c["alcohol"]])), same=_NUMBERS
    ),
    "sentences": text(lambda c: written({"review": _reviews(c), "cultivar": c["cultivar"]}), same=False),
    "Cyrillic in cp1251": text(
        lambda c: written(_with(c, region=[_RUSSIAN[region[0]] for region in c["region"]])),
        "cp1251", flags=("--encoding", "cp1251"), same=_NUMBERS,
    ),
    "units below the names": text(lambda c: _among(c, 1, "[%],mg/l,[-],,,,[kind]")),
    "groups above the names": text(lambda c: _among(c, 0, "measured,,,told,,,", "")),
    "sums below": text(lambda c: _among(c, ROWS + 1, _sums(c))),
    "means and sums below": text(lambda c: _among(c, ROWS + 1, "Average,700.1,0.9,,,,", _sums(c))),
    "pages": text(
        lambda c: "\n".join(
            f"------\n{written(c, ';').splitlines()[0]}\n{line}" if i in (51, 101) else line
            for i, line in enumerate(written(c, ";").splitlines())
        )
    ),
    "questions below the names": text(
        lambda c: _among(c, 1, *[",".join(f"{what} {name}" for name in c) for what in ("How about", "Import of")])
    ),
    "notes beside numbers": text(lambda c: written(_with(c, hue=_every_fifth(c["hue"], "{}[a]".format)))),
    "notes below": text(lambda c: _among(c, ROWS + 1, "", "Source: the wine makers", "1) as told", "")),
    "rows that end early": text(
        lambda c: "\n".join(line.rstrip(",") for line in written(_with(c, note=["", "x"] * (ROWS // 2))).splitlines()),
        same=_NUMBERS,
    ),
    "rows that are too long": text(
        lambda c: _among(c, 9, "1,2,3,4,5,6,7,8,9"), flags=("--skip-damaged",)
    ),
    "single quotation marks": text(lambda c: re.sub(r"([^,\n]+)", r"'\1'", written(c))),
    "units and bounds": text(
        lambda c: written(
            _with(c, hue=_every_fifth(c["hue"], "< {}".format)),
            number=lambda n, v: f"{v} mg/l" if n == "proline" else str(v),
        )
    ),
    "several units": text(
        lambda c: written(_with(c, proline=[f"{v} g" if v % 3 else f"{v / 1000} kg" for v in c["proline"]]))
    ),
    "thousands by a letter": text(
        lambda c: written(c, number=lambda n, v: f"{v / 1000}K" if n == "proline" and v >= 1000 else str(v))
    ),
    "millions of dollars": text(
        lambda c: written(_with(c, region=[f"${1 + i}.5M" if i % 3 else f"${i}00k" for i in range(ROWS)])),
        same=_NUMBERS,
    ),
    "lakhs": text(
        lambda c: written(_with(c, region=[_indian(100_500 + 9_000 * v) for v in c["proline"]])), same=_NUMBERS
    ),
    "hours and minutes": text(
        lambda c: written(_with(c, region=[f"{i % 5}h {i % 60}m" if i % 5 else f"{i % 60} min" for i in range(ROWS)])),
        same=_NUMBERS,
    ),
    "so many of five": text(lambda c: written(c, number=lambda n, v: f"{v}/5" if n == "hue" else str(v))),
    "ranges": text(
        lambda c: written(_with(c, proline=_every_fifth(c["proline"], lambda v: f"{v - 10} - {v + 10}")))
    ),
    "answers of a form": text(_form, same=_NUMBERS),
    "sim and não": text(lambda c: written(c, words=("Sim", "Não"))),
    "days without marks": text(lambda c: written(c, date="%Y%m%d")),
    "months in Spanish": text(
        lambda c: written(_with(c, bottled=[f"{d.day} de {_SPANISH[d.month - 1]} de {d.year}" for d in c["bottled"]]))
    ),
    "words in capitals": text(lambda c: written(_with(c, cultivar=_every_fifth(c["cultivar"], str.upper)))),
    "months": text(lambda c: written(c, date="%b %Y"), same=_NUMBERS),
    "times": text(
        lambda c: written(_with(c, bottled=[f"{1 + i % 12}:{i % 60:02} pm" for i in range(ROWS)])), same=_NUMBERS
    ),
    "dashes among names": text(
        lambda c: written(_with(c, region=_every_fifth(c["region"], lambda name: "-"))), same=_NUMBERS
    ),
    "gzip": _packed(gzip.compress, ".csv.gz"),
    "a zip archive": _packed(_zipped, ".zip"),
    "JSON": Messy(lambda path: path.write_text(json.dumps(_records(), default=str)) and None, ".json"),
    "JSON, a row a line": Messy(
        lambda path: path.write_text("\n".join(json.dumps(row, default=str) for row in _records())) and None, ".jsonl"
    ),
    "the second sheet": Messy(_second_sheet, ".xlsx"),
    "Excel": Messy(_excel, ".xlsx"),
    "Parquet": Messy(_parquet, ".parquet"),
}  # fmt: skip
