"""Tensors made of nothing but their shape, and sequences of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from clarinet.ops.arithmetic import add, multiply, power, subtract
from clarinet.ops.axes import broadcast_to, expand_dims, moveaxis
from clarinet.ops.comparisons import equal
from clarinet.ops.cumulative import cumsum
from clarinet.ops.dispatch import Given, apply, converted, dtype_of, numbers_of, promoted, shape_of, sizes_of, typed
from clarinet.ops.dtypes import FLOAT, INT, WEAK, as_dtype, result_dtype
from clarinet.ops.operation import Gradients, Operation, made
from clarinet.ops.shapes import whole_shape
from clarinet.ops.sizing import sized
from clarinet.ops.specs import Batch, Shape, TensorSpec, is_symbolic
from clarinet.ops.tensor import Tensor, tensor
from clarinet.types import AnyTensor, Array, DTypeArg, Namespace, ShapeLike, TensorLike

__all__ = [
    "arange",
    "empty",
    "empty_like",
    "eye",
    "full",
    "full_like",
    "identity",
    "linspace",
    "logspace",
    "ones",
    "ones_like",
    "tri",
    "zeros",
    "zeros_like",
]


@dataclass(eq=False, repr=False)
class FullLike(Operation):
    """y = one number everywhere, in the shape of x; no gradient.

    Args:
        value: the number.
        dtype: of y.
    """

    value: float
    dtype: str

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        return xp.full(xs[0].shape, self.value, dtype=getattr(xp, self.dtype)), None

    def backward(self, cache: None, dy: Array, xp: Namespace = np) -> Gradients:
        return (None,)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        return specs[0].typed(self.dtype)

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        return "keeps"


def _sizes(shape: ShapeLike, what: str) -> Shape:
    sizes = whole_shape(shape, what)
    if None in sizes[1:] or any(size is not None and size < 0 for size in sizes):
        raise ValueError(f"{what}: expected sizes of at least 0, received {sizes}; zeros_like takes a tensor")
    return sizes


def _filled(shape: ShapeLike, number: int, dtype: DTypeArg, what: str) -> AnyTensor:
    sizes, kind = _sizes(shape, what), as_dtype(dtype or FLOAT)
    return (
        broadcast_to(np.asarray(number, kind), sizes)
        if None in sizes
        else tensor(np.full([n or 0 for n in sizes], number, kind))
    )


@sized("first")
def zeros(shape: ShapeLike, dtype: DTypeArg = None) -> AnyTensor:
    """Zeros.

    Args:
        shape: sizes of the axes; in the call of a layer or model the first may be None: the rows of the batch.
        dtype: default float32.
    """
    return _filled(shape, 0, dtype, "zeros")


@sized("first")
def ones(shape: ShapeLike, dtype: DTypeArg = None) -> AnyTensor:
    """Ones; arguments as of :func:`zeros`."""
    return _filled(shape, 1, dtype, "ones")


def empty(shape: ShapeLike, dtype: DTypeArg = None) -> AnyTensor:
    """Numbers that mean nothing; arguments as of :func:`zeros`."""
    return zeros(shape, dtype)


@sized("first")
def full(shape: ShapeLike, fill_value: TensorLike, dtype: DTypeArg = None) -> AnyTensor:
    """One number everywhere.

    Args:
        shape: sizes of the axes.
        fill_value: a number, or what can be broadcast to the shape.
        dtype: default that of ``fill_value``.

    Example:
        >>> full((2, 2), 7).tolist()
        [[7, 7], [7, 7]]
    """
    fill = converted(fill_value)
    return broadcast_to(typed(fill, as_dtype(dtype) if dtype else dtype_of(fill)), _sizes(shape, "full"))


def zeros_like(x: TensorLike, dtype: DTypeArg = None) -> AnyTensor:
    """Zeros in the shape of ``x``, and in its dtype where none is given."""
    return full_like(x, 0, dtype)


def ones_like(x: TensorLike, dtype: DTypeArg = None) -> AnyTensor:
    """Ones in the shape of ``x``, and in its dtype where none is given."""
    return full_like(x, 1, dtype)


def empty_like(x: TensorLike, dtype: DTypeArg = None) -> AnyTensor:
    """Numbers that mean nothing in the shape of ``x``, and in its dtype where none is given."""
    return full_like(x, 0, dtype)


def full_like(x: TensorLike, fill_value: TensorLike, dtype: DTypeArg = None) -> AnyTensor:
    """One number everywhere in the shape of ``x``, and in its dtype where none is given."""
    x = converted(x)
    kind = as_dtype(dtype) if dtype else dtype_of(x)
    if type(fill_value) in WEAK and not is_symbolic(x):  # which depends on no number of x
        return tensor(np.full(sizes_of(x, "full_like"), fill_value, kind))
    if type(fill_value) in WEAK:
        return apply(made(FullLike, fill_value, kind.name), x)
    return broadcast_to(typed(converted(fill_value), kind), shape_of(x))


@sized("only")
def eye(N: int | None, M: int | None = None, k: int = 0, dtype: DTypeArg = None) -> AnyTensor:
    """A matrix of zeros with ones on a diagonal.

    Args:
        N, M: rows and columns; default as many columns as rows. In the call of a layer or model ``eye(None)`` is one
            for the rows of the batch.
        k: which diagonal: 0 the main one, above it positive; default 0.
        dtype: default float32.
    """
    if N is None:
        if M is not None or k:
            raise ValueError("eye: the rows of the batch have a whole matrix and its main diagonal alone")
        places = arange(None)
        return typed(equal(expand_dims(places, 1), places), as_dtype(dtype or FLOAT))
    return tensor(np.eye(N, M, k, as_dtype(dtype or FLOAT)))


def identity(n: int | None, dtype: DTypeArg = None) -> AnyTensor:
    """A square matrix with ones on the main diagonal."""
    return eye(n, dtype=dtype)


@sized()
def tri(N: int, M: int | None = None, k: int = 0, dtype: DTypeArg = None) -> Tensor:
    """A matrix with ones on a diagonal and below; arguments as of :func:`eye`."""
    return tensor(np.tri(N, M, k, as_dtype(dtype or FLOAT)))


def arange(start: TensorLike, stop: TensorLike = None, step: TensorLike = None, dtype: DTypeArg = None) -> AnyTensor:
    """Numbers from ``start`` on, up to ``stop`` without it; from 0 where only one is given.

    Args:
        start: in the call of a layer or model ``arange(None)`` numbers the rows of the batch.
        step: from one to the next; default 1.
        dtype: default int32 of whole numbers, float32 of others.

    Example:
        >>> arange(3).tolist(), arange(1, 2, 0.5).tolist()
        ([0, 1, 2], [1.0, 1.5])
    """
    if type(start) is int and start == 0 and stop is not None and (step is None or (type(step) is int and step == 1)):
        start, stop, step = stop, None, None
    return _sequence(start, dtype=dtype) if stop is None and step is None else _sequence(start, stop, step, dtype)


@sized("only", "arange")
def _sequence(start: TensorLike, stop: TensorLike = None, step: TensorLike = None, dtype: DTypeArg = None) -> AnyTensor:
    if start is None and stop is None and step is None:
        return subtract(cumsum(ones((None,), dtype or INT)), 1)
    given = [one for one in (start, stop, step) if one is not None]
    kinds: list[Any] = [type(one) if type(one) in WEAK else numbers_of(one).dtype for one in given]
    kind = as_dtype(dtype, "arange: dtype") if dtype else result_dtype(*kinds)
    limits = [numbers_of(one).item() for one in given]
    first, last = (0, limits[0]) if stop is None else limits[:2]
    return tensor(np.arange(first, last, 1 if step is None else limits[-1]).astype(kind))


@sized()
def linspace(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: DTypeArg = None,
    axis: int = 0,
) -> AnyTensor:
    """Numbers at equal distances from ``start`` to ``stop``.

    Args:
        start, stop: numbers, or tensors, for each of whose entries there is such a sequence.
        num: how many; default 50.
        endpoint: ``stop`` is among them; default True.
        retstep: also return the distance.
        dtype: default float32.
        axis: along which the sequences go, where ``start`` and ``stop`` have several entries.

    Example:
        >>> linspace(0, 1, 5).tolist()
        [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    a, b = promoted(start, stop, least=float)
    parts = num - 1 if endpoint else num
    kind = dtype_of(a)
    shares = np.arange(num, dtype=np.float64) / max(parts, 1)
    shape = (num,) + (1,) * max(len(shape_of(a)), len(shape_of(b)))
    share = shares.reshape(shape).astype(kind)
    line = add(multiply(a, 1 - share), multiply(b, share))
    line = _cast_to(moveaxis(line, 0, axis) if axis else line, dtype)
    step = multiply(subtract(b, a), 1 / parts if parts else float("nan")) if retstep else None
    return line if step is None else cast(AnyTensor, (line, step))


def _cast_to(x: Given, dtype: DTypeArg) -> Given | AnyTensor:
    return typed(x, as_dtype(dtype)) if dtype else x


def logspace(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    base: float = 10,
    dtype: DTypeArg = None,
    axis: int = 0,
) -> AnyTensor:
    """``base`` to the powers of :func:`linspace`, whose arguments the others are.

    Example:
        >>> logspace(0, 2, 3).tolist()
        [1.0, 10.0, 100.0]
    """
    return _cast_to(power(float(base), linspace(start, stop, num, endpoint, axis=axis)), dtype)
