"""Texts as arrays: objects of bytes, as TensorFlow has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from clarinet.types import Array, Index


class TextDtype(str):
    """``"string"``, the dtype of texts, which is also that of NumPy's objects."""

    kind: ClassVar[str] = "O"
    itemsize: ClassVar[int] = 8
    name: ClassVar[str] = "string"
    as_numpy_dtype: ClassVar[type] = object

    def __eq__(self, other: object) -> bool:
        if isinstance(other, np.dtype):
            return bool(other == np.dtype(object))
        return other is object or str.__eq__(self, other) is True

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


STRING = TextDtype("string")


class TextArray(np.ndarray):
    """Texts, as bytes, with what programs ask of TensorFlow's: ``numpy``, of entries too."""

    @property
    def dtype(self) -> object:  # type: ignore[override]
        """``"string"``; where NumPy made something else of texts, the dtype of that."""
        own = self.view(np.ndarray).dtype
        return STRING if own.kind == "O" else own

    def __eq__(self, other: object) -> object:  # type: ignore[override]
        return self.view(np.ndarray) == _plain(other)

    def __ne__(self, other: object) -> object:  # type: ignore[override]
        return self.view(np.ndarray) != _plain(other)

    __hash__ = None

    def numpy(self) -> object:
        """The texts as a plain array; the bytes of a single one."""
        found: object = self.view(np.ndarray)[()]
        return found

    def to_tensor(self, *_: object, **__: object) -> TextArray:
        """The same: it is dense."""
        return self

    def __getitem__(self, key: Index) -> TextArray:  # type: ignore[override]
        return texts(self.view(np.ndarray)[key])

    def __iter__(self) -> Iterator[TextArray]:
        return map(texts, self.view(np.ndarray))

    def __str__(self) -> str:
        return str(self.numpy())

    def __repr__(self) -> str:
        return f"TextArray({self.tolist()!r})"


def _plain(other: object) -> object:
    """What texts are compared with, as bytes."""
    if isinstance(other, (list, str, bytes, np.ndarray)):
        array = np.asarray(other, object)
        return as_bytes(array) if array.ndim else as_bytes(array)[()]
    return other


def texts(value: object) -> TextArray:
    """An array of bytes, or the bytes of a single text, as texts."""
    if isinstance(value, np.ndarray):
        return value.view(TextArray)
    box = np.empty((), object)
    box[()] = value
    return box.view(TextArray)


def as_bytes(array: Array) -> Array:
    """Texts as objects of bytes."""
    found = np.empty(array.shape, object)
    for index, one in np.ndenumerate(array):
        found[index] = one.encode() if isinstance(one, str) else bytes(one)
    return found
