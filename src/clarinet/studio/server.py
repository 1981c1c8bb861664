"""The server behind ``clarinet studio``."""

from __future__ import annotations

import errno
import socket
import threading
import time
from contextlib import suppress

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from clarinet.runs import Store
from clarinet.studio.answering import Answer
from clarinet.studio.guard import Guard
from clarinet.studio.learn_room import LearnRoom
from clarinet.studio.pages import ROOMS, STATIC, room
from clarinet.studio.runs_room import RunsRoom
from clarinet.studio.train_room import TrainRoom
from clarinet.studio.words import preferred

_ADDRESS = "127.0.0.1"
#: Connections that are answered at once; more are told to come again.
_MOST_CONNECTIONS = 256
_MOST_MESSAGE = 1_000_000


class Studio:
    """Serves the studio to browsers on this machine.

    Args:
        store: whose runs it shows; default the one beside your code.
        port: to listen on; default 0, a free one.
        idle: end when no page has been open for so many seconds; None never.

    Raises:
        OSError: the port is taken.

    Example:
        >>> import tempfile
        >>> from clarinet.runs import Store
        >>> with Studio(Store(tempfile.mkdtemp())) as studio:
        ...     studio.url.startswith("http://127.0.0.1:")
        True
    """

    def __init__(self, store: Store | None = None, port: int = 0, *, idle: float | None = None) -> None:
        store = store or Store()
        self._socket = _listening(port)
        self._port = self._socket.getsockname()[1]
        rooms = [Route(f"/{name}", _page(name, str(store.folder))) for name in ROOMS]
        static = Mount("/static", StaticFiles(directory=STATIC))
        self._train = TrainRoom(store.folder)
        parts = [*RunsRoom(store).routes(), *self._train.routes(), *LearnRoom().routes()]
        app = Starlette(routes=[Route("/", _first), static, *rooms, *parts])
        self._guard, self._idle = Guard(app, self._port), idle
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._guard,
                ws="websockets-sansio",
                ws_max_size=_MOST_MESSAGE,
                lifespan="off",
                log_level="error",
                access_log=False,
                server_header=False,
                limit_concurrency=_MOST_CONNECTIONS,
                timeout_graceful_shutdown=1,
            )
        )
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it is, with the token that lets a browser in."""
        return self.address("")

    def address(self, page: str) -> str:
        """Where a page is, with the token; the page may bring settings of its own."""
        path, mark, rest = page.partition("#")
        join = "&" if "?" in path else "?"
        return f"http://{_ADDRESS}:{self._port}/{path}{join}token={self._guard.token}{mark}{rest}"

    def serve(self) -> None:
        """Answer until Ctrl-C, or until :meth:`close` is called from another thread."""
        if self._idle is not None:
            threading.Thread(target=self._end_when_idle, args=(self._idle,), daemon=True).start()
        self._server.run(sockets=[self._socket])

    def _end_when_idle(self, seconds: float) -> None:
        last = time.monotonic()
        while not self._server.should_exit:
            time.sleep(min(1.0, seconds / 4))
            if self._guard.open:
                last = time.monotonic()
            self._server.should_exit |= time.monotonic() - last > seconds

    def start(self) -> None:
        """Answer in a thread of its own, until :meth:`close`."""
        self._thread = threading.Thread(target=self.serve, name="clarinet-studio", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let :meth:`serve` come to its end, even if it has not begun yet."""
        self._server.should_exit = True

    def close(self) -> None:
        """Stop answering and free the port."""
        self.stop()
        if self._thread is not None:
            self._thread.join()
        self._train.close()
        with suppress(OSError):
            self._socket.close()

    def __enter__(self) -> Studio:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _page(name: str, folder: str) -> Answer:
    """Answers with the page of a room, in the reader's language."""

    async def answer(request: Request) -> Response:
        wish = request.query_params.get("lang")
        language = preferred(wish, request.headers.get("accept-language", ""))
        return HTMLResponse(room(name, folder, language, chosen=wish == language), headers={"vary": "accept-language"})

    return answer


async def _first(request: Request) -> Response:
    query = f"?{request.url.query}" * bool(request.url.query)
    return RedirectResponse(f"/{next(iter(ROOMS))}{query}", 303)


def _listening(port: int) -> socket.socket:
    """A socket of this machine alone."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_ADDRESS, port))
    except OSError as error:
        listener.close()
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise OSError(f"port {port} is taken or not allowed; choose another, or leave it out for a free one") from None
    listener.listen(128)
    return listener
