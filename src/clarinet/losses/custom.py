"""A loss of the user's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from clarinet.losses.base import Loss
from clarinet.types import Array, Namespace

__all__ = ["Custom"]


@dataclass(eq=False, repr=False)
class Custom(Loss):
    """A Python function with its gradient; runs on the reference engine.

    ``clarinet.check_gradients`` checks that the two belong together. It cannot be saved with a model: a file holds no
    code.

    Args:
        function: ``values = function(y_true, y_pred)``, one per sample, shape ``y_pred.shape[:-1]``.
        derivative: the derivative of each value at ``y_pred``, of its shape.
        reduction, name: see :class:`Loss`; the name is by default the function's own.

    Raises:
        TypeError: one of the two cannot be called.

    Example:
        >>> import numpy as np
        >>> quartic = Custom(lambda t, p: np.mean((p - t) ** 4, axis=-1), lambda t, p: 4 * (p - t) ** 3 / p.shape[-1])
        >>> quartic([[0.0]], [[2.0]])
        16.0
    """

    labels = "any"

    function: Callable[[Array, Array], Array]
    derivative: Callable[[Array, Array], Array]

    def __post_init__(self) -> None:
        for key in ("function", "derivative"):
            value = vars(self)[key]
            if not callable(value):
                raise TypeError(f"losses.Custom: {key}: expected a function of (y_true, y_pred), received {value!r}")
        own_name = self.name or getattr(self.function, "__name__", "custom")
        super().__post_init__()
        object.__setattr__(self, "name", own_name)

    def values(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        return self.function(y_true, y_pred)

    def gradient(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        return self.derivative(y_true, y_pred)
