"""Models as Keras 3 describes them in files: layers in order, or layers with the nodes that use them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from clarinet.exchange.keras_objects import Reader, described
from clarinet.exchange.keras_operations import Operations, described_tensor, is_operation, performed
from clarinet.graph import Node, Tensor, flatten, packed, use
from clarinet.layers import InputLayer, Layer
from clarinet.layers.model_classes import MODELS
from clarinet.layers.states import TakesStates
from clarinet.registry import registered_name
from clarinet.sizes import probed, with_none
from clarinet.types import Config, Json

#: Far more layers than a model ever has; a file with more is made to waste time.
_MOST_LAYERS = 10_000
_FUNCTIONAL = ("Functional", "Model")


class ModelReader(Reader):
    """Makes models of what Keras wrote of them.

    Args:
        room: how many weights there may be: those of the file; default: as many as there is memory for.
    """

    def __init__(self, room: int = 2**62) -> None:
        super().__init__()
        self._room = room
        self._counted: set[int] = set()

    def _count(self, node: Node) -> None:
        """Refuse a layer whose weights are more than those of the file, before memory is taken for them."""
        layer: Any = node.operator
        if not isinstance(layer, Layer) or layer.is_authored or id(layer) in self._counted:
            return
        self._counted.add(id(layer))
        shapes = tuple(probed(tensor.sample_shape) for tensor in node.data)
        taken: Any = shapes if layer.merges else shapes[0]
        self._room -= sum(weight.size for weight in (*layer.weight_specs(taken), *layer.state_specs(taken)))
        if self._room < 0:
            raise ValueError(f"layer {layer.name[:80]!r} has more weights than the file holds")

    def _count_chain(self, layers: Sequence[Any]) -> None:
        begin, *rest = layers
        tensors: Sequence[Tensor] = [begin.tensor()]
        for layer in rest:
            node = use(layer, tensors)
            self._count(node)
            tensors = node.results

    def _of_class(self, name: str, config: Mapping[str, Any]) -> Any:
        settings = config["config"]
        if is_operation(config):
            return performed(name, {} if settings is None else self._value(settings))
        if name == "Sequential" and config.get("module") in ("keras", None):
            return self._sequential(settings, config.get("build_config"))
        if name in _FUNCTIONAL and isinstance(settings, Mapping) and "input_layers" in settings:
            return self._functional(settings)
        return super()._of_class(name, config)

    def _sequential(self, settings: Mapping[str, Any], built: object) -> Any:
        first, *rest = _listed(settings["layers"]) or [None]
        begins = first is not None and first.get("class_name") == "InputLayer"
        layers = [self._made(each) for each in ([first, *rest] if first is not None else [])]
        if begins:
            self._count_chain(layers)
        model = MODELS["Sequential"](layers, name=settings.get("name"))
        shape = settings.get("build_input_shape") or (built.get("input_shape") if isinstance(built, Mapping) else None)
        if shape is not None and not begins and not model.built:
            model.build(tuple(shape))
        return _trainable(model, settings)

    def _functional(self, settings: Mapping[str, object]) -> Any:
        calls = _Calls(self._count)
        for each in _listed(settings["layers"]):
            layer = self._made({name: each[name] for name in each if name not in ("name", "inbound_nodes")})
            calls.add(str(each["name"]), layer, [self._call(node) for node in each["inbound_nodes"]])
        calls.make()
        inputs, outputs = (_ends(settings[name], calls.end) for name in ("input_layers", "output_layers"))
        return _trainable(MODELS["Model"](inputs, outputs, name=settings.get("name")), settings)

    def _call(self, node: Any) -> _Call:
        """The call of a layer, whose tensors are named and not there yet."""
        if isinstance(node, Mapping):
            return _Call(self._taken(node["args"]), self._taken(node["kwargs"]))
        tensors = [_Place(*each[:3]) for each in node]  # as Keras 2 wrote it
        settings: Any = next((each[3] for each in node if len(each) > 3), {})
        return _Call([tensors[0] if len(tensors) == 1 else tensors], self._taken(settings))

    def _taken(self, value: object) -> Any:
        if isinstance(value, list):
            return [self._taken(each) for each in value]
        if isinstance(value, Mapping):
            if value.get("class_name") == "__keras_tensor__":
                return _Place(*value["config"]["keras_history"])
            if "class_name" not in value:
                return {name: self._taken(each) for name, each in value.items()}
        return self._value(value)


@dataclass(frozen=True)
class _Place:
    """A tensor by the name of the layer that gives it, the number of the call, and its number in what that gives."""

    layer: str
    call: int = 0
    number: int = 0

    def __post_init__(self) -> None:
        numbers = self.call, self.number
        if not isinstance(self.layer, str) or any(type(number) is not int or number < -1 for number in numbers):
            raise ValueError(f"expected a layer's name and two numbers, received {str(self)[:80]}")


class _Call:
    """The call of a layer: what it is given, with a :class:`_Place` for each tensor."""

    def __init__(self, args: object, settings: Mapping[str, object]) -> None:
        self.args, self.settings = args, {name: value for name, value in settings.items() if value is not None}


class _Calls:
    """The calls of layers in a network, made as soon as what they take is there."""

    def __init__(self, count: Callable[[Node], None]) -> None:
        self._count = count
        self._layers: dict[str, Any] = {}
        self._waiting: list[tuple[str, list[_Call]]] = []
        self._given: dict[str, list[list[Tensor]]] = {}

    def add(self, name: str, layer: Any, calls: list[_Call]) -> None:
        """Note a layer and its calls."""
        if name in self._layers:
            raise ValueError(f"two layers are called {name[:80]!r}")
        if isinstance(layer, InputLayer):
            self._given[name] = [[layer.tensor()]]
        else:
            self._given[name] = []
            self._waiting.append((name, calls))
        self._layers[name] = layer

    def end(self, place: _Place) -> Tensor:
        """A tensor that a model begins or ends with; there a model within counts the call that made it, too."""
        found = self.tensor(replace(place, call=place.call - self.is_network(place.layer)))
        if found is None:
            raise ValueError(f"nobody gives a tensor that the model ends with: {place.layer[:80]!r}")
        return found

    def is_network(self, name: str) -> bool:
        """Whether a layer is a model of tensors."""
        layer = self._layers.get(name)
        return layer is not None and layer.is_model and not hasattr(layer, "add")

    def tensor(self, place: _Place) -> Tensor | None:
        """The tensor at a place; None where it is not there yet."""
        if place.layer not in self._layers:
            raise ValueError(f"there is no layer {place.layer[:80]!r}")
        given = self._given[place.layer]
        found = given[place.call] if 0 <= place.call < len(given) else None
        if found is not None and place.number >= len(found):
            raise ValueError(f"layer {place.layer[:80]!r} gives {len(found)} tensors, asked for number {place.number}")
        return None if found is None else found[place.number]

    def make(self) -> None:
        """Make all calls, of each layer in order."""
        while self._waiting:
            before = sum(len(calls) for _, calls in self._waiting)
            for name, calls in self._waiting:
                while calls and (taken := self._taken(calls[0])) is not None:
                    given = flatten(self._layers[name](*taken[0], **taken[1]))
                    self._count(given[0].node)
                    self._given[name].append(given)
                    calls.pop(0)
            self._waiting = [(name, calls) for name, calls in self._waiting if calls]
            if self._waiting and sum(len(calls) for _, calls in self._waiting) == before:
                names = ", ".join(name[:80] for name, _ in self._waiting[:3])
                raise ValueError(f"layers take tensors that nobody gives: {names}")

    def _taken(self, call: _Call) -> tuple[list[Any], dict[str, Any]] | None:
        """What a call is given; None where some of it is not there yet."""
        missing = False

        def fill(value: object) -> Any:
            nonlocal missing
            if isinstance(value, _Place):
                found = self.tensor(value)
                missing = missing or found is None
                return found
            if isinstance(value, list):
                return [fill(each) for each in value]
            return {name: fill(each) for name, each in value.items()} if isinstance(value, dict) else value

        found = fill(call.args), fill(call.settings)
        return None if missing else found


def _ends(value: object, tensor: Callable[[_Place], Tensor]) -> object:
    """The tensors of a model's inputs or outputs, in the structure that the file has."""
    if isinstance(value, Mapping):
        return {name: _ends(each, tensor) for name, each in value.items()}
    if isinstance(value, list) and len(value) == 3 and isinstance(value[0], str):
        return tensor(_Place(*value))
    if not isinstance(value, list):
        raise ValueError(f"expected a list of tensors, received {str(value)[:60]!r}")
    return [_ends(each, tensor) for each in value]


def _listed(layers: object) -> list[Any]:
    if not isinstance(layers, list) or len(layers) > _MOST_LAYERS:
        raise ValueError(f"expected a list of at most {_MOST_LAYERS} layers, received {str(layers)[:60]!r}")
    return layers


def _trainable(model: Any, settings: Mapping[str, object]) -> Any:
    if settings.get("trainable") is False:
        model.trainable = False
    return model


# Writing.


def described_model(model: object) -> Config:
    """A model as Keras 3 describes it, without what ``compile`` said.

    Args:
        model: built, of layers that Keras has.

    Raises:
        TypeError: a layer or operation that Keras has not, named.
    """
    return _described_model(model)


def _described_model(model: Any) -> Config:
    if hasattr(model, "add"):
        return _described_sequential(model)
    name = registered_name(type(model))
    if name is not None and model.has_call:
        return _described_class(model, name)
    return {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": _described_network(model),
        "registered_name": "Functional",
        "build_config": {"input_shape": None},
    }


def _described_class(model: Any, name: str) -> Config:
    """A model of a class of a user's own."""
    kind = type(model)
    shape: list[Json] = [None, *with_none(model.sample_shape)]
    return {
        "module": kind.__module__,
        "class_name": kind.__name__,
        "config": described(model.get_config()),
        "registered_name": name,
        "build_config": {"input_shape": shape},
    }


def _described_sequential(model: Any) -> Config:
    shape: list[Json] = [model._batch_size, *with_none(model.sample_shape)]
    begins = InputLayer(model.sample_shape, batch_size=model._batch_size, name="input_layer")
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": {
            "name": model.name,
            "trainable": model.trainable,
            "layers": [_described_layer(layer) for layer in (begins, *model.layers)],
            "build_input_shape": shape,
        },
        "registered_name": None,
        "build_config": {"input_shape": shape},
    }


def _described_layer(layer: Any) -> Config:
    if layer.is_model:
        return _described_model(layer)
    found: Any = described(layer)
    if layer.is_input:
        config = found["config"]
        shape = [config.pop("batch_size"), *with_none(config.pop("shape"))]
        found["config"] = {**config, "batch_shape": shape, "sparse": False, "ragged": False}
    return found  # type: ignore[no-any-return]


def _described_network(model: Any) -> Config:
    """Layers, each with its calls; a tensor is a layer's name, the number of the call and of what that gives."""
    network = model.network
    places: dict[Tensor, list[Json]] = {}
    begins: list[Any] = [tensor.node.operator for tensor in network.inputs]
    held = [*(each for each in begins if each not in model.layers), *model.layers]
    calls: dict[str, list[Json]] = {layer.name: [] for layer in held}
    for tensor in network.inputs:
        places[tensor] = [tensor.node.operator.name, 0, 0]
    operations = Operations(places, set(calls))
    for node in network.nodes:
        if node.is_mask or operations.take(node):
            continue
        layer: Any = node.operator
        if not isinstance(layer, Layer) and not getattr(layer, "is_model", False):
            raise TypeError(
                f"model {model.name!r}: {type(layer).__name__} is not a layer, and Keras's file has layers; use a "
                "layer for it, or save to .clarinet"
            )
        own = calls[layer.name]
        for index, tensor in enumerate(node.results):
            places[tensor] = [layer.name, len(own), index]
        own.append(_described_call(layer, node, places))
    return {
        "name": model.name,
        "trainable": model.trainable,
        "layers": [
            *(_described_layer(each) | {"name": each.name, "inbound_nodes": calls[each.name]} for each in held),
            *operations.described,
        ],
        "input_layers": packed([places[tensor] for tensor in network.inputs], model._input_form),
        "output_layers": packed([_end(places[tensor], tensor) for tensor in network.outputs], model._output_form),
    }


def _end(place: list[Json], tensor: Tensor) -> list[Json]:
    """The place of a tensor that a model ends with, where models within count the call that made them, too."""
    layer: Any = tensor.node.operator
    counted = getattr(layer, "is_model", False) and not hasattr(layer, "add")
    return [place[0], cast(int, place[1]) + counted, place[2]]


def _described_own_call(node: Node, tensors: list[Any], settings: Config) -> Config:
    """What a ``call`` was given, argument by argument."""
    form: Any = node.call or {"args": [None], "tensors": {}, "settings": {}}
    rest = iter(tensors)
    args, named = packed(rest, form["args"]), cast(Config, packed(rest, form["tensors"]))
    return {"args": cast(Json, args), "kwargs": settings | named | cast(Config, described(form["settings"]))}


def _described_call(layer: Any, node: Node, places: Mapping[Tensor, list[Json]]) -> Config:
    tensors: list[Any] = [described_tensor(tensor, places[tensor]) for tensor in node.data]
    settings: Config = {} if node.training is None else {"training": node.training}
    if node.mask is not None and node.mask in places:
        raise TypeError(f"layer {layer.name!r} is told a mask, which Keras's files do not have")
    if layer.is_authored and not layer.is_model:
        return _described_own_call(node, tensors, settings)
    if isinstance(layer, TakesStates) and len(tensors) > 1:
        return {"args": tensors[:1], "kwargs": settings | {"initial_state": tensors[1:]}}
    if layer.is_model and not hasattr(layer, "add"):
        return {"args": [cast(Json, packed(tensors, layer._input_form))], "kwargs": settings}
    return {"args": [tensors] if layer.merges and not layer.is_model else tensors, "kwargs": settings}
