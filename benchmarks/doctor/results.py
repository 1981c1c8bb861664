"""The results page: each part is written by the command that measures it, the others stay."""

from __future__ import annotations

import os
import platform
import re
import sys
from pathlib import Path

import numpy as np

import clarinet

PAGE = Path(__file__).parent / "results.md"
PARTS = {
    "develop": "Mutants to choose with: thresholds were set with these in sight (`make doctor-bench`)",
    "check": "Mutants to check with: looked at to see whether what was chosen holds",
    "final": "Mutants to judge by: run once",
    "score": "The score (`make doctor-bench`)",
    "splits": "Thresholds chosen on one half of the sources, scored on the other (`ARGS=--splits`)",
    "cures": "Cures proved (`ARGS='--treat --fresh'`)",
}


def write(part: str, text: str) -> None:
    """Put this text, with machine and versions, in its part of the page."""
    parts = dict(re.findall(r"<!-- (\w+) -->\n(.*?)<!-- /\1 -->", _page(), re.DOTALL))
    parts[part] = f"{_machine()}\n\n{text}\n"
    body = (f"## {title}\n\n<!-- {name} -->\n{parts.get(name, '')}<!-- /{name} -->\n" for name, title in PARTS.items())
    PAGE.write_text("# The doctor on broken and on sound programs\n\n" + "\n".join(body), "utf-8")


def read(part: str) -> str:
    """What the page says in a part."""
    found = re.search(rf"<!-- {part} -->\n(.*?)<!-- /{part} -->", _page(), re.DOTALL)
    return found[1].strip() if found else "not measured"


def _page() -> str:
    return PAGE.read_text("utf-8") if PAGE.exists() else ""


def _machine() -> str:
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores; Python {sys.version.split()[0]}, "
        f"NumPy {np.__version__}, Clarinet {clarinet.__version__}."
    )
