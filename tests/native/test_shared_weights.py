"""A weight that several operations have gets the sum of their gradients, the same on any way to an update."""

from dataclasses import replace

import numpy as np
import pytest

from clarinet import Input, Sequential, layers, optimizers
from clarinet.engines import Data, ReferenceEngine
from tests.contracts.derivatives import assert_close as assert_derivative
from tests.contracts.derivatives import numeric_gradient
from tests.native.running import ISAS, Work, assert_close, assert_same_bits, tied
from tests.native.test_halves import BY_GRADIENTS, assert_same_bits_in_halves


def numbers(*shape):
    return np.random.default_rng(3).normal(size=shape).astype(np.float32)


def stack():
    """Operations 0 dense, 1 tanh, 2 normalisation, 3 dense, 4 tanh, 5 normalisation, 6 dense."""
    return [
        *(layer for _ in range(2) for layer in (dense(), layers.BatchNormalization(gamma_regularizer="l1"))),
        layers.Dense(2),
    ]


def dense():
    return layers.Dense(7, "tanh", kernel_regularizer="l2")


TIES = ((3, 0), (5, 2))


def work(**settings):
    settings = {"optimizer": "adam", "batch": 8, "rate": 0.01, "ties": TIES} | settings
    return Work(stack, "mse", Data(numbers(26, 7), numbers(26, 2)), **settings)


def test_gradients_add_up():
    """Against central differences in float64: each number counts wherever it is used, its penalty once."""
    model = Sequential([Input((7,)), *stack()])
    model.compile("sgd", "mse", engine="reference", dtype="float64")
    engine = ReferenceEngine(tied(model.make_plan(), TIES), model.store)
    data, state, params = Data(numbers(6, 7), numbers(6, 2)), model.store.state.copy(), model.store.params

    def loss(flat):
        model.store.state[:], params[:] = state, flat
        return engine.gradients(data).loss

    start = params.copy()
    expected = numeric_gradient(loss, start)
    loss(start)
    found = engine.gradients(data).by_weight
    flat = model.store.layout.zeros(np.float64)
    for op, s in engine.plan.trainable:
        s.view(flat)[...] = found[op.index][s.name]
    assert_derivative(flat, expected)
    assert len(engine.plan.shared) == 4 and len(engine.plan.trainable) == 6


@pytest.mark.parametrize("isa", ISAS)
def test_engines_agree(isa):
    for threads in (1, 3):
        assert_close(work().run(isa, threads), work().run(), rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("case", BY_GRADIENTS, ids=repr)
def test_every_way_to_an_update_ends_in_the_same_bits(case):
    """At once, by way of a whole gradient (of which statistics are taken), in chunks, in halves; on all threads."""
    own = work(optimizer=case.make)
    assert_same_bits_in_halves(own)
    for isa in (None, *ISAS):
        if isa and "muon" in case.id:
            continue
        alone = own.run(isa)
        for threads in (1, 3) if isa else (1,):
            assert_same_bits(replace(own, chunk=2, stats_every=2).run(isa, threads), alone)


STACKS = {
    # The first layer's columns could move to the threads, if nobody else had its weights.
    "large-first-layer": (lambda: [layers.Dense(257), layers.Dense(257), layers.Dense(2)], (257,), ((1, 0),)),
    "three-users": (lambda: [*(layers.Dense(20, "relu") for _ in range(3)), layers.Dense(2)], (20,), ((2, 0), (4, 0))),
    "embeddings": (
        lambda: [layers.Parallel([layers.Embedding(9, 4), layers.Embedding(9, 4)]), layers.Flatten(), layers.Dense(2)],
        (3,),
        ((1, 0),),
    ),
    "convolutions": (
        lambda: [
            layers.Conv2D(3, 3, padding="same"),
            layers.Conv2D(3, 3, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dense(2),
        ],
        (6, 5, 3),
        ((1, 0),),
    ),
    "normalised-along-the-first-axis": (
        lambda: [
            layers.BatchNormalization(axis=1),
            layers.Activation("tanh"),
            layers.BatchNormalization(axis=1),
            layers.PReLU(),
            layers.PReLU(),
            layers.Flatten(),
            layers.Dense(2),
        ],
        (5, 4),
        ((2, 0), (4, 3)),
    ),
    "frozen": (
        lambda: [layers.Dense(6, trainable=False), layers.Dense(6, trainable=False), layers.Dense(2)],
        (6,),
        ((1, 0),),
    ),
}


@pytest.mark.parametrize(("make", "shape", "ties"), STACKS.values(), ids=STACKS)
def test_stacks(make, shape, ties):
    x = np.random.default_rng(2).integers(0, 9, (60, *shape)) if shape == (3,) else numbers(60, *shape)
    own = Work(make, "mse", Data(x, numbers(60, 2)), "adam", batch=6, rate=0.002, ties=ties)
    assert_same_bits_in_halves(own)
    for isa in ISAS:
        alone = own.run(isa)
        assert_close(alone, own.run(), rtol=2e-3, atol=2e-4)
        for threads in (2, 3, 8):
            assert_same_bits(own.run(isa, threads), alone)
        assert_same_bits(replace(own, stats_every=3).run(isa, 3), alone)


@pytest.mark.parametrize("optimizer", [optimizers.SGD(0.1, clipnorm=0.1), optimizers.Adam(global_clipnorm=0.2)])
def test_a_norm_counts_a_shared_weight_once(optimizer):
    own = work(optimizer=optimizer)
    for isa in ISAS:
        assert_close(own.run(isa, 3), own.run(), rtol=2e-4, atol=2e-5)


def test_statistics_are_of_the_whole_gradient():
    own = work(stats_every=1)
    expected = own.run()
    for threads in (1, 3):
        ours = own.run(ISAS[0], threads)
        for mine, theirs in zip(ours.layers, expected.layers, strict=True):
            a, b = ([getattr(s, f) for f in s.__slots__] for s in (mine, theirs))
            np.testing.assert_allclose(np.array(a, float), np.array(b, float), rtol=1e-3, atol=1e-5)
