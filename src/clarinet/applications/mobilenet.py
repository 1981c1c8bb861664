"""MobileNet: convolutions of each channel, then of all channels at one place."""

from __future__ import annotations

from collections.abc import Sequence

from clarinet import layers
from clarinet.applications.building import ActivationLike, Ending, Published, Sizes, Wanted, network
from clarinet.applications.imagenet_utils import decode_predictions
from clarinet.applications.imagenet_utils import from_minus_one_to_one as preprocess_input
from clarinet.models import Model
from clarinet.types import AnyTensor, TensorLike

__all__ = ["MobileNet", "decode_predictions", "preprocess_input"]

#: The filters of each block, and its strides.
_BLOCKS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1))
#: Widths and sizes of pictures that there are trained weights for, and how files are named for the widths.
_TRAINED = {1.0: "1_0", 0.75: "7_5", 0.5: "5_0", 0.25: "2_5"}
_TRAINED_SIZES = (128, 160, 192, 224)


def trained_size(input_shape: Sequence[int | None] | None, known: Sequence[int]) -> int:
    """The size of pictures that weights for these pictures were trained on."""
    rows, columns = (*input_shape, None, None)[:2] if input_shape else (None, None)
    return rows if rows is not None and rows == columns and rows in known else 224


def _normalized(x: AnyTensor, name: str) -> AnyTensor:
    return layers.ReLU(6.0, name=f"{name}_relu")(layers.BatchNormalization(name=f"{name}_bn")(x))


def _block(x: AnyTensor, number: int, filters: int, strides: int, multiplier: int) -> AnyTensor:
    if strides == 2:
        x = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{number}")(x)
    padding = "same" if strides == 1 else "valid"
    x = layers.DepthwiseConv2D(
        3, strides, padding, depth_multiplier=multiplier, use_bias=False, name=f"conv_dw_{number}"
    )(x)
    x = _normalized(x, f"conv_dw_{number}")
    x = layers.Conv2D(filters, 1, padding="same", use_bias=False, name=f"conv_pw_{number}")(x)
    return _normalized(x, f"conv_pw_{number}")


def _top(x: AnyTensor, wanted: Wanted, dropout: float) -> AnyTensor:
    x = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    x = layers.Conv2D(wanted.classes, 1, padding="same", name="conv_preds")(x)
    x = layers.Reshape((wanted.classes,), name="reshape_2")(x)
    return layers.Activation(wanted.activation, name="predictions")(x)


def MobileNet(
    input_shape: Sequence[int | None] | None = None,
    alpha: float = 1.0,
    depth_multiplier: int = 1,
    dropout: float = 1e-3,
    include_top: bool = True,
    weights: object = "imagenet",
    input_tensor: TensorLike = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: ActivationLike = "softmax",
    name: str | None = None,
) -> Model:
    """MobileNet: separable convolutions (Howard et al., arXiv:1704.04861).

    Args:
        input_shape: (height, width, channels) of a picture; default (224, 224, 3), and any size without the top.
        alpha: what the numbers of filters are multiplied by; default 1.
        depth_multiplier: filters of each channel; default 1.
        dropout: before the last layer; default 1e-3.
        include_top, weights, input_tensor, pooling, classes, classifier_activation: as of
            :func:`clarinet.applications.ResNet50`.
        name: of the model; default with ``alpha`` and the size, e.g. ``"mobilenet_1.00_224"``.

    Raises:
        ValueError, FileNotFoundError: as of :func:`clarinet.applications.ResNet50`.

    Example:
        >>> MobileNet((32, 32, 3), alpha=0.25, weights=None, classes=10).output_shape
        (None, 10)
    """
    given = (include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)
    sizes, size = Sizes(), trained_size(input_shape, _TRAINED_SIZES)
    wanted = Wanted("MobileNet", *given, name)
    if name is None:
        wanted = Wanted("MobileNet", *given, f"mobilenet_{alpha:0.2f}_{sizes.shape(wanted)[0]}")
    if weights == "imagenet" and (alpha not in _TRAINED or depth_multiplier != 1):
        raise ValueError(
            f"MobileNet: there are trained weights for alpha of {sorted(_TRAINED)} and depth_multiplier=1, received "
            f"{alpha} and {depth_multiplier}"
        )

    def features(x: AnyTensor) -> AnyTensor:
        x = layers.Conv2D(int(32 * alpha), 3, strides=2, padding="same", use_bias=False, name="conv1")(x)
        x = _normalized(x, "conv1")
        for number, (filters, strides) in enumerate(_BLOCKS, 1):
            x = _block(x, number, int(filters * alpha), strides, depth_multiplier)
        return x

    stem = f"mobilenet_{_TRAINED.get(alpha)}_{size}_tf"
    ending = Ending(lambda x, wanted: _top(x, wanted, dropout), average="", maximum="")
    return network(wanted, features, ending, Published("mobilenet", f"{stem}.h5", f"{stem}_no_top.h5"), sizes)
