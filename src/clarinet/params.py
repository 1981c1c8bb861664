"""The memory of weights: blocks, each a flat buffer of parameters and one of state, with views into them.

This module is the only authority on the layout. Every view starts on a 64-byte boundary and is dense in its logical
shape; gaps hold zeros and take no part in anything. Gradients and an optimizer's slots (momentum, velocity) are buffers
laid out as a model's parameters. A layer's weights are in one block, even if several models use the layer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from math import prod
from threading import RLock

import numpy as np
from numpy.typing import DTypeLike

from clarinet.types import Array, DType, Penalty

ALIGNMENT = 64


@dataclass(frozen=True)
class Weight:
    """A layer's specification of one of its weights.

    Attributes:
        name: ``"kernel"``, ``"bias"``, ``"gamma"``, ``"moving_mean"``, …
        shape: logical shape.
        initializer: gives its first values, see :meth:`draw`.
        regularizer: adds a penalty and its gradient, or None.
        constraint: gives the weight as it may be, after every update; or None.
    """

    name: str
    shape: tuple[int, ...]
    initializer: Callable[..., Array]
    regularizer: Penalty | None = None
    constraint: Callable[[Array], Array] | None = None

    @cached_property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.shape)

    def draw(self, dtype: DTypeLike, key: object = None) -> Array:
        """First values; ``key`` names their random numbers, None: new ones."""
        return np.asarray(self.initializer(self.shape, dtype=dtype, key=key), dtype).reshape(self.shape)


#: A segment's place, without its weight's name: segments without elements at one place are equivalent.
Spot = tuple[bool, int, int]


@dataclass(frozen=True)
class Segment:
    """A weight's place in a flat buffer.

    Attributes:
        layer: index of the layer in ``model.layers``.
        weight: name, shape, initializer, regularizer, constraint.
        offset: index of its first element; a multiple of 64 bytes.
        trainable: whether the optimizer updates it (always False for state).
        state: whether the buffer is the one of state.
    """

    layer: int
    weight: Weight
    offset: int
    trainable: bool
    state: bool = False

    @property
    def name(self) -> str:
        """The weight's name within its layer."""
        return self.weight.name

    @property
    def shape(self) -> tuple[int, ...]:
        """Logical shape."""
        return self.weight.shape

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.weight.size

    @property
    def spot(self) -> Spot:
        """The index of its buffer, its offset and its size."""
        return self.state, self.offset, self.size

    def view(self, buffer: Array) -> Array:
        """This segment of ``buffer``, in its shape, sharing memory."""
        return buffer[self.offset : self.offset + self.size].reshape(self.shape)


@dataclass(frozen=True)
class Layout:
    """All segments of one flat buffer, in order."""

    segments: tuple[Segment, ...]
    size: int

    @staticmethod
    def of(layers: Iterable[tuple[Iterable[Weight], bool]], itemsize: int, state: bool = False) -> Layout:
        """Lay out the weights of each layer one after another.

        Args:
            layers: for every layer its weights and whether they are trainable.
            itemsize: bytes per element.
            state: whether this is the buffer of state.
        """
        every = ((i, w, trainable) for i, (weights, trainable) in enumerate(layers) for w in weights)
        return Layout.packed((Segment(i, w, 0, trainable, state) for i, w, trainable in every), itemsize)

    @staticmethod
    def packed(segments: Iterable[Segment], itemsize: int) -> Layout:
        """Segments laid out one after another, in this order."""
        step = ALIGNMENT // itemsize
        found: list[Segment] = []
        offset = 0
        for segment in segments:
            found.append(replace(segment, offset=offset))
            offset += -(-segment.size // step) * step
        return Layout(tuple(found), offset)

    def zeros(self, dtype: DTypeLike) -> Array:
        """A new buffer of this layout, filled with zeros, its first byte on a 64-byte boundary.

        Raises:
            MemoryError: there is not as much memory.
        """
        return self._buffer(dtype, np.zeros)

    def room(self, dtype: DTypeLike) -> Array:
        """The same with zeros only where no trained weight is; whatever stands at those is to be written."""
        buffer = self._buffer(dtype, np.empty)
        for gap in self._gaps:
            buffer[gap] = 0
        return buffer

    @cached_property
    def _gaps(self) -> list[slice]:
        """Where no trained weight is."""
        found, end = [], 0
        for segment in sorted((s for s in self.segments if s.trainable), key=lambda s: s.offset):
            found.append(slice(end, segment.offset))
            end = max(end, segment.offset + segment.size)
        return [gap for gap in (*found, slice(end, self.size)) if gap.start < gap.stop]

    def _buffer(self, dtype: DTypeLike, make: Callable[..., Array]) -> Array:
        dtype = np.dtype(dtype)
        size = self.size * dtype.itemsize + ALIGNMENT
        try:
            raw = make(size, np.uint8)
        except (MemoryError, ValueError, OverflowError):  # the last two if no memory could hold so much
            largest = max(self.segments, key=lambda segment: segment.size)
            raise MemoryError(
                f"the weights take {size / 1e9:.3g} GB, more memory than there is; the largest is {largest.name!r} of "
                f"shape {largest.shape}, in layer {largest.layer}: make it smaller"
            ) from None
        start = -raw.__array_interface__["data"][0] % ALIGNMENT  # quicker than raw.ctypes.data
        return raw[start : start + self.size * dtype.itemsize].view(dtype)

    def of_layer(self, layer: int, prefix: str = "") -> list[Segment]:
        """The segments of one layer whose names begin with ``prefix``: empty, or the numbers of layers within it."""
        return self._within.get((layer, prefix), [])

    @cached_property
    def _within(self) -> dict[tuple[int, str], list[Segment]]:
        """The segments of every layer and of every layer within it."""
        found: dict[tuple[int, str], list[Segment]] = {}
        for segment in self.segments:
            *numbers, _ = segment.name.split(".")
            for prefix in accumulate((f"{number}." for number in numbers), initial=""):
                found.setdefault((segment.layer, prefix), []).append(segment)
        return found


class Block:
    """Memory for the weights of some layers; they are drawn when first read, so a seed passed to ``fit`` counts.

    Args:
        layout, state_layout: of the buffer of parameters and of that of state.
        dtype: float32 or float64.
        provisional: whether what is not drawn here is drawn otherwise by the model that takes the weights.
    """

    def __init__(self, layout: Layout, state_layout: Layout, dtype: DTypeLike, provisional: bool = False) -> None:
        self.dtype: DType = np.dtype(dtype)
        self.provisional = provisional
        self._params, self._state = layout.zeros(dtype), state_layout.zeros(dtype)
        self._waiting: dict[Spot, tuple[Segment, Callable[[Array], None]]] = {}
        self._lock = RLock()

    @classmethod
    def over(cls, buffer: Array) -> Block:
        """The memory of a buffer that is there already, without state."""
        own = cls(Layout((), 0), Layout((), 0), buffer.dtype)
        own._params = buffer
        return own

    def put(self, segment: Segment, values: Array) -> None:
        """Write a weight's values, without drawing the others'."""
        segment.view(self._buffer(segment))[...] = values

    def draw_later(self, segment: Segment, draw: Callable[[Array], None]) -> None:
        """Draw a weight when it is first read."""
        self._waiting[segment.spot] = segment, draw

    def drawn(self, segment: Segment) -> bool:
        """Whether the weight has its values."""
        return segment.spot not in self._waiting

    def skip_drawing(self) -> None:
        """Leave weights without values at zero: all are about to be set, e.g. from a file."""
        self._waiting = {}

    def _buffer(self, segment: Segment) -> Array:
        return self._state if segment.state else self._params

    def _ready(self) -> None:
        if self._waiting:
            with self._lock:  # other readers wait until all are drawn
                for segment, draw in self._waiting.values():
                    draw(segment.view(self._buffer(segment)))
                self._waiting = {}

    def view(self, segment: Segment) -> Array:
        """A weight's values, sharing memory; if it has none yet, all that are not drawn are drawn."""
        if segment.spot in self._waiting:
            self._ready()
        return segment.view(self._buffer(segment))

    @property
    def params(self) -> Array:
        """The flat buffer of parameters."""
        self._ready()
        return self._params

    @property
    def state(self) -> Array:
        """The flat buffer of state."""
        self._ready()
        return self._state


class Store:
    """A model's weights and their locations: in the model's own block, or in others'.

    Args:
        layout, state_layout: of all the model's parameters and of its state; gradients and slots have the same layout.
        dtype: float32 or float64.
        block: the model's own memory; default a new one of zeros for all weights.
        locations: for a model with shared layers the block of each segment, and its place there; default all are in
            ``block``, as laid out.
    """

    def __init__(
        self,
        layout: Layout,
        state_layout: Layout,
        dtype: DTypeLike,
        block: Block | None = None,
        locations: Mapping[Spot, tuple[Block, Segment]] | None = None,
    ) -> None:
        self.layout, self.state_layout, self.dtype = layout, state_layout, np.dtype(dtype)
        self._block = Block(layout, state_layout, dtype) if block is None else block
        self._locations = locations
        found = dict.fromkeys(location for location, _ in (locations or {}).values())
        self._blocks = [self._block, *(other for other in found if other is not self._block)]

    @property
    def whole(self) -> bool:
        """Whether all weights are in one block in this layout."""
        return self._locations is None

    def owns(self, block: Block) -> bool:
        """Whether this is the model's own memory."""
        return block is self._block

    def place(self, segment: Segment) -> tuple[Block, Segment]:
        """The block of a segment's weight, and where it is there."""
        return (self._block, segment) if self._locations is None else self._locations[segment.spot]

    def view(self, segment: Segment) -> Array:
        """The weight of this segment of one of the layouts, in its shape, sharing memory."""
        block, location = self.place(segment)
        return block.view(location)

    def location(self, segment: Segment) -> tuple[int, int]:
        """The index of the buffer (in :attr:`buffers`) of a segment's weight, and of its first element there."""
        block, location = self.place(segment)
        return 2 * self._blocks.index(block) + location.state, location.offset

    @property
    def buffers(self) -> list[Array]:
        """All buffers that hold weights."""
        return [buffer for block in self._blocks for buffer in (block.params, block.state)]

    def skip_drawing(self) -> None:
        """Leave the model's own weights at zero: all values are about to be set, e.g. from a file."""
        self._block.skip_drawing()

    @property
    def params(self) -> Array:
        """The flat buffer of parameters of a store that is :attr:`whole`, laid out as ``layout``."""
        return self._whole().params

    @property
    def state(self) -> Array:
        """The flat buffer of state of a store that is :attr:`whole`, laid out as ``state_layout``."""
        return self._whole().state

    def _whole(self) -> Block:
        if self._locations is not None:
            raise ValueError(
                "these weights are in several buffers, some of them shared: use view(segment) or snapshot()"
            )
        return self._block

    def snapshot(self) -> tuple[Array, Array]:
        """Copies of all weights and of all state, each flat, in these layouts, for :meth:`restore`."""
        found = self.layout.zeros(self.dtype), self.state_layout.zeros(self.dtype)
        self.copy_to(found)
        return found

    def copy_to(self, snapshot: tuple[Array, Array]) -> None:
        """Update a :meth:`snapshot`."""
        for layout, buffer in zip((self.layout, self.state_layout), snapshot, strict=True):
            for segment in layout.segments:
                segment.view(buffer)[...] = self.view(segment)

    def restore(self, snapshot: tuple[Array, Array]) -> None:
        """Restore a :meth:`snapshot`."""
        for layout, buffer in zip((self.layout, self.state_layout), snapshot, strict=True):
            for segment in layout.segments:
                self.view(segment)[...] = segment.view(buffer)
