"""Averages of weights in validation, backups of a training, logs that go to a server."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import numpy as np
import pytest

import clarinet
from clarinet import callbacks
from clarinet.problems import ClarinetWarning
from clarinet.saving import ModelFileError

# Keras 3.15 itself warns under NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

X = np.linspace(-1, 1, 40, dtype=np.float32).reshape(20, 2)
Y = X[:, :1] * 2 - X[:, 1:]
START = [np.array([[0.5], [-0.2]], np.float32), np.array([0.1], np.float32)]


def trained(k: Any, swap_on_epoch: bool, **compiling: Any) -> tuple[dict[str, list[float]], list[Any]]:
    """The history, and the weights as a later callback sees them, and at the end; in Keras or here."""
    model = k.Sequential([k.Input((2,)), k.layers.Dense(1)])
    model.compile(k.optimizers.SGD(0.2, use_ema=True, ema_momentum=0.8), "mse", **compiling)
    model.set_weights(START)
    seen: list[Any] = []

    class Watch(k.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            seen.append([np.array(w) for w in self.model.get_weights()])

    swap = k.callbacks.SwapEMAWeights(swap_on_epoch=swap_on_epoch)
    history = model.fit(
        X, Y, epochs=4, batch_size=5, shuffle=False, verbose=0, validation_data=(X, Y), callbacks=[swap, Watch()]
    )
    return history.history, [*seen, [np.array(w) for w in model.get_weights()]]


@pytest.mark.parametrize("swap_on_epoch", [False, True])
@pytest.mark.parametrize("engine", ["reference", "native"])
def test_averages_as_in_keras(engine: str, swap_on_epoch: bool) -> None:
    import keras

    expected, their_weights = trained(keras, swap_on_epoch)
    found, weights = trained(clarinet, swap_on_epoch, engine=engine)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=2e-5, atol=1e-7, err_msg=name)
    for ours, theirs in zip(weights, their_weights, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-6)


def test_averages_come_and_go_with_predict() -> None:
    model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1)])
    model.compile(clarinet.optimizers.SGD(0.2, use_ema=True), "mse")
    stop = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: setattr(model, "stop_training", epoch == 1))
    model.fit(X, Y, epochs=5, verbose=0, callbacks=[callbacks.SwapEMAWeights(swap_on_epoch=True), stop])
    averages = model.get_weights()
    model.set_weights(START)
    assert model.optimizer is not None and not model.optimizer.averages_in_place
    found = model.predict(X, verbose=0, callbacks=[callbacks.SwapEMAWeights()])
    np.testing.assert_array_equal(model.get_weights()[0], START[0])
    model.set_weights(averages)
    np.testing.assert_array_equal(found, model.predict(X, verbose=0))


def test_averages_that_nobody_keeps() -> None:
    model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"use_ema=True keeps averages of weights; there is SGD\(use_ema=False\)"):
        model.fit(X, Y, validation_split=0.5, verbose=0, callbacks=[callbacks.SwapEMAWeights()])


class PowerFailure(callbacks.Callback):
    """Ends a training in the middle of an epoch."""

    def __init__(self, epoch: int, error: type[BaseException] = RuntimeError) -> None:
        self.epoch, self.error = epoch, error

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if epoch == self.epoch:
            raise self.error("no power")


def fitted(*more: object, engine: str = "auto", units: int = 1) -> Any:
    """A model with random layers and an optimizer that remembers, and its history."""
    clarinet.utils.set_random_seed(3)
    layers = [clarinet.layers.Dense(4, "relu"), clarinet.layers.Dropout(0.3), clarinet.layers.Dense(units)]
    model = clarinet.Sequential([clarinet.Input((2,)), *layers])
    optimizer = clarinet.optimizers.Adam(0.05, gradient_accumulation_steps=3)
    model.compile(optimizer, "mse", engine=engine)
    y = np.repeat(Y, units, axis=1)
    return model, model.fit(X, y, epochs=6, batch_size=5, verbose=0, callbacks=list(more))


@pytest.mark.parametrize("engine", ["reference", "native"])
def test_a_training_goes_on_from_its_backup_to_the_bit(engine: str, tmp_path: Path) -> None:
    whole, history = fitted(engine=engine)
    backup = callbacks.BackupAndRestore(tmp_path / "backup")
    with pytest.raises(KeyboardInterrupt):
        fitted(backup, PowerFailure(3, KeyboardInterrupt), engine=engine)
    assert (tmp_path / "backup" / "latest.clarinet").exists()
    model, rest = fitted(callbacks.BackupAndRestore(tmp_path / "backup"), engine=engine)
    assert rest.epoch == [3, 4, 5] and rest.history["loss"] == history.history["loss"][3:]
    for a, b in zip(model.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not list((tmp_path / "backup").iterdir())


def test_backups_by_batches_and_damaged_ones(tmp_path: Path) -> None:
    backup = callbacks.BackupAndRestore(tmp_path, save_freq=3, double_checkpoint=True, delete_checkpoint=False)
    fitted(backup)
    assert fitted(backup)[1].epoch == [5]  # the last backup is from within that epoch
    latest = tmp_path / "latest.clarinet"
    latest.write_bytes(latest.read_bytes()[:-40])
    with pytest.warns(ClarinetWarning, match="the backup before the last is used"):
        fitted(backup)
    (tmp_path / "before.clarinet").unlink(missing_ok=True)
    latest.write_bytes(b"nothing")
    with pytest.raises(ModelFileError):
        fitted(callbacks.BackupAndRestore(tmp_path))
    latest.unlink()
    fitted(callbacks.BackupAndRestore(tmp_path, delete_checkpoint=False))
    with pytest.raises(ModelFileError):
        fitted(callbacks.BackupAndRestore(tmp_path), units=2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("",), "backup_dir is a folder"), (("b", 0), "positive number of batches, received 0"), (("b", "day"), "'day'")],
)
def test_backups_that_make_no_sense(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        callbacks.BackupAndRestore(*arguments)


@pytest.mark.parametrize("send_as_json", [False, True])
def test_logs_go_to_a_server(send_as_json: bool) -> None:
    seen: list[tuple[str, str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            seen.append((self.path, self.headers["X-Key"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        root = f"http://127.0.0.1:{server.server_port}"
        monitor = callbacks.RemoteMonitor(root, "/epoch", headers={"X-Key": "k"}, send_as_json=send_as_json)
        history = fitted(monitor)[1].history["loss"]
        server.shutdown()
    assert [(path, key) for path, key, _ in seen] == [("/epoch", "k")] * 6
    sent = [json.loads(body if send_as_json else parse_qs(body)["data"][0]) for _, _, body in seen]
    assert sent == [{"epoch": epoch, "loss": loss} for epoch, loss in enumerate(history)]
    with pytest.warns(ClarinetWarning, match="could not be reached"):
        callbacks.RemoteMonitor(root).on_epoch_end(0, {"loss": 1.0})
    with pytest.raises(ValueError, match="root is an address"):
        callbacks.RemoteMonitor("localhost")
