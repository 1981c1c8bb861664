"""``tf.linalg``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clarinet import aliases, ops
from clarinet.names import public
from clarinet.tf.adapting import functions
from clarinet.tf.arrays import global_norm, matmul
from clarinet.tf.nn import l2_normalize
from clarinet.tf.tables import LINALG
from clarinet.types import AnyTensor, TensorLike

__all__ = ["band_part", "global_norm", "l2_normalize", "matmul", "matvec"]
__all__ += list(LINALG)


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)
    globals().update(functions(LINALG))


def band_part(input: TensorLike, num_lower: int, num_upper: int, name: object = None) -> AnyTensor:
    """The diagonals from ``num_lower`` below the main one to ``num_upper`` above it, else 0; -1 stands for all.

    Example:
        >>> band_part([[1, 2], [3, 4]], -1, 0).tolist()
        [[1, 0], [3, 4]]
    """
    lower = ops.convert_to_tensor(input) if num_lower < 0 else ops.triu(input, -num_lower)
    return lower if num_upper < 0 else ops.tril(lower, num_upper)


def matvec(a: TensorLike, b: TensorLike, **settings: object) -> AnyTensor:
    """A matrix times a vector."""
    return ops.squeeze(ops.matmul(a, ops.expand_dims(b, -1)), -1)
