"""A model that nobody holds any more is freed at once, with its buffers: nothing waits for the garbage collector."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import callbacks, runs
from clarinet.layers import BatchNormalization, Dense, Dropout, Input, Parallel, Residual

X = np.linspace(-1, 1, 96, dtype=np.float32).reshape(24, 4)
Y = X[:, :1]
ENGINES = pytest.mark.parametrize("engine", ["native", "reference"])


@pytest.fixture(autouse=True)
def uncollected() -> Iterator[None]:
    gc.freeze()  # what other tests have left, of which there may be gigabytes to look through
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


def network(engine: str = "auto", built: bool = True) -> clarinet.Sequential:
    made = clarinet.Sequential(
        [
            *([Input((4,))] if built else []),
            Residual([Dense(8, "relu"), BatchNormalization(), Dropout(0.1), Dense(4)]),
            Parallel([Dense(3), [Dense(2), Residual([Dense(2)])]]),
            Dense(1),
        ]
    )
    made.compile("adam", "mse", metrics=["mae"], engine=engine)
    return made


def built(engine: str, folder: Path) -> Any:
    return network(engine)


def never_built(engine: str, folder: Path) -> Any:
    return network(engine, built=False)


def looked_at(engine: str, folder: Path) -> Any:
    made = network(engine)
    made.get_weights()
    made.summary(print_fn=lambda line: None)
    return made


def predicted(engine: str, folder: Path) -> Any:
    made = network(engine)
    made.predict(X)
    made(X, training=True)
    made.predict(X, callbacks=[callbacks.Callback()])
    return made


def fitted(engine: str, folder: Path) -> Any:
    made = network(engine, built=False)
    made.fit(X, Y, validation_split=0.25, epochs=2, verbose=0)
    made.evaluate(X, Y)
    made.train_on_batch(X, Y)
    return made


def fitted_on_batches(engine: str, folder: Path) -> Any:
    made = network(engine)
    made.fit(((X, Y) for _ in range(4)), steps_per_epoch=2, epochs=2, verbose=0)
    return made


def fitted_with_callbacks(engine: str, folder: Path) -> Any:
    made = network(engine)
    watching: list[Any] = [
        callbacks.EarlyStopping("loss"),
        callbacks.ModelCheckpoint(folder / "best.clarinet", save_freq=2),
        callbacks.ReduceLROnPlateau("loss"),
        callbacks.CSVLogger(folder / "log.csv"),
        callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None),
        callbacks.TerminateOnNaN(),
    ]
    made.fit(X, Y, epochs=2, batch_size=4, verbose=0, callbacks=watching)
    return made


def doctored(engine: str, folder: Path) -> Any:
    made = network(engine)
    made.fit(X, Y, epochs=2, verbose=0, callbacks=[clarinet.doctor.Doctor(quiet=True)])
    return made


def recorded(engine: str, folder: Path) -> Any:
    made = network(engine)
    tracker = runs.Tracker("kept", store=runs.Store(folder))
    made.fit(X, Y, epochs=2, verbose=0, run=tracker, checkpoint=1)
    return made


def interrupted(engine: str, folder: Path) -> Any:
    made = network(engine)

    def interrupt(epoch: int, logs: Any) -> None:
        raise KeyboardInterrupt

    stop = callbacks.LambdaCallback(on_epoch_end=interrupt)
    with pytest.raises(KeyboardInterrupt):
        made.fit(X, Y, epochs=3, verbose=0, callbacks=[stop], run=runs.Tracker("cut", store=runs.Store(folder)))
    return made


def refused(engine: str, folder: Path) -> Any:
    made = network(engine)
    with pytest.raises(ValueError, match="holds nan"):
        made.fit(X * np.nan, Y, verbose=0, run=runs.Tracker("bad", store=runs.Store(folder)))
    with pytest.raises(ValueError, match="each row has shape"):
        made.predict(X[:, :2])
    return made


def loaded(engine: str, folder: Path) -> Any:
    fitted(engine, folder).save(folder / "model.clarinet")
    made = clarinet.Sequential.load(folder / "model.clarinet")
    made.predict(X)
    return made


def copied(engine: str, folder: Path) -> Any:
    return pickle.loads(pickle.dumps(copy.deepcopy(fitted(engine, folder))))


def changed(engine: str, folder: Path) -> Any:
    made = fitted(engine, folder)
    last = made.pop()
    made.add(last)
    made.add(Dense(2))
    made.fit(X, np.zeros((24, 2)), verbose=0) if made.compile("sgd", "mse") is None else None
    return made


WAYS = [
    built,
    never_built,
    looked_at,
    predicted,
    fitted,
    fitted_on_batches,
    fitted_with_callbacks,
    doctored,
    recorded,
    interrupted,
    refused,
    loaded,
    copied,
    changed,
]


@ENGINES
@pytest.mark.parametrize("make", WAYS)
@pytest.mark.filterwarnings("ignore::clarinet.problems.ClarinetWarning")
def test_a_model_is_freed_with_its_last_user(engine: str, make: Callable[[str, Path], Any], tmp_path: Path) -> None:
    model = make(engine, tmp_path)
    watched = [weakref.ref(model), *(weakref.ref(layer) for layer in model.layers)]
    if model.built:
        watched += [weakref.ref(model.store), weakref.ref(model.store.params.base)]
    assert all(ref() is not None for ref in watched)
    del model
    assert [ref() for ref in watched] == [None] * len(watched)


def test_a_callback_that_is_held_holds_its_model_and_a_history_does_not() -> None:
    model, stopping = network(), callbacks.EarlyStopping("loss")
    history = model.fit(X, Y, verbose=0, callbacks=[stopping])
    assert stopping.model is history.model is model
    assert model.history is history
    alive = weakref.ref(model)
    del model
    assert alive() is not None
    del stopping
    assert alive() is None
    with pytest.raises(ReferenceError, match="the model of this history is gone"):
        history.model  # noqa: B018
    assert len(history.history["loss"]) == 1


def test_a_history_holds_no_data() -> None:
    x = X.copy()
    model = network()
    model.fit(x, Y, epochs=2, verbose=0)
    assert model.history is not None
    assert dict(model.history.params) == {"epochs": 2, "steps": 1, "samples": 24, "verbose": 0}
    alive = weakref.ref(x)
    del x
    assert alive() is None


def test_layers_of_a_model_that_is_gone_bring_their_weights_along() -> None:
    def first_layers() -> list[Any]:
        clarinet.utils.set_random_seed(3)
        return network().layers[:2]

    clarinet.utils.set_random_seed(3)
    wanted = [w for layer in network().layers[:2] for w in layer.get_weights()]
    model = clarinet.Sequential([*first_layers(), Dense(7)])
    assert model.built and model.sample_shape == (4,)
    assert all(np.array_equal(a, b) for a, b in zip(wanted, model.get_weights()))


def test_buffers_that_outlive_their_model_hold_its_first_weights() -> None:
    def buffers(hold: list[Any]) -> Any:
        model = clarinet.Sequential([Input((4,)), Dense(3), Residual([Dense(3)])])
        model.seed = 11
        hold.append(model)
        return model.store

    held: list[Any] = []
    assert np.array_equal(buffers([]).params, buffers(held).params)
    assert buffers(held).params.any() and not np.array_equal(held[0].store.params, network().store.params)


def test_copies_know_whose_their_layers_are() -> None:
    for clone in (copy.deepcopy(network()), pickle.loads(pickle.dumps(network()))):
        with pytest.raises(ValueError, match="already in this model"):
            clone.add(clone.layers[0])
        inner = clone.layers[0].layers[0]
        assert inner.holders == [clone.layers[0]] and inner.models() == [clone]
