"""Adadelta."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clarinet.configurable import check_number
from clarinet.optimizers.base import PureOptimizer, Scalars
from clarinet.types import Array, Namespace


@dataclass(eq=False, repr=False)
class Adadelta(PureOptimizer):
    """Steps in the units of the weight: the gradient times the ratio of two running root mean squares.

    Update: ``v <- rho v + (1 - rho) g**2``, ``d = sqrt(a + epsilon) / sqrt(v + epsilon) g``,
    ``a <- rho a + (1 - rho) d**2``, ``w <- w - lr d``. (Zeiler, arXiv:1212.5701, whose learning rate is 1.)

    Args:
        learning_rate: default 0.001 as in Keras; 1.0 is the paper's.
        rho: decay of the running means, in [0, 1]; default 0.95.
        epsilon: default 1e-7.
        weight_decay, clipnorm, use_ema, …, name: see :class:`clarinet.optimizers.Optimizer`.

    Raises:
        TypeError, ValueError: an argument out of range.

    Example:
        >>> import numpy as np
        >>> slots = {"accumulated_grad": np.zeros(1), "accumulated_delta_var": np.zeros(1)}
        >>> w, slots = Adadelta().update(np.array([1.0]), np.array([0.5]), slots, learning_rate=1.0, step=1)
        >>> w.round(4).tolist()
        [0.9986]
    """

    precedes_adam = True
    usual_rates = (1.0, 10.0)

    rho: float = 0.95
    epsilon: float = 1e-7

    def check(self) -> None:
        check_number(self.rho, "Adadelta: rho", low=0, high=1)
        check_number(self.epsilon, "Adadelta: epsilon", low=0)

    @property
    def slots(self) -> tuple[str, ...]:
        return ("accumulated_grad", "accumulated_delta_var")

    def rule(
        self, w: Array, g: Array, slots: dict[str, Array], scalars: Scalars, xp: Namespace = np
    ) -> tuple[Array, dict[str, Array]]:
        v, a = slots["accumulated_grad"], slots["accumulated_delta_var"]
        v = self.rho * v + (1 - self.rho) * g * g
        move = xp.sqrt(a + self.epsilon) * g / xp.sqrt(v + self.epsilon)
        a = self.rho * a + (1 - self.rho) * move * move
        return w - scalars["learning_rate"] * move, {"accumulated_grad": v, "accumulated_delta_var": a}
