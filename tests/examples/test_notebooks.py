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
    assert page.index(f"<!-- results {name} -->\n") < page.index("<!-- /results -->")
