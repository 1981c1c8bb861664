"""Inception: windows of several sizes beside one another."""

from __future__ import annotations

from clarinet import layers
from clarinet.applications.building import Ending, Published, Sizes, architecture, averaged_top
from clarinet.applications.imagenet_utils import decode_predictions
from clarinet.applications.imagenet_utils import from_minus_one_to_one as preprocess_input
from clarinet.types import AnyTensor

__all__ = ["InceptionV3", "decode_predictions", "preprocess_input"]

#: The filters of a convolution, and height and width of its window.
_Window = tuple[int, int, int]


def _convolved(x: AnyTensor, *windows: _Window, strides: int = 1, padding: str = "same") -> AnyTensor:
    """Convolutions one after the other, each normalised and rectified; strides and padding are of the last one."""
    for number, (filters, *size) in enumerate(windows, 1):
        last = number == len(windows)
        x = layers.Conv2D(
            filters, size, strides=strides if last else 1, padding=padding if last else "same", use_bias=False
        )(x)
        x = layers.Activation("relu")(layers.BatchNormalization(scale=False)(x))
    return x


def _averaged(x: AnyTensor, filters: int) -> AnyTensor:
    return _convolved(layers.AveragePooling2D(3, strides=1, padding="same")(x), (filters, 1, 1))


def _beside(name: str, *branches: AnyTensor) -> AnyTensor:
    return layers.Concatenate(name=name)([*branches])


def _begun(x: AnyTensor) -> AnyTensor:
    x = _convolved(x, (32, 3, 3), strides=2, padding="valid")
    x = _convolved(x, (32, 3, 3), padding="valid")
    x = layers.MaxPooling2D(3, strides=2)(_convolved(x, (64, 3, 3)))
    x = _convolved(x, (80, 1, 1), padding="valid")
    x = _convolved(x, (192, 3, 3), padding="valid")
    return layers.MaxPooling2D(3, strides=2)(x)


def _small(x: AnyTensor, pooled: int, name: str) -> AnyTensor:
    """Windows of 1, 5 and twice 3."""
    one = _convolved(x, (64, 1, 1))
    five = _convolved(x, (48, 1, 1), (64, 5, 5))
    twice = _convolved(x, (64, 1, 1), (96, 3, 3), (96, 3, 3))
    return _beside(name, one, five, twice, _averaged(x, pooled))


def _first_halving(x: AnyTensor) -> AnyTensor:
    three = _convolved(x, (384, 3, 3), strides=2, padding="valid")
    twice = _convolved(x, (64, 1, 1), (96, 3, 3), (96, 3, 3), strides=2, padding="valid")
    return _beside("mixed3", three, twice, layers.MaxPooling2D(3, strides=2)(x))


def _long(x: AnyTensor, inner: int, name: str) -> AnyTensor:
    """Windows of 1 × 7 and 7 × 1."""
    one = _convolved(x, (192, 1, 1))
    seven = _convolved(x, (inner, 1, 1), (inner, 1, 7), (192, 7, 1))
    twice = _convolved(x, (inner, 1, 1), (inner, 7, 1), (inner, 1, 7), (inner, 7, 1), (192, 1, 7))
    return _beside(name, one, seven, twice, _averaged(x, 192))


def _second_halving(x: AnyTensor) -> AnyTensor:
    three = _convolved(x, (192, 1, 1), (320, 3, 3), strides=2, padding="valid")
    seven = _convolved(x, (192, 1, 1), (192, 1, 7), (192, 7, 1), (192, 3, 3), strides=2, padding="valid")
    return _beside("mixed8", three, seven, layers.MaxPooling2D(3, strides=2)(x))


def _wide(x: AnyTensor, number: int) -> AnyTensor:
    """Windows of 1 × 3 and 3 × 1 beside each other."""
    one = _convolved(x, (320, 1, 1))
    three = _convolved(x, (384, 1, 1))
    three = _beside(f"mixed9_{number}", _convolved(three, (384, 1, 3)), _convolved(three, (384, 3, 1)))
    twice = _convolved(x, (448, 1, 1), (384, 3, 3))
    twice = _beside("", _convolved(twice, (384, 1, 3)), _convolved(twice, (384, 3, 1)))
    return _beside(f"mixed{9 + number}", one, three, twice, _averaged(x, 192))


def _features(x: AnyTensor) -> AnyTensor:
    x = _begun(x)
    for number, pooled in enumerate((32, 64, 64)):
        x = _small(x, pooled, f"mixed{number}")
    x = _first_halving(x)
    for number, inner in enumerate((128, 160, 160, 192), 4):
        x = _long(x, inner, f"mixed{number}")
    x = _second_halving(x)
    for number in (0, 1):
        x = _wide(x, number)
    return x


InceptionV3 = architecture(
    "InceptionV3",
    "windows of several sizes beside one another (Szegedy, Vanhoucke, Ioffe, Shlens and Wojna, CVPR 2016)",
    _features,
    Published.kernels("inception_v3", "inception_v3"),
    Ending(averaged_top(), average="", maximum=""),
    Sizes(299, 75),
    name="inception_v3",
)
