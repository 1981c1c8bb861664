"""Transposed convolutions: every input adds the kernel to a window of the output."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from clarinet import ops
from clarinet.activations import ActivationField
from clarinet.arrays import crop, pad
from clarinet.constraints import Constraint, ConstraintField
from clarinet.fields import Field
from clarinet.initializers import InitializerField
from clarinet.initializers.base import Initializer
from clarinet.layers.activity import ActivityField
from clarinet.layers.base import check_positive_int
from clarinet.layers.channels import DataFormatField, or_by_parts
from clarinet.layers.context import Context
from clarinet.layers.convolution import Convolution
from clarinet.layers.geometry import Margins, Sizes, SizesField, check_rank, transposed_margins, within
from clarinet.params import Weight
from clarinet.regularizers import Regularizer, RegularizerField
from clarinet.types import AnyTensor, Array, Namespace, Shape, TensorLike


class _ExtraField(Field[Sizes | None, Shape | None]):
    """Entries that the output has beyond its least size, for each spatial axis; None: as many as the padding says."""

    def convert(self, value: Sizes | None, owner: object) -> Shape | None:
        if value is None:
            return None
        assert isinstance(owner, ConvolutionTranspose)
        given: Sequence[int] = (value,) * owner.rank if isinstance(value, int) else value
        if len(given) != owner.rank or not all(
            isinstance(n, int) and not isinstance(n, bool) and 0 <= n < stride
            for n, stride in zip(given, owner.strides)
        ):
            raise ValueError(
                f"{self.what(owner)}: expected whole numbers of at least 0 and below strides={owner.strides}, one or "
                f"{owner.rank} of them; received {value!r}"
            )
        return tuple(given)


class ConvolutionTranspose(Convolution):
    """The maths that all transposed convolutions share: the output is what backward of a convolution gives.

    The rows of all samples times the transposed kernel become windows, which are added up where they lie on each other.
    """

    filters: int
    output_padding: Shape | None
    kernel_initializer: Initializer
    kernel_regularizer: Regularizer | None
    kernel_constraint: Constraint | None

    def by_kernel(self, inputs: TensorLike, kernel: AnyTensor) -> AnyTensor:
        """What the layer gives with another kernel, before bias and activation."""
        sizes = self.output_padding, self.data_format, self.dilation_rate
        return ops.conv_transpose(inputs, kernel, self.strides, self.padding, *sizes)

    def check(self) -> None:
        super().check()
        self.filters = check_positive_int(self.filters, f"{type(self).__name__}: filters")

    def groups_of(self, channels: int) -> int:
        return 1

    def filters_of(self, channels: int) -> int:
        return self.filters

    def seen_by(self, channel: int, channels: int) -> list[tuple[int, tuple[int, int]]]:
        return [(c, (channel, c)) for c in range(channels)]

    def reads(self, place: Shape, spatial: Shape) -> Iterator[tuple[Shape, Shape]]:
        _, edges = self.around(spatial)
        for offset in product(*map(range, self.window)):
            steps = zip(place, offset, self.dilation_rate, edges, strict=True)
            ahead = [p + before - o * dilation for p, o, dilation, (before, _) in steps]
            at = tuple(a // stride for a, stride in zip(ahead, self.strides, strict=True))
            if not any(a % stride for a, stride in zip(ahead, self.strides)) and within(at, spatial):
                yield offset, at

    def around(self, spatial: Shape) -> tuple[Shape, Margins]:
        """Spatial sizes of the output, and how far the windows reach over its ends."""
        return transposed_margins(
            spatial, self.window, self.strides, self.dilation_rate, self.padding, self.output_padding
        )

    @or_by_parts
    def output_shape(self, input_shape: Shape) -> Shape:
        check_rank(input_shape, self.rank, type(self).__name__)
        return (*self.around(input_shape[:-1])[0], self.filters)

    @or_by_parts
    def weight_specs(self, input_shape: Shape) -> tuple[Weight, ...]:
        shape = (*self.window, self.filters, input_shape[-1])
        kernel = Weight("kernel", shape, self.kernel_initializer, self.kernel_regularizer, self.kernel_constraint)
        return (kernel, *self.bias_spec(self.filters))

    @or_by_parts
    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        xp, counts = ctx.xp, tuple(x.shape[:-1])
        sizes, edges = self.around(counts[1:])
        kernel = self._matrices(params["kernel"], self.filters, xp)
        rows = xp.matmul(xp.reshape(x, (1, -1, x.shape[-1])), xp.matrix_transpose(kernel))
        whole = tuple(size + sum(edge) for size, edge in zip(sizes, edges, strict=True))
        z = crop(self._added(rows, (*whole, self.filters), counts, xp), edges)
        if self.use_bias:
            z = z + params["bias"]
        a = self.activation.forward(z, xp)
        return a, (x, edges, z, a, xp), {}

    @or_by_parts
    def backward(
        self, params: dict[str, Array], cache: tuple[Array, Margins, Array, Array, Namespace], dy: Array
    ) -> tuple[Array, dict[str, Array]]:
        x, edges, z, a, xp = cache
        dz = self.activation.backward(dy, z, a, xp)
        rows = self._rows(pad(dz, edges, xp=xp), xp)
        dkernel = xp.matmul(xp.matrix_transpose(rows), xp.reshape(x, (1, -1, x.shape[-1])))
        grads = {"kernel": xp.reshape(dkernel, params["kernel"].shape)}
        if self.use_bias:
            grads["bias"] = xp.sum(dz, axis=tuple(range(dz.ndim - 1)))
        dx = xp.matmul(rows, self._matrices(params["kernel"], self.filters, xp))
        return xp.reshape(dx, x.shape), grads


@dataclass(eq=False, repr=False)
class _Transpose(ConvolutionTranspose):
    """Base of those whose arguments come in this order."""

    filters: int
    kernel_size: Sizes
    strides: SizesField = SizesField(1)
    padding: str = "valid"
    output_padding: _ExtraField = _ExtraField(None)
    data_format: DataFormatField = DataFormatField(None)
    dilation_rate: SizesField = SizesField(1)
    activation: ActivationField = ActivationField(None)
    use_bias: bool = True
    kernel_initializer: InitializerField = InitializerField("glorot_uniform")
    bias_initializer: InitializerField = InitializerField("zeros")
    kernel_regularizer: RegularizerField = RegularizerField(None)
    bias_regularizer: RegularizerField = RegularizerField(None)
    activity_regularizer: ActivityField = ActivityField(None)
    kernel_constraint: ConstraintField = ConstraintField(None)
    bias_constraint: ConstraintField = ConstraintField(None)


@dataclass(eq=False, repr=False)
class Conv2DTranspose(_Transpose):
    """The transpose of a convolution, which makes images larger: ``a = activation(z)``, where every pixel of ``x`` adds
    ``x[i, j, c] W[u, v, f, c]`` to ``z[si + du, sj + dv, f]``, stride ``s`` and dilation ``d``, and ``b[f]`` is added
    everywhere (Zeiler et al., *Deconvolutional networks*, CVPR 2010; Dumoulin and Visin, arXiv:1603.07285).

    Shapes: ``x`` (n, height, width, channels), ``W`` the kernel (kernel height, kernel width, filters, channels), ``b``
    the bias (filters,), output (n, new height, new width, filters). With padding ``"valid"`` a new size is
    ``(size - 1) s + max((kernel - 1) d + 1, s)``, with ``"same"`` it is ``size s``: what lies beyond is cut off. With
    ``output_padding`` it is ``(size - 1) s + (kernel - 1) d + 1 + output_padding``, and for ``"same"``, with ``k`` the
    kernel's reach ``(kernel - 1) d + 1``, ``(size - 1) s + k % 2 + output_padding``.

    Gradients are those of :class:`Conv2D` with inputs and outputs exchanged: ``dx[i, j, c]`` is the sum of
    ``W[u, v, f, c] dz[si + du, sj + dv, f]``, ``dW[u, v, f, c]`` that of ``x[i, j, c] dz[si + du, sj + dv, f]`` over
    samples and places, ``db`` the sum of ``dz``.

    Args:
        filters: number of output channels, a positive whole number.
        kernel_size: height and width of the window, or one number for both.
        strides: steps of the output between windows; default 1.
        padding: ``"valid"`` (default) or ``"same"``.
        output_padding: entries of the output beyond its least size, fewer than ``strides``; default (None) as above.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        dilation_rate: distance between the entries that a window adds to; default 1.
        activation: name or object; None (default) is linear.
        use_bias: whether to add ``b``; default True.
        kernel_initializer, bias_initializer: default ``"glorot_uniform"`` and ``"zeros"``.
        kernel_regularizer, bias_regularizer: penalty on the weights; default None.
        kernel_constraint, bias_constraint: projection after every update; default None.
        activity_regularizer: penalty on the output, divided by the rows of the batch; default None.

    Raises:
        TypeError, ValueError: a size that is no positive whole number, an unknown name; when built, samples that have
            no three axes.

    Example:
        >>> Conv2DTranspose(16, 3, strides=2, padding="same").output_shape((7, 7, 64))
        (14, 14, 16)
    """

    rank = 2


@dataclass(eq=False, repr=False)
class Conv1DTranspose(_Transpose):
    """The transpose of a convolution, which makes sequences longer: every step of ``x`` adds ``x[t, c] W[u, f, c]`` to
    ``z[st + du, f]``, stride ``s`` and dilation ``d``; ``b[f]`` is added everywhere, and ``a = activation(z)``.

    Shapes: ``x`` (n, steps, channels), ``W`` the kernel (kernel size, filters, channels), ``b`` the bias (filters,),
    output (n, new steps, filters), with new sizes and gradients as in :class:`Conv2DTranspose`.

    Args:
        filters: number of output channels, a positive whole number.
        kernel_size: steps that a window adds to.
        strides: steps of the output between windows; default 1.
        padding: ``"valid"`` (default) or ``"same"``.
        output_padding: entries of the output beyond its least size, fewer than ``strides``; default (None) as above.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        dilation_rate: distance between the entries that a window adds to; default 1.
        activation: name or object; None (default) is linear.
        use_bias: whether to add ``b``; default True.
        kernel_initializer, bias_initializer: default ``"glorot_uniform"`` and ``"zeros"``.
        kernel_regularizer, bias_regularizer: penalty on the weights; default None.
        kernel_constraint, bias_constraint: projection after every update; default None.
        activity_regularizer: penalty on the output, divided by the rows of the batch; default None.

    Raises:
        TypeError, ValueError: as for :class:`Conv2DTranspose`.

    Example:
        >>> Conv1DTranspose(8, 3, strides=2).output_shape((10, 4))
        (21, 8)
    """

    rank = 1


@dataclass(eq=False, repr=False)
class Conv3DTranspose(ConvolutionTranspose):
    """The transpose of a convolution, which makes volumes larger: every place of ``x`` adds
    ``x[h, i, j, c] W[t, u, v, f, c]`` to ``z[sh + dt, si + du, sj + dv, f]``, stride ``s`` and dilation ``d``; ``b[f]``
    is added everywhere, and ``a = activation(z)``.

    Shapes: ``x`` (n, depth, height, width, channels), ``W`` the kernel (kernel depth, kernel height, kernel width,
    filters, channels), ``b`` the bias (filters,), output (n, new depth, new height, new width, filters), with new sizes
    and gradients as in :class:`Conv2DTranspose`.

    Args:
        filters: number of output channels, a positive whole number.
        kernel_size: depth, height and width of the window, or one number for all.
        strides: steps of the output between windows; default 1.
        padding: ``"valid"`` (default) or ``"same"``.
        output_padding: entries of the output beyond its least size, fewer than ``strides``; default (None) as above.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        dilation_rate: distance between the entries that a window adds to; default 1.
        activation: name or object; None (default) is linear.
        use_bias: whether to add ``b``; default True.
        kernel_initializer, bias_initializer: default ``"glorot_uniform"`` and ``"zeros"``.
        kernel_regularizer, bias_regularizer: penalty on the weights; default None.
        kernel_constraint, bias_constraint: projection after every update; default None.
        activity_regularizer: penalty on the output, divided by the rows of the batch; default None.

    Raises:
        TypeError, ValueError: as for :class:`Conv2DTranspose`.

    Example:
        >>> Conv3DTranspose(8, 3, strides=2, padding="same").output_shape((4, 7, 7, 16))
        (8, 14, 14, 8)
    """

    rank = 3

    filters: int
    kernel_size: Sizes
    strides: SizesField = SizesField(1)
    padding: str = "valid"
    data_format: DataFormatField = DataFormatField(None)
    output_padding: _ExtraField = _ExtraField(None)
    dilation_rate: SizesField = SizesField(1)
    activation: ActivationField = ActivationField(None)
    use_bias: bool = True
    kernel_initializer: InitializerField = InitializerField("glorot_uniform")
    bias_initializer: InitializerField = InitializerField("zeros")
    kernel_regularizer: RegularizerField = RegularizerField(None)
    bias_regularizer: RegularizerField = RegularizerField(None)
    activity_regularizer: ActivityField = ActivityField(None)
    kernel_constraint: ConstraintField = ConstraintField(None)
    bias_constraint: ConstraintField = ConstraintField(None)
