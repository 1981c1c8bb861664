"""Numbers that operations give: NumPy arrays whose operators are operations."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from clarinet.types import AnyTensor, Array, Setting, TensorLike


class Tensor(np.ndarray):
    """A NumPy array that an operation gave.

    Printing, indexing, NumPy and whatever takes arrays just work. Operators, indexing and the methods that NumPy and
    ``clarinet.ops`` both have are operations, so a :class:`clarinet.GradientTape` sees them; NumPy's functions, such as
    ``np.exp``, give plain arrays and no gradient. A tensor never changes: ``t += 1`` makes a new one.

    Example:
        >>> from clarinet import ops
        >>> t = ops.convert_to_tensor([1.0, 2.0])
        >>> t * 2
        Tensor([2., 4.], dtype=float32)
        >>> type(t.numpy()).__name__, float(ops.sum(t))
        ('ndarray', 3.0)
    """

    #: What tapes know it by.
    _number: int | None = None

    def numpy(self) -> Array:
        """The numbers as a plain NumPy array, without a copy."""
        return self.view(np.ndarray)

    def __repr__(self) -> str:
        return repr(self.numpy()).replace("\n", "\n ").replace("array", "Tensor", 1)

    def __str__(self) -> str:
        return str(self.numpy())

    def __setitem__(self, key: object, value: object) -> NoReturn:
        raise TypeError(
            "a tensor never changes, because a gradient may depend on what it was: use ops.where, ops.slice_update or "
            "ops.scatter_update, or take a copy with t.numpy().copy()"
        )

    def __array_ufunc__(self, ufunc: TensorLike, method: str, *inputs: TensorLike, **arguments: Setting) -> AnyTensor:
        if method == "__call__" and isinstance(inputs[0], np.generic) and not arguments:
            operator = NUMPY_OPERATORS.get(ufunc)
            if operator is not None:  # a NumPy number on the left of an operator
                return operator(*inputs)
        if "out" in arguments:
            arguments["out"] = plain(arguments["out"])
        return getattr(ufunc, method)(*plain(inputs), **arguments)

    def __array_function__(self, func: TensorLike, types: TensorLike, args: TensorLike, kwargs: Setting) -> AnyTensor:
        return func(*plain(args), **{name: plain(value) for name, value in kwargs.items()})


class Number(float):
    """A number that may be asked for as one of NumPy's, as tensors may.

    Example:
        >>> Number(0.5), Number(0.5).numpy()
        (0.5, np.float64(0.5))
    """

    def numpy(self) -> np.float64:
        """The number as one of NumPy's."""
        return np.float64(self)


#: What stands for NumPy's operators between a number of NumPy's and a tensor; :mod:`clarinet.ops.operators` fills it.
NUMPY_OPERATORS: dict[Any, Any] = {}


def plain(value: TensorLike) -> AnyTensor:
    """The same with plain arrays for tensors, in lists, tuples and dictionaries too."""
    if isinstance(value, Tensor):
        return value.view(np.ndarray)
    if isinstance(value, (list, tuple)):
        items = [plain(item) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def tensor(array: TensorLike) -> Tensor:
    """An array, or one of NumPy's numbers, as a tensor, without a copy."""
    return np.asarray(array).view(Tensor)
