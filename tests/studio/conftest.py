"""A studio on a store with a few runs, and pages in a browser that may neither complain nor fetch from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest

from clarinet.runs import Store
from clarinet.studio import words

pytest.importorskip("uvicorn", reason="the extra [studio] is missing")
pytest.importorskip("starlette", reason="the extra [studio] is missing")

#: Names and notes that must be shown, and never be read as HTML.
HOSTILE = "<img src=x onerror=document.title='hacked'><script>document.title='hacked'</script>"
#: The same where a name may have no such characters.
HOSTILE_NAME = "'&#60;b&#62; javascript&#58;alert(1)'"


def fill(store: Store) -> None:
    """Three runs of epochs, one of numbers that a program logged."""
    for number, rate in enumerate((0.1, 0.01, 0.001)):
        documents = {"fit": {"epochs": 5, "batch_size": 32}, "compile": {"learning_rate": rate}}
        with store.start(f"digits-{number}", documents=documents, tags=["net"]) as run:
            run.log({"loss": 1.0 / (number + 1), "accuracy": 0.5 + number / 10}, step=1)
            for step in range(2, 30):
                run.log({"loss": 1.0 / (step + number), "accuracy": 0.5 + number / 10}, step=step)
    with store.start(HOSTILE_NAME, notes=HOSTILE, tags=[HOSTILE]) as run:
        for step in range(10):
            run.log({HOSTILE: float(np.sin(step)), "loss": float("nan") if step == 5 else 0.1 * step + 0.1})


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store(tmp_path_factory.mktemp("store"))
    fill(store)
    return store


@pytest.fixture(scope="module")
def studio(store: Store) -> Iterator[Any]:
    from clarinet.studio.server import Studio

    with Studio(store) as studio:
        yield studio


@pytest.fixture
def opened(browser: Any, studio: Any) -> Iterator[Callable[..., Any]]:
    """Opens a room; at the end nothing may have been complained about, or fetched from elsewhere."""
    complaints, fetched, contexts = [], [], []

    def opened(room: str, **settings: Any) -> Any:
        contexts.append(browser.new_context(**settings))
        page = contexts[-1].new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: fetched.append(request.url))
        page.goto(studio.address(room))
        return page

    yield opened
    for context in contexts:
        context.close()
    # Chromium itself says that something was refused, which pages show in words.
    assert not [said for said in complaints if "status of 400" not in said]
    home = studio.url.partition("?")[0]
    assert not [url for url in fetched if not url.startswith((home, "data:", "blob:"))]


class Client:
    """A program that talks to a studio, with or without its token."""

    def __init__(self, studio: Any) -> None:
        address = urlsplit(studio.url)
        self.host, self.token = address.netloc, address.query.partition("=")[2]
        self.cookie = f"clarinet-{address.port}={self.token}"

    def ask(
        self, method: str, path: str, body: Any = None, *, known: bool = True, **headers: str
    ) -> tuple[int, bytes, dict[str, str]]:
        """Status, body and headers of an answer."""
        given = {"Cookie": self.cookie} if known else {}
        given |= {"Origin": f"http://{self.host}"} if method == "POST" else {}
        connection = HTTPConnection(self.host, timeout=20)
        try:
            text = body if body is None or isinstance(body, (str, bytes)) else json.dumps(body)
            connection.request(method, path, text, given | headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()

    def json(self, method: str, path: str, body: Any = None) -> Any:
        """What an answer says, which is no refusal."""
        status, said, _ = self.ask(method, path, body)
        assert status == 200, said
        return json.loads(said)


@pytest.fixture(scope="module")
def client(studio: Any) -> Client:
    return Client(studio)


def axe() -> str:
    """The source of the checker of accessibility."""
    package = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is missing")
    return (Path(package.__file__).parent / "axe.min.js").read_text("utf-8")


def violations(page: Any) -> list[str]:
    """What axe-core finds wrong with a page, which was opened with ``bypass_csp``."""
    page.evaluate(axe())
    found = page.evaluate("async () => (await axe.run()).violations")
    return [f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}" for one in found]


def filled(told: dict[str, Any]) -> str:
    """What a refusal says in English."""
    return words.fill(told["message"], told["values"])
