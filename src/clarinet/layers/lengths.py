"""Layers that give vectors a length of their choice, written with operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Self, Unpack, cast

from clarinet import ops
from clarinet.configurable import check_number
from clarinet.layers.base import Layer
from clarinet.layers.options import Options
from clarinet.types import AnyTensor, Config, Json, TensorLike
from clarinet.variables import Variable


class _OfLength(Layer):
    """Base of layers that work along some axes."""

    says_all: ClassVar[bool] = True
    supports_masking = True

    axis: int | list[int]

    def _check_axis(self, axis: object) -> int | list[int]:
        """One axis or several, counted with the batch's.

        Raises:
            TypeError: something else.
        """
        several = isinstance(axis, (list, tuple))
        given = [one for one in (axis if isinstance(axis, (list, tuple)) else (axis,)) if type(one) is int]
        if not given or len(given) < (len(axis) if isinstance(axis, (list, tuple)) else 1):
            name = type(self).__name__
            raise TypeError(f"{name}: axis: expected a whole number or a list of them, received {axis!r}")
        return given if several else given[0]

    def get_config(self) -> Config:
        axis: Json = [*self.axis] if isinstance(self.axis, list) else self.axis
        return {"name": self.name, "trainable": self.trainable, "axis": axis}

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> Self:
        return cast("Callable[..., Self]", cls)(**config)


class UnitNormalization(_OfLength):
    """Vectors of length 1: ``y = x / ||x||``, along some axes; zeros stay zeros.

    Shapes: output as ``x``. Gradient: ``dx = (dy - y sum(dy y)) / ||x||``.

    Args:
        axis: one or several, counted with the batch's; default -1, the last.

    Raises:
        TypeError: another ``axis``.

    Example:
        >>> import numpy as np
        >>> UnitNormalization()(np.array([[3.0, 4.0]])).astype("float64").round(2).tolist()
        [[0.6, 0.8]]
    """

    def __init__(self, axis: int | Sequence[int] = -1, **settings: Unpack[Options]) -> None:
        super().__init__(**settings)
        self.axis = self._check_axis(axis)

    def call(self, inputs: TensorLike) -> AnyTensor:  # type: ignore[override]
        """``inputs`` with vectors of length 1."""
        return ops.normalize(inputs, axis=self.axis, order=2, epsilon=1e-12)


class RMSNormalization(_OfLength):
    """Entries whose squares have the mean 1, times a weight: ``y = scale x / sqrt(mean(x^2) + epsilon)``, along some
    axes (Zhang and Sennrich, NeurIPS 2019).

    Shapes: output as ``x``, ``scale`` the sizes of the axes. Gradients: with ``r = 1 / sqrt(mean(x^2) + epsilon)`` and
    ``g = scale dy``, ``dx = r (g - x r^2 mean(g x))``; ``dscale`` is the sum of ``dy x r``.

    Args:
        axis: one or several, counted with the batch's; default -1, the last.
        epsilon: keeps the root from zero; default 1e-6.

    Raises:
        TypeError, ValueError: another ``axis``, a negative ``epsilon``.

    Example:
        >>> import numpy as np
        >>> RMSNormalization()(np.array([[1.0, 7.0]])).astype("float64").round(2).tolist()
        [[0.2, 1.4]]
    """

    scale: Variable | None = None

    def __init__(self, axis: int | Sequence[int] = -1, epsilon: float = 1e-6, **settings: Unpack[Options]) -> None:
        super().__init__(**settings)
        self.axis = self._check_axis(axis)
        self.epsilon = check_number(epsilon, "RMSNormalization: epsilon", low=0)

    def build(self, input_shape: Sequence[int | None]) -> None:  # type: ignore[override]
        """Make the weight, for tensors of this shape."""
        axes = sorted(self.axis) if isinstance(self.axis, list) else [self.axis]
        make: Callable[..., Variable] = self.add_weight  # type: ignore[attr-defined]
        self.scale = make(name="scale", shape=tuple(input_shape[axis] for axis in axes), initializer="ones")

    def call(self, inputs: TensorLike) -> AnyTensor:  # type: ignore[override]
        """``inputs`` after normalization."""
        return ops.rms_normalization(inputs, scale=self.scale, axis=self.axis, epsilon=self.epsilon)

    def get_config(self) -> Config:
        return super().get_config() | {"epsilon": self.epsilon}


__all__ = ["RMSNormalization", "UnitNormalization"]
