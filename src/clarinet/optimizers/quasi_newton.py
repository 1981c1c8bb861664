"""BFGS and L-BFGS, for small networks and few rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from clarinet.configurable import check_number, check_whole
from clarinet.optimizers.base import Optimizer
from clarinet.optimizers.rates import RateField
from clarinet.types import Array


@dataclass(frozen=True)
class Minimised:
    """How a minimisation ended.

    Attributes:
        iterations, evaluations: how many there were.
        converged: whether it ended because nothing is lower nearby.
        message: why it ended.
    """

    iterations: int
    evaluations: int
    converged: bool
    message: str


#: Loss and gradient of all weights, flat in float64.
Objective = Callable[[Array], tuple[float, Array]]

#: Arguments of other optimizers, and what to use instead.
_MEANINGLESS = {
    **dict.fromkeys(("weight_decay", "clipnorm", "clipvalue", "global_clipnorm"), "use regularizers"),
    **dict.fromkeys(("loss_scale_factor", "gradient_accumulation_steps"), "leave it out: all rows are one batch"),
}


@dataclass(eq=False, repr=False)
class BFGS(Optimizer):
    """Quasi-Newton: the gradient, turned by an estimate of the inverse Hessian, and a line search along it.

    Every update is a whole minimisation of the loss of its batch, so ``fit`` by default takes all rows as one batch,
    and one epoch is mostly enough; the loss in logs is the one at its end. Needs SciPy (``pip install
    clarinet[scipy]``) and runs on the reference engine; ``compile(dtype="float64")`` lets it go further than float32's
    seven digits. The matrix has a row and a column for every weight: for more than a few thousand use :class:`LBFGS`.
    (Broyden, Fletcher, Goldfarb and Shanno, 1970; Nocedal and Wright, *Numerical optimization*, 2006.)

    Args:
        max_iterations: of one update; at least 1; default 200.
        tolerance: stop when no element of the gradient is larger; default 1e-6.
        name: for people. There is no learning rate, weight decay, clipping or average: the line search decides.

    Attributes:
        found: how the last update ended, a :class:`Minimised`; None before.

    Raises:
        TypeError, ValueError: an argument out of range, or one that has no meaning here. ImportError: in ``fit``, where
        SciPy is not installed.

    Example:
        >>> BFGS(tolerance=1e-9).max_iterations
        200
    """

    #: SciPy's name of the algorithm.
    method: ClassVar[str] = "BFGS"
    full_batch = True
    found: ClassVar[Minimised | None] = None

    learning_rate: RateField = RateField(1.0)
    max_iterations: int = 200
    tolerance: float = 1e-6

    def check(self) -> None:
        kind = type(self).__name__
        check_whole(self.max_iterations, f"{kind}: max_iterations", low=1)
        check_number(self.tolerance, f"{kind}: tolerance", low=0)
        for key, instead in _MEANINGLESS.items():
            if getattr(self, key) is not None:
                raise ValueError(f"{kind}: {key} has no meaning here, received {getattr(self, key)}; {instead}")
        if self.use_ema or self.learning_rate != 1.0:
            given = "use_ema=True" if self.use_ema else f"learning_rate={self.learning_rate}"
            raise ValueError(
                f"{kind}: {given} has no meaning here: the line search decides how far to go; leave it out"
            )

    def options(self) -> dict[str, float]:
        """The options of SciPy's minimiser."""
        return {"maxiter": self.max_iterations, "gtol": self.tolerance}

    def minimize(self, objective: Objective, start: Array) -> Array:
        """The weights at which the objective is least, as far as it was found; ``start`` where nothing is lower.

        Args:
            objective: loss and gradient at flat weights.
            start: flat weights in float64.
        """
        try:
            from scipy.optimize import minimize
        except ImportError:
            raise ImportError(
                f"{type(self).__name__} needs SciPy, which is not installed; use pip install clarinet[scipy]"
            ) from None
        first = objective(start)[0]
        found = minimize(objective, start, jac=True, method=self.method, options=self.options())
        ended = Minimised(int(found.nit), int(found.nfev), bool(found.success), str(found.message))
        vars(self)["found"] = ended
        return np.asarray(found.x) if np.isfinite(found.fun) and found.fun <= first else start


@dataclass(eq=False, repr=False)
class LBFGS(BFGS):
    """:class:`BFGS` that remembers the last ``history`` steps in the place of a matrix; for any number of weights.

    (Liu and Nocedal, Mathematical Programming 45, 1989.)

    Args:
        max_iterations, tolerance, name: as for :class:`BFGS`.
        history: steps that are remembered; at least 1; default 10.
        max_evaluations: of the loss in one update; default None: 20 for each iteration.

    Raises:
        TypeError, ValueError, ImportError: as for :class:`BFGS`.

    Example:
        >>> import numpy as np, clarinet
        >>> clarinet.utils.set_random_seed(0)
        >>> x = np.random.default_rng(0).normal(size=(50, 3))
        >>> model = clarinet.Sequential([clarinet.Input((3,)), clarinet.layers.Dense(1)])
        >>> model.compile("lbfgs", "mse", dtype="float64")
        >>> bool(model.fit(x, x.sum(axis=1), verbose=0).history["loss"][0] < 1e-9)
        True
    """

    method: ClassVar[str] = "L-BFGS-B"

    history: int = 10
    max_evaluations: int | None = None

    def check(self) -> None:
        super().check()
        check_whole(self.history, "LBFGS: history", low=1)
        if self.max_evaluations is not None:
            check_whole(self.max_evaluations, "LBFGS: max_evaluations", low=1)

    def options(self) -> dict[str, float]:
        evaluations = self.max_evaluations or 20 * self.max_iterations  # a line search takes one or two
        return super().options() | {"maxcor": self.history, "ftol": 1e-15, "maxfun": evaluations}
