"""Penalties on the size of weights, each with its gradient.

``kernel_regularizer=l2(1e-3)`` adds ``1e-3 * sum(w**2)`` to the loss of every batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, cast

import numpy as np

from clarinet import aliases
from clarinet.arrays import namespace, number, summed
from clarinet.configurable import Value, abstract, check_number, exported, resolve
from clarinet.fields import Field
from clarinet.names import public
from clarinet.ops.dispatch import apply
from clarinet.ops.operation import Gradients, Operation
from clarinet.ops.specs import TensorSpec
from clarinet.ops.tape import GradientTape, paused
from clarinet.ops.tensor import tensor
from clarinet.registry import function_config, function_of
from clarinet.types import AnyTensor, Array, Json, Namespace, Penalty, Scalar, TensorFunction, TensorLike


@dataclass(eq=False, repr=False)
class Regularizer(Value):
    """Base class: a penalty on a weight that is added to the loss of every batch, and its derivative.

    A class of your own defines ``__call__``, of functions of :mod:`clarinet.ops` and operators; it derives itself.

    Example:
        >>> from clarinet import ops
        >>> class Cubes(Regularizer):
        ...     def __call__(self, w):
        ...         return ops.sum(ops.abs(w) ** 3)
        >>> Cubes().gradient([1.0, -2.0]).tolist()
        [3.0, -12.0]
    """

    kind: ClassVar[str] = "regularizer"

    def __init_subclass__(cls) -> None:
        if "__call__" in vars(cls) and "gradient" not in vars(cls):  # the derivative of a class above is another one's
            setattr(cls, "gradient", Regularizer.gradient)  # noqa: B010  # a method, for the type checker

    @abstract
    def __call__(self, w: Array) -> Scalar:
        """The penalty on the weight ``w``: a float, or where ``w`` is not NumPy's an array of one number."""
        raise NotImplementedError

    def gradient(self, w: Array) -> Array:
        """Derivative of the penalty, of the shape of ``w``."""
        weight = tensor(w)
        with paused(), GradientTape() as tape:
            tape.watch(weight)
            penalty = self(weight)
        found: Array = tape.gradient(penalty, weight, unconnected_gradients="zero").numpy()
        return found


@dataclass(eq=False, repr=False)
class Function(Regularizer):
    """A Python function as a penalty; it derives itself.

    Args:
        function: ``penalty = function(w)``, a number.
    """

    function: TensorFunction

    def __call__(self, w: Array) -> Scalar:
        return cast(Scalar, self.function(w))

    def encoded(self) -> Json:
        return function_config(self.function)


def _restored(described: Mapping[str, object]) -> Function:
    return Function(cast(TensorFunction, function_of(described)))


Regularizer.restorer = staticmethod(_restored)


@dataclass(eq=False, repr=False)
class L1L2(Regularizer):
    """Both penalties: ``l1 * sum(|w|) + l2 * sum(w**2)``; gradient ``l1 * sign(w) + 2 * l2 * w`` (0 at 0).

    Zou and Hastie, *Regularization and variable selection via the elastic net*, J. Royal Statistical Society B 67
    (2005).

    Args:
        l1: factor of the sum of absolute values; default 0.
        l2: factor of the sum of squares; default 0.

    Raises:
        TypeError, ValueError: a factor that is not a finite number.

    Example:
        >>> import numpy as np
        >>> L1L2(l1=0.5, l2=0.25)(np.array([2.0, -2.0]))
        4.0
    """

    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        for name in ("l1", "l2"):
            check_number(getattr(self, name), f"{type(self).__name__}: {name}")

    def __call__(self, w: Array) -> Scalar:
        xp = namespace(w)
        return number(self.l1 * xp.sum(xp.abs(w)) + self.l2 * xp.sum(w * w))

    def gradient(self, w: Array) -> Array:
        return self.l1 * namespace(w).sign(w) + 2 * self.l2 * w


@dataclass(eq=False, repr=False)
class L1(L1L2):
    """The sum of absolute values, which drives weights to exactly zero: ``l1 * sum(|w|)``.

    Args:
        l1: factor; default 0.01.

    Example:
        >>> import numpy as np
        >>> L1(0.5)(np.array([2.0, -2.0]))
        2.0
    """

    l1: float = 0.01
    l2: float = field(default=0.0, init=False)


@dataclass(eq=False, repr=False)
class L2(L1L2):
    """The sum of squares, which keeps weights small: ``l2 * sum(w**2)``, gradient ``2 * l2 * w``.

    Args:
        l2: factor; default 0.01.

    Example:
        >>> import numpy as np
        >>> L2(0.5)(np.array([2.0, -2.0]))
        4.0
    """

    l1: float = field(default=0.0, init=False)
    l2: float = 0.01


@dataclass(eq=False, repr=False)
class OrthogonalRegularizer(Regularizer):
    """Makes the rows (or columns) of a kernel orthogonal: ``factor`` times the mean ``|cos|`` of their angles.

    ``factor * sum_(i<j) |u_i · u_j| / pairs`` with ``u_i = w_i / |w_i|``; gradient at ``w_i``: ``(d_i - u_i (u_i ·
    d_i)) / |w_i|`` with ``d_i = factor / pairs * sum_(j≠i) sign(u_i · u_j) u_j``.

    Args:
        factor: default 0.01.
        mode: ``"rows"`` (default) or ``"columns"``.

    Raises:
        TypeError, ValueError: a setting without meaning; when called, a weight that is not two-dimensional.

    Example:
        >>> import numpy as np
        >>> OrthogonalRegularizer(0.5)(np.array([[1.0, 0.0], [3.0, 4.0]]))
        0.3
    """

    factor: float = 0.01
    mode: str = "rows"

    def __post_init__(self) -> None:
        check_number(self.factor, "OrthogonalRegularizer: factor", low=0)
        if self.mode not in ("rows", "columns"):
            raise ValueError(f"OrthogonalRegularizer: mode is 'rows' or 'columns', received {self.mode!r}")

    def _directions(self, w: Array) -> tuple[Array, Array, Array, float]:
        """Unit vectors as rows, their former lengths, the products of all pairs, and the factor of each pair."""
        if w.ndim != 2:
            raise ValueError(
                f"OrthogonalRegularizer: expected a weight of two dimensions, received shape {tuple(w.shape)}; use L2()"
            )
        xp = namespace(w)
        rows = w if self.mode == "rows" else w.T
        squares = xp.sum(rows * rows, axis=1, keepdims=True)
        length = xp.sqrt(xp.where(squares == 0, xp.ones_like(squares), squares))
        unit, n = rows / length, rows.shape[0]
        products = (unit @ unit.T) * (1 - xp.eye(n, dtype=w.dtype))
        return unit, length, products, self.factor / max(n * (n - 1) / 2, 1)

    def __call__(self, w: Array) -> Scalar:
        _, _, products, share = self._directions(w)
        xp = namespace(w)
        return number(share * 0.5 * xp.sum(xp.abs(products)))

    def gradient(self, w: Array) -> Array:
        unit, length, products, share = self._directions(w)
        xp = namespace(w)
        delta = share * (xp.sign(products) @ unit)
        slope = (delta - unit * xp.sum(unit * delta, axis=1, keepdims=True)) / length
        gradient: Array = slope if self.mode == "rows" else slope.T
        return gradient


@dataclass(eq=False, repr=False)
class Penalised(Operation):
    """A penalty as an operation: ``y = share f(w)``; ``dw = share f'(w) dy``.

    Args:
        rule: the penalty ``f``.
        share: a factor.
    """

    rule: Penalty
    share: float = 1.0

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        (w,) = xs
        return np.asarray(self.share * summed(self.rule(w)), w.dtype), w

    def backward(self, cache: Array, dy: Array, xp: Namespace = np) -> Gradients:
        return (self.rule.gradient(cache) * (self.share * dy),)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        return TensorSpec((), specs[0].dtype)


def penalty_on(rule: Penalty, w: TensorLike, share: float = 1.0) -> AnyTensor:
    """``share`` times the penalty on a weight, or on the output of a layer, as a tensor that tapes remember."""
    return apply(Penalised(rule, share), w)


l1, l2, l1_l2, orthogonal_regularizer = L1, L2, L1L2, OrthogonalRegularizer

__all__ = [
    "L1",
    "L1L2",
    "L2",
    "OrthogonalRegularizer",
    "Regularizer",
    "l1",
    "l1_l2",
    "l2",
    "orthogonal_regularizer",
]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


#: A regularizer or none, or a form that :func:`get` accepts.
RegularizerLike = Regularizer | type[Regularizer] | str | Mapping[str, object] | Callable[[Array], Scalar] | None


def get(identifier: object) -> Regularizer | None:
    """The regularizer that a name, object, function or configuration stands for, or None.

    Names: ``"l1"``, ``"l2"``, ``"l1_l2"``, ``"orthogonal_regularizer"``.
    """
    if identifier is None:
        return None
    return resolve(identifier, Regularizer, exported(globals(), Regularizer), _of_function)


def _of_function(function: Callable[..., object]) -> Regularizer:
    return Function(cast(TensorFunction, function))


class RegularizerField(Field[RegularizerLike, Regularizer | None]):
    """The penalty on a weight, if any."""

    def convert(self, value: RegularizerLike, owner: object) -> Regularizer | None:
        return get(value)
