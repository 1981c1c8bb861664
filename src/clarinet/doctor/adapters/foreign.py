"""What adapters know of Keras and PyTorch: protocols for their objects, which are not imported here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np

from clarinet.types import Array


class KerasLayer(Protocol):
    """A protocol for Keras's layers."""

    trainable: bool

    def get_config(self) -> Mapping[str, object]: ...

    def get_weights(self) -> Sequence[object]: ...


class KerasModel(Protocol):
    """A protocol for Keras's models."""

    layers: Sequence[KerasLayer]

    def get_compile_config(self) -> Mapping[str, object]: ...


class Tensor(Protocol):
    """A protocol for PyTorch's tensors."""

    requires_grad: bool
    grad: Tensor | None
    device: object
    dtype: object

    def __len__(self) -> int: ...

    def __float__(self) -> float: ...

    def __sub__(self, other: Tensor, /) -> Tensor: ...

    def __lt__(self, other: float, /) -> Tensor: ...

    def __gt__(self, other: float, /) -> Tensor: ...

    def __or__(self, other: Tensor, /) -> Tensor: ...

    def __invert__(self) -> Tensor: ...

    def all(self) -> Tensor: ...

    def any(self, dim: int | None = None) -> Tensor: ...

    def clone(self) -> Tensor: ...

    def detach(self) -> Tensor: ...

    def double(self) -> Tensor: ...

    def eq(self, other: float, /) -> Tensor: ...

    def float(self) -> Tensor: ...

    def isfinite(self) -> Tensor: ...

    def mean(self) -> Tensor: ...

    def nonzero(self) -> Tensor: ...

    def reshape(self, *shape: int) -> Tensor: ...

    def square(self) -> Tensor: ...

    def std(self, *, correction: int) -> Tensor: ...

    def sum(self) -> Tensor: ...


class Hook(Protocol):
    """A protocol for PyTorch's hooks."""

    def remove(self) -> None: ...


class Module(Protocol):
    """A protocol for PyTorch's modules."""

    training: bool

    def __call__(self, *inputs: object) -> object: ...

    def children(self) -> Iterator[Module]: ...

    def named_modules(self) -> Iterable[tuple[str, Module]]: ...

    def parameters(self, recurse: bool = True) -> Iterator[Tensor]: ...

    def register_forward_hook(self, hook: Callable[..., object], /) -> Hook: ...

    def eval(self) -> object: ...

    def train(self, mode: bool = True) -> object: ...


class TorchOptimizer(Protocol):
    """A protocol for PyTorch's optimizers."""

    param_groups: list[dict[str, object]]

    def register_step_pre_hook(self, hook: Callable[..., object], /) -> Hook: ...

    def register_step_post_hook(self, hook: Callable[..., object], /) -> Hook: ...


class NotConverted(Exception):
    """Something has no counterpart here.

    Args:
        where: its place, as findings have it.
        what: its name in its framework.
    """

    def __init__(self, where: str, what: str) -> None:
        super().__init__(what)
        self.where, self.what = where, what


def array(value: object) -> Array:
    """NumPy's form of an array of any framework."""
    for name in ("detach", "cpu"):  # a tensor that may be on a device, with a gradient
        value = getattr(value, name, lambda value=value: value)()
    return np.asarray(value)
