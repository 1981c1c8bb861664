"""Where a network begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import InitVar, dataclass
from typing import ClassVar, Never

import numpy as np

from clarinet.configurable import Unsupported
from clarinet.graph import Node, Tensor
from clarinet.layers.base import Layer, Part, check_positive_int, check_shape
from clarinet.layers.context import Context
from clarinet.names import explained
from clarinet.ops.dtypes import TEXT
from clarinet.ops.specs import TensorSpec
from clarinet.sizes import with_none
from clarinet.types import Array, DType, Shape, TensorLike

#: Of the data that go into a network; the text is for programs, a model computes in its own dtype.
_DTYPES = ("float32", "float64", "float16", "bfloat16", "int8", "int16", "int32", "int64", "uint8", "bool", "string")
#: Python's types, and what Keras makes of them.
_OF_PYTHON = {"object": "string", "str": "string", "int": "int32", "float": "float32"}


@dataclass(eq=False, repr=False)
class InputLayer(Layer):
    """Where a network begins: it says what one sample looks like.

    ``Sequential([InputLayer((8,)), ...])`` begins with it, and a model of ``Input`` tensors has one for each of them.

    Args:
        shape: of one sample, without the batch axis, e.g. ``(784,)`` or ``(28, 28, 1)``; None for a size that may be
            another one in every batch, ``(None, 3)``.
        dtype: of the data that come in, e.g. ``"int32"`` for ids, or ``"string"`` for texts, which a layer such as
            ``StringLookup`` has to make numbers of; default ``"float32"``. A model computes in its own dtype.
        batch_size: number of rows of every batch, see :func:`Input`.
        batch_shape: ``(batch_size, *shape)``, instead of the two.

    Raises:
        TypeError, ValueError: ``shape`` is not a tuple of positive whole numbers; an unknown dtype.
    """

    unsupported: ClassVar[Mapping[str, Unsupported]] = {
        name: why for name, why in Layer.unsupported.items() if name != "dtype"
    } | {
        "ragged": Unsupported("there are no ragged tensors"),
        "sparse": Unsupported("there are no sparse tensors"),
        "input_tensor": Unsupported("call the layer or model on the tensor"),
        "optional": Unsupported("every input is needed", default=False),
    }

    is_input: ClassVar[bool] = True
    passes_through: ClassVar[str] = "identity"

    shape: Shape = ()
    dtype: str = "float32"
    batch_size: int | None = None
    batch_shape: InitVar[Sequence[int | None] | None] = None

    def __post_init__(  # type: ignore[override]  # where they come in this order
        self, input_dim: int | None, batch_shape: Sequence[int | None] | None
    ) -> None:
        if batch_shape is not None:
            self.batch_size, *sizes = batch_shape
            self.shape = tuple(sizes)  # type: ignore[arg-type]  # which check() looks at
        super().__post_init__(input_dim)

    def check(self) -> None:
        if self.batch_size is not None:
            self.batch_size = check_positive_int(self.batch_size, "Input: batch_size")
        given = self.input_shape if self.input_shape is not None and self.shape == () else self.shape
        self.shape = check_shape(given, "Input: shape", some_unknown=True)
        called = str(getattr(self.dtype, "name", None) or getattr(self.dtype, "__name__", self.dtype) or "float32")
        self.dtype = _OF_PYTHON.get(called, called)
        if self.dtype not in _DTYPES:
            raise ValueError(f"Input: dtype is one of {', '.join(_DTYPES)}, received {self.dtype!r}")

    @property
    def dtype_of_data(self) -> DType:
        """Of the data, as NumPy has it."""
        return TEXT if self.dtype == "string" else np.dtype(self.dtype)

    def tensor(self) -> Tensor:
        """The tensor that a network begins with here."""
        spec = TensorSpec((None, *with_none(self.shape)), self.dtype_of_data, True, self.batch_size)
        node = Node(self, (), (spec,))
        self.note(node)
        return Tensor(node)

    def output_shapes(self, input_shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
        return (self.shape,)

    def parts(self) -> tuple[Layer | Part, ...]:
        return ()

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        return x, None, {}

    def backward(self, params: dict[str, Array], cache: object, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy, {}

    def __call__(self, x: object, training: bool | None = None, mask: TensorLike = None) -> Never:
        """Unsupported: a network begins with it."""
        raise TypeError("InputLayer is where a network begins; it is not called on anything: use Input(shape)")


@explained
def Input(  # a function in Keras too
    shape: object = None,
    batch_size: int | None = None,
    dtype: object = None,
    name: str | None = None,
    *,
    batch_shape: Sequence[int | None] | None = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
) -> Tensor:
    """A tensor that a network begins with; call layers on it, or put it before the layers of a ``Sequential``.

    Args:
        shape: of one sample, without the batch axis, e.g. ``(784,)`` or ``(28, 28, 1)``; None for a size that may be
            another one in every batch, ``(None, 3)``.
        batch_size: number of rows of every batch, which a recurrent layer with ``stateful=True`` has to know; other
            layers take batches of any size all the same.
        dtype: of the numbers that come in, see :class:`InputLayer`.
        name: of the input; data may be given by it: ``fit({"left": a, "right": b}, y)``. By default made up.
        batch_shape: ``(batch_size, *shape)``, instead of the two.
        sparse, ragged: None or False: tensors are dense.

    Raises:
        TypeError, ValueError: ``shape`` is not a tuple of positive whole numbers; ``sparse`` or ``ragged``.

    Example:
        >>> Input((28, 28)).shape
        (None, 28, 28)
    """
    if sparse or ragged:
        raise ValueError("Input: tensors are dense; pad rows to one length with clarinet.utils.pad_sequences")
    return InputLayer(shape, dtype or "float32", batch_size, batch_shape, name=name or "").tensor()  # type: ignore[arg-type]
