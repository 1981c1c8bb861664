"""The weights of a layer: each is one object with one memory, shared by all holders of the layer."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypedDict

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import DTypeLike

from clarinet.params import Block, Layout, Segment, Weight
from clarinet.types import Array, DType, Index, Penalty


class Owner(Protocol):
    """A protocol for the layer of a variable."""

    @property
    def path(self) -> str:
        """The layer's name, with those of the layers around it."""
        ...

    @property
    def trains(self) -> bool:
        """Whether the layer is trained, and those around it."""
        ...


class _Saved(TypedDict):
    """A variable in a copy or a file."""

    weight: Weight
    state: bool
    values: Array


class Variable(NDArrayOperatorsMixin):
    """One weight of a layer. It stays the same object while the layer has it, in any model.

    ``np.asarray(variable)`` and arithmetic give arrays, which are copies; :meth:`assign` changes the weight.

    Args:
        block, segment: where its numbers are.
        layer: its layer; held weakly.

    Attributes:
        weight: the layer's specification of it.

    Example:
        >>> import clarinet
        >>> model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1)])
        >>> kernel = model.layers[0].kernel
        >>> kernel.assign([[1.0], [2.0]])
        >>> kernel.path, kernel.shape, (2 * kernel).tolist()
        ('dense/kernel', (2, 1), [[2.0], [4.0]])
        >>> model.predict([[10.0, 1.0]]).tolist()
        [[12.0]]
    """

    def __init__(self, block: Block, segment: Segment, layer: Owner) -> None:
        self.move(block, segment)
        self.belong(layer)

    # Its location, for laying out models.

    def move(self, block: Block, segment: Segment) -> None:
        """Move the numbers."""
        self._block, self._segment = block, segment

    def belong(self, layer: Owner) -> None:
        """Set its layer."""
        self._layer: weakref.ref[Owner] | None = weakref.ref(layer)

    @property
    def _owner(self) -> Owner | None:
        return None if self._layer is None else self._layer()

    @property
    def location(self) -> tuple[Block, Segment]:
        """The location of the numbers."""
        return self._block, self._segment

    @property
    def drawn(self) -> bool:
        """Whether it has its first value; else it is drawn when first read."""
        return self._block.drawn(self._segment)

    def view(self) -> Array:
        """The numbers themselves: writing into them changes the weight."""
        return self._block.view(self._segment)

    # Properties.

    @property
    def weight(self) -> Weight:
        return self._segment.weight

    @property
    def name(self) -> str:
        """``"kernel"``, ``"bias"``, …"""
        return self.weight.name

    @property
    def path(self) -> str:
        """``"dense_1/kernel"``."""
        layer = self._owner
        return self.name if layer is None else f"{layer.path}/{self.name}"

    @property
    def shape(self) -> tuple[int, ...]:
        return self.weight.shape

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return self.weight.size

    @property
    def dtype(self) -> DType:
        return self._block.dtype

    @property
    def state(self) -> bool:
        """Whether it is kept from batch to batch and never trained, as moving averages are."""
        return self._segment.state

    @property
    def trainable(self) -> bool:
        """Whether training changes it: it is no state, and its layers are trainable."""
        layer = self._owner
        return not self.state and (layer is None or layer.trains)

    @property
    def regularizer(self) -> Penalty | None:
        """The regularizer, which adds a penalty, or None."""
        return self.weight.regularizer

    # Its numbers.

    @property
    def value(self) -> Array:
        """The numbers as a read-only array that changes with the weight."""
        found = self.view()
        found.flags.writeable = False
        return found

    def numpy(self) -> Array:
        """A copy of the numbers."""
        return self.view().copy()

    def assign(self, value: object) -> None:
        """Replace the numbers, for all models that have the layer.

        Args:
            value: an array, a list, a number or a variable, of this one's shape.

        Raises:
            ValueError: another shape.
        """
        array = np.asarray(value)
        if array.shape != self.shape:
            raise ValueError(f"{self.path}: assign expected an array of shape {self.shape}, received {array.shape}")
        self.view()[...] = array

    def assign_add(self, value: object) -> None:
        """Add to the numbers."""
        self.assign(self + np.asarray(value))

    def assign_sub(self, value: object) -> None:
        """Subtract from the numbers."""
        self.assign(self - np.asarray(value))

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:
        if copy is False:
            raise ValueError(f"{self.path}: an array of a variable is a copy; leave out copy=False, or take .value")
        return np.array(self.view(), dtype=dtype)

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: object, out: tuple[object, ...] = (), **settings: object
    ) -> object:
        if any(isinstance(array, Variable) for array in out):
            raise TypeError(f"{self.path}: a variable is not changed in place; use assign, assign_add or assign_sub")
        arrays = [x.view() if isinstance(x, Variable) else x for x in inputs]
        compute: Callable[..., object] = getattr(ufunc, method)
        return compute(*arrays, **settings, **({"out": out} if out else {}))

    __hash__ = object.__hash__  # while == compares number by number, as with arrays

    def __getitem__(self, index: Index) -> Array | np.generic:
        found: Array | np.generic = self.numpy()[index]
        return found

    def __float__(self) -> float:
        return float(self.view())

    def __repr__(self) -> str:
        numbers = np.array2string(self.view(), threshold=20, edgeitems=2, separator=", ").replace("\n", "")
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype.name}, value={numbers}>"

    # A copy has its own numbers, and no layer until the copy of its layer takes it.

    def __getstate__(self) -> _Saved:
        return {"weight": self.weight, "state": self.state, "values": self.view()}

    def __setstate__(self, saved: _Saved) -> None:
        self._layer = None
        ((self._block, self._segment),) = own_locations([(saved["weight"], saved["state"])], [saved["values"]])


def own_locations(
    weights: Sequence[tuple[Weight, bool]], values: Sequence[Array], dtype: DTypeLike | None = None
) -> list[tuple[Block, Segment]]:
    """A new block for some weights, filled.

    Args:
        weights: each with whether it is state.
        values: of each.
        dtype: of the block; default that of the first values.

    Returns:
        For each weight the block, and its segment there.
    """
    given: DTypeLike = dtype if dtype is not None else values[0].dtype if values else np.float32
    kept = np.dtype(given)
    segments = [Segment(0, weight, 0, not state, state) for weight, state in weights]
    layouts = [Layout.packed((s for s in segments if s.state is state), kept.itemsize) for state in (False, True)]
    block = Block(layouts[0], layouts[1], kept)
    own = [iter(layout.segments) for layout in layouts]
    placed = [next(own[segment.state]) for segment in segments]
    for segment, array in zip(placed, values, strict=True):
        block.put(segment, array)
    return [(block, segment) for segment in placed]


def variables_of(
    layer: Owner, weights: Sequence[tuple[Weight, bool]], values: Iterable[Array], dtype: DTypeLike | None = None
) -> tuple[Variable, ...]:
    """Variables of a layer without a model, in a block of their own; arguments as for :func:`own_locations`."""
    return tuple(Variable(block, segment, layer) for block, segment in own_locations(weights, [*values], dtype))
