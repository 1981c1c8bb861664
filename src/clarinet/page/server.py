"""The small server behind ``clarinet draw``: it sends the page and answers it with the model's predictions."""

from __future__ import annotations

import errno
import json
import sys
import threading
from collections.abc import Iterable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet.page.document import document
from clarinet.page.subject import subject_of

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

_ADDRESS = "127.0.0.1"
_MOST_BYTES = 4_000_000
_MOST_DIGITS = len(str(_MOST_BYTES))


class Server:
    """Serves one model to browsers on this machine.

    Args:
        model: a model of pictures; it predicts for the page.
        port: to listen on; default 0, a free one.
        class_names, largest: as for :meth:`clarinet.Sequential.export_html`.

    Raises:
        ValueError: the model's input is not a picture. OSError: the port is taken.

    Example:
        >>> import clarinet
        >>> from clarinet.layers import Dense, Flatten, Input
        >>> model = clarinet.Sequential([Input((28, 28)), Flatten(), Dense(10)])
        >>> with Server(model) as server:
        ...     server.url.startswith("http://127.0.0.1:")
        True
    """

    def __init__(
        self,
        model: Trainable,
        port: int = 0,
        *,
        class_names: Iterable[str] | None = None,
        largest: float | None = None,
    ) -> None:
        self._model = model
        self._subject = subject_of(model, "draw", class_names, largest)
        self._one_at_a_time, self._serving = threading.Lock(), threading.Event()
        try:
            self._http = _Listener((_ADDRESS, port), _Handler)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            raise OSError(
                f"port {port} is taken or not allowed; choose another, or leave it out for a free one"
            ) from None
        self._http.owner = self
        self._http.page = document(self._subject).encode()

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{_ADDRESS}:{self._http.server_port}/"

    def serve(self) -> None:
        """Answer until Ctrl-C, or until :meth:`close` is called from another thread."""
        self._serving.set()
        try:
            self._http.serve_forever(poll_interval=0.1)
        finally:
            self._serving.clear()

    def close(self) -> None:
        """Stop answering and free the port."""
        if self._serving.is_set():
            self._http.shutdown()
        self._http.server_close()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def predict(self, request: object) -> list[float]:
        """The model's output for ``{"pixels": [...]}``.

        Raises:
            ValueError: something else.
        """
        if not isinstance(request, dict) or not isinstance(request.get("pixels"), list):
            raise ValueError('expected {"pixels": [...]}')
        try:
            row = self._subject.inputs(self._model, request["pixels"])
        except (TypeError, OverflowError):
            raise ValueError("expected pixels that are numbers from 0 to 255") from None
        with self._one_at_a_time:
            prediction = self._model.predict(row, verbose=0)
        assert isinstance(prediction, np.ndarray)  # of one output: the model was checked
        return [float(value) for value in prediction.ravel()]


class _Listener(ThreadingHTTPServer):
    """Listens on this machine alone."""

    daemon_threads = True
    request_queue_size = 128
    owner: Server
    page: bytes

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names that a browser may have found this server under.

        Any other means that some page made its own name point here (DNS rebinding); it gets no answer.
        """
        return f"127.0.0.1:{self.server_port}", f"localhost:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing for a browser that hung up or stopped talking: it does so whenever a page is closed."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Listener
    timeout = 30

    def do_GET(self) -> None:
        if self._trusted():
            if self.path == "/":
                self._answer(HTTPStatus.OK, self.server.page, "text/html; charset=utf-8")
            else:
                self._answer(HTTPStatus.NOT_FOUND, b"there is only /")

    def do_POST(self) -> None:
        if not self._trusted():
            return
        length = self.headers.get("Content-Length", "")
        if self.path != "/predict":
            self._answer(HTTPStatus.NOT_FOUND, b"there is only /predict")
        elif not length.isdecimal() or len(length) > _MOST_DIGITS or int(length) > _MOST_BYTES:
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"too long, or of unknown length")
        else:
            self._predict(self.rfile.read(int(length)))

    def _predict(self, body: bytes) -> None:
        try:
            answer = json.dumps({"output": self.server.owner.predict(json.loads(body))})
        except (ValueError, RecursionError) as error:
            self._answer(HTTPStatus.BAD_REQUEST, str(error).encode(errors="replace"))
        else:
            self._answer(HTTPStatus.OK, answer.encode(), "application/json")

    def _trusted(self) -> bool:
        if self.headers.get("Host", "") in self.server.hosts:
            return True
        self._answer(HTTPStatus.FORBIDDEN, b"this server answers browsers on its own machine alone")
        return False

    def _answer(self, status: HTTPStatus, body: bytes, kind: str = "text/plain; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: a line for every stroke is of no use."""
