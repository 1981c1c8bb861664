"""The shape of a model's input."""

from __future__ import annotations

from clarinet.layers.base import check_shape
from clarinet.types import Shape


class Input:
    """Gives the shape of one sample, before the first layer.

    Args:
        shape: of one sample, without the batch axis, e.g. ``(784,)`` or ``(28, 28, 1)``.
        batch_size, dtype, name: accepted for Keras programs; they change nothing here.

    Raises:
        TypeError, ValueError: ``shape`` is not a tuple of positive whole numbers.

    Example:
        >>> Input((28, 28)).shape
        (28, 28)
    """

    def __init__(
        self, shape: object, batch_size: int | None = None, dtype: object = None, name: str | None = None
    ) -> None:
        self.shape: Shape = check_shape(shape, "Input: shape")

    def __repr__(self) -> str:
        return f"Input({self.shape})"
