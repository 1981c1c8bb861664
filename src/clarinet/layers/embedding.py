"""Vectors for ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from clarinet import ops
from clarinet.arrays import scatter_add, widest
from clarinet.configurable import check_flag
from clarinet.constraints import ConstraintField
from clarinet.initializers import InitializerField
from clarinet.layers.base import Layer, check_positive_int
from clarinet.layers.context import Context
from clarinet.params import Weight
from clarinet.regularizers import RegularizerField
from clarinet.types import AnyTensor, Array, Namespace, Shape, TensorLike

#: Up to here every whole number is a float32, which is how ids travel to the layer.
_LARGEST = 2**24


@dataclass(eq=False, repr=False)
class Embedding(Layer):
    """A trained vector for each id: ``y = W[x]``.

    Shapes: ``x`` (n, …) whole numbers from 0 to ``input_dim - 1``, ``W`` the weight ``embeddings`` (input_dim,
    output_dim), output (n, …, output_dim). Gradient: every row of ``W`` gets the sum of ``dy`` wherever its id was; ids
    have none, so ``dx = 0``.

    Args:
        input_dim: number of ids, the largest one plus 1; at most 2**24.
        output_dim: size of the vectors.
        embeddings_initializer: default ``"uniform"``, between -0.05 and 0.05.
        embeddings_regularizer: penalty on ``W``; default None.
        embeddings_constraint: projection after every update; default None.
        mask_zero: whether steps with id 0 are padding, which layers behind leave out; default False.
        weights: the first vectors, (input_dim, output_dim), also as the only entry of a list; default None: those of
            ``embeddings_initializer``.

    Raises:
        TypeError, ValueError: sizes that are not positive whole numbers, an unknown name; when fitted or used, ids out
            of range.

    Example:
        >>> Embedding(1000, 16).output_shape((80,))
        (80, 16)
    """

    looks_up = True

    old_arguments: ClassVar[Mapping[str, str | None]] = {"input_length": None}

    input_dim: int = field()  # of its own, not short for input_shape
    output_dim: int
    embeddings_initializer: InitializerField = InitializerField("uniform")
    embeddings_regularizer: RegularizerField = RegularizerField(None)
    embeddings_constraint: ConstraintField = ConstraintField(None)
    mask_zero: bool = False

    @classmethod
    def understood(cls, arguments: dict[str, object]) -> dict[str, object]:
        """``weights=matrix`` as the initializer that it is, with or without a list around it."""
        given = arguments.get("weights")
        if given is not None and not (isinstance(given, (list, tuple)) and len(given) == 1):
            arguments = {**arguments, "weights": [ops.convert_to_numpy(given)]}
        return super().understood(arguments)

    def __post_init__(self) -> None:
        super().__post_init__(None)

    def check(self) -> None:
        self.input_dim = check_positive_int(self.input_dim, "Embedding: input_dim")
        self.output_dim = check_positive_int(self.output_dim, "Embedding: output_dim")
        if self.input_dim > _LARGEST:
            raise ValueError(f"Embedding: input_dim is at most 2**24 = {_LARGEST}, received {self.input_dim}")
        self.mask_zero = check_flag(self.mask_zero, "Embedding: mask_zero")

    def compute_mask(self, inputs: TensorLike, mask: TensorLike = None) -> object:
        """Which ids are not 0, where ``mask_zero`` says that this is padding; else None."""
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape, self.output_dim)

    def weight_specs(self, input_shape: Shape) -> tuple[Weight, ...]:
        shape = (self.input_dim, self.output_dim)
        return (
            Weight(
                "embeddings",
                shape,
                self.embeddings_initializer,
                self.embeddings_regularizer,
                self.embeddings_constraint,
            ),
        )

    def by_kernel(self, inputs: TensorLike, kernel: AnyTensor) -> AnyTensor:
        """What the layer gives with another kernel, before bias and activation."""
        return ops.take(kernel, ops.cast(inputs, "int32"), axis=0)

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        xp = ctx.xp
        ids = xp.astype(xp.reshape(xp.round(x), (-1,)), widest(xp, "int"))
        rows = xp.take(params["embeddings"], ids, axis=0)
        return xp.reshape(rows, (*x.shape, self.output_dim)), (x, ids, xp), {}

    def backward(
        self, params: dict[str, Array], cache: tuple[Array, Array, Namespace], dy: Array
    ) -> tuple[Array, dict[str, Array]]:
        x, ids, xp = cache
        rows = xp.reshape(dy, (-1, self.output_dim))
        return xp.zeros_like(x), {"embeddings": scatter_add(rows, ids, self.input_dim, xp)}
