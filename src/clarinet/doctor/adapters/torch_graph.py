"""A recorded run of a PyTorch module as a network of layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet import layers, ops
from clarinet.doctor.adapters.foreign import NotConverted, array
from clarinet.doctor.adapters.torch_layers import ACTIVATIONS, layer_of, plain_name
from clarinet.doctor.adapters.torch_recording import Call, Recording
from clarinet.doctor.adapters.torch_values import State, Steps, Value, flat

if TYPE_CHECKING:
    import torch

    from clarinet.types import AnyTensor

#: Functions that change nothing here, or nothing but types.
_SAME = frozenset(
    {"contiguous", "clone", "float", "to", "type", "double", "long", "int", "cpu", "requiresgrad", "data"}
)
#: Functions of two tensors, or of one and a number.
_PAIRS = {"add": ops.add, "sub": ops.subtract, "mul": ops.multiply, "div": ops.divide, "truediv": ops.divide}
#: Functions of one tensor that have the same name here.
_SINGLE = frozenset({"abs", "exp", "log", "sqrt", "square", "sin", "cos", "neg", "log1p"})
_REDUCTIONS = {"mean": ops.mean, "sum": ops.sum, "amax": ops.max, "max": ops.max}
#: What has no tensors to follow.
_ASKED = frozenset({"get", "size", "dim", "len", "numel", "shape", "set"})
_POOLED = {"avg": (layers.GlobalAveragePooling1D, layers.GlobalAveragePooling2D),
           "max": (layers.GlobalMaxPooling1D, layers.GlobalMaxPooling2D)}  # fmt: skip


#: Modules for which it matters which axis has the channels.
_CHANNELS = ("BatchNorm", "GroupNorm", "Adaptive", "Upsample", "Dropout1", "Dropout2", "PReLU")
#: Functions by other names, as operators have them.
_OPERATORS = {"radd": "add", "iadd": "add", "rmul": "mul", "imul": "mul", "isub": "sub", "itruediv": "div"}


@dataclass
class Network:
    """The tensors of a network as they come to be.

    Attributes:
        inputs, output: of the network.
        owners: the layers that were made, with the module that each stands for.
    """

    recording: Recording
    inputs: list[AnyTensor] = field(default_factory=list)
    output: AnyTensor = field(init=False)
    owners: list[tuple[layers.Layer, int | None]] = field(default_factory=list)
    _values: dict[int, Value | Steps | State] = field(default_factory=dict)
    _shared: dict[int, layers.Layer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for given in self.recording.given:
            shape = tuple(given.shape[1:])
            moved = len(shape) == 3
            tensor: Any = layers.Input(
                (*shape[1:], shape[0]) if moved else shape, dtype=None if given.is_floating_point() else "int32"
            )
            self.inputs.append(tensor)
            self._values[id(given)] = Value(tensor, moved)
        for call in self.recording.calls:
            self._follow(call)
        found = self._values.get(id(self.recording.result))
        if not isinstance(found, (Value, Steps)):
            kind = type(self.recording.result).__name__
            raise NotConverted("model", f"the result of forward, a {kind} that could not be followed,")
        self.output = self._plain(found).tensor

    def use(self, layer: layers.Layer, tensor: AnyTensor | list[AnyTensor], place: int | None) -> AnyTensor:
        """A layer's result for a tensor."""
        if not any(own is layer for own, _ in self.owners):
            self.owners.append((layer, place))
        return layer(tensor)

    # Following calls.

    def _follow(self, call: Call) -> None:
        taken = [*flat(call.args), *flat(tuple(call.kwargs.values()))]
        if not any(id(each) in self._values for each in taken):
            return  # sizes, constants, first states
        name = call.what if isinstance(call.what, str) else type(call.what).__name__
        if plain_name(name) in _ASKED and not any(hasattr(each, "shape") for each in flat((call.result,))):
            return
        where = "model" if call.place is None else f"layer:{call.place}"
        try:
            found = self._function(call) if isinstance(call.what, str) else self._module(call)
            self._keep(call.result, found)
        except (KeyError, ValueError, TypeError, NotImplementedError, AttributeError, IndexError):
            said = f"the function {name.strip('_')}" if isinstance(call.what, str) else f"layer {name}"
            raise NotConverted(where, said) from None

    def _keep(self, result: torch.Tensor, found: torch.Tensor) -> None:
        if isinstance(found, Steps):
            sequence, state = result
            self._values[id(sequence)] = found
            for each in flat((state,))[:1]:  # of an LSTM the output comes before the cells
                self._values[id(each)] = State(found)
            return
        first = next(each for each in flat((result,)) if hasattr(each, "shape"))
        if isinstance(found, Value) and _size(first) != prod(each or 1 for each in found.tensor.shape[1:]):
            raise ValueError(found)
        self._values[id(first)] = found

    def _module(self, call: Call) -> torch.Tensor:
        module, place = call.what, call.place
        value = self._values[id(call.args[0])]
        if hasattr(module, "num_layers") and hasattr(module, "batch_first"):
            if any(array(each).any() for each in flat(call.args[1:])):
                raise ValueError("first states that are not zero")
            return Steps(self.first(self._plain(value)).tensor, module, place)
        value = self._plain(value)
        name = type(module).__name__
        if name in ("Flatten", "Unflatten"):
            return self._reshaped(value, call)
        if name in ("Softmax", "LogSoftmax", "Softmin"):
            return self._activated(value, ACTIVATIONS[plain_name(name)], getattr(module, "dim", None), call)
        layer = self._shared.get(id(module)) or layer_of(module)
        if layer.weight_specs(tuple(size or 1 for size in value.tensor.shape[1:])):
            self._shared[id(module)] = layer
        if name in ("Linear", "LayerNorm", "Embedding"):
            value = self.first(value)
        elif hasattr(module, "kernel_size") or name.startswith(
            ("BatchNorm", "GroupNorm", "Adaptive", "Upsample", "Dropout2")
        ):
            value = self.last(value)
        return value.with_tensor(self.use(layer, value.tensor, place))

    def _function(self, call: Call) -> torch.Tensor:
        name = plain_name(call.what)
        name = (
            name[1:]
            if name in ("radd", "rmul")
            else name.removeprefix("i")
            if name in ("iadd", "imul", "isub")
            else name
        )
        given = self._values.get(id(call.args[0])) if call.args else None
        if isinstance(given, State):
            return self._state(given, name, call)
        if name in ("cat", "concat", "stack"):
            return self._joined(name, call)
        if name in ("getitem", "select") and isinstance(given, Steps):
            return self._step(given, call)
        if name in _PAIRS or name in ("rsub", "rtruediv"):
            return self._pair(name, call)
        assert given is not None
        value = self._plain(given)
        if name in _SAME:
            return value
        if name in ACTIVATIONS:
            dim = call.kwargs.get("dim", call.args[1] if len(call.args) > 1 else None)
            return self._activated(value, ACTIVATIONS[name], dim if name.endswith("softmax") else None, call)
        return self._by_name(name)(value, call)

    def _by_name(self, name: str) -> Callable[[Value, Call], torch.Tensor]:
        if name in _SINGLE:
            return lambda value, call: value.with_tensor(
                getattr(ops, "negative" if name == "neg" else name)(value.tensor)
            )
        if name in _REDUCTIONS:
            return partial(self._reduced, name)
        named: dict[str, Callable[[Value, Call], torch.Tensor]] = {
            "flatten": self._reshaped, "view": self._reshaped, "reshape": self._reshaped, "viewas": self._reshaped,
            "squeeze": self._reshaped, "unsqueeze": self._reshaped, "unflatten": self._reshaped,
            "permute": self._permuted, "transpose": self._permuted, "swapaxes": self._permuted,
            "getitem": self._taken, "dropout": self._dropped, "dropout2d": self._dropped,
            "leakyrelu": self._leaky, "elu": lambda v, c: v.with_tensor(self.use(layers.ELU(), v.tensor, c.place)),
            "maxpool2d": partial(self._pooled, layers.MaxPooling2D),
            "maxpool1d": partial(self._pooled, layers.MaxPooling1D),
            "avgpool2d": partial(self._pooled, layers.AveragePooling2D),
            "adaptiveavgpool2d": partial(self._wholly, "avg"), "adaptiveavgpool1d": partial(self._wholly, "avg"),
            "adaptivemaxpool2d": partial(self._wholly, "max"), "adaptivemaxpool1d": partial(self._wholly, "max"),
        }  # fmt: skip
        return named[name]

    # Where channels are.

    def _plain(self, value: torch.Tensor) -> Value:
        if isinstance(value, Steps):
            return Value(value.all(self.use))
        if isinstance(value, State):
            raise ValueError("states of all layers")
        assert isinstance(value, Value)
        return value

    def first(self, value: Value) -> Value:
        """The tensor as PyTorch has it."""
        if not value.moved:
            return value
        rank = value.ndim - 1
        tensor = layers.Permute((rank, *range(1, rank)))(value.tensor) if rank > 1 else value.tensor
        return Value(tensor)

    def last(self, value: Value) -> Value:
        """The tensor with its channels at the end."""
        rank = value.ndim - 1
        if value.moved or rank < 2:
            return value
        return Value(layers.Permute((*range(2, rank + 1), 1))(value.tensor), moved=True)

    def _axis(self, value: Value, dim: int) -> int:
        """Our number of PyTorch's axis."""
        dim = dim % value.ndim
        if not value.moved or dim == 0:
            return dim
        return value.ndim - 1 if dim == 1 else dim - 1

    # Kinds of functions.

    def _activated(self, value: Value, name: str, dim: int | None, call: Call) -> Value:
        if dim is not None and self._axis(value, dim) != value.ndim - 1:
            raise ValueError(dim)
        return value.with_tensor(self.use(layers.Activation(name), value.tensor, call.place))

    def _reshaped(self, value: Value, call: Call) -> Value:
        shape = tuple(call.result.shape)
        rows = self.recording.given[0].shape[0]
        if shape[0] != rows:
            raise ValueError(shape)
        if len(shape) == 1:
            if value.tensor.shape[1:] not in ((1,), ()):
                raise ValueError(shape)
            return Value(value.tensor, column=True)
        if value.column:
            return Value(value.tensor) if shape[1:] == (1,) else self._fail(shape)
        mine = tuple(value.tensor.shape[1:])
        if len(shape) == 2:
            return value if len(mine) == 1 else Value(self.use(layers.Flatten(), value.tensor, call.place))
        value = self.first(value)
        if tuple(value.tensor.shape[1:]) == shape[1:]:
            return value
        return Value(self.use(layers.Reshape(shape[1:]), value.tensor, call.place))

    def _fail(self, what: object) -> Value:
        raise ValueError(what)

    def _permuted(self, value: Value, call: Call) -> Value:
        rank = value.ndim
        dims = _numbers(call)
        if plain_name(call.what) == "permute":
            order = [dim % rank for dim in dims]
        else:
            order = [*range(rank)]
            a, b = (dim % rank for dim in dims[:2])
            order[a], order[b] = b, a
        to_last, to_first = [0, *range(2, rank), 1], [0, rank - 1, *range(1, rank - 1)]
        if order == to_last and value.moved:
            return Value(value.tensor)
        if order == to_first and not value.moved:
            return Value(value.tensor, moved=True)
        if order[0] != 0:
            raise ValueError(order)
        return Value(layers.Permute(tuple(order[1:]))(self.first(value).tensor))

    def _reduced(self, name: str, value: Value, call: Call) -> Value:
        dims = call.kwargs.get("dim", call.kwargs.get("axis", call.args[1] if len(call.args) > 1 else None))
        if dims is None:
            raise ValueError(name)
        dims = [dim % value.ndim for dim in (dims if isinstance(dims, (tuple, list)) else [dims])]
        axes = sorted(self._axis(value, dim) for dim in dims)
        if 0 in axes:
            raise ValueError(axes)
        keeps = len(flat((call.result,))[0].shape) == value.ndim
        pooled = _POOLED.get({"mean": "avg", "amax": "max", "max": "max"}.get(name, ""))
        if pooled and axes == [*range(1, value.ndim - 1)] and len(axes) <= 2:
            tensor = self.use(pooled[len(axes) - 1](keepdims=keeps), value.tensor, call.place)
            return Value(tensor, keeps and value.moved)
        value = self.first(value)
        return Value(_REDUCTIONS[name](value.tensor, axis=tuple(sorted(dims)), keepdims=keeps))

    def _taken(self, value: Value, call: Call) -> Value:
        index = call.args[1]
        index = index if isinstance(index, tuple) else (index,)
        if index[0] not in (slice(None), Ellipsis):
            raise ValueError(index)
        return Value(self.first(value).tensor[index])

    def _dropped(self, value: Value, call: Call) -> Value:
        rate = call.kwargs.get("p", call.args[1] if len(call.args) > 1 else 0.5)
        return value.with_tensor(self.use(layers.Dropout(rate), value.tensor, call.place))

    def _leaky(self, value: Value, call: Call) -> Value:
        slope = call.kwargs.get("negative_slope", call.args[1] if len(call.args) > 1 else 0.01)
        return value.with_tensor(self.use(layers.LeakyReLU(slope), value.tensor, call.place))

    def _pooled(self, kind: Callable[..., layers.Layer], value: Value, call: Call) -> Value:
        size = call.args[1] if len(call.args) > 1 else call.kwargs["kernel_size"]
        stride = call.args[2] if len(call.args) > 2 else call.kwargs.get("stride")
        if len(call.args) > 3 or call.kwargs.get("padding") or call.kwargs.get("ceil_mode"):
            raise ValueError(call.args)
        value = self.last(value)
        return value.with_tensor(self.use(kind(size, strides=stride or size), value.tensor, call.place))

    def _wholly(self, kind: str, value: Value, call: Call) -> Value:
        if any(size != 1 for size in call.result.shape[2:]):
            raise ValueError(call.result.shape)
        value = self.last(value)
        return value.with_tensor(self.use(_POOLED[kind][value.ndim - 3](keepdims=True), value.tensor, call.place))

    def _pair(self, name: str, call: Call) -> Value:
        one, other = (self._values.get(id(each), each) for each in call.args[:2])
        if name in ("rsub", "rtruediv"):
            one, other, name = other, one, name[1:]
        values = [self._plain(each) if isinstance(each, (Value, Steps)) else each for each in (one, other)]
        known = [each for each in values if isinstance(each, Value)]
        if call.kwargs.get("alpha", 1) != 1 or (len(known) == 2 and known[0].ndim != known[1].ndim):
            raise ValueError(name)
        if len(known) == 2 and known[0].moved != known[1].moved:
            values = [self.first(each) for each in known]
        elif len(known) == 2 and name in ("add", "mul"):
            layer = layers.Add() if name == "add" else layers.Multiply()
            return known[0].with_tensor(self.use(layer, [each.tensor for each in known], call.place))
        given = [each.tensor if isinstance(each, Value) else self._constant(each, known[0]) for each in values]
        return known[0].with_tensor(_PAIRS[name](*given))

    def _constant(self, given: torch.Tensor, beside: Value) -> torch.Tensor:
        """A number, or a tensor that is not trained."""
        if isinstance(given, (int, float)):
            return given
        if given.requires_grad or (beside.moved and given.ndim):
            raise ValueError("a parameter of its own")
        return np.asarray(array(given), np.float32)

    def _joined(self, name: str, call: Call) -> torch.Tensor:
        parts = [self._values.get(id(each)) for each in call.args[0]]
        if all(isinstance(each, State) for each in parts):
            return self._both(parts)
        values = [self._plain(each) for each in parts]
        if name == "stack" or any(each.moved != values[0].moved for each in values):
            raise ValueError(name)
        dim = call.kwargs.get("dim", call.args[1] if len(call.args) > 1 else 0)
        axis = self._axis(values[0], dim)
        if axis == 0:
            raise ValueError(dim)
        layer = layers.Concatenate(axis=axis)
        return values[0].with_tensor(self.use(layer, [each.tensor for each in values], call.place))

    # Recurrent modules.

    def _step(self, steps: Steps, call: Call) -> torch.Tensor:
        """One step of all: the last one is what the layer gives without the others."""
        index = call.args[1:] if plain_name(call.what) == "select" else call.args[1]
        if index in ((slice(None), -1), (slice(None), -1, slice(None)), (1, -1)) and not steps.module.bidirectional:
            return Value(steps.last(self.use))
        return self._taken(Value(steps.all(self.use)), call)

    def _state(self, state: State, name: str, call: Call) -> torch.Tensor:
        module = state.steps.module
        count = module.num_layers * (2 if module.bidirectional else 1)
        if name == "getitem" and state.number is None:
            index = call.args[1]
            index = index[0] if isinstance(index, tuple) and all(each == slice(None) for each in index[1:]) else index
            if isinstance(index, int):
                found = State(state.steps, index % count)
                last = not module.bidirectional and found.number == count - 1
                return Value(state.steps.last(self.use)) if last else found
        if name == "squeeze" and count == 1:
            return Value(state.steps.last(self.use))
        raise ValueError(name)

    def _both(self, parts: Sequence[torch.Tensor]) -> Value:
        """The last states of both directions beside one another, which is what a layer of both gives."""
        steps = parts[0].steps
        ends = [2 * steps.module.num_layers - 2, 2 * steps.module.num_layers - 1]
        if any(each.steps is not steps for each in parts) or [each.number for each in parts] != ends:
            raise ValueError("states")
        return Value(steps.last(self.use))


def _numbers(call: Call) -> list[int]:
    return [each for each in flat((call.args[1:], tuple(call.kwargs.values()))) if isinstance(each, int)]


def _size(tensor: torch.Tensor) -> int:
    """Numbers in one row."""
    return int(prod(tensor.shape[1:]))
