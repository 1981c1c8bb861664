"""Reading CIFAR-10's binary version from a folder or its archive, hostile archives included."""

import gzip
import io
import tarfile

import pytest

from clarinet.datasets import cifar10
from tests.datasets.dataset_files import cifar_files, cifar_records, tar_gz, write_files

ARCHIVE = "cifar-10-binary.tar.gz"


@pytest.mark.parametrize("where", [".", "cifar-10-batches-bin"])
def test_unpacked_files(tmp_path, where):
    write_files(tmp_path / where, cifar_files())
    (x, y), (_, y_test) = cifar10.load_data(folder=tmp_path)
    assert x.shape == (10, 32, 32, 3) and y.ravel().tolist() == list(range(10)) and y_test.ravel().tolist() == [0, 1]


def test_archive_in_any_order_with_other_files(tmp_path):
    files = dict(reversed(cifar_files().items()))
    write_files(tmp_path, {ARCHIVE: tar_gz({"readme.html": b"hello", **files})})
    (_, y), _ = cifar10.load_data(folder=tmp_path)
    assert y.ravel().tolist() == list(range(10))


def test_planes_become_channels(tmp_path):
    """A record is a label, then 1024 red, 1024 green and 1024 blue values, row by row."""
    ramp = bytes(range(256)) * 12
    write_files(tmp_path, {**cifar_files(), "test_batch.bin": b"\x07" + ramp})
    _, (x, y) = cifar10.load_data(folder=tmp_path)
    assert y.tolist() == [[7]]
    assert [x[0, row, column, channel] for row, column, channel in ((0, 5, 0), (1, 0, 1), (31, 31, 2))] == [5, 32, 255]


def test_nothing_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=f"expected {ARCHIVE}, or data_batch_1.bin, .* and test_batch.bin$"):
        cifar10.load_data(folder=tmp_path)
    (tmp_path / "cifar-10-batches-py").mkdir()
    with pytest.raises(FileNotFoundError, match="the python version is a pickle and is not read"):
        cifar10.load_data(folder=tmp_path)


def link(name: str, target: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = tarfile.SYMTYPE, target
        archive.addfile(member)
    return buffer.getvalue()


def sparse() -> bytes:
    """A terabyte of holes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo("data_batch_1.bin")
        member.pax_headers = {"GNU.sparse.map": "0,0", "GNU.sparse.size": str(1 << 40)}
        archive.addfile(member)
    return buffer.getvalue()


def bomb() -> bytes:
    """A member that promises and delivers more than the archive can hold, in front of everything else."""
    member = tarfile.TarInfo("big")
    member.size = 1 << 40
    return gzip.compress(member.tobuf() + bytes(201 << 20), 1)


WHOLE = tar_gz(cifar_files())


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (WHOLE[: len(WHOLE) // 2], "truncated or damaged archive"),
        (b"no archive at all", "truncated or damaged archive"),
        (WHOLE[:40] + b"\xff" * 30 + WHOLE[70:], "truncated or damaged archive"),
        (tar_gz({"readme": b"x"}), "data_batch_1.bin, .*test_batch.bin missing in the archive"),
        (tar_gz({**cifar_files(), "b/test_batch.bin": cifar_records(1)}), "test_batch.bin is there twice"),
        (tar_gz({"data_batch_1.bin": b"\x01abc"}), "truncated: 4 bytes are not a multiple of the record's 3,073"),
        (tar_gz({"data_batch_1.bin": b"\x0b" + bytes(3072)}), "label 11 at record 0; expected 0 to 9"),
        (link("data_batch_1.bin", "/etc/passwd"), "is there twice or is not a regular file"),
        (sparse(), "is there twice or is not a regular file"),
        (bomb(), "unpacks to more than 209,715,200 bytes"),
    ],
    ids=["half", "text", "garbled", "others", "twice", "short", "label", "link", "sparse", "bomb"],
)
def test_bad_archives(tmp_path, raw, message):
    write_files(tmp_path, {ARCHIVE: raw})
    with pytest.raises(ValueError, match=message) as error:
        cifar10.load_data(folder=tmp_path)
    assert ARCHIVE in str(error.value)
