"""The base class of losses, and how targets, predictions and weights are combined.

Notation: ``t`` targets (``y_true``), ``p`` predictions (``y_pred``), ``z`` logits, ``k`` the size of the last axis. A
loss gives one value per sample, the last axis being summed or averaged over; a batch's loss is ``sum_i w_i l_i / n``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import wraps
from math import prod
from typing import ClassVar, cast

import numpy as np

from clarinet.arrays import choose, spread
from clarinet.configurable import Unsupported, Value, abstract
from clarinet.losses.taped import follows, judged
from clarinet.names import snake_case
from clarinet.ops.tensor import Number, tensor
from clarinet.traced import Traced
from clarinet.types import Array, Config, DType, Json, Namespace, Scalar, Shape

REDUCTIONS = ("sum_over_batch_size", "sum", "mean_with_sample_weight", "none")


def align(y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
    """Targets in the rank of the predictions: (n,) becomes (n, 1) and the other way round, as in Keras.

    Args:
        y_true: shape of ``y_pred``, or with a last axis of 1 more or less.
        y_pred: predictions.
        xp: array namespace.

    Raises:
        ValueError: shapes that do not go together.
    """
    longer = y_true.ndim == y_pred.ndim + 1 and y_true.shape[-1] == 1
    shorter = y_pred.ndim == y_true.ndim + 1 and y_pred.shape[-1] == 1
    if (longer or shorter) and prod(y_true.shape) == prod(y_pred.shape):
        y_true = xp.reshape(y_true, y_pred.shape)
    if y_true.shape != y_pred.shape:
        raise ValueError(
            f"y_true has shape {tuple(y_true.shape)} and y_pred {tuple(y_pred.shape)}: expected the same shape; "
            "class ids go with sparse_categorical_crossentropy and SparseCategoricalAccuracy"
        )
    return y_true if y_true.dtype == y_pred.dtype else xp.astype(y_true, y_pred.dtype)


def class_ids(y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
    """Class ids in the shape of one loss value each: a last axis of 1 is dropped.

    Raises:
        ValueError: shapes that do not go together.
    """
    if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1:
        y_true = y_true[..., 0]
    if tuple(y_true.shape) != tuple(y_pred.shape[:-1]):
        raise ValueError(
            f"y_true has shape {tuple(y_true.shape)}, expected one class id for each of {tuple(y_pred.shape[:-1])}; "
            "one-hot targets go with categorical_crossentropy and CategoricalAccuracy"
        )
    return y_true


def check_last_axis(loss: Loss, axis: object) -> None:
    """Raise unless ``axis`` is -1."""
    if axis != -1:
        raise ValueError(f"{type(loss).__name__}: classes are on the last axis, axis=-1; received axis={axis!r}")


def as_arrays(y_true: object, y_pred: object) -> tuple[Array, Array]:
    """A user's data as NumPy arrays, predictions as floating-point numbers (float32 unless they are already)."""
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    y_true = y_true if y_true.ndim else np.broadcast_to(y_true, y_pred.shape)
    return y_true, y_pred if y_pred.dtype.kind == "f" else y_pred.astype(np.float32)


def _called_so(own: Callable[..., object]) -> Callable[..., object]:
    """A user's ``__call__`` as the ``call`` of a loss: weights of rows are the loss's own affair here."""

    @wraps(own)
    def call(self: object, y_true: object, y_pred: object) -> object:
        return own(self, y_true, y_pred)

    return call


@dataclass(eq=False, repr=False)
class Loss(Value):
    """Base class: a subclass defines :meth:`values` and :meth:`gradient`; instances are pure configuration.

    Args:
        reduction: how a batch's values become one number: ``"sum_over_batch_size"`` (default; also ``"mean"``) divides
            their weighted sum by how many there are, ``"sum"`` does not divide, ``"mean_with_sample_weight"`` divides
            by the sum of the weights, ``"none"`` (or None) leaves them as they are and is for direct calls only.
        name: for people; default made of the class name.

    Raises:
        ValueError: an unknown reduction.
    """

    kind: ClassVar[str] = "loss"
    unsupported: ClassVar[Mapping[str, Unsupported]] = {
        "dtype": Unsupported("a loss is computed in the model's dtype; use model.compile(dtype='float64')")
    }

    not_called: ClassVar[Mapping[str, str]] = {"__call__": "define call(self, y_true, y_pred)"}
    #: What a class gets that defines ``call``, see :mod:`clarinet.losses.custom`.
    authoring: ClassVar[Mapping[str, object]] = {}
    goes_with: ClassVar[Mapping[str, str]] = {"values": "gradient"}
    #: Form of the labels: ``"ids"`` (of classes); ``"one-hot"``; in every column ``"binary"`` (0 and 1, or shares
    #: between) or ``"signs"`` (-1 and 1, or 0 and 1); ``"numbers"``, as many as predicted; ``"any"``, never checked.
    labels: ClassVar[str] = "numbers"
    #: Distribution of the labels whose negative log-likelihood it is, up to constants: ``"bernoulli"``,
    #: ``"categorical"``, ``"laplace"``, ``"normal"`` or ``"poisson"``; empty where it is none.
    likelihood: ClassVar[str] = ""
    #: Whether its values depend on the difference of predictions and targets alone.
    of_difference: ClassVar[bool] = False
    #: Whether :meth:`traced` knows it as a network of operations.
    traces: ClassVar[bool] = False

    reduction: str | None = field(default="sum_over_batch_size", kw_only=True)
    name: str = field(default="", kw_only=True)

    def __init_subclass__(cls) -> None:
        own, plain = vars(cls).get("__call__"), getattr(cls.values, "abstract", False)
        if own is not None and plain and "call" not in vars(cls) and "super" not in own.__code__.co_names:
            delattr(cls, "__call__")
            setattr(cls, "call", _called_so(own))  # noqa: B010  # a method, for the type checker
        for name, value in cls.authoring.items() if "call" in vars(cls) else ():
            if name not in vars(cls):
                setattr(cls, name, value)

    def joins_rows(self, axes: int) -> bool:
        """Whether a value is of several rows at once, of targets with so many axes; then rows cannot be weighed."""
        return False

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: object = None
    ) -> None:
        """For losses of the user's own; those of the library are dataclasses."""
        object.__setattr__(self, "name", name or "")
        object.__setattr__(self, "reduction", reduction)
        self.__post_init__()

    def call(self, y_true: object, y_pred: object) -> object:
        """For losses of the user's own: the values, of functions of :mod:`clarinet.ops` and operators."""
        raise NotImplementedError(f"{type(self).__name__} does not define call")

    def __post_init__(self) -> None:
        reduction = "none" if self.reduction is None else self.reduction
        reduction = "sum_over_batch_size" if reduction == "mean" else reduction
        if reduction not in REDUCTIONS:
            raise ValueError(
                f"{type(self).__name__}: reduction is one of {', '.join(REDUCTIONS)}, received {reduction!r}"
            )
        object.__setattr__(self, "reduction", reduction)
        object.__setattr__(self, "name", self.name or snake_case(type(self).__name__))

    def get_config(self) -> Config:
        if "__dataclass_fields__" in vars(type(self)):
            return super().get_config()
        return {"reduction": self.reduction, "name": self.name}  # the rest is the class's own

    def encoded_for(self, output_shape: Sequence[int]) -> Json:
        """The loss as files have it that judges predictions of this shape."""
        return self.encoded()

    @property
    def of_classes(self) -> bool:
        """Whether labels name the right classes."""
        return self.labels not in ("numbers", "any")

    @abstract
    def values(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        """One loss per sample, of shape ``y_pred.shape[:-1]``."""
        raise NotImplementedError

    @abstract
    def gradient(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        """Derivative of each sample's loss at its predictions, of the shape of ``y_pred``."""
        raise NotImplementedError

    def target_gradient(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array | None:
        """Derivative of each sample's loss at its targets, for losses that have one beside that of a difference."""
        return None

    def traced(self, label_shape: Shape, shape: Shape) -> Traced:
        """The network of operations that gives the values, of labels and predictions; these are shapes of a row's."""
        raise NotImplementedError

    def pull(self, y_true: Array, y_pred: Array, shares: Array, xp: Namespace = np) -> Array:
        """The gradient of a batch's loss ``sum(shares * values)`` at the predictions, of their shape."""
        return self.gradient(y_true, y_pred, xp) * shares[..., None]

    def pull_targets(self, y_true: Array, y_pred: Array, shares: Array, xp: Namespace = np) -> Array | None:
        """That at the targets, of losses that are not of the difference; None: unknown."""
        own = self.target_gradient(y_true, y_pred, xp)
        return None if own is None else own * shares[..., None]

    @property
    def selective(self) -> bool:
        """Whether :meth:`valid` leaves values out."""
        return False

    def valid(self, y_true: Array, values: Array, xp: Namespace = np) -> Array | None:
        """Which values count; None: all."""
        return None

    def weighed(self, y_true: Array, values: Array, weight: object, xp: Namespace = np) -> Array:
        """The weights of the values: those of the samples, without values that do not count."""
        counts = xp.ones_like(values) if weight is None else spread(weight, values, xp)
        valid = self.valid(y_true, values, xp)
        return counts if valid is None else counts * self.counted(valid, values.dtype, xp)

    def counted(self, mask: Array, dtype: DType, xp: Namespace = np) -> Array:
        """The weights of values of which a mask says which count: where a loss is a mean, it is that of those."""
        weight = xp.astype(mask, dtype)
        if self.reduction != "sum_over_batch_size":
            return weight
        total = xp.sum(weight)
        return weight * (prod(mask.shape) / choose(total != 0, total, xp.ones_like(total), xp))

    def shares(self, weight: Array, xp: Namespace = np) -> Array:
        """How much each value counts in the batch's loss ``sum(shares * values)``; ``weight`` has the values' shape."""
        if self.reduction == "sum":
            return weight
        if self.reduction == "mean_with_sample_weight":
            total = xp.sum(weight)
            divided, nothing = weight / choose(total != 0, total, xp.ones_like(total), xp), weight * 0
            shares: Array = choose(total != 0, divided, nothing, xp)
            return shares
        return weight / max(prod(weight.shape), 1)

    def __call__(self, y_true: object, y_pred: object, sample_weight: object = None) -> Scalar:
        """The loss of a batch.

        Args:
            y_true: targets.
            y_pred: predictions, shape (n, …, k).
            sample_weight: one number per loss value, or per sample; default 1.

        Returns:
            A number; an array of values where ``reduction`` is ``"none"``. A tensor inside a
            :class:`clarinet.GradientTape`, and of tensors.
        """
        if follows(y_true, y_pred):
            return cast(Array, judged(self, y_true, y_pred, sample_weight))
        y_true, y_pred = as_arrays(y_true, y_pred)
        values = np.asarray(self.values(y_true, y_pred))
        weight = self.weighed(y_true, values, sample_weight)
        if self.reduction == "none":
            return tensor(values * weight)
        return Number(np.sum(values * self.shares(weight)))


def per_sample(loss: Loss, y_true: object, y_pred: object) -> Array:
    """The values of a loss, one per sample, for a user's data."""
    if follows(y_true, y_pred):
        return cast(Array, judged(replace(loss, reduction="none"), y_true, y_pred))
    return tensor(loss.values(*as_arrays(y_true, y_pred)))
