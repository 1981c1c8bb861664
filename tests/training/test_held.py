"""Training that is held ends as with Ctrl-C, keeps others out, is resumed, and holds no memory."""

from __future__ import annotations

import contextlib
import gc
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import runs
from clarinet.callbacks import EarlyStopping, LambdaCallback
from clarinet.events import (
    EpochEnd,
    TrainBegin,
    TrainEnd,
)
from clarinet.layers import Dense
from clarinet.training.held import FitEvents
from tests.training.held import ENGINES, SETTINGS, Told, X, Y, names, network, same

# The end: closed, let go, thrown into.


def close(events: FitEvents) -> None:
    events.close()
    events.close()  # once more does no harm


def leave(events: FitEvents) -> None:
    with events:
        pass


ENDS: dict[str, Callable[[list[FitEvents]], None]] = {
    "closed": lambda held: close(held[0]),
    "left": lambda held: leave(held[0]),
    "let go": lambda held: held.clear(),
}


@pytest.fixture
def uncollected() -> Iterator[None]:
    gc.freeze()  # what other tests have left, of which there may be gigabytes to look through
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


@ENGINES
@pytest.mark.parametrize("way", ENDS)
@pytest.mark.parametrize("taken", [1, 2, 3, 4, 5])
def test_an_early_end_is_one_as_with_ctrl_c(
    engine: str, way: str, taken: int, uncollected: None, tmp_path: Path
) -> None:
    log: list[str] = []
    model, store = network(engine), runs.Store(tmp_path)
    held = [model.fit_events(X, Y, **SETTINGS, callbacks=[Told(log)], run=runs.Tracker("cut", store=store))]
    for _ in range(taken):
        next(held[0])
    before, done = model.get_weights(), len([e for e in log if e == "EpochEnd"])
    ENDS[way](held)
    assert log[-1] == "TrainEnd" and log.count("TrainEnd") == 1
    run = store.get("cut")
    assert run.status == "interrupted" and run.file("model.clarinet").exists()
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert model.history is not None and len(model.history.epoch) == done
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    assert all(next(iter(events), None) is None for events in held)


def test_events_that_were_never_taken_have_begun_nothing() -> None:
    log: list[str] = []
    model = network()
    events = model.fit_events(X, Y, callbacks=[Told(log)])
    assert log == [] and model.history is None
    model.fit(X, Y, verbose=0)
    events.close()
    assert log == [] and list(events) == []


def test_a_loop_that_is_left_ends_the_training(uncollected: None) -> None:
    log: list[str] = []
    model = network()
    for event in model.fit_events(X, Y, **SETTINGS, callbacks=[Told(log)]):
        if isinstance(event, EpochEnd):
            break
    assert log[-2:] == ["EpochEnd", "TrainEnd"]
    with pytest.raises(ZeroDivisionError):
        for _ in model.fit_events(X, Y, **SETTINGS, callbacks=[Told(log)]):
            1 / 0  # noqa: B018
    assert log[-2:] == ["TrainBegin", "TrainEnd"]
    model.add(Dense(1))


@pytest.mark.parametrize(("error", "status"), [(ValueError("odd"), "failed"), (KeyboardInterrupt(), "interrupted")])
@pytest.mark.parametrize("own", [False, True])
def test_an_exception_thrown_in_is_as_a_callbacks(error: Any, status: str, own: bool, tmp_path: Path) -> None:
    log: list[str] = []
    model, store = network(), runs.Store(tmp_path)
    tracker = runs.Tracker("thrown", store=store)
    how: dict[str, Any] = {"callbacks": [Told(log), tracker]} if own else {"callbacks": [Told(log)], "run": tracker}
    events = model.fit_events(X, Y, **SETTINGS, **how)
    next(events)
    with pytest.raises(type(error)):
        events.throw(error)
    assert log == ["TrainBegin", "TrainEnd"] and list(events) == []
    assert store.get("thrown").status == status
    model.fit(X, Y, verbose=0)


@pytest.mark.parametrize("own", [False, True])
def test_a_training_that_is_taken_to_its_end_while_an_exception_is_handled_has_not_failed(
    own: bool, tmp_path: Path
) -> None:
    store = runs.Store(tmp_path)
    tracker = runs.Tracker("fine", store=store)
    events = network().fit_events(X, Y, verbose=0, **({"callbacks": [tracker]} if own else {"run": tracker}))
    next(events)
    try:
        raise OSError("elsewhere")
    except OSError:
        list(events)
    assert store.get("fine").status == "finished"


def test_errors_end_the_events_and_free_the_model() -> None:
    def fail(*_: Any) -> None:
        raise ValueError("a callback's own")

    model = network()
    with pytest.raises(ValueError, match="a callback's own"):
        list(model.fit_events(X, Y, verbose=0, callbacks=[LambdaCallback(on_epoch_end=fail)]))
    with pytest.raises(ValueError, match=r"^batch_size: expected"):
        model.fit_events(X, Y, batch_size=0)
    bad = model.fit_events(X * np.nan, Y, verbose=0)
    with pytest.raises(ValueError, match=r"^x: holds nan"):
        next(bad)
    with pytest.raises(TypeError, match="unexpected keyword argument 'epoch'"):
        model.fit_events(X, Y, epoch=2)  # type: ignore[call-arg]
    model.fit(X, Y, verbose=0)


# One training at a time.


CHANGES: dict[str, Callable[[clarinet.Sequential], Any]] = {
    "compile": lambda model: model.compile("adam", "mse"),
    "add": lambda model: model.add(Dense(1)),
    "fit": lambda model: model.fit(X, Y, verbose=0),
    "train_on_batch": lambda model: model.train_on_batch(X, Y),
}


@ENGINES
@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("elsewhere", [False, True])
def test_meanwhile_nothing_else_trains_or_changes_the_model(engine: str, name: str, elsewhere: bool) -> None:
    plain, model = network(engine), network(engine)
    plain.fit(X, Y, **SETTINGS)
    events = model.fit_events(X, Y, **SETTINGS)
    first = next(events)
    said: list[str] = []

    def change() -> None:
        try:
            CHANGES[name](model)
        except RuntimeError as error:
            said.append(str(error))

    if elsewhere:
        thread = threading.Thread(target=change)
        thread.start()
        thread.join()
    else:
        change()
    assert said == [
        f"{name}: model 'sequential' is being trained (its fit_events are not at their end); take the rest of them, or "
        "close() them, or use a copy: copy.deepcopy(model)"
    ]
    assert isinstance(first, TrainBegin) and names(events)[-1] == "TrainEnd"
    assert same(plain, model)


def test_a_second_fit_events_is_refused_and_the_first_goes_on() -> None:
    model = network()
    first, second = (model.fit_events(X, Y, **SETTINGS) for _ in range(2))
    next(first)
    with pytest.raises(RuntimeError, match=r"^fit: model 'sequential' is being trained \(its fit_events"):
        next(second)
    assert names(first)[-1] == "TrainEnd"
    model.fit(X, Y, verbose=0)


def test_in_a_callback_of_held_events_it_is_the_callback_that_is_refused() -> None:
    model = network()

    def change(*_: Any) -> None:
        with pytest.raises(RuntimeError, match=r"\(fit was called by a callback\); wait until fit has returned"):
            CHANGES["fit"](model)

    assert names(model.fit_events(X, Y, verbose=0, callbacks=[LambdaCallback(on_epoch_end=change)]))[-1] == "TrainEnd"


def test_at_the_last_event_the_model_is_free_and_the_run_is_over(tmp_path: Path) -> None:
    model, store = network(), runs.Store(tmp_path)
    for event in model.fit_events(X, Y, verbose=0, run=runs.Tracker("done", store=store)):
        if isinstance(event, TrainEnd):
            assert store.get("done").status == "finished"
            model.fit(X, Y, verbose=0)
            break
    assert store.get("done").status == "finished"


@ENGINES
def test_each_event_may_be_taken_by_another_thread(engine: str) -> None:
    plain, model = network(engine), network(engine)
    look = LambdaCallback(on_epoch_end=lambda epoch, logs: model.evaluate(X, Y))
    plain.fit(X, Y, **SETTINGS)
    events = model.fit_events(X, Y, **SETTINGS, callbacks=[look])
    taken: list[Any] = []
    refused: list[str] = []

    def take() -> None:
        taken.append(next(events, None))
        if not isinstance(taken[-1], TrainEnd | None):
            model.evaluate(X, Y)

    while not taken or taken[-1] is not None:
        thread = threading.Thread(target=take)
        thread.start()
        thread.join()
        if not isinstance(taken[-1], TrainEnd | None):  # who did not take it asks who did
            with pytest.raises(RuntimeError, match="evaluate: model"):
                model.evaluate(X, Y)
            refused.append(type(taken[-1]).__name__)
    assert names(taken[:-1])[-1] == "TrainEnd" and refused[0] == "TrainBegin"
    assert same(plain, model)


PROGRAM = """
import sys, numpy as np, clarinet
from clarinet import runs
kept = runs.Tracker("held") if sys.argv[1] == "own" else runs.init(name="held")
model = clarinet.Sequential([clarinet.Input((4,)), clarinet.layers.Dense(1)])
model.compile("sgd", "mse")
x = np.zeros((64, 4), "float32")
events = model.fit_events(x, x[:, :1], epochs=5, verbose=0, run=kept)
print(*(type(event).__name__ for event, _ in zip(events, range(4))))
"""


@pytest.mark.parametrize("whose", ["own", "the program's"])
def test_a_program_that_ends_ends_the_training_that_it_holds(whose: str, tmp_path: Path) -> None:
    environment = os.environ | {"CLARINET_HOME": str(tmp_path)}
    command = [sys.executable, "-c", PROGRAM, whose]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.split() == ["TrainBegin", "EpochBegin", "ChunkEnd", "EpochEnd"] and done.stderr == ""
    run = runs.Store(tmp_path).get("held")
    assert run.status == ("interrupted" if whose == "own" else "finished") and run.file("model.clarinet").exists()


# Resuming.


@ENGINES
@pytest.mark.parametrize("taken", [5, 8, 12])
def test_a_held_training_that_was_closed_is_resumed_to_the_same_bits(engine: str, taken: int, tmp_path: Path) -> None:
    plain = network(engine)
    plain.fit(X, Y, **SETTINGS)
    store = runs.Store(tmp_path)
    how: dict[str, Any] = {"checkpoint": 2, "resume": True}
    first = network(engine).fit_events(X, Y, **SETTINGS, **how, run=runs.Tracker("cut", store=store))
    for _ in range(taken):
        next(first)
    first.close()
    model = network(engine)
    found = list(model.fit_events(X, Y, **SETTINGS, **how, run=runs.Tracker("cut", store=store)))
    assert names(found)[:2] == ["TrainBegin", "EpochBegin"] and names(found)[-1] == "TrainEnd"
    assert [e.epoch for e in found if isinstance(e, EpochEnd)] == list(range(found[0].epoch, 3))
    assert same(plain, model)
    assert store.get("cut").status == "finished"


# Memory.


@ENGINES
@pytest.mark.parametrize("taken", [0, 1, 4, None])
def test_a_model_is_freed_with_its_events(engine: str, taken: int | None, uncollected: None) -> None:
    model = network(engine)
    events = model.fit_events(X, Y, **SETTINGS, callbacks=[EarlyStopping("loss")], validation_split=0.25)
    for _ in range(99 if taken is None else taken):
        next(events, None)
    watched = [weakref.ref(model), weakref.ref(model.store), weakref.ref(events), weakref.ref(model.layers[0])]
    del model
    if taken != 0 and taken is not None:
        assert watched[0]() is not None, "the events hold it"
    del events
    assert [ref() for ref in watched] == [None] * len(watched)


def test_an_error_holds_nothing_for_long(uncollected: None) -> None:
    model = network()
    events = model.fit_events(X, Y, verbose=0)
    next(events)
    with contextlib.suppress(ValueError):
        events.throw(ValueError("odd"))
    alive = weakref.ref(model)
    del model, events
    assert alive() is None
