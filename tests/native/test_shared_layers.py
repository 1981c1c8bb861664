"""Layers in the memory of other models train with the same bits as layers in one block, on any way to an update."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from clarinet import layers, regularizers
from clarinet.engines import Data, NativeEngine
from tests.native.running import ISAS, Work, assert_same_bits
from tests.native.test_halves import BY_GRADIENTS, assert_same_bits_in_halves


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(8).normal(size=shape).astype(np.float32)


def assert_same_on_every_way(own: Work) -> None:
    """The first two layers lie in another model's memory, the next two in that of a second one."""
    shared = replace(own, others=(2, 4))
    store = shared.model().store
    assert not store.whole and len(store.buffers) == 6
    assert_same_bits_in_halves(shared)
    for isa in (None, *ISAS):
        if isa and NativeEngine.supports(own.model().make_plan()) is not None:
            continue
        alone = own.run(isa)
        for threads in (1, 3) if isa else (1,):
            assert_same_bits(shared.run(isa, threads), alone)
            assert_same_bits(replace(shared, chunk=2, stats_every=2).run(isa, threads), alone)


@pytest.mark.parametrize("case", BY_GRADIENTS, ids=repr)
def test_optimizers(case: Any) -> None:
    own = Work(
        lambda: [
            layers.Dense(33, "tanh", kernel_regularizer=regularizers.L1L2(0.002, 0.01), bias_regularizer="l2"),
            layers.BatchNormalization(gamma_regularizer="l1"),
            layers.Dropout(0.3),
            layers.Dense(9, "tanh", trainable=False),
            layers.Dense(2),
        ],
        "mse",
        Data(numbers(26, 7), numbers(26, 2)),
        optimizer=case.make,
        batch=8,
        rate=0.01,
    )
    assert_same_on_every_way(own)


STACKS = {
    "large-first-layer": (
        lambda: [
            layers.Dense(257, "relu"),
            layers.PReLU(),
            layers.Dense(9),
            layers.LayerNormalization(),
            layers.Dense(2),
        ],
        (257,),
    ),
    "pictures": (
        lambda: [
            layers.Conv2D(4, 3, activation="relu", kernel_regularizer="l2"),
            layers.BatchNormalization(axis=1),
            layers.DepthwiseConv2D(3),
            layers.GroupNormalization(2),
            layers.Flatten(),
            layers.Dense(2),
        ],
        (9, 8, 2),
    ),
}


@pytest.mark.parametrize(("stack", "shape"), STACKS.values(), ids=STACKS)
def test_stacks(stack: Any, shape: tuple[int, ...]) -> None:
    data = Data(numbers(40, *shape), numbers(40, 2))
    assert_same_on_every_way(Work(stack, "mse", data, "adam", batch=6, rate=0.002))
