"""A layer whose kernel is divided by its spectral norm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Unpack, cast

from clarinet import ops
from clarinet.initializers import TruncatedNormal
from clarinet.layers.base import Layer, check_positive_int
from clarinet.layers.options import Options
from clarinet.layers.wrapper import Wrapper
from clarinet.types import AnyTensor, Config, TensorLike
from clarinet.variables import Variable


class SpectralNormalization(Wrapper):
    """Another layer, with ``W / s`` in place of its kernel ``W``: ``s`` is about the largest singular value of ``W`` as
    a matrix with a column for each output, so that the layer stretches no input by more than about 1.

    ``s`` comes from a power iteration, ``v = normalize(u W')``, ``u = normalize(v W)``, ``s = v W u'``, which goes on
    from the ``u`` of the step before; ``u`` and ``v`` count as constants for gradients (Miyato, Kataoka, Koyama,
    Yoshida, ICLR 2018). In use ``u`` stays as it is, and the kernel is divided as in training. A kernel of zeros is
    left alone.

    Shapes: those of the layer; ``u`` is the weight ``vector_u`` (1, outputs), which is not trained.

    Args:
        layer: with a ``kernel`` or ``embeddings``: Dense, EinsumDense, a convolution, Embedding; or one of your own.
        power_iterations: in each step; default 1.

    Raises:
        TypeError, ValueError: no layer, no whole number of at least 1; when built, a layer without such a weight.

    Example:
        >>> import numpy as np
        >>> from clarinet.layers import Dense
        >>> layer = SpectralNormalization(Dense(3, kernel_initializer="identity", use_bias=False))
        >>> layer(np.array([[2.0, 0.0, 0.0]])).shape
        (1, 3)
    """

    says_all: ClassVar[bool] = True

    vector_u: Variable

    def __init__(
        self, layer: Layer | Mapping[str, object], power_iterations: int = 1, **settings: Unpack[Options]
    ) -> None:
        super().__init__(layer, **settings)
        self.power_iterations = check_positive_int(power_iterations, f"{type(self).__name__}: power_iterations")

    def build(self, input_shape: object) -> None:
        """Make the layer's weights, and ``u``."""
        layer = cast(Any, self.layer)
        if not layer.built:
            layer.build(input_shape)
        name = _name_of_kernel(layer)
        make = cast(Any, self).add_weight
        self.vector_u = make(
            shape=(1, getattr(layer, name).shape[-1]),
            initializer=TruncatedNormal(stddev=0.02),
            trainable=False,
            name="vector_u",
        )

    @property
    def divided_weight(self) -> Variable:
        """The layer's weight that is divided."""
        found: Variable = getattr(self.layer, _name_of_kernel(self.layer))
        return found

    def call(self, inputs: TensorLike, training: bool | None = None) -> AnyTensor:
        """What the layer gives with the divided kernel."""
        kernel = ops.convert_to_tensor(self.divided_weight)
        u, kernel = self._divided(kernel)
        if training:
            self.vector_u.assign(u)
        return _with_kernel(self.layer, inputs, kernel)

    def _divided(self, kernel: AnyTensor) -> tuple[AnyTensor, AnyTensor]:
        """The next ``u``, and the kernel divided by its norm; both as they are where it is zero."""
        matrix = ops.reshape(kernel, (-1, kernel.shape[-1]))
        before = u = ops.convert_to_tensor(self.vector_u)
        for _ in range(self.power_iterations):
            v = ops.normalize(ops.matmul(u, ops.transpose(matrix)), axis=None)
            u = ops.normalize(ops.matmul(v, matrix), axis=None)
        u, v = ops.stop_gradient(u), ops.stop_gradient(v)
        norm = ops.reshape(ops.matmul(ops.matmul(v, matrix), ops.transpose(u)), ())
        is_zero = ops.equal(norm, 0)
        return ops.where(is_zero, before, u), ops.divide(kernel, ops.where(is_zero, 1.0, norm))

    def get_config(self) -> Config:
        return {**super().get_config(), "power_iterations": self.power_iterations}


def _name_of_kernel(layer: Layer) -> str:
    """What the weight is called that is divided."""
    if layer.is_authored or hasattr(layer, "by_kernel"):
        for name in ("kernel", "embeddings"):
            if hasattr(layer, name):
                return name
    raise ValueError(
        f"SpectralNormalization: {type(layer).__name__} is not a layer with one kernel, or with embeddings; expected "
        "Dense, Conv2D, Embedding and the like"
    )


def _with_kernel(layer: Layer, inputs: TensorLike, kernel: AnyTensor) -> AnyTensor:
    """What a layer gives with another kernel."""
    own = cast(Any, layer)
    if own.is_authored:
        return _in_its_place(own, inputs, kernel)
    y = own.by_kernel(inputs, kernel)
    if getattr(own, "use_bias", False):
        bias = ops.convert_to_tensor(own.bias)
        first = getattr(own, "data_format", None) == "channels_first"
        y = ops.add(y, ops.reshape(bias, (-1, *(1,) * (len(y.shape) - 2))) if first else bias)
    activation = getattr(own, "activation", None)
    return cast(AnyTensor, y if activation is None else activation(y))


def _in_its_place(layer: Any, inputs: TensorLike, kernel: AnyTensor) -> AnyTensor:
    """What a layer of the user's own gives while its attribute is another tensor."""
    name = _name_of_kernel(layer)
    weight = getattr(layer, name)
    try:
        object.__setattr__(layer, name, kernel)
        return cast(AnyTensor, layer.call(inputs))
    finally:
        object.__setattr__(layer, name, weight)
