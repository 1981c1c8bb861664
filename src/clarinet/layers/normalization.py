"""Normalisation by the statistics of a batch, of a sample, or of groups of its channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, ClassVar

from clarinet import aliases
from clarinet.configurable import Unsupported, check_flag, check_number
from clarinet.constraints import Constraint, ConstraintField
from clarinet.fields import Field
from clarinet.initializers import InitializerField
from clarinet.initializers.base import Initializer
from clarinet.layers.base import Layer, check_positive_int
from clarinet.layers.context import Context
from clarinet.layers.geometry import Sizes
from clarinet.layers.standardizing import mean_of, shares, standardized, through_standardized
from clarinet.params import Weight
from clarinet.regularizers import Regularizer, RegularizerField
from clarinet.types import Array, Namespace, Shape

_NO_RENORMALISATION = "there is no renormalisation of batches"


class _Normalized(Layer):
    """The step after normalising: ``y = gamma u + beta``, each if wanted."""

    supports_masking = True

    rescales_by = "sample"

    epsilon: float
    center: bool
    scale: bool
    beta_initializer: Initializer
    gamma_initializer: Initializer
    beta_regularizer: Regularizer | None
    beta_constraint: Constraint | None
    gamma_regularizer: Regularizer | None
    gamma_constraint: Constraint | None

    def check(self) -> None:
        self.epsilon = check_number(self.epsilon, f"{type(self).__name__}: epsilon", low=0)
        for name in ("center", "scale"):
            setattr(self, name, check_flag(getattr(self, name), f"{type(self).__name__}: {name}"))

    def _weights_of(self, shape: Shape) -> tuple[Weight, ...]:
        gamma = Weight("gamma", shape, self.gamma_initializer, self.gamma_regularizer, self.gamma_constraint)
        beta = Weight("beta", shape, self.beta_initializer, self.beta_regularizer, self.beta_constraint)
        return (*((gamma,) if self.scale else ()), *((beta,) if self.center else ()))

    def _grads(self, dgamma: Array, dbeta: Array) -> dict[str, Array]:
        return {**({"gamma": dgamma} if self.scale else {}), **({"beta": dbeta} if self.center else {})}


class _OneAxis(_Normalized):
    """With features along one axis."""

    axis: int

    def check(self) -> None:
        super().check()
        axis = self.axis
        if isinstance(axis, bool) or not isinstance(axis, int) or axis == 0:
            raise ValueError(
                f"{type(self).__name__}: axis is one axis of a sample, counted from 1, or from the end: -1 for the "
                f"last; received {axis!r}"
            )

    def _axis_of(self, rank: int) -> int:
        """Where ``axis`` is in inputs with ``rank`` axes, the batch counted."""
        place = self.axis + rank if self.axis < 0 else self.axis
        if not 0 < place < rank:
            raise ValueError(f"{type(self).__name__}: axis={self.axis} does not fit samples with {rank - 1} axes")
        return int(place)

    def axes(self, rank: int) -> tuple[int, ...]:
        """The layer's own axes, in order, of inputs with ``rank`` axes, the batch counted."""
        return (self._axis_of(rank),)


@dataclass(eq=False, repr=False)
class BatchNormalization(_OneAxis):
    """Brings every feature (entry of ``axis``) to mean 0 and variance 1 over the batch, then scales and shifts it.

    ``u = (x - mean) / sqrt(variance + epsilon)``, ``y = gamma u + beta``. While training, mean and (biased) variance
    are the batch's, over all axes but that one, and the moving ones follow:
    ``moving <- momentum moving + (1 - momentum) batch``. In inference, and while the layer is frozen
    (``trainable=False``), the moving ones are used. Steps that a mask leaves out count in no statistics. (Ioffe and
    Szegedy, ICML 2015; semantics of Keras 3.)

    Shapes: ``x`` (n, …) with features on ``axis``; ``gamma``, ``beta``, and state ``moving_mean`` and
    ``moving_variance`` (features,); output as ``x``.

    Gradients, with ``r`` rows and sums over them: ``dbeta = sum dy``, ``dgamma = sum dy u``,
    ``dx = gamma / sqrt(variance + epsilon) (dy - dbeta / r - u dgamma / r)``; with moving statistics
    ``dx = gamma / sqrt(variance + epsilon) dy``.

    Args:
        axis: of ``x``, of which 0 is the batch; default -1.
        momentum: of the moving statistics, in [0, 1]; default 0.99.
        epsilon: default 1e-3.
        center: whether to add ``beta``; default True.
        scale: whether to multiply by ``gamma``; default True.
        beta_initializer, gamma_initializer: default ``"zeros"`` and ``"ones"``.
        moving_mean_initializer, moving_variance_initializer: default ``"zeros"`` and ``"ones"``.
        beta_regularizer, gamma_regularizer: penalty on the weights; default None.
        beta_constraint, gamma_constraint: projection after every update; default None.

    Raises:
        TypeError, ValueError: a number out of range; an unknown name; when built, an axis that samples have not.

    Example:
        >>> [w.name for w in BatchNormalization().weight_specs((8,))]
        ['gamma', 'beta']
    """

    rescales_by = "batch"
    uses_mask = True

    unsupported: ClassVar[Mapping[str, Unsupported]] = {
        **Layer.unsupported,
        "renorm": Unsupported(_NO_RENORMALISATION, False),
        "renorm_clipping": Unsupported(_NO_RENORMALISATION),
        "renorm_momentum": Unsupported(_NO_RENORMALISATION, 0.99),
        "synchronized": Unsupported("a model runs on one machine", False),
    }

    axis: int = -1
    momentum: float = 0.99
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: InitializerField = InitializerField("zeros")
    gamma_initializer: InitializerField = InitializerField("ones")
    moving_mean_initializer: InitializerField = InitializerField("zeros")
    moving_variance_initializer: InitializerField = InitializerField("ones")
    beta_regularizer: RegularizerField = RegularizerField(None)
    gamma_regularizer: RegularizerField = RegularizerField(None)
    beta_constraint: ConstraintField = ConstraintField(None)
    gamma_constraint: ConstraintField = ConstraintField(None)

    def check(self) -> None:
        super().check()
        self.momentum = check_number(self.momentum, "BatchNormalization: momentum", low=0, high=1)

    def output_shape(self, input_shape: Shape) -> Shape:
        self._axis_of(len(input_shape) + 1)
        return input_shape

    def weight_specs(self, input_shape: Shape) -> tuple[Weight, ...]:
        return self._weights_of((input_shape[self._axis_of(len(input_shape) + 1) - 1],))

    def state_specs(self, input_shape: Shape) -> tuple[Weight, ...]:
        features = (input_shape[self._axis_of(len(input_shape) + 1) - 1],)
        return (
            Weight("moving_mean", features, self.moving_mean_initializer),
            Weight("moving_variance", features, self.moving_variance_initializer),
        )

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        xp, batch, share = ctx.xp, ctx.training and self.trainable, None
        rows, shape = self._others(x)
        mean, variance, new_state = state["moving_mean"], state["moving_variance"], {}
        if batch:
            share = None if ctx.mask is None else shares(ctx.mask, x, rows, xp)
            mean = mean_of(x, rows, share, xp)
            variance = mean_of((x - xp.reshape(mean, shape)) ** 2, rows, share, xp)
            keep = self.momentum
            new_state = {
                "moving_mean": keep * state["moving_mean"] + (1 - keep) * mean,
                "moving_variance": keep * state["moving_variance"] + (1 - keep) * variance,
            }
        inverse = xp.reshape(1 / xp.sqrt(variance + self.epsilon), shape)
        u = (x - xp.reshape(mean, shape)) * inverse
        y = u * xp.reshape(params["gamma"], shape) if self.scale else u
        y = y + xp.reshape(params["beta"], shape) if self.center else y
        return y, (u, inverse, batch, share, xp), new_state

    def _others(self, x: Array) -> tuple[tuple[int, ...], Shape]:
        """The axes of the statistics, and the shape of one number a feature that is broadcast with ``x``."""
        axis = self._axis_of(x.ndim)
        others = tuple(a for a in range(x.ndim) if a != axis)
        return others, tuple(1 if a in others else size for a, size in enumerate(x.shape))

    def backward(
        self, params: dict[str, Array], cache: tuple[Array, Array, bool, Array | None, Namespace], dy: Array
    ) -> tuple[Array, dict[str, Array]]:
        u, inverse, batch, share, xp = cache
        rows, shape = self._others(dy)
        dbeta, dgamma = xp.sum(dy, axis=rows), xp.sum(dy * u, axis=rows)
        dx = dy
        if share is not None:
            dx = dy - share * (xp.reshape(dbeta, shape) + u * xp.reshape(dgamma, shape))
        elif batch:
            count = prod(dy.shape[a] for a in rows)
            dx = dy - xp.reshape(dbeta / count, shape) - u * xp.reshape(dgamma / count, shape)
        dx = dx * (inverse * xp.reshape(params["gamma"], shape) if self.scale else inverse)
        return dx, self._grads(dgamma, dbeta)


class _AxesField(Field[Sizes, int | tuple[int, ...]]):
    """One or several axes of a sample."""

    def convert(self, value: Sizes, owner: object) -> int | tuple[int, ...]:
        axes = (value,) if isinstance(value, int) else tuple(value)
        if not axes or any(isinstance(a, bool) or not isinstance(a, int) or a == 0 for a in axes):
            raise ValueError(f"{self.what(owner)} is one or several axes of a sample, -1 or from 1, received {value!r}")
        return value if isinstance(value, int) else axes


@dataclass(eq=False, repr=False)
class LayerNormalization(_Normalized):
    """Brings every sample to mean 0 and variance 1 over some of its axes, then scales and shifts each place.

    ``u = (x - mean) / sqrt(variance + epsilon)``, ``y = gamma u + beta``; the same in training and inference. (Ba,
    Kiros, Hinton, arXiv:1607.06450.)

    Shapes: ``x`` (n, …), ``gamma`` and ``beta`` of the sizes of ``axis``, output as ``x``.

    Gradients, with ``du = gamma dy`` and means over ``axis``: ``dx = (du - mean(du) - u mean(du u)) /
    sqrt(variance + epsilon)``; ``dgamma`` and ``dbeta`` are the sums of ``dy u`` and ``dy`` over all other axes.

    Args:
        axis: one or several axes of ``x``, of which 0 is the batch; default -1.
        epsilon: default 1e-3.
        center: whether to add ``beta``; default True.
        scale: whether to multiply by ``gamma``; default True.
        beta_initializer, gamma_initializer: default ``"zeros"`` and ``"ones"``.
        beta_regularizer, gamma_regularizer: penalty on the weights; default None.
        beta_constraint, gamma_constraint: projection after every update; default None.

    Raises:
        TypeError, ValueError: a number out of range; an unknown name; when built, axes that samples have not.

    Example:
        >>> [w.shape for w in LayerNormalization(axis=[1, 2]).weight_specs((4, 5, 6))]
        [(4, 5), (4, 5)]
    """

    axis: _AxesField = _AxesField(-1)
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: InitializerField = InitializerField("zeros")
    gamma_initializer: InitializerField = InitializerField("ones")
    beta_regularizer: RegularizerField = RegularizerField(None)
    gamma_regularizer: RegularizerField = RegularizerField(None)
    beta_constraint: ConstraintField = ConstraintField(None)
    gamma_constraint: ConstraintField = ConstraintField(None)

    def axes(self, rank: int) -> tuple[int, ...]:
        """The axes to normalise over, in order, of inputs with ``rank`` axes, the batch counted."""
        given = self.axis if isinstance(self.axis, tuple) else (self.axis,)
        axes = tuple(sorted(a + rank if a < 0 else a for a in given))
        if len(set(axes)) != len(axes) or any(not 0 < a < rank for a in axes):
            raise ValueError(f"LayerNormalization: axis={self.axis} does not fit samples with {rank - 1} axes")
        return axes

    def weight_specs(self, input_shape: Shape) -> tuple[Weight, ...]:
        return self._weights_of(tuple(input_shape[a - 1] for a in self.axes(len(input_shape) + 1)))

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        axes = self.axes(x.ndim)
        u, inverse = standardized(x, axes, self.epsilon, ctx.xp)
        shape = tuple(size if axis in axes else 1 for axis, size in enumerate(x.shape))
        y = u * ctx.xp.reshape(params["gamma"], shape) if self.scale else u
        y = y + ctx.xp.reshape(params["beta"], shape) if self.center else y
        return y, (u, inverse, shape, ctx.xp), {}

    def backward(
        self, params: dict[str, Array], cache: tuple[Array, Array, tuple[int, ...], Namespace], dy: Array
    ) -> tuple[Array, dict[str, Array]]:
        u, inverse, shape, xp = cache
        axes = self.axes(dy.ndim)
        others = tuple(axis for axis in range(dy.ndim) if axis not in axes)
        dgamma, dbeta = xp.sum(dy * u, axis=others), xp.sum(dy, axis=others)
        du = dy * xp.reshape(params["gamma"], shape) if self.scale else dy
        return through_standardized(du, u, inverse, axes, xp), self._grads(dgamma, dbeta)


@dataclass(eq=False, repr=False)
class GroupNormalization(_OneAxis):
    """Brings groups of channels of every sample to mean 0 and variance 1, then scales and shifts each channel.

    ``u = (x - mean) / sqrt(variance + epsilon)`` over all places and the channels of a group, ``y = gamma u + beta``;
    the same in training and inference, independent of the batch. (Wu and He, ECCV 2018.)

    Shapes: ``x`` (n, …) with channels on ``axis``, ``gamma`` and ``beta`` (channels,), output as ``x``. Gradients: as
    in :class:`LayerNormalization`, with means over a group.

    Args:
        groups: number of groups, a divisor of the channels; -1 gives every channel its own. Default 32.
        axis: of ``x``, of which 0 is the batch; default -1.
        epsilon: default 1e-3.
        center: whether to add ``beta``; default True.
        scale: whether to multiply by ``gamma``; default True.
        beta_initializer, gamma_initializer: default ``"zeros"`` and ``"ones"``.
        beta_regularizer, gamma_regularizer: penalty on the weights; default None.
        beta_constraint, gamma_constraint: projection after every update; default None.

    Raises:
        TypeError, ValueError: a number out of range; an unknown name; when built, an axis that samples have not, or
            channels that cannot be divided into the groups.

    Example:
        >>> GroupNormalization(4).output_shape((5, 5, 16))
        (5, 5, 16)
    """

    groups: int = 32
    axis: int = -1
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: InitializerField = InitializerField("zeros")
    gamma_initializer: InitializerField = InitializerField("ones")
    beta_regularizer: RegularizerField = RegularizerField(None)
    gamma_regularizer: RegularizerField = RegularizerField(None)
    beta_constraint: ConstraintField = ConstraintField(None)
    gamma_constraint: ConstraintField = ConstraintField(None)

    def check(self) -> None:
        super().check()
        if self.groups != -1:
            self.groups = check_positive_int(self.groups, "GroupNormalization: groups")

    def groups_of(self, channels: int) -> int:
        """Number of groups for this number of channels."""
        groups = channels if self.groups == -1 else self.groups
        if channels % groups:
            raise ValueError(f"GroupNormalization: {channels} channels cannot be divided into groups={groups}")
        return groups

    def output_shape(self, input_shape: Shape) -> Shape:
        self.groups_of(input_shape[self._axis_of(len(input_shape) + 1) - 1])
        return input_shape

    def weight_specs(self, input_shape: Shape) -> tuple[Weight, ...]:
        return self._weights_of((input_shape[self._axis_of(len(input_shape) + 1) - 1],))

    def _exchanged(self, x: Array, xp: Namespace) -> Array:
        """``x`` with its last axis and ``axis`` exchanged; doing it twice changes nothing."""
        order = list(range(x.ndim))
        order[self._axis_of(x.ndim)], order[-1] = order[-1], order[self._axis_of(x.ndim)]
        return x if order[-1] == x.ndim - 1 else xp.permute_dims(x, tuple(order))

    def _grouped(self, x: Array, xp: Namespace) -> tuple[Array, tuple[int, ...]]:
        """``x`` as (n, places, groups, channels of a group), and the axes to normalise over."""
        groups = self.groups_of(x.shape[-1])
        return xp.reshape(x, (x.shape[0], -1, groups, x.shape[-1] // groups)), (1, 3)

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        x = self._exchanged(x, ctx.xp)
        grouped, axes = self._grouped(x, ctx.xp)
        u, inverse = standardized(grouped, axes, self.epsilon, ctx.xp)
        y = ctx.xp.reshape(u, x.shape)
        y = y * params["gamma"] if self.scale else y
        y = y + params["beta"] if self.center else y
        return self._exchanged(y, ctx.xp), (u, inverse, ctx.xp), {}

    def backward(
        self, params: dict[str, Array], cache: tuple[Array, Array, Namespace], dy: Array
    ) -> tuple[Array, dict[str, Array]]:
        u, inverse, xp = cache
        dy = self._exchanged(dy, xp)
        rows = tuple(range(dy.ndim - 1))
        dgamma, dbeta = xp.sum(dy * xp.reshape(u, dy.shape), axis=rows), xp.sum(dy, axis=rows)
        du, axes = self._grouped(dy * params["gamma"] if self.scale else dy, xp)
        dx = through_standardized(du, u, inverse, axes, xp)
        return self._exchanged(xp.reshape(dx, dy.shape), xp), self._grads(dgamma, dbeta)


if not TYPE_CHECKING:  # a program of earlier times asks here for names of the package
    __getattr__ = aliases.within_package(__name__)
