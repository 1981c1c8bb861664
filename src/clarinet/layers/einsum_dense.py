"""A fully connected layer whose sums are written with letters."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from math import prod
from typing import ClassVar, NamedTuple, Never, Self, Unpack, cast

import numpy as np
from numpy.typing import NDArray

from clarinet import ops
from clarinet.activations import ActivationField, ActivationLike
from clarinet.configurable import Unsupported, encode_all
from clarinet.constraints import ConstraintField, ConstraintLike
from clarinet.initializers import InitializerField, InitializerLike, VarianceScaling
from clarinet.initializers.base import Initializer
from clarinet.initializers.scaling import Named
from clarinet.layers.activity import ActivityField, endings
from clarinet.layers.base import Layer, check_positive_int
from clarinet.layers.context import Context
from clarinet.layers.options import Options
from clarinet.names import advice
from clarinet.ops.einsum import Einsum, Labels, parsed
from clarinet.ops.operation import unbroadcast
from clarinet.params import Weight
from clarinet.philox import Key
from clarinet.regularizers import RegularizerField, RegularizerLike
from clarinet.types import AnyTensor, Array, Config, Namespace, Shape, TensorLike

#: Forms of equations; ``...`` is at the beginning or at the end of both sides, or nowhere.
_FORM = re.compile(r"(\.\.\.)?[a-zA-Z]+(?(1)|(\.\.\.)?),[a-zA-Z]+->(?(1)\.\.\.)[a-zA-Z]*(?(2)\.\.\.)")


@dataclass(eq=False, repr=False)
class _Between(Initializer):
    """``inner`` as for a matrix from some axes to others, the rest being further axes in front."""

    inner: Initializer
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    def values(self, shape: Shape, key: Key) -> NDArray[np.float64]:
        rest = tuple(axis for axis in range(len(shape)) if axis not in (*self.inputs, *self.outputs))
        order = (*rest, *self.inputs, *self.outputs)
        fans = (prod(shape[axis] for axis in axes) for axes in (self.inputs, self.outputs))
        drawn = self.inner.values((*(shape[axis] for axis in rest), *fans), key)
        return drawn.reshape([shape[axis] for axis in order]).transpose([order.index(a) for a in range(len(shape))])


class Axes(NamedTuple):
    """What an equation makes of samples of some shape; letters are those of all axes, the batch's included."""

    x: Labels
    kernel: Labels
    y: Labels
    sizes: dict[str, int]
    bias: Shape | None

    def of(self, labels: Sequence[str]) -> Shape:
        """The sizes of these axes."""
        return tuple(self.sizes[label] for label in labels)

    @property
    def is_product(self) -> bool:
        """Whether it is a product of matrices as all of them lie, with a bias for each column or none."""
        summed = [n for n in self.kernel if n not in self.y]
        made = [n for n in self.kernel if n in self.y]
        kept = [n for n in self.x if n in self.y]
        plain = self.kernel == (*summed, *made) and self.x == (*kept, *summed) and self.y == (*kept, *made)
        return plain and not set(made) & set(kept) and self.bias in (None, self.of(made))


@dataclass(eq=False, repr=False, init=False)
class EinsumDense(Layer):
    """Sums of products of ``x`` and a kernel, written with letters: ``z = einsum(equation, x, W) + b``,
    ``y = activation(z)``.

    Every axis has a letter; letters that the output has not are summed over. ``"ab,bc->ac"`` is :class:`Dense` on rows,
    ``"abc,cd->abd"`` on sequences, ``"...x,xy->...y"`` on both, ``"abc,cde->abde"`` gives several heads.

    Shapes: ``x`` (n, …), the first letter being the batch; ``W`` the kernel with a size for each of its letters, ``b``
    the bias with those of ``bias_axes``; output (n, …). Gradients: ``dW`` and ``dx`` are the products of ``dz`` and the
    other one, summed over the letters that they have not; ``db`` is the sum of ``dz`` over all axes but its own.

    Args:
        equation: such as ``"abc,cd->abd"``; ``...`` stands for any axes, at the beginning or the end of both sides.
        output_shape: the sizes of the output's axes, without the batch and without ``...``; None where the size is that
            of the input's axis with the same letter. One number for one axis.
        activation: name or object; None (default) is linear.
        bias_axes: the letters of the output that the bias has; None (default): no bias.
        kernel_initializer: default ``"glorot_uniform"``; inputs are the axes that are summed over.
        bias_initializer: default ``"zeros"``.
        kernel_regularizer, bias_regularizer: penalty on the weights; default None.
        kernel_constraint, bias_constraint: projection after every update; default None.
        activity_regularizer: penalty on the output, divided by the rows of the batch; default None.

    Raises:
        ValueError: an equation of another form; when built, samples or an ``output_shape`` that do not fit it.

    Example:
        >>> layer = EinsumDense("abc,cde->abde", output_shape=(None, 4, 8), bias_axes="de")
        >>> [w.shape for w in layer.weight_specs((10, 32))], layer.output_shape((10, 32))
        ([(32, 4, 8), (4, 8)], (10, 4, 8))
    """

    supports_masking = True
    unsupported: ClassVar[Mapping[str, Unsupported]] = {
        **Layer.unsupported,
        "gptq_unpacked_column_size": Unsupported("there is no such form of the weights"),
    }

    equation: str
    partial_output_shape: tuple[int | None, ...]
    activation: ActivationField = ActivationField(None)
    bias_axes: str | None = None
    kernel_initializer: InitializerField = InitializerField("glorot_uniform")
    bias_initializer: InitializerField = InitializerField("zeros")
    kernel_regularizer: RegularizerField = RegularizerField(None)
    bias_regularizer: RegularizerField = RegularizerField(None)
    activity_regularizer: ActivityField = ActivityField(None)
    kernel_constraint: ConstraintField = ConstraintField(None)
    bias_constraint: ConstraintField = ConstraintField(None)

    def __init__(
        self,
        equation: str,
        output_shape: int | Sequence[int | None],
        activation: ActivationLike = None,
        bias_axes: str | None = None,
        kernel_initializer: InitializerLike = "glorot_uniform",
        bias_initializer: InitializerLike = "zeros",
        kernel_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        activity_regularizer: RegularizerLike = None,
        **settings: Unpack[Options],
    ) -> None:
        self.equation, self.bias_axes, self.activation = equation, bias_axes, activation
        self.partial_output_shape = _sizes(output_shape)
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        self.kernel_regularizer, self.bias_regularizer = kernel_regularizer, bias_regularizer
        self.kernel_constraint, self.bias_constraint = kernel_constraint, bias_constraint
        self.activity_regularizer = activity_regularizer
        super().__init__(**settings)

    def check(self) -> None:
        text = self.equation.replace(" ", "") if isinstance(self.equation, str) else ""
        if not _FORM.fullmatch(text):
            raise ValueError(
                f"EinsumDense: equation: expected a form such as 'abc,cd->abd', '...x,xy->...y' or 'ab...,bc->ac...', "
                f"received {self.equation!r}"
            )
        self.equation = text
        spare = set(self.bias_axes or "") - set(text.partition("->")[2])
        if spare:
            raise ValueError(
                f"EinsumDense: bias_axes={self.bias_axes!r}: expected letters of the output of {text!r}, received "
                f"{', '.join(sorted(spare))}"
            )

    # Shapes and weights.

    def axes(self, input_shape: Shape) -> Axes:
        """What the equation makes of samples of this shape.

        Raises:
            ValueError: they do not fit.
        """
        given, _, wanted = self.equation.partition("->")
        kernel = given.partition(",")[2]
        (x, w), y = parsed(self.equation, (1 + len(input_shape), len(kernel)))
        if x[:1] != y[:1] or x[0] in w:
            raise ValueError(f"EinsumDense: {self.equation!r}: the first letter of both sides is the batch")
        sizes: dict[str, int | None] = dict(zip(x[1:], input_shape))
        named = [n for n in y[1:] if n in wanted]
        if len(named) != len(self.partial_output_shape):
            raise ValueError(
                f"EinsumDense: output_shape={self.partial_output_shape}: expected {len(named)} sizes, those of the "
                f"axes {', '.join(named)} of {self.equation!r}"
            )
        for n, size in zip(named, self.partial_output_shape):
            if sizes.setdefault(n, size) != size and size is not None:
                raise ValueError(
                    f"EinsumDense: the axis {n!r} of {self.equation!r} has the size {sizes[n]} in samples of shape "
                    f"{tuple(input_shape)}, and {size} in output_shape={self.partial_output_shape}"
                )
        unknown = [n for n in (*w, *y[1:]) if sizes.get(n) is None]
        if unknown:
            raise ValueError(
                f"EinsumDense: the size of the axis {unknown[0]!r} of {self.equation!r} is not known; give it in "
                f"output_shape, which is {self.partial_output_shape}"
            )
        known = {n: size for n, size in sizes.items() if size is not None}
        return Axes(x, w, y, known, self._bias_shape(y, known))

    def _bias_shape(self, y: Labels, sizes: Mapping[str, int]) -> Shape | None:
        if self.bias_axes is None:
            return None
        first = min((y.index(n) for n in self.bias_axes), default=len(y))
        return tuple(sizes[n] if n in self.bias_axes else 1 for n in y[first:])

    def output_shape(self, input_shape: Shape) -> Shape:
        axes = self.axes(input_shape)
        return axes.of(axes.y[1:])

    def weight_specs(self, input_shape: Shape) -> tuple[Weight, ...]:
        axes = self.axes(input_shape)
        initializer = self.kernel_initializer
        if isinstance(initializer, (VarianceScaling, Named)):
            summed, made = (
                tuple(i for i, n in enumerate(axes.kernel) if (n in axes.y) is there) for there in (False, True)
            )
            initializer = _Between(initializer, summed, made)
        shape = axes.of(axes.kernel)
        kernel = Weight("kernel", shape, initializer, self.kernel_regularizer, self.kernel_constraint)
        if axes.bias is None:
            return (kernel,)
        return kernel, Weight("bias", axes.bias, self.bias_initializer, self.bias_regularizer, self.bias_constraint)

    # The maths.

    def by_kernel(self, inputs: TensorLike, kernel: AnyTensor) -> AnyTensor:
        """What the layer gives with another kernel, before bias and activation."""
        return ops.einsum(self.equation, inputs, kernel)

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        z, cache = Einsum(self.equation).forward((x, params["kernel"]), ctx.xp)
        if self.bias_axes is not None:
            z = z + params["bias"]
        a = self.activation.forward(z, ctx.xp)
        return a, (cache, z, a, ctx.xp), {}

    def backward(
        self, params: dict[str, Array], cache: tuple[object, Array, Array, Namespace], dy: Array
    ) -> tuple[Array, dict[str, Array]]:
        products, z, a, xp = cache
        dz = self.activation.backward(dy, z, a, xp)
        dx, dkernel = Einsum(self.equation).backward(cast(Never, products), dz, xp)
        assert dx is not None and dkernel is not None
        if self.bias_axes is None:
            return dx, {"kernel": dkernel}
        return dx, {"kernel": dkernel, "bias": unbroadcast(dz, params["bias"].shape, xp)}

    def parts(self) -> tuple[Layer, ...]:
        bare = self.changed(activation=None, activity_regularizer=None)
        return bare, *endings(self.activation, self.activity_regularizer, self.name)

    # The configuration, in which Keras's name is a method's here.

    def _settings(self) -> dict[str, object]:
        own: dict[str, object] = {f.name: getattr(self, f.name) for f in fields(self) if f.init}
        own["output_shape"] = own.pop("partial_output_shape")
        return own

    def get_config(self) -> Config:
        return encode_all(self._settings())

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> Self:
        known = ["output_shape", *(f.name for f in fields(cls) if f.init)]
        for key in config:
            if key not in known:
                raise ValueError(f"{cls.__name__} has no argument {key!r}: {advice(key, known)}")
        return cast("Callable[..., Self]", cls)(**config)

    def changed(self, **changes: object) -> Self:
        return cast("Callable[..., Self]", type(self))(**self._settings() | changes)


def _sizes(output_shape: object) -> tuple[int | None, ...]:
    """Sizes, one or several; None where the equation says it.

    Raises:
        TypeError, ValueError: anything else.
    """
    given = tuple(output_shape) if isinstance(output_shape, (list, tuple)) else (output_shape,)
    return tuple(None if n is None else check_positive_int(n, "EinsumDense: output_shape") for n in given)
