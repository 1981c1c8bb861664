"""AdamW without a schedule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clarinet.configurable import check_number, check_whole
from clarinet.optimizers.base import PureOptimizer, Scalars
from clarinet.optimizers.rates import RateField
from clarinet.types import Array, Namespace


@dataclass(eq=False, repr=False)
class ScheduleFreeAdamW(PureOptimizer):
    """Adam whose weights are an average of where it has been, in place of a schedule that lets the rate fall.

    Update number ``t``: ``v <- v + (1 - beta_2)(g**2 - v)``, ``z <- z - lr g / (sqrt(v / (1 - beta_2**t)) +
    epsilon)``, ``x <- (1 - 1 / t) x + z / t``, ``w <- (1 - beta_1) z + beta_1 x``. ``x`` is not kept, as ``w`` and
    ``z`` say what it was; ``z`` begins as the weight. (Defazio et al., *The road less scheduled*, NeurIPS 2024.)

    Args:
        learning_rate: default 0.0025.
        beta_1: the share of the average in the weights, in (0, 1]; default 0.9.
        beta_2: decay of the mean of squares, in [0, 1); default 0.999.
        epsilon: default 1e-8.
        warmup_steps: updates in which the rate rises from 0; default 0.
        weight_decay, clipnorm, use_ema, …, name: see :class:`clarinet.optimizers.Optimizer`.

    Raises:
        TypeError, ValueError: an argument out of range.

    Example:
        >>> import numpy as np
        >>> w, g, slots = np.array([1.0]), np.array([0.5]), {"momentum": np.array([1.0]), "velocity": np.zeros(1)}
        >>> ScheduleFreeAdamW().update(w, g, slots, learning_rate=0.1, step=1)[0].round(4).tolist()
        [0.9]
    """

    learning_rate: RateField = RateField(0.0025)
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    warmup_steps: int = 0

    def check(self) -> None:
        check_number(self.beta_1, "ScheduleFreeAdamW: beta_1", low=0, high=1)
        if self.beta_1 == 0:
            raise ValueError("ScheduleFreeAdamW: beta_1 is above 0, received 0; without an average use RMSprop")
        check_number(self.beta_2, "ScheduleFreeAdamW: beta_2", low=0, below=1)
        check_number(self.epsilon, "ScheduleFreeAdamW: epsilon", low=0)
        check_whole(self.warmup_steps, "ScheduleFreeAdamW: warmup_steps", low=0)

    @property
    def slots(self) -> tuple[str, ...]:
        return ("momentum", "velocity")

    def start(self, slot: str) -> float:
        return np.inf if slot == "momentum" else 0.0  # no weight has this value: there is no z yet

    def begun(self, w: Array, slots: dict[str, Array], xp: Namespace = np) -> dict[str, Array]:
        z = slots["momentum"]
        return slots | {"momentum": xp.where(z == np.inf, w, z)}

    def scalars(self, learning_rate: float, step: int) -> Scalars:
        t = self.updates(step)
        warm = min(t / self.warmup_steps, 1.0) if self.warmup_steps else 1.0
        own = {"warm_rate": learning_rate * warm, "weight_of_v": 1 - self.beta_2**t, "share": 1 / t}
        return super().scalars(learning_rate, step) | own

    def rule(
        self, w: Array, g: Array, slots: dict[str, Array], scalars: Scalars, xp: Namespace = np
    ) -> tuple[Array, dict[str, Array]]:
        before, v = slots["momentum"], slots["velocity"]
        v = v + (1 - self.beta_2) * (g * g - v)
        z = before - scalars["warm_rate"] * g / (xp.sqrt(v / scalars["weight_of_v"]) + self.epsilon)
        x = (w - (1 - self.beta_1) * before) * (1 / self.beta_1)
        x = x + scalars["share"] * (z - x)
        return (1 - self.beta_1) * z + self.beta_1 * x, {"momentum": z, "velocity": v}
