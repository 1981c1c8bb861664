"""Damaged and hostile graphs in model files: each is refused by name, in little memory, and runs nothing."""

from __future__ import annotations

import base64
import json
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import layers, ops, saving
from tests.saving.test_hostile_files import archive_of, parts_of

Change = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    class Own(layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.w = self.add_weight(shape=(4, 4), name="w")

        def call(self, inputs: Any, training: bool = False) -> Any:
            y = ops.matmul(inputs, self.w) + np.arange(4, dtype=np.float32)
            return y * 2 if training else y

    model = clarinet.Sequential([layers.Input((4,)), Own(), layers.Dense(2)])
    path = tmp_path_factory.mktemp("good") / "m.clarinet"
    model.save(path)
    return parts_of(path.read_bytes())


def network(config: dict[str, Any]) -> dict[str, Any]:
    return config["model"]["layers"][0]["kept"]["networks"][0]  # type: ignore[no-any-return]


def kept(config: dict[str, Any]) -> dict[str, Any]:
    return config["model"]["layers"][0]["kept"]  # type: ignore[no-any-return]


def node(entry: dict[str, Any], at: int = 0) -> Change:
    return lambda config: network(config)["nodes"].insert(at, entry)


def op(name: str, inputs: list[int], **settings: Any) -> dict[str, Any]:
    return {"op": {"class_name": name, "config": settings}, "inputs": inputs}


def nested(config: dict[str, Any]) -> None:
    layer = config["model"]["layers"][0]
    for _ in range(100):
        layer = json.loads(json.dumps(layer)) | {"kept": {**kept(config), "layers": [layer]}}
    config["model"]["layers"][0] = layer


def many(config: dict[str, Any]) -> None:
    network(config)["nodes"] = [op("Square", [0])] * 20_001


def doubled(config: dict[str, Any]) -> None:
    """A tensor that grows twofold with every node."""
    network(config)["nodes"] = [op("Concatenate", [n, n], axis=-1) for n in range(64)]


def constant(shape: list[int], dtype: str = "float32", content: bytes = b"\0" * 16) -> dict[str, Any]:
    return {"constant": {"shape": shape, "dtype": dtype, "bytes": base64.b64encode(content).decode()}}


HOSTILE: list[tuple[str, Change, str]] = [
    ("unknown operation", node(op("System", [0])), "unknown operation 'System'"),
    ("base class", node(op("Unary", [0])), "unknown operation 'Unary'"),
    ("operation of tapes", node(op("_Own", [0])), "unknown operation '_Own'"),
    ("operation of another module", node(op("Called", [0])), "unknown operation 'Called'"),
    ("no operation", node({"import": "os", "inputs": [0]}), "none of a layer, op"),
    ("a tensor to come", node(op("Square", [1])), r"whole number from 0 to 0, received '1'"),
    ("a tensor from behind", node(op("Square", [-1])), "whole number from 0"),
    ("a truth value for a tensor", node(op("Square", [True])), "whole number from 0"),
    ("too few inputs", node(op("Add", [0])), "takes 2 tensors, received 1"),
    ("no inputs", node(op("Stack", [])), "takes tensors, received none"),
    ("dtypes that do not meet", node(op("Add", [0, 1]), 1), "node 1"),
    ("settings that it lacks", node(op("Square", [0], axis=1)), "Square has no argument 'axis'"),
    ("settings of another type", node(op("Sum", [0], axis="x", keepdims=False)), "axis is a whole number"),
    ("a huge repetition", node(op("Tile", [0], repeats=[1, 2**40])), "numbers a sample are allowed"),
    ("a huge shape", node(op("BroadcastTo", [0], shape=[2**20, 2**20, 4])), "node 0"),
    ("a huge input", lambda c: network(c)["inputs"][0].update(shape=[None, 2**40]), "whole number from 0"),
    ("a hundred axes", lambda c: network(c)["inputs"][0].update(shape=[None] + [1] * 99), "numbers a sample"),
    ("tensors that double", doubled, "node"),
    (
        "tensors without end",
        lambda c: network(c).update(
            inputs=[{"shape": [2**27], "dtype": "float32", "batched": False}], nodes=[op("Unstack", [0], axis=0)]
        ),
        "unstack: 134217728 tensors",
    ),
    ("parts without end", node(op("Split", [0], parts=10**9, axis=-1)), "node 0"),
    ("a constant of other bytes", node(constant([5])), "a constant of 16 bytes"),
    ("a constant of objects", node(constant([2], "object")), "expected a dtype"),
    ("a huge constant", node(constant([2**40, 2**40])), "whole number from 0"),
    ("a weight that is not there", node({"weight": "v"}), "it has no weight 'v'"),
    ("a layer that is not there", node({"layer": 0, "inputs": [0], "training": None}), "no layer 0"),
    ("an assignment of another shape", node({"assign": "w", "inputs": [0]}), "assign expected a tensor"),
    ("too many nodes", many, "20001 nodes"),
    ("nested layers", nested, r"layers \d+ deep"),
    ("a weight of another shape", lambda c: kept(c)["weights"][0].update(shape=[10**6, 10**6]), "describes"),
    ("a name for every attribute", lambda c: kept(c).update(name=["x"]), "name"),
    ("no networks", lambda c: kept(c).update(networks=[]), "nothing is kept"),
    ("a layer within itself", lambda c: kept(c).update(layers=[{"shared": 0}]), "layer number 0, which is not there"),
    ("outputs that are not there", lambda c: network(c).update(outputs=[99]), "does not make sense"),
    ("kept is a list", lambda c: c["model"]["layers"][0].update(kept=[]), "what is kept of it as an object"),
    ("a class of the file", lambda c: c.update({"class": {"class_name": "os.system", "config": {}}}), ""),
]


@pytest.mark.parametrize(("change", "message"), [case[1:] for case in HOSTILE], ids=[name for name, *_ in HOSTILE])
def test_it_is_refused_by_name(good: dict[str, bytes], change: Change, message: str, tmp_path: Path) -> None:
    config = json.loads(good["config.json"])
    change(config)
    path = tmp_path / "m.clarinet"
    path.write_bytes(archive_of(good | {"config.json": json.dumps(config).encode()}))
    begin = time.perf_counter()
    tracemalloc.start()
    try:
        if message:
            with pytest.raises(saving.ModelFileError, match=message) as caught:
                saving.load(path)
            assert len(str(caught.value)) < 1000 and "\n" not in str(caught.value)
        else:  # a class that is not there is what the file keeps of it
            assert type(saving.load(path)) is clarinet.Sequential
        assert tracemalloc.get_traced_memory()[1] < 200 * 2**20
    finally:
        tracemalloc.stop()
    assert time.perf_counter() - begin < 5


def test_the_sound_file_loads(good: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "m.clarinet").write_bytes(archive_of(good))
    assert saving.load(tmp_path / "m.clarinet").count_params() == 26
    assert zipfile.is_zipfile(tmp_path / "m.clarinet")
