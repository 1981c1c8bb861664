"""MobileNetV3: blocks found by search, with gates on channels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from clarinet import layers
from clarinet.applications.building import (
    ActivationLike,
    Ending,
    Published,
    Sizes,
    Wanted,
    around_for_stride,
    divisible,
    network,
)
from clarinet.applications.imagenet_utils import decode_predictions
from clarinet.applications.imagenet_utils import unchanged as preprocess_input
from clarinet.models import Model
from clarinet.types import AnyTensor, TensorLike

# The functions MobileNetV3Small and MobileNetV3Large are those of the package, as in Keras.
__all__ = ["decode_predictions", "preprocess_input"]

#: Of each block: expansion, filters, whether its window is the wide one, strides, whether it has a gate, and whether
#: its activation is the hard swish.
_Block = tuple[float, int, bool, int, bool, bool]
_SMALL: tuple[_Block, ...] = (
    (1, 16, False, 2, True, False),
    (72 / 16, 24, False, 2, False, False),
    (88 / 24, 24, False, 1, False, False),
    (4, 40, True, 2, True, True),
    *[(6, 40, True, 1, True, True)] * 2,
    *[(3, 48, True, 1, True, True)] * 2,
    (6, 96, True, 2, True, True),
    *[(6, 96, True, 1, True, True)] * 2,
)
_LARGE: tuple[_Block, ...] = (
    (1, 16, False, 1, False, False),
    (4, 24, False, 2, False, False),
    (3, 24, False, 1, False, False),
    (3, 40, True, 2, True, False),
    *[(3, 40, True, 1, True, False)] * 2,
    (6, 80, False, 2, False, True),
    (2.5, 80, False, 1, False, True),
    *[(2.3, 80, False, 1, False, True)] * 2,
    *[(6, 112, False, 1, True, True)] * 2,
    (6, 160, True, 2, True, True),
    *[(6, 160, True, 1, True, True)] * 2,
)


def _relu(x: AnyTensor) -> AnyTensor:
    return layers.ReLU()(x)


def _swish(x: AnyTensor) -> AnyTensor:
    return layers.Activation("hard_swish")(x)


def _normalized(x: AnyTensor, name: str) -> AnyTensor:
    return layers.BatchNormalization(epsilon=1e-3, momentum=0.999, name=name)(x)


def _pointwise(x: AnyTensor, filters: int, name: str) -> AnyTensor:
    x = layers.Conv2D(filters, 1, padding="same", use_bias=False, name=name)(x)
    return _normalized(x, f"{name}_bn")


def _gated(x: AnyTensor, filters: int, name: str) -> AnyTensor:
    """Each channel times a share that the means of all say; ``relu6(x + 3) / 6``."""
    gate = layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}avg_pool")(x)
    gate = layers.Conv2D(divisible(filters * 0.25), 1, padding="same", name=f"{name}conv")(gate)
    gate = layers.ReLU(name=f"{name}relu")(gate)
    gate = layers.Conv2D(filters, 1, padding="same", name=f"{name}conv_1")(gate)
    gate = layers.ReLU(6.0)(gate + 3.0) * (1 / 6)
    return layers.Multiply(name=f"{name}mul")([x, gate])


@dataclass(frozen=True)
class _Network:
    """The network of a size.

    Attributes:
        blocks: of it.
        alpha: what the numbers of filters are multiplied by.
        minimal: without gates, wide windows and the hard swish.
        prepared: whether it begins with the range of pixels.
        last: filters before the last layer.
        dropout: before the last layer.
    """

    blocks: tuple[_Block, ...]
    alpha: float
    minimal: bool
    prepared: bool
    last: int
    dropout: float

    def activation(self, swish: bool) -> Callable[[AnyTensor], AnyTensor]:
        """Of a block."""
        return _swish if swish and not self.minimal else _relu

    def features(self, x: AnyTensor) -> AnyTensor:
        """From the pictures to the last feature maps."""
        activation = self.activation(True)
        if self.prepared:
            x = layers.Rescaling(1 / 127.5, -1.0)(x)
        x = layers.Conv2D(16, 3, strides=2, padding="same", use_bias=False, name="conv")(x)
        x = activation(_normalized(x, "conv_bn"))
        for number, block in enumerate(self.blocks):
            x = self._block(x, number, block)
        return activation(_pointwise(x, divisible(int(x.shape[-1] or 0) * 6), "conv_1"))

    def _block(self, x: AnyTensor, number: int, block: _Block) -> AnyTensor:
        expansion, wanted, wide, strides, gated, swish = block
        begin, channels, filters = x, int(x.shape[-1] or 0), divisible(wanted * self.alpha)
        name = f"expanded_conv_{number}_" if number else "expanded_conv_"
        size, activation = 5 if wide and not self.minimal else 3, self.activation(swish)
        if number:
            x = activation(_pointwise(x, divisible(channels * expansion), f"{name}expand"))
        if strides == 2:
            x = layers.ZeroPadding2D(around_for_stride(x, size), name=f"{name}depthwise_pad")(x)
        padding = "same" if strides == 1 else "valid"
        x = layers.DepthwiseConv2D(size, strides, padding, use_bias=False, name=f"{name}depthwise")(x)
        x = activation(_normalized(x, f"{name}depthwise_bn"))
        if gated and not self.minimal:
            x = _gated(x, divisible(channels * expansion), f"{name}squeeze_excite_")
        x = _pointwise(x, filters, f"{name}project")
        return layers.Add(name=f"{name}add")([begin, x]) if strides == 1 and channels == filters else x

    def top(self, x: AnyTensor, wanted: Wanted) -> AnyTensor:
        """The layers that classify."""
        last = divisible(self.last * self.alpha) if self.alpha > 1 else self.last
        x = layers.GlobalAveragePooling2D(keepdims=True)(x)
        x = self.activation(True)(layers.Conv2D(last, 1, padding="same", name="conv_2")(x))
        if self.dropout > 0:
            x = layers.Dropout(self.dropout)(x)
        x = layers.Conv2D(wanted.classes, 1, padding="same", name="logits")(x)
        x = layers.Flatten()(x)
        return layers.Activation(wanted.activation, name="predictions")(x)


def _made(wanted: Wanted, made: _Network, size: str) -> Model:
    if wanted.weights == "imagenet" and made.alpha not in ((1.0,) if made.minimal else (0.75, 1.0)):
        raise ValueError(
            f"{wanted.title}: there are trained weights for alpha of 0.75 and 1.0, and 1.0 with minimalistic=True, "
            f"received {made.alpha}"
        )
    stem = f"weights_mobilenet_v3_{size}{'_minimalistic' * made.minimal}_224_{float(made.alpha)}_float"
    published = Published("mobilenet_v3", f"{stem}.h5", f"{stem}_no_top_v2.h5")
    return network(wanted, made.features, Ending(made.top), published, Sizes(None))


def MobileNetV3Small(
    input_shape: Sequence[int | None] | None = None,
    alpha: float = 1.0,
    minimalistic: bool = False,
    include_top: bool = True,
    weights: object = "imagenet",
    input_tensor: TensorLike = None,
    classes: int = 1000,
    pooling: str | None = None,
    dropout_rate: float = 0.2,
    classifier_activation: ActivationLike = "softmax",
    include_preprocessing: bool = True,
    name: str | None = "MobileNetV3Small",
) -> Model:
    """MobileNetV3, the small one: blocks found by search, with gates on channels (Howard et al., ICCV 2019).

    Args:
        input_shape: (height, width, channels) of a picture; default (None, None, 3), pictures of any size.
        alpha: what the numbers of filters are multiplied by; default 1.
        minimalistic: without gates, windows of 5 × 5 and the hard swish; default False.
        dropout_rate: before the last layer; default 0.2.
        include_preprocessing: whether it begins with pixels from 0 to 255, and not from -1 to 1; default True.
        include_top, weights, input_tensor, pooling, classes, classifier_activation: as of
            :func:`clarinet.applications.ResNet50`.
        name: of the model.

    Raises:
        ValueError, FileNotFoundError: as of :func:`clarinet.applications.ResNet50`.

    Example:
        >>> MobileNetV3Small((32, 32, 3), alpha=0.25, weights=None, classes=10).output_shape
        (None, 10)
    """
    given = (include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)
    made = _Network(_SMALL, alpha, minimalistic, include_preprocessing, 1024, dropout_rate)
    return _made(Wanted("MobileNetV3Small", *given), made, "small")


def MobileNetV3Large(
    input_shape: Sequence[int | None] | None = None,
    alpha: float = 1.0,
    minimalistic: bool = False,
    include_top: bool = True,
    weights: object = "imagenet",
    input_tensor: TensorLike = None,
    classes: int = 1000,
    pooling: str | None = None,
    dropout_rate: float = 0.2,
    classifier_activation: ActivationLike = "softmax",
    include_preprocessing: bool = True,
    name: str | None = "MobileNetV3Large",
) -> Model:
    """MobileNetV3, the large one; all else is as of :func:`MobileNetV3Small`.

    Args:
        input_shape, alpha, minimalistic, include_top, weights, input_tensor, classes, pooling, dropout_rate,
            classifier_activation, include_preprocessing, name: as of :func:`MobileNetV3Small`.

    Raises:
        ValueError, FileNotFoundError: as of :func:`clarinet.applications.ResNet50`.

    Example:
        >>> MobileNetV3Large((32, 32, 3), alpha=0.25, weights=None, include_top=False).output_shape
        (None, 1, 1, 240)
    """
    given = (include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)
    made = _Network(_LARGE, alpha, minimalistic, include_preprocessing, 1280, dropout_rate)
    return _made(Wanted("MobileNetV3Large", *given), made, "large")
