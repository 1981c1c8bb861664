"""What a metric is, and means of anything over samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

import numpy as np

from clarinet import losses
from clarinet.configurable import Configurable, Refused, abstract
from clarinet.losses.base import as_arrays
from clarinet.names import snake_case
from clarinet.params import Array


@dataclass(eq=False, repr=False)
class Metric(Configurable):
    """Base class: a subclass gives :meth:`update_state`, :meth:`result` and :meth:`reset_state`.

    Args:
        name: the key in logs and history; default made of the class name.
    """

    kind: ClassVar[str] = "metric"
    refused: ClassVar[Mapping[str, Refused]] = {"dtype": Refused("metrics are summed in float64")}
    #: Whether it is the share of predictions that are right.
    accuracy: ClassVar[bool] = False

    name: str = ""

    def __post_init__(self) -> None:
        self.name = self.name or snake_case(type(self).__name__)

    def check_shape(self, shape: tuple[int, ...]) -> None:
        """Raise ValueError where a prediction of this shape is none that the metric can judge."""

    @abstract
    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch."""
        raise NotImplementedError

    @abstract
    def result(self) -> Any:
        """The metric over everything since :meth:`reset_state`, a number or an array; 0 if there was nothing."""
        raise NotImplementedError

    def add_weight(self, *shape: Any, **settings: Any) -> Any:
        """Refused: what a metric adds up are plain attributes here."""
        raise TypeError(
            f"{type(self).__name__}: add_weight is not there; add up in plain attributes, such as self.total = 0.0, "
            "and set them back in reset_state"
        )

    def logs(self) -> dict[str, float]:
        """What history and progress bar show: a number; one for each entry of a list; nothing of a matrix."""
        value = self.result()
        if isinstance(value, np.ndarray) and value.ndim:
            return {f"{self.name}_{i}": float(v) for i, v in enumerate(value)} if value.ndim == 1 else {}
        return {self.name: float(value)}

    @abstract
    def reset_state(self) -> None:
        """Start anew."""
        raise NotImplementedError

    def scaled(self, scale: float) -> bool:
        """Take targets and predictions to be in units of ``scale`` from now on; False where that has no simple rule."""
        return False

    def get_state(self) -> dict[str, Any]:
        """What has been added up since :meth:`reset_state`: all attributes that the constructor does not take."""
        configured = {f.name for f in fields(self) if f.init}
        return {name: value for name, value in vars(self).items() if name not in configured}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`get_state` gave."""
        for name, value in state.items():
            if not callable(getattr(self, name, None)):  # a file may hold anything
                setattr(self, name, value)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Add a batch and return the result so far."""
        self.update_state(y_true, y_pred, sample_weight)
        return self.result()


@dataclass(eq=False, repr=False)
class MeanMetric(Metric):
    """A weighted mean over samples; a subclass gives :meth:`values`.

    Attributes:
        total: float64 sum of weights times values; engines add to it.
        count: float64 sum of weights, or the number of samples.
        unit: what the mean is multiplied by.
    """

    #: The power of a common scale of targets and predictions that the mean grows with; None where there is none.
    degree: ClassVar[int | None] = None

    total: float = field(default=0.0, init=False)
    count: float = field(default=0.0, init=False)
    unit: float = field(default=1.0, init=False, repr=False)

    @abstract
    def values(self, y_true: Array, y_pred: Array) -> Array:
        """One value per sample, shape (n, …); axes after the first are averaged over."""
        raise NotImplementedError

    def add(self, total: float, count: float) -> None:
        """Add a sum of values and how many (or how much weight) they were."""
        self.total += total
        self.count += count

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self._add_values(self.values(*as_arrays(y_true, y_pred)), sample_weight)

    def _add_values(self, values: Any, sample_weight: Any) -> None:
        values = np.atleast_1d(np.asarray(values, np.float64))
        if sample_weight is None:
            self.add(float(_rows(values).sum()), len(values))
            return
        weight = np.asarray(sample_weight, np.float64)
        if weight.ndim == values.ndim + 1 and weight.shape[-1] == 1:
            weight = weight[..., 0]
        values = values.mean(axis=tuple(range(weight.ndim, values.ndim)))
        weight = np.broadcast_to(weight, values.shape)
        self.add(float(_rows(values * weight).sum()), float(_rows(weight).sum()))

    def result(self) -> float:
        return self.unit * self.total / self.count if self.count else 0.0

    def scaled(self, scale: float) -> bool:
        if self.degree is not None:
            self.unit = scale**self.degree
        return self.degree is not None

    def reset_state(self) -> None:
        self.total = self.count = 0.0


def _rows(values: Array) -> Array:
    """The mean of each row."""
    return values.mean(axis=tuple(range(1, values.ndim)))  # type: ignore[no-any-return]


class Mean(MeanMetric):
    """The mean of given values.

    Args:
        name: default ``"mean"``.

    Example:
        >>> mean = Mean()
        >>> mean.update_state([1.0, 3.0, 5.0])
        >>> mean.result()
        3.0
    """

    def update_state(self, values: Any, sample_weight: Any = None, _: Any = None) -> None:  # type: ignore[override]
        """Add values, perhaps weighted."""
        self._add_values(values, sample_weight)


@dataclass(eq=False, repr=False)
class Custom(MeanMetric):
    """The mean of a Python function over samples.

    Args:
        name: default the function's own.
        function: ``values = function(y_true, y_pred)``, one per sample (or one number for the batch).

    Example:
        >>> Custom(function=lambda t, p: abs(t - p).max(axis=-1), name="worst")([[0.0, 0.0]], [[1.0, 3.0]])
        3.0
    """

    function: Callable[[Array, Array], Any] = field(default=losses.mean_squared_error, kw_only=True)

    def __post_init__(self) -> None:
        self.name = self.name or getattr(self.function, "__name__", "custom")

    def values(self, y_true: Array, y_pred: Array) -> Array:
        values = np.asarray(self.function(y_true, y_pred))
        return np.full(len(y_pred), values) if values.ndim == 0 else values
