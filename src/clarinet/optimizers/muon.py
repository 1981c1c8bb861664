"""Muon."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from clarinet.configurable import check_flag, check_number, check_whole
from clarinet.optimizers.adam import AdamW
from clarinet.optimizers.base import Optimizer, PureOptimizer, Scalars
from clarinet.types import Array, Namespace


@dataclass(eq=False, repr=False)
class Muon(PureOptimizer):
    """Momentum made orthogonal: a step goes equally far in every direction of a matrix. For weights of two axes.

    Update of a matrix of ``r`` rows and ``c`` columns: ``m <- momentum m + g``; ``d = g + momentum m`` with
    ``nesterov``, else ``m``; ``w <- w - lr rms_rate sqrt(max(r, c)) orthogonal(d)``. ``orthogonal(d)`` is nearly
    ``U V^T`` of the singular value decomposition ``d = U S V^T``: from ``X = d / |d|``, ``ns_steps`` times
    ``X <- a X + (b A + c A A) X`` with ``A = X X^T``, which brings all singular values near 1. All other weights,
    embeddings, and the layers in ``exclude_layers`` (the last one, mostly) follow :class:`AdamW`. (Jordan et al.,
    *Muon: an optimizer for hidden layers in neural networks*, 2024; the factor of Liu et al., arXiv:2502.16982.) Runs
    on the reference engine.

    Args:
        learning_rate: default 0.001.
        weight_decay: of the weights that Muon moves, as in :class:`clarinet.optimizers.Optimizer`; default 0.004.
        adam_beta_1, adam_beta_2, epsilon: of AdamW; default 0.9, 0.999 and 1e-7.
        adam_weight_decay: of the weights that AdamW moves; default 0.004, None is off.
        exclude_layers: patterns (regular expressions); weights whose name ``"layer/weight"`` holds one follow AdamW.
        exclude_embeddings: whether weights named so do; default True.
        muon_a, muon_b, muon_c: of the iteration; default 3.4445, -4.775 and 2.0315, which reach 1 fast.
        adam_lr_ratio: AdamW's learning rate as a multiple; default 1.
        momentum: in [0, 1]; default 0.95.
        ns_steps: at least 1; default 5.
        nesterov: default True.
        rms_rate: makes the size of steps that of AdamW's; default 0.2. None leaves the factor out.
        clipnorm, use_ema, …, name: see :class:`clarinet.optimizers.Optimizer`.

    Raises:
        TypeError, ValueError: an argument out of range; a pattern that is none.

    Example:
        >>> import numpy as np
        >>> w, g = np.zeros((2, 2)), np.array([[3.0, 0.0], [0.0, 0.1]])
        >>> slots = {"momentum": np.zeros((2, 2)), "velocity": np.zeros((2, 2))}
        >>> Muon(rms_rate=None).update(w, g, slots, learning_rate=1, step=1)[0].round(1).tolist()
        [[-0.7, 0.0], [0.0, -1.1]]
    """

    weight_decay: float | None = 0.004
    adam_weight_decay: float | None = 0.004
    adam_beta_1: float = 0.9
    adam_beta_2: float = 0.999
    epsilon: float = 1e-7
    exclude_layers: Sequence[str] = ()
    exclude_embeddings: bool = True
    muon_a: float = 3.4445
    muon_b: float = -4.7750
    muon_c: float = 2.0315
    adam_lr_ratio: float = 1.0
    momentum: float = 0.95
    ns_steps: int = 5
    nesterov: bool = True
    rms_rate: float | None = 0.2

    def check(self) -> None:
        for name in ("muon_a", "muon_b", "muon_c"):
            check_number(getattr(self, name), f"Muon: {name}")
        for name in ("adam_beta_1", "adam_beta_2"):
            check_number(getattr(self, name), f"Muon: {name}", low=0, below=1)
        check_number(self.epsilon, "Muon: epsilon", low=0)
        if self.adam_weight_decay is not None:
            check_number(self.adam_weight_decay, "Muon: adam_weight_decay")
        check_number(self.momentum, "Muon: momentum", low=0, high=1)
        check_whole(self.ns_steps, "Muon: ns_steps", low=1)
        for name in ("nesterov", "exclude_embeddings"):
            check_flag(getattr(self, name), f"Muon: {name}")
        if self.rms_rate is not None:
            check_number(self.rms_rate, "Muon: rms_rate")
        self.exclude_layers = list(self.exclude_layers or ())
        for pattern in self.exclude_layers:
            _check_pattern(pattern)
        self._rest = _Rest(
            beta_1=self.adam_beta_1,
            beta_2=self.adam_beta_2,
            epsilon=self.epsilon,
            weight_decay=self.adam_weight_decay or 0.0,
            ratio=self.adam_lr_ratio,
            name="Muon",
        )

    @property
    def slots(self) -> tuple[str, ...]:
        return ("momentum", "velocity")

    def rule_for(self, name: str, shape: tuple[int, ...]) -> Optimizer:
        embedding = self.exclude_embeddings and "embedding" in name.lower()
        excluded = any(re.search(pattern, name) for pattern in self.exclude_layers)
        return self._rest if len(shape) != 2 or embedding or excluded else self

    def scalars(self, learning_rate: float, step: int) -> Scalars:
        return self._rest.scalars(learning_rate, self.updates(step)) | super().scalars(learning_rate, step)

    def rule(
        self, w: Array, g: Array, slots: dict[str, Array], scalars: Scalars, xp: Namespace = np
    ) -> tuple[Array, dict[str, Array]]:
        m = self.momentum * slots["momentum"] + g
        direction = self.orthogonal(g + self.momentum * m if self.nesterov else m, xp)
        scale = 1.0 if self.rms_rate is None else self.rms_rate * sqrt(max(w.shape))
        return w - (scalars["learning_rate"] * scale) * direction, {"momentum": m, "velocity": slots["velocity"]}

    def orthogonal(self, d: Array, xp: Namespace = np) -> Array:
        """Nearly ``U V^T`` of a matrix ``d = U S V^T``."""
        tall = d.shape[0] > d.shape[1]
        x = xp.matrix_transpose(d) if tall else d  # so that A is the smaller of the two
        x = x / (xp.sqrt(xp.sum(x * x)) + 1e-7)
        for _ in range(self.ns_steps):
            a = x @ xp.matrix_transpose(x)
            x = self.muon_a * x + (self.muon_b * a + self.muon_c * (a @ a)) @ x
        return xp.matrix_transpose(x) if tall else x


@dataclass(eq=False, repr=False)
class _Rest(AdamW):
    """The optimizer of the other weights: its learning rate is a multiple, that of the decay is not."""

    ratio: float = 1.0

    def check(self) -> None:
        super().check()
        check_number(self.ratio, "Muon: adam_lr_ratio")

    def scalars(self, learning_rate: float, step: int) -> Scalars:
        return super().scalars(self.ratio * learning_rate, step)


def _check_pattern(pattern: str) -> None:
    try:
        re.compile(pattern)
    except (re.error, TypeError) as wrong:
        raise ValueError(
            f"Muon: exclude_layers holds names of layers or regular expressions; received {pattern!r}: {wrong}"
        ) from None
