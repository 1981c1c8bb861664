"""Random transformations of images: each is Keras's, draws have its law, inference changes nothing."""

import numpy as np
import pytest

from clarinet import layers
from clarinet.layers.context import Context
from clarinet.philox import Key

IMAGES = np.random.default_rng(0).normal(size=(6, 8, 7, 2)).astype(np.float32)
FIXED = [
    ("RandomRotation", {"factor": (0.07, 0.07)}),
    ("RandomRotation", {"factor": (-0.3, -0.3)}),
    ("RandomTranslation", {"height_factor": (0.2, 0.2), "width_factor": (-0.33, -0.33)}),
    ("RandomZoom", {"height_factor": (0.3, 0.3)}),
    ("RandomZoom", {"height_factor": (-0.4, -0.4), "width_factor": (0.1, 0.1)}),
]


def changed(layer, x=IMAGES, training=True, **key):
    return layer.forward({}, {}, x, Context(training, Key(9, **key)))[0]


@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
@pytest.mark.parametrize("fill_mode", ["reflect", "wrap", "nearest", "constant"])
@pytest.mark.parametrize(("name", "settings"), FIXED)
def test_transformation_is_that_of_keras(name, settings, fill_mode, interpolation):
    """Where the range is a single number nothing is left to chance."""
    import keras

    settings = settings | {"fill_mode": fill_mode, "interpolation": interpolation, "fill_value": 0.5}
    theirs = np.asarray(getattr(keras.layers, name)(**settings)(IMAGES, training=True))
    np.testing.assert_allclose(changed(getattr(layers, name)(**settings)), theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("mode", ["horizontal", "vertical", "horizontal_and_vertical"])
def test_half_of_the_images_are_mirrored(mode):
    x = np.repeat(IMAGES[:1], 600, axis=0)
    axes = {"horizontal": 1, "vertical": 0}.get(mode, (0, 1))
    y = changed(layers.RandomFlip(mode), x)
    mirrored = (y == np.flip(x[0], axes)).all(axis=(1, 2, 3))
    assert ((y == x).all(axis=(1, 2, 3)) ^ mirrored).all()
    assert mirrored.mean() == pytest.approx(0.5, abs=0.06)


def test_every_image_has_a_draw_of_its_own_within_the_range():
    x = np.zeros((500, 9, 21, 1), np.float32)
    x[:, 4, 10] = 1
    y = changed(layers.RandomTranslation((0, 0), (-0.2, 0.4), fill_mode="constant"), x)
    shift = (y[:, 4, :, 0] * np.arange(21)).sum(axis=1) - 10
    assert shift.min() > -0.2 * 21 - 1e-3 and shift.max() < 0.4 * 21 + 1e-3
    np.testing.assert_allclose([shift.mean(), shift.std()], [0.1 * 21, 0.6 * 21 / 12**0.5], rtol=0.1)


@pytest.mark.parametrize("layer", [layers.RandomFlip(), layers.RandomRotation(0.2), layers.RandomZoom(0.2)])
def test_inference_changes_nothing_and_steps_repeat(layer):
    assert changed(layer, training=False) is IMAGES
    np.testing.assert_array_equal(changed(layer, step=3), changed(layer, step=3))
    assert (changed(layer, step=3) != changed(layer, step=4)).any()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.RandomFlip("sideways"), "mode is one of horizontal"),
        (lambda: layers.RandomRotation(2), "RandomRotation: factor: .* at most 1"),
        (lambda: layers.RandomRotation((0.1, 0.2, 0.3)), "a number or two of them"),
        (lambda: layers.RandomZoom(0.1, fill_mode="mirror"), "fill_mode is one of reflect"),
        (lambda: layers.RandomZoom(0.1, interpolation="bicubic"), "interpolation is nearest or bilinear"),
        (lambda: layers.RandomTranslation(0.1, 0.1).output_shape((28, 28)), "expected samples of shape"),
    ],
)
def test_what_has_no_meaning_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
