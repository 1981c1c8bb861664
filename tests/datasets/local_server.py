"""A web server on this machine that serves files well or badly."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server:
    """Serves ``files`` from memory; ``faults`` maps a path to "truncated", "endless", or an HTTP status."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.files: dict[str, bytes] = {}
        self.faults: dict[str, str | int] = {}
        self.asked: list[str] = []

    def url(self, mirror: str) -> str:
        return f"{self.address}/{mirror}/"

    def serve(self, mirror: str, files: dict[str, bytes]) -> str:
        self.files.update({f"/{mirror}/{name}": data for name, data in files.items()})
        return self.url(mirror)


@contextmanager
def running_server() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            fault = state.faults.get(self.path)
            data = state.files.get(self.path)
            if isinstance(fault, int) or data is None:
                self.send_error(fault if isinstance(fault, int) else 404)
                return
            self.send_response(200)
            if fault != "endless":
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if fault == "endless":
                self._send_without_end()
            self.wfile.write(data[: len(data) // 2] if fault == "truncated" else data)

        def _send_without_end(self) -> None:
            try:
                for _ in range(10_000):  # bounded, in case nobody hangs up
                    self.wfile.write(b"x" * 65536)
            except OSError:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Keep test output quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        state = Server(f"http://127.0.0.1:{http.server_port}")
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state
        http.shutdown()
        thread.join()
