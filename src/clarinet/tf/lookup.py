"""``tf.lookup``: tables that give a value for each word or number, in data sets, in models and by themselves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from clarinet import aliases, ops
from clarinet.layers.preparing import as_data
from clarinet.names import public
from clarinet.ops.texts import TextArray, as_bytes
from clarinet.types import AnyTensor, Array, DTypeArg, TensorLike

if TYPE_CHECKING:
    from clarinet.layers.vocabulary import LooksUp

__all__ = [
    "KeyValueTensorInitializer",
    "StaticHashTable",
    "StaticVocabularyTable",
    "TextFileIndex",
    "TextFileInitializer",
]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


class KeyValueTensorInitializer:
    """What a table holds: keys, texts or whole numbers, and a value for each.

    Raises:
        ValueError: not as many values as keys.
    """

    def __init__(
        self, keys: TensorLike, values: TensorLike, key_dtype: DTypeArg = None, value_dtype: DTypeArg = None,
        name: object = None,
    ) -> None:  # fmt: skip
        self.keys, self.values = (as_data(each, "tf.lookup").ravel() for each in (keys, values))
        if len(self.keys) != len(self.values):
            raise ValueError(f"tf.lookup: {len(self.keys)} keys and {len(self.values)} values, expected a value a key")
        if value_dtype is None and isinstance(values, (list, tuple)) and self.values.dtype == np.int64:
            value_dtype = "int32"  # as TensorFlow has numbers of Python's
        if value_dtype is not None and self.values.dtype != object:
            self.values = self.values.astype(str(np.dtype(value_dtype)))


class TextFileIndex:
    """Which part of a line :class:`TextFileInitializer` takes, besides the number of a column."""

    WHOLE_LINE, LINE_NUMBER = -2, -1


class TextFileInitializer(KeyValueTensorInitializer):
    """What a table holds, read from a file: a key and a value from each line.

    Args:
        filename: of a text file in UTF-8.
        key_dtype, value_dtype: ``tf.string``, or that of whole numbers.
        key_index, value_index: the number of a column, or one of :class:`TextFileIndex`.
        vocab_size: how many lines at most; default all.
        delimiter: between columns; default a tab.
    """

    def __init__(
        self, filename: str, key_dtype: DTypeArg, key_index: int, value_dtype: DTypeArg, value_index: int,
        vocab_size: int | None = None, delimiter: str = "\t", name: object = None,
    ) -> None:  # fmt: skip
        lines = Path(filename).read_text("utf-8").splitlines()[:vocab_size]
        super().__init__(
            _column(lines, key_index, delimiter, key_dtype), _column(lines, value_index, delimiter, value_dtype)
        )


def _column(lines: list[str], index: int, delimiter: str, dtype: DTypeArg) -> Array:
    if index == TextFileIndex.LINE_NUMBER:
        return np.arange(len(lines))
    parts = lines if index == TextFileIndex.WHOLE_LINE else [line.split(delimiter)[index] for line in lines]
    texts = np.array(parts, object)
    return texts if dtype in ("string", object) else texts.astype(str).astype(np.dtype(dtype))


def _places(keys: Array, unknown: int) -> LooksUp:
    """The layer that gives the place of a key among them, behind as many places of unknown keys."""
    from clarinet.layers import IntegerLookup, StringLookup

    if keys.dtype == object:
        return StringLookup(vocabulary=keys.tolist(), num_oov_indices=unknown)
    free = int(keys.min(initial=0)) - 1
    return IntegerLookup(vocabulary=keys.tolist(), num_oov_indices=unknown, oov_token=free)


class StaticHashTable:
    """A value for each key, and another one for all that are not in the table.

    In a model the keys are looked up once, before training.

    Args:
        initializer: the keys and values.
        default_value: of what is not in the table.

    Example:
        >>> table = StaticHashTable(KeyValueTensorInitializer(["a", "b"], [7, 8]), default_value=-1)
        >>> table.lookup(["b", "c"]).tolist()
        [8, -1]
    """

    def __init__(
        self, initializer: KeyValueTensorInitializer, default_value: object, name: object = None,
        experimental_is_anonymous: bool = False,
    ) -> None:  # fmt: skip
        self._keys = _places(initializer.keys, 1)
        self._values = np.concatenate([np.array([default_value], initializer.values.dtype), initializer.values])

    def lookup(self, keys: TensorLike, name: object = None) -> AnyTensor | TextArray:
        """The value of each key."""
        places = self._keys(keys)
        if self._values.dtype == object:
            return as_bytes(self._values[np.asarray(places)]).view(TextArray)
        return ops.take(self._values, places, axis=0)

    __getitem__ = lookup

    def size(self, name: object = None) -> AnyTensor:
        """How many keys there are."""
        return ops.convert_to_tensor(len(self._values) - 1, "int64")


class StaticVocabularyTable:
    """The id of each word; words that are not in the table have one of some further ids, by their hash.

    Args:
        initializer: the words and their ids, from 0 without a gap; None for no words.
        num_oov_buckets: how many further ids there are.

    Example:
        >>> words = KeyValueTensorInitializer(["a", "b"], [0, 1])
        >>> StaticVocabularyTable(words, num_oov_buckets=1).lookup(["b", "zebra"]).tolist()
        [1, 2]
    """

    def __init__(
        self, initializer: KeyValueTensorInitializer, num_oov_buckets: int, lookup_key_dtype: DTypeArg = None,
        name: object = None, experimental_is_anonymous: bool = False,
    ) -> None:  # fmt: skip
        size = len(initializer.keys)
        self._keys = _places(initializer.keys, int(num_oov_buckets))
        self._ids = np.concatenate([np.arange(size, size + int(num_oov_buckets)), initializer.values]).astype(np.int64)

    def lookup(self, keys: TensorLike, name: object = None) -> AnyTensor:
        """The id of each word."""
        return ops.take(self._ids, self._keys(keys), axis=0)

    __getitem__ = lookup

    def size(self, name: object = None) -> AnyTensor:
        """How many ids there are."""
        return ops.convert_to_tensor(len(self._ids), "int64")
