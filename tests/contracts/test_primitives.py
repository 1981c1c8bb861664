"""The error function and the random numbers, as properties and against published values."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarinet import activations
from clarinet.arrays import erf
from clarinet.philox import Key, Stream, drop_threshold, permutation, philox
from tests.properties import examples

numbers = st.floats(-1e6, 1e6)


@given(st.lists(numbers, min_size=1, max_size=30))
def test_erf_is_that_of_the_c_library(xs):
    expected = [math.erf(x) for x in xs]
    np.testing.assert_allclose(erf(np.array(xs)), expected, rtol=0, atol=1e-15)
    single = np.array(xs, np.float32)
    np.testing.assert_allclose(erf(single), [math.erf(x) for x in single.tolist()], rtol=0, atol=2e-7)
    assert erf(single).dtype == np.float32


@given(numbers, numbers)
def test_erf_is_odd_and_grows(x, y):
    low, high = erf(np.array(sorted([x, y])))
    assert low <= high + 1e-15
    assert erf(np.array(-x)) == -erf(np.array(x))


def test_erf_is_relatively_exact_near_zero_and_keeps_nan():
    xs = np.array([1e-300, 1e-20, 1e-5, 0.1, 0.46875])
    np.testing.assert_allclose(erf(xs), [math.erf(x) for x in xs], rtol=3e-16)
    assert np.isnan(erf(np.array(np.nan)))
    assert erf(np.array([np.inf, -np.inf])).tolist() == [1, -1]


def test_erf_in_the_array_api():
    xp = pytest.importorskip("array_api_strict")
    xs = np.linspace(-7, 7, 99)
    np.testing.assert_array_equal(np.asarray(erf(xp.asarray(xs), xp)), erf(xs))


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=20), st.floats(-50, 50))
def test_softmax_sums_to_one_and_ignores_a_common_shift(z, shift):
    a = activations.softmax.forward(np.array(z))
    assert a.sum() == pytest.approx(1)
    np.testing.assert_allclose(activations.softmax.forward(np.array(z) + shift), a, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [  # published with the Random123 library
        ([0] * 4, (0, 0), [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
        ([0xFFFFFFFF] * 4, (0xFFFFFFFF,) * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
        (
            [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
            (0xA4093822, 0x299F31D0),
            [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
        ),
    ],
)
def test_philox_known_answers(counter, key, expected):
    assert philox(key, np.array([counter], np.uint32)).tolist() == [expected]


@pytest.mark.parametrize("library", ["jax", "array_api_strict"])
def test_random_numbers_are_the_same_in_32_bits(library):
    """With the step an array of another library; under JAX it is traced, and there are no integers of 64 bits."""
    pytest.importorskip(library)
    key = Key(2**63 + 12345, Stream.DROPOUT, epoch=3, layer=7)
    if library == "jax":
        import jax

        def drawn(step):
            return jax.jit(lambda step: (key.at(step=step).bits(1001), key.at(step=step).keep(99, 0.3)))(step)
    else:
        import array_api_strict as xp

        def drawn(step):
            its = key.at(step=xp.asarray(step))
            return its.bits(1001), its.keep(99, 0.3)

    for step in (0, 1, 70_000, 2**31 - 1):
        bits, kept = drawn(step)
        np.testing.assert_array_equal(np.asarray(bits), key.at(step=step).bits(1001))
        np.testing.assert_array_equal(np.asarray(kept), key.at(step=step).keep(99, 0.3))


@examples(30)
@given(st.integers(0, 2**64 - 1), st.integers(0, 400), st.integers(0, 2**31))
def test_permutation_is_a_permutation_and_follows_the_key(seed, n, epoch):
    key = Key(seed, Stream.SHUFFLE, epoch=epoch)
    order = permutation(key, n)
    assert sorted(order.tolist()) == list(range(n))
    np.testing.assert_array_equal(order, permutation(key, n))


def test_permutations_of_epochs_differ_and_are_fair():
    orders = np.stack([permutation(Key(3, Stream.SHUFFLE, epoch=e), 6) for e in range(6000)])
    shares = [(orders[:, place] == row).mean() for place in range(6) for row in range(6)]
    np.testing.assert_allclose(shares, 1 / 6, atol=0.02)


def test_streams_do_not_overlap():
    keys = [
        Key(5, stream, epoch, step, layer)
        for stream in Stream
        for epoch in (0, 1)
        for step in (0, 1)
        for layer in (0, 1)
    ]
    words = np.concatenate([key.bits(64) for key in keys])
    assert len(np.unique(words)) == len(words)


def test_a_sequence_does_not_depend_on_its_length():
    key = Key(11, layer=2)
    for n in (1, 2, 3, 5, 8):
        np.testing.assert_array_equal(key.bits(n), key.bits(100)[:n])
        np.testing.assert_array_equal(key.uniform(n), key.uniform(100)[:n])
        np.testing.assert_array_equal(key.normal(n), key.normal(100)[:n])


def test_uniform_and_normal_numbers_look_it():
    u, z = Key(1).uniform(200_000), Key(2).normal(200_000)
    assert u.min() > 0 and u.max() < 1
    np.testing.assert_allclose([u.mean(), u.var()], [0.5, 1 / 12], atol=2e-3)
    np.testing.assert_allclose([z.mean(), z.std(), (z**3).mean(), (z**4).mean()], [0, 1, 0, 3], atol=0.05)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.999, 1.0])
def test_share_that_dropout_keeps(rate):
    assert Key(4).keep(100_000, rate).mean() == pytest.approx(1 - rate, abs=5e-3)
    assert 0 <= drop_threshold(rate) <= 2**32 - 1
