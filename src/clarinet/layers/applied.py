"""Operations of :mod:`clarinet.ops`, weights and constants as elementary layers, which is how engines run them."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Never, cast

import numpy as np

from clarinet.arrays import namespace, summed
from clarinet.graph import AddedLoss, Choice, Constant, Node, Update
from clarinet.layers.base import Layer, Part
from clarinet.layers.context import Context
from clarinet.layers.merge import several
from clarinet.ops.operation import Gradients, Operation
from clarinet.ops.sizing import Sized
from clarinet.ops.specs import TensorSpec, Tried
from clarinet.params import Weight
from clarinet.sizes import as_sizes, with_none
from clarinet.types import Array, Arrays, Namespace, Scalar, Shape
from clarinet.variables import Variable


@dataclass(eq=False, repr=False)
class Applied(Layer):
    """An operation; ``x`` is a tuple of what it takes, and the output a tuple where it gives several tensors.

    Args:
        operation: what is computed.
        specs: what is known of the tensors that it takes.
    """

    merges: ClassVar[bool] = True

    operation: Operation
    specs: tuple[TensorSpec, ...]

    def results(self) -> tuple[TensorSpec, ...]:
        """What is known of the tensors that it gives."""
        found = self.operation.infer(self.specs)
        return found if isinstance(found, tuple) else (found,)

    @property
    def shown_kind(self) -> str:
        return type(self.operation).__name__

    @property
    def mixes_rows(self) -> bool:
        return any(spec.batched for spec in self.specs) and self.operation.batch(self.specs) == "mixes"

    @property
    def counts_sizes(self) -> bool:
        return isinstance(self.operation, Sized)

    @property
    def guessed(self) -> Tried:
        return self.results()[0].tried

    def output_shape(self, input_shape: object) -> Shape:
        return sample_shape(self.results()[0])

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Arrays, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        y, cache = self.operation.keyed(ctx.key).forward(tuple(x), ctx.xp)
        return cast(Array, y), (cache, y, ctx.xp), {}

    def backward(
        self, params: dict[str, Array], cache: tuple[object, tuple[Array, ...], Namespace], dy: Array | Shares
    ) -> tuple[Gradients, dict[str, Array]]:
        own, y, xp = cache
        if isinstance(dy, Shares):
            every = tuple(dy.by_number.get(number, xp.zeros_like(each)) for number, each in enumerate(y))
            return self.operation.backward(cast(Never, own), cast(Never, every), xp), {}
        return self.operation.backward(cast(Never, own), cast(Never, dy), xp), {}


@dataclass(eq=False, repr=False)
class Pick(Layer):
    """One of the tensors of an operation that gives several.

    Args:
        number: which.
        shape: of one sample.
    """

    number: int
    shape: Shape

    def output_shape(self, input_shape: Shape) -> Shape:
        return self.shape

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Arrays, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        return x[self.number], None, {}

    def backward(self, params: dict[str, Array], cache: object, dy: Array) -> tuple[Array, dict[str, Array]]:
        return cast(Array, Shares({self.number: dy})), {}


@dataclass(frozen=True)
class Shares:
    """Gradients at some of the tensors that an operation gives; they add up."""

    by_number: dict[int, Array]

    def __add__(self, other: Shares) -> Shares:
        both = dict(self.by_number)
        for number, share in other.by_number.items():
            both[number] = both[number] + share if number in both else share
        return Shares(both)


@dataclass(eq=False, repr=False)
class Read(Layer):
    """A weight as a tensor: ``y`` is the weight, without a batch axis, and its gradient is ``dy``.

    Args:
        weight: what a layer says of it.
        kept: whether it is state, which is not trained.
    """

    merges: ClassVar[bool] = True

    weight: Weight
    kept: bool = False

    def output_shape(self, input_shape: object) -> Shape:
        return self.weight.shape

    def weight_specs(self, input_shape: object) -> tuple[Weight, ...]:
        return () if self.kept else (self.weight,)

    def state_specs(self, input_shape: object) -> tuple[Weight, ...]:
        return (self.weight,) if self.kept else ()

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: object, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        return (state if self.kept else params)[self.weight.name], None, {}

    def backward(self, params: dict[str, Array], cache: object, dy: Array) -> tuple[Gradients, dict[str, Array]]:
        return (), {} if self.kept else {self.weight.name: dy}


class _Numbers(Layer):
    """Base of tensors without a batch axis that follow from no input and are not trained."""

    merges: ClassVar[bool] = True

    def numbers(self) -> Array:
        """What the tensor holds."""
        raise NotImplementedError

    def output_shape(self, input_shape: object) -> Shape:
        return self.numbers().shape

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: object, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        return ctx.xp.asarray(self.numbers()), None, {}

    def backward(self, params: dict[str, Array], cache: object, dy: Array) -> tuple[Gradients, dict[str, Array]]:
        return (), {}


@dataclass(eq=False, repr=False)
class Given(_Numbers):
    """Numbers that never change.

    Args:
        value: the numbers.
    """

    value: Array

    def numbers(self) -> Array:
        return self.value


@dataclass(eq=False, repr=False)
class Now(_Numbers):
    """What a variable that no layer of the model has holds at each step.

    Args:
        variable: which.
    """

    variable: Variable

    @property
    def reads_outside(self) -> bool:
        return True

    def numbers(self) -> Array:
        return self.variable.numpy()


@dataclass(eq=False, repr=False)
class Write(Layer):
    """The change of a weight that is kept: it becomes ``x``, which is also the output.

    Args:
        weight: what a layer says of it.
    """

    weight: Weight

    def state_specs(self, input_shape: object) -> tuple[Weight, ...]:
        return (self.weight,)

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        return x, None, {self.weight.name: x}

    def backward(self, params: dict[str, Array], cache: object, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy, {}


@dataclass(eq=False, repr=False)
class AddLoss(Layer):
    """Adds the sum of ``x`` to the loss; nothing takes what it gives."""

    adds_loss: ClassVar[bool] = True

    def penalty(self, y: Array) -> Scalar:
        return summed(namespace(y).sum(y))

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Array, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        return x, x, {}

    def backward(self, params: dict[str, Array], cache: Array, dy: Array) -> tuple[Array, dict[str, Array]]:
        return namespace(cache).ones_like(cache), {}


@dataclass(eq=False, repr=False)
class Choose(Layer):
    """Of two inputs the first in training, and the second in use; the other is not there."""

    merges: ClassVar[bool] = True

    def output_shape(self, input_shape: Shape | tuple[Shape, ...]) -> Shape:
        return several("Choose", input_shape)[0]

    def forward(
        self, params: dict[str, Array], state: dict[str, Array], x: Arrays, ctx: Context
    ) -> tuple[Array, object, dict[str, Array]]:
        return x[0] if ctx.training else x[1], ctx.training, {}

    def backward(self, params: dict[str, Array], cache: bool, dy: Array) -> tuple[Gradients, dict[str, Array]]:
        return ((dy, None) if cache else (None, dy)), {}


def sample_shape(spec: TensorSpec) -> Shape:
    """Without the batch axis, if there is one."""
    sizes = spec.shape[1:] if spec.batched else spec.shape
    return as_sizes(sizes)


def parts_of(
    node: Node, taken: Sequence[int], next_tensor: int, specs: Sequence[TensorSpec], own: Container[int]
) -> tuple[list[Part], tuple[int, ...]]:
    """A node that is not a layer as elementary parts, and the numbers of the tensors that it gives.

    Args:
        node: an operation, a weight or numbers.
        taken: numbers of the tensors that it takes.
        next_tensor: number of the tensor that its first part gives.
        specs: of each tensor that it takes, which may be known better than to the node.
        own: the identities of the model's weights.
    """
    operator = node.operator
    if isinstance(operator, Variable) and id(operator) not in own:
        return [Part(Now(operator), ())], (next_tensor,)
    if isinstance(operator, Variable):
        read = Read(replace(operator.weight, name="value"), operator.state)
        return [Part(read, (), names={"value": ""})], (next_tensor,)
    if isinstance(operator, Constant):
        return [Part(Given(np.asarray(operator.value)), ())], (next_tensor,)
    if isinstance(operator, Update):
        if id(operator.variable) not in own:
            raise ValueError(
                f"{operator.variable.path} is assigned in a call, and no layer of the model has it: make it with "
                "self.add_weight(trainable=False), which is kept with the model"
            )
        write = Write(replace(operator.variable.weight, name="value"))
        return [Part(write, tuple(taken), names={"value": ""})], ()
    if isinstance(operator, AddedLoss):
        return [Part(AddLoss(), tuple(taken))], ()
    if isinstance(operator, Choice):
        return [Part(Choose(), tuple(taken))], (next_tensor,)
    assert isinstance(operator, Operation)
    layer = Applied(operator, tuple(specs))
    applied, gives = Part(layer, tuple(taken)), layer.results()
    if len(gives) == 1:
        return [applied], (next_tensor,)
    picks = [Part(Pick(number, sample_shape(spec)), (next_tensor,)) for number, spec in enumerate(gives)]
    return [applied, *picks], tuple(range(next_tensor + 1, next_tensor + 1 + len(picks)))


def sized_spec(spec: TensorSpec, shape: Shape, tried: Tried = ()) -> TensorSpec:
    """What is known of a tensor, with the sizes that its samples have, and those that are tried for it."""
    sizes = with_none(shape)
    own = (spec.shape[0], *sizes) if spec.batched else sizes
    return spec if own == spec.shape and tried == spec.tried else replace(spec, shape=own, tried=tried)
