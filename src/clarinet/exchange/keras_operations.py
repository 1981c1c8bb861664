"""Operations between layers, as Keras 3 describes them in files: ``x * 2`` is a ``Multiply`` there, as a layer is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import signature
from itertools import count
from types import EllipsisType
from typing import Any, ClassVar, cast

from clarinet import ops
from clarinet.graph import Constant, Node, Tensor
from clarinet.names import plain
from clarinet.ops import Operation
from clarinet.types import AnyTensor, Array, Config, Json

_MODULE = "keras.src.ops."
#: Larger whole numbers would be sizes, and take more memory than any model of a file does.
_LARGEST = 10**7
#: Operations that have the same name in Keras, by the module there.
_NAMES: dict[str, tuple[str, ...]] = {
    "numpy": (
        "Absolute", "Add", "All", "Any", "Arccos", "Arccosh", "Arcsin", "Arcsinh", "Arctan", "Arctan2", "Arctanh",
        "Argmax", "Argmin", "BroadcastTo", "Ceil", "Concatenate", "Cos", "Cosh", "Cumprod", "Cumsum", "Divide",
        "Einsum", "Equal", "Exp", "Exp2", "ExpandDims", "Expm1", "Flip", "Floor", "FloorDivide", "GetItem", "Greater",
        "GreaterEqual", "Isfinite", "Isinf", "Isnan", "Less", "LessEqual", "Log", "Log10", "Log1p", "Log2",
        "Logaddexp", "LogicalAnd", "LogicalNot", "LogicalOr", "LogicalXor", "Matmul", "Max", "Maximum", "Mean", "Min",
        "Minimum", "Mod", "Multiply", "Negative", "NotEqual", "Pad", "Power", "Prod", "Reciprocal", "Repeat",
        "Reshape", "Roll", "Sign", "Sin", "Sinh", "Split", "Sqrt", "Square", "Squeeze", "Stack", "Subtract", "Sum",
        "Tan", "Tanh", "Tile", "Transpose", "Trunc", "Var", "Where",
    ),
    "math": ("Erf", "Erfc", "Erfinv", "Logsumexp", "Rsqrt"),
    "core": ("Cast",),
    "nn": ("Gelu",),
}  # fmt: skip
_MODULES = {name: module for module, names in _NAMES.items() for name in names}
#: Settings that Keras has under other names.
_RENAMED = {("Reshape", "shape"): "newshape", ("Split", "parts"): "indices_or_sections", ("Pad", "widths"): "pad_width"}
#: Operations that take their tensors in one list.
_OF_LISTS = ("Concatenate", "Stack")


@dataclass(frozen=True)
class Performed:
    """An operation of a file, which is called on tensors as a layer is.

    Attributes:
        name: of the operation.
        function: of :mod:`clarinet.ops`.
        settings: its arguments besides the tensors.
    """

    is_model: ClassVar[bool] = False

    name: str
    function: Callable[..., AnyTensor]
    settings: Mapping[str, object]

    def __call__(self, *args: object, **settings: object) -> AnyTensor:
        """The tensors that it gives.

        Raises:
            ValueError: there is no tensor among what it takes, or a number that is too large.
        """
        _check(self.name, [*args, *settings.values(), *self.settings.values()])
        first, kept = next(iter(signature(self.function).parameters)), dict(self.settings)
        ahead = [kept.pop(first)] if first in kept else []  # as the subscripts of einsum are
        return self.function(*ahead, *args, **kept, **settings)


def _check(name: str, values: list[object]) -> None:
    tensors, waiting = 0, values
    while waiting:
        value = waiting.pop()
        tensors += isinstance(value, Tensor)
        if isinstance(value, (list, tuple)):
            waiting.extend(value)
        if isinstance(value, int) and abs(value) > _LARGEST:
            raise ValueError(f"the operation {name} is given {value}, more than {_LARGEST}")
    if not tensors:
        raise ValueError(f"the operation {name} takes no tensor")


def is_operation(config: Mapping[str, object]) -> bool:
    """Whether a description is that of an operation."""
    return str(config.get("module")).startswith(_MODULE)


def performed(name: str, settings: Mapping[str, object]) -> Performed:
    """The operation that a description stands for.

    Args:
        name: of its class in Keras.
        settings: that it was made with.

    Raises:
        ValueError: there is no such operation, or a setting that it has not.
    """
    if plain(name) == plain("GetItem"):
        return Performed(name, _taken, {})
    known = {plain(each): each for each in ops.__all__}
    found = getattr(ops, known[plain(name)]) if plain(name) in known else None
    if not callable(found) or isinstance(found, type):
        raise ValueError(f"Clarinet has no operation {name[:80]!r}")
    kept = {key: value for key, value in settings.items() if key != "name" and value is not None}
    unknown = [key for key in kept if key not in signature(found).parameters]
    if unknown:
        raise ValueError(f"the operation {name} has no setting {str(unknown[0])[:80]!r}")
    return Performed(name, found, kept)


def _taken(x: AnyTensor, key: object) -> AnyTensor:
    return x[tuple(key) if isinstance(key, list) else key]


# Writing.


class Operations:
    """The operations of a network, each like a layer that is called once.

    Args:
        places: of tensors, to which those are added that they give.
        names: that are taken.

    Attributes:
        described: their descriptions.
    """

    def __init__(self, places: dict[Tensor, list[Json]], names: set[str]) -> None:
        self._places, self._names = places, names
        self._constants: dict[Tensor, Json] = {}
        self.described: list[Json] = []

    def take(self, node: Node) -> bool:
        """Whether a node was an operation or a constant, which is noted."""
        operator = node.operator
        if isinstance(operator, Constant):
            self._constants[node.results[0]] = _described_constant(operator.value)
            return True
        if not isinstance(operator, Operation):
            return False
        name = self._name(operator.name)
        for index, tensor in enumerate(node.results):
            self._places[tensor] = [name, 0, index]
        given = [
            self._constants[tensor] if tensor in self._constants else described_tensor(tensor, self._places[tensor])
            for tensor in node.data
        ]
        call: Config = {"args": _described_arguments(operator, given), "kwargs": {}}
        self.described.append(_described_operation(operator, name) | {"name": name, "inbound_nodes": [call]})
        return True

    def _name(self, kind: str) -> str:
        free = (kind if number == 0 else f"{kind}_{number}" for number in count())
        name = next(each for each in free if each not in self._names)
        self._names.add(name)
        return name


def described_tensor(tensor: Tensor, place: list[Json]) -> Config:
    """A tensor as Keras 3 describes it.

    Args:
        tensor: of a network.
        place: the name of the layer that gives it, the number of the call, and of what that gives.
    """
    config: Config = {"shape": list(tensor.shape), "dtype": str(tensor.dtype), "keras_history": place}
    return {"class_name": "__keras_tensor__", "config": config}


def _described_operation(operation: Operation, name: str) -> Config:
    """An operation as Keras 3 describes it.

    Args:
        operation: of a network.
        name: in the network.

    Raises:
        TypeError: Keras has no such one.
    """
    encoded = cast("dict[str, Any]", operation.encoded())
    kind, settings = str(encoded["class_name"]), cast("dict[str, Json]", encoded["config"])
    if kind == "Activated":
        function: Any = settings["function"]
        if isinstance(function, str):
            config: Config = {"name": name, "activation": function}
            return {"module": "keras.layers", "class_name": "Activation", "config": config, "registered_name": None}
        kind, settings = str(function["class_name"]), function["config"]
    if kind not in _MODULES or settings.get("value"):
        raise TypeError(
            f"the operation {kind} has no form in Keras's files; use a layer for it, or save to a .clarinet file"
        )
    kept = {} if kind == "GetItem" else {_RENAMED.get((kind, key), key): _one(value) for key, value in settings.items()}
    kept.pop("value", None)
    module = f"{_MODULE}{_MODULES[kind]}"
    return {"module": module, "class_name": kind, "config": {"name": name, **kept}, "registered_name": kind}


def _one(value: Json) -> Json:
    """A setting; of one axis in a list that axis."""
    return value[0] if isinstance(value, list) and len(value) == 1 and isinstance(value[0], int) else value


def _described_arguments(operation: Operation, given: Sequence[Json]) -> list[Json]:
    """What an operation is called on.

    Args:
        operation: of a network.
        given: the descriptions of the tensors and numbers that it takes.
    """
    encoded = cast("dict[str, Any]", operation.encoded())
    if encoded["class_name"] == "GetItem":
        return [*given, [_described_key(each) for each in encoded["config"]["key"]]]
    return [[*given]] if encoded["class_name"] in _OF_LISTS else [*given]


def _described_key(key: Json) -> Json:
    if isinstance(key, list):
        start, stop, step = key
        return {"class_name": "__slice__", "config": {"start": start, "stop": stop, "step": step}}
    return {"class_name": "__ellipsis__", "config": {}} if key == "..." else key


def _described_constant(value: Array) -> Json:
    """Numbers that an operation takes besides tensors."""
    if value.ndim == 0:
        return cast(Json, value.item())
    return {"class_name": "__numpy__", "config": {"value": value.tolist(), "dtype": value.dtype.name}}


def key_of(name: str, config: Mapping[str, object]) -> slice | EllipsisType | None:
    """What picks entries of a tensor, by the names that Keras has for it in files; None for other things."""
    if name == "__slice__":
        return slice(config["start"], config["stop"], config["step"])
    if name == "__ellipsis__":
        return ...
    return None
