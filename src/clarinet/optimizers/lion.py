"""Lion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clarinet.configurable import check_number
from clarinet.optimizers.base import PureOptimizer, Scalars
from clarinet.types import Array, Namespace


@dataclass(eq=False, repr=False)
class Lion(PureOptimizer):
    """Steps of one size: the sign of a mean of gradient and momentum.

    Update: ``w <- w - lr sign(beta_1 m + (1 - beta_1) g)``, then ``m <- beta_2 m + (1 - beta_2) g``. (Chen et al.,
    *Symbolic discovery of optimization algorithms*, NeurIPS 2023; a rate of a third to a tenth of Adam's suits it.)

    Args:
        learning_rate: default 0.001.
        beta_1: share of the momentum in the step, in (0, 1]; default 0.9.
        beta_2: decay of the momentum, in [0, 1]; default 0.99.
        weight_decay, clipnorm, use_ema, …, name: see :class:`clarinet.optimizers.Optimizer`.

    Raises:
        TypeError, ValueError: an argument out of range; ``beta_1=0``, which would leave only the gradient's sign.

    Example:
        >>> import numpy as np
        >>> w, g, slots = np.array([1.0]), np.array([0.5]), {"momentum": np.zeros(1)}
        >>> Lion().update(w, g, slots, learning_rate=0.1, step=1)[0].round(4).tolist()
        [0.9]
    """

    usual_rates = (1e-4, 1e-2)

    beta_1: float = 0.9
    beta_2: float = 0.99

    def check(self) -> None:
        check_number(self.beta_2, "Lion: beta_2", low=0, high=1)
        if check_number(self.beta_1, "Lion: beta_1", low=0, high=1) == 0:
            raise ValueError("Lion: beta_1 is above 0, received 0; without momentum use SGD")

    @property
    def slots(self) -> tuple[str, ...]:
        return ("momentum",)

    def rule(
        self, w: Array, g: Array, slots: dict[str, Array], scalars: Scalars, xp: Namespace = np
    ) -> tuple[Array, dict[str, Array]]:
        m = slots["momentum"]
        move = xp.sign(m * self.beta_1 + g * (1 - self.beta_1))
        return w - scalars["learning_rate"] * move, {"momentum": m * self.beta_2 + g * (1 - self.beta_2)}
