"""Nadam."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from clarinet.configurable import check_number
from clarinet.optimizers.base import PureOptimizer, Scalars
from clarinet.types import Array, Namespace


@dataclass(eq=False, repr=False)
class Nadam(PureOptimizer):
    """Adam with Nesterov's momentum, which warms up.

    Update number ``t``: ``u_t = beta_1 (1 - 0.5 * 0.96**t)``, ``U_t = u_1 u_2 … u_t``; ``m`` and ``v`` as in
    :class:`Adam`; ``m_hat = u_{t+1} m / (1 - U_{t+1}) + (1 - u_t) g / (1 - U_t)``, ``v_hat = v / (1 - beta_2**t)``,
    ``w <- w - lr m_hat / (sqrt(v_hat) + epsilon)``. (Dozat, ICLR 2016 workshop. As in Keras the momentum warms up with
    ``0.96**t``; PyTorch takes ``0.96**(0.004 t)``, as the paper does.)

    Args:
        learning_rate: default 0.001.
        beta_1: decay of the mean of gradients, in [0, 1); default 0.9.
        beta_2: decay of the mean of squares, in [0, 1); default 0.999.
        epsilon: default 1e-7.
        weight_decay, clipnorm, use_ema, …, name: see :class:`clarinet.optimizers.Optimizer`.

    Raises:
        TypeError, ValueError: an argument out of range.

    Example:
        >>> import numpy as np
        >>> w, g, slots = np.array([1.0]), np.array([0.5]), {"momentum": np.zeros(1), "velocity": np.zeros(1)}
        >>> Nadam().update(w, g, slots, learning_rate=0.1, step=1)[0].round(4).tolist()
        [0.8937]
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    def check(self) -> None:
        check_number(self.beta_1, "Nadam: beta_1", low=0, below=1)
        check_number(self.beta_2, "Nadam: beta_2", low=0, below=1)
        check_number(self.epsilon, "Nadam: epsilon", low=0)

    @property
    def slots(self) -> tuple[str, ...]:
        return ("momentum", "velocity")

    def scalars(self, learning_rate: float, step: int) -> Scalars:
        t = self.updates(step)
        u, u_next = self.momentum(t), self.momentum(t + 1)
        return super().scalars(learning_rate, step) | {
            "share_of_m": u_next / (1 - self.momenta(t + 1)),
            "share_of_g": (1 - u) / (1 - self.momenta(t)),
            "weight_of_v": 1 - self.beta_2**t,
        }

    def rule(
        self, w: Array, g: Array, slots: dict[str, Array], scalars: Scalars, xp: Namespace = np
    ) -> tuple[Array, dict[str, Array]]:
        m, v = slots["momentum"], slots["velocity"]
        m = m + (1 - self.beta_1) * (g - m)
        v = v + (1 - self.beta_2) * (g * g - v)
        m_hat = scalars["share_of_m"] * m + scalars["share_of_g"] * g
        v_hat = v / scalars["weight_of_v"]
        moved = w - scalars["learning_rate"] * m_hat / (xp.sqrt(v_hat) + self.epsilon)
        return moved, {"momentum": m, "velocity": v}

    def momentum(self, step: int) -> float:
        """``u_t`` of update number ``step``, from 1."""
        return self.beta_1 * (1 - 0.5 * 0.96**step)

    def momenta(self, step: int) -> float:
        """``U_t = u_1 u_2 … u_t``."""
        warming = _warming()
        return self.beta_1**step * float(warming[min(step, len(warming)) - 1])


@cache
def _warming() -> Array:
    """The products of ``1 - 0.5 * 0.96**i`` for ``i`` up to 1, 2, …; beyond 1000 a factor is 1 to the last digit."""
    return np.cumprod(1 - 0.5 * 0.96 ** np.arange(1, 1001))
