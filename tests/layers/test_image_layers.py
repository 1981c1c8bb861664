"""Layers that change images: what was drawn does what it does in Keras, draws have their law, use changes nothing."""

import numpy as np
import pytest

import clarinet
from clarinet import Input, Sequential, layers
from clarinet.data import Dataset

IMAGES = np.random.default_rng(0).uniform(0, 255, (6, 10, 9, 3)).astype(np.float32)


def first(x):
    """One number for each image, without its axes of size 1."""
    return np.asarray(x)[:, 0, 0, 0]


def mask(x):
    return np.repeat(np.asarray(x), 3, axis=-1)


#: Arguments of layers, and what was drawn as Keras has it.
DRAWN = {
    "RandomBrightness": ({"factor": 0.3}, lambda d: {"rgb_delta": d}),
    "RandomContrast": ({"factor": (0.4, 0.7)}, lambda d: {"contrast_factor": d}),
    "RandomHue": ({"factor": 0.6}, lambda d: {"factor": first(d)}),
    "RandomSaturation": ({"factor": (0.2, 0.8)}, lambda d: {"factor": first(d)}),
    "RandomInvert": ({"factor": 1.0}, lambda d: {"apply_inversion": first(d)}),
    "RandomGrayscale": ({"factor": 0.5}, np.asarray),
    "RandomPosterization": ({"factor": (1, 8)}, lambda d: {"shift_factor": np.log2(first(d)).astype(np.uint8)}),
    "RandomColorDegeneration": ({"factor": (0.0, 1.0)}, lambda d: {"factor": np.asarray(d)}),
    "Solarization": (
        {"addition_factor": 0.3, "threshold_factor": 0.8},
        lambda d: {"additions": d[0], "thresholds": d[1]},
    ),
    "RandomSharpness": ({"factor": 1.0}, lambda d: {"factor": (1 - first(d)) / 2}),
    "RandomShear": (
        {"x_factor": 0.3, "y_factor": 0.2},
        lambda d: {"shear_factor": np.asarray(d)[:, [1, 3]], "input_shape": IMAGES.shape},
    ),
    "RandomPerspective": (
        {"scale": 0.6, "fill_value": 3.0},
        lambda d: {
            "apply_perspective": first(d[0]),
            "start_points": d[1],
            "end_points": d[2],
            "input_shape": IMAGES.shape,
        },
    ),
    "RandomErasing": (
        {"scale": (0.1, 0.6)},
        lambda d: {"apply_erasing": first(d[0]), "batch_masks": mask(d[1]), "fill_value": d[2]},
    ),
    "RandomGaussianBlur": (
        {"kernel_size": (3, 5), "sigma": (0.3, 0.9)},
        lambda d: {"should_apply_blur": first(d[0]), "blur_factor": np.array([float(s) for s in d[1:]], np.float32)},
    ),
    "MixUp": ({"alpha": 0.8}, lambda d: {"mix_weight": first(d[0]), "permutation_order": np.asarray(d[1])}),
    "CutMix": (
        {},
        lambda d: {"mix_weight": first(d[0]), "permutation_order": np.asarray(d[1]), "batch_masks": mask(d[2])},
    ),
    "RandomCrop": ({"height": 4, "width": 7}, lambda d: [int(place) for place in d]),
    "AutoContrast": ({}, lambda d: None),
    "Equalization": ({}, lambda d: None),
    "ContrastLimitedAdaptiveHistogramEqualization": ({"tile_grid_size": (3, 2)}, lambda d: None),
}
#: Those that draw what Keras does not, or draw it elsewhere.
OTHERS = {
    "RandomColorJitter": {
        "brightness_factor": 0.2,
        "contrast_factor": 0.3,
        "saturation_factor": 0.4,
        "hue_factor": 0.1,
    },
    "RandomElasticTransform": {"scale": 0.5},
    "RandAugment": {"num_ops": 1},
    "AugMix": {"num_chains": 2, "chain_depth": 2},
}
SETTINGS = {**{name: settings for name, (settings, _) in DRAWN.items()}, **OTHERS}
each = pytest.mark.parametrize("name", SETTINGS)


def made(name, **settings):
    return getattr(layers, name)(**SETTINGS[name], **settings)


def tensor(x):
    return clarinet.ops.convert_to_tensor(x)


@pytest.mark.parametrize("high", [255, 1])
@pytest.mark.parametrize("name", DRAWN)
def test_what_was_drawn_does_what_it_does_in_keras(name, high):
    import keras

    ours = made(name)
    ranged = {"value_range": (0, high)} if "value_range" in ours.get_config() else {}
    ours, x = made(name, **ranged), tensor(IMAGES if "value_range" not in ranged else IMAGES * (high / 255))
    theirs = getattr(keras.layers, name)(**SETTINGS[name], **ranged)
    drawn = ours.drawn(x)
    wanted = theirs.transform_images(keras.ops.convert_to_tensor(x.numpy()), DRAWN[name][1](drawn))
    found = ours.changed_images(x, drawn).numpy()
    # A tone between two bins may fall into either.
    close = np.isclose(found, np.asarray(wanted), rtol=1e-3, atol=2e-4 * high)
    assert close.mean() >= (0.99 if name in ("Equalization", "RandomPosterization") else 1)


@each
def test_use_changes_nothing_and_one_image_is_an_image(name):
    layer = made(name)
    if not layer.always and name != "RandomCrop":
        np.testing.assert_array_equal(layer(IMAGES, training=False), IMAGES)
    whole, one = layer(IMAGES), layer(IMAGES[0])
    assert whole.shape[1:] == one.shape and one.ndim == 3 and whole.dtype == np.float32
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()


@each
def test_in_a_model_and_in_a_pipeline_of_data(name):
    layer = made(name)
    model = Sequential([Input(IMAGES.shape[1:]), layer, layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(IMAGES / 255, np.zeros((6, 1)), batch_size=3, verbose=0)
    assert np.isfinite(model.predict(IMAGES, verbose=0)).all()
    rows = Dataset.from_tensor_slices((IMAGES, np.arange(6)))
    (x, y), *_ = rows.map(lambda x, y: (layer(x, training=True), y)).batch(3)
    assert x.shape[0] == 3 and y.shape == (3,)
    (parts, *_) = rows.batch(3).map(lambda x, y: layer({"images": x, "labels": clarinet.ops.one_hot(y, 6)}))
    np.testing.assert_allclose(np.asarray(parts["labels"]).sum(axis=1), 1, rtol=1e-5)


def test_every_image_has_a_draw_of_its_own_within_the_range():
    x = np.full((4000, 1, 1, 1), 100.0, np.float32)
    shift = first(layers.RandomBrightness((-0.1, 0.3))(x)) - 100
    assert shift.min() >= -25.5 - 1e-3 and shift.max() <= 76.5 + 1e-3
    np.testing.assert_allclose([shift.mean(), shift.std()], [25.5, 102 / 12**0.5], rtol=0.05)
    assert np.mean(first(layers.RandomInvert((0.2, 0.4))(x)) != 100) == pytest.approx(0.3, abs=0.03)
    kept = first(layers.RandomPosterization((1, 4))(np.full((4000, 1, 1, 1), 255.0, np.float32)))
    assert sorted(set(kept.tolist())) == [128.0, 192.0, 224.0]


def test_a_seed_fixes_the_draws_and_every_call_has_others():
    one, other = (layers.RandomBrightness(0.5, seed=3) for _ in range(2))
    first_call = one(IMAGES).numpy()
    np.testing.assert_array_equal(first_call, other(IMAGES))
    assert (one(IMAGES).numpy() != first_call).any()


def test_windows_are_as_large_as_said():
    covered = layers.RandomErasing((1, 1), scale=(0.25, 0.25), fill_value=-1.0, value_range=(-1, 1))(
        np.zeros((50, 20, 20, 3))
    )
    np.testing.assert_allclose((covered.numpy() == -1).mean(axis=(1, 2, 3)), 0.25, atol=0.05)


def test_channels_first_is_the_same_moved():
    turned = layers.AutoContrast(data_format="channels_first")(np.moveaxis(IMAGES, -1, 1))
    np.testing.assert_allclose(np.moveaxis(turned, 1, -1), layers.AutoContrast()(IMAGES), rtol=1e-6)


def test_a_crop_in_use_is_the_middle_in_its_proportions():
    found = layers.RandomCrop(5, 3)(IMAGES, training=False)
    wanted = clarinet.ops.image.resize(IMAGES[:, :, 1:7], (5, 3))
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_a_pipeline_is_its_layers():
    pipeline = layers.Pipeline([layers.RandomInvert((1, 1)), layers.Rescaling(1 / 255)])
    np.testing.assert_allclose(pipeline(IMAGES), 1 - IMAGES / 255, rtol=1e-4, atol=1e-6)
    again = layers.Pipeline.from_config(pipeline.get_config())
    np.testing.assert_allclose(again(IMAGES, training=False), IMAGES / 255, rtol=1e-5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.RandomBrightness(2.0), "RandomBrightness: factor: .* at most 1"),
        (lambda: layers.RandomContrast((0.1, 0.2, 0.3)), "a number or two of them"),
        (lambda: layers.RandomHue(0.1, value_range=3), "value_range: expected two numbers"),
        (lambda: layers.RandomGaussianBlur(kernel_size=4), "kernel_size is odd"),
        (lambda: layers.RandomShear(0.1, fill_mode="none"), "fill_mode is one of constant"),
        (lambda: layers.RandomErasing(fill_value=(1, 2)), "fill_value is a number or three"),
        (lambda: layers.AutoContrast()(np.zeros((3, 3))), "expected images"),
        (lambda: layers.AutoContrast()({"images": IMAGES, "bounding_boxes": {}}), "no bounding boxes"),
    ],
)
def test_what_has_no_meaning_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
