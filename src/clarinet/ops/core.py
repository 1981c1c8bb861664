"""What a tensor is: its numbers, shape and dtype; where gradients stop, and gradients of one's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Any
from typing import cast as cast_type

import numpy as np

from clarinet.ops.arithmetic import clip
from clarinet.ops.basic import Copy, StopGradient
from clarinet.ops.dispatch import apply, as_tensor, converted, dtype_of, numbers_of, shape_of, typed
from clarinet.ops.dtypes import as_dtype
from clarinet.ops.operation import Gradients, Operation, made
from clarinet.ops.size_lists import same_size
from clarinet.ops.sizing import sized, sizes_of_shape
from clarinet.ops.specs import Batch, TensorSpec, is_symbolic
from clarinet.ops.tape import paused
from clarinet.ops.tensor import Tensor, tensor
from clarinet.ops.texts import as_bytes, texts
from clarinet.types import AnyTensor, Array, Arrays, DTypeArg, Namespace, TensorFunction, TensorLike

__all__ = [
    "array",
    "cast",
    "convert_to_numpy",
    "convert_to_tensor",
    "copy",
    "custom_gradient",
    "dtype",
    "is_tensor",
    "ndim",
    "saturate_cast",
    "shape",
    "size",
    "stop_gradient",
]


def cast(x: TensorLike, dtype: DTypeArg) -> AnyTensor:
    """``x`` in another dtype; whole numbers are cut off towards 0.

    Args:
        dtype: such as ``"float32"``, ``"int32"`` or ``"bool"``.

    Example:
        >>> cast([1.7, -1.7], "int32").tolist()
        [1, -1]
    """
    kind = as_dtype(dtype, "cast: dtype")
    found = typed(convert_to_tensor(x), kind)
    return same_size(found, x) if kind.kind in "iu" else found


def saturate_cast(x: TensorLike, dtype: DTypeArg) -> AnyTensor:
    """``x`` in another dtype, with its greatest and least numbers in place of what it cannot hold.

    Example:
        >>> saturate_cast([-5, 300], "uint8").tolist()
        [0, 255]
    """
    x, kind = convert_to_tensor(x), as_dtype(dtype, "saturate_cast: dtype")
    if kind.kind == "b" or dtype_of(x) == kind:
        return cast(x, kind)
    limits: Any = np.finfo(kind) if kind.kind == "f" else np.iinfo(kind)
    own: Any = np.finfo(dtype_of(x)) if dtype_of(x).kind == "f" else np.iinfo(dtype_of(x))
    if limits.min <= own.min and own.max <= limits.max:
        return cast(x, kind)
    low, high = max(limits.min, own.min), min(limits.max, own.max)
    if dtype_of(x).kind == "f" and kind.kind != "f":  # the greatest number of this kind that is no greater
        high = float(np.nextafter(dtype_of(x).type(high), 0)) if float(dtype_of(x).type(high)) > high else float(high)
    return cast(clip(x, low, high), kind)


def convert_to_tensor(
    x: TensorLike, dtype: DTypeArg = None, sparse: TensorLike = None, ragged: TensorLike = None
) -> AnyTensor:
    """``x`` as a tensor; an array's numbers are not copied.

    Args:
        x: numbers, arrays, variables, tensors, or lists of them.
        dtype: default that of ``x``: Python's numbers become float32, int32 or bool.
        sparse, ragged: only False and None.

    Texts become an array of bytes, which layers such as ``StringLookup`` take.

    Raises:
        TypeError: ``x`` holds neither numbers nor texts.

    Example:
        >>> convert_to_tensor([1, 2, 3])
        Tensor([1, 2, 3], dtype=int32)
    """
    if sparse or ragged:
        raise ValueError("convert_to_tensor: there are no sparse or ragged tensors; leave sparse and ragged out")
    if holds_text(x):
        return cast_type("AnyTensor", texts(as_bytes(np.array(x, object))))
    x = converted(x)
    x = typed(x, as_dtype(dtype)) if dtype else x
    return as_tensor(x)


def holds_text(x: object) -> bool:
    """Whether it is a text, or begins with one."""
    while isinstance(x, (list, tuple)) and x:
        x = x[0]
    return isinstance(x, (str, bytes)) or (isinstance(x, np.ndarray) and x.dtype.kind in "US")


def convert_to_numpy(x: TensorLike) -> Array:
    """The numbers of ``x`` as a plain NumPy array of their own."""
    return np.array(numbers_of(x))


def array(x: TensorLike, dtype: DTypeArg = None) -> AnyTensor:
    """:func:`convert_to_tensor`, but copied."""
    return copy(convert_to_tensor(x, dtype))


def copy(x: TensorLike) -> AnyTensor:
    """A copy of ``x``."""
    return apply(_COPY, converted(x))


def is_tensor(x: object) -> bool:
    """Whether ``x`` is a tensor that has numbers; arrays and symbolic tensors are none."""
    return isinstance(x, Tensor)


def shape(x: TensorLike) -> tuple[int | None, ...]:
    """The sizes of the axes.

    An axis whose size is not known before there are numbers has something that one may count with, that functions take
    in the place of a size, and that is a tensor of one number where one is wanted. In the call of a layer or model so
    have the rows of the batch; elsewhere they are None.

    Example:
        >>> import clarinet
        >>> shape([[1, 2, 3]])
        (1, 3)
        >>> rows, steps, columns = shape(clarinet.Input((None, 3)))
        >>> rows, columns, clarinet.ops.arange(2 * steps).shape
        (None, 3, (None,))
    """
    x = converted(x)
    sizes = shape_of(x)
    return cast_type("tuple[int | None, ...]", sizes_of_shape(x, sizes)) if is_symbolic(x) else sizes


def ndim(x: TensorLike) -> int:
    """How many axes there are."""
    return len(shape_of(converted(x)))


def size(x: TensorLike) -> int | None:
    """How many numbers there are; where that is not known yet as :func:`shape` says it."""
    sizes = shape(x)
    return None if any(n is None for n in sizes) else prod(n for n in sizes if n is not None)


def dtype(x: TensorLike) -> str:
    """The name of the dtype.

    Example:
        >>> dtype([1, 2]), dtype(0.5)
        ('int32', 'float32')
    """
    return dtype_of(converted(x)).name


def stop_gradient(variable: TensorLike) -> AnyTensor:
    """The same numbers, to which no gradient flows."""
    return apply(_STOP, converted(variable))


@dataclass(eq=False, repr=False)
class OwnGradient(Operation):
    """A function of the user's that says its own gradient, which is a function as well: its cache.

    Args:
        function: gives both.
    """

    arity = None

    function: Callable[..., tuple[object, Callable[..., object]]]

    @property
    def name(self) -> str:
        return getattr(self.function, "__name__", "custom_gradient")

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Arrays, object]:
        with paused():
            found, gradient = self.function(*map(tensor, xs))
        return tuple(map(numbers_of, found)) if isinstance(found, (list, tuple)) else numbers_of(found), gradient

    def backward(self, cache: Callable[..., object], dy: Arrays, xp: Namespace = np) -> Gradients:
        upstream = tuple(map(convert_to_tensor, dy)) if isinstance(dy, tuple) else (convert_to_tensor(dy),)
        found = cache(*upstream)
        found = found if isinstance(found, (list, tuple)) else (found,)
        return tuple(None if one is None else numbers_of(one) for one in found)

    def result(self, *specs: TensorSpec) -> TensorSpec | tuple[TensorSpec, ...]:
        """What it gives for ones: sizes that follow from one that is not known are not known either."""
        few, more = (self._tried(specs, size) for size in (2, 3))
        pairs = zip(few, more, strict=True)
        shapes = [tuple(a if a == b else None for a, b in zip(x.shape, y.shape, strict=True)) for x, y in pairs]
        found = tuple(TensorSpec(shape, x.dtype) for shape, x in zip(shapes, few))
        return found if len(found) > 1 else found[0]

    def _tried(self, specs: Sequence[TensorSpec], size: int) -> Sequence[Array]:
        given = (np.ones([size if own is None else own for own in spec.shape], spec.dtype) for spec in specs)
        with np.errstate(all="ignore"):
            y, _ = self.forward(tuple(given))
        return y if isinstance(y, tuple) else (y,)

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        found = self.result(*specs)
        first = found[0] if isinstance(found, tuple) else found
        return "keeps" if first.shape[:1] == (None,) else "mixes"


def custom_gradient(f: Callable[..., tuple[object, Callable[..., object]]]) -> TensorFunction:
    """Give a function a gradient of its own.

    Args:
        f: takes tensors; returns what it computes, a tensor or a tuple, and a function that takes the gradients there
            and returns those at its arguments, one or a tuple.

    Example:
        >>> from clarinet import ops
        >>> @ops.custom_gradient
        ... def clipped(x):
        ...     return ops.clip(x, 0, 1), lambda upstream: upstream  # as if it were not clipped
        >>> x = ops.convert_to_tensor([-1.0, 0.5])
        >>> with ops.GradientTape() as tape:
        ...     tape.watch(x)
        ...     y = clipped(x)
        >>> tape.gradient(y, x).tolist()
        [1.0, 1.0]
    """

    def wrapped(*xs: TensorLike, **settings: object) -> AnyTensor:
        return apply(OwnGradient(partial(f, **settings) if settings else f), *map(converted, xs))

    wrapped.__name__, wrapped.__doc__ = getattr(f, "__name__", "wrapped"), f.__doc__
    return wrapped


_COPY, _STOP = made(Copy), made(StopGradient)
sized()(convert_to_tensor)  # what sizes are as tensors, once they are known
