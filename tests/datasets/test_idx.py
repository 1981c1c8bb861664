"""The IDX reader: every type, plain and gzipped, and each kind of damage with its own error."""

import gzip
import os
import re
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from clarinet.datasets import mnist
from clarinet.datasets.idx import read_idx
from tests.datasets.dataset_files import IDX_CODES, idx_bytes, image_set_files, write_files
from tests.properties import examples

THREE = bytes([0, 0, 8, 1, 0, 0, 0, 3])


@examples(60)
@given(
    array=st.sampled_from(sorted(IDX_CODES)).flatmap(
        lambda name: arrays(name, array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5))
    ),
    zipped=st.booleans(),
)
def test_reads_back_what_was_written(array, zipped):
    data = idx_bytes(array)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data"
        path.write_bytes(gzip.compress(data, 1) if zipped else data)
        back = read_idx(path)
    assert back.dtype == array.dtype and back.dtype.isnative and back.flags.writeable
    np.testing.assert_array_equal(back, array)


@examples(200)
@given(data=st.binary(max_size=60) | st.binary(max_size=40).map(lambda tail: b"\0\0\x08" + tail))
def test_arbitrary_bytes_are_read_or_refused(data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data"
        path.write_bytes(data)
        try:
            array = read_idx(path)
        except ValueError as error:
            assert str(path) in str(error)
        else:
            assert array.nbytes <= len(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "truncated: 0 bytes are too few"),
        (b"\0\0\x08", "truncated: 3 bytes are too few"),
        (b"PK\x03\x04abcdef", "no IDX file: it starts with 50 4b 03 04; expected 00 00"),
        (b"\0\0\x07\x01\0\0\0\x01a", "no IDX file: it starts with 00 00 07 01"),
        (b"\0\0\x08\0", "announces 0 dimensions; expected 1 to 32"),
        (b"\0\0\x08\xff" + bytes(2000), "announces 255 dimensions"),
        (b"\0\0\x08\x02\0\0\0\x03", "truncated inside the header: expected 8 bytes of sizes, got 4"),
        (THREE + b"ab", "truncated: the header announces shape (3,) of uint8 (3 bytes)"),
        (THREE + b"abcd", "more bytes follow"),
        (b"\0\0\x0e\x02" + b"\xff" * 8 + b"abc", "above the limit of 4,294,967,296; pass max_bytes="),
        (b"\0\0\x08\x01\x7f\xff\xff\xff" + b"abc", "but the file can hold at most 3"),
    ],
)
def test_damage_is_named(tmp_path, data, message):
    path = tmp_path / "set"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=re.escape(message)) as error:
        read_idx(path)
    assert str(path) in str(error.value)


def test_damaged_gzip_is_named(tmp_path):
    whole = gzip.compress(THREE + b"abc", mtime=0)
    wrong_sum = bytearray(whole)
    wrong_sum[-8] ^= 1
    cases = {
        whole[:-12]: "gzip data end too early",
        whole[:10]: "gzip data end too early",
        bytes(wrong_sum): "gzip data are damaged.*CRC",
        whole[:10] + b"\xff" * 20: "gzip data are damaged",
        gzip.compress(THREE + b"ab"): "truncated: .* only 2 follow",
        gzip.compress(THREE + b"abcd"): "more bytes follow",
    }
    for data, message in cases.items():
        path = tmp_path / "set.gz"
        path.write_bytes(data)
        with pytest.raises(ValueError, match=message):
            read_idx(path)


def test_a_small_file_cannot_claim_gigabytes(tmp_path):
    """No memory is taken for what a header merely promises."""
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"\0\0\x08\x01\x7f\xff\xff\xff" + bytes(1000)))
    with pytest.raises(ValueError, match=r"truncated: .* \(2,147,483,647 bytes\), but the file can hold at most"):
        read_idx(path)


def test_a_bomb_behind_a_small_header_is_not_unpacked(tmp_path):
    path = tmp_path / "bomb.gz"
    packer = zlib.compressobj(9, wbits=31)
    path.write_bytes(packer.compress(THREE + bytes(100 << 20)) + packer.flush())
    with pytest.raises(ValueError, match="more bytes follow"):
        read_idx(path)


def test_limit_can_be_moved(tmp_path):
    path = tmp_path / "set"
    path.write_bytes(THREE + b"abc")
    with pytest.raises(ValueError, match="above the limit of 2"):
        read_idx(path, max_bytes=2)
    assert read_idx(os.fspath(path), max_bytes=3).tolist() == [97, 98, 99]


def test_bundled_mnist_is_the_real_one():
    (x_train, y_train), (x_test, y_test) = mnist.load_data("mnist.npz")
    assert x_train.shape == (60000, 28, 28) and x_test.shape == (10000, 28, 28)
    assert y_train.shape == (60000,) and y_test.shape == (10000,)
    assert {a.dtype for a in (x_train, y_train, x_test, y_test)} == {np.dtype(np.uint8)}
    assert np.bincount(y_train).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    # The mean that programs commonly normalise with.
    assert round(float(x_train.mean()) / 255, 4) == 0.1307 and round(float(x_train.std()) / 255, 4) == 0.3081


@pytest.mark.parametrize("zipped", [True, False])
def test_own_folder(tmp_path, zipped):
    write_files(tmp_path, image_set_files(zipped))
    (x_train, y_train), (x_test, y_test) = mnist.load_data(folder=tmp_path)
    assert x_train.shape == (6, 4, 5) and x_test.shape == (3, 4, 5)
    assert y_train.tolist() == [0, 1, 2, 3, 4, 5] and y_test.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("train-labels-idx1-ubyte", np.zeros(5, np.uint8), "holds 6 images, but .* holds 5 labels"),
        ("train-labels-idx1-ubyte", np.full(6, 10, np.uint8), "label 10 at row 0; expected 0 to 9"),
        (
            "train-labels-idx1-ubyte",
            np.zeros((6, 1), np.uint8),
            r"expected 1 dimension\(s\) of uint8, got shape \(6, 1\)",
        ),
        ("t10k-images-idx3-ubyte", np.zeros((3, 4, 5), np.int32), "expected 3 .* of uint8, got .* of int32"),
    ],
)
def test_files_that_do_not_belong_together(tmp_path, name, array, message):
    write_files(tmp_path, {**image_set_files(zipped=False), name: idx_bytes(array)})
    with pytest.raises(ValueError, match=message):
        mnist.load_data(folder=tmp_path)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"holds neither train-images-idx3-ubyte\.gz nor train-images-idx3-ubyte"
    ):
        mnist.load_data(folder=tmp_path)
