"""Mixed precision as programs ask for it: dtypes by name and scaled losses, which numbers of 32 bits do not need."""

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
        >>> optimizers.LossScaleOptimizer(optimizers.Adam(0.01)).learning_rate
        0.01
    """
    if not isinstance(inner_optimizer, Optimizer):
        raise TypeError(f"LossScaleOptimizer: expected an optimizer such as Adam(), received {inner_optimizer!r}")
    return inner_optimizer


class DTypePolicy:
    """The name of dtypes, as ``set_dtype_policy`` takes it; models compute in float32 whatever it is.

    Args:
        name: such as ``"mixed_float16"``.
        source_name: accepted for Keras programs.

    Attributes:
        compute_dtype, variable_dtype: ``"float32"``.

    Raises:
        TypeError: no name.

    Example:
        >>> DTypePolicy("mixed_float16").compute_dtype
        'float32'
    """

    compute_dtype = variable_dtype = "float32"

    def __init__(self, name: str, source_name: str | None = None) -> None:
        if not isinstance(name, str):
            raise TypeError(f"DTypePolicy: expected a name such as 'float32', received {name!r}")
        self.name = name

    def __repr__(self) -> str:
        return f"<DTypePolicy {self.name!r}>"
