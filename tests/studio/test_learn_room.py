"""Lessons: what they are made of, their notebooks, and learners' programs, which run in a process that may die."""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import Any

import pytest

from clarinet.studio import learn_room
from clarinet.studio.learn_lessons import Lesson, glossary, lessons, notebook
from clarinet.studio.learn_worker import MOST_OUTPUT, tried
from clarinet.studio.words import LANGUAGES, Refusal, Words
from tests.studio.conftest import Client

LESSONS = lessons(Words("en"))
CODE = [(lesson, at) for lesson in LESSONS for at, step in enumerate(lesson.steps) if step.code]
IDS = [f"{lesson.name}-{at}" for lesson, at in CODE]


def asked(lesson: Lesson, at: int, code: str) -> dict[str, Any]:
    return {"lesson": lesson.name, "step": at, "code": code}


def test_every_lesson_predicts_does_and_ends_with_a_check() -> None:
    assert [lesson.name for lesson in LESSONS] == [
        "hours", "scale", "sigmoid", "hidden", "knobs", "bug", "backpropagation",
    ]  # fmt: skip
    for lesson in LESSONS:
        kinds = [step.kind for step in lesson.steps]
        assert kinds[-1] == "predict"
        assert {"read", "predict"} < set(kinds) <= {"read", "predict", "code", "knobs"}
        for step in lesson.steps:
            assert (step.kind == "predict") == bool(step.ask and step.because and 0 <= step.right < len(step.choices))
            assert bool(step.code) == (step.kind in ("code", "knobs")) == bool(step.checks)
            assert not step.code or step.solved != step.code


def test_links_lead_to_the_glossary_and_every_word_is_linked() -> None:
    text = json.dumps([[step.for_page() for step in lesson.steps] for lesson in LESSONS])
    assert set(re.findall(r"\]\((\w+)\)", text)) == set(glossary(Words("en")))


@pytest.mark.parametrize(("lesson", "at"), CODE, ids=IDS)
def test_a_program_fails_as_it_is_given_and_passes_solved(lesson: Lesson, at: int) -> None:
    step = lesson.steps[at]
    checks = [check.that for check in step.checks]
    assert tried(step.before, step.code, checks)["failed"] in range(len(checks))
    assert tried(step.before, step.solved, checks)["failed"] is None


def test_hints_are_of_the_first_check_that_fails() -> None:
    assert tried("", "a = 1", ["a == 1", "a == 2", "nonsense"])["failed"] == 1
    assert tried("", "a = 1", ["unheard"])["failed"] == 0


def test_errors_are_said_from_the_learners_own_lines_on() -> None:
    said = tried("def f():\n    raise KeyError('x')", "f()", [])
    assert said["failed"] == -1
    assert "learn_worker" not in str(said["output"])
    assert str(said["output"]).rstrip().endswith("KeyError: 'x'")
    assert tried("", "raise SystemExit(3)", [])["failed"] == -1
    assert "SyntaxError" in str(tried("", "a = = 1", [])["output"])


def test_long_output_is_cut() -> None:
    assert len(str(tried("", "print('x' * 10_000_000)", [])["output"])) == MOST_OUTPUT


def test_running(client: Client) -> None:
    knobs = next(lesson for lesson in LESSONS if lesson.name == "knobs")
    at = next(at for at, step in enumerate(knobs.steps) if step.code)
    given = asked(knobs, at, knobs.steps[at].code)
    status, said, _ = client.ask("POST", "/learn/run?lang=es", given)
    assert (status, json.loads(said)["hint"]) == (200, "La lámpara solo ha de encenderse con el cinco.")
    assert client.json("POST", "/learn/run", asked(knobs, at, knobs.steps[at].solved))["passed"] is True


def test_only_this_studios_pages_may_run_programs(client: Client) -> None:
    given = asked(LESSONS[4], 2, "print(1)")
    assert client.ask("POST", "/learn/run", given, known=False)[0] == 403
    assert client.ask("POST", "/learn/run", given, Origin="http://evil.example")[0] == 403
    assert client.ask("GET", "/learn/run")[0] == 405


@pytest.mark.parametrize("code", ["import os; os._exit(3)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"])
def test_a_program_may_bring_its_process_down(client: Client, code: str) -> None:
    status, said, _ = client.ask("POST", "/learn/run", asked(LESSONS[4], 2, code))
    assert (status, b"brought its process down" in said) == (400, True)


def test_a_program_has_a_time_limit() -> None:
    begin = time.monotonic()
    with pytest.raises(Refusal, match="took longer than"):
        asyncio.run(learn_room._tried(LESSONS[4].steps[2], "while True: pass", 1.5))
    assert time.monotonic() - begin < 15


@pytest.mark.parametrize(
    "given",
    [{}, {"lesson": "none"}, {"lesson": "knobs", "step": 0, "code": ""}, {"lesson": "knobs", "step": 99, "code": ""},
     {"lesson": "knobs", "step": 2, "code": 3}, {"lesson": ["knobs"], "step": 2, "code": ""}],
    ids=range(6),
)  # fmt: skip
def test_what_cannot_be_run(client: Client, given: dict[str, Any]) -> None:
    assert client.ask("POST", "/learn/run", given)[0] == 400


def test_notebooks(client: Client) -> None:
    nbformat = pytest.importorskip("nbformat", reason="nbformat is missing")
    for lesson in LESSONS:
        status, said, headers = client.ask("GET", f"/learn/{lesson.name}.ipynb?lang=ar")
        assert status == 200
        assert headers["content-disposition"] == f'attachment; filename="{lesson.name}.ipynb"'
        book = nbformat.reads(said.decode(), as_version=4)
        nbformat.validate(book)
        assert 'dir="rtl"' in book.cells[0].source
        code = "\n".join(cell.source for cell in book.cells if cell.cell_type == "code")
        assert all(step.code.strip() in code for step in lesson.steps)
    assert client.ask("GET", "/learn/none.ipynb")[0] == 400


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_notebooks_run(lesson: Lesson) -> None:
    nbformat = pytest.importorskip("nbformat", reason="nbformat is missing")
    nbclient = pytest.importorskip("nbclient", reason="nbclient is missing")
    solved = nbformat.reads(json.dumps(notebook(lesson, Words("en"), solved=True)), as_version=4)
    nbclient.NotebookClient(solved, timeout=120).execute()
    if lesson.name != "knobs":
        unsolved = nbformat.reads(json.dumps(notebook(lesson, Words("en"))), as_version=4)
        with pytest.raises(nbclient.exceptions.CellExecutionError, match="AssertionError"):
            nbclient.NotebookClient(unsolved, timeout=120).execute()


@pytest.mark.parametrize("language", LANGUAGES)
def test_lessons_in_every_language_have_the_same_code(language: str) -> None:
    for lesson, same in zip(LESSONS, lessons(Words(language))):
        assert [(step.code, step.solution) for step in lesson.steps] == [(s.code, s.solution) for s in same.steps]
