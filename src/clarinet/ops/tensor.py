"""Numbers that operations give: NumPy arrays whose operators are operations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from clarinet.tensor_shape import TensorShape
from clarinet.types import AnyTensor, Array, DType

if TYPE_CHECKING:

    class _Numbers(AnyTensor, np.ndarray[tuple[int, ...], DType]):  # type: ignore[misc]  # operators are operations
        """An array whose operators give tensors."""

        @property
        def shape(self) -> tuple[int, ...]: ...
        @shape.setter
        def shape(self, value: object) -> None: ...
        @property
        def dtype(self) -> DType: ...
        @dtype.setter
        def dtype(self, value: object) -> None: ...
else:
    _Numbers = np.ndarray


class Tensor(_Numbers):
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
    #: Which of its steps count, where layers know.
    _keras_mask: Tensor | None = None
    _assigns: Callable[[object], None] | None = None  # of a part of a variable

    def numpy(self) -> Array:
        """The numbers as a plain NumPy array, without a copy; a single number as one of NumPy's."""
        return self.view(np.ndarray)[()]

    @property
    def device(self) -> str:  # type: ignore[override]
        """Where the numbers are, by the name that TensorFlow has for it."""
        return "/job:localhost/replica:0/task:0/device:CPU:0"

    def __int__(self) -> int:
        return int(self.view(np.ndarray).item())

    def __float__(self) -> float:
        return float(self.view(np.ndarray).item())

    def __repr__(self) -> str:
        return repr(self.view(np.ndarray)).replace("\n", "\n ").replace("array", "Tensor", 1)

    def __str__(self) -> str:
        return str(self.view(np.ndarray))

    def to_tensor(self, *_: object, **__: object) -> Tensor:
        """The same: it is dense."""
        return self

    def get_shape(self) -> TensorShape:
        """The shape, which has ``as_list``."""
        return TensorShape(self.shape)

    def set_shape(self, shape: Sequence[int | None]) -> None:
        """Nothing, where the tensor has this shape; None stands for any size.

        Raises:
            ValueError: it has another one.
        """
        if len(shape) != self.ndim or any(a is not None and a != b for a, b in zip(shape, self.shape)):
            raise ValueError(f"set_shape: expected shape {tuple(shape)}, the tensor has {self.shape}")

    def assign(self, value: object) -> None:
        """Of a part of a variable, such as ``v[0]``: change the variable there.

        Raises:
            TypeError: any other tensor, which never changes.
        """
        if self._assigns is not None:
            self._assigns(value)
            return
        raise TypeError(
            "a tensor never changes; clarinet.Variable(t) makes a variable of it, which has assign, assign_add and "
            "assign_sub"
        )

    def __setitem__(self, key: object, value: object) -> NoReturn:
        raise TypeError(
            "a tensor never changes, because a gradient may depend on what it was: use ops.where, ops.slice_update or "
            "ops.scatter_update, or take a copy with t.numpy().copy()"
        )

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: object, **arguments: object) -> object:
        if method == "__call__" and isinstance(inputs[0], np.generic) and not arguments:
            operator = NUMPY_OPERATORS.get(ufunc)
            if operator is not None:  # a NumPy number on the left of an operator
                return operator(*inputs)
        if "out" in arguments:
            arguments["out"] = plain(arguments["out"])
        compute: Callable[..., object] = getattr(ufunc, method)
        return compute(*plain_each(inputs), **arguments)

    def __array_function__(
        self, func: Callable[..., object], types: object, args: Iterable[object], kwargs: Mapping[str, object]
    ) -> object:
        return func(*plain_each(args), **{name: plain(value) for name, value in kwargs.items()})


class Number(float):
    """A number that may be asked for as one of NumPy's, as tensors may.

    Example:
        >>> Number(0.5), Number(0.5).numpy()
        (0.5, np.float64(0.5))
    """

    def numpy(self) -> np.float64:
        """The number as one of NumPy's."""
        return np.float64(self)


class Count(int):
    """A whole number that may be asked for as one of NumPy's, as tensors may.

    Example:
        >>> Count(3), Count(3).numpy()
        (3, np.int32(3))
    """

    def numpy(self) -> np.int32:
        """The number as one of NumPy's."""
        return np.int32(self)


#: What stands for NumPy's operators between a number of NumPy's and a tensor; :mod:`clarinet.ops.operators` fills it.
NUMPY_OPERATORS: dict[np.ufunc, Callable[..., AnyTensor]] = {}


def plain(value: object) -> object:
    """The same with plain arrays for tensors, in lists, tuples and dictionaries too."""
    if isinstance(value, Tensor):
        return value.view(np.ndarray)
    if isinstance(value, (list, tuple)):
        items = [plain(item) for item in value]
        kind: Callable[..., object] = type(value)
        return kind(*items) if hasattr(value, "_fields") else kind(items)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def plain_each(values: Iterable[object]) -> list[object]:
    """:func:`plain` of each."""
    return [plain(value) for value in values]


def tensor(array: Array | np.generic) -> Tensor:
    """An array, or one of NumPy's numbers, as a tensor, without a copy."""
    return np.asarray(array).view(Tensor)  # type: ignore[return-value]  # mypy: a view is an array
