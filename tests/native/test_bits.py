"""The same bits for any number of threads, wherever a chunk ends, whatever statistics are taken."""

from dataclasses import replace

import numpy as np
import pytest

from clarinet import layers, optimizers
from clarinet.engines import Data
from tests import cases
from tests.graphs.test_loops import Along, Cell
from tests.native.running import ISAS, THREADS, Work, assert_close, assert_same_bits, between, coming_first

RNG = np.random.default_rng(4)
X = RNG.normal(size=(75, 13)).astype(np.float32)
X[RNG.random(X.shape) < 0.4] = 0  # as in images: products with zeros may be left out, but not change a bit
IDS = RNG.integers(0, 3, 75)


@pytest.mark.parametrize("units", [1, 3, 10, 16, 17])
@pytest.mark.parametrize("batch", [1, 3, 7, 32, 33])
def test_threads_and_sizes(batch, units):
    """75 rows: no batch but 1 and 3 divides them."""
    rows = 9 if batch == 1 else 75
    work = Work(
        lambda: [
            layers.Dense(units, "relu"),
            layers.BatchNormalization(),
            layers.Dense(units),
            layers.Dense(3, "softmax"),
        ],
        "sparse_categorical_crossentropy",
        Data(X[:rows], IDS[:rows]),
        optimizer="sgd",
        metrics=["accuracy"],
        batch=batch,
        epochs=1,
    )
    expected = work.run()
    for isa in ISAS:
        alone = work.run(isa, 1)
        assert_close(alone, expected, rtol=1e-3, atol=1e-4)  # a batch of few rows makes its statistics sensitive
        for threads in THREADS[1:]:
            assert_same_bits(work.run(isa, threads), alone)


def full(**changes):
    def stack():
        return [
            layers.Dense(40, "relu", kernel_regularizer="l2"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Dense(21, "gelu"),
            layers.Dense(3, "softmax"),
        ]

    settings = {"optimizer": "adam", "metrics": ["accuracy"], "batch": 8, "epochs": 3} | changes
    return Work(stack, "sparse_categorical_crossentropy", Data(X, IDS), **settings)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("threads", THREADS)
def test_chunks_and_statistics(isa, threads):
    alone = full().run(isa, 1)
    assert_same_bits(full(chunk=1).run(isa, threads), alone)
    assert_same_bits(full(chunk=3, stats_every=2).run(isa, threads), alone)


def branched(**changes):
    """Large first layers side by side, whose columns may move to the threads; skips; statistics over the batch."""

    def stack():
        wide = [[layers.Dense(200, "relu")], [layers.Dense(136, "tanh"), layers.BatchNormalization()], []]
        return [
            layers.Parallel(wide),
            layers.Residual([layers.Dense(30, "relu"), layers.Dropout(0.2), layers.Dense(466)]),
            layers.Parallel([layers.Dense(9), [layers.Dense(9, "relu")]], "maximum"),
            layers.Dense(3, "softmax", activity_regularizer="l2"),
        ]

    settings = {"optimizer": "adam", "metrics": ["accuracy"], "batch": 8, "epochs": 3, "rate": 0.002} | changes
    return Work(stack, "sparse_categorical_crossentropy", Data(np.tile(X, (1, 10)), IDS), **settings)


@pytest.mark.parametrize("isa", ISAS)
def test_branches(isa):
    alone = branched().run(isa, 1)
    assert_close(alone, branched().run(), rtol=2e-3, atol=2e-4)
    for threads in THREADS[1:]:
        assert_same_bits(branched().run(isa, threads), alone)
        assert_same_bits(branched(chunk=3, stats_every=2).run(isa, threads), alone)


@pytest.mark.parametrize("optimizer", [optimizers.SGD(0.1, clipnorm=0.1), optimizers.Adam(global_clipnorm=0.2)])
def test_clipping(optimizer):
    for isa in ISAS:
        alone = full(optimizer=optimizer).run(isa, 1)
        for threads in THREADS[1:]:
            assert_same_bits(full(optimizer=optimizer, chunk=2).run(isa, threads), alone)


def test_ten_runs():
    runs = [full().run(ISAS[0], threads) for threads in (*THREADS, *THREADS)]
    for other in runs[1:]:
        assert_same_bits(other, runs[0])


@pytest.mark.parametrize("isa", ISAS)
def test_wide_layers(isa):
    """More columns than a piece of the gradient holds, more rows than a block of dx, leading axes."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(9, 17, 5)).astype(np.float32), rng.normal(size=(9, 17, 2)).astype(np.float32)
    work = Work(lambda: [layers.Dense(531, "relu"), layers.Dense(70), layers.Dense(2)], "mse", Data(x, y), rate=0.01)
    alone = work.run(isa, 1)
    assert_close(alone, work.run(), rtol=1e-4, atol=1e-5)
    for threads in THREADS[1:]:
        assert_same_bits(work.run(isa, threads), alone)


@pytest.mark.parametrize("isa", ISAS)
def test_rows_of_every_density(isa):
    """Rows that are mostly zeros and rows that are not take turns, in batches larger than a block of rows."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(320, 400)).astype(np.float32)
    x[rng.random(x.shape) > rng.choice([0.02, 0.3, 0.5, 0.7, 1.0], (320, 1))] = 0
    x[7] = 0
    work = Work(
        lambda: [layers.Dense(700, "relu"), layers.Dense(530, "relu"), layers.Dense(3)],
        "mse",
        Data(x, rng.normal(size=(320, 3)).astype(np.float32)),
        optimizer="adam",
        batch=150,
        rate=0.001,
    )
    alone = work.run(isa, 1)
    assert_close(alone, work.run(), rtol=1e-3, atol=1e-5)
    for threads in THREADS[1:]:
        assert_same_bits(work.run(isa, threads), alone)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize(("bias", "inputs"), [(True, 400), (False, 400), (True, 611)])
def test_one_unit_reads_the_data_where_they_lie(isa, bias, inputs):
    """Rows apart from each other, in another order, and more of them than the cache holds; float64 has to be copied.
    Long rows are summed in halves, which two threads have one each of."""
    rng = np.random.default_rng(6)
    x = rng.normal(size=(900, inputs + 50)).astype(np.float32)[:, 3 : inputs + 3]
    y = rng.integers(0, 2, (900, 1)).astype(np.float32)

    def work(x):
        return Work(
            lambda: [layers.Dense(1, "sigmoid", use_bias=bias)], "binary_crossentropy", Data(x, y), "adam", batch=33
        )

    alone = work(x).run(isa, 1)
    assert_close(alone, work(x).run(), rtol=1e-4, atol=1e-4)
    assert_same_bits(work(x.astype(np.float64)).run(isa, 1), alone)
    for threads in THREADS[1:]:
        assert_same_bits(work(x).run(isa, threads), alone)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize(
    "optimizer",
    [
        optimizers.Adam(amsgrad=True),
        optimizers.SGD(use_ema=True),
        optimizers.RMSprop(momentum=0.5),
        optimizers.RMSprop(centered=True),  # whose slots are the first and the third
    ],
    ids=repr,
)
def test_a_large_first_layer(isa, optimizer):
    """Its columns may move to where a thread has them to itself, on long runs of steps only: chunks of few do not."""
    rng = np.random.default_rng(1)
    x = np.maximum(rng.normal(size=(70, 300)), 0).astype(np.float32)
    work = Work(
        lambda: [layers.Dense(257, "relu"), layers.Dense(3, "softmax")],
        "sparse_categorical_crossentropy",
        Data(x, IDS[:70]),
        optimizer=optimizer,
        batch=6,
        rate=0.002,
    )
    alone = work.run(isa, 1)
    np.testing.assert_allclose(alone.losses, work.run().losses, rtol=1e-3)
    for threads in (2, 3, 8):
        assert_same_bits(work.run(isa, threads), alone)
        for changes in ({"chunk": 3}, {"chunk": 9, "stats_every": 4}):
            assert_same_bits(replace(work, **changes).run(isa, threads), alone)


def numbers(*shape):
    x = np.random.default_rng(6).normal(size=shape).astype(np.float32)
    return np.where(np.random.default_rng(7).random(shape) < 0.3, np.float32(0), x)


def assert_same_on_any_number_of_threads(work):
    alone = work.run(ISAS[0], 1)
    for threads in (2, 3, 5):
        assert_same_bits(work.run(ISAS[0], threads), alone)


@pytest.mark.parametrize("case", cases.CHAINED, ids=repr)
def test_every_layer_that_comes_first(case):
    work = coming_first(case, 23, numbers, optimizer="adam", batch=9, rate=0.01)
    assert_same_on_any_number_of_threads(work)


@pytest.mark.parametrize("case", [case for case in cases.CHAINED if case.inputs == "numbers"], ids=repr)
def test_every_layer(case):
    """23 rows in batches of 9, so that threads have shares of different sizes."""
    work = between(case, 23, numbers, optimizer="adam", batch=9, rate=0.01)
    assert_same_on_any_number_of_threads(work)


@pytest.mark.parametrize("case", cases.OPTIMIZERS, ids=repr)
def test_every_optimizer(case):
    work = Work(
        lambda: [layers.Dense(33, "relu"), layers.Dense(3)],
        "mse",
        Data(X, numbers(75, 3)),
        case.make,
        batch=9,
        rate=0.01,
    )
    assert_same_on_any_number_of_threads(work)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize(
    "optimizer",
    [optimizers.SGD(), optimizers.SGD(weight_decay=0.1), optimizers.SGD(use_ema=True), optimizers.SGD(clipvalue=1e-3)],
    ids=["plain", "decay", "average", "clipped"],
)
@pytest.mark.parametrize("units", [3, 16, 20, 33, 75])
def test_one_by_one(isa, units, optimizer):
    """Gradient descent sample by sample moves the weights without a gradient; sampled steps keep the gradient."""
    work = Work(
        lambda: [layers.Dense(units, "sigmoid"), layers.Dense(3, "sigmoid")],
        "mse",
        Data(np.tile(X, 8), numbers(75, 3)),  # more inputs than are looked at together
        batch=1,
        rate=0.1,
        optimizer=optimizer,
    )
    alone = work.run(isa, 1)
    assert_close(alone, work.run())
    assert_same_bits(replace(work, stats_every=1).run(isa, 1), alone)
    assert_same_bits(replace(work, chunk=7).run(isa, 3), alone)


@pytest.mark.parametrize("isa", ISAS)
def test_loops(isa):
    """Rounds of a loop, with weights and dropout of their own, and one whose steps come first."""

    def work(**changes):
        def stack():
            return [
                layers.RNN(Cell(4, 0.2), return_sequences=True),
                Along(),
                layers.Flatten(),
                layers.Dense(3, "softmax"),
            ]

        x = np.random.default_rng(5).normal(size=(23, 4, 3)).astype(np.float32)
        return Work(stack, "sparse_categorical_crossentropy", Data(x, IDS[:23]), **changes)

    alone = work().run(isa, 1)
    assert_close(alone, work().run())
    for threads in THREADS[1:]:
        assert_same_bits(work().run(isa, threads), alone)
        assert_same_bits(work(chunk=2).run(isa, threads), alone)
