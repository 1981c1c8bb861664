"""Callbacks in real training: who is called when, and what they can change."""

from __future__ import annotations

import copy
import pickle
import signal
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import callbacks, utils
from clarinet.layers import BatchNormalization, Dense, Input
from clarinet.problems import ClarinetWarning
from clarinet.training.callback import wants_batches

X = np.linspace(-1, 1, 64, dtype=np.float32)[:, None]
Y = 3 * X + 1


@pytest.fixture
def model() -> clarinet.Sequential:
    utils.set_random_seed(1)
    made = clarinet.Sequential([Input((1,)), Dense(1)])
    made.compile(clarinet.optimizers.SGD(0.1), "mse", metrics=["mae"])
    return made


class Recorder(callbacks.Callback):
    """Notes every event; the batch events only when it is told to, since overriding them slows training."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def on_train_begin(self, logs: Any = None) -> None:
        self.events.append("train begins")

    def on_train_end(self, logs: Any = None) -> None:
        self.events.append("train ends")

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.events.append(f"epoch {epoch} begins")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.events.append(f"epoch {epoch} ends with {', '.join(logs)}")

    def on_test_begin(self, logs: Any = None) -> None:
        self.events.append("test begins")

    def on_test_end(self, logs: Any = None) -> None:
        self.events.append(f"test ends with {', '.join(logs)}")

    def on_predict_begin(self, logs: Any = None) -> None:
        self.events.append("predict begins")

    def on_predict_end(self, logs: Any = None) -> None:
        self.events.append("predict ends")


def test_order_of_events(model: clarinet.Sequential) -> None:
    recorder = Recorder()
    model.fit(X, Y, epochs=1, callbacks=[recorder], verbose=0, validation_split=0.25)
    expected = {"epochs": 1, "steps": 2, "samples": 48, "verbose": 0}
    assert {name: recorder.params[name] for name in expected} == expected
    model.evaluate(X, Y, callbacks=[recorder])
    model.predict(X, callbacks=[recorder])
    assert recorder.events == [
        "train begins",
        "epoch 0 begins",
        "test begins",
        "test ends with loss, mae",
        "epoch 0 ends with loss, mae, val_loss, val_mae",
        "train ends",
        "test begins",
        "test ends with loss, mae",
        "predict begins",
        "predict ends",
    ]


def test_batches_are_told_one_by_one_to_who_asks(model: clarinet.Sequential) -> None:
    began: list[int] = []
    ended: list[tuple[int, list[str]]] = []
    watch = callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs: began.append(batch),
        on_train_batch_end=lambda batch, logs: ended.append((batch, sorted(logs))),
    )
    model.fit(X, Y, batch_size=16, epochs=2, callbacks=[watch], verbose=0)
    assert began == [0, 1, 2, 3] * 2
    assert ended == [(i, ["loss", "mae"]) for i in began]


def test_looking_at_batches_changes_no_bit(model: clarinet.Sequential) -> None:
    clone = copy.deepcopy(model)
    model.fit(X, Y, epochs=3, verbose=0)
    clone.fit(
        X, Y, epochs=3, verbose=0, callbacks=[callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)]
    )
    assert all((a == b).all() for a, b in zip(model.get_weights(), clone.get_weights(), strict=True))


def test_batches_of_evaluation(model: clarinet.Sequential) -> None:
    seen: list[int] = []
    watch = callbacks.LambdaCallback(on_test_batch_end=lambda batch, logs: seen.append(batch))
    plain = model.evaluate(X, Y, batch_size=16)
    assert model.evaluate(X, Y, batch_size=16, callbacks=[watch]) == plain
    assert seen == [0, 1, 2, 3]


def test_chunks_hold_every_step(model: clarinet.Sequential) -> None:
    steps: list[int] = []
    watch = callbacks.LambdaCallback(on_chunk=lambda chunk: steps.extend(s.step for s in chunk.steps()))
    model.fit(X, Y, batch_size=10, epochs=2, callbacks=[watch], verbose=0)
    assert steps == list(range(1, 15))


def test_what_callbacks_add_to_the_logs_is_history(model: clarinet.Sequential) -> None:
    schedule = callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    history = model.fit(X, Y, epochs=3, callbacks=[schedule], verbose=0)
    assert history.history["learning_rate"] == [0.05, 0.025, 0.0125]
    assert model.optimizer is not None
    assert model.optimizer.learning_rate == 0.0125


def test_early_stopping_restores_weights_and_state() -> None:
    utils.set_random_seed(1)
    made = clarinet.Sequential([Input((1,)), Dense(2), BatchNormalization(), Dense(1)])
    made.compile("sgd", "mse")
    kept: list[Any] = []
    keep = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append(made.get_weights()))
    worse = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(watched=[3.0, 1.0, 2.0, 2.0][epoch]))
    stop = callbacks.EarlyStopping("watched", patience=2, mode="min")
    history = made.fit(X, Y, epochs=10, callbacks=[keep, worse, stop], verbose=0)
    assert len(history.epoch) == 4
    assert (stop.best, stop.best_epoch, stop.stopped_epoch) == (1.0, 1, 3)
    assert all((a == b).all() for a, b in zip(made.get_weights(), kept[1], strict=True))
    assert any((a != b).any() for a, b in zip(made.get_weights(), kept[3], strict=True))


def test_unknown_monitor_warns_once_and_names_what_there_is(model: clarinet.Sequential) -> None:
    with pytest.warns(ClarinetWarning, match=r"'val_acuracy'.*\(loss, mae\).*validation_data") as caught:
        model.fit(X, Y, epochs=3, callbacks=[callbacks.EarlyStopping("val_acuracy")], verbose=0)
    assert len(caught) == 1


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("loss", -1),
        ("val_loss", -1),
        ("val_accuracy", 1),
        ("auc", 1),
        ("mean_squared_error", -1),
        ("val_top_k_accuracy", 1),
    ],
)
def test_direction_goes_by_the_name(name: str, sign: int) -> None:
    assert callbacks.EarlyStopping(name).sign == sign


def test_checkpoints_are_models(model: clarinet.Sequential, tmp_path: Path) -> None:
    every = callbacks.ModelCheckpoint(tmp_path / "deep" / "{epoch:02d}-{loss:.4f}.clarinet")
    weights = callbacks.ModelCheckpoint(tmp_path / "weights.safetensors", save_weights_only=True)
    history = model.fit(X, Y, epochs=2, callbacks=[every, weights], verbose=0)
    names = [f"{i + 1:02d}-{loss:.4f}.clarinet" for i, loss in enumerate(history.history["loss"])]
    assert sorted(p.name for p in (tmp_path / "deep").iterdir()) == names
    loaded = clarinet.models.load_model(tmp_path / "deep" / names[-1])
    assert (loaded.predict(X) == model.predict(X)).all()
    loaded.load_weights(tmp_path / "weights.safetensors")


def test_checkpoints_by_batches(model: clarinet.Sequential, tmp_path: Path) -> None:
    check = callbacks.ModelCheckpoint(tmp_path / "{epoch}-{batch}.clarinet", save_freq=3)
    model.fit(X, Y, batch_size=16, epochs=2, callbacks=[check], verbose=0)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["1-3.clarinet", "2-2.clarinet"]
    assert wants_batches(check)
    assert not wants_batches(callbacks.ModelCheckpoint(tmp_path / "a"))


def test_checkpoint_path_names_something_unknown(model: clarinet.Sequential, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'val_loss'"):
        model.fit(X, Y, callbacks=[callbacks.ModelCheckpoint(tmp_path / "{val_loss}")], verbose=0)


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_terminate_on_nan(model: clarinet.Sequential, capsys: pytest.CaptureFixture[str]) -> None:
    assert model.optimizer is not None
    model.optimizer.learning_rate = 1e20
    history = model.fit(X, Y, epochs=50, callbacks=[callbacks.TerminateOnNaN()], verbose=0)
    assert len(history.epoch) < 50
    assert "learning rate" in capsys.readouterr().out
    with pytest.raises(RuntimeError, match="step"):
        model.fit(X, Y, callbacks=[callbacks.TerminateOnNaN(raise_error=True)], verbose=0)


def test_stop_training_within_an_epoch(model: clarinet.Sequential) -> None:
    def stop(batch: int, logs: Any) -> None:
        model.stop_training = batch == 1

    history = model.fit(
        X, Y, batch_size=8, epochs=5, callbacks=[callbacks.LambdaCallback(on_train_batch_end=stop)], verbose=0
    )
    assert len(history.epoch) == 1
    assert model.optimizer_state is not None
    assert model.optimizer_state.step == 2


@pytest.mark.usefixtures("without_collection")
def test_ctrl_c_keeps_model_and_history(model: clarinet.Sequential) -> None:
    ended: list[bool] = []
    watch = callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: signal.raise_signal(signal.SIGINT) if epoch == 2 else None,
        on_train_end=lambda logs: ended.append(True),
    )
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, epochs=10, callbacks=[watch], verbose=0)
    assert ended == [True]
    assert model.history is not None
    assert len(model.history.history["loss"]) in (2, 3)
    assert np.isfinite(model.evaluate(X, Y)[0])


def test_a_schedule_of_the_optimizer_gives_way_to_no_callback() -> None:
    made = clarinet.Sequential([Input((1,)), Dense(1)])
    made.compile(clarinet.optimizers.SGD(lambda step: 0.1 / (step + 1)), "mse")
    with pytest.raises(TypeError, match="schedule"):
        made.fit(X, Y, callbacks=[callbacks.ReduceLROnPlateau("loss")], verbose=0)


def test_callbacks_of_another_library_that_lack_our_events(model: clarinet.Sequential) -> None:
    class Minimal:
        def set_model(self, model: Any) -> None: ...
        def set_params(self, params: Any) -> None: ...

    model.fit(X, Y, callbacks=[Minimal()], verbose=0)


def test_history_travels(model: clarinet.Sequential) -> None:
    history = model.fit(X, Y, epochs=2, verbose=0)
    assert pickle.loads(pickle.dumps(history)).history == history.history
    assert "2 epochs" in repr(history)


def test_verbose_callbacks_speak(
    model: clarinet.Sequential, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    spoken = [
        callbacks.EarlyStopping("loss", min_delta=1e9, patience=2, verbose=1),
        callbacks.ReduceLROnPlateau("loss", min_delta=1e9, patience=1, verbose=1),
        callbacks.ModelCheckpoint(tmp_path / "a", "loss", save_best_only=True, verbose=1),
        callbacks.LearningRateScheduler(lambda epoch: 0.1, verbose=1),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, Y, epochs=9, callbacks=spoken, verbose=0)
    out = capsys.readouterr().out
    for words in (
        "early stopping",
        "best epoch, 1",
        "lowered to 0.01",
        "improved from nothing",
        "saved",
        "learning rate 0.1",
    ):
        assert words in out


class OtherNames(callbacks.Callback):
    """Overrides Keras's other names of the events of a training batch."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def on_batch_begin(self, batch: int, logs: Any = None) -> None:
        self.seen.append(("begins", batch))

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        self.seen.append(("ends", batch, sorted(logs)))


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_batches_are_told_by_their_other_names_too(model: clarinet.Sequential, engine: str) -> None:
    model.compile("sgd", "mse", metrics=[], engine=engine)
    watch, called = OtherNames(), []
    by_function = callbacks.LambdaCallback(on_batch_end=lambda batch, logs: called.append((batch, logs["loss"] > 0)))
    assert wants_batches(watch) and wants_batches(by_function)
    assert not wants_batches(watch, "test") and not wants_batches(watch, "predict")
    model.fit(X, Y, verbose=0, callbacks=[watch, by_function], validation_split=0.25, batch_size=24)
    model.evaluate(X, Y, callbacks=[watch])
    model.predict(X, callbacks=[watch])
    assert watch.seen == [("begins", 0), ("ends", 0, ["loss"]), ("begins", 1), ("ends", 1, ["loss"])]
    assert called == [(0, True), (1, True)]


def test_a_callback_that_calls_its_base_is_told_once(model: clarinet.Sequential) -> None:
    class Both(OtherNames):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            super().on_train_batch_end(batch, logs)

    watch = Both()
    model.fit(X, Y, verbose=0, callbacks=[watch], batch_size=64)
    assert watch.seen == [("begins", 0), ("ends", 0, ["loss", "mae"])]


def test_saving_by_epochs_needs_no_look_at_batches(tmp_path: Path) -> None:
    assert not wants_batches(callbacks.ModelCheckpoint(tmp_path / "a"))
    assert wants_batches(callbacks.ModelCheckpoint(tmp_path / "a", save_freq=3))
