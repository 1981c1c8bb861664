"""Functions as metrics, under Keras's name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from clarinet.metrics.base import Custom
from clarinet.names import snake_case


class MeanMetricWrapper(Custom):
    """The mean of a function over samples: :class:`Custom` with Keras's arguments.

    Args:
        fn: ``values = fn(y_true, y_pred, **kwargs)``, one per sample.
        name: default that of the class.
        dtype: only None: metrics are summed in float64.
        kwargs: further arguments of the function.

    Raises:
        TypeError: another dtype, or what is no function.

    Example:
        >>> from clarinet import losses
        >>> MeanMetricWrapper(losses.huber, name="huber", delta=2.0)([[0.0], [0.0]], [[1.0], [3.0]])
        2.25
    """

    def __init__(
        self, fn: Callable[..., object], name: str | None = None, dtype: object = None, **kwargs: object
    ) -> None:
        kind = type(self).__name__
        if not callable(fn):
            raise TypeError(f"{kind}: fn: expected a function of (y_true, y_pred), received {fn!r}")
        if dtype is not None:
            raise TypeError(f"{kind}: dtype is not supported: metrics are summed in float64; received {dtype!r}")
        self.name, self.function = name or snake_case(kind), partial(fn, **kwargs) if kwargs else fn
        self.total, self.count, self.unit = 0.0, 0.0, 1.0
