"""Adafactor."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from clarinet.configurable import check_flag, check_number
from clarinet.optimizers.base import PureOptimizer, Scalars
from clarinet.types import Array, Namespace


@dataclass(eq=False, repr=False)
class Adafactor(PureOptimizer):
    """Steps in proportion to the weight, scaled by means of squares over rows and over columns.

    Update number ``t``, with ``rho = min(lr, 1 / sqrt(t))``, ``b = 1 - t**beta_2_decay`` and ``s = g**2 + epsilon_1``.
    Of a weight of two axes or more, the last two of them: ``r <- b r + (1 - b) mean(s)`` over columns, ``c <- b c +
    (1 - b) mean(s)`` over rows, ``v = r c / mean(r)``; of a vector ``v <- b v + (1 - b) s``. Then ``u = g / sqrt(v)``
    and ``w <- w - max(epsilon_2, rms(w)) rho u / max(1, rms(u) / clip_threshold)``, ``rms`` being the root of the mean
    of squares. (Shazeer and Stern, ICML 2018.) As in Keras ``v`` is kept whole, so no memory is saved.

    Args:
        learning_rate: default 0.001.
        beta_2_decay: how the decay of the means goes to 1, at most 0; default -0.8.
        epsilon_1: keeps squares from 0; default 1e-30.
        epsilon_2: the least scale of a weight; default 1e-3.
        clip_threshold: the most that ``rms(u)`` may be; above 0; default 1.
        relative_step: accepted as in Keras, where it changes nothing: ``rho`` is at most ``1 / sqrt(t)`` anyway;
            default True.
        weight_decay, clipnorm, use_ema, …, name: see :class:`clarinet.optimizers.Optimizer`.

    Raises:
        TypeError, ValueError: an argument out of range.

    Example:
        >>> import numpy as np
        >>> w, slots = np.array([3.0, 4.0]), {name: np.zeros(2) for name in Adafactor().slots}
        >>> Adafactor().update(w, np.ones(2), slots, learning_rate=0.1, step=1)[0].round(4).tolist()
        [2.6464, 3.6464]
    """

    beta_2_decay: float = -0.8
    epsilon_1: float = 1e-30
    epsilon_2: float = 1e-3
    clip_threshold: float = 1.0
    relative_step: bool = True

    def check(self) -> None:
        check_number(self.beta_2_decay, "Adafactor: beta_2_decay", high=0)
        check_number(self.epsilon_1, "Adafactor: epsilon_1", low=0)
        check_number(self.epsilon_2, "Adafactor: epsilon_2", low=0)
        if check_number(self.clip_threshold, "Adafactor: clip_threshold", low=0) == 0:
            raise ValueError("Adafactor: clip_threshold is above 0, received 0; use learning_rate=0 to take no steps")
        check_flag(self.relative_step, "Adafactor: relative_step")

    @property
    def slots(self) -> tuple[str, ...]:
        return ("velocity", "row", "column")

    def scalars(self, learning_rate: float, step: int) -> Scalars:
        t = self.updates(step)
        own = {"rho": min(learning_rate, 1 / sqrt(t)), "rest": float(t) ** self.beta_2_decay}
        return super().scalars(learning_rate, step) | own

    def rule(
        self, w: Array, g: Array, slots: dict[str, Array], scalars: Scalars, xp: Namespace = np
    ) -> tuple[Array, dict[str, Array]]:
        s, rest, new = g * g + self.epsilon_1, scalars["rest"], dict(slots)
        if w.ndim < 2:
            new["velocity"] = (1 - rest) * slots["velocity"] + rest * s
        else:  # the means lie in buffers of the weight's shape, the same number all along an axis
            for name, axis in (("row", -1), ("column", -2)):
                new[name] = (1 - rest) * slots[name] + rest * xp.mean(s, axis=axis, keepdims=True)
            new["velocity"] = new["row"] / xp.mean(new["row"], axis=-2, keepdims=True) * new["column"]
        u = g / xp.sqrt(new["velocity"])
        most = xp.maximum(_rms(u, xp) / self.clip_threshold, xp.asarray(1.0, dtype=w.dtype))
        scale = xp.maximum(_rms(w, xp), xp.asarray(self.epsilon_2, dtype=w.dtype))
        return w - scale * scalars["rho"] * (u / most), new


def _rms(x: Array, xp: Namespace) -> Array:
    """The root of the mean of squares."""
    root: Array = xp.sqrt(xp.mean(x * x))
    return root
