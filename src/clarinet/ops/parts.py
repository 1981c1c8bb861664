"""What complex numbers have, of real ones; and bits that are read as another dtype."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clarinet.ops.arithmetic import arctan2
from clarinet.ops.core import stop_gradient
from clarinet.ops.creation import full_like, zeros_like
from clarinet.ops.dispatch import apply, as_tensor, converted, dtype_of, floats
from clarinet.ops.dtypes import as_dtype
from clarinet.ops.operation import Gradients, Operation, made
from clarinet.ops.specs import Batch, TensorSpec
from clarinet.types import AnyTensor, Array, Arrays, DTypeArg, Namespace, TensorLike

__all__ = [
    "angle",
    "conj",
    "conjugate",
    "imag",
    "isreal",
    "real",
    "view",
]


@dataclass(eq=False, repr=False)
class View(Operation):
    """y = the bits of x, read as another dtype; no gradient.

    Args:
        dtype: of y; the last axis has as many more entries as these are smaller.
    """

    dtype: str

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Arrays, object]:
        x = np.ascontiguousarray(xs[0]) if xp is np else xs[0]
        return x.view(getattr(xp, self.dtype)), None

    def backward(self, cache: None, dy: Array, xp: Namespace = np) -> Gradients:
        return (None,)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        (spec,) = specs
        old, new = spec.dtype.itemsize, as_dtype(self.dtype).itemsize
        if old == new:
            return spec.typed(self.dtype)
        if not spec.rank or spec.shape[-1] is None or spec.shape[-1] * old % new:
            raise ValueError(f"view: {spec.dtype.name} of shape {spec.shape} cannot be read as {self.dtype}")
        return TensorSpec((*spec.shape[:-1], spec.shape[-1] * old // new), as_dtype(self.dtype))

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        (spec,) = specs
        return "keeps" if spec.rank > 1 or spec.dtype.itemsize == as_dtype(self.dtype).itemsize else "mixes"


def view(x: TensorLike, dtype: DTypeArg = None) -> AnyTensor:
    """The bits of ``x``, read as another dtype.

    Args:
        dtype: default that of ``x``. The last axis has as many more entries as these are smaller.

    Example:
        >>> view(np.float32([1.0]), "uint8").tolist()
        [0, 0, 128, 63]
    """
    x = converted(x)
    return as_tensor(x) if dtype is None else apply(made(View, as_dtype(dtype, "view: dtype").name), x)


def real(x: TensorLike) -> AnyTensor:
    """The real part: ``x``, for there are no complex tensors."""
    return as_tensor(converted(x))


def imag(x: TensorLike) -> AnyTensor:
    """The imaginary part: 0, for there are no complex tensors."""
    return zeros_like(x)


def conj(x: TensorLike) -> AnyTensor:
    """The conjugate: ``x``, for there are no complex tensors."""
    return real(x)


def conjugate(x: TensorLike) -> AnyTensor:
    """Another name of :func:`conj`."""
    return real(x)


def isreal(x: TensorLike) -> AnyTensor:
    """Whether the imaginary part is 0: true, for there are no complex tensors."""
    return full_like(x, True, "bool")


def angle(x: TensorLike) -> AnyTensor:
    """The angle: π where ``x`` is negative, else 0; no gradient."""
    x = floats(x)
    return arctan2(np.zeros((), dtype_of(x)), stop_gradient(x))
