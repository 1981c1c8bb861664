"""An ONNX graph, node by node, as a graph of layers and operations."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import prod
from typing import cast

import numpy as np

from clarinet import layers
from clarinet.exchange.from_onnx.protos import MOST_NUMBERS, Step, dtype_of
from clarinet.layers.base import Layer
from clarinet.types import AnyTensor, Array

#: Numbers that may be computed from the file's own: so many, and so many for each that it holds.
_LEAST_ROOM, _ROOM_FOR_EACH = 2**22, 4
#: Numbers that never change, or a tensor of the graph.
Value = Array | AnyTensor


def clean(name: str) -> str:
    """A name as layers have them."""
    kept = "".join(letter if letter.isalnum() else "_" for letter in name).strip("_")
    return kept[:60] or "node"


class Reader:
    """A graph that is being read.

    Args:
        known: constants by their names.
    """

    def __init__(self, known: dict[str, Array]) -> None:
        self.values: dict[str, Value] = dict(known)
        self._room = _LEAST_ROOM + _ROOM_FOR_EACH * sum(array.size for array in known.values())
        self._users: defaultdict[str, list[Step | None]] = defaultdict(list)  # None: the file's outputs
        self._givers: dict[str, Step] = {}
        self.batches: set[int] = set()  # first sizes of inputs that the file fixes
        self._done: set[int] = set()  # the identities of nodes
        self._skipped: set[str] = set()
        self._names: Counter[str] = Counter()
        self._weights: list[tuple[Layer, list[Array]]] = []

    def begin(self, name: str, kind: object) -> Value:
        """An input, whose first axis is that of the rows."""
        from onnx import TypeProto

        tensor = cast(TypeProto, kind).tensor_type
        if not tensor.elem_type:
            raise ValueError(f"input {name[:60]!r} is not a tensor")
        dtype = dtype_of(tensor.elem_type)
        if dtype.kind not in "fiub":
            raise ValueError(f"input {name[:60]!r} holds {dtype}; expected numbers")
        sizes = [dim.dim_value if dim.HasField("dim_value") else None for dim in tensor.shape.dim]
        if not sizes or any(size is not None and size < 1 for size in sizes) or len(sizes) > 16:
            raise ValueError(f"input {name[:60]!r} has the shape {sizes}; expected rows, and sizes of at least 1")
        if prod(size or 1 for size in sizes) > MOST_NUMBERS:
            raise ValueError(f"input {name[:60]!r} has the shape {sizes}, more than {MOST_NUMBERS} numbers")
        if name in self.values:
            raise ValueError(f"two inputs, or an input and a tensor, are called {name[:60]!r}")
        self.batches |= {size for size in sizes[:1] if size is not None}
        self.values[name] = found = cast(AnyTensor, layers.Input(tuple(sizes[1:]), name=self.fresh(name)))
        return found

    def has(self, name: str) -> bool:
        """Whether an output was computed; those of texts and of classes' numbers are left out."""
        return name in self.values

    def run(self, steps: list[Step], wanted: Iterable[str], operators: Mapping[str, Callable[..., object]]) -> None:
        """Read all nodes, in order.

        Raises:
            ValueError: a node takes what nobody gives before it, or has no counterpart here; it is named.
        """
        for step in steps:
            for name in step.takes:
                self._users[name].append(step)
            for name in filter(None, step.gives):
                if name in self._givers or name in self.values:
                    raise ValueError(f"{step}: it gives {name[:60]!r}, which is there already")
                self._givers[name] = step
        for name in wanted:
            self._users[name].append(None)
        for step in steps:
            if id(step) in self._done:
                continue
            if any(name in self._skipped for name in step.takes):
                self._skipped |= set(step.gives)
                continue
            if step.operator not in operators:
                raise ValueError(f"{step}: there is no such operator here")
            self._note(step, self._made(step, operators[step.operator]))

    def _made(self, step: Step, read: Callable[..., object]) -> object:
        try:
            return read(self, step, [self._value(step, name) for name in step.takes])
        except NotNumbers:
            return None
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError) as error:
            raise ValueError(f"{step}: {error}") from error

    def _value(self, step: Step, name: str) -> Value | None:
        if name and name not in self.values:
            raise ValueError(f"it takes {name[:60]!r}, which nobody gives before it")
        return self.values[name] if name else None

    def _note(self, step: Step, found: object) -> None:
        if found is None:
            self._skipped |= set(step.gives)
            return
        for name, value in zip(step.gives, found if isinstance(found, (list, tuple)) else [found]):
            if value is None:
                self._skipped.add(name)
            elif name:
                self._check_size(step, value)
                if isinstance(value, np.ndarray) and value.base is None:
                    self._room -= value.size
                self.values[name] = cast(Value, value)

    def _check_size(self, step: Step, value: object) -> None:
        sizes = [size for size in getattr(value, "shape", ()) if size is not None]
        if prod(sizes) > MOST_NUMBERS:
            raise ValueError(f"{step}: it gives the shape {tuple(sizes)}, more than {MOST_NUMBERS} numbers")

    # What operators ask for.

    def check_room(self, shape: Iterable[int]) -> None:
        """Refuse numbers that would be computed from the file's own, and are many more than it holds.

        Raises:
            ValueError: they are too many, or a size is negative.
        """
        sizes = tuple(shape)
        if any(size < 0 for size in sizes) or prod(sizes) > self._room:
            raise ValueError(f"the shape {sizes}, more than the file's own numbers allow")

    def fresh(self, name: str) -> str:
        """A name for a layer that no other has."""
        last = clean(name.rsplit("/", 1)[-1] or name)
        self._names[last] += 1
        count = self._names[last]
        return last if count == 1 else self.fresh(f"{last}_{count}")

    def use(self, step: Step, layer: Layer, *taken: object, weights: Sequence[object] = ()) -> AnyTensor:
        """Call a layer, and give it the file's weights."""
        layer.name = self.fresh(step.name)
        found = layer(taken[0] if len(taken) == 1 else list(taken))
        if weights:
            self._weights.append((layer, [np.asarray(array, np.float32) for array in weights]))
        return found

    def weigh(self) -> None:
        """Give layers the file's weights, once a model has them; layers that no output needs have none."""
        for layer, weights in self._weights:
            if layer.weights:
                layer.set_weights(weights)

    def users(self, name: str) -> list[Step | None]:
        """The nodes that take a value; None stands for the file's outputs."""
        return self._users[name]

    def giver(self, name: str) -> Step | None:
        """The node that gives a value; None of inputs and numbers of the file."""
        return self._givers.get(name)

    def only_user(self, step: Step) -> Step | None:
        """The node that alone takes what a node gives."""
        users = self._users[step.gives[0]]
        return users[0] if len(users) == 1 else None

    def settle(self, step: Step, value: AnyTensor) -> None:
        """Note what a later node gives, which is read together with an earlier one."""
        self._done.add(id(step))
        self.values[step.gives[0]] = value


class NotNumbers(Exception):
    """What a node gives is left out: names of classes, or their numbers."""
