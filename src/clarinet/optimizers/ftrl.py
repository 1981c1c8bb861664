"""Ftrl."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clarinet.arrays import choose
from clarinet.configurable import check_number
from clarinet.optimizers.base import PureOptimizer, Scalars
from clarinet.types import Array, Namespace


@dataclass(eq=False, repr=False)
class Ftrl(PureOptimizer):
    """Follow the regularized leader: the weight that minimises all linearised losses so far plus a penalty.

    Update: ``n' = n + g**2``, ``s = (n'**p - n**p) / lr`` with ``p = -learning_rate_power``,
    ``z <- z + g + 2 shrinkage w - s w``, ``q = n'**p / lr + 2 l2 + beta / lr``, ``w <- (clip(z, -l1, l1) - z) / q``,
    ``n <- n'``. With ``l1 > 0`` many weights are exactly 0. (McMahan et al., *Ad click prediction*, KDD 2013.)

    Args:
        learning_rate: 0, or one too small to divide by, takes no step: nothing changes; default 0.001.
        learning_rate_power: at most 0; 0 keeps the rate fixed; default -0.5.
        initial_accumulator_value: initial ``n``, at least 0; default 0.1.
        l1_regularization_strength, l2_regularization_strength: ``l1`` and ``l2``, at least 0; default 0.
        l2_shrinkage_regularization_strength: ``shrinkage``, at least 0, a penalty on the size of ``w``; default 0.
        beta: default 0.
        weight_decay, clipnorm, use_ema, …, name: see :class:`clarinet.optimizers.Optimizer`.

    Raises:
        TypeError, ValueError: an argument out of range.

    Example:
        >>> import numpy as np
        >>> slots = {"accumulator": np.full(1, 0.1), "linear": np.zeros(1)}
        >>> w, slots = Ftrl().update(np.array([0.0]), np.array([0.3]), slots, learning_rate=0.1, step=1)
        >>> w.round(4).tolist()
        [-0.0688]
    """

    precedes_adam = True
    usual_rates = (1e-2, 1.0)

    learning_rate_power: float = -0.5
    initial_accumulator_value: float = 0.1
    l1_regularization_strength: float = 0.0
    l2_regularization_strength: float = 0.0
    l2_shrinkage_regularization_strength: float = 0.0
    beta: float = 0.0

    def check(self) -> None:
        check_number(self.learning_rate_power, "Ftrl: learning_rate_power", high=0)
        check_number(self.initial_accumulator_value, "Ftrl: initial_accumulator_value", low=0)
        for kind in ("l1_regularization", "l2_regularization", "l2_shrinkage_regularization"):
            check_number(getattr(self, f"{kind}_strength"), f"Ftrl: {kind}_strength", low=0)
        check_number(self.beta, "Ftrl: beta")

    @property
    def slots(self) -> tuple[str, ...]:
        return ("accumulator", "linear")

    def start(self, slot: str) -> float:
        return self.initial_accumulator_value if slot == "accumulator" else super().start(slot)

    def rule(
        self, w: Array, g: Array, slots: dict[str, Array], scalars: Scalars, xp: Namespace = np
    ) -> tuple[Array, dict[str, Array]]:
        n, z, power = slots["accumulator"], slots["linear"], -self.learning_rate_power
        smallest = xp.finfo(w.dtype).smallest_normal  # type: ignore[attr-defined]  # no array
        rests = abs(scalars["learning_rate"]) < smallest  # then nothing moves
        rate = choose(rests, 1.0, scalars["learning_rate"], xp)
        new_n = n + g * g
        root = new_n**power
        pull = g + 2 * self.l2_shrinkage_regularization_strength * w
        new_z = z + pull - (root - n**power) / rate * w
        quadratic = root / rate + 2 * self.l2_regularization_strength + self.beta / rate
        l1 = self.l1_regularization_strength
        new_w = (xp.clip(new_z, -l1, l1) - new_z) / quadratic
        return choose(rests, w, new_w, xp), {
            "accumulator": choose(rests, n, new_n, xp),
            "linear": choose(rests, z, new_z, xp),
        }
