"""The native engine's random numbers are clarinet.philox's, bit for bit."""

import numpy as np
import pytest

from clarinet import layers
from clarinet.engines import Data, NativeEngine, Steps
from clarinet.optimizers import OptimizerState
from clarinet.philox import Key, Stream, permutation
from tests.native.running import ISAS, THREADS, Work


def engine(work, isa="", threads=0):
    model = work.model()
    state = OptimizerState.new(model.optimizer, model.store.layout, np.float32)
    return NativeEngine(model.make_plan(work.data.label_shapes), model.store, state, isa=isa, threads=threads), model


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 31, 1000, 65537, 300_001])
def test_permutation(n):
    runner, model = engine(Work(lambda: [layers.Dense(1)], "mse", Data(np.zeros((1, 1)), np.zeros((1, 1)))))
    for epoch in (0, 1, 77):
        ours = runner.permutation(epoch, n)
        expected = permutation(Key(model.seed, Stream.SHUFFLE, epoch=epoch), n)
        assert ours.dtype == expected.dtype
        np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("seed", [None, 3])
def test_masks_of_dropout(isa, threads, seed):
    """A row of ones through dropout to a sum: after a step of rate 1 a weight has moved just where the mask kept."""
    rows, features = 7, 13
    kept = []
    for row in range(rows):  # the gradient of row alone: the others have weight 0
        weight = np.zeros(rows, np.float32)
        weight[row] = rows
        data = Data(np.ones((rows, features), np.float32), np.full((rows, 1), 9, np.float32), weight)
        work = Work(lambda: [layers.Dropout(0.4, seed=seed), layers.Dense(1, use_bias=False)], "mse", data)
        runner, model = engine(work, isa, threads)
        before = model.layers[1].get_weights()[0].copy()
        runner.train(data, Steps(None, 0, rows, rows, np.ones(1), None))
        kept.append((model.layers[1].get_weights()[0] != before).ravel())
    key = Key(model.seed if seed is None else seed, Stream.DROPOUT, step=1, layer=0)
    np.testing.assert_array_equal(np.array(kept), key.keep(rows * features, 0.4).reshape(rows, features))
