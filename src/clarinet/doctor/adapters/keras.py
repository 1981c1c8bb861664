"""Keras models: Clarinet reads their configurations as it reads Keras's files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from inspect import signature
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from clarinet.doctor.adapters.adapted import Adapted
from clarinet.doctor.adapters.foreign import KerasModel, NotConverted
from clarinet.doctor.adapters.rows import Arrays, Rows
from clarinet.exchange.keras_models import ModelReader
from clarinet.optimizers import OptimizerState
from clarinet.types import Config

if TYPE_CHECKING:
    import keras

_REFUSED = (ValueError, TypeError, KeyError, AttributeError, NotImplementedError)
#: Arguments of ``compile`` that say how Keras computes.
_OF_BACKENDS = frozenset({"run_eagerly", "steps_per_execution", "jit_compile", "auto_scale_loss"})


def adapt(model: KerasModel, rows: Rows, validation: tuple[Arrays, Arrays] | None, fit: dict[str, object]) -> Adapted:
    """A compiled Keras model as one of Clarinet; see :func:`clarinet.doctor.adapters.adapt`.

    Raises:
        ValueError: the model is not compiled.
    """
    if not getattr(model, "compiled", False):
        raise ValueError("examine: the Keras model is not compiled; call model.compile(optimizer=..., loss=...) first")
    missing: list[tuple[str, str]] = []
    try:
        described, places = _described(model, rows)
        own = _made(described)
        own.compile(**_compiled(model, missing))
        _bring_weights(own, model, rows)
    except NotConverted as lost:
        return Adapted(None, rows, validation, fit, (*missing, (lost.where, lost.what)))
    return Adapted(own, rows, validation, fit, tuple(missing), places)


def _described(model: keras.Model, rows: Rows) -> tuple[Config, Mapping[str, str]]:
    """A model's description, and the places of its layers by those of the described ones.

    A model with a ``call`` of its own is described by what a copy of it does with symbolic tensors.
    """
    if hasattr(model, "add") or hasattr(model, "_nodes") or hasattr(model, "_functional"):
        return _plain(model), {}
    import keras

    name = type(model).__name__
    own = f"{name}, whose call does what Clarinet cannot follow,"
    try:
        copied = _copied(model)
        inputs = _symbols(keras, rows.x)
        graph = keras.Model(inputs, copied.call(inputs))
    except Exception:  # whatever users' code raises
        raise NotConverted("model", own) from None
    numbers = {id(layer): number for number, layer in enumerate(copied.layers)}
    if any(id(layer) not in numbers and layer.weights for layer in graph.layers):
        raise NotConverted("model", own)
    places = {
        f"layer:{number}": f"layer:{numbers[id(layer)]}" if id(layer) in numbers else "model"
        for number, layer in enumerate(graph.layers)
    }
    return _plain(graph), places


def _copied(model: keras.Model) -> keras.Model:
    """A fresh model of the same class and arguments; Keras's own settings only where the class takes them."""
    config, kind = model.get_config(), type(model)
    parameters = signature(kind.__init__).parameters.values()
    if not any(each.kind is each.VAR_KEYWORD for each in parameters):
        known = {each.name for each in parameters}
        config = {name: value for name, value in config.items() if name in known}
    return kind.from_config(config)


def _symbols(library: ModuleType, x: Arrays) -> object:
    if isinstance(x, Mapping):
        return {name: _symbols(library, each) for name, each in x.items()}
    if isinstance(x, list):
        return [_symbols(library, each) for each in x]
    return library.Input(x.shape[1:], dtype="int32" if x.dtype.kind in "iu" else "float32")


def _plain(model: keras.Model) -> Config:
    """A description as it stands in files, without ``compile``'s arguments; rates as they were typed."""
    import keras

    config = keras.saving.serialize_keras_object(model)
    config.pop("compile_config", None)
    plain: Config = _rounded(json.loads(json.dumps(config)))
    return plain


def _rounded(config: Any) -> Any:
    """Keras keeps rates in single precision: 0.0010000000474974513."""
    if isinstance(config, dict):
        return {name: _rounded(value) for name, value in config.items()}
    if isinstance(config, list):
        return [_rounded(value) for value in config]
    return float(f"{config:.6g}") if isinstance(config, float) else config


def _made(described: Config) -> Any:
    try:
        return ModelReader().made(described)
    except _REFUSED as refused:
        found = next(_strange(described), None)
        why = str(refused).partition(";")[0].partition("\n")[0]
        raise found or NotConverted("model", f"{described['class_name']} ({why})") from None


def _strange(described: Any) -> Iterator[NotConverted]:
    """The layers without a counterpart."""
    listed = described["config"].get("layers", ()) if isinstance(described["config"], dict) else ()
    first = 0 if any("inbound_nodes" in layer for layer in listed) else -1  # a stack does not count its input
    numbers = (number for number, layer in enumerate(listed) if first == 0 or layer["class_name"] != "InputLayer")
    shown = [listed[number] for number in numbers]
    for number, layer in enumerate(shown):
        try:
            ModelReader().made({name: layer[name] for name in layer if name not in ("name", "inbound_nodes")})
        except _REFUSED:
            yield NotConverted(f"layer:{number}", f"layer {layer['class_name']}")


def _compiled(model: keras.Model, missing: list[tuple[str, str]]) -> dict[str, Any]:
    """The arguments of ``compile``; metrics without a counterpart are left out and named."""
    given = _rounded(json.loads(json.dumps(model.get_compile_config())))
    found: dict[str, Any] = {}
    for name, value in given.items():
        if name in _OF_BACKENDS or value is None:
            continue
        if name in ("metrics", "weighted_metrics"):
            found[name] = _kept(value, missing)
            continue
        try:
            found[name] = ModelReader().value(value)
        except _REFUSED:
            said = value if isinstance(value, str) else _name_of(value)
            raise NotConverted(name.removesuffix("_weights"), f"{name.removesuffix('_weights')} {said}") from None
    return found


def _name_of(value: Any) -> str:
    name = value.get("class_name") if isinstance(value, Mapping) else None
    return str(value.get("config") if name == "function" else name or value)


def _kept(metrics: object, missing: list[tuple[str, str]]) -> object:
    if isinstance(metrics, Mapping) and "class_name" not in metrics:
        return {name: _kept(each, missing) for name, each in metrics.items()}
    if isinstance(metrics, list):
        return [each for each in (_kept(each, missing) for each in metrics) if each is not None]
    try:
        return ModelReader().value(metrics)
    except _REFUSED:
        missing.append(("metrics", f"metric {_name_of(metrics)}"))
        return None


def _bring_weights(own: Any, model: keras.Model, rows: Rows) -> None:
    """The weights that the model has now; a trained one stays known as trained."""
    if not own.built and isinstance(rows.x, np.ndarray):
        try:
            own.build((None, *rows.x.shape[1:]))
        except _REFUSED:
            return  # the rows do not fit, which the examination says
    values = [np.asarray(value) for value in model.get_weights()]
    if own.built and [value.shape for value in values] == [weight.shape for weight in own.get_weights()]:
        own.set_weights(values)
    steps = int(model.optimizer.iterations)
    if own.built and steps:
        own.optimizer_state = OptimizerState.new(own.optimizer, own.store.layout, own.dtype)
        own.optimizer_state.step = steps
