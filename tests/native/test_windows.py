"""Convolutions and pooling of awkward sizes: native against reference, and the same bits for any number of threads."""

import numpy as np
import pytest

from clarinet import layers
from clarinet.engines import Data
from tests.native.running import ISAS, THREADS, Work, assert_close, assert_same_bits

RNG = np.random.default_rng(8)


def work(stack, shape, rows=11, **changes):
    """Behind a dense layer, so that the gradient at the inputs counts."""
    x = RNG.normal(size=(rows, *shape[:-1], 3)).astype(np.float32)
    y = RNG.normal(size=(rows, 2)).astype(np.float32)
    return Work(
        lambda: [layers.Dense(shape[-1]), *stack(), layers.Flatten(), layers.Dense(2)],
        "mse",
        Data(x, y),
        rate=1e-3,
        **({"batch": 4, "epochs": 1} | changes),
    )


CONVOLUTIONS = {
    "one-by-one": ((5, 4, 17), {"filters": 33, "kernel_size": 1}),
    "wider-than-a-tile": ((7, 40, 2), {"filters": 3, "kernel_size": (2, 37)}),
    "whole-image": ((6, 5, 3), {"filters": 10, "kernel_size": (6, 5)}),
    "gaps-between-windows": ((11, 9, 1), {"filters": 33, "kernel_size": 2, "strides": (5, 3)}),
    "strides-same": ((9, 8, 17), {"filters": 10, "kernel_size": 3, "strides": 2, "padding": "same"}),
    "dilation": ((9, 10, 17), {"filters": 33, "kernel_size": (3, 2), "dilation_rate": (2, 4)}),
    "one-filter": ((6, 6, 1), {"filters": 1, "kernel_size": 3, "padding": "same"}),
    "deep": ((4, 4, 130), {"filters": 5, "kernel_size": 3}),
    "many-places": ((20, 30, 3), {"filters": 2, "kernel_size": 2}),
    "groups": ((5, 6, 34), {"filters": 66, "kernel_size": 3, "groups": 2}),
}


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolutions(name, isa):
    shape, settings = CONVOLUTIONS[name]
    case = work(lambda: [layers.Conv2D(**settings)], shape)
    alone = case.run(isa, 1)
    assert_close(alone, case.run(), rtol=1e-4, atol=1e-5)
    assert_same_bits(case.run(isa, 3), alone)


def network():
    """Everything that the native engine joins or runs sample by sample, and what interrupts it."""
    return [
        layers.Conv2D(17, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(33, 3, activation="relu"),
        layers.Dropout(0.3),
        layers.BatchNormalization(),
        layers.DepthwiseConv2D(2, depth_multiplier=2, activation="relu"),
        layers.AveragePooling2D(3, strides=1, padding="same"),
        layers.Conv2D(5, 1),
        layers.ReLU(),
        layers.UpSampling2D(2),
        layers.ZeroPadding2D(1),
        layers.MaxPooling2D(3, strides=2),
        layers.Permute((2, 3, 1)),
    ]


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("batch", [1, 7, 32, 33])
def test_bits_of_a_network(batch, isa):
    case = work(network, (10, 11, 3), rows=3 if batch == 1 else 40, batch=batch, optimizer="adam")
    alone = case.run(isa, 1)
    assert np.isfinite(alone.losses).all()
    for threads in THREADS[1:]:
        assert_same_bits(case.run(isa, threads), alone)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("pooling", [{}, {"strides": 1}, {"pool_size": 3, "strides": 2, "padding": "same"}])
def test_what_relu_and_pooling_share(pooling, isa):
    """ReLU joined to the convolution, and apart from it, where statistics look in between."""
    for stack in (
        lambda: [layers.Conv2D(5, 3, activation="relu"), layers.MaxPooling2D(**pooling)],
        lambda: [layers.Conv2D(5, 3), layers.ReLU(), layers.MaxPooling2D(**pooling)],
    ):
        case = work(stack, (8, 9, 2), stats_every=2)
        ours, expected = case.run(isa, 2), case.run()
        assert_close(ours, expected)
        for mine, theirs in zip(ours.layers, expected.layers, strict=True):
            np.testing.assert_allclose(
                [mine.activation_mean, mine.zeros], [theirs.activation_mean, theirs.zeros], rtol=1e-4, atol=1e-6
            )


def test_frozen_convolutions():
    """No gradient of their own, but one at their inputs."""
    case = work(
        lambda: [layers.Conv2D(6, 3), layers.Conv2D(4, 2, trainable=False), layers.DepthwiseConv2D(2, trainable=False)],
        (7, 7, 3),
    )
    for isa in ISAS:
        assert_close(case.run(isa, 3), case.run())


@pytest.mark.parametrize("isa", ISAS)
def test_zeros_are_left_out_rightly(isa):
    """Gradients behind pooling are mostly zero, without it they are not: both ways of summing."""
    for stack in (
        lambda: [layers.Conv2D(20, 3, padding="same"), layers.MaxPooling2D(9)],
        lambda: [layers.Conv2D(20, 3, padding="same")],
    ):
        case = work(stack, (27, 19, 6), rows=5, batch=2)
        assert_close(case.run(isa, 2), case.run(), rtol=1e-4, atol=1e-5)
