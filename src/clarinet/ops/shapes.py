"""Operations that leave the numbers and change the shape, or the order of the axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from clarinet.ops.dtypes import FLOAT
from clarinet.ops.operation import Gradients, Operation, unbroadcast
from clarinet.ops.specs import Axes, Batch, Shape, TensorSpec, places, product, whole_axes
from clarinet.problems import shown
from clarinet.types import Array, Arrays, Namespace


def whole_shape(shape: object, what: str) -> Shape:
    """What a user gave for a shape: whole numbers, one or several, None where a size is to stay.

    Raises:
        TypeError: anything else.
    """
    sizes = tuple(shape) if isinstance(shape, (list, tuple, np.ndarray)) else (shape,)
    for size in sizes:
        if size is not None and (isinstance(size, bool) or not hasattr(size, "__index__")):
            raise TypeError(f"{what}: a shape is whole numbers in a tuple, received {shown(shape)}")
    return tuple(size if size is None else size.__index__() for size in sizes)


@dataclass(eq=False, repr=False)
class Reshape(Operation):
    """y = the numbers of x, in their order, in another shape; dx = dy in the old one.

    Args:
        shape: one size may be -1, which follows from the others; None stands for the size that the axis has.
    """

    moves = True

    shape: Shape

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", whole_shape(self.shape, "reshape"))

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        (x,) = xs
        shape = self.shape
        if None in shape:
            shape = tuple(x.shape[i] if size is None else size for i, size in enumerate(shape))
        return xp.reshape(x, shape), x.shape

    def backward(self, cache: tuple[int, ...], dy: Array, xp: Namespace = np) -> Gradients:
        return (xp.reshape(dy, cache),)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        (spec,) = specs
        bad = [size for size in self.shape if size is not None and size < -1]
        far = any(size is None and i >= spec.rank for i, size in enumerate(self.shape))
        if bad or far or self.shape.count(-1) > 1:
            raise ValueError(
                f"reshape: {self.shape} is not a shape for {spec.shape}: sizes are at least 0, and one may be -1"
            )
        shape = [spec.shape[i] if size is None else size for i, size in enumerate(self.shape)]
        rest = [size for size in shape if size != -1]
        known = [i for i, size in enumerate(spec.shape) if size is None]
        whole, given = product(spec.shape), product(rest)
        if whole is not None and given is not None and (whole % given if given and -1 in shape else whole != given):
            raise ValueError(f"reshape: {whole} numbers of shape {spec.shape} do not fit into the shape {self.shape}")
        missing = whole // given if whole is not None and given else None
        if whole is None and None in rest and len(known) == rest.count(None):  # what is unknown is on both sides
            top, bottom = product(n for n in spec.shape if n), product(n for n in rest if n)
            missing = top // bottom if top is not None and bottom else None
        return spec.reshaped(missing if size == -1 else size for size in shape)

    def infer(self, specs: Sequence[TensorSpec]) -> TensorSpec:
        """As always; and the rows of a batch may be joined with other axes, and be parted from them again."""
        found, spec = cast(TensorSpec, super().infer(specs)), specs[0]
        joined = 1 if spec.batched else spec.per
        if found.batched or joined is None or found.shape[:1] != (None,):
            return found
        whole, rest = product((joined, *spec.shape[1:])), product(found.shape[1:])
        if not whole or not rest or whole % rest:
            return found
        return replace(found, batched=True) if whole == rest else replace(found, per=whole // rest)

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        (spec,) = specs
        rows, kept = spec.shape[0], self.result(spec).shape
        if not self.shape or self.shape[0] == 0:
            return "mixes"
        same = self.shape[0] is None or (self.shape[0] == rows and rows is not None)
        rest = product(spec.shape[1:])
        fits = rest is not None and rest == product(kept[1:])
        return "keeps" if fits and (same or (self.shape[0] == -1 and rest != 0)) else "mixes"


@dataclass(eq=False, repr=False)
class Transpose(Operation):
    """y = x with its axes in another order; dx = dy with them back in theirs.

    Args:
        axes: which axis of x stands where; default the reverse order.
    """

    moves = True

    axes: Axes = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "axes", whole_axes(self.axes, "transpose"))

    def order(self, rank: int) -> tuple[int, ...]:
        """Which axis of x stands where, counted from the front."""
        if self.axes is None:
            return tuple(reversed(range(rank)))
        if len(self.axes) != rank:
            raise ValueError(f"transpose: axes {self.axes} for a tensor with {rank}; name each of its axes once")
        return places(self.axes, rank, "transpose")

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        order = self.order(xs[0].ndim)
        return xp.permute_dims(xs[0], order), order

    def backward(self, cache: tuple[int, ...], dy: Array, xp: Namespace = np) -> Gradients:
        return (xp.permute_dims(dy, tuple(cache.index(i) for i in range(len(cache)))),)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        return specs[0].reshaped(specs[0].shape[i] for i in self.order(specs[0].rank))

    def infer(self, specs: Sequence[TensorSpec]) -> TensorSpec:
        found, rows = cast(TensorSpec, super().infer(specs)), specs[0].rows_at
        return found if rows is None else found.with_rows_at(self.order(found.rank).index(rows[0]), rows[1])

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        return "keeps" if self.order(specs[0].rank)[0] == 0 else "mixes"


@dataclass(eq=False, repr=False)
class ExpandDims(Operation):
    """y = x with new axes of size 1; dx = dy without them.

    Args:
        axis: where they are in y, one or several.
    """

    moves = True

    axis: Axes

    def __post_init__(self) -> None:
        object.__setattr__(self, "axis", whole_axes(self.axis, "expand_dims"))

    def new(self, rank: int) -> tuple[int, ...]:
        """The new axes, counted from the front, in order."""
        axes = self.axis or ()
        return tuple(sorted(places(axes, rank + len(axes), "expand_dims")))

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        (x,) = xs
        return xp.reshape(x, self.result(TensorSpec(x.shape, FLOAT)).shape), x.shape

    def backward(self, cache: tuple[int, ...], dy: Array, xp: Namespace = np) -> Gradients:
        return (xp.reshape(dy, cache),)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        sizes = list(specs[0].shape)
        for one in self.new(len(sizes)):
            sizes.insert(one, 1)
        return specs[0].reshaped(sizes)

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        return "mixes" if 0 in self.new(specs[0].rank) else "keeps"


@dataclass(eq=False, repr=False)
class Squeeze(Operation):
    """y = x without some axes of size 1; dx = dy with them.

    Args:
        axis: which, one or several.
    """

    moves = True

    axis: Axes

    def __post_init__(self) -> None:
        object.__setattr__(self, "axis", whole_axes(self.axis, "squeeze"))

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        (x,) = xs
        return xp.reshape(x, self.result(TensorSpec(x.shape, FLOAT)).shape), x.shape

    def backward(self, cache: tuple[int, ...], dy: Array, xp: Namespace = np) -> Gradients:
        return (xp.reshape(dy, cache),)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        shape = specs[0].shape
        gone = places(self.axis or (), len(shape), "squeeze")
        if any(shape[i] not in (1, None) for i in gone):
            raise ValueError(f"squeeze: axis {self.axis} of the shape {shape} is not of size 1")
        return specs[0].reshaped(size for i, size in enumerate(shape) if i not in gone)

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        return "mixes" if 0 in places(self.axis or (), specs[0].rank, "squeeze") else "keeps"


@dataclass(eq=False, repr=False)
class BroadcastTo(Operation):
    """y = x repeated along axes of size 1 and new ones in front; dx = the sum of dy over what was repeated.

    Args:
        shape: of y; None stands for the size that the axis has.
    """

    moves = True

    shape: Shape

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", whole_shape(self.shape, "broadcast_to"))

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        (x,) = xs
        return xp.broadcast_to(x, self.filled(x.shape)), x.shape

    def filled(self, shape: Sequence[int | None]) -> Shape:
        """The shape of y, with the sizes of x where they are to stay."""
        before = len(self.shape) - len(shape)
        return tuple(shape[i - before] if n is None and i >= before else n for i, n in enumerate(self.shape))

    def backward(self, cache: tuple[int, ...], dy: Array, xp: Namespace = np) -> Gradients:
        return (unbroadcast(dy, cache, xp),)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        shape, wanted = specs[0].shape, self.filled(specs[0].shape)
        fits = len(shape) <= len(wanted) and all(
            m in (1, None) or n in (m, None) for m, n in zip(reversed(shape), reversed(wanted))
        )
        if not fits:
            raise ValueError(f"broadcast_to: {shape} cannot become {self.shape}: only axes of size 1 can be repeated")
        return specs[0].reshaped(wanted)

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        same = self.filled(specs[0].shape)[:1] == specs[0].shape[:1]
        return "keeps" if same and len(self.shape) == specs[0].rank else "mixes"


@dataclass(eq=False, repr=False)
class AcrossBatch(Operation):
    """y = x for every row of a batch b; dx = the sum of dy over what was repeated.

    Args:
        shape: of y without its first axis, whose size is that of b; None stands for the size that x has there.
    """

    arity = 2
    moves = True

    shape: Shape

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", whole_shape(self.shape, "broadcast_to"))

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Arrays, object]:
        x, batch = xs
        own = x.shape[1:] if None in self.shape else self.shape
        return xp.broadcast_to(x, (batch.shape[0], *own)), x.shape

    def backward(self, cache: tuple[int, ...], dy: Array, xp: Namespace = np) -> Gradients:
        return unbroadcast(dy, cache, xp), None

    def result(self, *specs: TensorSpec) -> TensorSpec:
        x, batch = specs
        whole = BroadcastTo((1, *self.shape)).result(x)
        return x.reshaped((batch.shape[0], *whole.shape[1:]))

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        return "mixes" if specs[0].batched else "keeps"


@dataclass(eq=False, repr=False)
class OfRows(Operation):
    """y = the numbers of x for every row of a batch b, in another shape; dx = dy in the old one.

    Args:
        shape: of a row of y.
    """

    arity = 2
    moves = True

    shape: Shape

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", whole_shape(self.shape, "reshape"))

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        x, batch = xs
        return xp.reshape(x, (batch.shape[0], *self.shape)), x.shape

    def backward(self, cache: tuple[int, ...], dy: Array, xp: Namespace = np) -> Gradients:
        return xp.reshape(dy, cache), None

    def result(self, *specs: TensorSpec) -> TensorSpec:
        return specs[0].reshaped((specs[1].shape[0], *self.shape))

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        return "mixes" if specs[0].batched else "keeps"


class AsRows(Operation):
    """y = x, whose first axis counts as the rows of a batch, for layers; dx = dy."""

    moves = True

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        return xs[0], None

    def backward(self, cache: None, dy: Array, xp: Namespace = np) -> Gradients:
        return (dy,)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        return specs[0]

    def infer(self, specs: Sequence[TensorSpec]) -> TensorSpec:
        return replace(specs[0], batched=True, per=None)


@dataclass(eq=False, repr=False)
class AsWhole(AsRows):
    """y = x, whose first axis are no rows of a batch any more; dx = dy.

    Args:
        size: of the first axis, where it is known.
        per: how many entries of it each row of the batch has, where that has been joined with another axis.
    """

    size: int | None = None
    per: int | None = None

    def infer(self, specs: Sequence[TensorSpec]) -> TensorSpec:
        return replace(specs[0], shape=(self.size, *specs[0].shape[1:]), batched=False, per=self.per)


@dataclass(eq=False, repr=False)
class KeptRows(Operation):
    """y = a, a state with a row for each row of the batch ``b``; da = dy, and b has no gradient."""

    arity = 2
    moves = True

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        state, x = xs
        if len(state) != len(x):
            raise ValueError(
                f"stateful=True: received a batch of {len(x)} rows; the states are those of {len(state)}: use "
                f"batch_size={len(state)}, and a multiple of so many rows"
            )
        return state, None

    def backward(self, cache: None, dy: Array, xp: Namespace = np) -> Gradients:
        return dy, None

    def result(self, *specs: TensorSpec) -> TensorSpec:
        return specs[0]

    def infer(self, specs: Sequence[TensorSpec]) -> TensorSpec:
        state, x = specs
        return replace(state, shape=(None, *state.shape[1:]), batched=True, rows=x.rows) if x.batched else state
