"""Who gets an answer from the studio, and what every answer carries."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from clarinet.cli import main
from tests.studio.conftest import Client


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", ""])
def test_other_names_for_this_machine_get_no_answer(client: Client, host: str) -> None:
    for path in ("/runs", f"/runs?token={client.token}", "/static/runs.js"):
        assert client.ask("GET", path, Host=host)[0] == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1", "https://127.0.0.1:1"])
def test_other_sites_pages_get_no_answer(client: Client, origin: str) -> None:
    assert client.ask("GET", "/runs", Origin=origin)[0] == 403
    assert client.ask("POST", "/runs/1/notes", {"notes": "mine"}, Origin=origin)[0] == 403


def test_whoever_lacks_the_token_gets_no_answer(client: Client) -> None:
    for path in ("/", "/runs", "/static/runs.js", "/runs/1", "/runs?token=", "/runs?token=no", "/runs/1/page"):
        assert client.ask("GET", path, known=False)[0] == 403
    assert client.ask("GET", "/runs", known=False, Cookie="clarinet-1=x; =; é=")[0] == 403


def test_the_token_lets_a_browser_in_and_leaves_the_address(client: Client) -> None:
    status, _, headers = client.ask("GET", f"/runs?token={client.token}", known=False)
    assert (status, headers["location"]) == (303, "/runs")
    assert "HttpOnly" in headers["set-cookie"]
    assert "SameSite=strict" in headers["set-cookie"]
    assert client.ask("GET", f"//evil.example/?token={client.token}", known=False)[2]["location"] == "/evil.example/"


def test_every_answer_carries_the_policy(client: Client) -> None:
    for path in ("/runs", "/static/runs.js", "/none", "/runs/1/page", "/runs/1"):
        headers = client.ask("GET", path)[2]
        assert "script-src 'self';" in headers["content-security-policy"]
        assert "unsafe-eval" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/static/../server.py", "/static/%2e%2e/server.py", "/static/..%5cserver.py", "/../x"]
)
def test_nothing_but_its_own_files_is_sent(client: Client, path: str) -> None:
    assert client.ask("GET", path)[0] == 404


@pytest.mark.parametrize("origin", [None, "http://evil.example"])
def test_a_connection_needs_origin_and_token(client: Client, origin: str | None) -> None:
    from websockets.exceptions import InvalidStatus
    from websockets.sync.client import connect

    address = f"ws://{client.host}/runs/live"
    with pytest.raises(InvalidStatus), connect(address, origin=origin, additional_headers={"Cookie": client.cookie}):
        pass
    with pytest.raises(InvalidStatus), connect(address, origin=f"http://{client.host}"):
        pass


MALFORMED = [b"\x00\xff" * 50, b"GET\r\n\r\n", b"G" * 70_000, b"GET / HTTP/1.1\r\nA: " + b"x" * 70_000 + b"\r\n\r\n"]


@pytest.mark.parametrize("sent", MALFORMED, ids=range(len(MALFORMED)))
def test_malformed_requests_leave_it_standing(client: Client, sent: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    host, _, port = client.host.partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(sent)
    assert client.ask("GET", "/runs")[0] == 200
    assert capfd.readouterr() == ("", "")


def test_two_hundred_connections_at_once(client: Client) -> None:
    host, _, port = client.host.partition(":")
    waiting = [socket.create_connection((host, int(port)), timeout=20) for _ in range(200)]
    for one in waiting:
        one.sendall(f"GET /runs HTTP/1.1\r\nHost: {client.host}\r\nCookie: {client.cookie}\r\n\r\n".encode())
    answers = [one.recv(15) for one in waiting]
    for one in waiting:
        one.close()
    assert answers == [b"HTTP/1.1 200 OK"] * 200


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLARINET_HOME", str(tmp_path))
    command = [sys.executable, "-m", "clarinet.cli", "studio", "--no-browser", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        address = json.loads(program.stdout.readline())["url"]
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{32}", address)
        program.send_signal(signal.SIGINT)
        _, complaints = program.communicate(timeout=20)
    assert (program.returncode, complaints) == (0, "")


def test_a_port_that_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert main(["studio", "--no-browser", "--port", str(port)]) == 1
    assert f"port {port} is taken" in capsys.readouterr().err


def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    modules: dict[str, Any] = sys.modules
    monkeypatch.setitem(modules, "uvicorn", None)
    assert main(["studio"]) == 1
    assert 'pip install "clarinet[studio]"' in capsys.readouterr().err
