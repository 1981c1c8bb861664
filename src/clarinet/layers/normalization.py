"""Batch normalisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clarinet import initializers, regularizers
from clarinet.configurable import check_number
from clarinet.layers.base import Context, Layer, Shape
from clarinet.params import Array, Weight


@dataclass(eq=False, repr=False)
class BatchNormalization(Layer):
    """Brings every feature (entry of the last axis) to mean 0 and variance 1 over the batch, then scales and shifts it.

    ``u = (x - mean) / sqrt(variance + epsilon)``, ``y = gamma u + beta``. While training, mean and (biased) variance
    are the batch's, over all axes but the last, and the moving ones follow:
    ``moving <- momentum moving + (1 - momentum) batch``. In inference, and while the layer is frozen
    (``trainable=False``), the moving ones are used. (Ioffe and Szegedy, ICML 2015; semantics of Keras 3.)

    Shapes: ``x`` (n, …, features), ``gamma`` and ``beta`` (features,), state ``moving_mean`` and ``moving_variance``
    (features,), output as ``x``.

    Gradients, with ``r`` rows and sums over them: ``dbeta = sum dy``, ``dgamma = sum dy u``,
    ``dx = gamma / sqrt(variance + epsilon) (dy - dbeta / r - u dgamma / r)``; with moving statistics
    ``dx = gamma / sqrt(variance + epsilon) dy``.

    Args:
        axis: only the last, -1.
        momentum: of the moving statistics, in [0, 1]; default 0.99.
        epsilon: default 1e-3.
        center: whether to add ``beta``; default True.
        scale: whether to multiply by ``gamma``; default True.
        beta_initializer, gamma_initializer: default ``"zeros"`` and ``"ones"``.
        moving_mean_initializer, moving_variance_initializer: default ``"zeros"`` and ``"ones"``.
        beta_regularizer, gamma_regularizer: penalty on the weights; default None.

    Raises:
        TypeError, ValueError: another axis; a number out of range; an unknown name.

    Example:
        >>> [w.name for w in BatchNormalization().weight_specs((8,))]
        ['gamma', 'beta']
    """

    axis: int = -1
    momentum: float = 0.99
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: Any = "zeros"
    gamma_initializer: Any = "ones"
    moving_mean_initializer: Any = "zeros"
    moving_variance_initializer: Any = "ones"
    beta_regularizer: Any = None
    gamma_regularizer: Any = None

    def check(self) -> None:
        if self.axis != -1:
            raise ValueError(f"BatchNormalization: features are on the last axis, axis=-1; received axis={self.axis!r}")
        self.momentum = check_number(self.momentum, "BatchNormalization: momentum", low=0, high=1)
        self.epsilon = check_number(self.epsilon, "BatchNormalization: epsilon", low=0)
        for name in ("beta", "gamma", "moving_mean", "moving_variance"):
            setattr(self, f"{name}_initializer", initializers.get(getattr(self, f"{name}_initializer")))
        self.beta_regularizer = regularizers.get(self.beta_regularizer)
        self.gamma_regularizer = regularizers.get(self.gamma_regularizer)

    def output_shape(self, input_shape: Shape) -> Shape:
        if not input_shape:
            raise ValueError("BatchNormalization: expected samples with at least one axis, received scalars")
        return input_shape

    def weight_specs(self, input_shape: Shape) -> tuple[Weight, ...]:
        features = input_shape[-1:]
        gamma = Weight("gamma", features, self.gamma_initializer, self.gamma_regularizer)
        beta = Weight("beta", features, self.beta_initializer, self.beta_regularizer)
        return (*((gamma,) if self.scale else ()), *((beta,) if self.center else ()))

    def state_specs(self, input_shape: Shape) -> tuple[Weight, ...]:
        features = input_shape[-1:]
        return (
            Weight("moving_mean", features, self.moving_mean_initializer),
            Weight("moving_variance", features, self.moving_variance_initializer),
        )

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, Any, dict[str, Array]]:
        xp, batch = ctx.xp, ctx.training and self.trainable
        mean, variance, new_state = state["moving_mean"], state["moving_variance"], {}
        if batch:
            rows = tuple(range(x.ndim - 1))
            mean = xp.mean(x, axis=rows)
            variance = xp.mean((x - mean) ** 2, axis=rows)
            keep = self.momentum
            new_state = {
                "moving_mean": keep * state["moving_mean"] + (1 - keep) * mean,
                "moving_variance": keep * state["moving_variance"] + (1 - keep) * variance,
            }
        inverse = 1 / xp.sqrt(variance + self.epsilon)
        u = (x - mean) * inverse
        y = u * params["gamma"] if self.scale else u
        y = y + params["beta"] if self.center else y
        return y, (u, inverse, batch, xp), new_state

    def backward(self, params: dict[str, Array], cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        u, inverse, batch, xp = cache
        rows = tuple(range(dy.ndim - 1))
        dbeta, dgamma = xp.sum(dy, axis=rows), xp.sum(dy * u, axis=rows)
        dx = dy
        if batch:
            count = dy.size / dy.shape[-1]
            dx = dy - dbeta / count - u * (dgamma / count)
        dx = dx * (inverse * params["gamma"] if self.scale else inverse)
        return dx, {**({"gamma": dgamma} if self.scale else {}), **({"beta": dbeta} if self.center else {})}
