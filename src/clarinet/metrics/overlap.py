"""Intersection over union: how much of what is one class, or was taken for it, is both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from clarinet.arrays import bincount, spread, widest
from clarinet.configurable import check_flag, check_number, check_whole
from clarinet.metrics.base import PureMetric, Sums
from clarinet.metrics.confusion import quotient
from clarinet.types import Array, Namespace


class _Overlap(PureMetric):
    """Base: a matrix of counts, and the mean over some classes of ``tp / (tp + fp + fn)``.

    Attributes:
        counts: float64 sums of weights, of true classes by predicted ones.
    """

    num_classes: int
    target_class_ids: Sequence[int]
    ignore_class: int | None
    counts: Array

    def __post_init__(self) -> None:
        super().__post_init__()
        kind = type(self).__name__
        check_whole(self.num_classes, f"{kind}: num_classes", low=2)
        self.target_class_ids = [check_whole(one, f"{kind}: target_class_ids", low=0) for one in self.target_class_ids]
        if not self.target_class_ids or max(self.target_class_ids) >= self.num_classes:
            raise ValueError(
                f"{kind}: target_class_ids are ids below num_classes={self.num_classes}, at least one; received "
                f"{self.target_class_ids}"
            )
        if self.ignore_class is not None:
            check_whole(self.ignore_class, f"{kind}: ignore_class")
        self.reset_state()

    def start(self, xp: Namespace = np) -> Sums:
        return {"counts": xp.zeros((self.num_classes,) * 2, dtype=widest(xp))}

    def update(self, sums: Sums, y_true: Array, y_pred: Array, weight: Array | None = None, xp: Namespace = np) -> Sums:
        actual, predicted = (x.astype(int) for x in self._classes(y_true, y_pred))
        if actual.size != predicted.size:
            raise ValueError(
                f"{type(self).__name__}: {actual.size} labels and {predicted.size} predictions; with a column for each "
                "class in y_pred give sparse_y_pred=False, in y_true sparse_y_true=False"
            )
        n = self.num_classes
        weight = xp.ones(1, dtype=widest(xp)) if weight is None else xp.asarray(weight, dtype=widest(xp))
        counts = xp.reshape(spread(weight, predicted.astype(widest(xp)), xp), (-1,))
        actual, predicted = actual.reshape(-1), predicted.reshape(-1)
        known = (actual >= 0) & (actual < n) & (predicted >= 0) & (predicted < n)
        if self.ignore_class is not None:
            known = known & (actual != self.ignore_class)
        place = xp.where(known, actual * n + predicted, 0)
        return {"counts": sums["counts"] + bincount(place, counts * known, n * n, xp).reshape(n, n)}

    def _classes(self, y_true: Array, y_pred: Array) -> tuple[Array, Array]:
        """True and predicted classes, of one shape or one size."""
        raise NotImplementedError

    def result(self) -> float:
        both = np.diag(self.counts)
        either = self.counts.sum(axis=0) + self.counts.sum(axis=1) - both
        shares, there = quotient(both, either)[self.target_class_ids], either[self.target_class_ids] > 0
        return float(shares.sum() / max(int(there.sum()), 1))


class _OfClasses(_Overlap):
    """Base of those whose classes are ids, or columns of which the largest counts."""

    sparse_y_true: bool
    sparse_y_pred: bool
    axis: int

    def __post_init__(self) -> None:
        for name in ("sparse_y_true", "sparse_y_pred"):
            check_flag(getattr(self, name), f"{type(self).__name__}: {name}")
        check_whole(self.axis, f"{type(self).__name__}: axis")
        super().__post_init__()

    def check_shape(self, shape: tuple[int, ...]) -> None:
        rank = 1 + len(shape)
        if not (self.sparse_y_true and self.sparse_y_pred) and not -rank <= self.axis < rank:
            raise ValueError(
                f"{type(self).__name__}: axis={self.axis}: predictions have {rank} axes with the batch's; expected "
                "the axis of the classes, usually -1"
            )

    def _classes(self, y_true: Array, y_pred: Array) -> tuple[Array, Array]:
        if not self.sparse_y_true and not -y_true.ndim <= self.axis < y_true.ndim:
            raise ValueError(f"{self.name}: axis={self.axis}: the targets have {y_true.ndim} axes; choose another")
        actual = y_true if self.sparse_y_true else y_true.argmax(self.axis)
        predicted = y_pred if self.sparse_y_pred else y_pred.argmax(self.axis)
        return actual, predicted


@dataclass(eq=False, repr=False)
class IoU(_OfClasses):
    """Mean over some classes of ``tp / (tp + fp + fn)``: 1 where they are found exactly, 0 where they are missed.

    Classes that are neither in targets nor in predictions do not count. Ids out of range do not count either.

    Args:
        num_classes: number of classes, at least 2.
        target_class_ids: those whose mean it is.
        ignore_class: a class id whose places do not count, such as 255 for "unknown"; default None.
        sparse_y_true: targets are class ids; False: columns, of which the largest counts; default True.
        sparse_y_pred: likewise of predictions; default True.
        axis: of the columns; default -1.
        name: default ``"io_u"``, as in Keras.

    Raises:
        TypeError, ValueError: a setting out of range; as many labels as predictions are expected.

    Example:
        >>> round(IoU(num_classes=2, target_class_ids=[0])([0, 0, 1, 1], [0, 1, 0, 1]), 4)
        0.3333
    """

    name: str = field(default="io_u", kw_only=True)
    num_classes: int
    target_class_ids: Sequence[int]
    ignore_class: int | None = None
    sparse_y_true: bool = True
    sparse_y_pred: bool = True
    axis: int = -1

    counts: Array = field(init=False, repr=False)


@dataclass(eq=False, repr=False)
class OneHotIoU(_OfClasses):
    """:class:`IoU` of one-hot targets and a prediction for each class.

    Args:
        num_classes, target_class_ids, ignore_class, axis: as for :class:`IoU`.
        sparse_y_pred: predictions are class ids; default False.
        name: default ``"one_hot_io_u"``, as in Keras.

    Example:
        >>> score = OneHotIoU(num_classes=2, target_class_ids=[1])
        >>> score([[0, 1], [1, 0]], [[0.2, 0.8], [0.3, 0.7]])
        0.5
    """

    name: str = field(default="one_hot_io_u", kw_only=True)
    num_classes: int
    target_class_ids: Sequence[int]
    ignore_class: int | None = None
    sparse_y_true: bool = field(default=False, init=False, repr=False)
    sparse_y_pred: bool = False
    axis: int = -1

    counts: Array = field(init=False, repr=False)


class _OfAll(_OfClasses):
    """Base of means over all classes."""

    def __post_init__(self) -> None:
        self.target_class_ids = range(check_whole(self.num_classes, f"{type(self).__name__}: num_classes", low=2))
        super().__post_init__()


@dataclass(eq=False, repr=False)
class MeanIoU(_OfAll):
    """:class:`IoU` of all classes.

    Args:
        num_classes, ignore_class, sparse_y_true, sparse_y_pred, axis: as for :class:`IoU`.
        name: default ``"mean_io_u"``, as in Keras.

    Example:
        >>> round(MeanIoU(num_classes=2)([0, 0, 1, 1], [0, 1, 0, 1]), 4)
        0.3333
    """

    name: str = field(default="mean_io_u", kw_only=True)
    num_classes: int
    ignore_class: int | None = None
    sparse_y_true: bool = True
    sparse_y_pred: bool = True
    axis: int = -1

    target_class_ids: Sequence[int] = field(default=(), init=False, repr=False)
    counts: Array = field(init=False, repr=False)


@dataclass(eq=False, repr=False)
class OneHotMeanIoU(_OfAll):
    """:class:`MeanIoU` of one-hot targets and a prediction for each class.

    Args:
        num_classes, ignore_class, axis: as for :class:`IoU`.
        sparse_y_pred: predictions are class ids; default False.
        name: default ``"one_hot_mean_io_u"``, as in Keras.

    Example:
        >>> OneHotMeanIoU(num_classes=2)([[0, 1], [1, 0]], [[0.2, 0.8], [0.3, 0.7]])
        0.25
    """

    name: str = field(default="one_hot_mean_io_u", kw_only=True)
    num_classes: int
    ignore_class: int | None = None
    sparse_y_true: bool = field(default=False, init=False, repr=False)
    sparse_y_pred: bool = False
    axis: int = -1

    target_class_ids: Sequence[int] = field(default=(), init=False, repr=False)
    counts: Array = field(init=False, repr=False)


@dataclass(eq=False, repr=False)
class BinaryIoU(_Overlap):
    """:class:`IoU` of yes-or-no targets: a prediction of at least ``threshold`` is class 1.

    Args:
        target_class_ids: those whose mean it is; default both, ``(0, 1)``.
        threshold: default 0.5.
        name: default ``"binary_io_u"``, as in Keras.

    Raises:
        TypeError, ValueError: a setting out of range.

    Example:
        >>> round(BinaryIoU(threshold=0.3)([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7]), 4)
        0.3333
    """

    name: str = field(default="binary_io_u", kw_only=True)
    target_class_ids: Sequence[int] = (0, 1)
    threshold: float = 0.5

    num_classes: int = field(default=2, init=False, repr=False)
    ignore_class: int | None = field(default=None, init=False, repr=False)
    counts: Array = field(init=False, repr=False)

    def __post_init__(self) -> None:
        check_number(self.threshold, "BinaryIoU: threshold")
        super().__post_init__()

    def _classes(self, y_true: Array, y_pred: Array) -> tuple[Array, Array]:
        return y_true, y_pred >= self.threshold
