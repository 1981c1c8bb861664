"""Pooling with as many windows as asked for, written with operations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from clarinet import ops
from clarinet.configurable import Configurable
from clarinet.layers.base import Layer
from clarinet.layers.channels import DataFormatField
from clarinet.layers.geometry import Sizes, per_axis
from clarinet.types import AnyTensor, Config, TensorLike


@dataclass(eq=False, repr=False)
class _AdaptivePooling(Layer):
    """Base of layers whose windows cover the inputs, equally long as far as that goes."""

    says_all: ClassVar[bool] = True
    rank: ClassVar[int]
    takes_greatest: ClassVar[bool]

    output_size: Sizes
    data_format: DataFormatField = DataFormatField(None)

    def check(self) -> None:
        self.output_size = per_axis(self.output_size, self.rank, f"{type(self).__name__}: output_size")

    def get_config(self) -> Config:
        return Configurable.get_config(self)

    def call(self, inputs: TensorLike) -> AnyTensor:  # type: ignore[override]
        """What each window comes to.

        Raises:
            ValueError: inputs of another number of axes.
        """
        if ops.ndim(inputs) != self.rank + 2:
            raise ValueError(
                f"{type(self).__name__}: expected {self.rank + 2} axes: the batch, {self.rank} of windows and the "
                f"channels; received shape {tuple(ops.shape(inputs))}"
            )
        pool = ops.adaptive_max_pool if self.takes_greatest else ops.adaptive_average_pool
        return pool(inputs, tuple(per_axis(self.output_size, self.rank, "output_size")), self.data_format)


@dataclass(eq=False, repr=False)
class AdaptiveAveragePooling1D(_AdaptivePooling):
    """The mean of each of as many windows as asked for, which cover the inputs.

    Window ``i`` of ``m`` on an axis of ``size`` entries is from ``floor(i size / m)`` to ``ceil((i + 1) size / m)``.

    Shapes: ``x`` (n, steps, channels), output
    (n, new steps, channels).

    Gradient: every entry of a window gets ``dy`` divided by their number.

    Args:
        output_size: windows along each axis: one number, or one for each.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: a size that is no positive whole number; when called, inputs of another rank.

    Example:
        >>> import numpy as np
        >>> AdaptiveAveragePooling1D(3)(np.zeros((1, 10, 4))).shape
        (1, 3, 4)
    """

    rank = 1
    takes_greatest = False


@dataclass(eq=False, repr=False)
class AdaptiveAveragePooling2D(_AdaptivePooling):
    """The mean of each of as many windows as asked for, which cover the inputs.

    Window ``i`` of ``m`` on an axis of ``size`` entries is from ``floor(i size / m)`` to ``ceil((i + 1) size / m)``.

    Shapes: ``x`` (n, height, width, channels), output
    (n, new height, new width, channels).

    Gradient: every entry of a window gets ``dy`` divided by their number.

    Args:
        output_size: windows along each axis: one number, or one for each.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: a size that is no positive whole number; when called, inputs of another rank.

    Example:
        >>> import numpy as np
        >>> AdaptiveAveragePooling2D(3)(np.zeros((1, 9, 7, 4))).shape
        (1, 3, 3, 4)
    """

    rank = 2
    takes_greatest = False


@dataclass(eq=False, repr=False)
class AdaptiveAveragePooling3D(_AdaptivePooling):
    """The mean of each of as many windows as asked for, which cover the inputs.

    Window ``i`` of ``m`` on an axis of ``size`` entries is from ``floor(i size / m)`` to ``ceil((i + 1) size / m)``.

    Shapes: ``x`` (n, depth, height, width, channels), output
    (n, new depth, new height, new width, channels).

    Gradient: every entry of a window gets ``dy`` divided by their number.

    Args:
        output_size: windows along each axis: one number, or one for each.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: a size that is no positive whole number; when called, inputs of another rank.

    Example:
        >>> import numpy as np
        >>> AdaptiveAveragePooling3D(3)(np.zeros((1, 5, 5, 5, 4))).shape
        (1, 3, 3, 3, 4)
    """

    rank = 3
    takes_greatest = False


@dataclass(eq=False, repr=False)
class AdaptiveMaxPooling1D(_AdaptivePooling):
    """The largest entry of each of as many windows as asked for, which cover the inputs.

    Window ``i`` of ``m`` on an axis of ``size`` entries is from ``floor(i size / m)`` to ``ceil((i + 1) size / m)``.

    Shapes: ``x`` (n, steps, channels), output
    (n, new steps, channels).

    Gradient: ``dy`` goes to the largest entry.

    Args:
        output_size: windows along each axis: one number, or one for each.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: a size that is no positive whole number; when called, inputs of another rank.

    Example:
        >>> import numpy as np
        >>> AdaptiveMaxPooling1D(3)(np.zeros((1, 10, 4))).shape
        (1, 3, 4)
    """

    rank = 1
    takes_greatest = True


@dataclass(eq=False, repr=False)
class AdaptiveMaxPooling2D(_AdaptivePooling):
    """The largest entry of each of as many windows as asked for, which cover the inputs.

    Window ``i`` of ``m`` on an axis of ``size`` entries is from ``floor(i size / m)`` to ``ceil((i + 1) size / m)``.

    Shapes: ``x`` (n, height, width, channels), output
    (n, new height, new width, channels).

    Gradient: ``dy`` goes to the largest entry.

    Args:
        output_size: windows along each axis: one number, or one for each.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: a size that is no positive whole number; when called, inputs of another rank.

    Example:
        >>> import numpy as np
        >>> AdaptiveMaxPooling2D(3)(np.zeros((1, 9, 7, 4))).shape
        (1, 3, 3, 4)
    """

    rank = 2
    takes_greatest = True


@dataclass(eq=False, repr=False)
class AdaptiveMaxPooling3D(_AdaptivePooling):
    """The largest entry of each of as many windows as asked for, which cover the inputs.

    Window ``i`` of ``m`` on an axis of ``size`` entries is from ``floor(i size / m)`` to ``ceil((i + 1) size / m)``.

    Shapes: ``x`` (n, depth, height, width, channels), output
    (n, new depth, new height, new width, channels).

    Gradient: ``dy`` goes to the largest entry.

    Args:
        output_size: windows along each axis: one number, or one for each.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.

    Raises:
        TypeError, ValueError: a size that is no positive whole number; when called, inputs of another rank.

    Example:
        >>> import numpy as np
        >>> AdaptiveMaxPooling3D(3)(np.zeros((1, 5, 5, 5, 4))).shape
        (1, 3, 3, 3, 4)
    """

    rank = 3
    takes_greatest = True
