"""RMSprop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clarinet.configurable import check_number
from clarinet.optimizers.base import PureOptimizer, Scalars
from clarinet.types import Array, Namespace


@dataclass(eq=False, repr=False)
class RMSprop(PureOptimizer):
    """Steps divided by a running root mean square of the gradient.

    Update: ``v <- rho v + (1 - rho) g**2``, ``w <- w - lr g / sqrt(v + epsilon)``. Centred: ``v`` less the square of a
    running mean of ``g``. With momentum ``mu``: ``m <- mu m + lr g / sqrt(...)``, ``w <- w - m``. (Tieleman and Hinton,
    *Neural Networks for Machine Learning*, lecture 6.5, 2012; centred: Graves, arXiv:1308.0850.) Epsilon is inside the
    root, as in Keras; PyTorch adds it outside.

    Args:
        learning_rate: default 0.001.
        rho: decay of the running mean, in [0, 1]; default 0.9.
        momentum: ``mu`` in [0, 1]; default 0.
        epsilon: default 1e-7.
        centered: default False.
        weight_decay, clipnorm, use_ema, …, name: see :class:`clarinet.optimizers.Optimizer`.

    Raises:
        TypeError, ValueError: an argument out of range.

    Example:
        >>> import numpy as np
        >>> w, g, slots = np.array([1.0]), np.array([0.5]), {"velocity": np.zeros(1)}
        >>> RMSprop().update(w, g, slots, learning_rate=0.1, step=1)[0].round(4).tolist()
        [0.6838]
    """

    precedes_adam = True

    rho: float = 0.9
    momentum: float = 0.0
    epsilon: float = 1e-7
    centered: bool = False

    def check(self) -> None:
        check_number(self.rho, "RMSprop: rho", low=0, high=1)
        check_number(self.momentum, "RMSprop: momentum", low=0, high=1)
        check_number(self.epsilon, "RMSprop: epsilon", low=0)

    @property
    def slots(self) -> tuple[str, ...]:
        return (
            "velocity",
            *(("momentum",) if self.momentum else ()),
            *(("average_gradient",) if self.centered else ()),
        )

    def rule(
        self, w: Array, g: Array, slots: dict[str, Array], scalars: Scalars, xp: Namespace = np
    ) -> tuple[Array, dict[str, Array]]:
        v = self.rho * slots["velocity"] + (1 - self.rho) * g * g
        new, spread = {"velocity": v}, v
        if self.centered:
            mean = self.rho * slots["average_gradient"] + (1 - self.rho) * g
            new["average_gradient"] = mean
            spread = v - mean * mean
        move = scalars["learning_rate"] * g / xp.sqrt(spread + self.epsilon)
        if self.momentum:
            move = new["momentum"] = self.momentum * slots["momentum"] + move
        return w - move, new
