"""Shapes as TensorFlow has them: tuples that know ``as_list``, ``rank`` and ``is_fully_defined``."""

from __future__ import annotations


class TensorShape(tuple[int | None, ...]):
    """A tuple of sizes, None where one is not known; what ``tensor.get_shape()`` gives.

    Example:
        >>> shape = TensorShape([None, 3])
        >>> shape, shape.as_list(), shape.rank, shape.is_fully_defined()
        ((None, 3), [None, 3], 2, False)
    """

    __slots__ = ()

    def as_list(self) -> list[int | None]:
        """The sizes as a list."""
        return list(self)

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self)

    ndims = rank

    @property
    def dims(self) -> list[int | None]:
        """The sizes as a list."""
        return list(self)

    def is_fully_defined(self) -> bool:
        """Whether all sizes are known."""
        return None not in self

    def num_elements(self) -> int | None:
        """The product of the sizes; None where one is not known."""
        product = 1
        for size in self:
            if size is None:
                return None
            product *= size
        return product
