"""Cross-entropies, entry by entry: how surprised predicted probabilities are by targets."""

from __future__ import annotations

from clarinet.arrays import EPSILON
from clarinet.ops.arithmetic import add, clip, divide, multiply, subtract
from clarinet.ops.axes import squeeze
from clarinet.ops.dispatch import Operand, converted, dtype_of, floats, shape_of, typed
from clarinet.ops.dtypes import INT
from clarinet.ops.elementwise import negative
from clarinet.ops.exponentials import log
from clarinet.ops.indexing import one_hot
from clarinet.ops.nn import log_sigmoid, log_softmax
from clarinet.ops.specs import Shape, place
from clarinet.ops.totals import sum as total
from clarinet.types import AnyTensor, TensorLike

__all__ = [
    "binary_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
]


def binary_crossentropy(target: TensorLike, output: TensorLike, from_logits: bool = False) -> AnyTensor:
    """``-t log p - (1 - t) log(1 - p)``, entry by entry.

    Args:
        target: ``t``, of the shape of ``output``.
        output: probabilities ``p``, which are clipped to [1e-7, 1 - 1e-7]; or logits.
        from_logits: ``output`` is logits, ``p`` their sigmoid; default False.

    Raises:
        ValueError: shapes that are different.

    Example:
        >>> print(binary_crossentropy([1.0, 0.0], [0.5, 0.5]).round(4))
        [0.6931 0.6931]
    """
    t, output = _pair(target, output, "binary_crossentropy")
    if from_logits:
        right, wrong = log_sigmoid(output), log_sigmoid(negative(output))
    else:
        p = clip(output, EPSILON, 1 - EPSILON)
        right, wrong = log(p), log(subtract(1, p))
    return negative(add(multiply(t, right), multiply(subtract(1, t), wrong)))


def categorical_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1
) -> AnyTensor:
    """``-sum_i t_i log q_i`` along an axis.

    Args:
        target: ``t``, one-hot or probabilities, of the shape of ``output``.
        output: probabilities, ``q`` their shares of their sum, clipped to [1e-7, 1 - 1e-7]; or logits.
        from_logits: ``output`` is logits, ``q`` their softmax; default False.
        axis: that of the classes; default -1.

    Returns:
        the shape of ``output`` without that axis.

    Raises:
        ValueError: shapes that are different, or that have no such axis.

    Example:
        >>> print(categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).round(4))
        [0.6931]
    """
    t, output = _pair(target, output, "categorical_crossentropy")
    place(axis, len(shape_of(output)), "categorical_crossentropy")
    if from_logits:
        logs = log_softmax(output, axis)
    else:
        logs = log(clip(divide(output, total(output, axis, keepdims=True)), EPSILON, 1 - EPSILON))
    return negative(total(multiply(t, logs), axis))


def sparse_categorical_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1
) -> AnyTensor:
    """``-log q_t``: :func:`categorical_crossentropy` of targets that are numbers of classes.

    Args:
        target: whole numbers, of the shape of ``output`` without the axis of the classes, or with size 1 there.
        output, from_logits, axis: as there.

    Example:
        >>> print(sparse_categorical_crossentropy([1], [[0.25, 0.75]]).round(4))
        [0.2877]
    """
    ids, output = converted(target), floats(output)
    shape = shape_of(output)
    axis = place(axis, len(shape), "sparse_categorical_crossentropy")
    if len(shape_of(ids)) == len(shape) and shape_of(ids)[axis] == 1:
        ids = squeeze(ids, axis)
    expected = (*shape[:axis], *shape[axis + 1 :])
    _same(shape_of(ids), expected, "sparse_categorical_crossentropy")
    classes = shape[axis]
    if classes is None:
        raise ValueError("sparse_categorical_crossentropy: the number of classes is not known yet")
    return categorical_crossentropy(one_hot(typed(ids, INT), classes, axis), output, from_logits, axis)


def _pair(target: TensorLike, output: TensorLike, what: str) -> tuple[Operand, Operand]:
    output = floats(output)
    target = typed(converted(target), dtype_of(output))
    _same(shape_of(target), shape_of(output), what)
    return target, output


def _same(given: Shape, expected: Shape, what: str) -> None:
    if len(given) != len(expected) or any(m != n and None not in (m, n) for m, n in zip(given, expected)):
        raise ValueError(f"{what}: expected a target of shape {tuple(expected)}, received {tuple(given)}")
