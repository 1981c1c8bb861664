"""A loss of the user's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from clarinet.configurable import encode_all
from clarinet.losses.base import Loss
from clarinet.ops.specs import TensorSpec
from clarinet.registry import own_name
from clarinet.traced import Kept, KeptFunction, Traced, kept, trace
from clarinet.types import AnyTensor, Array, Config, DTypeArg, Json, Namespace, Shape
from clarinet.variables import Variable

__all__ = ["Custom", "Function"]


@dataclass(eq=False, repr=False)
class Custom(Loss):
    """A Python function with its gradient; runs on the reference engine.

    ``clarinet.check_gradients`` checks that the two belong together. It cannot be saved with a model: a file holds no
    code.

    Args:
        function: ``values = function(y_true, y_pred)``, one per sample, shape ``y_pred.shape[:-1]``.
        derivative: the derivative of each value at ``y_pred``, of its shape.
        reduction, name: see :class:`Loss`; the name is by default the function's own.

    Raises:
        TypeError: one of the two cannot be called.

    Example:
        >>> import numpy as np
        >>> quartic = Custom(lambda t, p: np.mean((p - t) ** 4, axis=-1), lambda t, p: 4 * (p - t) ** 3 / p.shape[-1])
        >>> quartic([[0.0]], [[2.0]])
        16.0
    """

    labels = "any"

    function: Callable[[Array, Array], Array]
    derivative: Callable[[Array, Array], Array]

    def __post_init__(self) -> None:
        for key in ("function", "derivative"):
            value = vars(self)[key]
            if not callable(value):
                raise TypeError(f"losses.Custom: {key}: expected a function of (y_true, y_pred), received {value!r}")
        own_name = self.name or getattr(self.function, "__name__", "custom")
        super().__post_init__()
        object.__setattr__(self, "name", own_name)

    def values(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        return self.function(y_true, y_pred)

    def gradient(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        return self.derivative(y_true, y_pred)


@dataclass(eq=False, repr=False)
class Function(Loss):
    """A Python function of tensors, written with :mod:`clarinet.ops` and operators; it derives itself.

    The function is called on tensors without numbers, and becomes a network of operations, which is saved with a model.

    Args:
        function: ``loss = function(y_true, y_pred)``: a tensor of any shape, whose mean is minimised. ``y_true`` comes
            in floats, and in the rank of ``y_pred`` where one of the two has a last axis of length 1.
        reduction, name: see :class:`Loss`; the name is by default the function's own.

    Raises:
        TypeError: no function; one that needs numbers where there are none yet.

    Example:
        >>> from clarinet import ops
        >>> quartic = Function(lambda y_true, y_pred: ops.mean((y_true - y_pred) ** 4, axis=-1))
        >>> quartic([[0.0]], [[2.0]])
        16.0
    """

    labels = "any"
    traces = True

    function: Callable[..., object]

    def __post_init__(self) -> None:
        if not callable(self.function):
            raise TypeError(f"losses.Function: expected a function of (y_true, y_pred), received {self.function!r}")
        own_name = self.name or getattr(self.function, "__name__", "function")
        super().__post_init__()
        object.__setattr__(self, "name", own_name)

    def call(self, y_true: object, y_pred: object) -> object:
        return self.function(y_true, y_pred)

    def encoded_for(self, output_shape: Sequence[int]) -> Json:
        """The loss as files have it: its class or function by name, and the operations of its ``call``."""
        function = vars(self).get("function", type(self))
        name = getattr(function, "__name__", "function")
        known: Config = {"class_name": name, **own_name(function), "config": _own_config(self)}
        operations = kept(self.call, output_shape, ("y_true", "y_pred"))
        return known | {"kept": {"name": self.name, "reduction": self.reduction, "call": operations}}

    def _trace(self, y_true: Array, y_pred: Array) -> Traced:
        """The network for such labels and predictions."""
        return self.traced(y_true.shape[1:], y_pred.shape[1:], str(y_pred.dtype).rpartition(".")[2])

    def traced(self, label_shape: Shape, shape: Shape, dtype: DTypeArg = "float32") -> Traced:
        """The network of operations that gives the values, of labels and predictions; these are shapes of a row's."""
        kind = (_row_in_rank(label_shape, shape), shape, np.dtype(dtype))
        traces: dict[object, Traced] = vars(self).setdefault("_traces", {})
        if kind not in traces:
            specs = [TensorSpec((None, *row), kind[2], True) for row in kind[:2]]
            found = trace(self.call, specs, ("y_true", "y_pred"))
            _refuse_weights(found, self.name)
            traces[kind] = found
        return traces[kind]

    def _run(self, y_true: Array, y_pred: Array, xp: Namespace) -> tuple[Array, Traced, Kept]:
        y_true = xp.astype(_in_rank(y_true, y_pred, xp), y_pred.dtype)
        traced = self._trace(y_true, y_pred)
        (values,), cache = traced.forward((y_true, y_pred), xp)
        return values, traced, cache

    def values(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        return self._run(y_true, y_pred, xp)[0]

    def gradient(self, y_true: Array, y_pred: Array, xp: Namespace = np) -> Array:
        values = self.values(y_true, y_pred, xp)
        return self.pull(y_true, y_pred, xp.ones_like(values), xp)

    def pull(self, y_true: Array, y_pred: Array, shares: Array, xp: Namespace = np) -> Array:
        _, traced, cache = self._run(y_true, y_pred, xp)
        _, dy = traced.backward(cache, (shares,), xp)
        return xp.zeros_like(y_pred) if dy is None else dy

    def pull_targets(self, y_true: Array, y_pred: Array, shares: Array, xp: Namespace = np) -> Array | None:
        _, traced, cache = self._run(y_true, y_pred, xp)
        dt, _ = traced.backward(cache, (shares,), xp)
        return xp.zeros_like(y_true) if dt is None else dt


def _refuse_weights(traced: Traced, name: str) -> None:
    """Raise where a loss reads a weight that is trained: its gradient there would be lost."""
    for node in traced.network.nodes:
        weight = node.operator
        if isinstance(weight, Variable) and weight.owner is not None and weight.trainable:
            raise ValueError(
                f"the loss {name!r} reads the weight {weight.path!r}, and the gradient of a loss goes to predictions "
                "alone: use a regularizer such as kernel_regularizer='l2', self.add_loss in the call of a layer, or "
                "compute_loss in a subclass of Model"
            )


def _own_config(loss: Loss) -> Config:
    """What its class makes it of again."""
    return {} if type(loss) is Function else encode_all(loss.get_config())


def _in_rank(y_true: Array, y_pred: Array, xp: Namespace) -> Array:
    """Labels (n,) beside predictions (n, 1), and the other way round, as in Keras."""
    shape = _row_in_rank(y_true.shape[1:], y_pred.shape[1:])
    return y_true if shape == y_true.shape[1:] else xp.reshape(y_true, (y_true.shape[0], *shape))


def _row_in_rank(label_shape: Shape, shape: Shape) -> Shape:
    """The shape of one row's label as the function takes it, beside predictions of a shape."""
    if len(label_shape) == len(shape) + 1 and label_shape[-1] == 1:
        return label_shape[:-1]
    if len(shape) == len(label_shape) + 1 and shape[-1] == 1:
        return (*label_shape, 1)
    return label_shape


_METHODS = ("labels", "traces", "traced", "_trace", "_run", "values", "gradient", "pull", "pull_targets", "encoded_for")
#: A loss of the user's own derives itself in the same way.
Loss.authoring = {name: vars(Function)[name] for name in _METHODS}


@dataclass(eq=False, repr=False, init=False)
class Restored(Loss):
    """A loss from a file whose class or function is not there: the operations of its ``call``.

    Args:
        described: what the file has of it.

    Raises:
        ValueError: it does not make sense.
    """

    described: Mapping[str, object]
    operations: KeptFunction

    def __init__(self, described: Mapping[str, object]) -> None:
        found = cast("Mapping[str, Any]", described["kept"])
        if not isinstance(found["name"], str):
            raise ValueError(f"loss: the name is a text, received {found['name']!r}")
        super().__init__(found["name"], found["reduction"])
        object.__setattr__(self, "described", described)
        object.__setattr__(self, "operations", KeptFunction(found["call"]))

    def call(self, y_true: object, y_pred: object) -> object:
        return self.operations(cast(AnyTensor, y_true), cast(AnyTensor, y_pred))

    def encoded_for(self, output_shape: Sequence[int]) -> Json:
        return cast(Json, dict(self.described))


Loss.restorer = Restored
