"""The room Learn: lessons, notebooks, and a process for each program that a learner tries."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from clarinet.studio.answering import as_json, in_words, parsed, settings_of, until_closed
from clarinet.studio.learn_lessons import Step, glossary, lesson, lessons, notebook
from clarinet.studio.words import Refusal, Words, _, preferred

#: Seconds that a learner's program may take, and programs at once.
SECONDS, _AT_ONCE = 60.0, 2
_MOST_ANSWER = 1_000_000


class LearnRoom:
    """Answers what the page of lessons asks.

    Args:
        seconds: that a program may take.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._turns = asyncio.Semaphore(_AT_ONCE)

    def routes(self) -> Sequence[BaseRoute]:
        """Addresses and what they answer."""
        return [
            WebSocketRoute("/learn/live", self.live),
            Route("/learn/lessons", in_words(self.lessons)),
            Route("/learn/{name}.ipynb", in_words(self.notebook)),
            Route("/learn/run", in_words(self.run), methods=["POST"]),
        ]

    async def live(self, socket: WebSocket) -> None:
        """Nothing is told; but a studio whose page is open does not end by itself."""
        await socket.accept()
        await until_closed(socket)

    async def lessons(self, request: Request) -> Response:
        """All lessons and the glossary."""
        words = _words(request)
        found = [
            {"name": one.name, "title": one.title, "steps": [step.for_page() for step in one.steps]}
            for one in lessons(words)
        ]
        return as_json({"lessons": found, "glossary": glossary(words)})

    async def notebook(self, request: Request) -> Response:
        """One lesson as a file for Jupyter."""
        words = _words(request)
        name = request.path_params["name"]
        text = json.dumps(notebook(lesson(name, words), words), ensure_ascii=False, indent=1)
        headers = {"content-disposition": f'attachment; filename="{name}.ipynb"'}
        return Response(text, media_type="application/x-ipynb+json", headers=headers)

    async def run(self, request: Request) -> Response:
        """Run a learner's program, in a process of its own, and try the checks of its step."""
        given = await settings_of(request)
        step, code = _asked(given, _words(request))
        async with self._turns:
            said = await _tried(step, code, self._seconds)
        failed = said.get("failed")
        hint = step.checks[failed].hint if isinstance(failed, int) and 0 <= failed < len(step.checks) else ""
        return as_json({"output": said.get("output", ""), "passed": failed is None, "hint": hint})


def _words(request: Request) -> Words:
    return Words(preferred(request.query_params.get("lang"), ""))


def _asked(given: dict[str, object], words: Words) -> tuple[Step, str]:
    """The step that a program is for, and the program."""
    steps, place, code = lesson(given.get("lesson"), words).steps, given.get("step"), given.get("code")
    if not isinstance(place, int) or not 0 <= place < len(steps) or not steps[place].code or not isinstance(code, str):
        raise Refusal(_("expected a lesson, the number of a step with code, and the code"))
    return steps[place], code


async def _tried(step: Step, code: str, seconds: float) -> dict[str, object]:
    """What comes of a program; see :func:`clarinet.studio.learn_worker.tried`.

    Raises:
        ValueError: it took too long, or brought its process down.
    """
    asked = json.dumps({"before": step.before, "code": code, "checks": [check.that for check in step.checks]})
    command = [sys.executable, "-m", "clarinet.studio.learn_worker"]
    with tempfile.TemporaryDirectory(prefix="clarinet-learn-", ignore_cleanup_errors=True) as folder:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, cwd=folder, start_new_session=True
        )
        try:
            said = await asyncio.wait_for(_answer(process, asked.encode()), seconds)
        except TimeoutError:
            raise Refusal(_("the program took longer than {seconds} seconds"), seconds=f"{seconds:g}") from None
        finally:
            _end(process)
            await process.wait()
    try:
        return parsed(said)
    except ValueError:
        raise Refusal(_("the program brought its process down ({code})"), code=process.returncode) from None


async def _answer(process: Process, asked: bytes) -> bytes:
    assert process.stdin is not None and process.stdout is not None
    with suppress(ConnectionError):
        process.stdin.write(asked)
        process.stdin.close()
    said = b""
    while (part := await process.stdout.read(65_536)) and len(said) < _MOST_ANSWER:
        said += part
    return said


def _end(process: Process) -> None:
    """End a program, and what it has started."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
