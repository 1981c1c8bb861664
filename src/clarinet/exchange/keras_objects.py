"""Objects as Keras 3 describes them in files: layers, initializers, optimizers, losses, metrics and the like.

A description is ``{"module": "keras.layers", "class_name": "Dense", "config": {…}, "registered_name": None}``. Names
are looked up in Clarinet's own tables, and among what the user has registered; nothing is imported, and no code is run.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from inspect import signature
from types import ModuleType
from typing import Any, cast

import numpy as np

from clarinet import activations, constraints, initializers, layers, losses, metrics, optimizers, regularizers
from clarinet.activations import Activation
from clarinet.activations.custom import Function
from clarinet.configurable import Configurable
from clarinet.exchange.keras_operations import key_of
from clarinet.names import advice
from clarinet.ops.dtypes import as_dtype
from clarinet.optimizers import schedules
from clarinet.registry import GIVE_CLASS, get_registered_object, own_object, registered_name
from clarinet.types import Config, Json

#: Keras's modules, and where our classes of the same names are.
_TABLES: dict[str, ModuleType] = {
    "keras.layers": layers,
    "keras.activations": activations,
    "keras.initializers": initializers,
    "keras.regularizers": regularizers,
    "keras.constraints": constraints,
    "keras.optimizers": optimizers,
    "keras.optimizers.schedules": schedules,
    "keras.losses": losses,
    "keras.metrics": metrics,
}
#: Where Keras has objects of a kind.
_MODULES = {
    "layer": "keras.layers",
    "initializer": "keras.initializers",
    "regularizer": "keras.regularizers",
    "constraint": "keras.constraints",
    "optimizer": "keras.optimizers",
    "schedule": "keras.optimizers.schedules",
    "loss": "keras.losses",
    "metric": "keras.metrics",
}
#: Settings that we have and Keras has not.
_OURS_ALONE = frozenset({"input_shape"})
#: Activations with settings, which Keras has as layers: our class, theirs.
_AS_LAYERS = {"Relu": "ReLU", "LeakyRelu": "LeakyReLU", "Elu": "ELU"}
#: Settings of layers along one axis, of which Keras wants the only entry.
_SINGLE = {"Cropping1D": "cropping", "UpSampling1D": "size", "ZeroPadding1D": "padding"}
_LAMBDA = (
    "it holds a Python function as code, which is never run here; write the function as a layer of your own, or with "
    "functions of clarinet.ops"
)


class Reader:
    """Makes objects of what Keras wrote of them.

    Attributes:
        dtypes: those that layers were said to compute in.
    """

    def __init__(self) -> None:
        self.dtypes: set[str] = set()
        self._shared: dict[object, object] = {}

    def value(self, config: object) -> object:
        """What a part of a description stands for: an object, or a structure of them.

        Raises:
            ValueError, TypeError: it does not make sense, or is not to be had here; the message names it.
        """
        return self._value(config)

    def made(self, config: Mapping[str, object]) -> object:
        """What a description of an object stands for; raises as :meth:`value`."""
        return self._made(config)

    def _value(self, config: object) -> Any:
        if isinstance(config, list):
            return [self._value(each) for each in config]
        if not isinstance(config, Mapping):
            return config
        if isinstance(config.get("class_name"), str) and "config" in config:
            return self._made(config)
        return {name: self._value(value) for name, value in config.items()}

    def _made(self, config: Mapping[str, Any]) -> Any:
        name, settings = str(config["class_name"]), config["config"]
        if name in ("__lambda__", "Lambda"):
            raise ValueError(f"{name}: {_LAMBDA}")
        if name in ("__numpy__", "__tensor__"):
            return np.array(settings["value"], as_dtype(settings["dtype"]))
        if (key := key_of(name, settings)) is not None:
            return key
        if name.startswith("__"):
            raise ValueError(f"{name[:40]}: there is no such object here")
        if name.endswith("DTypePolicy"):
            return settings["name"]
        if name == "function":
            return _function(config)
        if (shared := config.get("shared_object_id")) is not None and shared in self._shared:
            return self._shared[shared]
        made = self._of_class(name, config)
        if shared is not None:
            self._shared[shared] = made
        return made

    def _of_class(self, name: str, config: Mapping[str, Any]) -> Any:
        own: Any = own_object(config)
        settings = {} if config["config"] is None else config["config"]
        if not isinstance(settings, Mapping):
            raise TypeError(f"{name}: its config is {str(settings)[:60]!r}, expected an object")
        if own is not None:
            return own.from_config(self._of_users(settings)) if hasattr(own, "from_config") else own
        kind = _class(config.get("module"), name)
        if name == "Bidirectional":  # which sets it in Keras, and always does so here
            settings = {key: _without_zeros(value) for key, value in settings.items()}
        return kind(**self._settings(kind, settings))

    def _of_users(self, settings: Mapping[str, object]) -> dict[str, Any]:
        """What a class of the user's own is given: as it was written, but for the dtype, which is the model's."""
        kept = {key: self._value(value) for key, value in settings.items()}
        self._note_dtype(kept.pop("dtype", None))
        return kept

    def _settings(self, kind: type[Configurable], given: Mapping[str, object]) -> dict[str, Any]:
        """The arguments of a class among what a file has.

        Raises:
            ValueError: something that the class cannot do.
        """
        parameters = signature(kind).parameters.values()
        known = {each.name for each in parameters if each.kind is not each.VAR_KEYWORD}
        if len(known) < len(parameters):  # of those that all layers have
            known |= {"name", "trainable"}
        kept: dict[str, Any] = {}
        for key, value in given.items():
            found = self._value(value)
            if key in known:
                kept[key] = found
            elif key == "dtype":
                self._note_dtype(found)
            elif found is None or found is False:
                continue
            elif key in kind.unsupported:
                if not kind.unsupported[key].is_default(found):
                    raise ValueError(f"{kind.__name__}: {key}={str(found)[:60]}: {kind.unsupported[key].reason}")
            else:
                raise ValueError(f"{kind.__name__} has no argument {key!r}: {advice(key, [*known])}")
        return kept

    def _note_dtype(self, dtype: object) -> None:
        if dtype is not None:
            self.dtypes.add(str(dtype))


def _without_zeros(layer: object) -> object:
    """The description of a layer without ``zero_output_for_mask``."""
    if not isinstance(layer, Mapping) or not isinstance(layer.get("config"), Mapping):
        return layer
    return {**layer, "config": {key: value for key, value in layer["config"].items() if key != "zero_output_for_mask"}}


def _class(module: object, name: str) -> type[Configurable]:
    """The class of ours that Keras's has the name of.

    Raises:
        ValueError: there is none.
    """
    table = _TABLES.get(str(module))
    if module is None:  # as the serialize functions of this library describe objects
        table = next((each for each in _TABLES.values() if name in _names(each)), None)
    found = None if table is None or name not in _names(table) else getattr(table, name)
    if isinstance(found, type) and issubclass(found, Configurable):
        return found
    if isinstance(module, str) and (module == "keras" or module.startswith("keras.")):
        raise ValueError(f"Clarinet has no {module}.{name}"[:200])
    raise ValueError(f"{name[:80]!r} is a class that Keras does not have; {GIVE_CLASS}")


def module_of(name: str) -> str | None:
    """The module in which Keras has a class or model of a name; None for what it does not have."""
    if name == "Sequential":
        return "keras"
    for module, table in _TABLES.items():
        found = getattr(table, name) if name in _names(table) else None
        if isinstance(found, type) and issubclass(found, Configurable):
            return module
    return None


def _names(table: ModuleType) -> list[str]:
    return [name for name in dir(table) if not name.startswith("_")]


def _function(config: Mapping[str, object]) -> object:
    """A function by its name: of the user's own, or the name itself, which layers, losses and the like know."""
    name, module = config["config"], config.get("module")
    own = get_registered_object(config.get("registered_name")) or get_registered_object(name)
    if own is not None:
        return own
    if module == "builtins" or str(module).startswith("keras."):
        return name
    raise ValueError(f"{str(name)[:80]!r} is a function of somebody's own; {GIVE_CLASS}")


# Writing.


def described(value: object) -> Json:
    """An object, or a structure of them, as Keras 3 describes it.

    Raises:
        TypeError: something that Keras has not.
    """
    if isinstance(value, Activation):
        return _described_activation(value)
    if isinstance(value, Configurable):
        return _described_object(value)
    if isinstance(value, np.generic):
        return cast(Json, value.item())
    if isinstance(value, np.ndarray):
        return cast(Json, value.tolist())
    if isinstance(value, (list, tuple)):
        return [described(each) for each in value]
    if isinstance(value, Mapping):
        return {str(key): described(each) for key, each in value.items()}
    if callable(value):
        return _described_function(value)
    return cast(Json, value if not isinstance(value, float) else float(value))


def _described_activation(value: Activation) -> Json:
    if isinstance(value, Function):
        return _described_function(value.function)
    plain = value.encoded()
    kind = _AS_LAYERS.get(type(value).__name__)
    if isinstance(plain, str):
        return plain
    if kind is None or not isinstance(plain, dict):
        raise TypeError(f"the activation {value!r} has settings, which Keras keeps of none but {', '.join(_AS_LAYERS)}")
    return _named("keras.layers", kind, described(plain["config"]))


def _is_held(value: Configurable, name: str) -> bool:
    """Whether an argument is a layer that the object keeps, as wrappers do."""
    return isinstance(vars(value).get(name), Configurable)


def _described_object(value: Configurable) -> Config:
    kind = type(value)
    module = _MODULES.get(kind.kind)
    if module is None or not kind.__module__.startswith("clarinet."):
        name = registered_name(kind) or kind.__name__  # whoever loads the file gives it in custom_objects
        return _named(kind.__module__, kind.__name__, described(value.get_config()), name)
    fields = {each.name for each in dataclasses.fields(cast(Any, value))}
    config: Config = {
        name: described(value.configured(name) if name in fields or _is_held(value, name) else given)
        for name, given in value.get_config().items()
        if name not in _OURS_ALONE
    }
    single = _SINGLE.get(kind.__name__)
    if single is not None and isinstance(given := config[single], list) and len(given) == 1:
        config[single] = given[0]
    if config.get("trainable") is True:  # which some of Keras's layers do not take
        del config["trainable"]
    return _named(module, kind.__name__, config)


def _described_function(value: object) -> Config:
    name = registered_name(value) or str(getattr(value, "__name__", ""))
    if not name.isidentifier() and get_registered_object(name) is None:
        raise TypeError(
            f"{name or value!r} is a function without a name, and a file keeps the name alone: "
            "write it with def, and give it to load_model in custom_objects"
        )
    if getattr(value, "__module__", "").startswith("clarinet.") and get_registered_object(name) is None:
        raise TypeError(f"{name!r} is a function that Keras has under no name; write one of your own that calls it")
    return {"module": value.__module__, "class_name": "function", "config": name, "registered_name": name}


def _named(module: str, name: str, config: Json, registered: str | None = None) -> Config:
    return {"module": module, "class_name": name, "config": config, "registered_name": registered}
