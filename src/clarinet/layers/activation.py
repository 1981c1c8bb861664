"""Layers that apply an activation function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from clarinet import activations
from clarinet.activations import ActivationLike
from clarinet.configurable import check_number
from clarinet.constraints import ConstraintField
from clarinet.fields import Field
from clarinet.initializers import InitializerField
from clarinet.layers.base import Layer, check_positive_int
from clarinet.layers.context import Context
from clarinet.params import Weight
from clarinet.regularizers import RegularizerField
from clarinet.types import Array, Cache, Namespace, Shape


@dataclass(eq=False, repr=False)
class Activation(Layer):
    """Applies an activation function: ``a = f(x)``, of the shape of ``x``.

    Args:
        activation: name or object, e.g. ``"relu"``.

    Raises:
        ValueError: unknown name. TypeError: a Python function without its derivative.

    Example:
        >>> from clarinet.layers import Activation
        >>> Activation("relu").output_shape((3, 2))
        (3, 2)
    """

    supports_masking = True

    activation: ActivationLike

    def check(self) -> None:
        self.activation = activations.get(self.activation)

    @property
    def pure_activation(self) -> activations.Activation:
        return activations.get(self.activation)

    @property
    def takes_steps(self) -> bool:
        axis: int = getattr(self.pure_activation, "axis", -1)
        return axis < 0

    def output_shape(self, input_shape: Shape) -> Shape:
        self.pure_activation.check_shape(input_shape)
        return input_shape

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        a = self.pure_activation.forward(x, ctx.xp)
        return a, (x, a, ctx.xp), {}

    def backward(
        self, params: dict[str, Array], cache: tuple[Array, Array, Namespace], dy: Array
    ) -> tuple[Array, dict[str, Array]]:
        x, a, xp = cache
        return self.pure_activation.backward(dy, x, a, xp), {}


class _Function(Layer):
    """A layer that is one activation function, made of its settings."""

    supports_masking = True

    def check(self) -> None:
        self._function()

    def _function(self) -> activations.Activation:
        raise NotImplementedError

    def _alone(self) -> Activation:
        return Activation(self._function(), name=self.name)

    def output_shape(self, input_shape: Shape) -> Shape:
        return self._alone().output_shape(input_shape)

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        return self._alone().forward(params, state, x, ctx)

    def backward(self, params: dict[str, Array], cache: Cache, dy: Array) -> tuple[Array, dict[str, Array]]:
        return self._alone().backward(params, cache, dy)

    def parts(self) -> tuple[Layer, ...]:
        return (self._alone(),)


@dataclass(eq=False, repr=False)
class ReLU(_Function):
    """Rectified linear unit: ``x`` above ``threshold`` (at most ``max_value``), else ``negative_slope (x -
    threshold)``.

    Shapes: output as ``x``. Gradient: ``dy`` where ``threshold < x < max_value``, ``negative_slope dy`` at or below the
    threshold, 0 at or above ``max_value``.

    Args:
        max_value: at least 0; default None, no limit.
        negative_slope: at least 0; default 0.
        threshold: at least 0; default 0.

    Raises:
        TypeError, ValueError: a number out of range.

    Example:
        >>> ReLU(max_value=6).output_shape((3, 2))
        (3, 2)
    """

    max_value: float | None = None
    negative_slope: float = 0.0
    threshold: float = 0.0

    def _function(self) -> activations.Activation:
        return activations.Relu(self.negative_slope or 0.0, self.max_value, self.threshold or 0.0)


@dataclass(eq=False, repr=False)
class LeakyReLU(_Function):
    """``y = x`` where ``x > 0``, else ``negative_slope x`` (Maas, Hannun, Ng, ICML 2013).

    Shapes: output as ``x``. Gradient: ``dy``, times ``negative_slope`` where ``x <= 0``.

    Args:
        negative_slope: at least 0; default 0.3.

    Raises:
        TypeError, ValueError: a number out of range.

    Example:
        >>> LeakyReLU(0.1).output_shape((3, 2))
        (3, 2)
    """

    old_arguments: ClassVar[Mapping[str, str | None]] = {"alpha": "negative_slope"}

    negative_slope: float = 0.3

    def _function(self) -> activations.Activation:
        return activations.LeakyRelu(check_number(self.negative_slope, "LeakyReLU: negative_slope", low=0))


@dataclass(eq=False, repr=False)
class ELU(_Function):
    """Exponential linear unit: ``y = x`` where ``x > 0``, else ``alpha (exp(x) - 1)`` (Clevert, Unterthiner,
    Hochreiter, ICLR 2016).

    Shapes: output as ``x``. Gradient: ``dy``, times ``y + alpha`` where ``x <= 0``.

    Args:
        alpha: default 1.

    Raises:
        TypeError, ValueError: not a finite number.

    Example:
        >>> ELU().output_shape((3, 2))
        (3, 2)
    """

    alpha: float = 1.0

    def _function(self) -> activations.Activation:
        return activations.Elu(self.alpha)


@dataclass(eq=False, repr=False)
class Softmax(_Function):
    """``y_i = exp(x_i) / sum_j exp(x_j)`` over one axis.

    Shapes: output as ``x``. Gradient: ``dx_i = y_i (dy_i - sum_j dy_j y_j)``. A mask of the shape of ``x``, or one that
    is stretched to it, leaves out entries: they are 0, and those that are left add up to 1.

    Args:
        axis: of ``x``, of which 0 is the batch; default -1.

    Raises:
        TypeError, ValueError: something that is no axis of a sample.

    Example:
        >>> Softmax().output_shape((3, 2))
        (3, 2)
    """

    uses_mask = True

    axis: int = -1

    def _function(self) -> activations.Activation:
        return activations.Softmax(self.axis)

    def parts_where_masked(self) -> tuple[Layer, ...]:
        return (self.bare(),)

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        if ctx.mask is None:
            return super().forward(params, state, x, ctx)
        xp, kept = ctx.xp, _stretched(ctx.mask, x, ctx.xp)
        z = xp.where(kept, x, xp.full_like(x, -1e9))
        y, cache, _ = super().forward(params, state, z, ctx)
        return xp.where(kept, y, xp.zeros_like(y)), (cache, kept, xp), {}

    def backward(self, params: dict[str, Array], cache: Cache, dy: Array) -> tuple[Array, dict[str, Array]]:
        given: Any = cache
        if not isinstance(given[0], tuple):
            return super().backward(params, cache, dy)
        own, kept, xp = given
        nothing = xp.zeros_like(dy)
        dz, _ = super().backward(params, own, xp.where(kept, dy, nothing))
        return xp.where(kept, dz, nothing), {}


def _stretched(mask: Array, x: Array, xp: Namespace) -> Array:
    """A mask in the shape of what it is for, from the last axis on.

    Raises:
        ValueError: it does not fit.
    """
    sizes = zip(reversed(mask.shape), reversed(x.shape), strict=False)
    if mask.ndim > x.ndim or any(own not in (1, size) for own, size in sizes):
        raise ValueError(
            f"Softmax: a mask of shape {tuple(mask.shape)} does not fit inputs of shape {tuple(x.shape)}: from the "
            "last axis on, sizes are equal or 1"
        )
    return xp.broadcast_to(xp.astype(mask, xp.bool), x.shape)


class _SharedField(Field[int | Sequence[int] | None, tuple[int, ...] | None]):
    """Axes of a sample, from 1, each once."""

    def convert(self, value: int | Sequence[int] | None, owner: object) -> tuple[int, ...] | None:
        if value is None:
            return None
        axes = value if isinstance(value, (list, tuple)) else [value]
        return tuple(dict.fromkeys(check_positive_int(axis, self.what(owner)) for axis in axes))


@dataclass(eq=False, repr=False)
class PReLU(Layer):
    """``y = x`` where ``x > 0``, else ``alpha x`` with a trained ``alpha`` for every place of a sample (He, Zhang, Ren,
    Sun, ICCV 2015).

    Shapes: ``x`` (n, …), ``alpha`` as one sample, with size 1 on ``shared_axes``; output as ``x``. Gradients:
    ``dx = dy`` where ``x > 0``, else ``alpha dy``; ``dalpha = sum of dy min(x, 0)`` over samples and shared axes.

    Args:
        alpha_initializer: default ``"zeros"``.
        alpha_regularizer: penalty on ``alpha``; default None.
        alpha_constraint: projection after every update; default None.
        shared_axes: axes along which ``alpha`` is the same, 1 being the first of a sample; ``[1, 2]`` after a
            convolution makes one ``alpha`` a channel. Default None.

    Raises:
        TypeError, ValueError: axes that are not whole numbers from 1, or when built, that samples have not.

    Example:
        >>> [w.shape for w in PReLU(shared_axes=[1, 2]).weight_specs((8, 8, 16))]
        [(1, 1, 16)]
    """

    supports_masking = True

    alpha_initializer: InitializerField = InitializerField("zeros")
    alpha_regularizer: RegularizerField = RegularizerField(None)
    alpha_constraint: ConstraintField = ConstraintField(None)
    shared_axes: _SharedField = _SharedField(None)

    def weight_specs(self, input_shape: Shape) -> tuple[Weight, ...]:
        shared = self.shared_axes or ()
        if any(axis > len(input_shape) for axis in shared):
            raise ValueError(f"PReLU: shared_axes={shared} names an axis that samples of shape {input_shape} lack")
        shape = tuple(1 if axis in shared else size for axis, size in enumerate(input_shape, 1))
        return (Weight("alpha", shape, self.alpha_initializer, self.alpha_regularizer, self.alpha_constraint),)

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        return ctx.xp.where(x > 0, x, x * params["alpha"]), (x, ctx.xp), {}

    def backward(
        self, params: dict[str, Array], cache: tuple[Array, Namespace], dy: Array
    ) -> tuple[Array, dict[str, Array]]:
        x, xp = cache
        below = xp.where(x > 0, xp.zeros_like(x), x)
        dalpha = xp.sum(dy * below, axis=(0, *(self.shared_axes or ())), keepdims=True)
        return xp.where(x > 0, dy, dy * params["alpha"]), {"alpha": dalpha[0, ...]}
