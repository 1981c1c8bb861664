"""Fashion-MNIST and CIFAR-10 by download, from a server on this machine that behaves well and badly."""

import dataclasses
import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import clarinet
from clarinet.datasets import cifar10, download, fashion_mnist
from clarinet.datasets.download import RemoteFile
from tests.datasets.dataset_files import cifar_files, image_set_files, tar_gz, write_files
from tests.datasets.local_server import Server

IMAGES = "train-images-idx3-ubyte.gz"


@pytest.fixture
def data(tmp_path, monkeypatch) -> Path:
    """An empty data directory, and no data sets installed on the system."""
    monkeypatch.setenv("CLARINET_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(download, "_SYSTEM_FOLDER", tmp_path / "system")
    return tmp_path / "data"


def describe(files: dict[str, bytes]) -> tuple[RemoteFile, ...]:
    return tuple(RemoteFile(name, len(raw), hashlib.sha256(raw).hexdigest()) for name, raw in files.items())


@pytest.fixture
def fashion(server, monkeypatch, data) -> Server:
    """A small Fashion-MNIST, served by the mirrors ``first`` and ``second``."""
    files = image_set_files()
    mirrors = (server.serve("first", files), server.serve("second", files))
    remote = dataclasses.replace(fashion_mnist._REMOTE, files=describe(files), mirrors=mirrors)
    monkeypatch.setattr(fashion_mnist, "_REMOTE", remote)
    return server


@pytest.fixture
def cifar(server, monkeypatch, data) -> Server:
    files = {"cifar-10-binary.tar.gz": tar_gz({f"cifar-10-batches-bin/{n}": raw for n, raw in cifar_files().items()})}
    remote = dataclasses.replace(cifar10._REMOTE, files=describe(files), mirrors=(server.serve("first", files),))
    monkeypatch.setattr(cifar10, "_REMOTE", remote)
    return server


def leftovers(data: Path) -> set[str]:
    return {path.name for path in data.rglob("*") if path.is_file()}


def test_downloads_once_and_keeps(fashion, data):
    (x, y), (x_test, _) = fashion_mnist.load_data()
    assert x.shape == (6, 4, 5) and y.tolist() == [0, 1, 2, 3, 4, 5] and len(x_test) == 3
    assert leftovers(data) == set(image_set_files())
    asked = len(fashion.asked)
    assert asked == 4 and all(path.startswith("/first/") for path in fashion.asked)
    fashion_mnist.load_data()
    assert len(fashion.asked) == asked


def test_progress_shows_on_a_terminal(fashion, monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    fashion_mnist.load_data()
    assert f"{IMAGES}: 100 % of" in capsys.readouterr().err


def test_only_missing_files_are_fetched(fashion, data):
    files = image_set_files()
    write_files(data / "fashion-mnist", {name: raw for name, raw in files.items() if name != IMAGES})
    fashion_mnist.load_data()
    assert fashion.asked == [f"/first/{IMAGES}"]


def spoil(server: Server, mirror: str, fault: str | int) -> None:
    path = f"/{mirror}/{IMAGES}"
    if fault == "corrupted":
        raw = bytearray(server.files[path])
        raw[len(raw) // 2] ^= 1
        server.files[path] = bytes(raw)
    elif fault == "longer":
        server.files[path] += b"x"
    else:
        server.faults[path] = fault


@pytest.mark.parametrize("fault", ["truncated", "corrupted", "longer", "endless", 403, 404, 500])
def test_second_mirror_steps_in(fashion, fault):
    spoil(fashion, "first", fault)
    (x, _), _ = fashion_mnist.load_data()
    assert len(x) == 6
    assert fashion.asked[:2] == [f"/first/{IMAGES}", f"/second/{IMAGES}"]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("truncated", "truncated: the connection ended before the .* bytes expected had arrived"),
        ("corrupted", "corrupted: the SHA-256 of the download is not [0-9a-f]{64}, the published one"),
        ("longer", "the server announces .* bytes; expected"),
        ("endless", "the server sends more than .* bytes; expected"),
        (403, "refused: HTTP 403 Forbidden"),
    ],
)
def test_every_failure_is_explained_and_nothing_is_left(fashion, data, fault, reason):
    for mirror in ("first", "second"):
        spoil(fashion, mirror, fault)
    with pytest.raises(ConnectionError, match=reason) as error:
        fashion_mnist.load_data()
    message = str(error.value)
    assert fashion.url("first") + IMAGES in message and fashion.url("second") + IMAGES in message
    assert f"put {', '.join(image_set_files())} into {data / 'fashion-mnist'}" in message
    assert 'load_data(folder="...")' in message
    assert leftovers(data) == set()


def test_no_server_at_all(fashion, monkeypatch):
    # Port 9 (discard) answers nobody on this machine.
    dead = dataclasses.replace(fashion_mnist._REMOTE, mirrors=("http://127.0.0.1:9/",))
    monkeypatch.setattr(fashion_mnist, "_REMOTE", dead)
    with pytest.raises(ConnectionError, match=r"http://127\.0\.0\.1:9/.*cannot be reached; is this machine online"):
        fashion_mnist.load_data()


def test_unwritable_data_directory(fashion, data):
    data.write_text("a file where the folder should be")
    with pytest.raises(OSError, match=r"cannot write Fashion-MNIST into .*; set CLARINET_DATA"):
        fashion_mnist.load_data()


def test_data_directory_and_system_folder_go_before_the_network(fashion, data, tmp_path):
    system = write_files(tmp_path / "system" / "fashion-mnist", image_set_files(zipped=False))
    assert len(fashion_mnist.load_data()[0][0]) == 6
    write_files(data / "fashion-mnist", image_set_files(zipped=False))
    for path in system.iterdir():
        path.unlink()
    assert len(fashion_mnist.load_data()[0][0]) == 6
    assert fashion.asked == []


def test_without_the_variable_the_systems_cache_is_used(monkeypatch, tmp_path):
    import pooch

    monkeypatch.delenv("CLARINET_DATA", raising=False)
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / name)
    assert download._data_folders() == [tmp_path / "clarinet"]


def test_without_pooch_the_extra_is_named(fashion, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError, match=r'pip install "clarinet\[datasets\]", or pass load_data\(folder='):
        fashion_mnist.load_data()
    write_files(tmp_path / "mine", image_set_files())
    assert len(fashion_mnist.load_data(folder=tmp_path / "mine")[0][0]) == 6


def test_cifar10_downloads(cifar, data):
    (x, y), (x_test, y_test) = cifar10.load_data()
    assert x.shape == (10, 32, 32, 3) and x_test.shape == (2, 32, 32, 3) and x.dtype == np.uint8
    assert y.tolist() == [[i] for i in range(10)] and y_test.shape == (2, 1) and y.dtype == np.uint8
    assert (x == [1, 2, 3]).all() and x.flags.c_contiguous
    assert leftovers(data) == {"cifar-10-binary.tar.gz"}


def fresh(code: str) -> str:
    """What a fresh interpreter prints."""
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def test_importing_is_light_and_parts_come_when_used():
    parts = "[name for name in sys.modules if name.startswith('clarinet.datasets.')]"
    assert fresh(f"import sys, clarinet.datasets; print({parts})") == "[]"
    assert fresh("import clarinet; print(len(clarinet.datasets.study_hours.load_data()[0]))") == "3"
    everything = "import sys; from clarinet.datasets import *; "
    assert (
        fresh(everything + "print({'pooch', 'requests', 'PIL', 'pandas', 'csv', 'tarfile'} & set(sys.modules))")
        == "set()"
    )


def test_unknown_data_set_names_what_there_is():
    with pytest.raises(AttributeError, match=r"no attribute 'minst'; did you mean 'mnist'"):
        clarinet.datasets.minst  # noqa: B018
