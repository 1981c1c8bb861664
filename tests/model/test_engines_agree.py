"""The tutorials' network on real digits: the two engines take the same steps, whatever the instruction set."""

import numpy as np
import pytest

import clarinet
from clarinet.layers import Dense, Input


class Losses(clarinet.callbacks.Callback):
    """Collects the loss of every step."""

    def __init__(self):
        super().__init__()
        self.steps = []

    def on_chunk(self, chunk):
        self.steps.extend(chunk.losses)


@pytest.fixture(scope="module")
def digits():
    (x, y), _ = clarinet.datasets.mnist.load_data()
    return x[:3200].reshape(-1, 784).astype(np.float32) / 255, y[:3200]


def run(engine, digits):
    clarinet.utils.set_random_seed(7)
    model = clarinet.Sequential(
        [Input((784,)), Dense(128, activation="relu"), Dense(64, activation="relu"), Dense(10, activation="softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], engine=engine)
    watch = Losses()
    model.fit(*digits, batch_size=32, epochs=1, verbose=0, callbacks=[watch])
    return np.array(watch.steps), model


def test_a_hundred_steps_have_the_same_losses(digits):
    native, a = run("native", digits)
    reference, b = run("reference", digits)
    assert len(native) == len(reference) == 100
    np.testing.assert_allclose(native, reference, rtol=0, atol=1e-4)
    assert native[-10:].mean() < 0.6 * native[:10].mean()  # it does learn
    assert a.history.history["accuracy"] == pytest.approx(b.history.history["accuracy"], abs=2e-3)
