"""Types that recur in signatures."""

from __future__ import annotations

from collections.abc import Callable
from types import EllipsisType
from typing import Any, Never, Protocol, SupportsIndex, TypeAlias, runtime_checkable

import numpy as np
from numpy import dtype
from numpy.typing import NDArray

#: The sizes of an array's axes; by default of one sample, without the batch axis.
Shape = tuple[int, ...]
#: Numbers of any shape and dtype.
Array = NDArray[Any]
#: One array, or one for every input or output of a model.
Arrays = Array | tuple[Array, ...]
#: One number: a float, or an array without axes, in libraries that trace or use another device.
Scalar = float | Array
#: A value as JSON has it.
Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
#: Settings by name, as JSON has them.
Config = dict[str, Json]
_AxisIndex = SupportsIndex | slice | EllipsisType | NDArray[np.integer[Any] | np.bool_] | list[int] | None
#: What picks some entries of an array.
Index = _AxisIndex | tuple[_AxisIndex, ...]
#: The type of numbers, e.g. float32.
DType = dtype[Any]
#: What functions on tensors take: a tensor, an array, a list, a number, a variable, or a tensor of a network that is
#: being put together; of some functions several in lists, tuples and dictionaries. Python has no type for that.
TensorLike: TypeAlias = Any
#: An array; where a model has several outputs a structure of arrays.
Predictions: TypeAlias = Any
#: A function of tensors.
TensorFunction: TypeAlias = Callable[..., Any]
#: What such functions give: tensors of numbers, or tensors of a network where they took one.
AnyTensor: TypeAlias = Any
#: A shape as users write it: sizes in a tuple, a list or an array, or one number; None where a size is not known.
ShapeLike: TypeAlias = Any
#: One axis, several, or None for all.
Axes: TypeAlias = Any
#: A type of numbers as users write it: ``"float32"``, ``np.float32``.
DTypeArg: TypeAlias = Any
#: What is passed on to another function as it was given.
Setting: TypeAlias = Any
#: A layer of whatever class a user gave; its own attributes are known where it is used.
LayerLike: TypeAlias = Any
#: A model, for functions that become its methods.
ModelLike: TypeAlias = Any
#: What an operation's ``forward`` keeps for its own ``backward``.
OpCache: TypeAlias = Any
#: What a layer's ``forward`` keeps for its own ``backward``. The layer alone knows its type; all others pass it on.
Cache = Never


class Namespace(Protocol):
    """The functions of the array API standard that layers, losses, metrics and optimizers call."""

    def __getattr__(self, name: str, /) -> Callable[..., Array]: ...


class Penalty(Protocol):
    """A penalty on a weight, added to the loss; see :class:`clarinet.regularizers.Regularizer`."""

    def __call__(self, w: Array, /) -> Scalar:
        """The penalty."""

    def gradient(self, w: Array, /) -> Array:
        """Its derivative, of the shape of ``w``."""


@runtime_checkable
class HasNamespace(Protocol):
    """An array that follows the array API standard."""

    def __array_namespace__(self) -> Namespace:
        """The functions for such arrays."""
