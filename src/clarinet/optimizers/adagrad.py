"""Adagrad."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clarinet.configurable import check_number
from clarinet.optimizers.base import PureOptimizer, Scalars
from clarinet.types import Array, Namespace


@dataclass(eq=False, repr=False)
class Adagrad(PureOptimizer):
    """Steps divided by the root of the sum of all squared gradients so far: often moved weights move less.

    Update: ``s <- s + g**2``, ``w <- w - lr g / sqrt(s + epsilon)``. (Duchi, Hazan, Singer, J. Machine Learning
    Research 12, 2011. Epsilon is inside the root, as in Keras; PyTorch adds it outside.)

    Args:
        learning_rate: default 0.001; the paper's experiments take values near 1.
        initial_accumulator_value: initial ``s``, at least 0; default 0.1.
        epsilon: default 1e-7.
        weight_decay, clipnorm, use_ema, …, name: see :class:`clarinet.optimizers.Optimizer`.

    Raises:
        TypeError, ValueError: an argument out of range.

    Example:
        >>> import numpy as np
        >>> w, g, slots = np.array([1.0]), np.array([0.3]), {"accumulator": np.full(1, 0.1)}
        >>> Adagrad().update(w, g, slots, learning_rate=0.1, step=1)[0].round(4).tolist()
        [0.9312]
    """

    precedes_adam = True
    usual_rates = (1e-2, 1.0)

    initial_accumulator_value: float = 0.1
    epsilon: float = 1e-7

    def check(self) -> None:
        check_number(self.initial_accumulator_value, "Adagrad: initial_accumulator_value", low=0)
        check_number(self.epsilon, "Adagrad: epsilon", low=0)

    @property
    def slots(self) -> tuple[str, ...]:
        return ("accumulator",)

    def start(self, slot: str) -> float:
        return self.initial_accumulator_value if slot == "accumulator" else super().start(slot)

    def rule(
        self, w: Array, g: Array, slots: dict[str, Array], scalars: Scalars, xp: Namespace = np
    ) -> tuple[Array, dict[str, Array]]:
        total = slots["accumulator"] + g * g
        return w - scalars["learning_rate"] * g / xp.sqrt(total + self.epsilon), {"accumulator": total}
