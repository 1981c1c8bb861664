"""``tf.TensorArray``: a list of tensors, which functions of TensorFlow write step by step."""

from __future__ import annotations

import numpy as np

from clarinet import ops
from clarinet.types import AnyTensor, DTypeArg, TensorLike

__all__ = ["TensorArray"]


class TensorArray:
    """A list of tensors that grows.

    Args:
        dtype: of the tensors.
        size: how many places there are at first.
        dynamic_size: accepted for TensorFlow programs; the list grows in any case.

    Example:
        >>> steps = TensorArray("float32", size=0, dynamic_size=True)
        >>> for step in range(3):
        ...     steps = steps.write(step, step * 2.0)
        >>> steps.stack().tolist()
        [0.0, 2.0, 4.0]
    """

    def __init__(
        self, dtype: DTypeArg, size: TensorLike = None, dynamic_size: bool | None = None, **settings: object
    ) -> None:
        self.dtype = dtype
        self._rows: list[AnyTensor | None] = [None] * int(np.asarray(0 if size is None else size))

    def write(self, index: TensorLike, value: TensorLike, name: object = None) -> TensorArray:
        """Put a tensor at a place; the array itself is returned."""
        place = int(np.asarray(index))
        self._rows += [None] * (place + 1 - len(self._rows))
        self._rows[place] = ops.cast(value, self.dtype)
        return self

    def read(self, index: TensorLike, name: object = None) -> AnyTensor:
        """The tensor at a place.

        Raises:
            IndexError: nothing has been written there.
        """
        place = int(np.asarray(index))
        row = self._rows[place] if 0 <= place < len(self._rows) else None
        if row is None:
            raise IndexError(f"TensorArray: nothing has been written at {place}; write comes first")
        return row

    def _written(self) -> list[AnyTensor]:
        first = next((row for row in self._rows if row is not None), None)
        if first is None:
            return []
        return [ops.zeros_like(first) if row is None else row for row in self._rows]

    def stack(self, name: object = None) -> AnyTensor:
        """All tensors along a new first axis; zeros where nothing was written."""
        rows = self._written()
        return ops.stack(rows) if rows else ops.zeros((0,), self.dtype)

    def concat(self, name: object = None) -> AnyTensor:
        """All tensors, one after the other along their first axis."""
        return ops.concatenate(self._written(), 0)

    def gather(self, indices: TensorLike, name: object = None) -> AnyTensor:
        """The tensors at some places, along a new first axis."""
        return ops.stack([self.read(index) for index in np.asarray(indices)])

    def unstack(self, value: TensorLike, name: object = None) -> TensorArray:
        """Fill the array with the rows of a tensor; the array itself is returned."""
        self._rows = [ops.cast(row, self.dtype) for row in ops.unstack(value, axis=0)]
        return self

    def size(self, name: object = None) -> AnyTensor:
        """How many places there are."""
        return ops.convert_to_tensor(len(self._rows), "int32")

    def __len__(self) -> int:
        return len(self._rows)
