"""Training on a transformed target: the network learns well-scaled numbers, people read the original ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from clarinet import metrics
from clarinet.arrays import widest
from clarinet.configurable import Configurable, encode
from clarinet.fields import Field
from clarinet.losses import Loss
from clarinet.metrics import Custom, Metric
from clarinet.metrics.base import PureMetric, Sums, updated
from clarinet.names import nearest
from clarinet.types import Array, Config, Namespace, Scalar

Function = Callable[[Array], Array]
#: The name of a transform, or a function and its inverse.
Transform = str | tuple[Function, Function]
#: Function and inverse of the transforms that need no numbers of the data.
_FUNCTIONS: dict[str, tuple[Function, Function]] = {
    "log": (np.log, np.exp),
    "log1p": (np.log1p, np.expm1),
}
#: The offset and the divisor of the transforms that shift and scale.
_SCALINGS: dict[str, Callable[[Array], tuple[Array, Array]]] = {
    "standard": lambda y: (y.mean(axis=0), y.std(axis=0)),
    "minmax": lambda y: (y.min(axis=0), y.max(axis=0) - y.min(axis=0)),
}


class _NumbersField(Field["ArrayLike | None", "Array | None"]):
    """Numbers in float64, one for every column, or None."""

    def convert(self, value: ArrayLike | None, owner: object) -> Array | None:
        return None if value is None else np.asarray(value, np.float64)


@dataclass(eq=False)
class TransformedTarget(Configurable):
    """The values of ``compile(target=...)``: train on ``f(y)``, predict and judge in the units of ``y``.

    Prices, populations or temperatures make poor targets as they stand: a mean squared error of a million needs its own
    learning rate. With this the network learns ``f(y)``; ``predict`` returns ``f^-1`` of its output, and metrics
    compare in original units. ``loss`` is still the number that is minimised, so it is that of ``f(y)``; if no metrics
    are compiled, the loss in original units is added as one. The first ``fit`` adapts the transform to its training
    rows alone.

    Args:
        transform: ``"standard"`` (default; ``(y - mean) / std``, each column for itself), ``"minmax"`` (``(y - min) /
            (max - min)``), ``"log"`` (for positive numbers), ``"log1p"`` (for numbers of at least 0), or a pair of
            Python functions ``(f, inverse)``, with which the model cannot be saved.
        center, scale: subtracted, and divided by; default None, found by :meth:`adapt`.

    Raises:
        ValueError: an unknown name, with the nearest right one. TypeError: neither a name nor a pair of functions.

    Example:
        >>> import numpy as np, clarinet
        >>> clarinet.utils.set_random_seed(0)
        >>> x = np.linspace(-1, 1, 50)[:, None]
        >>> model = clarinet.Sequential([clarinet.Input((1,)), clarinet.layers.Dense(1)])
        >>> model.compile(clarinet.optimizers.SGD(0.1), "mse", metrics=["mae"], target="standard")
        >>> history = model.fit(x, 2e6 + 3e5 * x, epochs=50, verbose=0)
        >>> bool(abs(model.predict([[0.5]])[0, 0] - 2.15e6) < 1000)
        True
    """

    kind: ClassVar[str] = "target"

    transform: Transform = "standard"
    center: _NumbersField = _NumbersField(None)
    scale: _NumbersField = _NumbersField(None)

    def __post_init__(self) -> None:
        known = (*_SCALINGS, *_FUNCTIONS)
        if isinstance(self.transform, str):
            if self.transform not in known:
                raise ValueError(f"target: unknown transform {self.transform!r}: {nearest(self.transform, known)}")
        elif not (
            isinstance(self.transform, tuple) and len(self.transform) == 2 and all(map(callable, self.transform))
        ):
            raise TypeError(
                f"target: expected one of {', '.join(known)} or a pair of functions (f, inverse), "
                f"received {self.transform!r}"
            )

    def get_config(self) -> Config:
        numbers = {"center": self.center, "scale": self.scale}
        listed = {name: None if value is None else value.tolist() for name, value in numbers.items()}
        return {"transform": encode(self.transform), **listed}

    @property
    def _scaling(self) -> tuple[Array, Array] | None:
        """The offset and the divisor of the transform, if it has them."""
        if self.transform not in _SCALINGS or self.center is None or self.scale is None:
            return None
        return self.center, self.scale

    @property
    def _functions(self) -> tuple[Function, Function]:
        """The transform and its inverse, where they need no numbers of the data."""
        return _FUNCTIONS[self.transform] if isinstance(self.transform, str) else self.transform

    @property
    def adapted(self) -> bool:
        """Whether the transform knows the numbers that it needs."""
        return self.transform not in _SCALINGS or self.scale is not None

    def adapt(self, y: object) -> None:
        """Find mean and standard deviation, or least and largest, of every column.

        Args:
            y: targets, shape (n, …).
        """
        if isinstance(self.transform, str) and self.transform in _SCALINGS:
            center, scale = _SCALINGS[self.transform](np.asarray(y, np.float64))
            self.center, self.scale = np.asarray(center), np.where(scale == 0, 1.0, scale)  # a constant stays as it is

    def _check_adapted(self) -> None:
        if not self.adapted:
            raise ValueError(
                f"target: the transform {self.transform!r} has seen no targets yet; call fit with arrays first, "
                "or model.target.adapt(y)"
            )

    def forward(self, y: Array) -> Array:
        """``f(y)`` in float64.

        Raises:
            ValueError: the transform is not adapted, or is not defined for some of the targets.
        """
        self._check_adapted()
        y = np.asarray(y, np.float64)
        if self._scaling is not None:
            center, scale = self._scaling
            scaled: Array = (y - center) / scale
            return scaled
        function = self._functions[0]
        with np.errstate(all="ignore"):
            transformed = np.asarray(function(y))
        wrong = ~np.isfinite(transformed)
        if transformed.shape != y.shape:
            raise ValueError(f"target: f(y) has shape {transformed.shape}, expected that of y, {y.shape}")
        if wrong.any():
            row = int(np.argmax(wrong.reshape(len(y), -1).any(axis=1)))
            hint = "use 'log1p' for zeros, 'standard' for any numbers" if self.transform == "log" else "use 'standard'"
            raise ValueError(f"target: the transform of row {row} of y, {y[row]}, is not a finite number; {hint}")
        return transformed

    def inverse(self, y: Array) -> Array:
        """``f^-1(y)`` in the precision of ``y``."""
        self._check_adapted()
        if self._scaling is not None:
            center, scale = self._scaling
            numbers: Array = y * scale + center
            return numbers.astype(y.dtype)
        with np.errstate(over="ignore"):  # a run that diverges shows in its numbers
            original = self._functions[1](y.astype(np.float64))
        return np.asarray(original).astype(y.dtype)

    def judging(
        self, plain: tuple[Metric, ...], weighted: tuple[Metric, ...], loss: Loss | None
    ) -> tuple[tuple[Metric, ...], tuple[Metric, ...]]:
        """A model's metrics in original units; the loss as a metric where there are none."""
        if not (plain or weighted) and loss is not None:
            plain = (_as_metric(loss),)
        return tuple(map(self.in_original_units, plain)), tuple(map(self.in_original_units, weighted))

    def in_original_units(self, metric: Metric) -> Metric:
        """A metric that is fed with transformed targets and predictions and judges the original ones.

        Where all columns have one scale and the metric grows with a power of it, its result is multiplied, which every
        engine can do; otherwise targets and predictions are transformed back, on the reference engine.
        """
        scales = np.unique(1.0 if self.scale is None else self.scale)
        if self.transform in _SCALINGS and len(scales) == 1 and metric.scaled(float(scales[0])):
            return metric
        return InOriginalUnits(metric.name, metric=metric, target=self)


@dataclass(eq=False)
class InOriginalUnits(PureMetric):
    """A metric of targets and predictions that are transformed back first."""

    metric: Metric = field(kw_only=True)
    target: TransformedTarget = field(kw_only=True)

    def start(self, xp: Namespace = np) -> Sums:
        return self.metric.start(xp)

    def update(self, sums: Sums, y_true: Array, y_pred: Array, weight: Array | None = None, xp: Namespace = np) -> Sums:
        t, p = (self.target.inverse(y.astype(widest(xp))) for y in (y_true, y_pred))
        return updated(self.metric, sums, t, p, weight, xp)

    @property
    def sums(self) -> Sums:
        return self.metric.sums

    @sums.setter
    def sums(self, sums: Sums) -> None:
        self.metric.sums = sums

    def result(self) -> Scalar:
        return self.metric.result()

    def reset_state(self) -> None:
        self.metric.reset_state()

    def get_state(self) -> dict[str, object]:
        return self.metric.get_state()

    def set_state(self, state: Mapping[str, object]) -> None:
        self.metric.set_state(state)


def _as_metric(loss: Loss) -> Metric:
    known = getattr(metrics, type(loss).__name__, None)
    return known() if known not in (None, Custom) else Custom(loss.name, function=loss.values)


def for_loss(identifier: object, loss: Loss | None) -> TransformedTarget | None:
    """The transform for None, a name, a pair of functions, an object or a configuration.

    Raises:
        ValueError, TypeError: no such transform, or a loss whose targets are classes.
    """
    if identifier is None:
        return None
    if isinstance(identifier, dict) and identifier.get("class_name") == "TransformedTarget":
        identifier = TransformedTarget.from_config(identifier["config"])
    if loss is not None and loss.of_classes:
        raise ValueError(f"target: the loss {loss.name!r} is for classes, which are not transformed; leave target out")
    if isinstance(identifier, TransformedTarget):
        return identifier
    return TransformedTarget.from_config({"transform": identifier})
