"""Descriptions as Keras wrote them in earlier files, in the form of today: with the module of each class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clarinet.exchange.keras_objects import module_of

#: Settings that earlier versions wrote and that change nothing, or that no model here needs.
_DROPPED = frozenset(
    (
        "__passive_serialization__", "implementation", "input_dim_of", "input_length", "is_legacy_optimizer",
        "jit_compile", "time_major",
    )
)  # fmt: skip
_OLD_RATE = "lr"


def modern(config: object) -> object:
    """A description, or a structure of them, in the form of today.

    Args:
        config: as JSON has it.
    """
    if isinstance(config, list):
        return [modern(each) for each in config]
    if not isinstance(config, Mapping):
        return config
    name = config.get("class_name")
    if name in ("__tuple__", "TensorShape"):
        return [modern(each) for each in config.get("items", ())]
    kept = {key: modern(value) for key, value in config.items() if key not in _DROPPED}
    if not isinstance(name, str) or not isinstance(kept.get("config"), dict):
        return kept
    return _described(name, kept)


def _described(name: str, kept: dict[str, Any]) -> dict[str, Any]:
    """The description of an object."""
    settings = kept["config"]
    shape = settings.pop("batch_input_shape", None)
    if shape is not None and name == "InputLayer":
        settings["batch_shape"] = shape
    elif shape is not None:
        settings["input_shape"] = shape[1:]
    axis = settings.get("axis")
    if isinstance(axis, list) and len(axis) == 1:
        settings["axis"] = axis[0]
    if _OLD_RATE in settings:
        settings.setdefault("learning_rate", settings.pop(_OLD_RATE))
    if decay := settings.pop("decay", 0):
        settings["learning_rate"] = _decaying(settings.get("learning_rate"), decay)
    module = module_of(name)
    return kept if module is None else {"module": module, **kept}


def _decaying(rate: object, decay: object) -> dict[str, Any]:
    """What optimizers did with ``decay``: the rate divided by one more than so many times the steps."""
    settings = {"initial_learning_rate": rate, "decay_steps": 1, "decay_rate": decay}
    return {"module": "keras.optimizers.schedules", "class_name": "InverseTimeDecay", "config": settings}
