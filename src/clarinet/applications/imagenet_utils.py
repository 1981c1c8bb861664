"""Pictures made ready for models that were trained on ImageNet, and the names of its classes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import numpy as np

from clarinet import aliases, ops
from clarinet.applications.building import models_folder
from clarinet.names import public
from clarinet.types import Array, TensorLike

__all__ = ["decode_predictions", "preprocess_input"]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)

#: Means and deviations of the colours of ImageNet: of pixels from 0 to 255 in the order blue, green, red, and
#: of pixels from 0 to 1 in the order red, green, blue.
_BLUE_FIRST = (103.939, 116.779, 123.68)
_MEANS, _DEVIATIONS = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_NAMES = "imagenet_class_index.json"
_ADDRESS = "https://storage.googleapis.com/download.tensorflow.org/data/"
_CLASSES = 1000


def preprocess_input(x: TensorLike, data_format: str | None = None, mode: str = "caffe") -> TensorLike:
    """Pixels from 0 to 255 as a model was trained on.

    ``"tf"``: ``x / 127.5 - 1``, from -1 to 1. ``"torch"``: ``(x / 255 - mean) / deviation`` for each colour.
    ``"caffe"``: the colours in the order blue, green, red, less their means.

    Args:
        x: pictures (n, height, width, 3), or one; an array, or a tensor of a network. It is left as it is.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        mode: one of the three; default ``"caffe"``.

    Returns:
        of the same shape; whole numbers become float32.

    Raises:
        ValueError: another mode or format.

    Example:
        >>> import numpy as np
        >>> preprocess_input(np.full((1, 1, 1, 3), 255), mode="tf").tolist()
        [[[[1.0, 1.0, 1.0]]]]
    """
    if mode not in ("caffe", "tf", "torch"):
        raise ValueError(f"preprocess_input: mode is 'caffe', 'tf' or 'torch', received {mode!r}")
    if data_format not in (None, "channels_last", "channels_first"):
        raise ValueError(
            f"preprocess_input: data_format is 'channels_last' or 'channels_first', received {data_format!r}"
        )
    given = np.asarray(x) if isinstance(x, Sequence) else x
    if isinstance(given, np.ndarray):
        numbers = given if given.dtype.kind == "f" else given.astype(np.float32)
        dtype = numbers.dtype
        return cast(Array, _changed(numbers, data_format, mode)).astype(dtype, copy=False)
    tensor = ops.convert_to_tensor(given)
    return _changed(tensor if "float" in str(tensor.dtype) else ops.cast(tensor, "float32"), data_format, mode)


def _changed(x: TensorLike, data_format: str | None, mode: str) -> TensorLike:
    pixels: Array = cast(Array, x)  # of which tensors have the operators too
    if mode == "tf":
        return pixels / 127.5 - 1.0
    axis = -3 if data_format == "channels_first" else -1
    if mode == "torch":
        return (pixels / 255.0 - _along(_MEANS, axis)) / _along(_DEVIATIONS, axis)
    turned = np.flip(x, axis) if isinstance(x, np.ndarray) else ops.flip(x, axis)
    return cast(Array, turned) - _along(_BLUE_FIRST, axis)


def _along(numbers: Sequence[float], axis: int) -> Array:
    """A number for each colour."""
    return np.asarray(numbers, np.float32).reshape(-1, *(1,) * (-axis - 1))


def from_minus_one_to_one(x: TensorLike, data_format: str | None = None) -> TensorLike:
    """Pixels from 0 to 255 as numbers from -1 to 1; arguments as of
    :func:`clarinet.applications.imagenet_utils.preprocess_input`."""
    return preprocess_input(x, data_format, "tf")


def standardized(x: TensorLike, data_format: str | None = None) -> TensorLike:
    """Pixels from 0 to 255 as numbers of mean 0 and deviation 1 on ImageNet; arguments as of
    :func:`clarinet.applications.imagenet_utils.preprocess_input`."""
    return preprocess_input(x, data_format, "torch")


def blue_first(x: TensorLike, data_format: str | None = None) -> TensorLike:
    """The colours in the order blue, green, red, less their means; arguments as of
    :func:`clarinet.applications.imagenet_utils.preprocess_input`."""
    return preprocess_input(x, data_format, "caffe")


def unchanged(x: TensorLike, data_format: str | None = None) -> TensorLike:
    """The pixels as they are, from 0 to 255: the model itself begins with what they need."""
    return x


def decode_predictions(preds: TensorLike, top: int = 5) -> list[list[tuple[str, str, float]]]:
    """The classes of ImageNet that a model finds likely, by their names.

    The names come from Keras's ``imagenet_class_index.json`` in ``~/.keras/models``.

    Args:
        preds: probabilities (n, 1000).
        top: how many of each row; default 5.

    Returns:
        for each row ``(id, name, probability)``, the likeliest first.

    Raises:
        ValueError: another shape, or a file that does not hold these names.
        FileNotFoundError: there is no such file; the message says where to put it.
    """
    rows = np.asarray(preds)
    if rows.ndim != 2 or rows.shape[1] != _CLASSES:
        raise ValueError(f"decode_predictions: expected probabilities (n, {_CLASSES}), received shape {rows.shape}")
    names = _class_names()
    return [[(*names[number], row[number]) for number in row.argsort()[::-1][:top]] for row in rows]


def _class_names() -> list[tuple[str, str]]:
    path = models_folder() / _NAMES
    if not path.exists():
        raise FileNotFoundError(
            f"decode_predictions: the names of the classes are not on this machine. Fetch {_ADDRESS}{_NAMES} and put "
            f"it at {path}"
        )
    try:
        found = json.loads(path.read_text("utf-8"))
        return [(str(found[str(number)][0]), str(found[str(number)][1])) for number in range(_CLASSES)]
    except (ValueError, KeyError, IndexError, TypeError):
        raise ValueError(f"decode_predictions: {path} does not hold the {_CLASSES} names; fetch it again") from None
