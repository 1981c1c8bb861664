"""Long short-term memory over images: products with kernels are convolutions. Written with operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from clarinet import ops, random
from clarinet.activations import ActivationField
from clarinet.configurable import Configurable, check_flag, check_number
from clarinet.constraints import ConstraintField
from clarinet.initializers import InitializerField
from clarinet.layers.base import Layer, check_positive_int
from clarinet.layers.channels import FIRST, DataFormatField
from clarinet.layers.dropout import check_seed
from clarinet.layers.geometry import Sizes, SizesField, check_padding, output_sizes, per_axis
from clarinet.layers.lstm import ForgetBias
from clarinet.ops.control import go_along
from clarinet.regularizers import RegularizerField
from clarinet.types import AnyTensor, Config, TensorLike
from clarinet.variables import Variable


@dataclass(eq=False, repr=False)
class _ConvLSTM(Layer):
    """The loop over the steps, for any number of spatial axes."""

    says_all: ClassVar[bool] = True
    rank: ClassVar[int]

    kernel: ClassVar[Variable]
    recurrent_kernel: ClassVar[Variable]
    bias: ClassVar[Variable | None] = None

    filters: int
    kernel_size: Sizes
    strides: SizesField = SizesField(1)
    padding: str = "valid"
    data_format: DataFormatField = DataFormatField(None)
    dilation_rate: SizesField = SizesField(1)
    activation: ActivationField = ActivationField("tanh")
    recurrent_activation: ActivationField = ActivationField("sigmoid")
    use_bias: bool = True
    kernel_initializer: InitializerField = InitializerField("glorot_uniform")
    recurrent_initializer: InitializerField = InitializerField("orthogonal")
    bias_initializer: InitializerField = InitializerField("zeros")
    unit_forget_bias: bool = True
    kernel_regularizer: RegularizerField = RegularizerField(None)
    recurrent_regularizer: RegularizerField = RegularizerField(None)
    bias_regularizer: RegularizerField = RegularizerField(None)
    kernel_constraint: ConstraintField = ConstraintField(None)
    recurrent_constraint: ConstraintField = ConstraintField(None)
    bias_constraint: ConstraintField = ConstraintField(None)
    dropout: float = 0.0
    recurrent_dropout: float = 0.0
    seed: int | None = None
    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False
    stateful: bool = False

    def check(self) -> None:
        this: Any = self
        name = type(self).__name__
        this.filters = check_positive_int(this.filters, f"{name}: filters")
        this.kernel_size = per_axis(this.kernel_size, self.rank, f"{name}: kernel_size")
        this.padding = check_padding(this.padding, f"{name}: padding")
        for setting in ("dropout", "recurrent_dropout"):
            setattr(this, setting, check_number(getattr(this, setting), f"{name}: {setting}", low=0, high=1))
        for flag in ("use_bias", "unit_forget_bias", "return_sequences", "return_state", "go_backwards"):
            check_flag(getattr(this, flag), f"{name}: {flag}")
        if this.stateful:
            raise ValueError(f"{name}: stateful=True is not there; give initial_state= in the call")
        check_seed(this.seed, name)
        object.__setattr__(self, "_seeds", random.SeedGenerator(this.seed))

    def get_config(self) -> Config:
        return Configurable.get_config(self)

    def build(self, input_shape: Sequence[int | None]) -> None:  # type: ignore[override]
        """Make the weights, for sequences of this shape."""
        this: Any = self
        make: Callable[..., Variable] = this.add_weight
        inputs = input_shape[2 if this.data_format == FIRST else -1]
        columns = 4 * this.filters
        for kind, rows, prefix in (("kernel", inputs, "kernel"), ("recurrent_kernel", this.filters, "recurrent")):
            made = make(
                name=kind,
                shape=(*this.kernel_size, rows, columns),
                initializer=getattr(this, f"{prefix}_initializer"),
                regularizer=getattr(this, f"{prefix}_regularizer"),
                constraint=getattr(this, f"{prefix}_constraint"),
            )
            setattr(this, kind, made)
        first = ForgetBias(this.bias_initializer) if this.unit_forget_bias else this.bias_initializer
        if this.use_bias:
            this.bias = make(
                name="bias",
                shape=(columns,),
                initializer=first,
                regularizer=this.bias_regularizer,
                constraint=this.bias_constraint,
            )

    def compute_mask(self, inputs: TensorLike, mask: TensorLike = None) -> object:
        """The mask of the steps, where the layer gives all of them; states have none."""
        this: Any = self
        own = mask if this.return_sequences else None
        return [own, None, None] if this.return_state else own

    def call(  # type: ignore[override]
        self,
        sequences: TensorLike,
        initial_state: TensorLike = None,
        mask: TensorLike = None,
        training: bool | None = None,
    ) -> AnyTensor:
        """The output, and with ``return_state`` the states behind the last step."""
        this: Any = self
        x = cast(AnyTensor, sequences)
        x = ops.moveaxis(x, 2, -1) if this.data_format == FIRST else x
        begin = self._begin(x, initial_state)
        inputs, kept = self._dropped(x, begin[0], training)
        counts = mask
        if this.go_backwards:
            inputs, counts = ops.flip(inputs, 1), None if counts is None else ops.flip(counts, 1)

        def step(before: list[AnyTensor], entry: list[AnyTensor]) -> tuple[list[AnyTensor], AnyTensor]:
            after = self._after(before, entry[0])
            if counts is not None:
                true = ops.reshape(entry[1], (-1, *(1,) * (self.rank + 1)))
                after = [ops.where(true, new, old) for new, old in zip(after, before, strict=True)]
            return after, after[0]

        last, outputs = go_along(step, [*begin, *kept], [inputs] if counts is None else [inputs, counts], axis=1)
        y = outputs if this.return_sequences else outputs[:, -1]
        found = [y, *last[:2]] if this.return_state else [y]
        if this.data_format == FIRST:
            found = [ops.moveaxis(each, -1, -1 - self.rank) for each in found]
        return cast(AnyTensor, tuple(found) if this.return_state else found[0])

    def _begin(self, x: AnyTensor, given: TensorLike) -> list[AnyTensor]:
        """The states before the first step: those that are given, or zeros."""
        this: Any = self
        if given is not None:
            states = list(cast("Sequence[AnyTensor]", given))
            return [ops.moveaxis(s, 1, -1) for s in states] if this.data_format == FIRST else states
        spatial = tuple(cast("tuple[int, ...]", x.shape[2:-1]))
        if len(spatial) != self.rank or None in spatial:
            raise ValueError(
                f"{type(self).__name__}: expected sequences (n, steps, {self.rank} spatial axes of known sizes, "
                f"channels), received shape {tuple(x.shape)}"
            )
        window = this.kernel_size, this.strides, this.dilation_rate
        sizes = output_sizes(spatial, *window, this.padding, type(self).__name__)
        zeros = ops.zeros((ops.shape(x)[0], *sizes, this.filters))
        return [zeros, zeros]

    def _dropped(self, x: AnyTensor, h: AnyTensor, training: bool | None) -> tuple[AnyTensor, list[AnyTensor]]:
        """The inputs, of which the same are dropped at all steps; and what recurrent dropout leaves of the state."""
        this: Any = self
        seeds = vars(self)["_seeds"]
        if this.dropout and training:
            x = ops.multiply(x, random.dropout(ops.ones_like(x[:, :1]), this.dropout, seed=seeds))
        if this.recurrent_dropout and training:
            return x, [random.dropout(ops.ones_like(h), this.recurrent_dropout, seed=seeds)]
        return x, []

    def _after(self, before: list[AnyTensor], x: AnyTensor) -> list[AnyTensor]:
        """The states after a step."""
        this: Any = self
        h, c, *kept = before
        seen = ops.multiply(h, kept[0]) if kept else h
        z = ops.conv(x, self.kernel, this.strides, this.padding, dilation_rate=this.dilation_rate)
        z = z if self.bias is None else ops.add(z, self.bias)
        z = ops.add(z, ops.conv(seen, self.recurrent_kernel, 1, "same"))
        i, f, g, o = ops.split(z, 4, axis=-1)
        s, a = this.recurrent_activation, this.activation
        c = ops.add(ops.multiply(s(f), c), ops.multiply(s(i), a(g)))
        return [ops.multiply(s(o), a(c)), c, *kept]


@dataclass(eq=False, repr=False)
class ConvLSTM1D(_ConvLSTM):
    """:class:`LSTM` over steps in a row, whose products are convolutions (Shi et al., NeurIPS 2015).

    With ``[i, f, g, o] = x * W + h * U + b``, ``*`` a convolution and ``s`` the recurrent activation:
    ``c' = s(f) c + s(i) activation(g)``, ``h' = s(o) activation(c')``, beginning with zeros.

    Shapes: ``x`` (n, steps, length, channels), ``W`` (*kernel_size, channels, 4 filters), ``U`` the weight
    ``recurrent_kernel`` (*kernel_size, filters, 4 filters), ``b`` (4 filters,), output
    (n, new length, filters), the last ``h``, or all of them.

    Args:
        filters: channels of the states.
        kernel_size: of both kernels, one number or one for each spatial axis.
        strides, padding, dilation_rate: of the convolution of ``x``, as for :class:`Conv1D`; that of ``h`` keeps
            sizes.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        activation, recurrent_activation: default ``"tanh"`` and ``"sigmoid"``.
        use_bias, unit_forget_bias: whether there is ``b``, and whether it begins with 1 at the forget gate; default
            True.
        kernel_initializer, recurrent_initializer, bias_initializer: default ``"glorot_uniform"``, ``"orthogonal"`` and
            ``"zeros"``.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: penalty on the weights; default None.
        kernel_constraint, recurrent_constraint, bias_constraint: projection after every update; default None.
        dropout, recurrent_dropout: shares of ``x`` and of ``h`` that are dropped, the same at all steps; default 0.
        seed: fixes what is dropped independently of the model's seed; default None.
        return_sequences: return the outputs at all steps; default False, the last.
        return_state: return a tuple of the output and of both states behind the last step; default False.
        go_backwards: begin with the last step; default False.
        stateful: only False; give ``initial_state=`` in the call.

    Raises:
        TypeError, ValueError: another setting; when called, inputs that do not fit.

    Example:
        >>> import numpy as np
        >>> ConvLSTM1D(4, 3, padding="same")(np.zeros((2, 5, 6, 1))).shape
        (2, 6, 4)
    """

    rank = 1


@dataclass(eq=False, repr=False)
class ConvLSTM2D(_ConvLSTM):
    """:class:`LSTM` over images, whose products are convolutions (Shi et al., NeurIPS 2015).

    With ``[i, f, g, o] = x * W + h * U + b``, ``*`` a convolution and ``s`` the recurrent activation:
    ``c' = s(f) c + s(i) activation(g)``, ``h' = s(o) activation(c')``, beginning with zeros.

    Shapes: ``x`` (n, steps, height, width, channels), ``W`` (*kernel_size, channels, 4 filters), ``U`` the weight
    ``recurrent_kernel`` (*kernel_size, filters, 4 filters), ``b`` (4 filters,), output
    (n, new height, new width, filters), the last ``h``, or all of them.

    Args:
        filters: channels of the states.
        kernel_size: of both kernels, one number or one for each spatial axis.
        strides, padding, dilation_rate: of the convolution of ``x``, as for :class:`Conv2D`; that of ``h`` keeps
            sizes.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        activation, recurrent_activation: default ``"tanh"`` and ``"sigmoid"``.
        use_bias, unit_forget_bias: whether there is ``b``, and whether it begins with 1 at the forget gate; default
            True.
        kernel_initializer, recurrent_initializer, bias_initializer: default ``"glorot_uniform"``, ``"orthogonal"`` and
            ``"zeros"``.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: penalty on the weights; default None.
        kernel_constraint, recurrent_constraint, bias_constraint: projection after every update; default None.
        dropout, recurrent_dropout: shares of ``x`` and of ``h`` that are dropped, the same at all steps; default 0.
        seed: fixes what is dropped independently of the model's seed; default None.
        return_sequences: return the outputs at all steps; default False, the last.
        return_state: return a tuple of the output and of both states behind the last step; default False.
        go_backwards: begin with the last step; default False.
        stateful: only False; give ``initial_state=`` in the call.

    Raises:
        TypeError, ValueError: another setting; when called, inputs that do not fit.

    Example:
        >>> import numpy as np
        >>> ConvLSTM2D(4, 3, padding="same")(np.zeros((2, 5, 6, 6, 1))).shape
        (2, 6, 6, 4)
    """

    rank = 2


@dataclass(eq=False, repr=False)
class ConvLSTM3D(_ConvLSTM):
    """:class:`LSTM` over volumes, whose products are convolutions (Shi et al., NeurIPS 2015).

    With ``[i, f, g, o] = x * W + h * U + b``, ``*`` a convolution and ``s`` the recurrent activation:
    ``c' = s(f) c + s(i) activation(g)``, ``h' = s(o) activation(c')``, beginning with zeros.

    Shapes: ``x`` (n, steps, depth, height, width, channels), ``W`` (*kernel_size, channels, 4 filters), ``U`` the
    weight ``recurrent_kernel`` (*kernel_size, filters, 4 filters), ``b`` (4 filters,), output
    (n, new depth, new height, new width, filters), the last ``h``, or all of them.

    Args:
        filters: channels of the states.
        kernel_size: of both kernels, one number or one for each spatial axis.
        strides, padding, dilation_rate: of the convolution of ``x``, as for :class:`Conv3D`; that of ``h`` keeps
            sizes.
        data_format: ``"channels_last"`` (None, the default) or ``"channels_first"``.
        activation, recurrent_activation: default ``"tanh"`` and ``"sigmoid"``.
        use_bias, unit_forget_bias: whether there is ``b``, and whether it begins with 1 at the forget gate; default
            True.
        kernel_initializer, recurrent_initializer, bias_initializer: default ``"glorot_uniform"``, ``"orthogonal"`` and
            ``"zeros"``.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: penalty on the weights; default None.
        kernel_constraint, recurrent_constraint, bias_constraint: projection after every update; default None.
        dropout, recurrent_dropout: shares of ``x`` and of ``h`` that are dropped, the same at all steps; default 0.
        seed: fixes what is dropped independently of the model's seed; default None.
        return_sequences: return the outputs at all steps; default False, the last.
        return_state: return a tuple of the output and of both states behind the last step; default False.
        go_backwards: begin with the last step; default False.
        stateful: only False; give ``initial_state=`` in the call.

    Raises:
        TypeError, ValueError: another setting; when called, inputs that do not fit.

    Example:
        >>> import numpy as np
        >>> ConvLSTM3D(4, 3, padding="same")(np.zeros((2, 5, 6, 6, 6, 1))).shape
        (2, 6, 6, 6, 4)
    """

    rank = 3
