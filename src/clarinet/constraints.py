"""Projections of weights onto what they may be, after every update of an optimizer.

``kernel_constraint=MaxNorm(3)`` keeps the weights of every unit of ``Dense`` within a ball of radius 3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

import numpy as np

from clarinet import aliases
from clarinet.arrays import EPSILON, namespace
from clarinet.configurable import Value, abstract, check_number, exported, resolve
from clarinet.fields import Field
from clarinet.names import public
from clarinet.registry import function_config, function_of
from clarinet.types import Array, Json, TensorFunction

Axis = int | Sequence[int]


@dataclass(eq=False, repr=False)
class Constraint(Value):
    """Base class: a function of a weight that gives the nearest one allowed, of the same shape.

    A class of your own defines ``__call__``, of functions of :mod:`clarinet.ops` and operators, which run natively, or
    of NumPy's, which do not.

    Example:
        >>> from clarinet import ops
        >>> class Clip(Constraint):
        ...     def __init__(self, most):
        ...         self.most = most
        ...
        ...     def __call__(self, w):
        ...         return ops.clip(w, -self.most, self.most)
        >>> Clip(1.0)([3.0, -0.5]).tolist()
        [1.0, -0.5]
    """

    kind: ClassVar[str] = "constraint"

    @abstract
    def __call__(self, w: Array) -> Array:
        """The weight as it may be."""
        raise NotImplementedError


@dataclass(eq=False, repr=False)
class NonNeg(Constraint):
    """No weight below zero: ``max(w, 0)``.

    Example:
        >>> import numpy as np
        >>> NonNeg()(np.array([-1.0, 2.0])).tolist()
        [0.0, 2.0]
    """

    def __call__(self, w: Array) -> Array:
        xp = namespace(w)
        return xp.maximum(w, xp.zeros_like(w))


@dataclass(eq=False, repr=False)
class MinMaxNorm(Constraint):
    """Brings the length of the weights of every unit between two bounds: ``w <- w * d / (1e-7 + |w|)``.

    ``d = rate * min(max(|w|, min_value), max_value) + (1 - rate) * |w|``, and ``|w|`` is the Euclidean length along
    ``axis``.

    Args:
        min_value, max_value: the bounds; default 0 and 1.
        rate: how far one update goes, in [0, 1]; default 1: all the way.
        axis: along which lengths are taken, one axis or several; default 0, the inputs of every unit of ``Dense``.
            ``[0, 1, 2]`` takes those of every filter of ``Conv2D``.

    Raises:
        TypeError, ValueError: a bound that is not a finite number, an axis that is none.

    Example:
        >>> import numpy as np
        >>> MinMaxNorm(1.0, 2.0)(np.array([[3.0], [4.0]])).round(3).tolist()
        [[1.2], [1.6]]
    """

    min_value: float = 0.0
    max_value: float = 1.0
    rate: float = 1.0
    axis: Axis = 0

    def __post_init__(self) -> None:
        check_number(self.min_value, "MinMaxNorm: min_value")
        check_number(self.max_value, "MinMaxNorm: max_value")
        check_number(self.rate, "MinMaxNorm: rate", low=0, high=1)
        object.__setattr__(self, "axis", _axes(self.axis, "MinMaxNorm"))

    def __call__(self, w: Array) -> Array:
        norms = _norms(w, self.axis)
        inside = namespace(w).clip(norms, self.min_value, self.max_value)
        return w * ((self.rate * inside + (1 - self.rate) * norms) / (EPSILON + norms))


@dataclass(eq=False, repr=False)
class MaxNorm(Constraint):
    """Brings the length of the weights of every unit below a bound: ``w <- w * min(|w|, max_value) / (1e-7 + |w|)``.

    (Srebro and Shraibman, *Rank, trace-norm and max-norm*, COLT 2005; with dropout: Srivastava et al., JMLR 15, 2014.)

    Args:
        max_value: the bound; default 2.
        axis: as for :class:`MinMaxNorm`.

    Raises:
        TypeError, ValueError: a bound that is not a finite number, an axis that is none.

    Example:
        >>> import numpy as np
        >>> MaxNorm(2.5)(np.array([[3.0], [4.0]])).round(3).tolist()
        [[1.5], [2.0]]
    """

    max_value: float = 2
    axis: Axis = 0

    def __post_init__(self) -> None:
        check_number(self.max_value, "MaxNorm: max_value")
        object.__setattr__(self, "axis", _axes(self.axis, "MaxNorm"))

    def __call__(self, w: Array) -> Array:
        norms = _norms(w, self.axis)
        return w * (namespace(w).clip(norms, 0, self.max_value) / (EPSILON + norms))


@dataclass(eq=False, repr=False)
class UnitNorm(Constraint):
    """Brings the weights of every unit to length 1: ``w <- w / (1e-7 + |w|)``.

    Args:
        axis: as for :class:`MinMaxNorm`.

    Raises:
        TypeError, ValueError: an axis that is none.

    Example:
        >>> import numpy as np
        >>> UnitNorm()(np.array([[3.0], [4.0]])).round(3).tolist()
        [[0.6], [0.8]]
    """

    axis: Axis = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "axis", _axes(self.axis, "UnitNorm"))

    def __call__(self, w: Array) -> Array:
        return w / (EPSILON + _norms(w, self.axis))


@dataclass(eq=False, repr=False)
class Function(Constraint):
    """A Python function as a constraint.

    Args:
        function: ``w = function(w)``.
    """

    function: TensorFunction

    def __call__(self, w: Array) -> Array:
        return cast(Array, self.function(w))

    def encoded(self) -> Json:
        return function_config(self.function)


def _restored(described: Mapping[str, object]) -> Function:
    return Function(cast(TensorFunction, function_of(described)))


Constraint.restorer = staticmethod(_restored)


def _norms(w: Array, axis: Axis) -> Array:
    xp = namespace(w)
    along = axis if isinstance(axis, int) else tuple(axis)
    return xp.sqrt(xp.sum(xp.square(w), axis=along, keepdims=True))


def _axes(axis: object, what: str) -> int | tuple[int, ...]:
    axes = tuple(axis) if isinstance(axis, (list, tuple)) else (axis,)
    for one in axes:
        if isinstance(one, bool) or not isinstance(one, (int, np.integer)):
            raise TypeError(f"{what}: axis is a whole number or a list of them, received {axis!r}")
    return axes if isinstance(axis, (list, tuple)) else int(axes[0])


def allowed(w: Array, constraint: Callable[[Array], Array] | None) -> Array:
    """A weight after its constraint, if it has one, as an array of its own dtype.

    Raises:
        ValueError: what the constraint gives has another shape.
    """
    if constraint is None:
        return w
    found = constraint(w)
    if isinstance(w, np.ndarray):
        found = np.asarray(found, w.dtype).view(np.ndarray)
    if found.shape != w.shape:
        raise ValueError(f"{constraint!r}: gave shape {found.shape} for a weight of shape {w.shape}; expected the same")
    return found


max_norm, min_max_norm, non_neg, unit_norm = MaxNorm, MinMaxNorm, NonNeg, UnitNorm

__all__ = [
    "Constraint",
    "MaxNorm",
    "MinMaxNorm",
    "NonNeg",
    "UnitNorm",
    "max_norm",
    "min_max_norm",
    "non_neg",
    "unit_norm",
]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


#: A constraint or none, or a form that :func:`get` accepts.
ConstraintLike = Constraint | type[Constraint] | str | Mapping[str, object] | Callable[[Array], Array] | None


def get(identifier: object) -> Constraint | None:
    """The constraint that a name, object, function or configuration stands for, or None.

    Names: ``"max_norm"``, ``"min_max_norm"``, ``"non_neg"``, ``"unit_norm"``.

    Raises:
        ValueError: an unknown name, with the nearest right one. TypeError: something else.
    """
    if identifier is None:
        return None
    return resolve(identifier, Constraint, exported(globals(), Constraint), _of_function)


def _of_function(function: Callable[..., object]) -> Constraint:
    return Function(cast(TensorFunction, function))


class ConstraintField(Field[ConstraintLike, Constraint | None]):
    """The constraint of a weight, if any."""

    def convert(self, value: ConstraintLike, owner: object) -> Constraint | None:
        return get(value)
