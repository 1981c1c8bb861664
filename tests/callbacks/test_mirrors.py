"""TensorBoard and W&B against the real packages, without a network."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

import clarinet
from clarinet.callbacks import TensorBoard, WandbMetricsLogger

X = np.random.default_rng(0).normal(size=(48, 3)).astype(np.float32)


def trained(*callbacks):
    model = clarinet.Sequential([clarinet.Input((3,)), clarinet.layers.Dense(2)])
    model.compile("sgd", "mse", metrics=["mae"])
    return model, model.fit(
        X, X[:, :2], epochs=3, batch_size=8, validation_split=0.5, verbose=0, callbacks=[*callbacks]
    )


def test_tensorboard_reads_what_is_written(tmp_path):
    reading = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    model, history = trained(TensorBoard(tmp_path, histogram_freq=1, update_freq=2))
    found = {
        part: reading.EventAccumulator(str(tmp_path / part), {"histograms": 0}) for part in ("train", "validation")
    }
    for events in found.values():
        events.Reload()
    for part, prefix in (("train", ""), ("validation", "val_")):
        for name in ("loss", "mae"):
            scalars = found[part].Scalars(f"epoch_{name}")
            assert [event.step for event in scalars] == [0, 1, 2]
            np.testing.assert_allclose([event.value for event in scalars], history.history[prefix + name], rtol=1e-6)
    assert [event.step for event in found["train"].Scalars("batch_loss")] == [2, 4, 6, 8]
    histograms = found["train"].Histograms(f"{model.layers[0].name}/0")
    assert len(histograms) == 3


def test_wandb_keeps_what_is_logged(tmp_path, monkeypatch):
    wandb = pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_SILENT", "true")
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "false")
    with pytest.raises(ValueError, match=r"call wandb.init\(\) first"):
        WandbMetricsLogger()
    run = wandb.init(mode="offline", dir=tmp_path, project="clarinet", settings=wandb.Settings(console="off"))
    _, history = trained(WandbMetricsLogger(log_freq=3))
    run.finish()
    wandb.teardown()  # its own process writes the file, and is done only now
    rows = list(logged(next(tmp_path.rglob("*.wandb"))))
    epochs = [row for row in rows if "epoch/loss" in row]
    assert [row["epoch/epoch"] for row in epochs] == [0, 1, 2]
    for name, values in history.history.items():
        np.testing.assert_allclose([row[f"epoch/{name}"] for row in epochs], values)
    assert [row["batch/batch_step"] for row in rows if "batch/loss" in row] == [3, 6, 9]


def logged(path):
    """The rows of history in a W&B file: records in blocks of 32 KiB, each part with checksum, length and kind."""
    from wandb.proto.wandb_internal_pb2 import Record

    data, at, message = path.read_bytes(), 7, b""
    while at + 7 <= len(data):
        if 32_768 - at % 32_768 < 7:  # too little for a header: the block is filled up
            at += 32_768 - at % 32_768
            continue
        length, kind = int.from_bytes(data[at + 4 : at + 6], "little"), data[at + 6]
        message += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # a whole record, or its last part
            record = Record()
            record.ParseFromString(message)
            message = b""
            if record.WhichOneof("record_type") == "history":
                yield {"/".join(i.nested_key) or i.key: json.loads(i.value_json) for i in record.history.item}


@pytest.mark.parametrize(
    "module, make, extra", [("tensorboard", TensorBoard, "tensorboard"), ("wandb", WandbMetricsLogger, "wandb")]
)
def test_what_is_missing_is_named(monkeypatch, module, make, extra):
    for name in [name for name in sys.modules if name.split(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf'pip install "clarinet\[{extra}\]"'):
        make()


def test_how_often():
    for bad in ("step", 0, 1.5, True):
        with pytest.raises(ValueError, match="update_freq is 'epoch', 'batch' or"):
            TensorBoard(update_freq=bad)
        with pytest.raises(ValueError, match="log_freq is 'epoch', 'batch' or"):
            WandbMetricsLogger(log_freq=bad)
