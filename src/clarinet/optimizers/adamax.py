"""Adamax."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clarinet.configurable import check_number
from clarinet.optimizers.base import PureOptimizer, Scalars
from clarinet.types import Array, Namespace


@dataclass(eq=False, repr=False)
class Adamax(PureOptimizer):
    """Adam with the largest recent gradient in the place of the root mean square.

    Update number ``t``: ``m <- m + (1 - beta_1)(g - m)``, ``u <- max(beta_2 u, |g|)``,
    ``w <- w - lr m / ((1 - beta_1**t)(u + epsilon))``. (Kingma and Ba, ICLR 2015, section 7.1.)

    Args:
        learning_rate: default 0.001.
        beta_1: decay of the mean of gradients, in [0, 1); default 0.9.
        beta_2: decay of the largest gradient, in [0, 1]; default 0.999.
        epsilon: default 1e-7.
        weight_decay, clipnorm, use_ema, …, name: see :class:`clarinet.optimizers.Optimizer`.

    Raises:
        TypeError, ValueError: an argument out of range.

    Example:
        >>> import numpy as np
        >>> w, g, slots = np.array([1.0]), np.array([0.5]), {"momentum": np.zeros(1), "norm": np.zeros(1)}
        >>> Adamax().update(w, g, slots, learning_rate=0.1, step=1)[0].round(4).tolist()
        [0.9]
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    def check(self) -> None:
        check_number(self.beta_1, "Adamax: beta_1", low=0, below=1)
        check_number(self.beta_2, "Adamax: beta_2", low=0, high=1)
        check_number(self.epsilon, "Adamax: epsilon", low=0)

    @property
    def slots(self) -> tuple[str, ...]:
        return ("momentum", "norm")

    def scalars(self, learning_rate: float, step: int) -> Scalars:
        return super().scalars(learning_rate, step) | {"alpha": learning_rate / (1 - self.beta_1 ** self.updates(step))}

    def rule(
        self, w: Array, g: Array, slots: dict[str, Array], scalars: Scalars, xp: Namespace = np
    ) -> tuple[Array, dict[str, Array]]:
        m = slots["momentum"] + (1 - self.beta_1) * (g - slots["momentum"])
        u = xp.maximum(self.beta_2 * slots["norm"], xp.abs(g))
        return w - scalars["alpha"] * m / (u + self.epsilon), {"momentum": m, "norm": u}
