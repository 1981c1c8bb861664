"""Texts as arrays: objects of bytes, as TensorFlow has them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clarinet.types import Array, Index


class TextArray(np.ndarray):
    """Texts, as bytes, with what programs ask of TensorFlow's: ``numpy``, of entries too."""

    def numpy(self) -> object:
        """The texts as a plain array; the bytes of a single one."""
        found: object = self.view(np.ndarray)[()]
        return found

    def __getitem__(self, key: Index) -> TextArray:  # type: ignore[override]
        return texts(self.view(np.ndarray)[key])

    def __iter__(self) -> Iterator[TextArray]:
        return map(texts, self.view(np.ndarray))

    def __str__(self) -> str:
        return str(self.numpy())

    def __repr__(self) -> str:
        return f"TextArray({self.tolist()!r})"


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
