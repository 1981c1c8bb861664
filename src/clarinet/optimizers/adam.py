"""Adam and AdamW."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from clarinet.configurable import check_number
from clarinet.optimizers.base import PureOptimizer, Scalars
from clarinet.types import Array, Namespace


@dataclass(eq=False, repr=False)
class Adam(PureOptimizer):
    """Adaptive moments: running means of the gradient and of its square, corrected for their start at zero.

    Update number ``t``: ``m <- m + (1 - beta_1)(g - m)``, ``v <- v + (1 - beta_2)(g**2 - v)``,
    ``alpha = lr sqrt(1 - beta_2**t) / (1 - beta_1**t)``, ``w <- w - alpha m / (sqrt(v) + epsilon)``. (Kingma and Ba,
    ICLR 2015, the form before section 2.1, in which epsilon is added to the uncorrected root, as in Keras; PyTorch adds
    it to the corrected one. AMSGrad: Reddi, Kale, Kumar, ICLR 2018.)

    Args:
        learning_rate: default 0.001.
        beta_1: decay of the mean of gradients, in [0, 1); default 0.9.
        beta_2: decay of the mean of squares, in [0, 1); default 0.999.
        epsilon: default 1e-7.
        amsgrad: divide by the largest ``v`` so far; default False.
        weight_decay, clipnorm, use_ema, …, name: see :class:`clarinet.optimizers.Optimizer`.

    Raises:
        TypeError, ValueError: an argument out of range.

    Example:
        >>> import numpy as np
        >>> w, g, slots = np.array([1.0]), np.array([0.5]), {"momentum": np.zeros(1), "velocity": np.zeros(1)}
        >>> Adam().update(w, g, slots, learning_rate=0.1, step=1)[0].round(4).tolist()
        [0.9]
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    amsgrad: bool = False

    def check(self) -> None:
        name = type(self).__name__
        check_number(self.beta_1, f"{name}: beta_1", low=0, below=1)
        check_number(self.beta_2, f"{name}: beta_2", low=0, below=1)
        check_number(self.epsilon, f"{name}: epsilon", low=0)

    @property
    def slots(self) -> tuple[str, ...]:
        return ("momentum", "velocity", *(("velocity_hat",) if self.amsgrad else ()))

    def scalars(self, learning_rate: float, step: int) -> Scalars:
        t = self.updates(step)
        alpha = learning_rate * sqrt(1 - self.beta_2**t) / (1 - self.beta_1**t)
        return super().scalars(learning_rate, step) | {"alpha": alpha}

    def rule(
        self, w: Array, g: Array, slots: dict[str, Array], scalars: Scalars, xp: Namespace = np
    ) -> tuple[Array, dict[str, Array]]:
        m, v = slots["momentum"], slots["velocity"]
        m = m + (1 - self.beta_1) * (g - m)
        v = v + (1 - self.beta_2) * (g * g - v)
        new, spread = {"momentum": m, "velocity": v}, v
        if self.amsgrad:
            spread = new["velocity_hat"] = xp.maximum(slots["velocity_hat"], v)
        return w - scalars["alpha"] * m / (xp.sqrt(spread) + self.epsilon), new


@dataclass(eq=False, repr=False)
class AdamW(Adam):
    """Adam with decoupled weight decay: ``w <- w - lr weight_decay w`` before each update.

    (Loshchilov and Hutter, ICLR 2019.) The decay acts on every trainable weight, biases included, as in Keras.

    Args:
        learning_rate: default 0.001.
        weight_decay: default 0.004.
        beta_1, beta_2, epsilon, amsgrad: see :class:`Adam`.
        clipnorm, use_ema, …, name: see :class:`clarinet.optimizers.Optimizer`.

    Raises:
        TypeError, ValueError: an argument out of range; ``weight_decay=None``.

    Example:
        >>> AdamW().weight_decay
        0.004
    """

    weight_decay: float | None = 0.004

    def check(self) -> None:
        super().check()
        if self.weight_decay is None:
            raise ValueError("AdamW: weight_decay is a number such as 0.004, received None; Adam has no weight decay")
