"""``clarinet draw``: what the server answers, and to whom; what the command refuses; how it ends."""

from __future__ import annotations

import json
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet.cli import main
from clarinet.layers import LSTM, Dense, Flatten, Input
from clarinet.page.server import Server

Answer = tuple[int, bytes]


@pytest.fixture(scope="module")
def model() -> clarinet.Sequential:
    return clarinet.Sequential([Input((28, 28)), Flatten(), Dense(10, "softmax")])


@pytest.fixture(scope="module")
def server(model: clarinet.Sequential) -> Iterator[Server]:
    with Server(model) as server:
        thread = threading.Thread(target=server.serve)
        thread.start()
        yield server
    thread.join()


def ask(server: Server, method: str, path: str, body: Any = None, **headers: str) -> Answer:
    connection = HTTPConnection(server.url.removeprefix("http://").rstrip("/"), timeout=20)
    try:
        content = body if body is None or isinstance(body, (str, bytes)) else json.dumps(body)
        connection.request(method, path, content, headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_the_page_and_a_prediction(server: Server, model: clarinet.Sequential) -> None:
    status, page = ask(server, "GET", "/")
    assert status == 200
    assert b"Draw" in page
    pixels = np.random.default_rng(1).integers(0, 256, 784)
    status, body = ask(server, "POST", "/predict", {"pixels": pixels.tolist()})
    assert status == 200
    expected = model.predict(pixels.reshape(1, 28, 28) / np.float32(255), verbose=0)[0]
    assert np.allclose(json.loads(body)["output"], expected, atol=1e-6)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", ""])
def test_other_names_for_this_machine_get_no_answer(server: Server, host: str) -> None:
    assert ask(server, "GET", "/", Host=host)[0] == 403
    assert ask(server, "POST", "/predict", {"pixels": [0] * 784}, Host=host)[0] == 403


def test_its_own_names_do(server: Server) -> None:
    port = server.url.rstrip("/").rpartition(":")[2]
    assert ask(server, "GET", "/", Host=f"localhost:{port}")[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/../pyproject.toml", None, 404),
        ("GET", "/predict", None, 404),
        ("POST", "/", {"pixels": [0] * 784}, 404),
        ("POST", "/predict", "no JSON", 400),
        ("POST", "/predict", [1, 2], 400),
        ("POST", "/predict", {"pixels": [0] * 783}, 400),
        ("POST", "/predict", {"pixels": [256] * 784}, 400),
        ("POST", "/predict", {"pixels": ["a"] * 784}, 400),
        ("POST", "/predict", {"pixels": [{}] * 784}, 400),
        ("POST", "/predict", {"pixels": [None] * 784}, 400),
        ("POST", "/predict", b"[" * 100_000, 400),
        ("POST", "/predict", b'{"pixels": [1' + b"0" * 400 + b"]}", 400),
        ("POST", "/predict", b'{"pixels": [' + b"1" * 5000 + b"]}", 400),
        ("POST", "/predict", b'{"pixels": ["\\ud800"]}', 400),
        ("POST", "/predict", b"\xff\xfe", 400),
    ],
)
def test_what_makes_no_sense_is_refused(server: Server, method: str, path: str, body: Any, status: int) -> None:
    assert ask(server, method, path, body)[0] == status


def test_too_much_is_not_read(server: Server) -> None:
    assert ask(server, "POST", "/predict", "", **{"Content-Length": "5000000"})[0] == 413


def raw(server: Server, sent: bytes, *, half: bool = False, reset: bool = False) -> bytes:
    """What comes back for these bytes; ``half`` says no more after them, ``reset`` hangs up rudely."""
    port = int(server.url.rstrip("/").rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        try:
            connection.sendall(sent.replace(b"HOST", f"Host: 127.0.0.1:{port}".encode()))
            if half:
                connection.shutdown(socket.SHUT_WR)
            if reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return b""
            return connection.recv(65536)
        except ConnectionError:
            return b""


PREDICT = b"POST /predict HTTP/1.1\r\nHOST\r\n"
MALFORMED = [
    b"\x00\xff" * 50 + b"\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9.9\r\n\r\n",
    b"G" * 70_000,
    b"GET / HTTP/1.1\r\nA: " + b"x" * 70_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"".join(b"A%d: x\r\n" % i for i in range(300)) + b"\r\n",
    b"PUT / HTTP/1.1\r\nHOST\r\n\r\n",
    PREDICT + b"\r\n",
    PREDICT + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
    PREDICT + b"Content-Length: -5\r\n\r\n",
    PREDICT + b"Content-Length: 0\r\n\r\n",
    PREDICT + b"Content-Length: 50\r\n\r\n{}",
    PREDICT + b"Content-Length: 2\r\n\r\n{}and more",
]


def test_no_request_and_no_hanging_up_makes_it_print(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    for sent in MALFORMED:
        answer = raw(server, sent, half=True)
        assert answer == b"" or re.search(rb"HTTP/1.0 (4\d\d|501)|Error response", answer), sent[:80]
        raw(server, sent, reset=True)
    for sent in (b"", b"GET / HT", b"GET / HTTP/1.1\r\nHOST\r\n\r\n", PREDICT + b"Content-Length: 100\r\n\r\nab"):
        for _ in range(10):
            raw(server, sent, reset=True)
    assert ask(server, "GET", "/")[0] == 200
    assert capfd.readouterr() == ("", "")


def test_two_hundred_browsers_at_once_are_all_answered(model: clarinet.Sequential) -> None:
    with Server(model) as server:
        port = int(server.url.rstrip("/").rpartition(":")[2])
        # None is accepted before all of the first hundred wait in the queue.
        waiting = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(100)]
        thread = threading.Thread(target=server.serve)
        thread.start()
        waiting += [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(100)]
        for one in waiting:
            one.sendall(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        answers = [one.recv(20) for one in waiting]
        for one in waiting:
            one.close()
    thread.join()
    assert answers == [b"HTTP/1.0 200 OK\r\nSer"] * 200


def test_only_this_machine_is_listened_to(server: Server) -> None:
    assert server.url.startswith("http://127.0.0.1:")


def test_a_port_that_is_taken(model: clarinet.Sequential, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model.save(tmp_path / "model.clarinet")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert main(["draw", str(tmp_path / "model.clarinet"), "--no-browser", "--port", str(port)]) == 1
    assert f"port {port} is taken" in capsys.readouterr().err
    assert main(["draw", str(tmp_path / "model.clarinet"), "--port", "70000"]) == 2


def test_ctrl_c_ends_it(model: clarinet.Sequential, tmp_path: Path) -> None:
    model.save(tmp_path / "model.clarinet")
    command = [sys.executable, "-m", "clarinet.cli", "draw", str(tmp_path / "model.clarinet"), "--no-browser", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        address = json.loads(program.stdout.readline())["url"]
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
        program.send_signal(signal.SIGINT)
        _, complaints = program.communicate(timeout=20)
    assert (program.returncode, complaints) == (0, "")


def test_the_page_as_a_file(model: clarinet.Sequential, tmp_path: Path) -> None:
    model.save(tmp_path / "model.clarinet")
    assert main(["draw", str(tmp_path / "model.clarinet"), "--html", str(tmp_path / "page.html")]) == 0
    text = (tmp_path / "page.html").read_text("utf-8")
    assert "http://" not in text
    assert "https://" not in text


def pictures(*last: Any) -> clarinet.Sequential:
    return clarinet.Sequential([Input((28, 28)), Flatten(), *last])


def of_a_table() -> clarinet.Sequential:
    model = clarinet.Sequential([Input((4,)), Dense(1)])
    model.metadata["data"] = {"kind": "table", "classes": [], "coding": {}}
    return model


@pytest.mark.parametrize(
    ("make", "arguments", "says"),
    [
        (lambda: clarinet.Sequential([Input((4,)), Dense(1)]), {"largest": 255}, "not a model for pictures"),
        (of_a_table, {}, "the stored table coding cannot be read"),
        (lambda: pictures(Dense(3)), {"class_names": ["a", "b"]}, "has 3 classes, received 2"),
        (
            lambda: clarinet.Sequential([Input((28, 28)), LSTM(3, activation="softmax")]),
            {},
            r"lstm \(LSTM\) cannot run in a page",
        ),
    ],
)
def test_what_cannot_be_exported(make: Any, arguments: Any, says: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=says):
        make().export_html(tmp_path / "page.html", **arguments)
    assert not list(tmp_path.iterdir())


def test_drawing_is_for_pictures() -> None:
    with pytest.raises(ValueError, match=r"expected a model of pictures.*\(4,\)"):
        Server(clarinet.Sequential([Input((4,)), Dense(1)]))


def test_the_server_takes_every_layer() -> None:
    with Server(clarinet.Sequential([Input((28, 28)), LSTM(3)])) as server:
        assert len(server.predict({"pixels": [0] * 784})) == 3
