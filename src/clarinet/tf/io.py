"""``tf.io``: files and what they hold. A text or the bytes of a file are a scalar, as texts are in data sets."""

from __future__ import annotations

import glob
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from clarinet import aliases, files
from clarinet.data.chunks import as_array
from clarinet.data.text_files import Table, columns_of, paths
from clarinet.layers.preparing import as_data
from clarinet.names import public
from clarinet.ops.tensor import tensor
from clarinet.ops.texts import TextArray
from clarinet.preprocessing import pictures
from clarinet.tf import gfile
from clarinet.types import AnyTensor, Array, DTypeArg, TensorLike

__all__ = [
    "decode_csv",
    "decode_image",
    "decode_jpeg",
    "decode_png",
    "gfile",
    "matching_files",
    "read_file",
    "write_file",
]
_MODES = {0: None, 1: "grayscale", 3: "rgb", 4: "rgba"}


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


def read_file(filename: TensorLike, name: object = None) -> TextArray:
    """The bytes of a file.

    Raises:
        FileNotFoundError: there is none.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "word.txt")
        >>> _ = path.write_text("yes")
        >>> read_file(str(path)).numpy()
        b'yes'
    """
    box = np.empty((), object)
    box[()] = files.current(paths(filename)[0]).read_bytes()
    return box.view(TextArray)


def write_file(filename: TensorLike, contents: TensorLike, name: object = None) -> None:
    """Write bytes, or a text, as a file; folders are made."""
    path = Path(paths(filename)[0])
    files.make_folder(path.parent)
    files.write(path, bytes_of(contents))


def matching_files(pattern: TensorLike, name: object = None) -> TextArray:
    """The files that match a pattern such as ``"pictures/*.png"``, or several, in the order of their names."""
    found = sorted(path for one in paths(pattern) for path in glob.glob(one))
    return as_array(np.array(found, object)).view(TextArray)


def decode_csv(
    records: TensorLike,
    record_defaults: Sequence[TensorLike],
    field_delim: str = ",",
    use_quote_delim: bool = True,
    na_value: str = "",
    select_cols: Sequence[int] | None = None,
    name: object = None,
) -> list[AnyTensor]:
    """The columns of a line of CSV, or of several.

    Args:
        records: a text, or an array of texts.
        record_defaults: as for ``tf.data.experimental.CsvDataset``.
        field_delim, use_quote_delim, na_value, select_cols: likewise.

    Returns:
        a tensor for each column, in the shape of ``records``.

    Raises:
        ValueError: another number of fields; a field that is no number.

    Example:
        >>> [float(field) for field in decode_csv("1,,3", [0.0, 7.0, 0.0])]
        [1.0, 7.0, 3.0]
    """
    lines = as_data(records, "tf.io.decode_csv")
    table = Table(columns_of(record_defaults), field_delim, use_quote_delim, na_value, select_cols)
    chunk = table.chunk([row for line in lines.flat for row in table.rows([str(line)])])
    return [_shaped(array.reshape(lines.shape)) for array in chunk.arrays]


def _shaped(array: Array) -> AnyTensor:
    return cast(AnyTensor, array.view(TextArray) if array.dtype.kind == "O" else tensor(array))


def bytes_of(contents: TensorLike) -> bytes:
    value = contents.item() if isinstance(contents, np.ndarray) else contents
    return value.encode() if isinstance(value, str) else cast(bytes, value)


def decode_image(
    contents: TensorLike,
    channels: int = 0,
    dtype: DTypeArg = "uint8",
    name: object = None,
    expand_animations: bool = True,
) -> AnyTensor:
    """The picture that the bytes of a file hold, as ``tf.io.read_file`` gives them (needs Pillow).

    Args:
        contents: the bytes.
        channels: 1, 3 or 4; 0 leaves as many as the file has.
        dtype: ``"uint8"``, or a float for numbers from 0 to 1.
        name: accepted for TensorFlow programs.
        expand_animations: accepted; the first picture of a file counts.

    Returns:
        (height, width, channels).

    Raises:
        ValueError: other channels; no picture. ImportError: Pillow is not installed.
    """
    if channels not in _MODES:
        raise ValueError(f"tf.io.decode_image: channels are 0, 1, 3 or 4, received {channels!r}")
    mode, data = _MODES[channels], io.BytesIO(bytes_of(contents))
    picture = pictures.load_img(data, mode or _mode_of(data))
    array = pictures.img_to_array(picture, dtype="uint8")
    wanted = np.dtype(dtype)
    return tensor(array if wanted == np.uint8 else (array / 255).astype(wanted))


def _mode_of(data: io.BytesIO) -> str:
    """How many channels a picture has, by the name that goes with it."""
    pictures._pillow()
    from PIL import Image

    with Image.open(data) as picture:
        mode = picture.mode
    data.seek(0)
    return "grayscale" if mode in ("1", "L", "I", "I;16") else "rgba" if mode in ("RGBA", "LA") else "rgb"


def decode_jpeg(contents: TensorLike, channels: int = 0, **settings: object) -> AnyTensor:
    """As :func:`decode_image`, numbers uint8; further settings, of speed and quality, change nothing."""
    return decode_image(contents, channels)


def decode_png(contents: TensorLike, channels: int = 0, dtype: DTypeArg = "uint8", name: object = None) -> AnyTensor:
    """As :func:`decode_image`, numbers uint8."""
    return decode_image(contents, channels)
