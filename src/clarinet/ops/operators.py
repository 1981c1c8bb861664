"""The operators and methods of an eager tensor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Never, cast

import numpy as np

from clarinet.ops import arithmetic, axes, bits, comparisons, core, diagonals, elementwise, linear, totals
from clarinet.ops.arranging import repeat, unstack
from clarinet.ops.cumulative import cumprod, cumsum
from clarinet.ops.indexing import get_item, take
from clarinet.ops.tensor import NUMPY_OPERATORS, Tensor
from clarinet.types import AnyTensor, Array, DTypeArg, Index, ShapeLike, TensorFunction, TensorLike
from clarinet.variables import Variable

#: Python's name of an operator, NumPy's function, ours.
_BINARY: list[tuple[str, np.ufunc, TensorFunction]] = [
    ("add", np.add, arithmetic.add),
    ("sub", np.subtract, arithmetic.subtract),
    ("mul", np.multiply, arithmetic.multiply),
    ("truediv", np.divide, arithmetic.divide),
    ("floordiv", np.floor_divide, arithmetic.floor_divide),
    ("mod", np.remainder, arithmetic.mod),
    ("pow", np.power, arithmetic.power),
    ("matmul", np.matmul, linear.matmul),
    ("and", np.bitwise_and, bits.bitwise_and),
    ("or", np.bitwise_or, bits.bitwise_or),
    ("xor", np.bitwise_xor, bits.bitwise_xor),
    ("lshift", np.left_shift, bits.bitwise_left_shift),
    ("rshift", np.right_shift, bits.bitwise_right_shift),
]
_COMPARING: list[tuple[str, np.ufunc, TensorFunction]] = [
    ("lt", np.less, comparisons.less),
    ("le", np.less_equal, comparisons.less_equal),
    ("gt", np.greater, comparisons.greater),
    ("ge", np.greater_equal, comparisons.greater_equal),
    ("eq", np.equal, comparisons.equal),
    ("ne", np.not_equal, comparisons.not_equal),
]
_UNARY: list[tuple[str, TensorFunction]] = [
    ("neg", elementwise.negative),
    ("abs", elementwise.absolute),
    ("invert", bits.bitwise_not),
]
#: Methods that NumPy's arrays have: ours, and the names of the arguments that it takes.
_METHODS: dict[str, tuple[TensorFunction, tuple[str, ...]]] = {
    **{
        name: (getattr(totals, name), ("axis", "keepdims"))
        for name in ("sum", "mean", "max", "min", "prod", "std", "var", "all", "any", "argmax", "argmin")
    },
    "cumsum": (cumsum, ("axis", "dtype")),
    "cumprod": (cumprod, ("axis", "dtype")),
    "clip": (arithmetic.clip, ("min", "max")),
    "round": (elementwise.round, ("decimals",)),
    "dot": (linear.dot, ("b",)),
    "take": (take, ("indices", "axis")),
    "repeat": (repeat, ("repeats", "axis")),
    "squeeze": (axes.squeeze, ("axis",)),
    "swapaxes": (axes.swapaxes, ("axis1", "axis2")),
    "diagonal": (diagonals.diagonal, ("offset", "axis1", "axis2")),
    "trace": (diagonals.trace, ("offset", "axis1", "axis2")),
    "ravel": (axes.ravel, ()),
    "flatten": (axes.ravel, ()),
    "copy": (core.copy, ()),
}


#: Where NumPy calls an argument otherwise.
_RENAMED = {"min": "x_min", "max": "x_max", "b": "x2"}


def _method(name: str, function: TensorFunction, known: tuple[str, ...]) -> TensorFunction:
    """NumPy's method as an operation; with arguments such as ``out=`` it is NumPy's, without a gradient."""

    def method(self: Tensor, *args: TensorLike, **arguments: object) -> AnyTensor:
        if len(args) > len(known) or not set(arguments) <= set(known):
            return cast(AnyTensor, getattr(self.numpy(), name)(*args, **arguments))
        return function(self, *args, **{_RENAMED.get(key, key): value for key, value in arguments.items()})

    method.__name__, method.__doc__ = name, f"As ``clarinet.ops.{function.__name__}``."
    return method


def _operator(function: TensorFunction) -> TensorFunction:
    def operator(self: Tensor, other: TensorLike) -> AnyTensor:
        return function(self, other)

    return operator


def _reflected(function: TensorFunction) -> TensorFunction:
    def operator(self: Tensor, other: TensorLike) -> AnyTensor:
        return function(other, self)

    return operator


def _equality(function: TensorFunction) -> TensorFunction:
    """What is no number is not equal to any: ``t == None`` is False."""

    def operator(self: Tensor, other: TensorLike) -> AnyTensor:
        if other is None or isinstance(other, str):
            return cast(AnyTensor, NotImplemented)
        try:
            return function(self, other)
        except TypeError:  # it may know what it equals, as pytest.approx does
            return cast(AnyTensor, NotImplemented)

    return operator


def _reshape(self: Tensor, *shape: ShapeLike, **arguments: Never) -> AnyTensor | Array:
    """As ``clarinet.ops.reshape``; the sizes may stand one by one."""
    if arguments:
        return self.numpy().reshape(*cast("tuple[int, ...]", shape), **arguments)
    return axes.reshape(self, shape[0] if len(shape) == 1 else shape)


def _transpose(self: Tensor, *order: Sequence[int]) -> AnyTensor:
    """As ``clarinet.ops.transpose``; the axes may stand one by one."""
    return axes.transpose(self, (order[0] if len(order) == 1 else cast("Sequence[int]", order)) or None)


def _astype(self: Tensor, dtype: DTypeArg, **arguments: Never) -> AnyTensor | Array:
    """As ``clarinet.ops.cast``."""
    if set(arguments) - {"copy"}:
        return self.numpy().astype(dtype, **arguments)
    return core.cast(self, dtype)


def _iterate(self: Tensor) -> Iterator[AnyTensor]:
    return iter(unstack(self))


def operate(kind: type) -> None:
    """Give a class of tensors the operators, but for ``==`` and ``!=``, and ``T``."""
    for name, _, function in _BINARY:
        for form, make in ((f"__{name}__", _operator), (f"__r{name}__", _reflected), (f"__i{name}__", _operator)):
            setattr(kind, form, make(function))
    for name, _, function in _COMPARING:
        if name not in ("eq", "ne"):
            setattr(kind, f"__{name}__", _operator(function))
    for name, function in _UNARY:
        setattr(kind, f"__{name}__", function)
    setattr(kind, "__getitem__", get_item)  # noqa: B010  # of a class that is not known here
    setattr(kind, "T", property(axes.transpose))  # noqa: B010


def _part(self: Variable, key: Index) -> AnyTensor:
    """The numbers at some places, which may be assigned."""
    found = get_item(self, key)
    if isinstance(found, Tensor):
        found._assigns = partial(_assign_part, self, key)
    return found


def _assign_part(variable: Variable, key: Index, value: object) -> None:
    numbers = variable.numpy()
    numbers[key] = np.asarray(value)
    variable.assign(numbers)


def _refuse_in_place(self: Variable, other: object) -> Variable:
    raise TypeError(f"{self.path}: a variable is not changed in place; use assign, assign_add or assign_sub")


def install() -> None:
    """Give eager tensors and variables their operators, and tensors their methods."""
    for _, numpy, function in (*_BINARY, *_COMPARING):
        NUMPY_OPERATORS[numpy] = function
    for kind in (Tensor, Variable):
        operate(kind)
        for name, _, function in _COMPARING:
            if name in ("eq", "ne"):
                setattr(kind, f"__{name}__", _equality(function))
    for name, _, _ in _BINARY:
        setattr(Variable, f"__i{name}__", _refuse_in_place)
    Variable.operators = NUMPY_OPERATORS
    setattr(Variable, "__getitem__", _part)  # noqa: B010
    for name, (function, known) in _METHODS.items():
        setattr(Tensor, name, _method(name, function, known))
    others: dict[str, object] = {"reshape": _reshape, "transpose": _transpose, "astype": _astype, "__iter__": _iterate}
    for name, attribute in {**others, "__getitem__": get_item}.items():
        setattr(Tensor, name, attribute)
