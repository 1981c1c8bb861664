"""A run in one file: everything arrives, and a damaged or hostile file is refused with nothing kept of it."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

import clarinet
from clarinet import runs
from clarinet.runs import Store, Tracker, pack, unpack
from clarinet.runs.checkpoints import checkpoints_of
from clarinet.saving import ModelFileError
from tests.properties import examples
from tests.runs.small import Interruption, X, fit

Parts = dict[str, bytes]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> runs.Run:
    store = Store(tmp_path_factory.mktemp("store"))
    tracker = Tracker("digits", store=store, config={"rate": 0.02}, notes="a note\nof two lines", tags=["b", "a"])
    fit(tracker, stats_every=10)  # type: ignore[arg-type]
    run = store.get("digits")
    run.reopen()
    run.log({"extra": 1.5}, step=3)
    run.log({"extra": float("nan")}, step=7)
    run.find(clarinet.problems.warning("doubt", "layer:1", "a doubt"), step=5)
    run.finish()
    return run


@pytest.fixture(scope="module")
def packed(first: runs.Run, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return pack(first, tmp_path_factory.mktemp("packed") / "digits.zip").read_bytes()


def rows(run: runs.Run, sql: str) -> list[Any]:
    return run.store.query(sql, (run.id,))


def test_everything_arrives(first: runs.Run, packed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "digits.zip"
    path.write_bytes(packed)
    there = unpack(path, store=Store(tmp_path / "there"))
    for field in (
        "uid",
        "name",
        "status",
        "started",
        "ended",
        "group",
        "notes",
        "error",
        "tags",
        "metrics",
        "findings",
    ):
        assert getattr(there, field) == getattr(first, field), field
    assert there.samples == first.samples
    assert there.documents() == first.documents() | {"unpacked": {"file": "digits.zip"}}
    np.testing.assert_equal(there.summary, first.summary)
    for kind, name in first.metrics:
        for a, b in zip(there.curve(name, kind), first.curve(name, kind)):
            np.testing.assert_array_equal(a, b)
    everything = "SELECT step, layer, activation_mean, update_ratio, finite FROM layers WHERE run = ? ORDER BY 1, 2"
    np.testing.assert_equal(rows(there, everything), rows(first, everything))
    model = clarinet.models.load_model(there.folder / "model.clarinet")
    assert (model.predict(X) == clarinet.models.load_model(first.folder / "model.clarinet").predict(X)).all()
    assert not (there.folder / "report.html").exists()  # anybody could have written into it


def test_the_same_run_twice(packed: bytes, tmp_path: Path) -> None:
    path, store = tmp_path / "digits.zip", Store(tmp_path / "there")
    path.write_bytes(packed)
    unpack(path, store=store)
    with pytest.raises(ValueError, match="in the store already, as 'digits'"):
        unpack(path, store=store)


def test_a_name_that_is_taken(packed: bytes, tmp_path: Path) -> None:
    path, store = tmp_path / "digits.zip", Store(tmp_path / "there")
    path.write_bytes(packed)
    store.start("digits").finish()
    assert unpack(path, store=store).name == "digits-2"


def test_another_name(packed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "digits.zip"
    path.write_bytes(packed)
    assert unpack(path, "mine", store=Store(tmp_path / "there")).name == "mine"


def test_an_interrupted_run_is_packed_with_its_last_checkpoint(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("CLARINET_HOME", str(tmp_path / "here"))
    with pytest.raises(Interruption):
        fit("cut", 30)
    there = unpack(pack("cut", tmp_path / "cut.zip"), store=Store(tmp_path / "there"))
    assert (there.status, there.error) == ("failed", "Interruption: ")
    last = clarinet.models.load_model(checkpoints_of(runs.get("cut")).files()[-1])
    assert (clarinet.models.load_model(there.folder / "model.clarinet").predict(X) == last.predict(X)).all()


def test_a_run_that_is_going_on_is_not_packed(tmp_path: Path) -> None:
    run = Store(tmp_path).start("going")
    with pytest.raises(ValueError, match="still running"):
        pack(run, tmp_path / "going.zip")
    run.finish()


def test_a_run_without_numbers(tmp_path: Path) -> None:
    with Store(tmp_path / "here").start("empty") as run:
        pass
    assert unpack(pack(run, tmp_path / "e.zip"), store=Store(tmp_path / "there")).summary == {}


# Hostile files.


def parts_of(content: bytes) -> Parts:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def archive_of(parts: Parts, compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def about(change: Callable[[dict[str, Any]], Any]) -> Callable[[Parts], bytes]:
    def changed(parts: Parts) -> bytes:
        document = json.loads(parts["run.json"])
        change(document)
        return archive_of(parts | {"run.json": json.dumps(document).encode()})

    return changed


def of_run(**changes: Any) -> Callable[[Parts], bytes]:
    return about(lambda document: document["run"].update(changes))


def numbers(**changes: Any) -> Callable[[Parts], bytes]:
    def changed(parts: Parts) -> bytes:
        tensors = load_tensors(parts["numbers.safetensors"])
        tensors |= {name.replace("_", "."): value for name, value in changes.items()}
        return archive_of(parts | {"numbers.safetensors": save_tensors(tensors)})

    return changed


BAD: list[tuple[str, Callable[[Parts], bytes], str]] = [
    ("text", lambda p: b"hello", "not a packed run: it does not begin as a zip archive"),
    ("pickle", lambda p: pickle.dumps([1]), "pickle"),
    ("half", lambda p: archive_of(p)[:5000], "damaged|truncated"),
    ("bomb", lambda p: archive_of(p | {"numbers.safetensors": bytes(10**7)}, zipfile.ZIP_DEFLATED), "compressed"),
    ("outside", lambda p: archive_of(p | {"../../.bashrc": b"x"}), r"'\.\./\.\./\.bashrc'.*outside"),
    ("code", lambda p: archive_of(p | {"setup.py": b"import os"}), "unexpected member 'setup.py'"),
    ("a model alone", lambda p: p["model.clarinet"], "unexpected member"),
    ("no numbers", lambda p: archive_of({"run.json": p["run.json"]}), "'numbers.safetensors' is missing"),
    ("model damaged", lambda p: archive_of(p | {"model.clarinet": p["model.clarinet"][:999]}), "model.clarinet"),
    ("model a pickle", lambda p: archive_of(p | {"model.clarinet": pickle.dumps(1)}), "pickle"),
    ("another format", about(lambda d: d.update(format="zip")), "no packed run: its format is 'zip'"),
    ("version to come", about(lambda d: d.update(version=2)), "version 2.*upgrade"),
    ("name outside", of_run(name="../../x"), "cannot be a run's name"),
    ("name no text", of_run(name=3), "expected a name"),
    ("no uid", about(lambda d: d["run"].pop("uid")), "uid"),
    ("uid a list", of_run(uid=[1]), "expected str"),
    ("time a text", of_run(started="now"), "expected float"),
    ("escape sequences", of_run(notes="\x1b]0;mine\x07"), "control characters"),
    ("escape in settings", about(lambda d: d["documents"].update(config={"\x1b[2J": 1})), "control characters"),
    ("documents a list", about(lambda d: d.update(documents=[1])), "run.json does not make sense"),
    ("another kind", about(lambda d: d["series"].append(["dream", "loss"])), "numbers|99|steps|does not make sense"),
    ("metric without numbers", about(lambda d: d["series"].append(["log", "x"])), "does not make sense"),
    ("steps go back", numbers(**{"0_steps": np.array([2, 1]), "0_values": np.zeros(2)}), "do not fit together"),
    ("steps negative", numbers(**{"0_steps": np.array([-5]), "0_values": np.zeros(1)}), "run from -5"),
    ("step too large", numbers(**{"0_steps": np.array([2**60]), "0_values": np.zeros(1)}), "run from 1152"),
    ("lengths", numbers(**{"0_steps": np.array([1, 2])}), "do not fit together"),
    ("layers flat", numbers(layers=np.zeros(10)), "expected 2 dimensions"),
    ("sample's dtype", about(lambda d: d["samples"][0].__setitem__(2, "|O8")), "sample 0 is not"),
    ("sample's shape", about(lambda d: d["samples"][0].__setitem__(1, "[1000000]")), "sample 0 is not"),
    ("finding a number", about(lambda d: d["findings"].append({"step": 1, "kind": 2})), "does not make sense"),
]


@pytest.mark.parametrize(("change", "says"), [bad[1:] for bad in BAD], ids=[bad[0] for bad in BAD])
def test_bad_files(change: Callable[[Parts], bytes], says: str, packed: bytes, tmp_path: Path) -> None:
    path, store = tmp_path / "bad.zip", Store(tmp_path / "there")
    path.write_bytes(change(parts_of(packed)))
    with pytest.raises(ModelFileError, match=says):
        unpack(path, store=store)
    assert store.query("SELECT count(*) FROM runs") in ([], [(0,)])
    assert not (tmp_path / "there" / "runs").exists() or not list((tmp_path / "there" / "runs").iterdir())


@examples(40)
@given(data=st.data())
def test_flipped_bytes_never_do_harm(packed: bytes, tmp_path_factory: Any, data: st.DataObject) -> None:
    """Each is refused, or means the same."""
    place = data.draw(st.integers(0, len(packed) - 1))
    path = tmp_path_factory.mktemp("flipped") / "flipped.zip"
    path.write_bytes(packed[:place] + bytes([packed[place] ^ data.draw(st.integers(1, 255))]) + packed[place + 1 :])
    try:
        run = unpack(path, store=Store(path.parent / "there"))
    except ModelFileError:
        return
    assert run.name == "digits"
