"""The room Runs: the table, live; curves; differences; notes; the bin."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from clarinet.runs import Runs, Store
from clarinet.runs.page import page
from clarinet.runs.trash import restore
from clarinet.studio.answering import as_json, in_words, plain, settings_of, until_closed
from clarinet.studio.watching import Watcher, curves, details
from clarinet.studio.words import Refusal, _

#: Seconds between two looks at the store.
_PAUSE = 0.7
#: Characters of a run's notes.
_MOST_NOTES = 20_000


class RunsRoom:
    """Answers what the page asks about the runs of a store.

    Args:
        store: the runs'.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> Sequence[BaseRoute]:
        """Addresses and what they answer."""
        return [
            WebSocketRoute("/runs/live", self.live),
            Route("/runs/matching", in_words(self.matching)),
            Route("/runs/restore", in_words(self.restore), methods=["POST"]),
            Route("/runs/curves", in_words(self.curves)),
            Route("/runs/diff", in_words(self.diff)),
            Route("/runs/{id:int}", in_words(self.details)),
            Route("/runs/{id:int}/page", in_words(self.page)),
            Route("/runs/{id:int}/notes", in_words(self.notes), methods=["POST"]),
            Route("/runs/{id:int}/delete", in_words(self.delete), methods=["POST"]),
        ]

    async def live(self, socket: WebSocket) -> None:
        """Tell what changes, as long as the page is there."""
        await socket.accept()
        watcher = Watcher(self._store)
        gone = asyncio.ensure_future(until_closed(socket))
        try:
            while not gone.done():
                news = await run_in_threadpool(_careful, watcher)
                if news is not None:
                    await socket.send_text(json.dumps(plain(news)))
                await asyncio.wait([gone], timeout=_PAUSE)
        except (WebSocketDisconnect, RuntimeError):
            pass  # it hung up while it was told something
        finally:
            gone.cancel()

    async def matching(self, request: Request) -> Response:
        """Ids of the runs for which conditions hold."""
        where = [words for words in request.query_params.get("where", "").split(",") if words.strip()]
        return as_json([entry.id for entry in await run_in_threadpool(Runs(self._store).entries, where)])

    async def curves(self, request: Request) -> Response:
        """Curves of several runs."""
        kind = request.query_params.get("kind", "epoch")
        return as_json(await run_in_threadpool(curves, self._store, _ids(request), kind))

    async def diff(self, request: Request) -> Response:
        """Settings that are not the same in several runs."""
        found = await run_in_threadpool(Runs(self._store).diff, *_ids(request))
        return as_json({key: [json.dumps(value, ensure_ascii=False) for value in row] for key, row in found.items()})

    async def details(self, request: Request) -> Response:
        """One run."""
        return as_json(await run_in_threadpool(lambda: details(self._store.get(request.path_params["id"]))))

    async def page(self, request: Request) -> Response:
        """One run's own page."""
        return HTMLResponse(await run_in_threadpool(lambda: page(self._store.get(request.path_params["id"]))))

    async def notes(self, request: Request) -> Response:
        """Keep a run's notes and tags."""
        given = await settings_of(request)
        text = given.get("notes", "")
        if not isinstance(text, str) or len(text) > _MOST_NOTES:
            raise Refusal(_("notes: expected text of up to {most} characters"), most=f"{_MOST_NOTES:,}")

        def keep() -> None:
            run = self._store.get(request.path_params["id"])
            run.tags = given.get("tags", [])
            run.notes = text or None

        await run_in_threadpool(keep)
        return as_json({})

    async def delete(self, request: Request) -> Response:
        """Put a run in the bin."""
        await run_in_threadpool(lambda: self._store.get(request.path_params["id"]).delete())
        return as_json({})

    async def restore(self, request: Request) -> Response:
        """Take a run back out of the bin."""
        name = (await settings_of(request)).get("name")
        if not isinstance(name, str):
            raise Refusal(_("restore: expected the run's name"))
        return as_json({"id": (await run_in_threadpool(restore, self._store, name)).id})


def _ids(request: Request) -> list[int]:
    words = [word for word in request.query_params.get("ids", "").split(",") if word]
    if not all(word.isdecimal() and len(word) < 19 for word in words):
        raise Refusal(_("ids: expected numbers with commas between them"))
    return [int(word) for word in words]


def _careful(watcher: Watcher) -> dict[str, object] | None:
    """What is new, or why it cannot be told."""
    try:
        news = watcher.news()
    except OSError as error:
        return {"error": str(error)}
    return None if news is None else {**news}
