"""Keras models: Clarinet uses Keras's names, so configurations are copied, key by key."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from clarinet import activations, initializers, layers, losses, metrics, optimizers, regularizers
from clarinet.doctor.adapters.foreign import Adapted, KerasModel, NotConverted, array, held_out
from clarinet.doctor.program import Program
from clarinet.names import lookup
from clarinet.params import Weight

#: Keys of configurations that change nothing a rule looks at.
_WITHOUT_MEANING = frozenset({
    "name", "dtype", "seed", "module", "registered_name", "build_config", "batch_input_shape", "loss_scale_factor",
    "input_axes", "output_axes", "synchronized", "renorm", "autocast", "value_range", "quantization_config",
    "reduction", "axis", "ragged", "sparse", "batch_shape", "input_shape", "weighted",
})  # fmt: skip
_TABLES: tuple[ModuleType, ...] = (initializers, regularizers, activations)


def adapt(model: KerasModel, x: object, y: object, validation_data: object, fit: dict[str, object]) -> Adapted:
    """A compiled Keras model as a program; see :func:`clarinet.doctor.adapters.adapt`.

    Raises:
        ValueError: the model is not compiled.
    """
    if not getattr(model, "compiled", False):
        raise ValueError("examine: the Keras model is not compiled; call model.compile(optimizer=..., loss=...) first")
    rows, labels = array(x), array(y)
    program = Program(
        (), rows.shape[1:], losses.get("mse"), optimizers.SGD(), (), rows, labels, held_out(validation_data), fit
    )
    missing: list[tuple[str, str]] = []
    compiled = model.get_compile_config()
    try:
        program = program.changed(
            layers=_layers(model, missing),
            loss=_made(compiled["loss"], losses, "loss", missing),
            optimizer=_made(compiled["optimizer"], optimizers, "optimizer", missing),
            metrics=tuple(_metrics(compiled.get("metrics"), missing)),
        )
    except NotConverted as lost:
        return Adapted(program, (*missing, (lost.where, lost.what)), whole=False)
    return Adapted(program, tuple(missing))


def _layers(model: KerasModel, missing: list[tuple[str, str]]) -> tuple[layers.Layer, ...]:
    if not hasattr(model, "add"):  # only the layers of a stack are in the order in which they run
        raise NotConverted("model", f"{type(model).__name__}, which is no keras.Sequential,")
    found = []
    for index, layer in enumerate(model.layers):
        config = {"class_name": type(layer).__name__, "config": layer.get_config()}
        own = _made(config, layers, f"layer:{index}", missing)
        own.name = str(index)
        if not layer.trainable or hasattr(layer, "adapt"):  # not changed by training
            values = [array(weight) for weight in layer.get_weights()]
            weights = [Weight(str(number), value.shape, initializers.Zeros()) for number, value in enumerate(values)]
            if values:
                own.bring([(weight, False) for weight in weights], values)
        found.append(own)
    return tuple(found)


def _metrics(given: object, missing: list[tuple[str, str]]) -> Iterator[object]:
    """Names and objects of metrics; those without a counterpart are left out and named."""
    for metric in given if isinstance(given, list | tuple) else [given]:
        try:
            if metric is not None:
                yield metric if isinstance(metric, str) else _made(metric, metrics, "metrics", missing)
        except NotConverted as lost:
            missing.append((lost.where, lost.what))


def _made(given: Any, table: ModuleType, where: str, missing: list[tuple[str, str]]) -> Any:
    """Clarinet's object for a name or a serialized object of Keras.

    Raises:
        NotConverted: there is no such class here, or it does not take these arguments.
    """
    name = given if isinstance(given, str) else given.get("class_name", "") if isinstance(given, Mapping) else ""
    if not name:
        raise NotConverted(where, f"{given!r}, which has no name,")
    try:
        kind = lookup(name, where, table)
        if not isinstance(kind, type):
            return table.get(name)
        config = {} if isinstance(given, str) else given.get("config", {})
        return kind(**_arguments(kind, name, config, where, missing))
    except (ValueError, TypeError):
        raise NotConverted(where, f"{name} with its arguments" if table is not layers else f"layer {name}") from None


def _arguments(
    kind: type, name: str, config: Mapping[str, object], where: str, missing: list[tuple[str, str]]
) -> dict[str, Any]:
    """The arguments that Clarinet's class has too; others that matter are named."""
    known = {field.name for field in dataclasses.fields(kind) if field.init} | {"trainable"}
    found = {}
    for key, value in config.items():
        if key in known and key not in ("name", "dtype", "seed"):
            found[key] = _value(value)
        elif key not in _WITHOUT_MEANING and value:
            missing.append((where, f"{key}={value!r} of {name}"))
    return found


def _value(value: object) -> Any:
    """A value of a configuration: a serialized initializer, regularizer or function, a rounded rate, or as it is."""
    if isinstance(value, Mapping) and "class_name" in value:
        for table in (*_TABLES, optimizers.schedules):
            try:
                return _made(value, table, "", [])
            except NotConverted:
                continue
        raise ValueError(value["class_name"])
    return float(f"{value:.6g}") if isinstance(value, float) else value  # Keras keeps rates in single precision
