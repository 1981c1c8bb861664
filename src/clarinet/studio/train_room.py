"""The room Train: a process that trains for each page, a connection between the two, and files that pages send."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import shutil
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from clarinet import files
from clarinet.runs.values import check_name
from clarinet.studio.answering import MOST_BYTES, as_json, body_of, in_words, parsed
from clarinet.studio.words import Refusal, _, told

#: Bytes of a table, and tables that are kept, at most.
_MOST_FILE, _MOST_FILES = 20_000_000, 50
#: Pages that train at once, at most.
MOST_WORKERS = 24
#: Bytes of a line from the process, at most.
_MOST_LINE = 4_000_000


#: The folders of files, and names of those that a process writes for its page.
_PLACE = re.compile("[0-9a-f]{16}")
EXPORTED = ("model.clarinet", "model.onnx", "model.html")
#: Rooms whose pages have a process.
WORKING = ("train", "step", "doctor")


class TrainRoom:
    """Starts a process for each page and passes on what they say to each other.

    Args:
        store: the folder of the runs that a process may open.
    """

    def __init__(self, store: Path) -> None:
        self._store = store
        self._folder = Path(tempfile.mkdtemp(prefix="clarinet-studio-"))
        self._workers = 0

    def routes(self) -> Sequence[BaseRoute]:
        """Addresses and what they answer."""
        return [
            *(WebSocketRoute(f"/{room}/live", self.live) for room in WORKING),
            Route("/train/upload", in_words(self.upload), methods=["POST"]),
            Route("/train/exported/{place}/{name}", in_words(self.exported)),
        ]

    def close(self) -> None:
        """Remove the files that pages have sent."""
        shutil.rmtree(self._folder, ignore_errors=True)

    async def upload(self, request: Request) -> Response:
        """Keep a table's file; it is opened by the process that trains, and nowhere else."""
        name = request.query_params.get("name", "").replace("\\", "/").rpartition("/")[2]
        try:
            check_name(name)  # the same names fit on every system
        except ValueError:
            words = _("{name} cannot be kept under its name; give the file a simpler one")
            raise Refusal(words, name=f"{name!a:.80}") from None
        if len([*self._folder.iterdir()]) >= _MOST_FILES:
            raise Refusal(_("this studio has taken {most} files; start it again to send more"), most=_MOST_FILES)
        body = await body_of(request, _MOST_FILE)
        place = self._folder / secrets.token_hex(8)
        files.make_folder(place)
        files.write(place / name, body)
        return as_json({"file": f"{place.name}/{name}"})

    async def exported(self, request: Request) -> Response:
        """A file that a page's process has written, once; it is gone afterwards."""
        place, name = request.path_params["place"], request.path_params["name"]
        path = self._folder / place / name
        if not _PLACE.fullmatch(place) or name not in EXPORTED or not path.is_file():
            raise Refusal(_("this file is not here any more; save it again"))
        body = await run_in_threadpool(_taken, path)
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return Response(body, media_type="application/octet-stream", headers=headers)

    async def live(self, socket: WebSocket) -> None:
        """Train for one page, as long as it is there."""
        await socket.accept()
        if self._workers >= MOST_WORKERS:
            full = Refusal(
                _("{most} pages train at once already; close one and load this one again"), most=MOST_WORKERS
            )
            await socket.send_text(json.dumps({"kind": "refused", **told(full)}))
            await socket.close()
            return
        self._workers += 1
        try:
            await self._serve(socket)
        finally:
            self._workers -= 1

    async def _serve(self, socket: WebSocket) -> None:
        command = [sys.executable, "-m", "clarinet.studio.worker", str(self._folder), str(self._store)]
        process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, limit=_MOST_LINE)
        parts = [asyncio.ensure_future(_commands(socket, process)), asyncio.ensure_future(_news(socket, process))]
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for part in parts:
                part.cancel()
            with suppress(ProcessLookupError):
                process.kill()
            code = await process.wait()
        if not parts[0].done() or parts[0].cancelled():
            with suppress(RuntimeError, WebSocketDisconnect):
                ended = Refusal(_("the process that trained has ended ({code}); Reset begins anew"), code=code)
                await socket.send_text(json.dumps({"kind": "died", **told(ended)}))
                await socket.close()


def _taken(path: Path) -> bytes:
    """What a file holds, which is removed with its folder."""
    body = path.read_bytes()
    shutil.rmtree(path.parent, ignore_errors=True)
    return body


async def _commands(socket: WebSocket, process: Process) -> None:
    """Pass on what the page says, until it is gone."""
    assert process.stdin is not None
    with suppress(WebSocketDisconnect, ConnectionError):
        while True:
            text = await socket.receive_text()
            try:
                if len(text) > MOST_BYTES:
                    words = _("this is too large: up to {most} characters can be sent")
                    raise Refusal(words, most=f"{MOST_BYTES:,}")
                line = json.dumps(parsed(text))
            except ValueError as error:
                await socket.send_text(json.dumps({"kind": "refused", **told(error)}))
                continue
            process.stdin.write(f"{line}\n".encode())
            await process.stdin.drain()


async def _news(socket: WebSocket, process: Process) -> None:
    """Pass on what the process tells, until it ends or the page is gone."""
    assert process.stdout is not None
    with suppress(WebSocketDisconnect, RuntimeError):
        while line := await process.stdout.readline():
            await socket.send_text(line.decode())
