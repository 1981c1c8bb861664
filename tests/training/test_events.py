"""Events of a training: in the order of the callbacks, single steps where they are asked for, the same bits."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

import clarinet
from clarinet import glass
from clarinet.callbacks import EarlyStopping, LambdaCallback
from clarinet.doctor import Doctor
from clarinet.events import (
    ChunkEnd,
    EpochBegin,
    EpochEnd,
    ProblemFound,
    StepEnd,
    TrainBegin,
    TrainEnd,
    ValidationEnd,
)
from tests.training.held import ENGINES, SETTINGS, Told, X, Y, names, network, same

# Order.


@ENGINES
@pytest.mark.parametrize("batches", [False, True])
@pytest.mark.parametrize("source", ["rows", "batches"])
def test_events_come_in_the_order_of_the_callbacks(engine: str, batches: bool, source: str) -> None:
    log: list[str] = []
    told = Told(log, batches)
    data = (X, Y) if source == "rows" else ([(X[i : i + 16], Y[i : i + 16]) for i in range(0, 60, 16)],)
    size = {"batch_size": 16} if source == "rows" else {}
    events = network(engine).fit_events(
        *data, **size, epochs=2, verbose=0, callbacks=[told], validation_data=(X, Y), validation_freq=2
    )
    events.every_step = batches
    found = []
    for event in events:
        assert log == [*found, type(event).__name__]  # callbacks have heard of it, and of nothing beyond
        found.append(type(event).__name__)
    steps = ["ChunkEnd", "StepEnd"] * 4 if batches else ["ChunkEnd"] * (1 if source == "rows" else 4)
    epochs = [["EpochBegin", *steps, *end] for end in (["EpochEnd"], ["ValidationEnd", "EpochEnd"])]
    assert found == ["TrainBegin", *epochs[0], *epochs[1], "TrainEnd"]


def test_what_events_hold() -> None:
    model = network()
    events = list(model.fit_events(X, Y, **SETTINGS, validation_split=0.5, initial_epoch=1))
    assert events[0] == TrainBegin(epoch=1, epochs=3, steps=2, samples=30)
    assert [e.epoch for e in events if isinstance(e, EpochBegin)] == [1, 2]
    chunks = [e.chunk for e in events if isinstance(e, ChunkEnd)]
    assert [len(chunk) for chunk in chunks] == [2, 2] and chunks[1].first_step == 3
    history = model.history.history
    ends = [e for e in events if isinstance(e, EpochEnd)]
    assert [e.epoch for e in ends] == [1, 2]
    assert {name: [e.logs[name] for e in ends] for name in history} == history
    assert [e.logs["mae"] for e in events if isinstance(e, ValidationEnd)] == history["val_mae"]
    assert events[-1] == TrainEnd(ends[-1].logs)


def test_what_callbacks_add_to_the_logs_is_in_the_event() -> None:
    add = LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(own=7.0))
    ends = [e for e in network().fit_events(X, Y, verbose=0, callbacks=[add]) if isinstance(e, EpochEnd)]
    assert ends[0].logs["own"] == 7.0


def test_findings_come_before_the_event_in_which_they_were_found() -> None:
    model = network(optimizer=clarinet.optimizers.SGD(1e6))
    found = list(model.fit_events(X, Y, epochs=30, verbose=0, callbacks=[Doctor(quiet=True)]))
    problems = [e for e in found if isinstance(e, ProblemFound)]
    assert [e.problem for e in problems] == [finding.problem for finding in model.doctor_report.findings]
    assert isinstance(found[-1], TrainEnd)
    first = found.index(problems[0])
    assert names(found[first:]) == names(found)[first:] and "ProblemFound" not in names(found)[:first]


def test_a_source_that_runs_dry_makes_no_epoch_of_nothing() -> None:
    source = ((X, Y) for _ in range(2))
    with pytest.warns(clarinet.problems.ClarinetWarning, match="ran out of data"):
        found = names(network().fit_events(source, steps_per_epoch=2, epochs=3, verbose=0))
    assert found[:4] == ["TrainBegin", "EpochBegin", "ChunkEnd", "ChunkEnd"]
    assert found[-1] == "TrainEnd" and found.count("EpochEnd") == 1


# Steps, only where they are asked for.


@ENGINES
def test_steps_come_only_when_asked_and_chunks_are_those_of_fit(engine: str) -> None:
    plain, looking, stepping = network(engine), network(engine), network(engine)
    lengths: list[int] = []
    plain.fit(X, Y, **SETTINGS, callbacks=[LambdaCallback(on_chunk=lambda chunk: lengths.append(len(chunk)))])
    events = list(looking.fit_events(X, Y, **SETTINGS))
    assert [len(e.chunk) for e in events if isinstance(e, ChunkEnd)] == lengths == [4, 4, 4]
    assert not any(isinstance(e, StepEnd) for e in events)
    steps = stepping.fit_events(X, Y, **SETTINGS)
    steps.every_step = True
    events = list(steps)
    assert [len(e.chunk) for e in events if isinstance(e, ChunkEnd)] == [1] * 12
    assert [(e.epoch, e.step) for e in events if isinstance(e, StepEnd)] == [(e, s) for e in range(3) for s in range(4)]
    assert same(plain, looking) and same(plain, stepping)


@ENGINES
def test_the_pace_may_change_between_any_two_events(engine: str) -> None:
    plain, model = network(engine), network(engine)
    plain.fit(X, Y, **SETTINGS)
    events = model.fit_events(X, Y, **SETTINGS)
    assert events.every_step is False
    found = []
    for event in events:
        found.append(type(event).__name__)
        if isinstance(event, EpochBegin):
            events.every_step = event.epoch == 1
        elif isinstance(event, StepEnd) and event.step == 1:
            events.every_step = False
    steps = ["ChunkEnd", "StepEnd", "ChunkEnd", "StepEnd", "ChunkEnd"]
    rest = ["EpochBegin", "ChunkEnd", "EpochEnd"]
    assert found == ["TrainBegin", *rest, "EpochBegin", *steps, "EpochEnd", *rest, "TrainEnd"]
    assert same(plain, model)


# The same bits.


@ENGINES
@pytest.mark.parametrize("every_step", [False, True])
def test_looking_between_events_changes_no_bit(engine: str, every_step: bool, tmp_path: Path) -> None:
    plain, model = network(engine), network(engine)
    plain.fit(X, Y, **SETTINGS, validation_split=0.25)
    events = model.fit_events(X, Y, **SETTINGS, validation_split=0.25)
    events.every_step = every_step
    for number, event in enumerate(events):
        if isinstance(event, TrainEnd):
            break
        model.predict(X)
        model.evaluate(X, Y)
        model.evaluate(X[:7], Y[:7, 0], batch_size=2)
        assert glass.trace(model, X[:3], Y[:3]).loss is not None
        model.save(tmp_path / "model.clarinet")
        model.set_weights(model.get_weights())
        model(X[:4])
        if number == 5:
            threading.Event().wait(0.15)  # longer than a chunk may take
    assert same(plain, model)


@ENGINES
def test_fit_drains_the_same_events(engine: str) -> None:
    plain, held = network(engine), network(engine)
    plain.fit(X, Y, **SETTINGS, callbacks=[EarlyStopping("loss", patience=0)])
    list(held.fit_events(X, Y, **SETTINGS, callbacks=[EarlyStopping("loss", patience=0)]))
    assert same(plain, held)


@ENGINES
def test_the_holder_may_stop_training_and_set_the_rate(engine: str) -> None:
    def stop(epoch: int, logs: Any) -> None:
        plain.optimizer.learning_rate = 0.5
        plain.stop_training = epoch == 1

    plain, model = network(engine, "sgd"), network(engine, "sgd")
    plain.fit(X, Y, **SETTINGS | {"epochs": 9}, callbacks=[LambdaCallback(on_epoch_end=stop)])
    for event in model.fit_events(X, Y, **SETTINGS | {"epochs": 9}):
        if isinstance(event, EpochEnd):
            model.optimizer.learning_rate = 0.5
            model.stop_training = event.epoch == 1
    assert same(plain, model) and len(model.history.epoch) == 2
