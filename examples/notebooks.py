"""Write the examples' notebooks from their scripts: `python -m examples.notebooks` (`make notebooks`)."""

from __future__ import annotations

import sys
from pathlib import Path

from .programs import PROGRAMS


def notebook(script: Path) -> str:
    """The notebook of a script in the percent format, without outputs; equal scripts give equal text."""
    import jupytext
    import nbformat

    book = jupytext.read(script, fmt="py:percent")
    book.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for number, cell in enumerate(book.cells):
        cell.id = f"cell-{number}"  # by default a random one
    return str(nbformat.writes(book)) + "\n"


def main() -> int:
    for program in PROGRAMS:
        program.notebook.write_text(notebook(program.script), encoding="utf-8")
        print(program.notebook)
    return 0


if __name__ == "__main__":
    sys.exit(main())
