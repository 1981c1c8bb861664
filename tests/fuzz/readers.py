"""Everything that reads files, each with a sound file to damage."""

from __future__ import annotations

import gzip
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import clarinet
from clarinet import callbacks, datasets, layers, ops, runs
from clarinet.data_adapters.provenance import describe
from clarinet.datasets import cifar10, images
from clarinet.datasets.coding import TableCoding
from clarinet.datasets.idx import read_idx, read_image_set
from clarinet.exchange import import_onnx
from clarinet.runs.checkpoints import checkpoints_of
from clarinet.runs.code import commit
from clarinet.runs.listing import Runs
from clarinet.runs.store import Store
from tests.datasets.dataset_files import cifar_files, idx_bytes, image_set_files, tar_gz

X = np.random.default_rng(0).normal(size=(12, 4)).astype("float32")
Y = np.arange(12) % 3
ROWS = [("size", "kind", "price"), (3, "a", 1.5), (4, "b", 2.5), ("", "a, b", 3), (7, 'say "c"', 4)]


@dataclass(frozen=True)
class Reader:
    """One that reads files.

    Attributes:
        place: where the file lies in its folder.
        content: of a sound one.
        read: reads it, given the folder; what else has to lie there it puts there itself.
    """

    place: str
    content: Callable[[], bytes]
    read: Callable[[Path], Any]


# Models and weights.


def network() -> clarinet.Sequential:
    """A small one of layers of several kinds."""
    model = clarinet.Sequential(
        [
            layers.Input((4,)),
            layers.Dense(4, "relu", kernel_regularizer="l2"),
            layers.Residual([layers.Dense(4), layers.BatchNormalization()]),
            layers.Dropout(0.2),
            layers.Dense(3, "softmax"),
        ]
    )
    rate = clarinet.optimizers.schedules.CosineDecay(0.01, 20)
    model.compile(clarinet.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy", "auc"][:1])
    return model


def _model() -> bytes:
    model = network()
    model.fit(X, Y, batch_size=4, verbose=0, seed=0)
    table = datasets.load_table([dict(zip(ROWS[0], row)) for row in ROWS[1:]], "price")
    model.metadata["data"] = {"kind": "table", "classes": [], "coding": table.coding.to_config()}
    return _saved(model.save, "m.clarinet")


def _saved(save: Callable[[Path], Any], name: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        save(Path(folder, name))
        return Path(folder, name).read_bytes()


def read_model(folder: Path) -> Any:
    model = clarinet.Sequential.load(folder / "m.clarinet")
    about = describe(model)
    if about["kind"] == "table":
        TableCoding.from_config(about["coding"])
    if model.sample_shape == (4,) and model.count_params() < 10_000:
        model.predict(X)
        model.evaluate(X, Y, verbose=0) if model.loss is not None and model.prediction_shape == (3,) else None
    return model.summary(print_fn=lambda _: None)


def _own_parts() -> bytes:
    model = own_network()
    model.fit(X, Y, batch_size=4, verbose=0, seed=0)
    return _saved(model.save, "m.clarinet")


def own_network() -> clarinet.Model:
    """One with operations, a layer, a loss and a metric of one's own, which a file keeps as graphs."""

    class Scaled(layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.w = self.add_weight(shape=(input_shape[-1], 4), name="w")

        def call(self, inputs: Any, training: bool = False) -> Any:
            y = ops.matmul(inputs, self.w) + np.arange(4, dtype=np.float32)
            return y * 2 if training else y

    def loss(y_true: Any, y_pred: Any) -> Any:
        return ops.mean((ops.one_hot(ops.cast(y_true, "int32"), 3) - y_pred) ** 2, axis=-1)

    inputs = layers.Input((4,))
    outputs = layers.Dense(3, "softmax")(layers.Lambda(ops.tanh)(Scaled()(inputs)) * 2)
    model = clarinet.Model(inputs, outputs)
    model.compile("sgd", loss, metrics=[loss])
    return model


def _onnx() -> bytes:
    return _saved(network().export, "m.onnx")


def read_onnx(folder: Path) -> Any:
    model = import_onnx(folder / "m.onnx")
    return (
        model.predict(X)
        if model.sample_shape == (4,) and model.count_params() < 10_000
        else model.summary(print_fn=lambda _: None)
    )


def _weights() -> bytes:
    model = network()
    return _saved(model.save_weights, "w.safetensors")


# Runs.


class _Stop(callbacks.Callback):
    """Ends a training after an epoch, so that there is something to resume."""

    def __init__(self, epoch: int) -> None:
        self.last = epoch

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if epoch == self.last:
            raise KeyboardInterrupt


def _train(store: Store, resume: bool = False) -> None:
    model = network()
    watchers = [_Stop(99 if resume else 1)]
    tracker = runs.Tracker("first", store=store)
    model.fit(X, Y, 4, 3, 0, watchers, run=tracker, checkpoint="epoch", resume=resume, seed=1)


@cache
def _home() -> dict[str, bytes]:
    """The files of a store with two runs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, ".clarinet")
        store = Store(folder)
        with suppress(KeyboardInterrupt):
            _train(store)
        with store.start("second", config={"rate": 0.1}, tags=["a"], notes="n", group="g") as run:
            for step in range(5):
                run.log({"loss": 1 / (1 + step), "other": step})
        runs.pack(run, Path(name, "run.zip"))
        store.query("PRAGMA wal_checkpoint(TRUNCATE)")
        store.close()
        found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        return found | {"packed": Path(name, "run.zip").read_bytes()}


def _lay_out(folder: Path, but: str = "") -> Store:
    for name, content in _home().items():
        path = folder / ".clarinet" / name
        if name not in ("packed", but) and not name.endswith(("-wal", "-shm")):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return Store(folder / ".clarinet")


def _checkpoint() -> str:
    return next(name for name in sorted(_home(), reverse=True) if "checkpoints" in name)


def _database() -> str:
    return next(name for name in _home() if name.endswith(".sqlite"))


def read_store(folder: Path) -> Any:
    with _lay_out(folder, _database()) as store:
        for entry in Runs(store).entries():
            run = store.get(entry.name)
            parts = (
                run.documents,
                run.summary,
                run.history,
                run.layers,
                run.findings,
                run.samples,
                run.tags,
                run.status,
            )
            [run.curve(name) for _, name in run.metrics]
            run.export(folder / "out.json")
            run.to_html(folder / "out.html")
            run.config, run.notes, run.error, run.seconds, repr(run), len(parts)
        Runs(store).entries("loss < 5", sort="loss")
        return store.last()


def read_checkpoint(folder: Path) -> Any:
    with _lay_out(folder, _checkpoint()) as store:
        return checkpoints_of(store.get("first")).last()


def resume(folder: Path) -> Any:
    with _lay_out(folder, _checkpoint()) as store:
        return _train(store, resume=True)


def read_packed(folder: Path) -> Any:
    with Store(folder / ".clarinet") as store:
        run = runs.unpack(folder / "run.zip", store=store)
        run.export(folder / "out.csv")
        return run.to_html(folder / "out.html"), Runs(store).entries(), run.documents


# Data.


def _csv() -> bytes:
    return "\n".join(",".join(f'"{c}"'.replace('"say "c""', '"say ""c"""') for c in row) for row in ROWS).encode()


def _picture(ending: str, **settings: Any) -> bytes:
    from PIL import Image

    pixels = np.random.default_rng(1).integers(0, 256, (5, 6, 3)).astype("uint8")
    return _saved(lambda path: Image.fromarray(pixels).save(path, **settings), f"p.{ending}")


def _beside(folder: Path) -> Path:
    """A folder of two classes, one picture of which is sound."""
    for name in ("a", "b"):
        (folder / "set" / name).mkdir(parents=True, exist_ok=True)
    (folder / "set" / "b" / "q.pgm").write_bytes(b"P5 6 5 255 " + bytes(30))
    return folder / "set"


def read_pictures(folder: Path) -> Any:
    skipping = images.load_images(_beside(folder), size=(4, 4), skip_damaged=bool(os.getpid() % 2))
    return skipping.x, str(skipping)


def _read_idx(folder: Path) -> Any:
    return read_idx(folder / "i.idx", max_bytes=1 << 26)


def _read_image_set(folder: Path) -> Any:
    for name, content in image_set_files().items():
        if not (folder / name).exists():
            (folder / name).write_bytes(content)
    return read_image_set(folder)


READERS: dict[str, Reader] = {
    "model": Reader("m.clarinet", _model, read_model),
    "model of own parts": Reader("m.clarinet", _own_parts, read_model),
    "weights": Reader("w.safetensors", _weights, lambda folder: network().load_weights(folder / "w.safetensors")),
    "onnx": Reader("m.onnx", _onnx, read_onnx),
    "store": Reader("?", lambda: _home()[_database()], read_store),
    "checkpoint": Reader("?", lambda: _home()[_checkpoint()], read_checkpoint),
    "resume": Reader("?", lambda: _home()[_checkpoint()], resume),
    "packed run": Reader("run.zip", lambda: _home()["packed"], read_packed),
    "table": Reader("t.csv", _csv, lambda folder: datasets.load_table(folder / "t.csv", "price")),
    "idx": Reader("i.idx", lambda: idx_bytes(np.arange(24, dtype="int16").reshape(2, 3, 4)), _read_idx),
    "idx.gz": Reader("i.idx", lambda: gzip.compress(idx_bytes(np.arange(6.0)), mtime=0), _read_idx),
    "image set": Reader(
        "train-labels-idx1-ubyte.gz", lambda: image_set_files()["train-labels-idx1-ubyte.gz"], _read_image_set
    ),
    "cifar-10": Reader(
        "cifar-10-binary.tar.gz", lambda: tar_gz(cifar_files()), lambda folder: cifar10.load_data(folder=folder)
    ),
    "commit": Reader(".git/HEAD", lambda: b"ref: refs/heads/main\n", commit),
    **{
        f"picture.{ending}": Reader(
            f"p.{ending}",
            lambda e=ending: _picture(e),
            lambda folder, e=ending: images.read_image(folder / f"p.{e}", (4, 4)),
        )
        for ending in ("png", "jpg", "gif", "bmp", "tiff", "webp", "ppm")
    },
    "pictures": Reader("set/a/p.png", lambda: _picture("png"), read_pictures),
}


def place(name: str) -> str:
    """Where the reader's file lies in the folder."""
    if name in ("checkpoint", "resume", "store"):
        return f".clarinet/{_database() if name == 'store' else _checkpoint()}"
    return READERS[name].place


@cache
def sound(name: str) -> bytes:
    """The reader's sound file."""
    return READERS[name].content()
