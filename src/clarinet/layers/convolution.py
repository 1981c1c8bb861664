"""Convolutions: every output looks at a window of the input through the same kernel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import ClassVar

from clarinet import activations, ops
from clarinet.activations import ActivationField
from clarinet.arrays import crop, pad, scatter_windows, windows
from clarinet.constraints import Constraint, ConstraintField
from clarinet.initializers import InitializerField
from clarinet.initializers.base import Initializer
from clarinet.layers.activity import ActivityField, endings
from clarinet.layers.base import Layer, Part, check_positive_int
from clarinet.layers.channels import DataFormatField, Spatial, or_by_parts
from clarinet.layers.context import Context
from clarinet.layers.geometry import (
    Margins,
    Sizes,
    SizesField,
    check_padding,
    check_rank,
    margins,
    output_sizes,
    per_axis,
    within,
)
from clarinet.params import Weight
from clarinet.regularizers import Regularizer, RegularizerField
from clarinet.types import AnyTensor, Array, Namespace, Shape, TensorLike


class Convolution(Spatial):
    """The maths that all convolutions share, for any number of spatial axes and of groups.

    A group is a set of input channels with filters of its own: 1 in a plain convolution, every channel alone in a
    depthwise one. The windows of all samples become the rows of one matrix per group, times that group's kernel.
    """

    weighted_sum = "window"

    rank: ClassVar[int]
    paddings: ClassVar[tuple[str, ...]] = ("valid", "same")

    kernel_size: Sizes
    strides: Shape
    padding: str
    data_format: str | None
    dilation_rate: Shape
    activation: activations.Activation
    use_bias: bool
    bias_initializer: Initializer
    bias_regularizer: Regularizer | None
    bias_constraint: Constraint | None
    activity_regularizer: Regularizer | None

    def check(self) -> None:
        name = type(self).__name__
        self.kernel_size = per_axis(self.kernel_size, self.rank, f"{name}: kernel_size")
        self.padding = check_padding(self.padding, f"{name}: padding", self.paddings)

    @property
    def window(self) -> Shape:
        """``kernel_size``, one number for each spatial axis."""
        return per_axis(self.kernel_size, self.rank, "kernel_size")

    def groups_of(self, channels: int) -> int:
        """Number of groups for a number of input channels."""
        raise NotImplementedError

    def filters_of(self, channels: int) -> int:
        """Number of output channels for a number of input channels."""
        raise NotImplementedError

    def seen_by(self, channel: int, channels: int) -> list[tuple[int, tuple[int, int]]]:
        """Input channels (of all) that an output channel uses, with the last two indices of their weights."""
        raise NotImplementedError

    def reads(self, place: Shape, spatial: Shape) -> Iterator[tuple[Shape, Shape]]:
        """The places in the kernel, and those in inputs of these sizes that they meet, for one place of the output."""
        edges = margins(spatial, self.window, self.strides, self.dilation_rate, self.padding)
        for offset in product(*map(range, self.window)):
            steps = zip(place, offset, self.strides, self.dilation_rate, edges, strict=True)
            at = tuple(p * stride + o * dilation - before for p, o, stride, dilation, (before, _) in steps)
            if within(at, spatial):
                yield offset, at

    def bias_spec(self, filters: int) -> tuple[Weight, ...]:
        """The bias for so many filters, if there is one."""
        if not self.use_bias:
            return ()
        return (Weight("bias", (filters,), self.bias_initializer, self.bias_regularizer, self.bias_constraint),)

    @or_by_parts
    def output_shape(self, input_shape: Shape) -> Shape:
        name = type(self).__name__
        check_rank(input_shape, self.rank, name)
        spatial, channels = input_shape[:-1], input_shape[-1]
        sizes = output_sizes(spatial, self.window, self.strides, self.dilation_rate, self.padding, name)
        return (*sizes, self.filters_of(channels))

    @or_by_parts
    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        xp, out = ctx.xp, self.output_shape(tuple(x.shape[1:]))
        edges = margins(tuple(x.shape[1:-1]), self.window, self.strides, self.dilation_rate, self.padding)
        padded = pad(x, edges, xp=xp)
        z = xp.matmul(self._rows(padded, xp), self._matrices(params["kernel"], x.shape[-1], xp))
        z = xp.reshape(xp.permute_dims(z, (1, 0, 2)), (x.shape[0], *out))
        if self.use_bias:
            z = z + params["bias"]
        a = self.activation.forward(z, xp)
        return a, (padded, edges, z, a, xp), {}

    @or_by_parts
    def backward(
        self, params: dict[str, Array], cache: tuple[Array, Margins, Array, Array, Namespace], dy: Array
    ) -> tuple[Array, dict[str, Array]]:
        padded, edges, z, a, xp = cache
        kernel, channels, groups = params["kernel"], padded.shape[-1], self.groups_of(padded.shape[-1])
        dz = self.activation.backward(dy, z, a, xp)
        rows_dz = xp.permute_dims(xp.reshape(dz, (-1, groups, dz.shape[-1] // groups)), (1, 0, 2))
        dkernel = xp.matmul(xp.matrix_transpose(self._rows(padded, xp)), rows_dz)
        grads = {"kernel": xp.reshape(xp.permute_dims(dkernel, (1, 0, 2)), kernel.shape)}
        if self.use_bias:
            grads["bias"] = xp.sum(dz, axis=tuple(range(dz.ndim - 1)))
        rows_dx = xp.matmul(rows_dz, xp.matrix_transpose(self._matrices(kernel, channels, xp)))
        return crop(self._added(rows_dx, tuple(padded.shape[1:]), tuple(dz.shape[:-1]), xp), edges), grads

    def _rows(self, padded: Array, xp: Namespace) -> Array:
        """The entries under every window, as (groups, windows of all samples, places times channels of the group)."""
        groups, places = self.groups_of(padded.shape[-1]), prod(self.window)
        seen = xp.stack(windows(padded, self.window, self.strides, self.dilation_rate), axis=-2)
        seen = xp.permute_dims(xp.reshape(seen, (-1, places, groups, padded.shape[-1] // groups)), (2, 0, 1, 3))
        return xp.reshape(seen, (groups, seen.shape[1], -1))

    def _matrices(self, kernel: Array, channels: int, xp: Namespace) -> Array:
        """The kernel as (groups, places times channels of the group, filters of the group)."""
        groups = self.groups_of(channels)
        rows = prod(self.window) * (channels // groups)
        return xp.permute_dims(xp.reshape(kernel, (rows, groups, -1)), (1, 0, 2))

    def _added(self, rows: Array, shape: Shape, counts: tuple[int, ...], xp: Namespace) -> Array:
        """Windows in rows as :meth:`_rows` makes them, added up where they lie on each other.

        Args:
            shape: of a sample, its margins included.
            counts: how many samples there are, and windows along each of their axes.
        """
        groups, places = rows.shape[0], prod(self.window)
        seen = xp.permute_dims(xp.reshape(rows, (groups, rows.shape[1], places, -1)), (2, 1, 0, 3))
        seen = xp.reshape(seen, (places, *counts, shape[-1]))
        parts = [seen[place, ...] for place in range(places)]
        return scatter_windows(parts, shape[:-1], self.window, self.strides, self.dilation_rate, xp)

    def by_kernel(self, inputs: TensorLike, kernel: AnyTensor) -> AnyTensor:
        """What the layer gives with another kernel, before bias and activation."""
        x, padding = inputs, self.padding
        if padding == "causal":
            x, padding = ops.pad(x, ((0, 0), ((self.window[0] - 1) * self.dilation_rate[0], 0), (0, 0))), "valid"
        return ops.conv(x, kernel, self.strides, padding, self.data_format, self.dilation_rate)

    def parts(self) -> tuple[Layer | Part, ...]:
        bare = self.changed(activation=None, activity_regularizer=None)
        return *bare.in_last(), *endings(self.activation, self.activity_regularizer, self.name)


@dataclass(eq=False, repr=False)
class _Filters(Convolution):
    """Convolutions with filters that mix the channels of a group."""

    filters: int
    kernel_size: Sizes
    strides: SizesField = SizesField(1)
    padding: str = "valid"
    data_format: DataFormatField = DataFormatField(None)
    dilation_rate: SizesField = SizesField(1)
    groups: int = 1
    activation: ActivationField = ActivationField(None)
    use_bias: bool = True
    kernel_initializer: InitializerField = InitializerField("glorot_uniform")
    bias_initializer: InitializerField = InitializerField("zeros")
    kernel_regularizer: RegularizerField = RegularizerField(None)
    bias_regularizer: RegularizerField = RegularizerField(None)
    activity_regularizer: ActivityField = ActivityField(None)
    kernel_constraint: ConstraintField = ConstraintField(None)
    bias_constraint: ConstraintField = ConstraintField(None)

    def check(self) -> None:
        super().check()
        name = type(self).__name__
        self.filters = check_positive_int(self.filters, f"{name}: filters")
        self.groups = check_positive_int(self.groups, f"{name}: groups")
        if self.filters % self.groups:
            raise ValueError(f"{name}: filters={self.filters} cannot be divided into groups={self.groups}")

    def groups_of(self, channels: int) -> int:
        return self.groups

    def filters_of(self, channels: int) -> int:
        if channels % self.groups:
            raise ValueError(
                f"{type(self).__name__}: the {channels} channels of its input cannot be divided into "
                f"groups={self.groups}"
            )
        return self.filters

    def seen_by(self, channel: int, channels: int) -> list[tuple[int, tuple[int, int]]]:
        each = channels // self.groups
        first = channel // (self.filters // self.groups) * each
        return [(first + i, (i, channel)) for i in range(each)]

    @or_by_parts
    def weight_specs(self, input_shape: Shape) -> tuple[Weight, ...]:
        shape = (*self.window, input_shape[-1] // self.groups, self.filters)
        kernel = Weight("kernel", shape, self.kernel_initializer, self.kernel_regularizer, self.kernel_constraint)
        return (kernel, *self.bias_spec(self.filters))


@dataclass(eq=False, repr=False)
class Conv2D(_Filters):
    """Slides ``filters`` kernels over images: ``a = activation(z)`` with
    ``z[i, j, f] = b[f] + sum over u, v, c of x[si + du, sj + dv, c] W[u, v, c, f]``, stride ``s`` and dilation ``d``
    (LeCun et al., Neural Computation 1, 1989).

    Shapes: ``x`` (n, height, width, channels), ``W`` the kernel (kernel height, kernel width, channels / groups,
    filters), ``b`` the bias (filters,), output (n, new height, new width, filters). With padding ``"valid"`` a new size
    is ``floor((size - (kernel - 1) d - 1) / s) + 1``, with ``"same"`` it is ``ceil(size / s)`` and the image is
    surrounded by zeros.

    Gradients: ``dW[u, v, c, f]`` is the sum of ``x[si + du, sj + dv, c] dz[i, j, f]`` over samples and places,
    ``db`` the sum of ``dz``, and ``dx`` gets ``W[u, v, c, f] dz[i, j, f]`` back wherever ``z`` read it.

    Args:
        filters: number of output channels, a positive whole number.
        kernel_size: height and width of the window, or one number for both.
        strides: step between windows; default 1.
        padding: ``"valid"`` (default) or ``"same"``.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        dilation_rate: distance between the entries that a window looks at; default 1.
        groups: the channels are divided into this many sets with ``filters / groups`` filters each; default 1.
        activation: name or object; None (default) is linear.
        use_bias: whether to add ``b``; default True.
        kernel_initializer, bias_initializer: default ``"glorot_uniform"`` and ``"zeros"``.
        kernel_regularizer, bias_regularizer: penalty on the weights; default None.
        kernel_constraint, bias_constraint: projection after every update; default None.
        activity_regularizer: penalty on the output, divided by the rows of the batch; default None.

    Raises:
        TypeError, ValueError: a size that is no positive whole number, an unknown name; when built, samples that have
            no three axes or are smaller than the window.

    Example:
        >>> from clarinet.layers import Conv2D
        >>> Conv2D(32, 3, activation="relu").output_shape((28, 28, 1))
        (26, 26, 32)
        >>> Conv2D(32, (5, 3), strides=2, padding="same").output_shape((28, 28, 1))
        (14, 14, 32)
    """

    rank = 2


@dataclass(eq=False, repr=False)
class Conv1D(_Filters):
    """Slides ``filters`` kernels over sequences: ``a = activation(z)`` with
    ``z[t, f] = b[f] + sum over u, c of x[st + du, c] W[u, c, f]``, stride ``s`` and dilation ``d``.

    Shapes: ``x`` (n, steps, channels), ``W`` the kernel (kernel size, channels / groups, filters), ``b`` the bias
    (filters,), output (n, new steps, filters), with new sizes and gradients as in :class:`Conv2D`. With padding
    ``"causal"`` all zeros are added before the sequence, so that no output sees a later input (van den Oord et al.,
    arXiv:1609.03499); the new size is that of ``"same"``.

    Args:
        filters: number of output channels, a positive whole number.
        kernel_size: steps that a window looks at.
        strides: step between windows; default 1.
        padding: ``"valid"`` (default), ``"same"`` or ``"causal"``.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        dilation_rate: distance between the entries that a window looks at; default 1.
        groups: the channels are divided into this many sets with ``filters / groups`` filters each; default 1.
        activation: name or object; None (default) is linear.
        use_bias: whether to add ``b``; default True.
        kernel_initializer, bias_initializer: default ``"glorot_uniform"`` and ``"zeros"``.
        kernel_regularizer, bias_regularizer: penalty on the weights; default None.
        kernel_constraint, bias_constraint: projection after every update; default None.
        activity_regularizer: penalty on the output, divided by the rows of the batch; default None.

    Raises:
        TypeError, ValueError: as for :class:`Conv2D`.

    Example:
        >>> Conv1D(8, 3, padding="causal", dilation_rate=4).output_shape((100, 2))
        (100, 8)
    """

    rank = 1
    paddings = ("valid", "same", "causal")


@dataclass(eq=False, repr=False)
class Conv3D(_Filters):
    """Slides ``filters`` kernels over volumes: ``a = activation(z)`` with
    ``z[h, i, j, f] = b[f] + sum over t, u, v, c of x[sh + dt, si + du, sj + dv, c] W[t, u, v, c, f]``, stride ``s`` and
    dilation ``d``.

    Shapes: ``x`` (n, depth, height, width, channels), ``W`` the kernel (kernel depth, kernel height, kernel width,
    channels / groups, filters), ``b`` the bias (filters,), output (n, new depth, new height, new width, filters), with
    new sizes and gradients as in :class:`Conv2D`.

    Args:
        filters: number of output channels, a positive whole number.
        kernel_size: depth, height and width of the window, or one number for all.
        strides: step between windows; default 1.
        padding: ``"valid"`` (default) or ``"same"``.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        dilation_rate: distance between the entries that a window looks at; default 1.
        groups: the channels are divided into this many sets with ``filters / groups`` filters each; default 1.
        activation: name or object; None (default) is linear.
        use_bias: whether to add ``b``; default True.
        kernel_initializer, bias_initializer: default ``"glorot_uniform"`` and ``"zeros"``.
        kernel_regularizer, bias_regularizer: penalty on the weights; default None.
        kernel_constraint, bias_constraint: projection after every update; default None.
        activity_regularizer: penalty on the output, divided by the rows of the batch; default None.

    Raises:
        TypeError, ValueError: as for :class:`Conv2D`.

    Example:
        >>> Conv3D(8, 3, strides=2, padding="same").output_shape((16, 28, 28, 1))
        (8, 14, 14, 8)
    """

    rank = 3
