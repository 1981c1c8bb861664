"""Gradient descent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clarinet.configurable import check_number
from clarinet.optimizers.base import PureOptimizer, Scalars
from clarinet.optimizers.rates import RateField
from clarinet.types import Array, Namespace


@dataclass(eq=False, repr=False)
class SGD(PureOptimizer):
    """Stochastic gradient descent, perhaps with momentum.

    Update: ``w <- w - lr g``. With momentum ``mu``: ``m <- mu m - lr g``, then ``w <- w + m``; with Nesterov's
    ``w <- w + mu m - lr g`` (Polyak 1964; Nesterov 1983; Sutskever, Martens, Dahl, Hinton, ICML 2013). The learning
    rate is inside ``m``, as in Keras; PyTorch keeps it outside, which differs where the rate changes.

    Args:
        learning_rate: default 0.01.
        momentum: ``mu`` in [0, 1]; default 0.
        nesterov: default False.
        weight_decay, clipnorm, use_ema, …, name: see :class:`clarinet.optimizers.Optimizer`.

    Raises:
        TypeError, ValueError: an argument out of range.

    Example:
        >>> import numpy as np
        >>> w, g = np.array([1.0]), np.array([0.5])
        >>> SGD(0.1).update(w, g, {}, learning_rate=0.1, step=1)[0].tolist()
        [0.95]
    """

    adaptive = False
    precedes_adam = True
    usual_rates = (1e-2, 1.5)  # momentum counted in: rate / (1 - momentum)

    learning_rate: RateField = RateField(0.01)
    momentum: float = 0.0
    nesterov: bool = False

    def check(self) -> None:
        check_number(self.momentum, "SGD: momentum", low=0, high=1)

    @property
    def slots(self) -> tuple[str, ...]:
        return ("momentum",) if self.momentum else ()

    def rule(
        self, w: Array, g: Array, slots: dict[str, Array], scalars: Scalars, xp: Namespace = np
    ) -> tuple[Array, dict[str, Array]]:
        learning_rate = scalars["learning_rate"]
        if not self.momentum:
            return w - learning_rate * g, {}
        m = self.momentum * slots["momentum"] - learning_rate * g
        if self.nesterov:
            return w + self.momentum * m - learning_rate * g, {"momentum": m}
        return w + m, {"momentum": m}
