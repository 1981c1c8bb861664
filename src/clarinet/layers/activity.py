"""Penalties on a layer's outputs."""

from __future__ import annotations

from dataclasses import dataclass

from clarinet import activations, regularizers
from clarinet.arrays import summed
from clarinet.fields import Field
from clarinet.layers.activation import Activation
from clarinet.layers.base import Layer
from clarinet.layers.context import Context
from clarinet.regularizers import L1L2, Regularizer, RegularizerLike
from clarinet.types import Array, Scalar


@dataclass(eq=False, repr=False)
class ActivityRegularization(Layer):
    """Hands on ``x`` and adds to the loss of a batch of ``n`` rows ``(l1 * sum(|x|) + l2 * sum(x**2)) / n``.

    Shapes: output as ``x``. Gradient: ``dx = dy + (l1 * sign(x) + 2 * l2 * x) / n``. The penalty counts in ``evaluate``
    and validation too, and while the layer is frozen, as in Keras. (L1: Glorot, Bordes, Bengio, *Deep sparse rectifier
    neural networks*, AISTATS 2011.)

    Args:
        l1: factor of the sum of absolute values; default 0.
        l2: factor of the sum of squares; default 0.

    Raises:
        TypeError, ValueError: a factor that is not a finite number.

    Example:
        >>> import numpy as np
        >>> ActivityRegularization(l1=0.5).penalty(np.array([[2.0], [-4.0]]))
        1.5
    """

    supports_masking = True

    passes_through = "identity"

    l1: float = 0.0
    l2: float = 0.0

    def check(self) -> None:
        self._rule()

    @property
    def output_penalty(self) -> L1L2:
        return self._rule()

    def _rule(self) -> L1L2:
        return L1L2(self.l1, self.l2)

    def penalty(self, y: Array) -> Scalar:
        return self._rule()(y) / max(1, int(y.shape[0]))

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        return x, x, {}

    def backward(self, params: dict[str, Array], cache: Array, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy + self._rule().gradient(cache) / cache.shape[0], {}


@dataclass(eq=False, repr=False)
class ActivityPenalty(Layer):
    """Hands on ``x`` and adds to the loss of a batch of ``n`` rows a penalty on ``x``, divided by ``n``.

    Args:
        rule: the penalty.
    """

    passes_through = "identity"

    rule: Regularizer

    def penalty(self, y: Array) -> Scalar:
        return summed(self.rule(y)) / max(1, int(y.shape[0]))

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        return x, x, {}

    def backward(self, params: dict[str, Array], cache: Array, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy + self.rule.gradient(cache) / cache.shape[0], {}


class ActivityField(Field[RegularizerLike, Regularizer | None]):
    """The penalty on a layer's outputs, if any."""

    def convert(self, value: RegularizerLike, owner: object) -> Regularizer | None:
        return regularizers.get(value)


def endings(
    activation: activations.Activation, activity_regularizer: Regularizer | None, name: str
) -> tuple[Layer, ...]:
    """The parts after the linear one of a layer: its activation, and the penalty on its outputs."""
    function = () if activation == activations.linear else (Activation(activation, name=name),)
    return (*function, *(() if activity_regularizer is None else (_penalised(activity_regularizer, name),)))


def _penalised(rule: Regularizer, name: str) -> Layer:
    if isinstance(rule, L1L2):  # which has a native form
        return ActivityRegularization(rule.l1, rule.l2, name=name)
    return ActivityPenalty(rule, name=name)
