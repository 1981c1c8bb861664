"""``tf.nn``."""

# ruff: noqa: F403  # a function is named in its own module alone
from __future__ import annotations

from typing import TYPE_CHECKING

from clarinet import aliases, ops
from clarinet.names import public
from clarinet.tf import filters
from clarinet.tf.adapting import functions
from clarinet.tf.filters import *
from clarinet.tf.tables import NN
from clarinet.types import AnyTensor, Axes, TensorLike

__all__ = [
    "bias_add",
    "compute_average_loss",
    "embedding_lookup",
    "l2_loss",
    "l2_normalize",
    "sigmoid_cross_entropy_with_logits",
    "softmax_cross_entropy_with_logits",
    "sparse_softmax_cross_entropy_with_logits",
]
__all__ += filters.__all__ + list(NN)


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)
    globals().update(functions(NN))


def sigmoid_cross_entropy_with_logits(
    labels: TensorLike = None, logits: TensorLike = None, name: object = None
) -> AnyTensor:
    """``log(1 + exp(z)) - z t`` of each logit ``z`` and label ``t``.

    Example:
        >>> sigmoid_cross_entropy_with_logits(labels=[1.0], logits=[0.0]).tolist()
        [0.693...]
    """
    return ops.softplus(logits) - ops.multiply(logits, labels)  # not by max and abs, whose slopes at 0 do not add up


def softmax_cross_entropy_with_logits(
    labels: TensorLike, logits: TensorLike, axis: int = -1, name: object = None
) -> AnyTensor:
    """``-sum_i t_i log softmax(z)_i`` along an axis.

    Example:
        >>> softmax_cross_entropy_with_logits(labels=[[1.0, 0.0]], logits=[[0.0, 0.0]]).tolist()
        [0.693...]
    """
    return -ops.sum(ops.multiply(labels, ops.log_softmax(logits, axis)), axis)


def sparse_softmax_cross_entropy_with_logits(labels: TensorLike, logits: TensorLike, name: object = None) -> AnyTensor:
    """``-log softmax(z)`` at the class id, along the last axis.

    Example:
        >>> sparse_softmax_cross_entropy_with_logits(labels=[1], logits=[[0.0, 0.0]]).tolist()
        [0.693...]
    """
    return ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)


def l2_loss(t: TensorLike, name: object = None) -> AnyTensor:
    """Half the sum of the squares."""
    return ops.sum(ops.square(t)) / 2


def l2_normalize(
    x: TensorLike, axis: Axes = None, epsilon: float = 1e-12, name: object = None, dim: Axes = None
) -> AnyTensor:
    """``x`` divided by its norm along an axis, default all: ``x / sqrt(max(sum x**2, epsilon))``.

    Example:
        >>> l2_normalize([3.0, 4.0]).tolist()
        [0.6..., 0.8...]
    """
    squares = ops.sum(ops.square(x), axis if dim is None else dim, keepdims=True)
    return ops.multiply(x, ops.rsqrt(ops.maximum(squares, epsilon)))


def embedding_lookup(params: TensorLike, ids: TensorLike, max_norm: None = None, name: object = None) -> AnyTensor:
    """The rows of a matrix at the ids."""
    return ops.take(params, ids, 0)


def bias_add(value: TensorLike, bias: TensorLike, data_format: str | None = None, name: object = None) -> AnyTensor:
    """``value + bias`` along the last axis, or along axis 1 for a data format that begins with ``"NC"``."""
    if (data_format or "").startswith("NC"):
        bias = ops.reshape(bias, (-1, *(1,) * (ops.ndim(value) - 2)))
    return ops.add(value, bias)


def compute_average_loss(
    per_example_loss: TensorLike, sample_weight: TensorLike = None, global_batch_size: int | None = None
) -> AnyTensor:
    """The sum of the losses, weighted, divided by the size of the batch."""
    losses = ops.convert_to_tensor(per_example_loss)
    size = losses.shape[0] if global_batch_size is None else global_batch_size
    return ops.sum(losses if sample_weight is None else losses * sample_weight) / size
