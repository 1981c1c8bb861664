"""Tables as banks, portals, loggers and web services export them, made of the same wines as those of ``messy``."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from typing import Any

from tests.datasets.messy import ROWS, Messy, _records, _with, text, wines, written

_NUMBERS = ("alcohol", "proline", "hue")


def _accounted(name: str, value: Any) -> str:
    """$ (1,234) for what was lost; $ - for nothing."""
    shown = f"{abs(value - 700):,}" if name == "proline" else ""
    return str(value) if not shown else "$ -" if shown == "0" else f"$ ({shown})" if value < 700 else f"$ {shown}"


def _answer() -> dict[str, Any]:
    """What a web service says: the rows below a name, with records within them."""
    rows = [{**row, "grown": {"region": row["region"], "organic": row["organic"]}} for row in _records()]
    return {"count": ROWS, "next": None, "results": rows}


def _lines() -> bytes:
    return gzip.compress("\n".join(json.dumps(row, default=str) for row in _records()).encode())


def _archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("LICENSE", "as you like")
        archive.writestr("README.txt", "Wines of Italy.")
        archive.writestr("wines.csv", written(wines()))
    return file.getvalue()


#: By the fault.
EXPORTS: dict[str, Messy] = {
    "losses in brackets": text(lambda c: written(c, number=_accounted), same=("alcohol", "hue")),
    "places in one cell": text(
        lambda c: written(_with(c, region=[f"{40 + v:.3f}, {9.5 - v:.3f}" for v in c["hue"]])), same=_NUMBERS
    ),
    "telephones": text(
        lambda c: written(_with(c, region=[f"+43 1 {2_000_000 + 977 * i}" for i in range(ROWS)])), same=_NUMBERS
    ),
    "a word for nothing": text(lambda c: written(c, gone=lambda i: "trace")),
    "how exact": text(lambda c: written(c, number=lambda n, v: f"{v} ± 0.2" if n == "alcohol" else str(v))),
    "laps": text(
        lambda c: written(_with(c, region=[f"{i % 3}:{i % 60:02}.{i % 10}" for i in range(ROWS)])), same=_NUMBERS
    ),
    "at fixed places": text(
        lambda c: "\n".join(
            "".join(f"{cell:<16}" for cell in line.split("|"))
            for line in written(_with(c, maker=["Ann Lee", "Bo", "Cy van Ho"] * (ROWS // 3)), "|").splitlines()
        ),
        same=_NUMBERS,
    ),
    "a count of the rows": text(lambda c: written(c, "|") + f"({ROWS} rows)\n"),
    "an answer of a web service": Messy(
        lambda path: path.write_text(json.dumps(_answer(), default=str)) and None, ".json", same=_NUMBERS
    ),
    "an archive with a licence": Messy(lambda path: path.write_bytes(_archive()) and None, ".zip"),
    "JSON, a row a line, packed": Messy(lambda path: path.write_bytes(_lines()) and None, ".jsonl.gz"),
}
