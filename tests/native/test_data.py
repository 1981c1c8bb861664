"""What rows may be: any plain dtype, any stride, any byte order, in memory or in a file."""

from dataclasses import replace

import numpy as np
import pytest

from clarinet import _native, layers
from clarinet.engines import Data, NativeEngine, Steps
from clarinet.optimizers import OptimizerState
from tests.native.running import ISAS, Work, assert_same_bits

RNG = np.random.default_rng(6)
PIXELS = RNG.integers(0, 100, (41, 4, 6)).astype(np.uint8)
PIXELS[RNG.random(PIXELS.shape) < 0.6] = 0
IDS = RNG.integers(0, 3, 41)


def work(x, y=IDS, weight=None, **changes):
    return Work(
        lambda: [layers.Flatten(), layers.Rescaling(0.01), layers.Dense(40, "relu"), layers.Dense(3, "softmax")],
        "sparse_categorical_crossentropy",
        Data(x, y, weight),
        **changes,
    )


@pytest.fixture(scope="module")
def expected():
    return work(PIXELS.astype(np.float32)).run(ISAS[0], 2)


INTEGERS = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", ">i4"]


@pytest.mark.parametrize("dtype", [*INTEGERS, "f2", "f4", "f8", ">f4", ">f8", "longdouble"])
def test_dtypes_of_x(dtype, expected):
    assert_same_bits(work(PIXELS.astype(dtype)).run(ISAS[0], 2), expected)


def test_bool_x():
    x = PIXELS > 0
    assert_same_bits(work(x).run(ISAS[0], 2), work(x.astype(np.float32)).run(ISAS[0], 2))


@pytest.mark.parametrize("dtype", [*INTEGERS, "f4", "f8"])
def test_dtypes_of_class_ids(dtype, expected):
    assert_same_bits(work(PIXELS.astype(np.float32), IDS.astype(dtype)).run(ISAS[0], 2), expected)


@pytest.mark.parametrize(
    "lay_out",
    [
        lambda x: np.repeat(x, 2, axis=0)[::2],  # rows apart
        lambda x: x[::-1].copy()[::-1],  # rows backwards
        lambda x: np.concatenate([x, x], axis=2)[:, :, :6],  # a row is not contiguous
        np.asfortranarray,
        lambda x: x.reshape(41, 24).repeat(3, axis=1)[:, ::3].reshape(41, 4, 6),
    ],
)
def test_strides(lay_out, expected):
    x = lay_out(PIXELS.astype(np.float32))
    np.testing.assert_array_equal(x, PIXELS)
    assert_same_bits(work(x).run(ISAS[0], 2), expected)
    assert_same_bits(work(x, chunk=2).run(ISAS[0], 2), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.uint8, np.float16])
def test_memory_mapped(dtype, expected, tmp_path):
    np.save(tmp_path / "x.npy", PIXELS.astype(dtype))
    x = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert isinstance(x, np.memmap)
    assert_same_bits(work(x).run(ISAS[0], 2), expected)


def test_weights_of_other_kinds():
    weight = RNG.uniform(0, 2, 41)
    x, plain = PIXELS.astype(np.float32), weight.astype(np.float32)
    expected = work(x, weight=plain).run(ISAS[0], 2)
    assert_same_bits(work(x, weight=plain.astype(">f4")).run(ISAS[0], 2), expected)
    assert_same_bits(work(x, weight=np.repeat(plain, 3)[::3]).run(ISAS[0], 2), expected)


def engine_for(x, y):
    model = work(x, y).model()
    state = OptimizerState.new(model.optimizer, model.store.layout, np.float32)
    return NativeEngine(model.make_plan([y.shape[1:]]), model.store, state)


def steps(**changes):
    return replace(Steps(None, 0, 41, 4, np.zeros(11), None), **changes)


def test_refusals():
    x = PIXELS.astype(np.float32)
    engine = engine_for(x, IDS)
    with pytest.raises(IndexError, match="row 41 of data with 41 rows"):
        engine.train(Data(x, IDS), steps(order=np.arange(1, 42)))
    with pytest.raises(IndexError, match="row -1 "):
        engine.train(Data(x, IDS), steps(order=np.arange(-1, 40)))
    with pytest.raises(ValueError, match="y_true has shape"):
        engine.train(Data(x, np.zeros((41, 3), np.float32)), steps())
    with pytest.raises(ValueError, match="differ in length"):
        engine.train(Data(x, IDS[:7]), steps())
    with pytest.raises(ValueError, match="input's shape"):
        engine.train(Data(x[:, :3], IDS), steps())
    with pytest.raises(ValueError, match="no learning rate"):
        engine._core.train(
            (x,), (IDS,), (None,), None, 0, 41, 4, np.zeros(1), -1.0, OptimizerState(), 0, np.empty(11, np.float32)
        )
    with pytest.raises(ValueError, match="leave the rows"):
        engine._core.train(
            (x,), (IDS,), (None,), None, 0, 42, 4, np.zeros(11), -1.0, OptimizerState(), 0, np.empty(11, np.float32)
        )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"batch_size": 2**63},
            r"batch_size: expected a whole number from 1 to 2\*\*63 - 1, received 9223372036854775808",
        ),
        ({"batch_size": 0}, "batch_size: expected a whole number from 1 .*, received 0"),
        ({"batch_size": 4.0}, r"batch_size: .*, received 4\.0"),
        ({"stats_every": -1}, "stats_every: expected a whole number from 0 .*, received -1"),
        ({"stats_every": None}, "stats_every: .*, received None"),
        ({"stats_every": "2"}, "stats_every: .*, received '2'"),
        ({"first": -1}, "first: expected a whole number from 0 .*, received -1"),
        ({"stop": 2**70}, "stop: expected a whole number from 1"),
        ({"step": -1}, "step: expected a whole number from 0 .*, received -1"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_numbers_that_the_engine_cannot_take(changes, message):
    """In a sentence, not as the list of what the binding takes."""
    given = {"first": 0, "stop": 41, "batch_size": 4, "step": 0, "stats_every": 0} | changes
    x, rates, losses = PIXELS.astype(np.float32), np.zeros(11), np.empty(11, np.float32)
    first, stop, batch, step, every = given.values()
    core = engine_for(x, IDS)._core
    with pytest.raises(ValueError, match=message):
        core.train((x,), (IDS,), (None,), None, first, stop, batch, rates, -1.0, OptimizerState(step), every, losses)
    if "batch_size" in changes:
        with pytest.raises(ValueError, match=message):
            core.evaluate((x,), (IDS,), (None,), batch, 0, 0)


@pytest.mark.parametrize("offset", [0, 1, 2, 4])
def test_rows_at_odd_places(offset, expected):
    """Fields of packed records: numbers that do not begin where their kind should, rows an odd distance apart."""
    packed = np.zeros(41, [("before", f"V{offset}"), ("x", "f4", (4, 6)), ("y", "i8"), ("after", "V3")])
    packed["x"], packed["y"] = PIXELS, IDS
    assert_same_bits(work(packed["x"], packed["y"]).run(ISAS[0], 2), expected)


def test_ids_out_of_range_are_harmless():
    """fit refuses them; here they only must not touch memory that is not theirs."""
    x = PIXELS.astype(np.float32)
    for wrong in (-1, 3, 2**31, -(2**40)):
        ids = np.full(41, wrong)
        assert np.isfinite(work(x, ids).run(ISAS[0], 2).params).all()


def test_steps_allocate_nothing():
    x = PIXELS.astype(np.float32)
    engine = engine_for(x, IDS)
    engine.train(Data(x, IDS), steps())
    before = engine._core.allocations
    for _ in range(5):
        engine.train(Data(x, IDS), steps())
    engine.predict(x[:4], 4)
    assert engine._core.allocations == before == 1


def test_deadline():
    x = np.tile(PIXELS.astype(np.float32), (1000, 1, 1))
    y = np.tile(IDS, 1000)
    engine = engine_for(x, y)
    chunk = engine.train(Data(x, y), steps(stop=41000, batch_size=1, learning_rates=np.zeros(41000), seconds=0.005))
    assert 1 <= len(chunk) < 41000
    assert chunk.seconds < 0.2
    assert engine.optimizer_state.step == len(chunk) == len(chunk.samples) == len(chunk.learning_rates)


def test_no_rows_to_predict():
    engine = engine_for(PIXELS, IDS)
    assert engine.predict(PIXELS[:0], 32).shape == (0, 3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("n", [1, 7, 70_000, 5_000_000])
def test_find_nonfinite(n, bad, dtype):
    x = np.full(n, np.finfo(dtype).max)
    assert _native.find_nonfinite(x.astype(dtype)) == -1
    x = x.astype(dtype)
    for place in {0, n // 3, n - 1}:
        x[place] = bad
        x[(place + n) // 2 :] = bad
        assert _native.find_nonfinite(x) == place
        x[:] = 1


def test_find_nonfinite_takes_arrays_as_they_are():
    x = np.zeros((3, 4, 5))
    x[2, 1, 3] = np.nan
    x.flags.writeable = False
    assert _native.find_nonfinite(x) == 48
    with pytest.raises(ValueError, match="float32 or float64"):
        _native.find_nonfinite(np.zeros(3, np.int64))
