"""Damaged and hostile model files: each a clear error that names what is wrong, never code, never a crash."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save as pack

import clarinet
from clarinet import saving
from clarinet.layers import Dense, Input
from tests.properties import examples

X, Y = np.linspace(-1, 1, 40, dtype=np.float32).reshape(10, 4), np.arange(10) % 3


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    model = clarinet.Sequential([Input((4,)), Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(X, Y, verbose=0)
    path = tmp_path_factory.mktemp("good") / "m.clarinet"
    model.save(path)
    return path.read_bytes()


Parts = dict[str, bytes]


def parts_of(content: bytes) -> Parts:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def archive_of(parts: Parts | list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in parts.items() if isinstance(parts, dict) else parts:
            archive.writestr(name, content)
    return buffer.getvalue()


def with_config(**changes: Any) -> Callable[[Parts], bytes]:
    """The good file with entries of its configuration changed; ``model__layers`` reaches into ``model``."""

    def change(parts: Parts) -> bytes:
        config = json.loads(parts["config.json"])
        for name, value in changes.items():
            *outer, last = name.split("__")
            inner = config
            for key in outer:
                inner = inner[key]
            if value is ...:
                del inner[last]
            else:
                inner[last] = value
        return archive_of(parts | {"config.json": json.dumps(config).encode()})

    return change


def with_part(name: str, content: bytes | Callable[[bytes], bytes] | None) -> Callable[[Parts], bytes]:
    def change(parts: Parts) -> bytes:
        if content is None:
            return archive_of({k: v for k, v in parts.items() if k != name})
        return archive_of(parts | {name: content(parts[name]) if callable(content) else content})

    return change


def with_tensors(name: str, **changes: Any) -> Callable[[Parts], bytes]:
    from safetensors.numpy import load

    def change(parts: Parts) -> bytes:
        tensors = load(parts[name])
        for key, value in changes.items():
            if value is ...:
                del tensors[key.replace("__", ".")]
            else:
                tensors[key.replace("__", ".")] = value
        return archive_of(parts | {name: pack(tensors)})

    return change


def zeros(*shape: int, dtype: Any = np.float32) -> np.ndarray:
    return np.zeros(shape, dtype)


DENSE = {"class_name": "Dense", "config": {"units": 3}}
HUGE = {"class_name": "Dense", "config": {"units": 10**9}}
WEIGHTS, SLOTS, CONFIG = "weights.safetensors", "optimizer.safetensors", "config.json"

BAD: list[tuple[str, Callable[[Parts], bytes], str]] = [
    ("empty file", lambda p: b"", "empty"),
    ("text", lambda p: b"hello world", "not a Clarinet model"),
    ("pickle", lambda p: pickle.dumps({"weights": [1]}), "pickle"),
    ("hdf5", lambda p: b"\x89HDF\r\n\x1a\n" + bytes(100), "is damaged"),
    ("keras file", lambda p: archive_of({"config.json": b"{}", "model.weights.h5": b""}), "Keras file"),
    ("first half", lambda p: archive_of(p)[: len(archive_of(p)) // 2], "damaged"),
    ("last half", lambda p: b"PK" + archive_of(p)[len(archive_of(p)) // 2 :], "truncated"),
    ("flipped weight", lambda p: archive_of(p).replace(p[WEIGHTS][-4:], b"\xff\xff\xff\xff"), "CRC"),
    # The archive.
    ("compressed", lambda p: archive_of(p, zipfile.ZIP_DEFLATED), "compressed"),
    ("bomb", lambda p: archive_of(p | {WEIGHTS: bytes(50_000_000)}, zipfile.ZIP_DEFLATED), "compressed"),
    ("bzip2", lambda p: archive_of(p, zipfile.ZIP_BZIP2), "compressed"),
    ("path traversal", lambda p: archive_of(p | {"../../evil": b"x"}), "'../../evil'.*outside"),
    ("absolute path", lambda p: archive_of(p | {"/etc/evil": b"x"}), "'/etc/evil'.*outside"),
    ("extra member", lambda p: archive_of(p | {"readme.txt": b"x"}), "unexpected member 'readme.txt'"),
    ("code inside", lambda p: archive_of(p | {"layer.py": b"import os"}), "unexpected member 'layer.py'"),
    ("no config", with_part(CONFIG, None), "'config.json' is missing"),
    ("no weights", with_part(WEIGHTS, None), "'weights.safetensors' is missing"),
    # The configuration.
    ("config no JSON", with_part(CONFIG, b"{oops"), "config.json cannot be read"),
    ("config no text", with_part(CONFIG, b"\xff\xfe\x00"), "config.json cannot be read"),
    ("config a list", with_part(CONFIG, b"[]"), "a list"),
    ("config NaN", with_part(CONFIG, b'{"format": NaN}'), "NaN"),
    ("config deep", with_part(CONFIG, b'{"format":' + b"[" * 100_000), "nested too deeply"),
    ("config large", with_part(CONFIG, b" " * (16 * 2**20 + 1)), "at most"),
    ("config huge number", with_part(CONFIG, b'{"version": ' + b"9" * 10_000 + b"}"), "config.json cannot be read"),
    ("another format", with_config(format="trombone"), "'trombone'"),
    ("version to come", with_config(version=2), "version 2.*upgrade"),
    ("version text", with_config(version="1"), "'version'"),
    ("no version", with_config(version=...), "no entry 'version'"),
    ("no training", with_config(training=...), "no entry 'training'"),
    ("seed negative", with_config(training__seed=-1), "'seed'"),
    ("epochs text", with_config(training__epochs="many"), "'epochs'"),
    ("steps too large", with_config(training__steps=2**64), "'steps'"),
    ("metadata a list", with_config(metadata=[]), "'metadata'"),
    ("no layers", with_config(model__layers=...), "no entry 'layers'"),
    ("layers a number", with_config(model__layers=3), "'layers'"),
    ("too many layers", with_config(model__layers=[DENSE] * 10_001), "10001 layers"),
    (
        "layer unknown",
        with_config(model__layers=[{"class_name": "Denze", "config": {}}]),
        "'Denze'.*did you mean 'dense'",
    ),
    ("layer a function", with_config(model__layers=[{"class_name": "os.system", "config": {"a": 1}}]), "os.system"),
    ("layer argument", with_config(model__layers=[{"class_name": "Dense", "config": {"unitz": 3}}]), "'unitz'"),
    ("layer units", with_config(model__layers=[{"class_name": "Dense", "config": {"units": -3}}]), "units"),
    ("layer huge", with_config(model__layers=[HUGE, HUGE]), "describes 1000000006000000000 weights"),
    ("layer text", with_config(model__layers=["Dense"]), "structure does not make sense"),
    ("input shape text", with_config(model__input_shape="wide"), "structure does not make sense"),
    ("input shape of other weights", with_config(model__input_shape=[5]), "describes 18 weights.*holds 15"),
    ("loss unknown", with_config(compile__loss="rmse!"), "rmse!"),
    ("optimizer unknown", with_config(compile__optimizer={"class_name": "Evil", "config": {}}), "'Evil'"),
    ("compile argument", with_config(compile__sudo=True), "sudo"),
    # Tensors.
    ("weights empty", with_part(WEIGHTS, b""), "truncated"),
    ("weights noise", with_part(WEIGHTS, bytes(range(200))), "claims a header"),
    (
        "weights huge header",
        with_part(WEIGHTS, lambda b: struct.pack("<Q", 2**60) + b[8:]),
        "claims a header of 1152921504606846976",
    ),
    ("weights cut", with_part(WEIGHTS, lambda b: b[:-4]), "not a valid safetensors"),
    ("weights longer", with_part(WEIGHTS, lambda b: b + b"1234"), "not a valid safetensors"),
    ("weights header no JSON", with_part(WEIGHTS, struct.pack("<Q", 4) + b"oops"), "not a valid safetensors"),
    (
        "tensor missing",
        with_tensors(WEIGHTS, layers__0__bias=..., layers__0__bios=zeros(3)),
        "lacks layers.0.bias and has layers.0.bios",
    ),
    ("tensor superfluous", with_tensors(WEIGHTS, extra=zeros(0)), "has extra"),
    (
        "tensor shape",
        with_tensors(WEIGHTS, layers__0__kernel=zeros(3, 4)),
        r"kernel has shape \(3, 4\), the model's has \(4, 3\)",
    ),
    ("tensor dtype", with_tensors(WEIGHTS, layers__0__kernel=zeros(4, 3, dtype=np.float64)), "float64"),
    ("tensor of integers", with_tensors(WEIGHTS, layers__0__kernel=zeros(4, 3, dtype=np.int32)), "int32"),
    ("slot missing", with_tensors(SLOTS, momentum__layers__0__bias=...), "lacks momentum.layers.0.bias"),
    ("slot shape", with_tensors(SLOTS, velocity__layers__0__bias=zeros(4)), "velocity.layers.0.bias has shape"),
    ("optimizer state, not compiled", with_config(compile=None), "was not compiled"),
]


@pytest.mark.parametrize(("change", "says"), [b[1:] for b in BAD], ids=[b[0].replace(" ", "-") for b in BAD])
def test_each_kind_of_damage_has_its_message(
    good: bytes, tmp_path: Path, change: Callable[[Parts], bytes], says: str
) -> None:
    path = tmp_path / "m.clarinet"
    path.write_bytes(change(parts_of(good)))
    with pytest.raises(saving.ModelFileError, match=says) as caught:
        saving.load(path)
    assert str(caught.value).startswith(str(path))
    assert len(str(caught.value)) < 500 + len(str(path))


def test_duplicate_members(good: bytes, tmp_path: Path) -> None:
    parts = list(parts_of(good).items())
    with pytest.warns(UserWarning, match="Duplicate name"):
        (tmp_path / "m").write_bytes(archive_of([*parts, parts[1]]))
    with pytest.raises(saving.ModelFileError, match="2 times"):
        saving.load(tmp_path / "m")


def test_encrypted_members(good: bytes, tmp_path: Path) -> None:
    content = bytearray(good)
    content[content.index(b"PK\x01\x02") + 8] |= 1  # the flag in the archive's directory
    (tmp_path / "m").write_bytes(content)
    with pytest.raises(saving.ModelFileError, match="encrypted"):
        saving.load(tmp_path / "m")


def test_claims_more_than_the_file_has(good: bytes, tmp_path: Path) -> None:
    content = bytearray(good)
    at = content.index(b"PK\x01\x02") + 20
    content[at : at + 8] = struct.pack("<II", 2**31 - 1, 2**31 - 1)
    (tmp_path / "m").write_bytes(content)
    with pytest.raises(saving.ModelFileError):
        saving.load(tmp_path / "m")


@pytest.mark.filterwarnings("ignore")
@examples(150)
@given(data=st.data())
def test_flipped_bytes_are_noticed_or_harmless(
    good: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(good)
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.getbasetemp() / "flipped"
    path.write_bytes(content)
    load_or_refuse(path)


@pytest.mark.filterwarnings("ignore")
@examples(60)
@given(data=st.data())
def test_cut_files_are_noticed(good: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.getbasetemp() / "cut"
    path.write_bytes(good[: data.draw(st.integers(0, len(good) - 1))])
    with pytest.raises(saving.ModelFileError):
        saving.load(path)


@pytest.mark.filterwarnings("ignore")
@examples(150)
@given(data=st.data())
def test_flips_behind_the_checksum(good: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Damage inside a member of an otherwise sound archive, as an attacker would make it."""
    parts = parts_of(good)
    name = data.draw(st.sampled_from(sorted(parts)))
    content = bytearray(parts[name])
    content[data.draw(st.integers(0, min(len(content), 600) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "inside"
    path.write_bytes(archive_of(parts | {name: bytes(content)}))
    load_or_refuse(path)


def load_or_refuse(path: Path) -> None:
    """A model that works, or ModelFileError; nothing else."""
    try:
        model = saving.load(path)
    except saving.ModelFileError:
        return
    assert model.get_config()["layers"]


def test_weights_file_that_is_a_model(good: bytes, tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(good)
    with pytest.raises(saving.ModelFileError, match="not a safetensors file"):
        clarinet.Sequential([Input((4,)), Dense(3)]).load_weights(tmp_path / "m")
