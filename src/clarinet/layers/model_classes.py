"""Classes of models, which are layers of other models and are made of descriptions as those are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from clarinet.configurable import is_ours
from clarinet.layers.handle import Handle
from clarinet.registry import own_object

#: Those of the library by name; they make themselves known here, because they are above everything that builds models.
MODELS: dict[str, Any] = {}
Class = TypeVar("Class", bound=type)


def known(model: Class) -> Class:
    """Make a class of models known to descriptions, files, runs and the doctor, which build models but are below them
    in the order of imports."""
    MODELS[model.__name__] = model
    return model


def model_of(described: Mapping[str, object]) -> Handle | None:
    """The model of a description; None where it describes no model.

    Args:
        described: ``{"class_name": "Model", "config": …}``; for a class of a user's own its configuration, and in
            ``"kept"`` the same as without the class.

    Raises:
        ValueError, TypeError: it does not make sense.
    """
    own, kept = own_object(described), described.get("kept")
    if isinstance(kept, Mapping) and kept.get("class_name") in MODELS:
        return _of_users_class(own, described, kept)
    if own is None and described["class_name"] in MODELS:
        found: Handle = MODELS[str(described["class_name"])].from_structure(described["config"])
        return found
    return None


def _of_users_class(own: Any, described: Mapping[str, object], kept: Mapping[str, Any]) -> Handle:
    library, config = MODELS[kept["class_name"]], described.get("config")
    model: Any
    if not (isinstance(own, type) and issubclass(own, library)):
        model = library.from_structure(kept["config"])
        model.restored_from = {name: described[name] for name in described if name != "kept"}
        return cast(Handle, model)
    if is_ours(own, "__init__"):
        model = cast(Any, own).from_structure(kept["config"])
        return cast(Handle, model)
    if not isinstance(config, Mapping):
        raise ValueError(f"{own.__name__}: the file has no arguments for it; define get_config, and save it again")
    model = cast(Any, own).from_config(config)
    model.build_as(kept["config"])
    return cast(Handle, model)


def model_from(structure: Mapping[str, object], own: Mapping[str, object] | None = None) -> Handle:
    """The model of a structure, as files hold it.

    Args:
        structure: of ``structure_config``.
        own: of ``class_config``.

    Raises:
        ValueError, TypeError: it does not make sense.
    """
    plain = {"class_name": "Model" if "nodes" in structure else "Sequential", "config": structure}
    return cast(Handle, model_of(plain if own is None else {**own, "kept": plain}))
