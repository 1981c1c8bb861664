"""Layers that make one tensor of several, entry by entry or side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, ClassVar, Unpack, cast

from clarinet import ops
from clarinet.layers.base import Layer, Part
from clarinet.layers.composite import Composite
from clarinet.layers.merge import Merge, several
from clarinet.layers.options import Options
from clarinet.types import AnyTensor, Shape, TensorLike


@dataclass(eq=False, repr=False)
class Merging(Composite):
    """Base of layers that take several tensors and have no weights.

    Shapes: samples are stretched to one another as in NumPy: from the last axis on sizes are equal, or 1, which is
    repeated; axes that are not there are repeated too. The batch axis is in all of them, and of one size.
    """

    merges: ClassVar[bool] = True
    #: Whether a tensor of one row goes with every row of the others.
    spreads: ClassVar[bool] = True
    #: What it does, see :class:`clarinet.layers.merge.Merge`.
    merge: ClassVar[str]

    def compute_mask(self, inputs: TensorLike, mask: TensorLike = None) -> object:
        """A step counts where it does in one of the inputs, if all have masks."""
        masks: Any = mask
        if masks is None or any(own is None for own in masks):
            return None
        return reduce(ops.logical_or, masks)

    def output_shape(self, input_shape: Shape | tuple[Shape, ...]) -> Shape:
        return self.output_shapes(several(type(self).__name__, input_shape))[0]

    def check(self) -> None:
        self.parts()  # which refuses settings without meaning

    def parts(self) -> tuple[Layer | Part, ...]:
        return (Merge(self.merge, branches=False),)


@dataclass(eq=False, repr=False)
class Add(Merging):
    """The sum of several tensors: ``y = x_1 + x_2 + ...``.

    Shapes: equal, or such as ``(None, 4)`` and ``(None, 1)``, or ``(None, 5, 4)`` and ``(None, 4)``: from the last axis
    on sizes are equal, or 1, which is repeated like axes that are not there. Gradient: ``dx_j = dy``, added up where
    ``x_j`` was repeated.

    Raises:
        TypeError: called on something else than a list. ValueError: shapes that do not fit.

    Example:
        >>> Add()([[[1.0, 2.0]], [[10.0, 20.0]], [[100.0]]]).tolist()
        [[111.0, 122.0]]
    """

    merge = "add"


@dataclass(eq=False, repr=False)
class Subtract(Merging):
    """The difference of two tensors: ``y = x_1 - x_2``.

    Shapes: as for :class:`Add`. Gradients: ``dx_1 = dy``, ``dx_2 = -dy``, added up where it was repeated.

    Raises:
        TypeError: called on something else than a list. ValueError: not two tensors; shapes that do not fit.

    Example:
        >>> Subtract()([[[1.0, 2.0]], [[10.0, 10.0]]]).tolist()
        [[-9.0, -8.0]]
    """

    merge = "subtract"


@dataclass(eq=False, repr=False)
class Multiply(Merging):
    """The product of several tensors, entry by entry: ``y = x_1 x_2 ...``.

    Shapes: as for :class:`Add`. Gradient: ``dx_j = dy`` times all others, added up where ``x_j`` was repeated.

    Raises:
        TypeError: called on something else than a list. ValueError: shapes that do not fit.

    Example:
        >>> Multiply()([[[1.0, 2.0]], [[10.0]]]).tolist()
        [[10.0, 20.0]]
    """

    merge = "multiply"


@dataclass(eq=False, repr=False)
class Average(Merging):
    """The mean of several tensors: ``y = (x_1 + ... + x_k) / k``.

    Shapes: as for :class:`Add`. Gradient: ``dx_j = dy / k``, added up where ``x_j`` was repeated.

    Raises:
        TypeError: called on something else than a list. ValueError: shapes that do not fit.

    Example:
        >>> Average()([[[1.0, 2.0]], [[2.0, 4.0]]]).tolist()
        [[1.5, 3.0]]
    """

    merge = "average"


@dataclass(eq=False, repr=False)
class Maximum(Merging):
    """The largest of several tensors, entry by entry: ``y = max(x_1, x_2, ...)``.

    Shapes: as for :class:`Add`. Gradient: taken two by two, ``dy`` goes to the larger, and half of it to each of two
    equal ones, as in JAX; it is added up where ``x_j`` was repeated.

    Raises:
        TypeError: called on something else than a list. ValueError: shapes that do not fit.

    Example:
        >>> Maximum()([[[1.0, 5.0]], [[2.0, 4.0]]]).tolist()
        [[2.0, 5.0]]
    """

    merge = "maximum"

    def in_place_of_masked(self, inputs: Sequence[TensorLike], masks: Sequence[TensorLike]) -> Sequence[TensorLike]:
        return _where_both_count(inputs, masks, ops.maximum)


@dataclass(eq=False, repr=False)
class Minimum(Merging):
    """The smallest of several tensors, entry by entry: ``y = min(x_1, x_2, ...)``.

    Shapes: as for :class:`Add`. Gradient: as of :class:`Maximum`, to the smaller.

    Raises:
        TypeError: called on something else than a list. ValueError: shapes that do not fit.

    Example:
        >>> Minimum()([[[1.0, 5.0]], [[2.0, 4.0]]]).tolist()
        [[1.0, 4.0]]
    """

    merge = "minimum"

    def in_place_of_masked(self, inputs: Sequence[TensorLike], masks: Sequence[TensorLike]) -> Sequence[TensorLike]:
        return _where_both_count(inputs, masks, ops.minimum)


def _where_both_count(
    inputs: Sequence[TensorLike], masks: Sequence[TensorLike], join: Callable[[TensorLike, TensorLike], TensorLike]
) -> Sequence[TensorLike]:
    """Two tensors, each with the other's numbers where its mask leaves it out; of more, all but the last are joined."""
    first, counts = inputs[0], masks[0]
    for number, (other, its) in enumerate(zip(inputs[1:], masks[1:], strict=True), 2):
        if its is not None:
            other = ops.where(ops.expand_dims(its, -1), other, first)
        if counts is not None:
            first = ops.where(ops.expand_dims(counts, -1), first, other)
        counts = None if counts is None or its is None else ops.logical_or(counts, its)
        if number == len(inputs):
            return first, other
        first = join(first, other)
    return inputs


@dataclass(eq=False, repr=False)
class Concatenate(Merging):
    """Several tensors side by side along an axis.

    Shapes: equal but along ``axis``, of which the output has all. Gradient: each input's own piece of ``dy``.

    Args:
        axis: counts the batch axis as 0, which it is not; default -1, the last.

    Raises:
        TypeError: called on something else than a list. ValueError: no axis of a sample; shapes that do not fit.

    Example:
        >>> Concatenate()([[[1.0, 5.0]], [[2.0]]]).tolist()
        [[1.0, 5.0, 2.0]]
    """

    merge = "concatenate"

    joins: ClassVar[bool] = True
    spreads: ClassVar[bool] = False

    axis: int = -1

    def compute_mask(self, inputs: TensorLike, mask: TensorLike = None) -> object:
        """The masks side by side, or where the last axis is, those in which a step counts for one of the inputs."""
        masks, given = cast("tuple[Sequence[TensorLike] | None, Sequence[TensorLike]]", (mask, inputs))
        if masks is None or all(own is None for own in masks):
            return None
        wide = [_stretched(own, x) for own, x in zip(masks, given, strict=True)]
        return ops.any(ops.concatenate(wide, axis=self.axis), axis=-1)

    def parts(self) -> tuple[Layer | Part, ...]:
        return (Merge(self.merge, self.axis, branches=False),)


def _stretched(mask: TensorLike, x: TensorLike) -> TensorLike:
    """A mask in the shape of what it is for; all of it counts where there is none."""
    everything = ops.ones_like(x, dtype="bool")
    return everything if mask is None else ops.logical_and(ops.expand_dims(mask, -1), everything)


def add(inputs: object, **settings: Unpack[Options]) -> AnyTensor:
    """:class:`Add`, called: the sum of a list of tensors or arrays.

    Args:
        inputs: the list.
        settings: of the layer, e.g. ``name``.

    Example:
        >>> from clarinet import Input
        >>> add([Input((4,)), Input((1,))]).shape
        (None, 4)
    """
    return Add(**settings)(inputs)


def subtract(inputs: object, **settings: Unpack[Options]) -> AnyTensor:
    """:class:`Subtract`, called on two tensors or arrays; ``settings`` are the layer's, e.g. ``name``.

    Example:
        >>> subtract([[[3.0]], [[1.0]]]).tolist()
        [[2.0]]
    """
    return Subtract(**settings)(inputs)


def multiply(inputs: object, **settings: Unpack[Options]) -> AnyTensor:
    """:class:`Multiply`, called on a list of tensors or arrays; ``settings`` are the layer's, e.g. ``name``.

    Example:
        >>> multiply([[[3.0]], [[2.0]]]).tolist()
        [[6.0]]
    """
    return Multiply(**settings)(inputs)


def average(inputs: object, **settings: Unpack[Options]) -> AnyTensor:
    """:class:`Average`, called on a list of tensors or arrays; ``settings`` are the layer's, e.g. ``name``.

    Example:
        >>> average([[[3.0]], [[1.0]]]).tolist()
        [[2.0]]
    """
    return Average(**settings)(inputs)


def maximum(inputs: object, **settings: Unpack[Options]) -> AnyTensor:
    """:class:`Maximum`, called on a list of tensors or arrays; ``settings`` are the layer's, e.g. ``name``.

    Example:
        >>> maximum([[[3.0]], [[1.0]]]).tolist()
        [[3.0]]
    """
    return Maximum(**settings)(inputs)


def minimum(inputs: object, **settings: Unpack[Options]) -> AnyTensor:
    """:class:`Minimum`, called on a list of tensors or arrays; ``settings`` are the layer's, e.g. ``name``.

    Example:
        >>> minimum([[[3.0]], [[1.0]]]).tolist()
        [[1.0]]
    """
    return Minimum(**settings)(inputs)


def concatenate(inputs: object, axis: int = -1, **settings: Unpack[Options]) -> AnyTensor:
    """:class:`Concatenate`, called on a list of tensors or arrays.

    Args:
        inputs: the list.
        axis: counts the batch axis as 0; default -1, the last.
        settings: of the layer, e.g. ``name``.

    Example:
        >>> concatenate([[[3.0, 4.0]], [[1.0]]]).tolist()
        [[3.0, 4.0, 1.0]]
    """
    return Concatenate(axis=axis, **settings)(inputs)
