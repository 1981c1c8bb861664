"""``layers.deserialize`` and its like: objects from what ``serialize`` or ``get_config`` gave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module


def _reader(module: str) -> Callable[..., object]:
    def deserialize(config: object, custom_objects: Mapping[str, type] | None = None) -> object:
        """The object that a name or a configuration stands for.

        Args:
            config: a name, or ``{"class_name": …, "config": …}``.
            custom_objects: classes of your own, by the names that configurations have for them.

        Raises:
            ValueError: an unknown name. TypeError: something else.
        """
        if custom_objects and isinstance(config, Mapping) and config.get("class_name") in custom_objects:
            return custom_objects[config["class_name"]].from_config(config.get("config", {}))  # type: ignore[attr-defined]
        return import_module(f"clarinet.{module}").get(config)

    return deserialize


activations = _reader("activations")
constraints = _reader("constraints")
initializers = _reader("initializers")
layers = _reader("layers")
losses = _reader("losses")
metrics = _reader("metrics")
optimizers = _reader("optimizers")
schedules = _reader("optimizers.schedules")
regularizers = _reader("regularizers")
