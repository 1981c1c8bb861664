"""Optimizers that scale losses, which numbers of 32 bits do not need."""

from __future__ import annotations

from clarinet.optimizers import Optimizer


def LossScaleOptimizer(  # a class in Keras
    inner_optimizer: Optimizer,
    initial_scale: float = 2.0**15,
    dynamic_growth_steps: int = 2000,
    name: str | None = None,
) -> Optimizer:
    """The inner optimizer itself: models compute in float32, where gradients need no scale.

    Args:
        inner_optimizer: what updates weights.
        initial_scale, dynamic_growth_steps, name: accepted for Keras programs.

    Raises:
        TypeError: no optimizer.

    Example:
        >>> from clarinet import optimizers
        >>> optimizers.LossScaleOptimizer(optimizers.Adam(0.01)).learning_rate.item()
        0.01
    """
    if not isinstance(inner_optimizer, Optimizer):
        raise TypeError(f"LossScaleOptimizer: expected an optimizer such as Adam(), received {inner_optimizer!r}")
    return inner_optimizer
