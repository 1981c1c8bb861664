"""The lessons, each a file of TOML in ``learn/``; and each as a notebook.

A lesson has steps: ``read`` is a text, ``predict`` a question with choices, ``code`` a program to change until its
checks hold, ``knobs`` likewise, and on the page a perceptron whose knobs are turned. Texts are in English, and may have
`` `code` `` and ``[words](word)`` of the glossary.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from clarinet.studio.words import Refusal, Words, _

_FOLDER = Path(__file__).parent / "learn"
_ANSWER = _("Answer")


@dataclass(frozen=True)
class Check:
    """What has to hold after a program: an expression of Python, and a hint for when it does not."""

    that: str
    hint: str


@dataclass(frozen=True)
class Step:
    """A part of a lesson; which fields it has depends on its kind."""

    kind: str
    text: str = ""
    ask: str = ""
    choices: tuple[str, ...] = ()
    right: int = 0
    because: str = ""
    before: str = ""
    code: str = ""
    solution: tuple[str, ...] = ()
    checks: tuple[Check, ...] = field(default=())

    @property
    def solved(self) -> str:
        """The code with its solution."""
        return self.code.replace(*self.solution)  # type: ignore[arg-type]  # a pair

    def for_page(self) -> dict[str, object]:
        """What the page needs of it."""
        names = ("kind", "text", "ask", "choices", "right", "because", "before", "code")
        found: dict[str, object] = {name: getattr(self, name) for name in names if getattr(self, name) not in ("", ())}
        return {**found, "solved": self.solved} if self.code else found


@dataclass(frozen=True)
class Lesson:
    """A lesson in a language."""

    name: str
    title: str
    steps: tuple[Step, ...]


def lessons(words: Words) -> list[Lesson]:
    """All lessons in a language, in their order."""
    found = []
    for path in sorted(_FOLDER.glob("*-*.toml")):
        given = words.translated(_read(path))
        assert isinstance(given, dict)
        steps = tuple(_step(step) for step in given["steps"])
        found.append(Lesson(path.stem.partition("-")[2], str(given["title"]), steps))
    return found


def lesson(name: object, words: Words) -> Lesson:
    """The lesson of a name.

    Raises:
        ValueError: there is none.
    """
    found = {lesson.name: lesson for lesson in lessons(words)}
    if name not in found:
        raise Refusal(_("there is no lesson {name}"), name=f"{name!r:.40}")
    return found[str(name)]


def glossary(words: Words) -> Mapping[str, object]:
    """What words mean, by their names in links: ``{"unit": {"title": …, "text": …}}``."""
    given = words.translated(_read(_FOLDER / "glossary.toml"))
    assert isinstance(given, dict)
    return given


@cache
def _read(path: Path) -> Mapping[str, object]:
    return tomllib.loads(path.read_text("utf-8"))


def _step(given: Mapping[str, object]) -> Step:
    names: dict[str, object] = {name: tuple(v) if isinstance(v, list) else v for name, v in given.items()}
    for name in ("before", "code"):
        names[name] = str(names.get(name, "")).lstrip("\n")
    names["checks"] = tuple(Check(**check) for check in given.get("checks", ()))  # type: ignore[attr-defined]
    return Step(**names)  # type: ignore[arg-type]  # the files are checked by tests


def notebook(lesson: Lesson, words: Words, *, solved: bool = False) -> dict[str, object]:
    """A lesson as a notebook of Jupyter.

    Args:
        lesson: which.
        words: of its language.
        solved: with the solutions, which run without an error.
    """
    cells: list[tuple[str, str]] = [("markdown", f"# {lesson.title}")]
    ready: set[str] = set()
    for step in lesson.steps:
        cells += [("markdown", _plain(step.text))] if step.text else []
        cells += [("markdown", _question(step, words))] if step.ask else []
        if step.code:
            code = step.solved if solved else step.code
            before = [] if step.before in ready else [step.before]
            ready.add(step.before)
            cells += [("code", text.rstrip("\n")) for text in (*before, code) if text]
            cells += [("code", "\n".join(f"assert {check.that}, {_plain(check.hint)!r}" for check in step.checks))]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": [_cell(number, kind, text, words) for number, (kind, text) in enumerate(cells)],
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cell(number: int, kind: str, text: str, words: Words) -> dict[str, object]:
    if kind == "markdown" and words.right_to_left:
        text = f'<div dir="rtl">\n\n{text}\n\n</div>'
    cell: dict[str, object] = {"id": f"cell-{number}", "cell_type": kind, "metadata": {}, "source": _lines(text)}
    return cell if kind == "markdown" else {**cell, "execution_count": None, "outputs": []}


def _lines(text: str) -> Sequence[str]:
    return text.splitlines(keepends=True)


def _question(step: Step, words: Words) -> str:
    choices = "\n".join(f"- {choice}" for choice in step.choices)
    answer = f"**{step.choices[step.right]}**. {_plain(step.because)}"
    summary = f"<details><summary>{words.say(_ANSWER)}</summary>"
    return f"{_plain(step.ask)}\n\n{choices}\n\n{summary}\n\n{answer}\n\n</details>"


def _plain(text: str) -> str:
    """A text without its links to the glossary."""
    return re.sub(r"\[([^\]]+)\]\(\w+\)", r"\1", text)
