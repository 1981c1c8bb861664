"""Operations that repeat, turn and pad along axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clarinet.ops.operation import Gradients, Operation
from clarinet.ops.specs import Axes, Batch, TensorSpec, place, places, whole_axes
from clarinet.types import Array, Namespace


@dataclass(eq=False, repr=False)
class Repeat(Operation):
    """y = every entry along an axis several times in a row; dx = the sum of dy over the copies.

    Args:
        repeats: how often. axis: along which.
    """

    moves = True

    repeats: int
    axis: int

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        return xp.repeat(xs[0], self.repeats, axis=self.axis), xs[0].shape

    def backward(self, cache: tuple[int, ...], dy: Array, xp: Namespace = np) -> Gradients:
        at = self.axis % len(cache) + 1
        copies = xp.reshape(dy, (*cache[:at], self.repeats, *cache[at:]))
        return (xp.sum(copies, axis=at, dtype=dy.dtype),)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        if self.repeats < 0:
            raise ValueError(f"repeat: expected repeats of at least 0, received {self.repeats}")
        sizes = list(specs[0].shape)
        at = place(self.axis, len(sizes), "repeat")
        size = sizes[at]
        sizes[at] = None if size is None else size * self.repeats
        return specs[0].reshaped(sizes)

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        return "keeps" if place(self.axis, specs[0].rank, "repeat") else "mixes"


@dataclass(eq=False, repr=False)
class Tile(Operation):
    """y = x several times side by side along each axis; dx = the sum of dy over the copies.

    Args:
        repeats: how often along each axis, the last ones where they are fewer.
    """

    moves = True

    repeats: tuple[int, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "repeats", whole_axes(self.repeats, "tile: repeats"))

    def _both(self, shape: Sequence[int | None]) -> tuple[tuple[int, ...], tuple[int | None, ...]]:
        """Repeats and sizes, brought to one length."""
        rank = max(len(shape), len(self.repeats))
        return (1,) * (rank - len(self.repeats)) + self.repeats, (1,) * (rank - len(shape)) + tuple(shape)

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        return xp.tile(xs[0], self.repeats), xs[0].shape

    def backward(self, cache: tuple[int, ...], dy: Array, xp: Namespace = np) -> Gradients:
        pairs = tuple(n for pair in zip(*self._both(cache)) for n in pair)
        copies = xp.reshape(dy, pairs)
        return (xp.reshape(xp.sum(copies, axis=tuple(range(0, len(pairs), 2)), dtype=dy.dtype), cache),)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        if min(self.repeats, default=0) < 0:
            raise ValueError(f"tile: expected repeats of at least 0, received {self.repeats}")
        repeats, sizes = self._both(specs[0].shape)
        return specs[0].reshaped(None if n is None else n * r for n, r in zip(sizes, repeats))

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        repeats, _ = self._both(specs[0].shape)
        return "keeps" if len(repeats) == specs[0].rank and repeats[0] == 1 else "mixes"


@dataclass(eq=False, repr=False)
class Flip(Operation):
    """y = x backwards along some axes; dx = dy backwards.

    Args:
        axis: one, several, or None for all.
    """

    moves = True

    axis: Axes = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "axis", whole_axes(self.axis, "flip"))

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        return xp.flip(xs[0], axis=self.axis), None

    def backward(self, cache: None, dy: Array, xp: Namespace = np) -> Gradients:
        return (xp.flip(dy, axis=self.axis),)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        places(self.axis, specs[0].rank, "flip")
        return specs[0]

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        return "mixes" if 0 in places(self.axis, specs[0].rank, "flip") else "keeps"


@dataclass(eq=False, repr=False)
class Roll(Operation):
    """y = x moved along some axes, what leaves at the end coming in at the front; dx = dy moved back.

    Args:
        shift: how far, for each axis. axis: along which; None: all numbers in one row.
    """

    moves = True

    shift: tuple[int, ...]
    axis: Axes = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "shift", whole_axes(self.shift, "roll: shift"))
        object.__setattr__(self, "axis", whole_axes(self.axis, "roll"))
        if len(self.shift) != (1 if self.axis is None else len(self.axis)):
            raise ValueError(f"roll: expected one shift for each axis, received {self.shift} for axis {self.axis}")

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        return self._rolled(xs[0], 1, xp), None

    def _rolled(self, x: Array, sign: int, xp: Namespace) -> Array:
        if self.axis is None:
            return xp.roll(x, sign * self.shift[0])
        return xp.roll(x, tuple(sign * shift for shift in self.shift), axis=self.axis)

    def backward(self, cache: None, dy: Array, xp: Namespace = np) -> Gradients:
        return (self._rolled(dy, -1, xp),)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        places(self.axis, specs[0].rank, "roll")
        return specs[0]

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        return "mixes" if 0 in places(self.axis, specs[0].rank, "roll") else "keeps"


@dataclass(eq=False, repr=False)
class Pad(Operation):
    """y = x with a number around it; dx = dy without the margins.

    Args:
        widths: for each axis how many entries are before and after it.
        value: what stands there; default 0.
    """

    moves = True

    widths: tuple[tuple[int, int], ...]
    value: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "widths", tuple((int(before), int(after)) for before, after in self.widths))

    def forward(self, xs: tuple[Array, ...], xp: Namespace = np) -> tuple[Array, object]:
        (x,) = xs
        shape = x.shape
        for axis, sizes in enumerate(self.widths):
            if any(sizes):
                edges = [xp.full((*x.shape[:axis], n, *x.shape[axis + 1 :]), self.value, dtype=x.dtype) for n in sizes]
                x = xp.concat([edges[0], x, edges[1]], axis=axis)
        return x, shape

    def backward(self, cache: tuple[int, ...], dy: Array, xp: Namespace = np) -> Gradients:
        inner = tuple(slice(before, before + size) for (before, _), size in zip(self.widths, cache))
        return (dy[inner],)

    def result(self, *specs: TensorSpec) -> TensorSpec:
        (spec,) = specs
        if len(self.widths) != spec.rank or any(n < 0 for pair in self.widths for n in pair):
            raise ValueError(
                f"pad: expected numbers of at least 0, before and after each axis of {spec.shape}; it is {self.widths}"
            )
        return spec.reshaped(None if n is None else n + sum(pair) for n, pair in zip(spec.shape, self.widths))

    def batch(self, specs: Sequence[TensorSpec]) -> Batch:
        return "mixes" if any(self.widths[0]) else "keeps"
