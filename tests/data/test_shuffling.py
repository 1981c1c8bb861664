"""Shuffling through a buffer moves many rows at once, and gives the order of one draw after the other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clarinet.data.chunks import Chunk
from clarinet.data.shuffling import shuffled
from clarinet.philox import Key, permutation


def one_by_one(rows: list[int], buffer: int, key: Key) -> list[int]:
    """The definition: each element is drawn from a full buffer, and the next one takes its place."""
    held, out = rows[:buffer], []
    draws = np.concatenate([key.at(step=block).uniform(4096) for block in range(len(rows) // 4096 + 1)])
    for row, draw in zip(rows[buffer:], draws):
        place = int(draw * buffer)
        out.append(held[place])
        held[place] = row
    return out + [held[place] for place in permutation(key.at(layer=1), len(held))]


def elements(chunks: Iterator[Chunk]) -> list[list[float]]:
    return [np.ravel(e).tolist() for c in chunks for e in (np.asarray(one) for one in c.arrays[0])]


@given(st.lists(st.integers(1, 60), min_size=1, max_size=6), st.integers(1, 200), st.integers(0, 5))
def test_order(sizes: list[int], buffer: int, seed: int) -> None:
    rows = np.arange(sum(sizes))
    parts = np.split(rows, np.cumsum(sizes)[:-1])
    found = elements(shuffled(iter([Chunk(0, (part,)) for part in parts]), buffer, Key(seed)))
    assert [int(one[0]) for one in found] == one_by_one(rows.tolist(), buffer, Key(seed))


def test_order_of_more_draws_than_one_block() -> None:
    rows = np.arange(10_000)
    for parts in ([rows], [rows[:3000], rows[3000:]]):
        found = np.concatenate([c.arrays[0] for c in shuffled(iter([Chunk(0, (p,)) for p in parts]), 500, Key(7))])
        assert found.tolist() == one_by_one(rows.tolist(), 500, Key(7))


@given(st.lists(st.integers(1, 3), min_size=2, max_size=40), st.integers(1, 50))
def test_elements_of_different_shapes(lengths: list[int], buffer: int) -> None:
    chunks = (Chunk(0, (np.full((1, length), float(i)),)) for i, length in enumerate(lengths))
    wanted = one_by_one(list(range(len(lengths))), buffer, Key(3))
    assert elements(shuffled(chunks, buffer, Key(3))) == [[float(i)] * lengths[i] for i in wanted]


def test_data_are_left_as_they_were() -> None:
    first, second = np.arange(50), np.arange(50, 100)
    list(shuffled(iter([Chunk(0, (first,)), Chunk(0, (second,))]), 60, Key(1)))
    assert first.tolist() == list(range(50)) and second.tolist() == list(range(50, 100))
