"""Settings and samples that a layer refuses, each with its message."""

import numpy as np
import pytest

import clarinet
from clarinet import activations, layers
from clarinet.layers.context import Context

CASES = [
    (lambda: layers.Conv2D(0, 3), ValueError, "Conv2D: filters: expected a positive whole number, received 0"),
    (lambda: layers.Conv2D(8, (3, 3, 3)), ValueError, "Conv2D: kernel_size: expected a whole number or 2 of them"),
    (lambda: layers.Conv2D(8, 3, strides=0), ValueError, "Conv2D: strides"),
    (lambda: layers.Conv2D(8, 3, padding="causal"), ValueError, "expected 'valid' or 'same', received 'causal'"),
    (lambda: layers.Conv1D(8, 3, padding="full"), ValueError, "'valid' or 'same' or 'causal', received 'full'"),
    (
        lambda: layers.Conv2D(8, 3, data_format="NCHW"),
        ValueError,
        "is 'channels_last' or 'channels_first', received 'N",
    ),
    (lambda: layers.RandomFlip(data_format="channels_first"), ValueError, r"np.moveaxis\(x, 1, -1\)"),
    (lambda: layers.Conv2DTranspose(8, 3, output_padding=1), ValueError, r"at least 0 and below strides=\(1, 1\)"),
    (lambda: layers.Cropping1D(3).output_shape((6, 2)), ValueError, r"cropping=\(\(3, 3\),\) leaves nothing"),
    (lambda: layers.ZeroPadding3D((1, 2)), ValueError, "at least 0, 3 of them, or 3 pairs"),
    (lambda: layers.ZeroPadding1D((1, 2, 3)), ValueError, r"at least 0, or \(before, after\); received"),
    (lambda: layers.Conv2D(8, 3, groups=3), ValueError, "filters=8 cannot be divided into groups=3"),
    (lambda: layers.Conv2D(8, 3, kernel_constraint=1), TypeError, "constraint: expected a name or an object of Con"),
    (lambda: layers.Conv2D(8, 3, dtype="float64"), TypeError, "dtype is not supported: .*compile"),
    (lambda: layers.Conv2D(8, 3).output_shape((28, 28)), ValueError, r"use x.reshape\(-1, 28, 28, 1\) or put Reshape"),
    (lambda: layers.Conv2D(8, 5).output_shape((4, 9, 1)), ValueError, "window of 5 x 5 does not fit in .* 4 x 9"),
    (lambda: layers.Conv2D(8, 3, groups=2).output_shape((9, 9, 3)), ValueError, "3 channels .* groups=2"),
    (lambda: layers.DepthwiseConv2D(3, depth_multiplier=0), ValueError, "DepthwiseConv2D: depth_multiplier"),
    (lambda: layers.SeparableConv2D(8, 3, pointwise_initializer="x"), ValueError, "unknown initializer 'x'"),
    (lambda: layers.MaxPooling2D("a"), TypeError, "MaxPooling2D: pool_size"),
    (lambda: layers.MaxPooling2D(3).output_shape((2, 2, 1)), ValueError, "MaxPooling2D: a window of 3 x 3"),
    (lambda: layers.GlobalMaxPooling1D().output_shape((3,)), ValueError, r"shape \(steps, channels\), received \(3,\)"),
    (lambda: layers.ZeroPadding2D(-1), ValueError, "ZeroPadding2D: padding is a whole number of at least 0"),
    (lambda: layers.ZeroPadding2D((1, 2, 3)), ValueError, "ZeroPadding2D: padding"),
    (lambda: layers.UpSampling2D(interpolation="cubic"), ValueError, "interpolation is one of nearest, bilinear"),
    (lambda: layers.Resizing(3, 3, pad_to_aspect_ratio=True), TypeError, "put ZeroPadding2D before"),
    (lambda: layers.CenterCrop(0, 3), ValueError, "CenterCrop: height"),
    (lambda: layers.Permute((1, 3)), ValueError, "names each axis of a sample once"),
    (lambda: layers.Permute((2, 1)).output_shape((3,)), ValueError, "needs 2 axes"),
    (lambda: layers.PReLU(shared_axes=[0]), ValueError, "PReLU: shared_axes"),
    (lambda: layers.PReLU(shared_axes=[3]).weight_specs((3, 3)), ValueError, "names an axis that samples"),
    (lambda: layers.LeakyReLU(-1), ValueError, "LeakyReLU: negative_slope"),
    (lambda: layers.Softmax(axis=0), ValueError, "axis"),
    (lambda: layers.Softmax(axis=3).output_shape((2, 4)), ValueError, "softmax: samples of shape .* have no axis 3"),
    (lambda: layers.Activation(activations.LogSoftmax(-2)).output_shape((4,)), ValueError, "have no axis -2"),
    (
        lambda: layers.GRU(2, recurrent_activation=activations.Softmax(2)).output_shape((3, 4)),
        ValueError,
        "have no axis 2",
    ),
    (lambda: layers.Rescaling([1, np.inf]), ValueError, "Rescaling: scale"),
    (lambda: layers.Rescaling([1, 2]).output_shape((3,)), ValueError, "Rescaling: scale of shape"),
    (lambda: layers.LayerNormalization(axis=0), ValueError, "axis is one or several axes of a sample"),
    (lambda: layers.LayerNormalization(axis=4).weight_specs((3,)), ValueError, "axis=4 does not fit samples with 1"),
    (lambda: layers.GroupNormalization(3).output_shape((4,)), ValueError, "4 channels cannot be divided into groups=3"),
    (lambda: layers.GroupNormalization(axis=0), ValueError, "axis is one axis of a sample, counted from 1"),
    (lambda: layers.GroupNormalization(axis=3).output_shape((3, 3)), ValueError, "axis=3 does not fit samples with 2"),
    (lambda: layers.BatchNormalization(scale=[0.5, 1]), TypeError, "BatchNormalization: scale: expected True or False"),
    (lambda: layers.LayerNormalization(center=None), TypeError, "LayerNormalization: center: expected True or False"),
    (lambda: layers.BatchNormalization(renorm=True), TypeError, "renorm is not supported"),
    (lambda: layers.Dropout(0.5, noise_shape=(3,)), ValueError, r"noise_shape has None for the rows.*received \(3,\)"),
    (lambda: layers.AlphaDropout(1), ValueError, "AlphaDropout: rate"),
    (lambda: layers.GaussianNoise(-1), ValueError, "GaussianNoise: stddev"),
    (lambda: layers.SpatialDropout2D(0.5).output_shape((3, 3)), ValueError, "SpatialDropout2D: expected samples"),
    (lambda: layers.LSTM(0), ValueError, "LSTM: units"),
    (lambda: layers.LSTM(3).output_shape((4,)), ValueError, r"LSTM: expected samples of shape \(steps, channels\)"),
    (lambda: layers.Embedding(0, 3), ValueError, "Embedding: input_dim"),
    (lambda: layers.Embedding(2**25, 3), ValueError, r"input_dim is at most 2\*\*24"),
    (lambda: layers.Embedding(9, 3, mask_zero=2), TypeError, "mask_zero"),
    (lambda: layers.Masking("a"), TypeError, "mask_value"),
]


@pytest.mark.parametrize(("make", "error", "message"), CASES)
def test_settings_without_meaning_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_an_axis_shared_twice_is_shared_once():
    layer = layers.PReLU(shared_axes=[1, 1], alpha_initializer="ones")
    x = np.full((2, 3), -1.0)
    y, cache, _ = layer.forward({"alpha": np.ones(1)}, {}, x, Context())
    assert layer.shared_axes == (1,)
    assert layer.backward({"alpha": np.ones(1)}, cache, np.ones_like(y))[1]["alpha"].tolist() == [-6.0]


class Misspelt(layers.Layer):
    def call(self, x):
        return self.no_such_layer(x)


@pytest.mark.parametrize(
    "make",
    [
        lambda: clarinet.Sequential([clarinet.Input((3,)), Misspelt()]),
        lambda: clarinet.Sequential([clarinet.Sequential([Misspelt()])]).build((None, 3)),
        lambda: Misspelt()(clarinet.Input((3,))),
    ],
)
def test_a_name_missing_in_a_call_is_the_one_told(make):
    with pytest.raises(AttributeError, match="'Misspelt' object has no attribute 'no_such_layer'"):
        make()
