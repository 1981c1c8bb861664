"""The base classes of metrics, and means over samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import wraps
from typing import Any, ClassVar, cast

import numpy as np

from clarinet import initializers, losses
from clarinet.arrays import namespace, widest
from clarinet.configurable import Configurable, Unsupported, abstract
from clarinet.losses.base import as_arrays
from clarinet.names import function_name, snake_case
from clarinet.ops.dtypes import as_dtype
from clarinet.ops.specs import TensorSpec
from clarinet.ops.tensor import Number, tensor
from clarinet.registry import own_name
from clarinet.traced import KeptFunction, Traced, kept, trace
from clarinet.types import Array, Config, Json, Namespace, Scalar, Shape, ShapeLike
from clarinet.variables import Variable

#: What a metric has added up, by name. One of the user's own may add up something else, which only itself looks at.
Sums = dict[str, Array]


@dataclass(eq=False, repr=False)
class Metric(Configurable):
    """Base class: a subclass defines :meth:`update_state` and :meth:`result`.

    It adds up in variables that :meth:`add_weight` makes, in metrics that it has as attributes, or in plain attributes,
    which its own :meth:`reset_state` sets back. A model runs it in Python, on the predictions of every step.

    Args:
        dtype: of the variables; default float32.
        name: the key in logs and history; default made of the class name.

    Example:
        >>> import numpy as np
        >>> from clarinet import ops
        >>> class Largest(Metric):
        ...     def __init__(self, name="largest", **kwargs):
        ...         super().__init__(name=name, **kwargs)
        ...         self.most = self.add_weight(name="most", initializer="zeros")
        ...
        ...     def update_state(self, y_true, y_pred, sample_weight=None):
        ...         self.most.assign(ops.maximum(self.most, ops.max(ops.abs(y_true - y_pred))))
        ...
        ...     def result(self):
        ...         return self.most
        >>> largest = Largest()
        >>> largest.update_state(np.array([1.0, 2.0]), np.array([1.5, 0.0]))
        >>> float(largest.result())
        2.0
    """

    kind: ClassVar[str] = "metric"
    unsupported: ClassVar[Mapping[str, Unsupported]] = {"dtype": Unsupported("metrics are summed in float64")}
    #: Whether it is the share of predictions that are right.
    accuracy: ClassVar[bool] = False
    #: Whether :meth:`traced` knows it as a mean of what a network of operations gives.
    traces: ClassVar[bool] = False
    #: Whether predictions with a mask are judged only where that says so; as in Keras, means of values are.
    masked: ClassVar[bool] = False

    name: str = ""

    def __init__(self, dtype: object = None, name: str | None = None) -> None:
        """For metrics of the user's own; those of the library are dataclasses."""
        self.name = name or snake_case(type(self).__name__)
        if dtype is not None:
            self._dtype = as_dtype(dtype, f"{self.name}: dtype").name

    @property
    def dtype(self) -> str:
        """That of its variables."""
        return str(vars(self).get("_dtype", "float32"))

    def __init_subclass__(cls) -> None:
        if "result" in vars(cls):
            setattr(cls, "result", _readable(vars(cls)["result"]))  # noqa: B010  # a method, for the type checker

    def __post_init__(self) -> None:
        self.name = self.name or snake_case(type(self).__name__)

    @property
    def sums_rows(self) -> bool:
        """Whether its sums over some rows and over others, added up, are those over all: no other update is known."""
        return False

    def traced(self, label_shape: Shape, shape: Shape) -> Traced:
        """The network that gives the values, of labels and predictions; these are shapes of a row's."""
        raise NotImplementedError

    def check_shape(self, shape: tuple[int, ...]) -> None:
        """Raise ValueError where a prediction of this shape is none that the metric can judge."""

    @abstract
    def update_state(self, y_true: object, y_pred: object, sample_weight: object = None) -> None:
        """Add a batch."""
        raise NotImplementedError

    @abstract
    def result(self) -> Scalar:
        """The metric over everything since :meth:`reset_state`, a number or an array; 0 if there was nothing."""
        raise NotImplementedError

    def add_variable(
        self,
        shape: ShapeLike = (),
        initializer: object = "zeros",
        dtype: object = None,
        aggregation: object = "sum",
        name: str | None = None,
    ) -> Variable:
        """A variable to add up in; :meth:`reset_state` sets it to zero.

        Args:
            shape: default (), a single number.
            initializer: name, object or function; default zeros.
            dtype: default the metric's.
            aggregation: accepted for Keras programs.
            name: for people.
        """
        if isinstance(shape, str):  # as Keras had it once: the name came first
            shape, name = (), shape
        first = initializers.get("zeros" if initializer is None else initializer)
        own = self.dtype if dtype is None else as_dtype(dtype)
        variable = Variable(first, shape=shape, dtype=own, trainable=False, name=name)
        vars(self).setdefault("_added", []).append(variable)
        return variable

    def add_weight(
        self, shape: ShapeLike = (), initializer: object = None, dtype: object = None, name: str | None = None
    ) -> Variable:
        """:meth:`add_variable` under its older name."""
        return self.add_variable(shape, initializer, dtype, name=name)

    @property
    def variables(self) -> list[Variable]:
        """Its variables, and those of the metrics that it has as attributes."""
        return [*vars(self).get("_added", ()), *(v for metric in self._within() for v in metric.variables)]

    def _within(self) -> list[Metric]:
        """The metrics that it has as attributes."""
        return [value for value in vars(self).values() if isinstance(value, Metric)]

    def encoded_for(self, output_shape: Sequence[int]) -> Json:
        """The metric as files have it that judges predictions of this shape."""
        return self.encoded()

    def logs(self) -> dict[str, float]:
        """The result as history and progress bar show it: a number; one for each entry of a list; nothing for a matrix;
        the entries of a dictionary."""
        value = self.result()
        if isinstance(value, dict):
            return {name: float(number) for name, number in value.items()}
        if isinstance(value, np.ndarray) and value.ndim:
            return {f"{self.name}_{i}": float(v) for i, v in enumerate(value)} if value.ndim == 1 else {}
        return {self.name: float(value)}

    def reset_states(self) -> None:
        """:meth:`reset_state`, as earlier versions of Keras called it."""
        self.reset_state()

    def reset_state(self) -> None:
        """Reset the running sums: variables to zero, and the metrics that it has as attributes."""
        for variable in vars(self).get("_added", ()):
            variable.assign(np.zeros(variable.shape))
        for metric in self._within():
            metric.reset_state()

    def start(self, xp: Namespace = np) -> Sums:
        """The sums of no batch at all; they may get their shape with the first."""
        before = self.sums
        self.reset_state()
        found, self.sums = self.sums, before
        return found

    def scaled(self, scale: float) -> bool:
        """Take targets and predictions to be in units of ``scale`` from now on; False where that has no simple rule."""
        return False

    @property
    def sums(self) -> Sums:
        """The running sums, as :func:`updated` takes and returns them."""
        return cast(Sums, self.get_state())

    @sums.setter
    def sums(self, sums: Sums) -> None:
        self.set_state(sums)

    def get_state(self) -> dict[str, object]:
        """The sums since :meth:`reset_state`: variables, and all attributes that the constructor does not take."""
        configured = {f.name for f in fields(self) if f.init} | {"_added", "_arguments", "_dtype"}
        found = {k: v for k, v in vars(self).items() if k not in configured and not isinstance(v, (Metric, Variable))}
        if "_added" in vars(self):
            found["_added"] = [variable.numpy() for variable in vars(self)["_added"]]
        within = {name: value.get_state() for name, value in vars(self).items() if isinstance(value, Metric)}
        return found | within

    def set_state(self, state: Mapping[str, object]) -> None:
        """Continue from a state of :meth:`get_state`."""
        given: Mapping[str, Any] = state
        for name, value in given.items():
            own: Any = vars(self).get(name)
            if name == "_added":
                for variable, numbers in zip(own or (), value, strict=True):
                    variable.assign(numbers)
            elif isinstance(own, Metric):
                own.set_state(value)
            elif not callable(getattr(self, name, None)):  # a file may hold anything
                setattr(self, name, value)

    def __call__(self, *batch: object, **named: object) -> Scalar:
        """Add a batch, as :meth:`update_state` takes it, and return the result so far."""
        update: Callable[..., None] = self.update_state
        update(*batch, **named)
        return self.result()


def _readable(result: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A metric's ``result`` that gives something with ``numpy()``."""

    @wraps(result)
    def readable(self: Metric) -> Any:
        found = result(self)
        return Number(found) if isinstance(found, float) else tensor(found) if type(found) is np.ndarray else found

    return readable


class PureMetric(Metric):
    """Base of metrics with a pure update: a subclass defines :meth:`start`, :meth:`update`, `result`.

    The running sums are attributes with the names in :meth:`start`.
    """

    @abstract
    def start(self, xp: Namespace = np) -> Sums:
        """The sums of no batch at all, as arrays of ``xp``; they may get their shape with the first."""
        raise NotImplementedError

    @abstract
    def update(self, sums: Sums, y_true: Array, y_pred: Array, weight: Array | None = None, xp: Namespace = np) -> Sums:
        """The sums with a batch added. Pure.

        Args:
            sums: so far.
            y_true, y_pred, weight: of the batch.
            xp: the arrays' namespace; they may be traced.
        """
        raise NotImplementedError

    @property
    def sums_rows(self) -> bool:
        return type(self).update_state is PureMetric.update_state

    @property
    def sums(self) -> Sums:
        return {name: getattr(self, name) for name in self.start()}

    @sums.setter
    def sums(self, sums: Sums) -> None:
        vars(self).update(sums)

    def update_state(self, y_true: object, y_pred: object, sample_weight: object = None) -> None:
        weight = None if sample_weight is None else np.asarray(sample_weight)
        self.sums = self.update(self.sums, *as_arrays(y_true, y_pred), weight)

    def reset_state(self) -> None:
        self.sums = self.start()


def updated(metric: Metric, sums: Sums, y_true: Array, y_pred: Array, weight: Array | None, xp: Namespace) -> Sums:
    """A metric's sums with a batch added: by its ``update``, or the ``update_state`` of its own."""
    if isinstance(metric, PureMetric) and metric.sums_rows:
        return metric.update(sums, y_true, y_pred, weight, xp)
    before, metric.sums = metric.sums, sums
    try:
        metric.update_state(tensor(y_true), tensor(y_pred), None if weight is None else tensor(weight))
        return metric.sums
    finally:
        metric.sums = before


@dataclass(eq=False, repr=False)
class MeanMetric(PureMetric):
    """A weighted mean over samples; a subclass defines :meth:`values`.

    Attributes:
        total: float64 sum of weights times values.
        count: float64 sum of weights, or the number of samples.
        unit: a factor of the mean.
    """

    #: The power of a common scale of targets and predictions that the mean grows with; None where there is none.
    degree: ClassVar[int | None] = None
    masked: ClassVar[bool] = True

    total: float = field(default=0.0, init=False)
    count: float = field(default=0.0, init=False)
    unit: float = field(default=1.0, init=False, repr=False)

    @abstract
    def values(self, y_true: Array, y_pred: Array) -> Array:
        """One value per sample, shape (n, …); axes after the first are averaged over."""
        raise NotImplementedError

    def start(self, xp: Namespace = np) -> Sums:
        return dict.fromkeys(("total", "count"), cast(Array, 0.0) if xp is np else xp.zeros((), dtype=widest(xp)))

    def update(self, sums: Sums, y_true: Array, y_pred: Array, weight: Array | None = None, xp: Namespace = np) -> Sums:
        return self.with_values(sums, self.values(y_true, y_pred), weight, xp)

    def with_values(self, sums: Sums, values: object, weight: object = None, xp: Namespace = np) -> Sums:
        """The sums with these values added, perhaps weighted."""
        rows = xp.asarray(values, dtype=widest(xp))
        if weight is None:
            rows = rows if rows.ndim else rows[None]
            return self.added(sums, _rows(rows).sum(), len(rows))
        weights = xp.asarray(weight, dtype=widest(xp))
        if weights.ndim == rows.ndim + 1 and weights.shape[-1] == 1:
            weights = weights[..., 0]
        rows = rows.mean(axis=tuple(range(weights.ndim, rows.ndim)))
        rows = rows if rows.ndim else xp.broadcast_to(rows, weights.shape)
        rows, weights = (xp.reshape(each, (-1,)) if each.ndim == 0 else each for each in (rows, weights))
        weights = xp.broadcast_to(weights, rows.shape)
        return self.added(sums, _rows(rows * weights).sum(), _rows(weights).sum())

    def added(self, sums: Sums, total: object, count: object) -> Sums:
        """The sums with a sum of values, and how many (or how much weight) they were."""
        return {"total": sums["total"] + total, "count": sums["count"] + count}

    def result(self) -> float:
        return float(self.unit * self.total / self.count) if self.count else 0.0

    def scaled(self, scale: float) -> bool:
        if self.degree is not None:
            self.unit = scale**self.degree
        return self.degree is not None


def _rows(values: Array) -> Array:
    """The mean of each row."""
    return values if values.ndim == 1 else values.mean(axis=tuple(range(1, values.ndim)))


@dataclass(eq=False, repr=False)
class Custom(MeanMetric):
    """The mean of a Python function over samples.

    Args:
        name: default the function's own.
        function: ``values = function(y_true, y_pred)``, one per sample; or one number for the batch, which then counts
            as one value, as in Keras.

    Example:
        >>> Custom(function=lambda t, p: abs(t - p).max(axis=-1), name="worst")([[0.0, 0.0]], [[1.0, 3.0]])
        3.0
    """

    traces = True

    function: Callable[[Array, Array], object] = field(default=losses.mean_squared_error, kw_only=True)

    def __post_init__(self) -> None:
        self.name = self.name or function_name(self.function, "custom")

    def traced(self, label_shape: Shape, shape: Shape) -> Traced:
        specs = [TensorSpec((None, *row), np.dtype(np.float32), True) for row in (label_shape, shape)]
        return trace(self.function, specs, ("y_true", "y_pred"))

    def encoded_for(self, output_shape: Sequence[int]) -> Json:
        """The function by its name, and the operations that it is made of."""
        if isinstance(self.function, KeptFunction):
            return {"class_name": self.name, "config": {}, "kept": {"name": self.name, "call": self.function.described}}
        known: Config = {"class_name": getattr(self.function, "__name__", self.name), **own_name(self.function)}
        operations = kept(self.function, output_shape, ("y_true", "y_pred"))
        return known | {"config": {}, "kept": {"name": self.name, "call": operations}}

    def values(self, y_true: Array, y_pred: Array) -> Array:
        if isinstance(y_pred, np.ndarray):
            return np.asarray(self.function(tensor(y_true), tensor(y_pred))).view(np.ndarray)
        return namespace(y_pred).asarray(self.function(y_true, y_pred))


def _restored(described: Mapping[str, Any]) -> Custom:
    kept_of = described["kept"]
    if not isinstance(kept_of["name"], str):
        raise ValueError(f"metric: the name is a text, received {kept_of['name']!r}")
    return Custom(kept_of["name"], function=KeptFunction(kept_of["call"]))


Metric.restorer = staticmethod(_restored)
