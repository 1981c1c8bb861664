"""Fully connected layer."""

from __future__ import annotations

from dataclasses import dataclass

from clarinet import ops
from clarinet.activations import ActivationField
from clarinet.constraints import ConstraintField
from clarinet.initializers import InitializerField
from clarinet.layers.activity import ActivityField, endings
from clarinet.layers.base import Layer, check_positive_int
from clarinet.layers.context import Context
from clarinet.params import Weight
from clarinet.regularizers import RegularizerField
from clarinet.types import AnyTensor, Array, Namespace, Shape, TensorLike


@dataclass(eq=False, repr=False)
class Dense(Layer):
    """Every unit sees every input: ``z = x W + b``, ``a = activation(z)``.

    Shapes: ``x`` (n, …, inputs), ``W`` the kernel (inputs, units), ``b`` the bias (units,), output (n, …, units).
    Inputs of any rank: the last axis is contracted, the others are kept.

    Gradients: ``dW = x^T dz``, ``db = sum over rows of dz``, ``dx = dz W^T`` (Rumelhart, Hinton, Williams, Nature
    1986).

    Args:
        units: size of the output, a positive whole number.
        activation: name or object; None (default) is linear.
        use_bias: whether to add ``b``; default True.
        kernel_initializer: default ``"glorot_uniform"``.
        bias_initializer: default ``"zeros"``.
        kernel_regularizer, bias_regularizer: penalty on the weights; default None.
        kernel_constraint, bias_constraint: projection after every update; default None.
        activity_regularizer: penalty on the output, divided by the rows of the batch; default None.

    Raises:
        TypeError, ValueError: ``units`` is not a positive whole number; an unknown name.

    Example:
        >>> from clarinet.layers import Dense
        >>> Dense(3, activation="relu").output_shape((4,))
        (3,)
    """

    supports_masking = True

    weighted_sum = "dense"

    units: int
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
        self.units = check_positive_int(self.units, "Dense: units")

    @property
    def takes_steps(self) -> bool:
        return True

    def output_shape(self, input_shape: Shape) -> Shape:
        if not input_shape:
            raise ValueError("Dense: expected samples with at least one axis, received scalars; reshape x to (n, 1)")
        return (*input_shape[:-1], self.units)

    def weight_specs(self, input_shape: Shape) -> tuple[Weight, ...]:
        kernel = Weight(
            "kernel",
            (input_shape[-1], self.units),
            self.kernel_initializer,
            self.kernel_regularizer,
            self.kernel_constraint,
        )
        if not self.use_bias:
            return (kernel,)
        return (
            kernel,
            Weight("bias", (self.units,), self.bias_initializer, self.bias_regularizer, self.bias_constraint),
        )

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        z = ctx.xp.matmul(x, params["kernel"])
        if self.use_bias:
            z = z + params["bias"]
        a = self.activation.forward(z, ctx.xp)
        return a, (x, z, a, ctx.xp), {}

    def backward(
        self, params: dict[str, Array], cache: tuple[Array, Array, Array, Namespace], dy: Array
    ) -> tuple[Array, dict[str, Array]]:
        x, z, a, xp = cache
        dz = self.activation.backward(dy, z, a, xp)
        return xp.matmul(dz, params["kernel"].T), self._weight_gradients(x, dz, xp)

    def weight_gradients(
        self, params: dict[str, Array], cache: tuple[Array, Array, Array, Namespace], dy: Array
    ) -> dict[str, Array]:
        if type(self).backward is not Dense.backward:  # a subclass has its own
            return self.backward(params, cache, dy)[1]
        x, z, a, xp = cache
        return self._weight_gradients(x, self.activation.backward(dy, z, a, xp), xp)

    def _weight_gradients(self, x: Array, dz: Array, xp: Namespace) -> dict[str, Array]:
        rows_x, rows_dz = xp.reshape(x, (-1, x.shape[-1])), xp.reshape(dz, (-1, self.units))
        grads = {"kernel": xp.matmul(rows_x.T, rows_dz)}
        if self.use_bias:
            grads["bias"] = xp.sum(rows_dz, axis=0)
        return grads

    def by_kernel(self, inputs: TensorLike, kernel: AnyTensor) -> AnyTensor:
        """What the layer gives with another kernel, before bias and activation."""
        return ops.matmul(inputs, kernel)

    def parts(self) -> tuple[Layer, ...]:
        bare = self.changed(activation=None, activity_regularizer=None)
        return bare, *endings(self.activation, self.activity_regularizer, self.name)
