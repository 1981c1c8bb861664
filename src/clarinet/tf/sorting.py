"""``tf.sort`` and ``tf.argsort``, which go either way."""

from __future__ import annotations

from clarinet import ops
from clarinet.names import public
from clarinet.types import AnyTensor, TensorLike

__all__ = ["argsort", "sort"]


def __dir__() -> list[str]:
    return public(globals())


def _downwards(direction: str, what: str) -> bool:
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(f"tf.{what}: direction is 'ASCENDING' or 'DESCENDING', received {direction!r}")
    return direction == "DESCENDING"


def argsort(
    values: TensorLike, axis: int = -1, direction: str = "ASCENDING", stable: bool = False, name: object = None
) -> AnyTensor:
    """The places of the entries along an axis in their order; equals keep theirs.

    Raises:
        ValueError: another direction.

    Example:
        >>> argsort([3, 1, 3, 2], direction="DESCENDING").tolist()
        [0, 2, 3, 1]
    """
    if not _downwards(direction, "argsort"):
        return ops.argsort(values, axis)
    last = (ops.shape(values)[axis] or 0) - 1
    return ops.flip(last - ops.argsort(ops.flip(values, axis), axis), axis)


def sort(values: TensorLike, axis: int = -1, direction: str = "ASCENDING", name: object = None) -> AnyTensor:
    """The numbers along an axis in their order.

    Raises:
        ValueError: another direction.

    Example:
        >>> sort([3, 1, 2], direction="DESCENDING").tolist()
        [3, 2, 1]
    """
    found = ops.sort(values, axis)
    return ops.flip(found, axis) if _downwards(direction, "sort") else found
