"""Files damaged at random, with fixed seeds: every one loads into something that works or is refused as a bad file.

Damage goes where checksums do not see it, too: into members of an archive that is otherwise sound, and to every place
of the configuration and of the tensors' headers.
"""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import layers, optimizers, saving
from clarinet.layers import Dense, Dropout, Input, parts
from clarinet.saving.checkpoints import load_checkpoint, save_checkpoint
from tests.saving.test_hostile_files import X, Y, archive_of, parts_of

SEEDS = range(6)
_FILES = 80  # damaged ones for every seed
#: What a place of a configuration may turn into.
VALUES: list[Any] = [
    None, True, 0, -1, 3, 2.5, 1e308, 2**63, -(2**64), 10**400, "", "relu", "x" * 1000, "\0", [], [[1]], ["a"], [-1],
    [10**9, 10**9], [2**40] * 3, {}, {"a": 1}, {"class_name": 3}, {"class_name": "Residual", "config": {}},
    {"class_name": "Dense", "config": 1}, {"$tensor": "x"}, {"$tensor": [1]}, {"$float": "x"}, {"$float": 10**400},
]  # fmt: skip


def build() -> clarinet.Sequential:
    stack = [
        Input((4,)),
        layers.Normalization(mean=[0.0] * 4, variance=[1.0] * 4),
        layers.Residual([Dense(4, "relu", kernel_regularizer="l2")]),
        layers.BatchNormalization(),
        layers.Parallel([Dense(2), [Dense(3, "relu"), Dense(1)]]),
        layers.Reshape((3, 1)),
        layers.Conv1D(2, 2),
        layers.Flatten(),
        Dense(3, "softmax"),
    ]
    model = clarinet.Sequential(stack)
    rate = optimizers.schedules.ExponentialDecay(0.01, 10, 0.9)
    model.compile(optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(X, Y, verbose=0)
    model.metadata = {"class_names": ["a", "b", "c"]}
    return model


MODEL = build()
STATE = {"place": {"epoch": 1}, "best": float("nan"), "running": [{"sums": np.ones(2)}]}


def write_model(path: Path) -> None:
    MODEL.save(path)


def write_weights(path: Path) -> None:
    MODEL.save_weights(path)


def write_checkpoint(path: Path) -> None:
    save_checkpoint(MODEL, path, STATE)


def use_model(path: Path) -> None:
    model = saving.load(path)
    model.summary(print_fn=str)
    model.save(path)


def use_checkpoint(path: Path) -> None:
    checkpoint = load_checkpoint(path)
    checkpoint.seed  # noqa: B018
    checkpoint.fill(MODEL)


KINDS: dict[str, tuple[Callable[[Path], None], Callable[[Path], Any]]] = {
    "model": (write_model, use_model),
    "weights": (write_weights, MODEL.load_weights),
    "checkpoint": (write_checkpoint, use_checkpoint),
}


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a tree of dictionaries and lists."""
    yield path
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        yield from places(value, (*path, key))


def altered(tree: Any, rng: random.Random) -> Any:
    """The tree with another value at one place, or without it."""
    *outer, last = rng.choice([place for place in places(tree) if place] or [(None,)])
    inner = tree = json.loads(json.dumps(tree))
    for key in outer:
        inner = inner[key]
    if rng.random() < 0.2:
        del inner[last]
    else:
        inner[last] = rng.choice(VALUES)
    return tree


def altered_header(content: bytes, rng: random.Random) -> bytes:
    (size,) = struct.unpack("<Q", content[:8])
    header = json.dumps(altered(json.loads(content[8 : 8 + size]), rng)).encode()
    return struct.pack("<Q", len(header)) + header + content[8 + size :]


def flipped(content: bytes, rng: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def spliced(content: bytes, rng: random.Random) -> bytes:
    """Something cut out, and other bytes in its place."""
    begin, end = sorted(rng.choices(range(len(content) + 1), k=2))
    return content[:begin] + rng.randbytes(rng.randrange(20)) + content[end:]


def inside(content: bytes, rng: random.Random) -> bytes:
    """Damage to one member of an archive, whose checksums are right."""
    members = parts_of(content)
    name, other = rng.sample(sorted(members), 2)
    if rng.random() < 0.1:
        members[name], members[other] = members[other], members[name]
    elif rng.random() < 0.2:
        members[name] = flipped(members[name], rng)
    elif name.endswith(".json"):
        members[name] = json.dumps(altered(json.loads(members[name]), rng)).encode()
    else:
        members[name] = altered_header(members[name], rng)
    return archive_of(members)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_are_refused_or_work(kind: str, seed: int, tmp_path: Path) -> None:
    (write, use), path, rng = KINDS[kind], tmp_path / "file", random.Random(seed)
    write(path)
    good, refused = path.read_bytes(), 0
    deep = altered_header if kind == "weights" else inside
    for number in range(_FILES):
        path.write_bytes(rng.choice([flipped, spliced, deep, deep, deep])(good, rng))
        try:
            use(path)
        except saving.ModelFileError as error:
            refused += 1
            assert len(str(error).replace(str(path), "")) < 500, number
    assert refused > _FILES / 2


def nested(depth: int, width: int = 1) -> dict[str, Any]:
    """A layer within a layer within …."""
    layer = {"class_name": "Dropout", "config": {"rate": 0.1}}
    for _ in range(depth):
        layer = {"class_name": "Residual", "config": {"layers": [layer] * width}}
    return layer


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        (nested(4, 12), "at most 10000 are allowed"),
        (nested(150), r"layers \d+ deep, at most 64 are allowed"),
        ({"class_name": "Parallel", "config": {"branches": [nested(0)] * 10_001}}, "names 10002 layers"),
    ],
    ids=["wide", "deep", "branches"],
)
def test_layers_within_layers_are_counted_before_they_are_made(
    layer: dict[str, Any], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Dropout, "check", lambda self: pytest.fail("a layer was made"))
    with pytest.raises(saving.ModelFileError, match=says):
        saving.load(file_of([layer], tmp_path))


def file_of(stack: list[Any], folder: Path) -> Path:
    """A model file without weights."""
    path = folder / "m.clarinet"
    clarinet.Sequential([Input((4,))]).save(path)
    members = parts_of(path.read_bytes())
    config = json.loads(members["config.json"])
    config["model"]["layers"] = stack
    path.write_bytes(archive_of(members | {"config.json": json.dumps(config).encode()}))
    return path


def test_building_takes_as_many_steps_as_there_are_layers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count = 0

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **changes: Any) -> Any:
            nonlocal count
            count += 1
            return function(*args, **changes)

        return call

    def steps(stack: list[Any]) -> int:
        nonlocal count
        count = 0
        saving.load(file_of(stack, tmp_path))
        return count

    monkeypatch.setattr(Dropout, "output_shape", counted(Dropout.output_shape))
    monkeypatch.setattr(parts, "replace", counted(parts.replace))
    assert steps([nested(0)] * 80) < 2.5 * steps([nested(0)] * 40)
    assert steps([nested(40)]) < 2.5 * steps([nested(20)])
    assert len({layer.name for layer in saving.load(file_of([nested(0)] * 80, tmp_path)).layers}) == 80


@pytest.mark.parametrize("number", [b"1e999", b"-1e400", b"Infinity"])
def test_numbers_beyond_all_floats_are_refused(number: bytes, tmp_path: Path) -> None:
    MODEL.save(tmp_path / "m")
    members = parts_of((tmp_path / "m").read_bytes())
    changed = members["config.json"].replace(b'"metadata": {', b'"metadata": {"n": ' + number + b", ")
    (tmp_path / "m").write_bytes(archive_of(members | {"config.json": changed}))
    with pytest.raises(saving.ModelFileError, match="not a finite number"):
        saving.load(tmp_path / "m")


@pytest.mark.parametrize(
    "make",
    [
        lambda: optimizers.SGD(10**400),
        lambda: layers.Rescaling(10**400),
        lambda: clarinet.losses.MeanSquaredError(reduction=[1]),
    ],
)
def test_the_same_values_given_in_a_program(make: Callable[[], Any]) -> None:
    with pytest.raises((TypeError, ValueError), match=r"expected|reduction is one of"):
        make()
