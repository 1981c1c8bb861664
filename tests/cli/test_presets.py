"""Ready-made networks of ``clarinet train``."""

import numpy as np
import pytest

import clarinet
from clarinet import Sequential, layers
from clarinet.recipes import PRESETS, Augmented, Shifted, falling, filters_for, hidden_layers, preset_for


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


@pytest.mark.parametrize("channels", [(), (3,)])
def test_augmented_pictures(channels):
    """Every picture once an epoch, changed a little; its bright half stays where it was, unless it is mirrored."""
    x = np.full((6, 20, 24, *channels), 40, np.uint8)
    x[:, :, 12:] = 200
    for mirror in (False, True):
        clarinet.utils.set_random_seed(3)
        source = Augmented(x, np.arange(6), 4, mirror, seed=2)
        batches = [source[i] for i in range(len(source))]
        assert sorted(np.concatenate([y for _, y in batches]).tolist()) == list(range(6))
        changed = np.concatenate([pictures for pictures, _ in batches])
        assert changed.shape == x.shape and changed.min() >= 0 and changed.max() <= 255
        assert len(np.unique(changed.mean(axis=(1, 2)).round(3), axis=0)) == 6
        right = changed[:, :, 16:].mean(axis=tuple(range(1, x.ndim))) > changed[:, :, :8].mean(
            axis=tuple(range(1, x.ndim))
        )
        assert right.all() != mirror and right.any()


def test_own_pictures_get_convolutions():
    assert preset_for("images", (32, 40, 3)) == preset_for("cifar10", (32, 32, 3)) == "cnn"
    assert preset_for("mnist", (28, 28)) == preset_for("table", (7,)) == preset_for("images", (4, 40)) == "mlp"


@pytest.mark.parametrize(("side", "filters"), [(28, 2), (48, 3), (64, 3), (224, 5), (6, 1)])
def test_convolutions_suit_the_size(side, filters):
    found = filters_for(PRESETS["cnn"], (side, side, 3))
    assert len(found) == filters and max(found) <= 256
    model = Sequential([layers.Input((side, side, 3)), *hidden_layers(PRESETS["cnn"], (side, side, 3), (8,))])
    assert model.count_params() < 1_100_000


def test_the_rate_falls():
    rates = [falling(0.01, 4)(epoch) for epoch in range(4)]
    np.testing.assert_allclose(rates, [0.01, 0.00853553, 0.005, 0.00146447], rtol=1e-5)
