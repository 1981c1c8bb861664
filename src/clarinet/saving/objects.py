"""Objects of the library and of one's own as plain data, by the names that Keras has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from clarinet import activations, initializers, layers, losses, metrics, optimizers, regularizers
from clarinet.configurable import Configurable, encode
from clarinet.graph.described import array_config, array_of
from clarinet.names import plain
from clarinet.registry import (
    GIVE_CLASS,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    own_object,
    register_keras_serializable,
)
from clarinet.types import Json

CustomObjectScope = custom_object_scope

__all__ = [
    "CustomObjectScope",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "register_keras_serializable",
    "serialize_keras_object",
]

#: Where classes and functions are looked up, in this order, and the base of each kind.
_KINDS: dict[str, Any] = {
    "layers": layers,
    "optimizers": optimizers,
    "losses": losses,
    "metrics": metrics,
    "initializers": initializers,
    "regularizers": regularizers,
    "activations": activations,
}
_BASES = {
    "layers": "Layer",
    "optimizers": "Optimizer",
    "losses": "Loss",
    "metrics": "Metric",
    "initializers": "Initializer",
    "regularizers": "Regularizer",
    "activations": "Activation",
}


def serialize_keras_object(obj: object) -> Json:
    """An object as JSON can hold it.

    Args:
        obj: a layer, model, loss, optimizer, …; anything of one's own with ``get_config``; a function; an array;
            numbers, texts, and lists, tuples and dictionaries of all these.

    Raises:
        TypeError: something else.

    Example:
        >>> from clarinet.layers import Dense
        >>> serialize_keras_object(Dense(3))["class_name"], serialize_keras_object((1, 2))
        ('Dense', {'class_name': '__tuple__', 'config': {'value': [1, 2]}})
    """
    if isinstance(obj, tuple):
        return {"class_name": "__tuple__", "config": {"value": [serialize_keras_object(item) for item in obj]}}
    if isinstance(obj, list):
        return [serialize_keras_object(item) for item in obj]
    if isinstance(obj, Mapping):
        return {str(key): serialize_keras_object(value) for key, value in obj.items()}
    if isinstance(obj, np.ndarray):
        return {"class_name": "__numpy__", "config": array_config(obj)}
    if isinstance(obj, Configurable) or hasattr(obj, "encoded"):
        return _of_library(obj)
    if hasattr(obj, "get_config") and not isinstance(obj, type):
        return {**_named(type(obj)), "config": serialize_keras_object(obj.get_config())}
    if callable(obj):
        return {**_named(obj), "class_name": "function", "config": get_registered_name(obj)}
    return encode(obj)


def _named(kind: object) -> dict[str, Json]:
    name = getattr(kind, "__name__", type(kind).__name__)
    return {
        "module": getattr(kind, "__module__", None),
        "class_name": name,
        "registered_name": get_registered_name(kind),
    }


def _of_library(obj: Any) -> Json:
    """As files have it; a class of a user's own by its name, whether or not it is registered."""
    kind = type(obj)
    with custom_object_scope({kind.__name__: kind}):
        found = obj.encoded()
    if not isinstance(found, dict):
        return encode(found)
    return {**_named(kind), **found}


def deserialize_keras_object(
    config: object, custom_objects: Mapping[str, object] | None = None, safe_mode: bool = True
) -> object:
    """The object that :func:`serialize_keras_object` described; runs no code from the description.

    Args:
        config: the description.
        custom_objects: classes and functions of one's own by name.
        safe_mode: accepted for Keras programs.

    Raises:
        ValueError: there is no class or function of that name.

    Example:
        >>> deserialize_keras_object({"class_name": "Dense", "config": {"units": 3}}).units
        3
    """
    with custom_object_scope(custom_objects or {}):
        return _read(config)


def _read(config: Any) -> Any:
    if isinstance(config, list):
        return [_read(item) for item in config]
    if not isinstance(config, Mapping):
        return config
    if "class_name" not in config or "config" not in config:
        return {key: _read(value) for key, value in config.items()}
    name, settings = config["class_name"], config["config"]
    if name == "__tuple__":
        return tuple(_read(item) for item in settings["value"])
    if name == "__numpy__":
        return array_of(settings)
    own = own_object(config)
    if "kept" in config and isinstance(config["kept"], Mapping) and "config" in config["kept"]:
        return layers.get(config)  # a model
    if name == "function":
        own = get_registered_object(settings) if own is None else own
        return own if own is not None else _looked_up(str(settings))
    if isinstance(own, type) and not issubclass(own, Configurable):
        return own.from_config(settings) if hasattr(own, "from_config") else own(**_read(settings))
    return _made(config, str(name), own)


def _made(config: Mapping[str, Any], name: str, own: object) -> object:
    """An object of the kind that the module says, or the class of a user's own; else of the first that has the name."""
    said = [*str(config.get("module") or "").split("."), ""][1]
    if said in _KINDS:
        return _KINDS[said].get(config)
    for kind, module in _KINDS.items():
        if isinstance(own, type) and issubclass(own, getattr(module, _BASES[kind])):
            return module.get(config)
    models = ["Model", "Sequential"]
    for module in _KINDS.values():
        if plain(name) in map(plain, [*module.__all__, *(models if module is layers else [])]):
            return module.get(config)
    raise ValueError(f"there is no class {name!r}; {GIVE_CLASS}")


def _looked_up(name: str) -> object:
    for module in reversed(_KINDS.values()):
        for known in module.__all__:
            if plain(known) == plain(name) and not isinstance(getattr(module, known), type):
                return getattr(module, known)
    raise ValueError(
        f"there is no function {name!r}; give it with custom_objects={{name: function}}, or register it with "
        "saving.register_keras_serializable"
    )
