"""Ready-made networks of ``clarinet train``."""

import numpy as np
import pytest

from clarinet import Sequential, layers
from clarinet.recipes import PRESETS, Shifted, falling, hidden_layers


@pytest.mark.parametrize("shape", [(28, 28), (32, 32, 3)])
@pytest.mark.parametrize("name", PRESETS)
def test_networks_run_natively(name, shape):
    stack = hidden_layers(PRESETS[name], shape, (8,))
    model = Sequential([layers.Input(shape), *stack, layers.Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    assert model.engine == "native"
    x = np.random.default_rng(0).integers(0, 255, (5, *shape)).astype(np.uint8)
    assert model.fit(x, np.arange(5), verbose=0).history["loss"]


def test_convolutions_are_for_pictures():
    with pytest.raises(ValueError, match="preset='mlp'"):
        hidden_layers(PRESETS["cnn"], (5,), (8,))


@pytest.mark.parametrize("channels", [(), (3,)])
def test_shifted_pictures(channels):
    """Every picture once an epoch, moved by at most one pixel, with zeros at the edge."""
    x = np.zeros((7, 5, 6, *channels), np.uint8)
    x[:, 2, 3] = np.arange(1, 8).reshape(7, *(1,) * len(channels))
    batches = Shifted(x, np.arange(1, 8), 3, 1, seed=2)
    assert len(batches) == 3
    moves = set()
    for _ in range(8):
        seen = []
        for i in range(len(batches)):
            pictures, labels = batches[i]
            assert pictures.shape[1:] == x.shape[1:] and len(pictures) == len(labels)
            for picture, label in zip(pictures, labels, strict=True):
                down, right = np.argwhere(picture == label)[0][:2]
                assert (picture[down, right] == label).all() and (picture > 0).sum() == max(1, sum(channels))
                moves.add((int(down) - 2, int(right) - 3))
            seen += labels.tolist()
        assert sorted(seen) == list(range(1, 8))
        batches.on_epoch_end()
    assert moves == {(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)}


def test_the_rate_falls():
    rates = [falling(0.01, 4)(epoch) for epoch in range(4)]
    np.testing.assert_allclose(rates, [0.01, 0.00853553, 0.005, 0.00146447], rtol=1e-5)
