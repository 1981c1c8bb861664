"""What the studio tells of the runs of a store."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clarinet.runs import Store
from clarinet.studio.watching import MOST_CURVES, POINTS, Watcher, curves
from tests.studio.conftest import HOSTILE, Client, filled


def test_curves_are_the_runs_own(client: Client, store: Store) -> None:
    found = client.json("GET", "/runs/curves?ids=1,3&kind=log")
    for id in (1, 3):
        x, y = store.get(id).curve("loss", "log")
        assert found["loss"][str(id)] == {"x": x.tolist(), "y": y.tolist()}
    assert client.json("GET", "/runs/curves?ids=4&kind=log")["loss"]["4"]["y"][5] is None  # NaN
    assert client.json("GET", "/runs/curves?ids=1&kind=epoch") == {}


def test_long_curves_are_thinned_and_keep_their_peaks(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.start("long") as run:
        for step in range(20_000):
            run.log({"loss": 9.0 if step == 12_345 else 0.0})
    line: Any = curves(store, [1], "log")["loss"]["1"]
    assert len(line["x"]) <= POINTS
    assert line["y"][line["x"].index(12_345)] == 9.0


def test_differences(client: Client) -> None:
    assert client.json("GET", "/runs/diff?ids=1,2") == {"compile.learning_rate": ["0.1", "0.01"]}


def test_matching(client: Client) -> None:
    assert client.json("GET", "/runs/matching?where=loss.max%20%3E%3D%200.5,%20learning_rate%20%3C%200.05") == [2]


REFUSED = [
    ("/runs/curves?ids=x", "numbers"),
    ("/runs/curves?ids=99", "no run 99"),
    (f"/runs/curves?ids={','.join(['1'] * (MOST_CURVES + 1))}", "up to 24 runs"),
    ("/runs/diff?ids=1", "two runs or more"),
    ("/runs/matching?where=none%3E3", "no run has a metric"),
    ("/runs/99", "no run 99"),
    ("/runs/99/page", "no run 99"),
]


@pytest.mark.parametrize(("path", "words"), REFUSED)
def test_refusals_in_words(client: Client, path: str, words: str) -> None:
    status, said, _ = client.ask("GET", path)
    assert status == 400
    assert words in filled(json.loads(said))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("[]", "JSON object"),
        ("{", "Expecting"),
        ("[" * 10_000, "JSON"),
        ('{"notes": "' + "x" * 70_000 + '"}', "too large"),
        ('{"notes": 3}', "text"),
        ('{"notes": "", "tags": [3]}', "words"),
        ('{"notes": "a\\u0007"}', "control characters"),
    ],
)
def test_notes_that_cannot_be(client: Client, body: str, words: str) -> None:
    status, said, _ = client.ask("POST", "/runs/1/notes", body)
    assert status == 400
    assert words in filled(json.loads(said))


def test_notes_and_the_bin(client: Client, store: Store) -> None:
    client.json("POST", "/runs/2/notes", {"notes": "wider\nis better", "tags": ["b", "a"]})
    assert (store.get(2).notes, store.get(2).tags) == ("wider\nis better", ["a", "b"])
    client.json("POST", "/runs/2/delete", {})
    assert client.ask("GET", "/runs/2")[0] == 400
    assert client.json("POST", "/runs/restore", {"name": "digits-1"}) == {"id": 2}
    assert store.get(2).name == "digits-1"


def test_the_runs_own_page_runs_no_script(client: Client) -> None:
    status, said, _ = client.ask("GET", "/runs/4/page")
    assert status == 200
    assert HOSTILE.encode() not in said
    assert b"&lt;script&gt;" in said


def test_only_what_changed_is_news(tmp_path: Path) -> None:
    store = Store(tmp_path)
    watcher = Watcher(store)
    assert watcher.news() == {"changed": [], "gone": []}
    run = store.start("first")
    assert watcher.news() is not None
    assert watcher.news() is None
    run.log({"loss": np.nan})
    run.finish()
    told = watcher.news()
    assert told is not None
    (row,) = told["changed"]
    assert isinstance(row, dict)
    assert (row["status"], row["metrics"]) == ("finished", {"loss": None})
    assert watcher.news() is None  # though NaN is not equal to itself
    store.get("first").delete()
    assert watcher.news() == {"changed": [], "gone": [1]}


def test_a_training_in_another_store_object_shows_up_by_itself(client: Client, store: Store) -> None:
    from websockets.sync.client import connect

    headers = {"Cookie": client.cookie}
    with connect(f"ws://{client.host}/runs/live", origin=f"http://{client.host}", additional_headers=headers) as socket:
        assert len(json.loads(socket.recv(timeout=10))["changed"]) >= 4
        with Store(store.folder).start("late") as run:
            run.log({"loss": 1.0})
        names = [row["name"] for row in json.loads(socket.recv(timeout=10))["changed"]]
    assert names == ["late"]
    store.get("late").delete()


def test_a_hundred_runs_open_quickly(tmp_path: Path) -> None:
    """The table needs the summaries alone, however long the runs are."""
    store = Store(tmp_path)
    for number in range(100):
        with store.start(f"run-{number}") as run:
            for step in range(20):
                run.log({"loss": step, "accuracy": step})
    begin = time.perf_counter()
    assert Watcher(store).news() is not None
    assert time.perf_counter() - begin < 0.3
