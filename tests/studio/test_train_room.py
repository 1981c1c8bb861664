"""The process that trains for a page, and what passes between the two."""

from __future__ import annotations

import base64
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from clarinet.studio.choices import Choices
from clarinet.studio.pictures import SIDE, Pictures
from clarinet.studio.train_room import EXPORTED
from clarinet.studio.trainer import Trainer
from clarinet.studio.worker import EXPORTS
from tests.studio.conftest import HOSTILE, Client, filled
from tests.studio.test_program import TABLE

Say = Callable[..., None]


class Page:
    """A page's side of the connection."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket

    def say(self, what: Any) -> None:
        self.socket.send(what if isinstance(what, str) else json.dumps(what))

    def hear(self, kind: str, **wanted: object) -> dict[str, Any]:
        """The next message of a kind, in which these hold."""
        while True:
            said = json.loads(self.socket.recv(timeout=60))
            if said["kind"] == kind and all(said.get(name) == value for name, value in wanted.items()):
                return said  # type: ignore[no-any-return]


@pytest.fixture
def page(client: Client) -> Iterator[Page]:
    from websockets.sync.client import connect

    headers, origin = {"Cookie": client.cookie}, f"http://{client.host}"
    with connect(f"ws://{client.host}/train/live", origin=origin, additional_headers=headers) as socket:  # type: ignore[arg-type]
        yield Page(socket)


def test_steps_epochs_pause_and_a_step_to_stop_at(page: Page) -> None:
    page.say({"do": "set", "chosen": {"points": 100, "batch": 8}})
    assert page.hear("made")["epoch_steps"] == 10
    page.say({"do": "step"})
    assert page.hear("frame", steps=1)["epoch"] == 0
    page.say({"do": "epoch"})
    frame = page.hear("frame", steps=10)
    assert frame["curves"]["epochs"] == [1]
    assert set(frame["curves"]["values"]) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    page.say({"do": "train", "until": 47})
    assert page.hear("frame", steps=47, training=False)["program"].count("== 47")
    page.say({"do": "train", "pace": "full"})
    assert page.hear("frame", training=True)["speed"] is not None
    page.say({"do": "pause"})
    paused = page.hear("frame", training=False)
    page.say({"do": "look", "visible": False})
    unseen = page.hear("frame")
    assert unseen["steps"] == paused["steps"]
    assert "weights" not in unseen


def test_a_slow_pace_obeys_at_once(page: Page) -> None:
    page.say({"do": "set", "chosen": {}})
    page.hear("made")
    page.say({"do": "train", "pace": "2 steps"})
    page.hear("frame", steps=2)
    begin = time.monotonic()
    page.say({"do": "pause"})
    page.hear("frame", training=False)
    assert time.monotonic() - begin < 0.4


REFUSED = [
    ("{", "Expecting"),
    ("[]", "JSON object"),
    ({"do": "nothing"}, "there is no network yet"),
    ({"do": "set"}, "JSON object"),
    ({"do": "set", "chosen": {"data": "x"}}, "data"),
    ({"do": "set", "chosen": {"data": "csv", "file": "../../etc/passwd"}}, "not here any more"),
    ({"do": "set", "chosen": {"data": "csv", "file": "../passwd"}}, "not here any more"),
    ({"do": "columns", "file": "/etc/passwd"}, "not here any more"),
    ({"do": "columns"}, "not here any more"),
    ("x" * 100_000, "too large"),
]


def test_what_makes_no_sense_is_refused_in_words(page: Page) -> None:
    for said, words in REFUSED:
        page.say(said)
        assert words in filled(page.hear("refused"))
    page.say({"do": "set", "chosen": {}})
    page.hear("made")
    for command in ({"do": "train", "pace": "x"}, {"do": "train", "until": "x"}, {"do": "rate", "rate": -1}, {"do": 3}):
        page.say(command)
        page.hear("refused")


def test_a_table_that_is_sent(client: Client, page: Page) -> None:
    text = TABLE.replace("colour", HOSTILE).replace("red", HOSTILE)
    file = client.json("POST", "/train/upload?name=..%2Fmy%20table.csv", text)["file"]
    page.say({"do": "columns", "file": file})
    assert page.hear("columns")["columns"] == ["size", HOSTILE, "price", "sold"]
    page.say({"do": "set", "chosen": {"data": "csv", "file": file, "target": HOSTILE}})
    made = page.hear("made")
    assert made["task"] == "classes"
    assert HOSTILE in made["classes"]
    assert repr(HOSTILE) in page.hear("frame")["program"]
    page.say({"do": "epoch"})
    assert page.hear("frame", epoch=1)["loss"] > 0


def test_files_that_are_no_tables(client: Client, page: Page) -> None:
    for body in (b"\x00\x01\x02", b"", b"PAR1" * 9):
        file = client.json("POST", "/train/upload?name=x.csv", body)["file"]
        page.say({"do": "columns", "file": file})
        assert page.hear("refused")["message"]
    page.say({"do": "set", "chosen": {}})
    page.hear("made")


def test_files_that_are_not_taken(client: Client) -> None:
    status, said, _ = client.ask("POST", "/train/upload?name=x.csv", b"x" * 20_000_001)
    assert (status, b"too large" in said) == (400, True)
    assert client.ask("POST", "/train/upload?name=", b"x")[0] == 400
    assert client.ask("POST", "/train/upload?name=.hidden", b"x")[0] == 400


def workers() -> list[int]:
    """The processes that this one has started."""
    path = f"/proc/self/task/{os.getpid()}/children"
    found: list[int] = []
    for task in os.listdir("/proc/self/task"):
        with open(path.replace(f"task/{os.getpid()}", f"task/{task}")) as file:
            found += map(int, file.read().split())
    return found


def test_the_process_may_die_and_ends_with_its_page(client: Client) -> None:
    from websockets.sync.client import connect

    before = set(workers())
    headers, origin = {"Cookie": client.cookie}, f"http://{client.host}"
    with connect(f"ws://{client.host}/train/live", origin=origin, additional_headers=headers) as socket:  # type: ignore[arg-type]
        page = Page(socket)
        page.say({"do": "set", "chosen": {}})
        page.hear("made")
        (worker,) = set(workers()) - before
        os.kill(worker, signal.SIGKILL)
        assert "has ended" in page.hear("died")["message"]
    with connect(f"ws://{client.host}/train/live", origin=origin, additional_headers=headers) as socket:  # type: ignore[arg-type]
        page = Page(socket)
        page.say({"do": "train"})
        page.hear("refused")
        page.say({"do": "set", "chosen": {}})
        page.hear("made")
        page.say({"do": "train", "pace": "full"})
    end = time.monotonic() + 20
    while set(workers()) - before:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_what_is_drawn_is_what_the_model_predicts() -> None:
    trainer = Trainer(Choices(data="moons", hidden=((3, "relu"),)))
    for _ in range(3):
        trainer.take_step()
    pictures = Pictures(trainer)
    still: Any = pictures.still()
    now: Any = pictures.now()
    left, right, low, high = still["box"]
    row, column = 7, 31
    place = [[left + (column + 0.5) / SIDE * (right - left), high - (row + 0.5) / SIDE * (high - low)]]
    expected = trainer.model.predict(np.array(place, np.float32), verbose=0)[0, 0]
    drawn = np.frombuffer(base64.b64decode(now["sure"]), np.uint8).reshape(SIDE, SIDE)[row, column]
    assert abs(drawn / 255 - expected) <= 0.5 / 255 + 1e-6
    kernel, bias = trainer.model.layers[0].get_weights()
    assert np.allclose(now["weights"][0]["kernel"], kernel, rtol=1e-3)
    assert np.allclose(now["weights"][0]["bias"], bias, rtol=1e-3)
    assert [len(layer) for layer in now["units"]] == [3, 1]
    trainer.close()


def test_a_model_is_had_as_a_file_once(page: Page, client: Client) -> None:
    page.say({"do": "set", "chosen": {"points": 100, "batch": 8}})
    page.say({"do": "step"})
    for format, name in EXPORTS.items():
        page.say({"do": "export", "format": format})
        address = f"/train/exported/{page.hear('exported')['file']}"
        assert address.endswith(name)
        status, body, headers = client.ask("GET", address)
        assert (status, headers["content-disposition"]) == (200, f'attachment; filename="{name}"')
        assert len(body) > 500
        assert client.ask("GET", address)[0] == 400
    page.say({"do": "export", "format": "../x"})
    assert "format: expected one of" in filled(page.hear("refused"))


@pytest.mark.parametrize(
    "path", ["../model.onnx", "0123456789abcdef/model.onnx", "%2e%2e/model.html", "a/b/model.html"]
)
def test_no_other_file_is_had(client: Client, path: str) -> None:
    assert client.ask("GET", f"/train/exported/{path}")[0] in (400, 404)


def test_files_have_the_names_that_may_be_asked_for() -> None:
    assert tuple(EXPORTS.values()) == EXPORTED
