"""Where weights live: one flat buffer of parameters, one of state, and views with names and shapes.

This module is the only authority on the layout. Every view starts on a 64-byte boundary and is dense in its logical
shape; gaps hold zeros and take no part in anything. An optimizer's slots (momentum, velocity) are buffers of the same
layout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from math import prod
from typing import Any

import numpy as np

from clarinet.types import Array

ALIGNMENT = 64


@dataclass(frozen=True)
class Weight:
    """What a layer says of one of its weights.

    Attributes:
        name: ``"kernel"``, ``"bias"``, ``"gamma"``, ``"moving_mean"``, …
        shape: logical shape.
        initializer: called as ``initializer(shape, dtype=..., key=...)``.
        regularizer: adds a penalty and its gradient, or None.
    """

    name: str
    shape: tuple[int, ...]
    initializer: Callable[..., Array]
    regularizer: Any = None

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.shape)


@dataclass(frozen=True)
class Segment:
    """A weight's place in a flat buffer.

    Attributes:
        layer: index of the layer in ``model.layers``.
        weight: name, shape, initializer, regularizer.
        offset: index of its first element; a multiple of 64 bytes.
        trainable: whether the optimizer updates it (always False for state).
    """

    layer: int
    weight: Weight
    offset: int
    trainable: bool

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

    def view(self, buffer: Array) -> Array:
        """This segment of ``buffer``, in its shape, sharing memory."""
        return buffer[self.offset : self.offset + self.size].reshape(self.shape)


@dataclass(frozen=True)
class Layout:
    """All segments of one flat buffer, in order."""

    segments: tuple[Segment, ...]
    size: int

    @staticmethod
    def of(layers: Iterable[tuple[Iterable[Weight], bool]], itemsize: int) -> Layout:
        """Lay out the weights of each layer one after another.

        Args:
            layers: for every layer its weights and whether they are trainable.
            itemsize: bytes per element.
        """
        step = ALIGNMENT // itemsize
        segments: list[Segment] = []
        offset = 0
        for index, (weights, trainable) in enumerate(layers):
            for weight in weights:
                segments.append(Segment(index, weight, offset, trainable))
                offset += -(-weight.size // step) * step
        return Layout(tuple(segments), offset)

    def zeros(self, dtype: Any) -> Array:
        """A new buffer of this layout, filled with zeros, its first byte on a 64-byte boundary.

        Raises:
            MemoryError: there is not as much memory.
        """
        dtype = np.dtype(dtype)
        size = self.size * dtype.itemsize + ALIGNMENT
        try:
            raw = np.zeros(size, np.uint8)
        except (MemoryError, ValueError, OverflowError):  # the last two where no memory could hold so much
            largest = max(self.segments, key=lambda segment: segment.size)
            raise MemoryError(
                f"the weights take {size / 1e9:.3g} GB, more memory than there is; the largest is {largest.name!r} of "
                f"shape {largest.shape}, in layer {largest.layer}: make it smaller"
            ) from None
        start = -raw.ctypes.data % ALIGNMENT
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


class Store:
    """A built model's numbers; they are drawn when first looked at, so a seed given to ``fit`` still counts.

    Args:
        layout, state_layout: of the parameters and of the state.
        dtype: float32 or float64.
        fill: draws the initial values, called once with this store.

    Attributes:
        params: what the optimizer may change.
        state: what layers keep between batches (running statistics).
    """

    def __init__(
        self, layout: Layout, state_layout: Layout, dtype: Any, fill: Callable[[Store], None] | None = None
    ) -> None:
        self.layout, self.state_layout, self.dtype = layout, state_layout, np.dtype(dtype)
        self._params, self._state = layout.zeros(dtype), state_layout.zeros(dtype)
        self._fill = fill

    @property
    def drawn(self) -> bool:
        """Whether the initial values have been drawn."""
        return self._fill is None

    def skip_drawing(self) -> None:
        """Leave the buffers at zero: all values are about to be put in, e.g. from a file."""
        self._fill = None

    def _ready(self) -> None:
        if self._fill is not None:
            fill, self._fill = self._fill, None
            fill(self)

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

    def weights_of(self, layer: int, prefix: str = "") -> list[tuple[Segment, Array]]:
        """A layer's weights whose names begin with ``prefix``, in Keras's order: parameters, then state."""
        buffers = (self.layout, self.params), (self.state_layout, self.state)
        return [(s, s.view(buffer)) for layout, buffer in buffers for s in layout.of_layer(layer, prefix)]

    def snapshot(self) -> tuple[Array, Array]:
        """Copies of both buffers, for :meth:`restore`."""
        return self.params.copy(), self.state.copy()

    def restore(self, snapshot: tuple[Array, Array]) -> None:
        """Put back what :meth:`snapshot` took."""
        self.params[:], self.state[:] = snapshot

    def __getstate__(self) -> dict[str, Any]:
        self._ready()
        return self.__dict__

    def __setstate__(self, saved: dict[str, Any]) -> None:
        self.__init__(saved["layout"], saved["state_layout"], saved["dtype"])  # type: ignore[misc]  # aligned again
        self.restore((saved["_params"], saved["_state"]))
