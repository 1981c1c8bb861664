"""Gradients by the numbers that a tape has given to tensors: they add up, and begin with ones."""

from __future__ import annotations

from typing import cast

import numpy as np

from clarinet.ops.structures import paired
from clarinet.ops.tensor import Tensor, tensor
from clarinet.types import Array, DType, TensorLike
from clarinet.variables import Variable


def shape_of(x: object) -> tuple[int, ...]:
    """The shape of a tensor, a variable or numbers."""
    return np.asarray(x).shape


def every(sources: TensorLike, gradients: TensorLike) -> list[Array | None]:
    """The gradients at all sources, None where there is none."""
    return cast("list[Array | None]", list(paired(sources, gradients)))


def add(gradients: dict[int, Array], number: int, share: Array) -> None:
    """Add a share to the gradient at a tensor."""
    gradients[number] = gradients[number] + share if number in gradients else share


def output_gradient(
    gradients: dict[int, Array], number: int | None, shape: tuple[tuple[int, ...], DType], kept: set[int]
) -> Array:
    """The gradient at an output; nobody needs it afterwards, unless it was asked for."""
    if number is None or number not in gradients:
        return np.zeros(*shape)
    return gradients[number] if number in kept else gradients.pop(number)


def seed(target: Array | Variable, given: object) -> Array:
    """The gradient at a target: ones, or what was given.

    Raises:
        ValueError: it has another shape.
    """
    array = target if isinstance(target, np.ndarray) else target.value
    if given is None:
        return np.ones(array.shape, array.dtype)
    dy = np.asarray(given, array.dtype)
    if dy.shape != array.shape:
        raise ValueError(
            f"tape.gradient: an output gradient of shape {dy.shape} for a target of shape {array.shape}; "
            "expected the same shape"
        )
    return dy.view(np.ndarray)


def zeros(source: Array | Variable) -> Tensor:
    """What stands for the gradient at a source without influence, where numbers are wanted."""
    return tensor(np.zeros_like(source if isinstance(source, np.ndarray) else source.value, subok=False))


def none(source: Array | Variable) -> None:
    """The same where None is wanted."""
