"""The helpers that carry Keras's names do what Keras's do."""

from __future__ import annotations

import random
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clarinet
from clarinet import utils
from clarinet.philox import next_seed


@pytest.mark.parametrize("x", [[0, 2, 1], np.array([[1], [0]]), np.arange(6).reshape(2, 3), [True, False], [1.0, 3.0]])
@pytest.mark.parametrize("classes", [None, 7])
def test_to_categorical(x: Any, classes: int | None) -> None:
    ours, theirs = utils.to_categorical(x, classes), keras.utils.to_categorical(x, classes)
    assert ours.dtype == theirs.dtype
    assert (ours == theirs).all()


def test_to_categorical_of_nothing() -> None:
    assert utils.to_categorical([], 3).shape == (0, 3)
    with pytest.raises(ValueError, match="num_classes"):
        utils.to_categorical([])


@pytest.mark.parametrize("axis", [-1, 1])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_normalize(axis: int, order: int) -> None:
    x = np.array([[3.0, -4.0, 0.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    assert np.allclose(utils.normalize(x, axis, order), keras.utils.normalize(x, axis, order))


def weights() -> list[Any]:
    model = clarinet.Sequential([clarinet.Input((3,)), clarinet.layers.Dense(2), clarinet.layers.Dense(2)])
    return model.get_weights()


def test_random_seed_fixes_everything() -> None:
    seen = []
    for seed in (4, 4, 5):
        utils.set_random_seed(seed)
        seen.append((weights()[0].tolist(), weights()[2].tolist(), random.random(), np.random.rand()))  # noqa: NPY002
    assert seen[0] == seen[1]
    assert all(a != b for a, b in zip(seen[0], seen[2], strict=True))
    assert seen[0][0] != weights()[0].tolist()  # the models of one program differ


@given(st.integers(0, 2**32 - 1))
def test_seeds_follow_from_the_seed(seed: int) -> None:
    utils.set_random_seed(seed)
    first = [next_seed() for _ in range(3)]
    utils.set_random_seed(seed)
    assert [next_seed() for _ in range(3)] == first
    assert len(set(first)) == 3
    assert all(0 <= s < 2**64 for s in first)


@pytest.mark.parametrize(
    ("left", "right", "sizes"),
    [(0.8, None, (8, 2)), (None, 3, (7, 3)), (0.5, 0.2, (5, 2)), (6, 0.4, (6, 4)), (1, 1, (1, 1))],
)
def test_split_dataset(left: Any, right: Any, sizes: tuple[int, int]) -> None:
    x, y = np.arange(10), np.arange(10) * 10
    (x1, y1), (x2, y2) = utils.split_dataset((x, y), left, right)
    assert (len(x1), len(x2)) == sizes
    assert x1.tolist() == list(range(sizes[0]))
    assert x2.tolist() == list(range(sizes[0], sum(sizes)))
    assert (y1 == x1 * 10).all()
    assert (y2 == x2 * 10).all()


def test_split_dataset_shuffled() -> None:
    x = np.arange(100)
    one, two = utils.split_dataset(x, 0.7, shuffle=True, seed=1)
    again, _ = utils.split_dataset(x, 0.7, shuffle=True, seed=1)
    assert sorted([*one, *two]) == x.tolist()
    assert one.tolist() == again.tolist() != sorted(one)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [((1.5,), "0 and 1"), ((0,), "at least one"), ((True,), "number of rows"), ((0.999,), "10 and 0")],
)
def test_split_dataset_refuses(arguments: Any, says: str) -> None:
    with pytest.raises((ValueError, TypeError), match=says):
        utils.split_dataset(np.arange(10), *arguments)
    with pytest.raises(ValueError, match="different numbers of rows: 3, 4"):
        utils.split_dataset((np.arange(3), np.arange(4)), 0.5)


def test_a_dataset_has_to_say_how_long_it_is() -> None:
    class Lazy(utils.Sequence):
        pass

    with pytest.raises(NotImplementedError, match="Lazy needs __len__"):
        len(Lazy())
    with pytest.raises(NotImplementedError, match="Lazy needs __getitem__"):
        Lazy()[0]
