"""The weights of a layer: each is one object with one memory, shared by all holders of the layer."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar, Protocol, Self, TypedDict

import numpy as np
from numpy.typing import DTypeLike

from clarinet.params import Block, Layout, Segment, Weight
from clarinet.tensor_shape import TensorShape
from clarinet.types import Array, DType, DTypeArg, Penalty


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
    trainable: bool


class Variable:
    """Numbers that stay one object while they change: a weight of a layer, or one of your own.

    Functions of :mod:`clarinet.ops` and operators take it, and a :class:`clarinet.GradientTape` watches it where it is
    trainable. ``np.asarray(variable)`` is a copy; :meth:`assign` changes the numbers, for all models that have the
    layer.

    Args:
        initializer: the first numbers: an array, a list, a number; or a function of shape and dtype, an initializer.
        shape: where ``initializer`` is a function.
        dtype: default that of an array, float32, int32 or bool for Python's numbers.
        trainable: whether tapes watch it unasked; default True.
        autocast, aggregation: accepted for Keras programs.
        name: for people; default ``"variable"``.
        initial_value: TensorFlow's name of ``initializer``.

    Attributes:
        version: counts the changes.

    Raises:
        TypeError: something that is no numbers.

    Example:
        >>> import clarinet
        >>> w = clarinet.Variable([1.0, 2.0], name="w")
        >>> with clarinet.GradientTape() as tape:
        ...     loss = clarinet.ops.sum(w * w)
        >>> tape.gradient(loss, w).tolist()
        [2.0, 4.0]
        >>> w.assign_sub([0.5, 0.5])
        >>> w
        <Variable path=w, shape=(2,), dtype=float32, value=[0.5, 1.5]>

    The weights of layers are variables:

        >>> model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1)])
        >>> kernel = model.layers[0].kernel
        >>> kernel.assign([[1.0], [2.0]])
        >>> kernel.path, kernel.shape, (2 * kernel).tolist()
        ('dense/kernel', (2, 1), [[2.0], [4.0]])
        >>> model.predict([[10.0, 1.0]]).tolist()
        [[12.0]]
    """

    #: What stands for NumPy's functions of its operators; :mod:`clarinet.ops.operators` fills it.
    operators: ClassVar[Mapping[np.ufunc, Callable[..., object]]] = {}
    #: The tensor of a network that a variable stands for, beside a value, if it does; :mod:`clarinet.ops.dispatch` says
    #: so.
    symbolic: ClassVar[Callable[[Variable, object], object]] = staticmethod(lambda variable, value: None)

    version = 0
    _layer: weakref.ref[Owner] | None = None
    _trainable = True

    def __init__(
        self,
        initializer: object = None,
        shape: object = None,
        dtype: DTypeArg = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: object = "none",
        name: str | None = None,
        *,
        initial_value: object = None,
    ) -> None:
        initializer = initial_value if initializer is None else initializer
        if isinstance(shape, bool):  # as TensorFlow has it: whether it is trained comes second
            trainable, shape = shape, None
        values = _first_values(initializer, shape, dtype)
        weight = Weight(name or "variable", values.shape, _no_initializer)
        ((block, segment),) = own_locations([(weight, False)], [values])
        self.move(block, segment)
        self._trainable = bool(trainable)

    @classmethod
    def at(cls, block: Block, segment: Segment, layer: Owner | None = None) -> Self:
        """The variable whose numbers lie there, of this layer, which is held weakly."""
        own = cls.__new__(cls)
        own.move(block, segment)
        if layer is not None:
            own.belong(layer)
        return own

    # Its location, for laying out models.

    def move(self, block: Block, segment: Segment) -> None:
        """Move the numbers."""
        self._block, self._segment = block, segment

    def belong(self, layer: Owner) -> None:
        """Set its layer."""
        self._layer = weakref.ref(layer)

    @property
    def owner(self) -> Owner | None:
        """The layer whose it is, if there is one."""
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
        """What its layer says of it."""
        return self._segment.weight

    @property
    def name(self) -> str:
        """``"kernel"``, ``"bias"``, …"""
        return self.weight.name

    @property
    def path(self) -> str:
        """``"dense_1/kernel"``."""
        layer = self.owner
        return self.name if layer is None else f"{layer.path}/{self.name}"

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of its axes."""
        return self.weight.shape

    def get_shape(self) -> TensorShape:
        """The shape, which has ``as_list``."""
        return TensorShape(self.shape)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.weight.size

    @property
    def dtype(self) -> DType:
        """float32 or float64."""
        return self._block.dtype

    @property
    def device(self) -> str:
        """Where the values are, by the name that TensorFlow has for it."""
        return "/job:localhost/replica:0/task:0/device:CPU:0"

    @property
    def state(self) -> bool:
        """Whether it is kept from batch to batch and never trained, as moving averages are."""
        return self._segment.state

    @property
    def trainable(self) -> bool:
        """Whether training changes it: no state, and of layers that are trainable; may be set where it has no layer."""
        layer = self.owner
        return self._trainable if layer is None else not self.state and layer.trains

    @trainable.setter
    def trainable(self, value: bool) -> None:
        if self.owner is not None:
            raise AttributeError(f"{self.path}: whether it is trained is set on its layer: layer.trainable = {value}")
        self._trainable = bool(value)

    @property
    def regularizer(self) -> Penalty | None:
        """The regularizer, which adds a penalty, or None."""
        return self.weight.regularizer

    @property
    def constraint(self) -> Callable[[Array], Array] | None:
        """The constraint, which projects it after every update, or None."""
        return self.weight.constraint

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
        if hasattr(value, "assign_to"):  # a tensor of a network that is being put together
            value.assign_to(self)
            return
        array = np.asarray(value)
        if array.shape != self.shape:
            raise ValueError(f"{self.path}: assign expected an array of shape {self.shape}, received {array.shape}")
        self.view()[...] = array
        self.version += 1

    def assign_add(self, value: object) -> None:
        """Add to the numbers."""
        self.assign(self._with(np.add, value))

    def assign_sub(self, value: object) -> None:
        """Subtract from the numbers."""
        self.assign(self._with(np.subtract, value))

    def _with(self, operator: np.ufunc, value: object) -> object:
        """Itself and a value: a tensor of a network where it stands for one, else numbers."""
        found = Variable.symbolic(self, value)
        return operator(self.view(), np.asarray(value)) if found is None else self.operators[operator](found, value)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:
        if copy is False:
            raise ValueError(f"{self.path}: an array of a variable is a copy; leave out copy=False, or take .value")
        return np.array(self.view(), dtype=dtype)

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: object, out: tuple[object, ...] = (), **settings: object
    ) -> object:
        if any(isinstance(array, Variable) for array in out):
            raise TypeError(f"{self.path}: a variable is not changed in place; use assign, assign_add or assign_sub")
        if method == "__call__" and not settings and ufunc in self.operators:
            return self.operators[ufunc](*inputs)
        arrays = [x.view() if isinstance(x, Variable) else x for x in inputs]
        compute: Callable[..., object] = getattr(ufunc, method)
        return compute(*arrays, **settings, **({"out": out} if out else {}))

    __hash__ = object.__hash__  # while == compares number by number, as with arrays

    def __len__(self) -> int:
        return len(self.view())

    def __float__(self) -> float:
        return float(self.view())

    def __int__(self) -> int:
        return int(self.view())

    def __bool__(self) -> bool:
        return bool(self.view())

    def __repr__(self) -> str:
        numbers = np.array2string(self.view(), threshold=20, edgeitems=2, separator=", ").replace("\n", "")
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype.name}, value={numbers}>"

    # A copy has its own numbers, and no layer until the copy of its layer takes it.

    def __getstate__(self) -> _Saved:
        return {"weight": self.weight, "state": self.state, "values": self.view(), "trainable": self._trainable}

    def __setstate__(self, saved: _Saved) -> None:
        self._trainable = saved["trainable"]
        ((self._block, self._segment),) = own_locations([(saved["weight"], saved["state"])], [saved["values"]])


def _first_values(initializer: object, shape: object, dtype: DTypeArg) -> Array:
    """The first numbers of a variable."""
    if callable(initializer) and _takes_nothing(initializer):  # as programs of TensorFlow give it
        initializer = initializer()
    if callable(initializer):
        size = tuple(shape) if isinstance(shape, (list, tuple)) else () if shape is None else (shape,)
        return np.asarray(initializer(size, dtype=np.dtype(dtype or np.float32))).reshape(size)
    array = np.asarray(initializer)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"Variable: expected numbers, received {initializer!r}")
    if dtype is None and not hasattr(initializer, "dtype") and array.dtype.itemsize == 8:
        dtype = np.float32 if array.dtype.kind == "f" else np.int32
    return array if dtype is None else array.astype(dtype)


def _takes_nothing(function: Callable[..., object]) -> bool:
    from inspect import signature

    try:
        return not signature(function).parameters
    except (TypeError, ValueError):
        return False


def _no_initializer(shape: object, **_: object) -> Array:
    raise TypeError("this variable was made of numbers; no initializer draws it")


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


def pending_variables(layer: Owner, weights: Sequence[tuple[Weight, bool]], prefix: str = "") -> tuple[Variable, ...]:
    """Variables of a layer that no model has, each in a block of its own, whose values are drawn when somebody looks.

    Args:
        layer: whose they are.
        weights: each with whether it is state.
        prefix: those whose names begin so are the layer's; without it they are what it calls them.
    """
    found = []
    for weight, kept in ((replace(w, name=w.name[len(prefix) :]), k) for w, k in weights if w.name.startswith(prefix)):
        segment = Segment(0, weight, 0, not kept, kept)
        layout, empty = Layout.packed([segment], 4), Layout.packed([], 4)
        block = Block(empty if kept else layout, layout if kept else empty, np.float32, provisional=True)
        (placed,) = layout.segments
        block.draw_later(placed, partial(_fill, weight))
        found.append(Variable.at(block, placed, layer))
    return tuple(found)


def _fill(weight: Weight, view: Array) -> None:
    view[...] = weight.draw(view.dtype)


def variables_of(
    layer: Owner, weights: Sequence[tuple[Weight, bool]], values: Iterable[Array], dtype: DTypeLike | None = None
) -> tuple[Variable, ...]:
    """Variables of a layer without a model, in a block of their own; arguments as for :func:`own_locations`."""
    return tuple(Variable.at(block, segment, layer) for block, segment in own_locations(weights, [*values], dtype))
