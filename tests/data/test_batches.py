"""Generators, sequences and other sources of batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import clarinet
from clarinet import checks
from clarinet.data_adapters import Batches, is_batches, unpack
from clarinet.problems import ClarinetWarning
from clarinet.utils import PyDataset


def batch(number: int) -> tuple[Any, Any]:
    return np.full((4, 1), float(number)), np.full(4, float(number))


class Three(PyDataset):
    def __init__(self) -> None:
        super().__init__()
        self.ended = 0

    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return batch(index)

    def on_epoch_end(self) -> None:
        self.ended += 1


class Loader:
    """Iterable, of no known length, as some libraries' data loaders are."""

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        return (batch(i) for i in range(3))


def forever() -> Iterator[tuple[Any, Any]]:
    number = 0
    while True:
        yield batch(number)
        number += 1


def numbers(batches: Batches) -> list[float]:
    return [x[0, 0].item() for x, _, _ in batches]


@pytest.mark.parametrize("source", [Three(), Loader(), forever(), (batch(i) for i in range(2)), iter([batch(0)])])
def test_sources(source: Any) -> None:
    assert is_batches(source)


@pytest.mark.parametrize(
    "source", [[1, 2], (1, 2), np.zeros(3), pd.DataFrame(), pl.DataFrame(), range(3), "text", None, {}]
)
def test_arrays_are_no_sources(source: Any) -> None:
    assert not is_batches(source)


@pytest.mark.parametrize("make", [Three, Loader])
def test_every_epoch_starts_anew(make: Any) -> None:
    batches = Batches(make())
    batches.peek()
    assert numbers(batches) == numbers(batches) == [0, 1, 2]
    assert batches.steps == 3


def test_a_bounded_epoch_goes_on_where_the_last_one_stopped() -> None:
    batches = Batches(Three(), steps=2)
    assert [numbers(batches) for _ in range(3)] == [[0, 1], [2, 0], [1, 2]]


def test_a_generator_is_never_started_anew() -> None:
    batches = Batches(forever(), steps=2)
    batches.peek()
    assert [numbers(batches) for _ in range(3)] == [[0, 1], [2, 3], [4, 5]]


def test_a_generator_that_runs_dry() -> None:
    batches = Batches((batch(i) for i in range(3)), steps=2)
    assert numbers(batches) == [0, 1]
    with pytest.warns(ClarinetWarning, match="ran out of data: this epoch needs 2 batches, it yielded 1"):
        assert numbers(batches) == [2]
    assert batches.exhausted


def test_end_of_an_epoch_is_told() -> None:
    source = Three()
    batches = Batches(source)
    for _ in range(2):
        numbers(batches)
    assert source.ended == 2


@pytest.mark.parametrize(
    ("item", "labels", "parts"),
    [
        ((1, 2), True, (1, 2, None)),
        ([1, 2, 3], True, (1, 2, 3)),
        (7, False, (7, None, None)),
        ((7,), False, (7, None, None)),
    ],
)
def test_unpack(item: Any, labels: bool, parts: tuple[Any, ...]) -> None:
    assert unpack(item, labels=labels) == parts


def model() -> clarinet.Sequential:
    clarinet.utils.set_random_seed(3)
    made = clarinet.Sequential([clarinet.Input((1,)), clarinet.layers.Dense(1)])
    made.compile("sgd", "mse", metrics=["mae"])
    return made


def test_fit_on_batches_equals_fit_on_rows() -> None:
    x, y = np.concatenate([batch(i)[0] for i in range(3)]) / 3, np.concatenate([batch(i)[1] for i in range(3)])

    class Scaled(Three):
        def __getitem__(self, index: int) -> tuple[Any, Any]:
            return batch(index)[0] / 3, batch(index)[1]

    first, second = model(), model()
    one = first.fit(Scaled(), epochs=3, verbose=0, validation_data=Scaled())
    two = second.fit(
        x, y, batch_size=4, epochs=3, shuffle=False, verbose=0, validation_data=(x, y), validation_batch_size=4
    )
    assert one.history == two.history
    assert first.evaluate(Scaled()) == second.evaluate(x, y, batch_size=4)
    assert (first.predict(Scaled()) == second.predict(x)).all()


def test_fit_stops_when_a_generator_runs_dry() -> None:
    made = model()
    with pytest.warns(ClarinetWarning, match="ran out of data"):
        history = made.fit((batch(i) for i in range(3)), steps_per_epoch=2, epochs=10, verbose=0)
    assert len(history.epoch) == 2


def test_fit_on_a_generator_trains_as_many_epochs_as_asked() -> None:
    assert len(model().fit(forever(), steps_per_epoch=2, epochs=4, verbose=0).epoch) == 4


# Sources that have nothing left: no number is made of no batches.

ENGINES = pytest.mark.parametrize("engine", ["native", "reference"])


class Seldom:
    """Can be iterated once; later passes give nothing."""

    def __init__(self) -> None:
        self.passes = 0

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        self.passes += 1
        return iter([batch(0), batch(1)] if self.passes == 1 else [])


def several(count: int) -> Iterator[tuple[Any, Any]]:
    return (batch(number) for number in range(count))


def rows() -> tuple[Any, Any]:
    return np.linspace(0, 1, 8)[:, None], np.zeros(8)


def trained(engine: str, callbacks: Any = (), **arguments: Any) -> dict[str, list[float]]:
    made = model()
    made.compile("sgd", "mse", engine=engine)
    history = made.fit(*rows(), **{"verbose": 0, "epochs": 3, "callbacks": list(callbacks)} | arguments).history
    assert isinstance(history, dict)
    return history


@ENGINES
@pytest.mark.parametrize("source", [lambda: several(2), Seldom])
def test_validation_that_runs_dry_records_no_number(engine: str, source: Any) -> None:
    with pytest.warns(
        ClarinetWarning, match=r"validation_data ran out of data: .* needs .* batches, it yielded .*no such numbers"
    ) as told:
        history = trained(engine, validation_data=source(), validation_steps=2)
    assert len(told) == 1
    assert len(history["loss"]) == 3 and len(history["val_loss"]) == 1 and history["val_loss"][0] > 0


def test_validation_on_what_is_left_of_a_generator() -> None:
    with pytest.warns(ClarinetWarning, match="this epoch needs 2 batches, it yielded 1; the numbers cover"):
        history = trained("auto", validation_data=several(3), validation_steps=2)
    assert len(history["val_loss"]) == 2


def test_early_stopping_and_checkpoints_pass_over_an_epoch_without_validation(tmp_path: Any) -> None:
    stopping = clarinet.callbacks.EarlyStopping(patience=5)
    best = clarinet.callbacks.ModelCheckpoint(tmp_path / "{epoch}.clarinet", save_best_only=True)
    with pytest.warns(ClarinetWarning):
        history = trained("auto", [stopping, best], epochs=6, validation_data=several(2), validation_steps=1)
    assert stopping.best == min(history["val_loss"])
    assert stopping.best_epoch == int(np.argmin(history["val_loss"]))
    assert len(list(tmp_path.iterdir())) == sum(np.diff(history["val_loss"]) < 0) + 1


def test_checkpoints_of_the_best_wait_for_validation(tmp_path: Any) -> None:
    best = clarinet.callbacks.ModelCheckpoint(tmp_path / "{epoch}.clarinet", save_best_only=True)
    with pytest.warns(ClarinetWarning, match="ModelCheckpoint watches 'val_loss', which is not among the logs"):
        trained("auto", [best], validation_data=rows(), validation_freq=2)
    assert [path.name for path in tmp_path.iterdir()] == ["2.clarinet"]


@pytest.mark.parametrize("source", [several(0), iter(()), type("Empty", (), {"__iter__": lambda self: iter(())})()])
def test_validation_without_a_batch_is_refused_before_training(source: Any) -> None:
    made = model()
    before = made.get_weights()
    with pytest.raises(ValueError, match=r"^validation_data is empty"):
        made.fit(*rows(), validation_data=source, verbose=0)
    assert all((a == b).all() for a, b in zip(before, made.get_weights(), strict=True))


def test_the_first_batch_of_validation_is_checked_before_training() -> None:
    with pytest.raises(ValueError, match=r"^validation_data, batch 0: x: each row has shape"):
        trained("auto", validation_data=((np.zeros((4, 3)), np.zeros(4)) for _ in range(2)))


def test_every_validation_looks_at_the_same_batches() -> None:
    seen: list[int] = []

    class Watched(Three):
        def __getitem__(self, index: int) -> tuple[Any, Any]:
            seen.append(index)
            return batch(index)

    trained("auto", validation_data=Watched(), validation_steps=2)
    assert seen[-4:] == [0, 1, 0, 1] and 2 not in seen
    with pytest.warns(ClarinetWarning, match="this epoch needs 5 batches, it yielded 3; the numbers cover"):
        history = trained("auto", validation_data=Three(), validation_steps=5)
    assert history == trained("auto", validation_data=Three())


def test_validation_on_rows_takes_as_many_batches_as_asked() -> None:
    x, y = rows()
    few = trained("auto", validation_data=(x, y), validation_steps=2, validation_batch_size=3)
    assert few == trained("auto", validation_data=(x[:6], y[:6]), validation_batch_size=3)


@ENGINES
@pytest.mark.parametrize("source", [lambda: several(2), Seldom])
def test_an_epoch_for_which_no_batch_is_left_is_none(engine: str, source: Any) -> None:
    made = model()
    made.compile("sgd", "mse", engine=engine)
    with pytest.warns(ClarinetWarning, match=r"ran out of data: .* it yielded 0; training ends here"):
        history = made.fit(source(), steps_per_epoch=2, epochs=5, verbose=0)
    assert history.epoch == [0] and made.epochs_trained == 1 and history.history["loss"][0] > 0


def test_batches_that_all_weigh_nothing_record_no_validation() -> None:
    nothing = [(*batch(number), np.zeros(4)) for number in range(2)]
    assert "val_loss" not in trained("auto", validation_data=nothing)
    with pytest.raises(ValueError, match="evaluate: every row weighs 0"):
        model().evaluate(nothing)


@pytest.mark.parametrize("callbacks", [None, [clarinet.callbacks.Callback()]])
def test_a_source_without_a_batch_is_refused(callbacks: Any) -> None:
    with pytest.raises(ValueError, match=r"the source of batches is empty; it needs to yield at least one \(x, y\)"):
        model().evaluate(several(0), callbacks=callbacks)
    with pytest.raises(ValueError, match="the source of batches is empty; it needs to yield at least one x"):
        model().predict(several(0), callbacks=callbacks)


def test_no_batch_of_training_is_checked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    places: list[str] = []
    check = checks.check_data

    def counted(model: Any, x: Any, y: Any, w: Any, class_weight: Any, where: str, seen: Any) -> Any:
        places.append(where)
        return check(model, x, y, w, class_weight, where, seen)

    monkeypatch.setattr(checks, "check_data", counted)
    x, y = batch(1)
    model().fit([(x, y)] * 3, epochs=2, verbose=0)
    assert places == ["batch 0", "batch 1", "batch 2"] * 2
