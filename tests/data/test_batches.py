"""Generators, sequences and other sources of batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import clarinet
from clarinet.data import Batches, is_batches, unpack
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
    with pytest.warns(ClarinetWarning, match="ran out of data: 2 batches were wanted for this epoch, it gave 1"):
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
