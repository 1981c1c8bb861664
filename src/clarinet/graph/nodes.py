"""The nodes of a network, and the tensors that they make.

A :class:`Tensor` knows the node that makes it, a node knows the tensors it takes, and nothing points the other way: a
graph that nobody holds is gone at once.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import NoReturn, Protocol, cast

import numpy as np

from clarinet.graph.used import AddedLoss, Argument, Choice, Constant, Loop, Losing, Update
from clarinet.ops import comparisons
from clarinet.ops.dispatch import TRACING, typed
from clarinet.ops.dtypes import TEXT
from clarinet.ops.operation import Operation
from clarinet.ops.operators import operate
from clarinet.ops.sizing import Size
from clarinet.ops.specs import Symbolic, TensorSpec
from clarinet.ops.tensor import NUMPY_OPERATORS
from clarinet.sizes import as_sizes
from clarinet.tensor_shape import TensorShape
from clarinet.types import AnyTensor, DType, Namespace, Shape, TensorFunction, TensorLike
from clarinet.variables import Variable

_numbers = count()


@dataclass
class _Making:
    """What is true of nodes that are made now.

    Attributes:
        when: whether they are run in training alone (True), in use alone (False), or always (None).
        updates: takes nodes that change a weight or add to the loss, and give nothing; None where that cannot be.
        masking: whether they find out masks that come along with tensors.
    """

    when: bool | None = None
    updates: list[Node] | None = None
    masking: bool = False


_making = _Making()


@contextmanager
def making(**changes: object) -> Iterator[None]:
    """While this lasts nodes are made so; arguments as for :class:`_Making`."""
    before, symbol = {name: getattr(_making, name) for name in changes}, TRACING.symbol
    vars(_making).update(changes)
    TRACING.symbol = None if _making.updates is None else cast("Callable[[Variable], Symbolic]", as_tensor)
    try:
        yield
    finally:
        vars(_making).update(before)
        TRACING.symbol = symbol


@contextmanager
def reading() -> Iterator[None]:
    """While this lasts variables are tensors, which stand for the numbers that they have when the network runs."""
    before, TRACING.symbol = TRACING.symbol, cast("Callable[[Variable], Symbolic]", as_tensor)
    try:
        yield
    finally:
        TRACING.symbol = before


def within_call() -> bool:
    """Whether the ``call`` of a layer or model is being traced, which may change weights and add to the loss."""
    return _making.updates is not None


class Operator(Protocol):
    """A layer or model that a node uses."""

    name: str

    @property
    def is_authored(self) -> bool:
        """Whether it has a ``call`` of the user's."""
        ...

    @property
    def inner_network(self) -> Network | None:
        """What a model is made of; None for layers."""
        ...

    @property
    def output_dtype(self) -> DType:
        """Of what it gives, as far as it is known."""
        ...

    def output_shapes(self, input_shapes: tuple[Shape, ...], /) -> tuple[Shape, ...]:
        """Of one sample of each tensor that it gives, from those of each that it takes."""
        ...

    def note(self, node: Node, /) -> None:
        """Remember a use, without keeping it."""
        ...


@dataclass(frozen=True, eq=False)
class Node:
    """One use of a layer, a model or an operation; or a weight, or numbers.

    Attributes:
        operator: what is used.
        inputs: the tensors that it takes; none where it is an input of a network, a weight or numbers.
        specs: of each tensor that it gives.
        training: whether it behaves as in training or as in use: whatever the model does where this was said within a
            ``call``, else, as in Keras 3, where the model is called and not told. None: as the model does.
        inner: what a layer with a ``call`` of its own is made of here; its inputs stand for those of the node.
        call: in which form such a ``call`` was given its tensors; None: one tensor.
        when: whether it is run in training alone (True), in use alone (False), or always (None).
        masked: whether the last input is a mask that the layer looks at.
        brought: how many of the last inputs are masks that came along with other inputs.
        masks: of each tensor that it gives; a number is that of another one that it gives. Empty: none has one.
        within_call: whether it was made within the ``call`` of a layer or model.
        is_mask: whether it finds out a mask that comes along with a tensor.
        number: nodes that were made later have greater ones.
    """

    operator: Operator | Operation | Variable | Constant | Argument | Update | AddedLoss | Choice | Loop
    inputs: tuple[Tensor, ...]
    specs: tuple[TensorSpec, ...]
    training: bool | None = None
    inner: Network | None = None
    call: Mapping[str, object] | None = None
    masked: bool = False
    brought: int = 0
    masks: tuple[Tensor | int | None, ...] = ()
    when: bool | None = field(default_factory=lambda: _making.when)
    is_mask: bool = field(default_factory=lambda: _making.masking)
    within_call: bool = field(default_factory=lambda: _making.updates is not None)
    number: int = field(default_factory=lambda: next(_numbers))

    @property
    def outputs(self) -> tuple[Tensor, ...]:
        """The tensors that it gives."""
        return tuple(Tensor(self, index) for index in range(len(self.specs)))

    def again(self, inputs: tuple[Tensor, ...]) -> Node:
        """The same with other inputs."""
        return replace(self, inputs=inputs, number=next(_numbers))

    @property
    def data(self) -> tuple[Tensor, ...]:
        """The tensors that it takes, without masks."""
        return self.inputs[: len(self.inputs) - max(self.brought, int(self.masked))]

    @property
    def results(self) -> tuple[Tensor, ...]:
        """The tensors that it gives, without masks."""
        return self.outputs[: len(self.masks)] if self.masks else self.outputs

    @property
    def mask(self) -> Tensor | None:
        """The mask that the layer was told to look at."""
        return self.inputs[-1] if self.masked and not self.brought else None

    @property
    def is_input(self) -> bool:
        """Whether a network begins here."""
        return not self.inputs and not isinstance(
            self.operator, (Operation, Variable, Constant, Update, AddedLoss, Choice)
        )


@dataclass(frozen=True)
class Tensor:
    """A tensor of a network that is being put together: it has a shape and no numbers.

    ``Input`` makes the first; calling a layer, a model or a function of :mod:`clarinet.ops` on one makes the next, and
    so do operators such as ``+``; ``==`` and ``!=`` compare number by number.

    Attributes:
        node: what makes it.
        index: which of the node's tensors it is.

    Example:
        >>> import clarinet
        >>> x = clarinet.layers.Dense(3)(clarinet.Input((8,)))
        >>> x.shape, (x * 2 + 1).shape, clarinet.ops.mean(x, axis=-1).shape
        ((None, 3), (None, 3), (None,))
    """

    node: Node
    index: int = 0

    @property
    def spec(self) -> TensorSpec:
        """Shape, dtype, and whether it has a batch axis."""
        return self.node.specs[self.index]

    @property
    def mask(self) -> Tensor | None:
        """Which of its steps count, a tensor of truth values, where layers know."""
        found = self.node.masks[self.index] if self.index < len(self.node.masks) else None
        return Tensor(self.node, found) if isinstance(found, int) else found

    _keras_mask = mask

    @property
    def sample_shape(self) -> Shape:
        """Without the batch axis, if it has one."""
        spec = self.spec
        sizes = spec.shape[1:] if spec.batched else spec.shape
        return as_sizes(sizes)

    @property
    def row_shape(self) -> Shape:
        """Without axis 0, which layers take for rows."""
        return as_sizes(self.spec.shape[1:])

    @property
    def shape(self) -> TensorShape:
        """With the batch axis, whose size is not known."""
        return TensorShape(self.spec.shape)

    def get_shape(self) -> TensorShape:
        """The shape."""
        return self.shape

    @property
    def ndim(self) -> int:
        """Number of axes, the batch's included."""
        return len(self.shape)

    @property
    def dtype(self) -> str:
        """``"float32"``, ``"int32"``, ``"string"``, …; a model computes with floats of its own dtype."""
        return "string" if self.spec.dtype == TEXT else self.spec.dtype.name

    @property
    def name(self) -> str:
        """The name of the layer, model or operation that makes it."""
        return self.node.operator.name

    def apply(self, operation: Operation, inputs: tuple[object, ...]) -> AnyTensor:
        """The tensor that an operation makes of tensors, weights and numbers, or a tuple where it makes several."""
        tensors = tuple(map(as_tensor, inputs))
        found = operation.infer([tensor.spec for tensor in tensors])
        outputs = Node(operation, tensors, found if isinstance(found, tuple) else (found,)).outputs
        return cast(AnyTensor, outputs if isinstance(found, tuple) else outputs[0])

    def assign_to(self, variable: Variable) -> None:
        """Change a weight to what this is, whenever the network runs."""
        if _making.updates is None:
            raise TypeError(f"{variable.path}: a weight is assigned a tensor within the call of a layer or model alone")
        rows = (self.spec.rows,) if self.spec.batched else ()
        if (*rows, *self.sample_shape) != variable.shape:
            raise ValueError(f"{variable.path}: assign expected a tensor of shape {variable.shape}, received {self!r}")
        _making.updates.append(Node(Update(variable), (self,), ()))

    def add_to_loss(self, owner: Losing) -> None:
        """Have a layer add this to the loss, whenever the network runs."""
        if _making.updates is None:
            raise TypeError(
                f"{owner.name or type(owner).__name__}: add_loss takes a tensor of a network within the call of a "
                "layer or model alone; put the loss in a layer of your own that calls self.add_loss"
            )
        _making.updates.append(Node(AddedLoss(weakref.ref(owner)), (self,), ()))

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: TensorLike, **arguments: object) -> AnyTensor:
        """Operators between NumPy's arrays and it; other functions of NumPy's need numbers."""
        operator = NUMPY_OPERATORS.get(ufunc) if method == "__call__" and not arguments else None
        if operator is None:
            raise TypeError(_no_numpy(self, ufunc.__name__))
        return operator(*inputs)

    def __array_function__(self, func: Callable[..., object], types: object, args: object, kwargs: object) -> NoReturn:
        raise TypeError(_no_numpy(self, func.__name__))

    def __repr__(self) -> str:
        return f"<Tensor shape={self.shape} from {self.name or type(self.node.operator).__name__!r}>"

    def __bool__(self) -> bool:
        raise TypeError(_no_number(self))

    def __float__(self) -> float:
        raise TypeError(_no_number(self))

    def __int__(self) -> int:
        raise TypeError(_no_number(self))

    def __len__(self) -> int:
        raise TypeError(_no_number(self))

    def numpy(self) -> NoReturn:
        """Refused: there are no numbers yet.

        Raises:
            TypeError: always.
        """
        raise TypeError(_no_number(self))

    def __array_namespace__(self, *, api_version: str | None = None) -> Namespace:
        """The functions that code for arrays of any library uses."""
        from clarinet import ops

        return ops

    def __array__(self, *_: object, **__: object) -> object:
        raise TypeError(_no_number(self))

    def __iter__(self) -> Iterator[object]:
        raise TypeError(_no_number(self))


operate(Tensor)
#: What may be compared with a tensor, number by number.
_COMPARED = (int, float, np.generic, np.ndarray, Tensor, Variable, Size)


def _comparing(function: TensorFunction, same: bool) -> Callable[[Tensor, object], object]:
    """``==`` or ``!=``: number by number; a tensor and itself are equal, so that it may be a key."""

    def operator(self: Tensor, other: object) -> object:
        if isinstance(other, Tensor) and other.node is self.node and other.index == self.index:
            return same
        return function(self, other) if isinstance(other, _COMPARED) else NotImplemented

    return operator


setattr(Tensor, "__eq__", _comparing(comparisons.equal, True))  # noqa: B010  # after the dataclass has made its own
setattr(Tensor, "__ne__", _comparing(comparisons.not_equal, False))  # noqa: B010


def same_tensors(first: Sequence[Tensor], second: Sequence[Tensor]) -> bool:
    """Whether two rows of tensors are the same ones."""
    return [(t.node, t.index) for t in first] == [(t.node, t.index) for t in second]


def as_tensor(x: object) -> Tensor:
    """A tensor of a network that stands for a weight, as ``call`` has assigned it last, or for numbers."""
    if isinstance(x, Tensor):
        return x
    if isinstance(x, Size):
        return cast(Tensor, x.tensor)
    if isinstance(x, Variable):
        made = [node for node in _making.updates or () if node.when in (None, _making.when)]
        new = [n.inputs[0] for n in made if isinstance(n.operator, Update) and n.operator.variable is x]
        if new:
            return cast(Tensor, typed(cast(AnyTensor, new[-1]), x.dtype))
        return Tensor(Node(x, (), (TensorSpec(x.shape, x.dtype, False),)))
    array = np.asarray(x)
    return Tensor(Node(Constant(array), (), (TensorSpec(array.shape, array.dtype, False),)))


def within_trace(x: object) -> object:
    """While a ``call`` is traced: numbers that a layer is called on as a tensor of the network, so that the layer is
    part of it, and learns; else, and where there is a tensor already, what was given."""
    given = x if isinstance(x, tuple) else (x,)
    if TRACING.symbol is None or not all(isinstance(each, np.ndarray) for each in given):
        return x
    tensors = tuple(map(as_tensor, given))
    return tensors if isinstance(x, tuple) else tensors[0]


def _no_number(tensor: Tensor) -> str:
    return (
        f"{tensor!r} has no numbers yet: it is part of a network that is being put together. Call layers and models on "
        "it; for numbers make a Model(inputs, outputs) and call predict"
    )


def _no_numpy(tensor: Tensor, name: str) -> str:
    return (
        f"np.{name} needs numbers, and {tensor!r} has none yet: it is part of a network that is being put together; "
        "use the function of clarinet.ops, which makes it part of the network"
    )


@dataclass(frozen=True)
class Network:
    """Nodes from some tensors to others.

    Attributes:
        nodes: each after those whose tensors it takes; without the inputs'.
        inputs, outputs: the tensors that it takes and gives.
    """

    nodes: tuple[Node, ...]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    @property
    def masks(self) -> tuple[Tensor, ...]:
        """Those of the outputs, each once."""
        return tuple(dict.fromkeys(tensor.mask for tensor in self.outputs if tensor.mask is not None))
