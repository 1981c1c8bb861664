"""Pictures as arrays and files (needs Pillow)."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from clarinet.types import Array, DTypeArg

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["array_to_img", "img_to_array", "load_img", "save_img", "smart_resize"]

_MODES = {"grayscale": ("L", "I;16", "I"), "rgb": ("RGB",), "rgba": ("RGBA",)}
_RESAMPLING = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")


def _refuse_channels_first(data_format: str | None) -> None:
    if data_format not in (None, "channels_last"):
        raise ValueError(f"data_format: the last axis holds the channels; received {data_format!r}, leave it out")


def _pillow() -> None:
    try:
        import PIL  # noqa: F401
    except ImportError:
        raise ImportError('pictures need Pillow, which is not installed; run pip install "clarinet[images]"') from None


def img_to_array(img: Image | Array, data_format: str | None = None, dtype: DTypeArg = None) -> Array:
    """A picture of Pillow's as an array (height, width, channels), default float32.

    Raises:
        ValueError: no picture; ``data_format="channels_first"``.

    Example:
        >>> from PIL import Image
        >>> img_to_array(Image.new("L", (2, 1), 7)).tolist()
        [[[7.0], [7.0]]]
    """
    _refuse_channels_first(data_format)
    array = np.asarray(img, np.float32 if dtype is None else dtype)
    if array.ndim not in (2, 3):
        raise ValueError(f"img_to_array: expected a picture of two or three axes, received shape {array.shape}")
    return array[:, :, None] if array.ndim == 2 else array


def array_to_img(x: object, data_format: str | None = None, scale: bool = True, dtype: DTypeArg = None) -> Image:
    """An array (height, width, channels) as a picture of Pillow's, with 1, 3 or 4 channels.

    Args:
        x: numbers.
        data_format: only channels last.
        scale: whether the smallest number becomes 0 and the largest 255.
        dtype: in which it is computed; default float32.

    Raises:
        ValueError: another shape. ImportError: Pillow is not installed.
    """
    _refuse_channels_first(data_format)
    _pillow()
    from PIL import Image

    array = np.asarray(x, np.float32 if dtype is None else dtype)
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4):
        raise ValueError(
            f"array_to_img: expected shape (height, width, channels) with 1, 3 or 4 channels, received {array.shape}"
        )
    if scale:
        array = array - np.min(array)
        largest = np.max(array)
        array = (array / largest if largest != 0 else array) * 255
    if array.shape[2] == 1:
        flat = array[:, :, 0]
        return Image.fromarray(flat.astype(np.int32 if np.max(flat) > 255 else np.uint8))
    return Image.fromarray(array.astype(np.uint8))


def save_img(
    path: str | os.PathLike[str] | IO[bytes],
    x: object,
    data_format: str | None = None,
    file_format: str | None = None,
    scale: bool = True,
    **kwargs: object,
) -> None:
    """Write an array as a picture file.

    Args:
        path: of the file, or an open file.
        x, data_format, scale: as for :func:`array_to_img`.
        file_format: default by the ending of the path.
        kwargs: further arguments of Pillow's ``save``.
    """
    picture = array_to_img(x, data_format, scale)
    if file_format is None and isinstance(path, (str, os.PathLike)):
        file_format = Path(path).suffix[1:].lower()
    kind = "jpeg" if file_format in ("jpg", "JPG") else file_format
    if kind == "jpeg" and picture.mode == "RGBA":
        picture = picture.convert("RGB")
    if isinstance(path, (str, os.PathLike)):
        from clarinet.files import destination

        path = destination(os.fspath(path))
    picture.save(path, format=kind, **kwargs)


def load_img(
    path: str | os.PathLike[str] | io.BytesIO,
    color_mode: str = "rgb",
    target_size: tuple[int, int] | None = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Image:
    """Read a picture file.

    Args:
        path: of the file, or bytes in memory.
        color_mode: ``"rgb"`` (default), ``"rgba"`` or ``"grayscale"``.
        target_size: height and width to which it is brought; default its own.
        interpolation: ``"nearest"`` (default), ``"bilinear"``, ``"bicubic"``, ``"hamming"``, ``"box"``, ``"lanczos"``.
        keep_aspect_ratio: cut off what is too much instead of stretching.

    Raises:
        FileNotFoundError: no such file. ValueError: another word. ImportError: Pillow is not installed.
    """
    _pillow()
    from PIL import Image

    if color_mode not in _MODES:
        raise ValueError(f"load_img: color_mode is one of {', '.join(_MODES)}; received {color_mode!r}")
    if interpolation not in _RESAMPLING:
        raise ValueError(f"load_img: interpolation is one of {', '.join(_RESAMPLING)}; received {interpolation!r}")
    content = path if isinstance(path, io.BytesIO) else io.BytesIO(Path(os.fsdecode(path)).read_bytes())
    picture: Image.Image = Image.open(content)
    if picture.mode not in _MODES[color_mode]:
        picture = picture.convert(_MODES[color_mode][0])
    if target_size is None or picture.size == (target_size[1], target_size[0]):
        return picture
    box = _middle(picture.size, (target_size[1], target_size[0])) if keep_aspect_ratio else None
    return picture.resize((target_size[1], target_size[0]), Image.Resampling[interpolation.upper()], box=box)


def _middle(size: tuple[int, int], wanted: tuple[int, int]) -> tuple[int, int, int, int]:
    """The largest part in the middle of a picture that has the ratio of sides wanted, as its four borders."""
    (width, height), (to_width, to_height) = size, wanted
    part_height = min(height, (width * to_height) // to_width)
    part_width = min(width, (height * to_width) // to_height)
    top, left = (height - part_height) // 2, (width - part_width) // 2
    return left, top, left + part_width, top + part_height


def smart_resize(
    x: object, size: tuple[int, int], interpolation: str = "bilinear", data_format: str = "channels_last"
) -> Array:
    """Pictures in another size, cut where they are too wide or too high, so that nothing is stretched.

    Args:
        x: (height, width, channels), or a batch.
        size: height and width.
        interpolation: as ``layers.Resizing`` has it.
        data_format: only channels last.

    Raises:
        ValueError: another shape, or what ``layers.Resizing`` refuses.
    """
    from clarinet.layers import Resizing

    _refuse_channels_first(data_format)
    array = np.asarray(x)
    if array.ndim not in (3, 4):
        raise ValueError(f"smart_resize: expected one picture or a batch of them, received shape {array.shape}")
    batch = array[None] if array.ndim == 3 else array
    layer = Resizing(int(size[0]), int(size[1]), interpolation=interpolation, crop_to_aspect_ratio=True)
    resized = np.asarray(layer(batch.astype(np.float32)))
    return resized[0] if array.ndim == 3 else resized
