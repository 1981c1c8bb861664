"""``tf.sparse``: entries of a tensor by their places, which become a dense tensor; layers take dense ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from clarinet import aliases, ops
from clarinet.names import public
from clarinet.ops.tensor import tensor
from clarinet.types import AnyTensor, ShapeLike, TensorLike

__all__ = ["SparseTensor", "from_dense", "reorder", "to_dense"]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


class SparseTensor:
    """Some entries of a tensor whose others are 0.

    Args:
        indices: (n, axes), the places.
        values: (n,), what stands there.
        dense_shape: of the whole.

    Raises:
        ValueError: not as many values as places, or places of another shape.
    """

    def __init__(self, indices: TensorLike, values: TensorLike, dense_shape: ShapeLike) -> None:
        shape = np.asarray(dense_shape).reshape(-1).tolist()
        self.indices = tensor(np.asarray(indices).reshape(-1, len(shape)))
        self.values = ops.convert_to_tensor(values)
        self.dense_shape = tensor(np.array(shape, np.int64))
        if len(self.indices) != np.asarray(self.values).size:
            raise ValueError(f"tf.SparseTensor: {len(self.indices)} places, and {np.asarray(self.values).size} values")

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the whole."""
        return tuple(self.dense_shape.tolist())

    @property
    def dtype(self) -> object:
        """Of the values."""
        return self.values.dtype


def to_dense(
    sp_input: SparseTensor, default_value: float = 0, validate_indices: bool = True, name: object = None
) -> AnyTensor:
    """The whole tensor.

    Example:
        >>> to_dense(SparseTensor([[1], [3]], [5.0, 7.0], [4])).tolist()
        [0.0, 5.0, 0.0, 7.0]
    """
    whole = ops.full(sp_input.shape, default_value, sp_input.values.dtype)
    return ops.scatter_update(whole, sp_input.indices, sp_input.values)


def from_dense(tensor: TensorLike, name: object = None) -> SparseTensor:
    """The entries that are not 0.

    Example:
        >>> from_dense([[0, 2], [3, 0]]).indices.tolist()
        [[0, 1], [1, 0]]
    """
    array = np.asarray(tensor)
    return SparseTensor(np.argwhere(array != 0), array[array != 0], array.shape)


def reorder(sp_input: SparseTensor, name: object = None) -> SparseTensor:
    """The same with the places in order, row by row."""
    order = np.lexsort(np.asarray(sp_input.indices).T[::-1])
    indices, values = np.asarray(sp_input.indices), np.asarray(sp_input.values)
    return SparseTensor(indices[order], values[order], sp_input.shape)
