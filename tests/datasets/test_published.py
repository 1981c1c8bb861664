"""Published data sets and files of the network: Keras's rows in Keras's order, and no code out of a file."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clarinet.datasets import boston_housing, california_housing, imdb, reuters
from clarinet.datasets.npz import read_npz
from clarinet.utils import get_file

keras: Any = pytest.importorskip("keras")
GENERATOR = np.random.default_rng(0)


def lists(count: int) -> Any:
    found = np.empty(count, object)
    for i in range(count):
        found[i] = GENERATOR.integers(1, 30, GENERATOR.integers(3, 12)).tolist()
    return found


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    labels = GENERATOR.integers(0, 2, 20)
    np.savez(tmp_path / "imdb.npz", x_train=lists(20), y_train=labels, x_test=lists(12), y_test=labels[:12])
    np.savez(tmp_path / "reuters.npz", x=lists(20), y=GENERATOR.integers(0, 46, 20))
    for name in ("boston_housing", "california_housing"):
        np.savez(tmp_path / f"{name}.npz", x=GENERATOR.normal(size=(620, 3)), y=GENERATOR.normal(size=620))
    for name in ("imdb", "reuters", "boston_housing", "california_housing"):
        monkeypatch.setattr(f"keras.src.datasets.{name}.get_file", lambda fname, **_: str(tmp_path / fname))
    return tmp_path


CASES: list[tuple[str, Any, dict[str, Any]]] = [
    ("imdb", imdb, {}),
    ("imdb", imdb, {"num_words": 20, "skip_top": 3, "maxlen": 9, "seed": 4}),
    ("imdb", imdb, {"num_words": 15, "oov_char": None, "start_char": None}),
    ("imdb", imdb, {"start_char": None, "index_from": 0}),
    ("reuters", reuters, {}),
    ("reuters", reuters, {"num_words": 20, "maxlen": 9, "test_split": 0.4, "oov_char": None}),
    ("boston_housing", boston_housing, {}),
    ("boston_housing", boston_housing, {"test_split": 0.3, "seed": 1}),
    ("california_housing", california_housing, {}),
    ("california_housing", california_housing, {"version": "small"}),
]


@pytest.mark.parametrize(("name", "ours", "settings"), CASES, ids=[f"{n}-{'-'.join(s)}" for n, _, s in CASES])
def test_rows_are_those_of_keras(files: Path, name: str, ours: Any, settings: dict[str, Any]) -> None:
    found = ours.load_data(path=str(files / f"{name}.npz"), **settings)
    expected = getattr(keras.datasets, name).load_data(path=f"{name}.npz", **settings)
    for one, other in zip(sum(found, ()), sum(expected, ()), strict=True):
        assert one.dtype == other.dtype
        assert one.tolist() == other.tolist()


def test_words_and_topics(tmp_path: Path) -> None:
    (tmp_path / "words.json").write_text(json.dumps({"the": 1, "of": 2}))
    assert imdb.get_word_index(str(tmp_path / "words.json")) == {"the": 1, "of": 2}
    assert reuters.get_label_names() == keras.datasets.reuters.get_label_names()


class Evil:
    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return print, ("this ran",)


def test_no_code_runs_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = np.empty(1, object)
    hostile[0] = Evil()
    np.savez(tmp_path / "imdb.npz", x=hostile)
    with pytest.raises(ValueError, match=r"asks for builtins\.print, which no array of numbers needs"):
        read_npz(tmp_path / "imdb.npz")
    assert capsys.readouterr().out == ""
    (tmp_path / "cut.npz").write_bytes((tmp_path / "imdb.npz").read_bytes()[:40])
    with pytest.raises(ValueError, match="is damaged"):
        read_npz(tmp_path / "cut.npz")
    with pytest.raises(pickle.UnpicklingError):
        pickle.loads(b"nothing")


def test_files_are_fetched_once_and_checked(tmp_path: Path) -> None:
    source, cache = tmp_path / "data.txt", tmp_path / "cache"
    source.write_text("content")
    checksum = hashlib.sha256(b"content").hexdigest()
    path = get_file("mine.txt", source.as_uri(), file_hash=checksum, cache_dir=cache)
    assert Path(path) == cache / "datasets" / "mine.txt"
    source.write_text("other")
    assert Path(get_file("mine.txt", source.as_uri(), file_hash=checksum, cache_dir=cache)).read_text() == "content"
    assert Path(get_file("mine.txt", source.as_uri(), cache_dir=cache, force_download=True)).read_text() == "other"
    with pytest.raises(ValueError, match="does not have the content expected"):
        get_file(origin=source.as_uri(), file_hash=checksum, cache_dir=cache)
    assert sorted(p.name for p in (cache / "datasets").iterdir()) == ["mine.txt"]
    with pytest.raises(ConnectionError, match="cannot be reached"):
        get_file(origin=(tmp_path / "missing").as_uri(), cache_dir=cache)
    with pytest.raises(ValueError, match="a name without folders"):
        get_file("../mine.txt", source.as_uri(), cache_dir=cache)


def archive(path: Path, members: dict[str, bytes | None]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            if content is None:
                info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            info.size = len(content or b"")
            tar.addfile(info, io.BytesIO(content or b""))
    return path


def test_archives_write_nothing_outside_of_their_folder(tmp_path: Path) -> None:
    good = archive(tmp_path / "good.tar.gz", {"a/b.txt": b"1", "link": None})
    folder = Path(get_file("good.tar.gz", good.as_uri(), extract=True, cache_dir=tmp_path / "cache"))
    assert folder.name == "good_extracted"
    assert sorted(p.name for p in folder.rglob("*")) == ["a", "b.txt"], "no links"
    bad = archive(tmp_path / "bad.tar.gz", {"../out.txt": b"1"})
    with pytest.raises(ValueError, match="would write outside"):
        get_file("bad.tar.gz", bad.as_uri(), untar=True, cache_dir=tmp_path / "cache")
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as packed:
        packed.writestr("../out.txt", "1")
    with pytest.raises(ValueError, match="would write outside"):
        get_file("bad.zip", (tmp_path / "bad.zip").as_uri(), extract=True, cache_dir=tmp_path / "cache")
    assert not list(tmp_path.rglob("out.txt"))
