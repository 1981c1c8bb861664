"""Lamb."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clarinet.configurable import check_number
from clarinet.optimizers.base import PureOptimizer, Scalars
from clarinet.types import Array, Namespace


@dataclass(eq=False, repr=False)
class Lamb(PureOptimizer):
    """Adam whose step is as long as the weight: the rate is the share by which a step changes it, for large batches.

    Update number ``t``, with ``m`` and ``v`` as in :class:`clarinet.optimizers.Adam`: ``u = (m / (1 - beta_1**t)) /
    (sqrt(v / (1 - beta_2**t)) + epsilon)``, ``w <- w - lr |w| / |u| u``, Euclidean norms of the whole weight; where one
    of them is 0, the factor is 1. (You et al., ICLR 2020.)

    Args:
        learning_rate: default 0.001.
        beta_1: decay of the mean of gradients, in [0, 1); default 0.9.
        beta_2: decay of the mean of squares, in [0, 1); default 0.999.
        epsilon: default 1e-7.
        weight_decay, clipnorm, use_ema, …, name: see :class:`clarinet.optimizers.Optimizer`. As in Keras, the decay
            comes before the update and is no part of ``u``.

    Raises:
        TypeError, ValueError: an argument out of range.

    Example:
        >>> import numpy as np
        >>> w, g, slots = np.array([3.0, 4.0]), np.ones(2), {"momentum": np.zeros(2), "velocity": np.zeros(2)}
        >>> Lamb().update(w, g, slots, learning_rate=0.1, step=1)[0].round(4).tolist()
        [2.6464, 3.6464]
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    def check(self) -> None:
        check_number(self.beta_1, "Lamb: beta_1", low=0, below=1)
        check_number(self.beta_2, "Lamb: beta_2", low=0, below=1)
        check_number(self.epsilon, "Lamb: epsilon", low=0)

    @property
    def slots(self) -> tuple[str, ...]:
        return ("momentum", "velocity")

    def scalars(self, learning_rate: float, step: int) -> Scalars:
        t = self.updates(step)
        weights = {"weight_of_m": 1 - self.beta_1**t, "weight_of_v": 1 - self.beta_2**t}
        return super().scalars(learning_rate, step) | weights

    def rule(
        self, w: Array, g: Array, slots: dict[str, Array], scalars: Scalars, xp: Namespace = np
    ) -> tuple[Array, dict[str, Array]]:
        m, v = slots["momentum"], slots["velocity"]
        m = m + (1 - self.beta_1) * (g - m)
        v = v + (1 - self.beta_2) * (g * g - v)
        u = m / scalars["weight_of_m"] / (xp.sqrt(v / scalars["weight_of_v"]) + self.epsilon)
        own, other = (xp.sqrt(xp.sum(x * x)) for x in (w, u))
        both = (own > 0) & (other > 0)
        ratio = xp.where(both, own / xp.where(both, other, xp.ones_like(other)), xp.ones_like(own))
        return w - ratio * scalars["learning_rate"] * u, {"momentum": m, "velocity": v}
