"""Dropout."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from clarinet.configurable import check_number
from clarinet.layers.base import Context, Layer
from clarinet.params import Array


@dataclass(eq=False, repr=False)
class Dropout(Layer):
    """While training, sets a share ``rate`` of the inputs to zero and scales the others by ``1 / (1 - rate)``.

    ``y = x m / (1 - rate)`` with a random mask ``m`` of zeros and ones, new on every step; in inference ``y = x``.
    Shapes: output as ``x``. Gradient: ``dx = dy m / (1 - rate)``. (Srivastava, Hinton, Krizhevsky, Sutskever,
    Salakhutdinov, J. Machine Learning Research 15, 2014.) The mask of a step depends on seed, step and layer alone, so
    both engines drop the same.

    Args:
        rate: share that is dropped, at least 0 and below 1.
        seed: fixes the masks whatever the model's seed; default None.

    Raises:
        TypeError, ValueError: ``rate`` is not in that range; ``seed`` is not a whole number.

    Example:
        >>> Dropout(0.5).output_shape((10,))
        (10,)
    """

    rate: float
    seed: int | None = None

    def check(self) -> None:
        self.rate = check_number(self.rate, "Dropout: rate", low=0, below=1)
        if self.seed is not None and (isinstance(self.seed, bool) or not isinstance(self.seed, (int, np.integer))):
            raise TypeError(f"Dropout: seed is a whole number or None, received {self.seed!r}")

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, Any, dict[str, Array]]:
        if not ctx.training or self.rate == 0:
            return x, None, {}
        key = ctx.key if self.seed is None else ctx.key.at(seed=self.seed)
        mask = ctx.xp.asarray(key.keep(prod(x.shape), self.rate).reshape(x.shape))
        factor = ctx.xp.astype(mask, x.dtype) * (1 / (1 - self.rate))
        return x * factor, factor, {}

    def backward(self, params: dict[str, Array], cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy if cache is None else dy * cache, {}
