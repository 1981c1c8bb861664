"""Convolutions of every channel separately."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from clarinet import ops
from clarinet.activations import ActivationField
from clarinet.constraints import ConstraintField
from clarinet.initializers import InitializerField
from clarinet.layers.activity import ActivityField, endings
from clarinet.layers.base import Layer, Part, check_positive_int
from clarinet.layers.channels import FIRST, DataFormatField, MoveChannels, or_by_parts
from clarinet.layers.composite import Composite
from clarinet.layers.convolution import Conv1D, Conv2D, Convolution
from clarinet.layers.geometry import Sizes, SizesField, check_padding, per_axis
from clarinet.params import Weight
from clarinet.regularizers import RegularizerField
from clarinet.types import AnyTensor, Shape, TensorLike


@dataclass(eq=False, repr=False)
class _Depthwise(Convolution):
    """Convolutions of every channel with kernels of its own."""

    kernel_size: Sizes
    strides: SizesField = SizesField(1)
    padding: str = "valid"
    depth_multiplier: int = 1
    data_format: DataFormatField = DataFormatField(None)
    dilation_rate: SizesField = SizesField(1)
    activation: ActivationField = ActivationField(None)
    use_bias: bool = True
    depthwise_initializer: InitializerField = InitializerField("glorot_uniform")
    bias_initializer: InitializerField = InitializerField("zeros")
    depthwise_regularizer: RegularizerField = RegularizerField(None)
    bias_regularizer: RegularizerField = RegularizerField(None)
    activity_regularizer: ActivityField = ActivityField(None)
    depthwise_constraint: ConstraintField = ConstraintField(None)
    bias_constraint: ConstraintField = ConstraintField(None)

    def by_kernel(self, inputs: TensorLike, kernel: AnyTensor) -> AnyTensor:
        """What the layer gives with another kernel, before bias and activation."""
        settings = self.strides, self.padding, self.data_format, self.dilation_rate
        return ops.depthwise_conv(inputs, kernel, *settings)

    def check(self) -> None:
        super().check()
        self.depth_multiplier = check_positive_int(self.depth_multiplier, f"{type(self).__name__}: depth_multiplier")

    def groups_of(self, channels: int) -> int:
        return channels

    def filters_of(self, channels: int) -> int:
        return channels * self.depth_multiplier

    def seen_by(self, channel: int, channels: int) -> list[tuple[int, tuple[int, int]]]:
        own, kernel = divmod(channel, self.depth_multiplier)
        return [(own, (own, kernel))]

    @or_by_parts
    def weight_specs(self, input_shape: Shape) -> tuple[Weight, ...]:
        shape = (*self.window, input_shape[-1], self.depth_multiplier)
        kernel = Weight(
            "kernel", shape, self.depthwise_initializer, self.depthwise_regularizer, self.depthwise_constraint
        )
        return (kernel, *self.bias_spec(self.filters_of(input_shape[-1])))


@dataclass(eq=False, repr=False)
class DepthwiseConv2D(_Depthwise):
    """Every channel is convolved with ``depth_multiplier`` kernels of its own: ``a = activation(z)`` with
    ``z[i, j, c m + q] = b[c m + q] + sum over u, v of x[si + du, sj + dv, c] W[u, v, c, q]``, ``m`` the multiplier.

    Shapes: ``x`` (n, height, width, channels), ``W`` the kernel (kernel height, kernel width, channels, m), ``b`` the
    bias (channels m,), output (n, new height, new width, channels m); sizes and gradients as in :class:`Conv2D`.

    Args:
        kernel_size: height and width of the window, or one number for both.
        strides: step between windows; default 1.
        padding: ``"valid"`` (default) or ``"same"``.
        depth_multiplier: kernels for each channel; default 1.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        dilation_rate: distance between the entries that a window looks at; default 1.
        activation: name or object; None (default) is linear.
        use_bias: whether to add ``b``; default True.
        depthwise_initializer, bias_initializer: default ``"glorot_uniform"`` and ``"zeros"``.
        depthwise_regularizer, bias_regularizer: penalty on the weights; default None.
        depthwise_constraint, bias_constraint: projection after every update; default None.
        activity_regularizer: penalty on the output, divided by the rows of the batch; default None.

    Raises:
        TypeError, ValueError: as for :class:`Conv2D`.

    Example:
        >>> DepthwiseConv2D(3, depth_multiplier=2).output_shape((10, 10, 4))
        (8, 8, 8)
    """

    rank = 2


@dataclass(eq=False, repr=False)
class DepthwiseConv1D(_Depthwise):
    """Every channel of a sequence is convolved with ``depth_multiplier`` kernels of its own: ``a = activation(z)`` with
    ``z[t, c m + q] = b[c m + q] + sum over u of x[st + du, c] W[u, c, q]``, ``m`` the multiplier.

    Shapes: ``x`` (n, steps, channels), ``W`` the kernel (kernel size, channels, m), ``b`` the bias (channels m,),
    output (n, new steps, channels m); sizes and gradients as in :class:`Conv1D`.

    Args:
        kernel_size: steps that a window looks at.
        strides: step between windows; default 1.
        padding: ``"valid"`` (default) or ``"same"``.
        depth_multiplier: kernels for each channel; default 1.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        dilation_rate: distance between the entries that a window looks at; default 1.
        activation: name or object; None (default) is linear.
        use_bias: whether to add ``b``; default True.
        depthwise_initializer, bias_initializer: default ``"glorot_uniform"`` and ``"zeros"``.
        depthwise_regularizer, bias_regularizer: penalty on the weights; default None.
        depthwise_constraint, bias_constraint: projection after every update; default None.
        activity_regularizer: penalty on the output, divided by the rows of the batch; default None.

    Raises:
        TypeError, ValueError: as for :class:`Conv1D`.

    Example:
        >>> DepthwiseConv1D(3, depth_multiplier=2).output_shape((10, 4))
        (8, 8)
    """

    rank = 1


@dataclass(eq=False, repr=False)
class _Separable(Composite):
    """A depthwise convolution, then one with windows of a single place."""

    weighted_sum = "windows"

    rank: ClassVar[int]
    depthwise: ClassVar[type[DepthwiseConv1D] | type[DepthwiseConv2D]]
    pointwise: ClassVar[type[Conv1D] | type[Conv2D]]

    filters: int
    kernel_size: Sizes
    strides: SizesField = SizesField(1)
    padding: str = "valid"
    data_format: DataFormatField = DataFormatField(None)
    dilation_rate: SizesField = SizesField(1)
    depth_multiplier: int = 1
    activation: ActivationField = ActivationField(None)
    use_bias: bool = True
    depthwise_initializer: InitializerField = InitializerField("glorot_uniform")
    pointwise_initializer: InitializerField = InitializerField("glorot_uniform")
    bias_initializer: InitializerField = InitializerField("zeros")
    depthwise_regularizer: RegularizerField = RegularizerField(None)
    pointwise_regularizer: RegularizerField = RegularizerField(None)
    bias_regularizer: RegularizerField = RegularizerField(None)
    activity_regularizer: ActivityField = ActivityField(None)
    depthwise_constraint: ConstraintField = ConstraintField(None)
    pointwise_constraint: ConstraintField = ConstraintField(None)
    bias_constraint: ConstraintField = ConstraintField(None)

    def check(self) -> None:
        name = type(self).__name__
        self.filters = check_positive_int(self.filters, f"{name}: filters")
        self.kernel_size = per_axis(self.kernel_size, self.rank, f"{name}: kernel_size")
        self.padding = check_padding(self.padding, f"{name}: padding")
        self.depth_multiplier = check_positive_int(self.depth_multiplier, f"{name}: depth_multiplier")

    def parts(self) -> tuple[Layer | Part, ...]:
        depthwise = self.depthwise(
            self.kernel_size,
            self.strides,
            self.padding,
            self.depth_multiplier,
            dilation_rate=self.dilation_rate,
            use_bias=False,
            depthwise_initializer=self.depthwise_initializer,
            depthwise_regularizer=self.depthwise_regularizer,
            depthwise_constraint=self.depthwise_constraint,
        )
        pointwise = self.pointwise(
            self.filters,
            1,
            use_bias=self.use_bias,
            kernel_initializer=self.pointwise_initializer,
            bias_initializer=self.bias_initializer,
            kernel_regularizer=self.pointwise_regularizer,
            bias_regularizer=self.bias_regularizer,
            kernel_constraint=self.pointwise_constraint,
            bias_constraint=self.bias_constraint,
        )
        first = self.data_format == FIRST
        return (
            *(MoveChannels(),) * first,
            Part(depthwise, names={"kernel": "depthwise_kernel"}),
            Part(pointwise, names={"kernel": "pointwise_kernel"}),
            *(MoveChannels(back=True),) * first,
            *endings(self.activation, self.activity_regularizer, self.name),
        )


@dataclass(eq=False, repr=False)
class SeparableConv2D(_Separable):
    """A depthwise convolution, then one with windows of a single pixel that mixes the channels, then an activation
    (Chollet, CVPR 2017).

    Shapes: ``x`` (n, height, width, channels); weights ``depthwise_kernel`` (kernel height, kernel width, channels,
    depth_multiplier), ``pointwise_kernel`` (1, 1, channels depth_multiplier, filters), ``bias`` (filters,); output (n,
    new height, new width, filters), sizes as in :class:`Conv2D`. Gradients: those of :class:`DepthwiseConv2D` and
    :class:`Conv2D`, one after the other.

    Args:
        filters: number of output channels, a positive whole number.
        kernel_size: height and width of the window, or one number for both.
        strides: step between windows; default 1.
        padding: ``"valid"`` (default) or ``"same"``.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        dilation_rate: distance between the entries that a window looks at; default 1.
        depth_multiplier: depthwise kernels for each channel; default 1.
        activation: name or object; None (default) is linear.
        use_bias: whether to add ``bias`` at the end; default True.
        depthwise_initializer, pointwise_initializer, bias_initializer: default ``"glorot_uniform"``,
            ``"glorot_uniform"`` and ``"zeros"``.
        depthwise_regularizer, pointwise_regularizer, bias_regularizer: penalty on the weights; default None.
        depthwise_constraint, pointwise_constraint, bias_constraint: projection after every update; default None.
        activity_regularizer: penalty on the output, divided by the rows of the batch; default None.

    Raises:
        TypeError, ValueError: as for :class:`Conv2D`.

    Example:
        >>> SeparableConv2D(16, 3).output_shape((10, 10, 4))
        (8, 8, 16)
    """

    rank = 2
    depthwise = DepthwiseConv2D
    pointwise = Conv2D


@dataclass(eq=False, repr=False)
class SeparableConv1D(_Separable):
    """A depthwise convolution of sequences, then one with windows of a single step that mixes the channels, then an
    activation.

    Shapes: ``x`` (n, steps, channels); weights ``depthwise_kernel`` (kernel size, channels, depth_multiplier),
    ``pointwise_kernel`` (1, channels depth_multiplier, filters), ``bias`` (filters,); output (n, new steps, filters),
    sizes as in :class:`Conv1D`. Gradients: those of :class:`DepthwiseConv1D` and :class:`Conv1D`, one after the other.

    Args:
        filters: number of output channels, a positive whole number.
        kernel_size: steps that a window looks at.
        strides: step between windows; default 1.
        padding: ``"valid"`` (default) or ``"same"``.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        dilation_rate: distance between the entries that a window looks at; default 1.
        depth_multiplier: depthwise kernels for each channel; default 1.
        activation: name or object; None (default) is linear.
        use_bias: whether to add ``bias`` at the end; default True.
        depthwise_initializer, pointwise_initializer, bias_initializer: default ``"glorot_uniform"``,
            ``"glorot_uniform"`` and ``"zeros"``.
        depthwise_regularizer, pointwise_regularizer, bias_regularizer: penalty on the weights; default None.
        depthwise_constraint, pointwise_constraint, bias_constraint: projection after every update; default None.
        activity_regularizer: penalty on the output, divided by the rows of the batch; default None.

    Raises:
        TypeError, ValueError: as for :class:`Conv1D`.

    Example:
        >>> SeparableConv1D(16, 3).output_shape((10, 4))
        (8, 16)
    """

    rank = 1
    depthwise = DepthwiseConv1D
    pointwise = Conv1D
