"""``tf.ragged``: rows of several lengths, as lists, which become a dense tensor; layers take dense ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

import numpy as np

from clarinet import aliases
from clarinet.names import public
from clarinet.ops.core import convert_to_tensor, holds_text
from clarinet.types import AnyTensor, TensorLike

__all__ = ["RaggedTensor", "constant"]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


class RaggedTensor(list[list[object]]):
    """A list of rows of several lengths.

    Example:
        >>> RaggedTensor([[1, 2], [3]]).to_tensor().tolist()
        [[1, 2], [3, 0]]
    """

    def to_list(self) -> list[list[object]]:
        """The rows as a plain list."""
        return [[*row] for row in self]

    def to_tensor(self, default_value: object = None, name: object = None, shape: object = None) -> AnyTensor:
        """All rows filled up to the length of the longest.

        Args:
            default_value: what fills them; default 0, and the empty text.
            shape: ``(None, length)`` for another length, to which rows are cut; default None.
        """
        sizes = shape if isinstance(shape, (list, tuple)) else ()
        length = sizes[1] if len(sizes) > 1 and sizes[1] is not None else max(map(len, self), default=0)
        empty = default_value if default_value is not None else "" if any(map(holds_text, self)) else 0
        return convert_to_tensor([[*row[:length], *[empty] * (length - len(row))] for row in self])

    def row_lengths(self) -> AnyTensor:
        """How long each row is."""
        return convert_to_tensor(np.array([*map(len, self)], np.int64))


def constant(pylist: TensorLike, dtype: object = None, name: object = None) -> RaggedTensor:
    """Rows of several lengths.

    Example:
        >>> constant([["a"], ["b", "c"]]).to_list()
        [['a'], ['b', 'c']]
    """
    return RaggedTensor([*row] for row in cast("Iterable[Iterable[object]]", pylist))
