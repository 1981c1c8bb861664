"""Cross-entropies: how surprised the predicted probabilities are by the targets.

With ``from_logits=False`` probabilities are clipped to [1e-7, 1 - 1e-7] before the logarithm, as Keras does; outside,
the clip is flat, so the gradient is zero. With ``from_logits=True`` nothing is clipped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clarinet.activations import sigmoid, softmax
from clarinet.arrays import EPSILON, widest
from clarinet.configurable import check_number, check_whole
from clarinet.losses.base import Loss, align, check_last_axis, class_ids, per_sample
from clarinet.types import Array, Namespace

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
]


class _Crossentropy(Loss):
    """Base of the cross-entropies: checks of their settings."""

    def __post_init__(self) -> None:
        super().__post_init__()
        name, settings = type(self).__name__, vars(self)
        if not isinstance(settings["from_logits"], (bool, np.bool_)):
            raise TypeError(f"{name}: from_logits is True or False, received {settings['from_logits']!r}")
        check_number(settings.get("label_smoothing", 0.0), f"{name}: label_smoothing", low=0, high=1)
        check_last_axis(self, settings["axis"])
        if settings.get("ignore_class") is not None:
            check_whole(settings["ignore_class"], f"{name}: ignore_class")


class BinaryTargets(_Crossentropy):
    """Base of the losses whose targets are 0 and 1, perhaps smoothed."""

    labels = "binary"

    label_smoothing: float

    def targets(self, y_true: Array, y_pred: Array, xp: Namespace) -> Array:
        """Targets in the predictions' shape, moved towards one half."""
        t = align(y_true, y_pred, xp)
        return t * (1 - self.label_smoothing) + 0.5 * self.label_smoothing if self.label_smoothing else t


class CategoricalTargets(_Crossentropy):
    """Base of the losses whose targets are one-hot, perhaps smoothed."""

    labels = "one-hot"

    label_smoothing: float

    def targets(self, y_true: Array, y_pred: Array, xp: Namespace) -> Array:
        """Targets in the predictions' shape, moved towards equal shares."""
        t, s = align(y_true, y_pred, xp), self.label_smoothing
        return t * (1 - s) + s / y_pred.shape[-1] if s else t


@dataclass(eq=False, repr=False)
class BinaryCrossentropy(BinaryTargets):
    """For yes-or-no targets: the mean over the last axis of ``-t log p - (1 - t) log(1 - p)``.

    Gradient ``((1 - t) / (1 - p) - t / p) / k``; from logits ``(sigmoid(z) - t) / k``.

    Args:
        from_logits: predictions are logits ``z``, with ``p = sigmoid(z)``; default False.
        label_smoothing: ``s`` in [0, 1] moves targets towards one half, ``t (1 - s) + s / 2``; default 0.
        axis: only -1.
        reduction, name: see :class:`clarinet.losses.Loss`.

    Raises:
        TypeError, ValueError: a setting out of range.

    Example:
        >>> round(BinaryCrossentropy()([[1.0], [0.0]], [[0.5], [0.5]]), 4)
        0.6931
    """

    likelihood = "bernoulli"

    from_logits: bool = False
    label_smoothing: float = 0.0
    axis: int = -1

    def values(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        t = self.targets(y_true, y_pred, xp)
        if self.from_logits:  # -t log s(z) - (1 - t) log(1 - s(z)) without overflow
            z = y_pred
            positive = xp.where(z > 0, z, xp.zeros_like(z))
            return xp.mean(positive - t * z + xp.log1p(xp.exp(-xp.abs(z))), axis=-1)
        p = xp.clip(y_pred, EPSILON, 1 - EPSILON)
        return xp.mean(-t * xp.log(p) - (1 - t) * xp.log(1 - p), axis=-1)

    def gradient(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        t = self.targets(y_true, y_pred, xp)
        if self.from_logits:
            gradient: Array = (sigmoid.forward(y_pred, xp) - t) * (1 / y_pred.shape[-1])
            return gradient
        p = xp.clip(y_pred, EPSILON, 1 - EPSILON)
        slope = ((1 - t) / (1 - p) - t / p) * (1 / y_pred.shape[-1])
        return xp.where(p == y_pred, slope, xp.zeros_like(slope))


def binary_crossentropy(
    y_true: object, y_pred: object, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Array:
    """:class:`BinaryCrossentropy`, one value per sample.

    Example:
        >>> binary_crossentropy([[1.0], [0.0]], [[0.5], [0.5]]).round(4).tolist()
        [0.6931, 0.6931]
    """
    return per_sample(BinaryCrossentropy(from_logits, label_smoothing, axis), y_true, y_pred)


def log_softmax(z: Array, xp: Namespace) -> Array:
    """Logarithms of the shares over the last axis."""
    shifted = z - xp.max(z, axis=-1, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))


def _values(t: Array, y_pred: Array, from_logits: bool, xp: Namespace) -> Array:
    """``-sum_i t_i log q_i`` with ``q = softmax(z)``, or ``q = clip(p / sum(p))``."""
    if from_logits:
        return -xp.sum(t * log_softmax(y_pred, xp), axis=-1)
    q = xp.clip(y_pred / xp.sum(y_pred, axis=-1, keepdims=True), EPSILON, 1 - EPSILON)
    return -xp.sum(t * xp.log(q), axis=-1)


def _gradient(t: Array, y_pred: Array, from_logits: bool, xp: Namespace) -> Array:
    """Derivative of :func:`_values` at ``y_pred``."""
    if from_logits:
        return softmax.forward(y_pred, xp) * xp.sum(t, axis=-1, keepdims=True) - t
    total = xp.sum(y_pred, axis=-1, keepdims=True)
    q = y_pred / total
    clipped = xp.clip(q, EPSILON, 1 - EPSILON)
    g = xp.where(q == clipped, -t / clipped, xp.zeros_like(q))
    return (g - xp.sum(g * q, axis=-1, keepdims=True)) / total


@dataclass(eq=False, repr=False)
class CategoricalCrossentropy(CategoricalTargets):
    """For one-hot targets (or given probabilities): ``-sum_i t_i log q_i``.

    ``q = p / sum(p)``, so predictions that do not sum to one are scaled. Gradient from logits ``softmax(z) sum(t) -
    t``; from probabilities ``(g - sum_i g_i q_i) / sum(p)`` with ``g = -t / q``.

    Args:
        from_logits: predictions are logits ``z``, with ``q = softmax(z)``; default False.
        label_smoothing: ``s`` in [0, 1] moves targets towards equal shares, ``t (1 - s) + s / k``; default 0.
        axis: only -1.
        reduction, name: see :class:`clarinet.losses.Loss`.

    Raises:
        TypeError, ValueError: a setting out of range.

    Example:
        >>> round(CategoricalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]]), 4)
        0.6931
    """

    likelihood = "categorical"

    from_logits: bool = False
    label_smoothing: float = 0.0
    axis: int = -1

    def values(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        return _values(self.targets(y_true, y_pred, xp), y_pred, self.from_logits, xp)

    def gradient(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        return _gradient(self.targets(y_true, y_pred, xp), y_pred, self.from_logits, xp)


def categorical_crossentropy(
    y_true: object, y_pred: object, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Array:
    """:class:`CategoricalCrossentropy`, one value per sample.

    Example:
        >>> categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).round(4).tolist()
        [0.6931]
    """
    return per_sample(CategoricalCrossentropy(from_logits, label_smoothing, axis), y_true, y_pred)


@dataclass(eq=False, repr=False)
class SparseCategoricalCrossentropy(_Crossentropy):
    """For class ids: ``-log q_t``, the categorical cross-entropy of the one-hot target.

    Targets are whole numbers of shape (n, …) or (n, …, 1), predictions of shape (n, …, classes).

    Args:
        from_logits: predictions are logits ``z``, with ``q = softmax(z)``; default False.
        ignore_class: an id of labels that do not count, neither in the loss nor in how many it is the mean of; may be
            one that no class has, such as -1 or 255. Default None. It runs on the reference engine.
        axis: only -1.
        reduction, name: see :class:`clarinet.losses.Loss`.

    Raises:
        TypeError, ValueError: a setting out of range.

    Example:
        >>> round(SparseCategoricalCrossentropy()([1], [[0.5, 0.5]]), 4)
        0.6931
    """

    labels = "ids"
    likelihood = "categorical"

    from_logits: bool = False
    ignore_class: int | None = None
    axis: int = -1

    def targets(self, y_true: Array, y_pred: Array, xp: Namespace) -> Array:
        """Class ids as one-hot targets; nothing but zeros where the label does not count."""
        whole = widest(xp, "int")
        ids = xp.astype(class_ids(y_true, y_pred, xp), whole)
        if self.ignore_class is not None:
            ids = xp.where(ids == self.ignore_class, xp.full_like(ids, -1), ids)
        hot = ids[..., None] == xp.arange(y_pred.shape[-1], dtype=whole)
        return xp.astype(hot, y_pred.dtype)

    @property
    def selective(self) -> bool:
        return self.ignore_class is not None

    def valid(self, y_true: Array, values: Array, xp: Namespace = np) -> Array | None:
        return xp.reshape(y_true, values.shape) != self.ignore_class if self.selective else None

    def values(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        return _values(self.targets(y_true, y_pred, xp), y_pred, self.from_logits, xp)

    def gradient(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        return _gradient(self.targets(y_true, y_pred, xp), y_pred, self.from_logits, xp)


def sparse_categorical_crossentropy(
    y_true: object, y_pred: object, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Array:
    """:class:`SparseCategoricalCrossentropy`, one value per sample.

    Example:
        >>> sparse_categorical_crossentropy([1], [[0.5, 0.5]]).round(4).tolist()
        [0.6931]
    """
    return per_sample(SparseCategoricalCrossentropy(from_logits, ignore_class, axis), y_true, y_pred)
