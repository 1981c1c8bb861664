"""Arrays that lie oddly in memory are trained on as their plain copies are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet.layers import Dense, Input

N = 12


def in_records(array: Any) -> Any:
    """A field of packed records, each of which begins with a byte of something else."""
    records = np.zeros(len(array), [("mark", "u1"), ("value", array.dtype, array.shape[1:])])
    records["value"] = array
    return records["value"]


def off_by_a_byte(array: Any) -> Any:
    """A contiguous array that begins at an odd address."""
    room = np.zeros(array.nbytes + 1, np.uint8)
    moved = room[1:].view(array.dtype).reshape(array.shape)
    moved[...] = array
    return moved


def read_only(array: Any) -> Any:
    array.flags.writeable = False
    return array


def spread(array: Any) -> Any:
    """Every other entry along all axes of a larger array."""
    room = np.zeros([2 * size for size in array.shape], array.dtype)
    place = tuple(slice(None, None, 2) for _ in array.shape)
    room[place] = array
    return room[place]


LAYOUTS: list[Callable[[Any], Any]] = [
    in_records,
    off_by_a_byte,
    read_only,
    spread,
    np.asfortranarray,
    lambda array: array[::-1].copy()[::-1],
    lambda array: array.astype(array.dtype.newbyteorder()),
    lambda array: array[..., None].repeat(2, -1)[..., 0],
]
DTYPES = ["?", "i1", "u2", "i4", "u8", "f2", "f4", "f8", "longdouble"]


def model(engine: str) -> clarinet.Sequential:
    clarinet.utils.set_random_seed(5)
    made = clarinet.Sequential([Input((3,)), Dense(2, "tanh"), Dense(1)])
    made.compile("sgd", "mse", engine=engine)
    return made


@pytest.mark.parametrize("engine", ["native", "reference"])
@pytest.mark.parametrize("lay", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_any_layout_gives_the_bits_of_a_plain_array(engine: str, lay: Callable[[Any], Any], dtype: str) -> None:
    x = (np.arange(3 * N).reshape(N, 3) % 5).astype(dtype)
    y, w = (np.arange(N) % 2)[:, None].astype(dtype), (np.arange(N) % 3).astype(dtype)
    found = []
    for form in (np.array, lay):
        made = model(engine)
        own = [form(a.copy()) for a in (x, y, w)]
        loss = made.fit(own[0], own[1], sample_weight=own[2], epochs=2, batch_size=5, verbose=0, seed=3).history["loss"]
        judged = made.evaluate(own[0], own[1], sample_weight=own[2], batch_size=5)
        single = made.predict(own[0][2:3])
        found.append((loss, judged, made.predict(own[0]).tolist(), single.tolist(), made.train_on_batch(*own)))
    assert found[0] == found[1]


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_one_row_repeated_without_memory(engine: str) -> None:
    x, y = np.broadcast_to(np.float32([1, 2, 3]), (N, 3)), np.broadcast_to(np.float32(1), (N, 1))
    first, second = model(engine), model(engine)
    assert first.fit(x, y, verbose=0).history == second.fit(x.copy(), y.copy(), verbose=0).history
    assert (first.predict(x) == second.predict(x.copy())).all()


def test_a_nan_in_a_packed_record_is_found() -> None:
    x = np.zeros((N, 3), np.float32)
    x[4, 1] = np.nan
    for lay in (in_records, off_by_a_byte):
        with pytest.raises(ValueError, match="x: holds nan at row 4, column 1"):
            model("auto").fit(lay(x), np.zeros(N), verbose=0)


def test_whole_records_are_refused_in_words() -> None:
    records = np.zeros(N, [("mark", "u1"), ("value", "f4")])
    for use in (lambda m: m.fit(records, np.zeros(N)), lambda m: m.predict(records)):
        with pytest.raises(TypeError, match=r"x: has dtype .*; give a plain array with one column per feature"):
            use(model("auto"))
