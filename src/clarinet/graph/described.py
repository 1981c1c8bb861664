"""Networks as plain data, which files hold: what is described is checked, and nothing but operations ever runs."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Never, cast

import numpy as np

from clarinet import ops
from clarinet.graph.calls import chosen
from clarinet.graph.forms import flatten, form_of, packed
from clarinet.graph.loops import Scan, scan_node
from clarinet.graph.nodes import Network, Node, Operator, Tensor, as_tensor, making
from clarinet.graph.order import made_of
from clarinet.graph.used import AddedLoss, Argument, Choice, Constant, Losing, Update
from clarinet.graph.using import use
from clarinet.ops.dtypes import as_dtype
from clarinet.ops.operation import Operation
from clarinet.ops.specs import TensorSpec
from clarinet.types import Array, Config, Json
from clarinet.variables import Variable

#: More than any network has: nodes, numbers in a sample of a tensor, axes.
_MOST_NODES, _MOST_NUMBERS, _MOST_AXES = 20_000, 2**28, 32
#: Bytes of all constants of a network: larger tables are weights, ``add_weight(trainable=False)``.
_MOST_BYTES = 8 * 2**20
#: Where a layer or weight is, as a description says it.
Place = Callable[[object], Json]


# Writing.


def described(network: Network, place_of: Place, masks: Sequence[Tensor | None] = ()) -> Config:
    """A network as JSON can hold it.

    Args:
        network: of operations, weights, constants, layers and models.
        place_of: says where a layer or weight is; raises TypeError where it is nowhere.
        masks: that come out of it beside its outputs.

    Raises:
        TypeError: an operation, layer or weight that has no description; the constants are too large.
    """
    told = _Told(network, masks)
    return {
        "inputs": [spec_config(tensor.spec) for tensor in network.inputs],
        "nodes": _describe(told, place_of),
        "outputs": [told.number(tensor) for tensor in network.outputs],
        **({"masks": [None if mask is None else told.number(mask) for mask in masks]} if masks else {}),
    }


class _Told:
    """How a description tells the tensors of a network apart: by numbers, first the inputs, then what each node gives.

    A mask that comes along with a tensor is told by that, and its nodes are not described: they come along again.

    Args:
        network: to be described.
        masks: that are needed beside its outputs.
    """

    def __init__(self, network: Network, masks: Sequence[Tensor | None] = ()) -> None:
        plain = [tensor for node in network.nodes if not node.is_mask for tensor in node.results]
        own = [tensor for tensor in (*network.inputs, *plain) if tensor.mask is not None]
        self._of = {tensor.mask: tensor for tensor in reversed(own) if tensor.mask not in set(network.inputs)}
        needed = [tensor for node in network.nodes if not node.is_mask for tensor in _taken(node)]
        waiting, kept = [*needed, *(mask for mask in masks if mask is not None)], set[Node]()
        while waiting:
            tensor = waiting.pop()
            if tensor.node.is_mask and tensor not in self._of and tensor.node not in kept:
                kept.add(tensor.node)
                waiting += tensor.node.inputs
        self.nodes = [node for node in network.nodes if not node.is_mask or node in kept]
        made = (tensor for node in self.nodes for tensor in node.results)
        self._numbers = {tensor: number for number, tensor in enumerate((*network.inputs, *made))}

    def number(self, tensor: Tensor) -> Json:
        """What a description says for a tensor."""
        if tensor in self._numbers:
            return self._numbers[tensor]
        return {"mask_of": self._numbers[self._of[tensor]]}


def _taken(node: Node) -> tuple[Tensor, ...]:
    """The tensors that a node takes, but for masks that come along."""
    return (*node.data, *(() if node.mask is None else (node.mask,)))


def outputs_of(network: Network) -> list[Json]:
    """What a description says for a network's outputs."""
    told = _Told(network)
    return [told.number(tensor) for tensor in network.outputs]


def describe_nodes(network: Network, place_of: Place) -> list[Json]:
    """The nodes of a network as JSON can hold them, each with the numbers of the tensors that it takes."""
    return _describe(_Told(network), place_of)


def _describe(told: _Told, place_of: Place) -> list[Json]:
    constants = [node.operator.value for node in told.nodes if isinstance(node.operator, Constant)]
    size = sum(value.nbytes for value in constants)
    if size > _MOST_BYTES:
        raise TypeError(
            f"the functions hold {size} bytes of constants, and a file keeps at most {_MOST_BYTES}; make a weight of "
            "them: add_weight(trainable=False)"
        )
    found = list[Json]()
    for node in told.nodes:
        entry = _described_node(node, place_of)
        if node.inputs or "layer" in entry:
            entry["inputs"] = [told.number(tensor) for tensor in node.data]
        if node.mask is not None:
            entry["mask"] = told.number(node.mask)
        entry |= {"finds_mask": True} if node.is_mask else {}
        found.append(entry | ({} if node.when is None else {"when": node.when}))
    return found


def _described_node(node: Node, place_of: Place) -> Config:
    operator = node.operator
    if isinstance(operator, Operation):
        return {"op": operator.encoded()}
    if isinstance(operator, Constant):
        return {"constant": array_config(operator.value)}
    if isinstance(operator, Variable):
        return {"weight": place_of(operator)}
    if isinstance(operator, Update):
        return {"assign": place_of(operator.variable)}
    if isinstance(operator, Choice):
        return {"choice": True}
    if isinstance(operator, Scan):
        return {"loop": {**operator.settings, "round": described(operator.body, place_of)}}
    if isinstance(operator, AddedLoss):  # of the layer or model whose network it is
        return {"add_loss": True}
    entry: Config = {"layer": place_of(operator), "training": node.training}
    return entry | ({} if node.call is None else {"call": cast(Json, dict(node.call))})


def spec_config(spec: TensorSpec) -> Config:
    """A specification as JSON can hold it."""
    return {"shape": list(spec.shape), "dtype": spec.dtype.name, "batched": bool(spec.batched)}


def array_config(value: Array) -> Config:
    """Numbers as JSON can hold them: shape, dtype, and their bytes in base 64, little-endian."""
    dtype = value.dtype.newbyteorder("<")
    data = base64.b64encode(np.ascontiguousarray(value, dtype).tobytes()).decode()
    return {"shape": list(value.shape), "dtype": value.dtype.name, "bytes": data}


# Reading.


def spec_of(config: object) -> TensorSpec:
    """What :func:`spec_config` described.

    Raises:
        ValueError: it does not make sense.
    """
    found = _object(config, "a tensor")
    shape = tuple(None if size is None else _whole(size, _MOST_NUMBERS) for size in _list(found.get("shape")))
    spec = TensorSpec(shape, as_dtype(found.get("dtype")), bool(found.get("batched")))
    if spec.batched and not shape:
        raise ValueError("a tensor without axes has no batch axis")
    return _sensible(spec)


def array_of(config: object) -> Array:
    """What :func:`array_config` described.

    Raises:
        ValueError: it does not make sense.
    """
    found = _object(config, "a constant")
    shape = tuple(_whole(size, _MOST_BYTES) for size in _list(found.get("shape")))
    dtype, data = as_dtype(found.get("dtype")), found.get("bytes")
    numbers = base64.b64decode(data, validate=True) if isinstance(data, str) else b""
    if len(shape) > _MOST_AXES or prod(shape) * dtype.itemsize != len(numbers):
        raise ValueError(f"a constant of {len(numbers)} bytes, which is not what shape {shape[:8]} and {dtype} take")
    return np.frombuffer(numbers, dtype.newbyteorder("<")).astype(dtype).reshape(shape)


@dataclass(frozen=True)
class Held:
    """The layers and weights that a description names by their places.

    Attributes:
        layer: the layer or model at a place; raises ValueError where there is none.
        weight: the same of weights.
        owner: adds to the loss; None: nothing in it does.
    """

    layer: Callable[[object], Operator]
    weight: Callable[[object], Variable]
    owner: Losing | None = None


def _nothing(place: object) -> Never:
    raise ValueError(f"there is no {place!r} in it")


#: Neither layers nor weights.
NOTHING = Held(_nothing, _nothing)


def rebuilt(nodes: object, inputs: Sequence[Tensor], held: Held) -> list[Tensor]:
    """All tensors of a network that was described: those that it takes, then those that its nodes make.

    Args:
        nodes: of :func:`describe_nodes`.
        inputs: the tensors that it takes.
        held: the layers and weights.

    Raises:
        ValueError: the description does not make sense; the message names the node.
    """
    listed = _list(nodes)
    if len(listed) > _MOST_NODES:
        raise ValueError(f"a network of {len(listed)} nodes, at most {_MOST_NODES} are allowed")
    tensors = list(inputs)
    for number, entry in enumerate(listed):
        try:
            tensors += _rebuilt_node(_object(entry, "a node"), tensors, held)
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
            raise ValueError(f"node {number}: {error}") from error
    return tensors


def told(number: object, tensors: Sequence[Tensor]) -> Tensor:
    """The tensor that a description means: by its number, or the mask that came along with one.

    Raises:
        ValueError: there is none.
    """
    if not isinstance(number, dict):
        return tensors[_whole(number, len(tensors))]
    mask = tensors[_whole(number.get("mask_of"), len(tensors))].mask
    if mask is None:
        raise ValueError("no mask came along with a tensor whose mask is asked for")
    return mask


def _rebuilt_node(entry: Mapping[str, Json], tensors: Sequence[Tensor], held: Held) -> Sequence[Tensor]:
    taken = [told(number, tensors) for number in _list(entry.get("inputs", []))]
    with making(
        **({"when": _flag(entry["when"])} if "when" in entry else {}),
        **({"masking": True} if entry.get("finds_mask") is True else {}),
    ):
        if "layer" in entry:
            mask = told(entry["mask"], tensors) if "mask" in entry else None
            return used(held.layer(entry["layer"]), taken, _flag(entry.get("training")), entry.get("call"), mask)
        if "op" in entry:
            return _applied(ops.get(_object(entry["op"], "an operation")), taken)
        if "constant" in entry:
            return [as_tensor(array_of(entry["constant"]))]
        if "weight" in entry:
            return [as_tensor(held.weight(entry["weight"]))]
        if "assign" in entry:
            (tensor,) = taken
            tensor.assign_to(held.weight(entry["assign"]))
            return []
        if "add_loss" in entry and held.owner is not None:
            (tensor,) = taken
            tensor.add_to_loss(held.owner)
            return []
        if "choice" in entry:
            in_training, in_use = taken
            return chosen([in_training], [in_use])
        if "loop" in entry:
            return _loop(_object(entry["loop"], "a loop"), taken, held)
    raise ValueError(f"it is none of a layer, op, constant, weight, assign, add_loss, choice or loop: {sorted(entry)}")


def _loop(config: Mapping[str, Json], taken: Sequence[Tensor], held: Held) -> Sequence[Tensor]:
    """The tensors of a loop."""
    round_ = _object(config.get("round"), "the round of a loop")
    specs = [spec_of(each) for each in _list(round_.get("inputs"))]
    if len(specs) != len(taken):
        raise ValueError(f"a loop of {len(specs)} tensors that takes {len(taken)}")
    inputs = tuple(Tensor(Node(Argument(f"loop_{number}"), (), (spec,))) for number, spec in enumerate(specs))
    tensors = rebuilt(round_["nodes"], inputs, held)
    outputs = tuple(told(number, tensors) for number in _list(round_.get("outputs")))
    states, entries = (_whole(config.get(name), len(inputs) + 1) for name in ("states", "entries"))
    length = None if config.get("length") is None else _whole(config["length"], _MOST_NUMBERS)
    axis, reverse = _whole(config.get("axis"), 2), bool(config.get("reverse"))
    if states + entries > len(inputs) or states > len(outputs):
        raise ValueError(f"a loop of {states} states and {entries} tensors with entries that takes {len(inputs)}")
    body = Network(made_of(outputs, inputs), inputs, outputs)
    found = scan_node(Scan(body, states, entries, axis, length, reverse), taken).outputs
    for tensor in found:
        _sensible(tensor.spec)
    return found


def _applied(operation: Operation, taken: Sequence[Tensor]) -> Sequence[Tensor]:
    """The tensors of an operation, whose sizes are looked at before anybody makes them."""
    if not taken:
        raise ValueError(f"{operation.name} takes tensors, received none")
    found = taken[0].apply(operation, tuple(taken))
    outputs = cast("Sequence[Tensor]", found if isinstance(found, tuple) else (found,))
    for tensor in outputs:
        _sensible(tensor.spec)
    return outputs


def _sensible(spec: TensorSpec) -> TensorSpec:
    sizes = [size for size in spec.shape if size is not None]
    if len(sizes) > _MOST_AXES or prod(sizes) > _MOST_NUMBERS:
        raise ValueError(f"a tensor of shape {spec.shape[:8]}, at most {_MOST_NUMBERS} numbers a sample are allowed")
    return spec


def used(
    operator: Operator, taken: Sequence[Tensor], training: bool | None, call: object, mask: Tensor | None = None
) -> Sequence[Tensor]:
    """The tensors that a layer or model gives for others.

    Args:
        operator: the layer.
        taken: what it takes.
        training: what it is told.
        call: in which form a ``call`` of its own takes them, see :func:`call_form`.
        mask: that it is told to look at.
    """
    if call is None or not operator.is_authored:
        return use(operator, taken, training, mask).results
    form, run = _object(call, "a call"), cast("Callable[..., object]", operator)
    args, tensors, settings = (form.get(name) for name in ("args", "tensors", "settings"))
    filled: Any = packed(taken, [_list(args), _object(tensors, "tensors")])
    given, named = filled
    return flatten(run(*given, training=training, **named, **_object(settings, "settings")))


def call_form(
    args: Sequence[object], tensors: Mapping[str, object], settings: Mapping[str, object], result: object
) -> dict[str, object] | None:
    """In which form a ``call`` took tensors and gave some; None for one tensor each.

    Args:
        args: in order, structures of tensors.
        tensors: structures of tensors by name.
        settings: all else by name.
        result: the structure of tensors that it gave.
    """
    form: dict[str, object] = {
        "args": form_of(args),
        "tensors": form_of(tensors),
        "settings": dict(settings),
        "result": form_of(result),
    }
    return None if form == {"args": [None], "tensors": {}, "settings": {}, "result": None} else form


def _object(value: object, what: str) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        raise ValueError(f"expected {what} as an object, received {str(value)[:60]!r}")
    return value


def _list(value: object) -> list[Json]:
    if not isinstance(value, (list, tuple)):  # a tuple where it has not been in a file
        raise ValueError(f"expected a list, received {str(value)[:60]!r}")
    return list(value)


def _whole(value: object, below: int) -> int:
    if type(value) is not int or not 0 <= value < below:
        raise ValueError(f"expected a whole number from 0 to {below - 1}, received {str(value)[:60]!r}")
    return value


def _flag(value: object) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise ValueError(f"expected true, false or null, received {str(value)[:60]!r}")
    return value
