"""Penalties on the size of weights, each with its gradient.

``kernel_regularizer=l2(1e-3)`` adds ``1e-3 * sum(w**2)`` to the loss of every batch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from clarinet.arrays import namespace
from clarinet.configurable import Value, check_number, resolve
from clarinet.params import Array


@dataclass(eq=False, repr=False)
class L1L2(Value):
    """Both penalties: ``l1 * sum(|w|) + l2 * sum(w**2)``; gradient ``l1 * sign(w) + 2 * l2 * w``.

    Zou and Hastie, *Regularization and variable selection via the elastic net*, J. Royal Statistical Society B 67
    (2005).

    Args:
        l1: factor of the sum of absolute values; default 0.
        l2: factor of the sum of squares; default 0.

    Raises:
        TypeError, ValueError: a factor that is not a finite number.

    Example:
        >>> import numpy as np
        >>> L1L2(l1=0.5, l2=0.25)(np.array([2.0, -2.0]))
        4.0
    """

    kind: ClassVar[str] = "regularizer"

    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        for name in ("l1", "l2"):
            check_number(getattr(self, name), f"{type(self).__name__}: {name}")

    def __call__(self, w: Array) -> float:
        """The penalty on the weight ``w``, a number."""
        xp = namespace(w)
        return float(self.l1 * xp.sum(xp.abs(w)) + self.l2 * xp.sum(w * w))

    def gradient(self, w: Array) -> Array:
        """Derivative of the penalty, of the shape of ``w``; that of ``|w|`` at 0 is 0."""
        return self.l1 * namespace(w).sign(w) + 2 * self.l2 * w  # type: ignore[no-any-return]


@dataclass(eq=False, repr=False)
class L1(L1L2):
    """The sum of absolute values, which drives weights to exactly zero: ``l1 * sum(|w|)``.

    Args:
        l1: factor; default 0.01.

    Example:
        >>> import numpy as np
        >>> L1(0.5)(np.array([2.0, -2.0]))
        2.0
    """

    l1: float = 0.01
    l2: float = field(default=0.0, init=False)


@dataclass(eq=False, repr=False)
class L2(L1L2):
    """The sum of squares, which keeps weights small: ``l2 * sum(w**2)``, gradient ``2 * l2 * w``.

    Args:
        l2: factor; default 0.01.

    Example:
        >>> import numpy as np
        >>> L2(0.5)(np.array([2.0, -2.0]))
        4.0
    """

    l1: float = field(default=0.0, init=False)
    l2: float = 0.01


l1, l2, l1_l2 = L1, L2, L1L2

__all__ = ["L1", "L1L2", "L2", "l1", "l1_l2", "l2"]


def get(identifier: Any) -> L1L2 | None:
    """The regularizer that a name (``"l1"``, ``"l2"``, ``"l1_l2"``), object or configuration stands for, or None."""
    if identifier is None:
        return None
    return resolve(identifier, L1L2, {"l1": L1, "l2": L2, "l1_l2": L1L2})
