"""Notebooks are their scripts."""

import pytest

from examples.notebooks import notebook
from examples.programs import PROGRAMS, Program


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_the_notebook_is_made_from_the_script(program: Program) -> None:
    assert program.notebook.read_text("utf-8") == notebook(program.script), "run `make notebooks`"


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_the_readme_has_a_place_for_the_results(program: Program) -> None:
    page = (program.script.parent / "README.md").read_text("utf-8")
    name = program.script.stem
    begin = page.index(f"<!-- results {name} -->\n")
    assert "<!-- /results -->" in page[begin:]


def test_a_notebook_runs_and_shows_its_figure() -> None:
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    program = next(p for p in PROGRAMS if p.path == "questions/outliers.py")
    book = nbformat.read(program.notebook, as_version=4)
    nbclient.NotebookClient(book, resources={"metadata": {"path": program.script.parent}}, timeout=120).execute()
    outputs = [output for cell in book.cells for output in cell.get("outputs", [])]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert any("mean absolute error" in output.get("text", "") for output in outputs)
