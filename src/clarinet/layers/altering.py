"""Settings of a layer that is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Protocol, cast

#: What may be changed, as no shape and no weight depends on it. Regularizers and constraints count for weights that are
#: made afterwards, as in Keras: in a copy of the model by its configuration.
_FREE: Final = frozenset({"activation", "rate", "momentum", "epsilon", "activity_regularizer"})
_LATER: Final = ("_regularizer", "_constraint")


class Computes(Protocol):
    """A model, as far as it is told."""

    def forget_engine(self) -> None: ...


class Made(Protocol):
    """A layer, as far as it is changed."""

    name: str

    @property
    def __dataclass_fields__(self) -> Mapping[str, object]: ...

    def check(self) -> None: ...

    def models(self) -> Iterable[object]: ...


def alter(layer: Made, name: str, value: object) -> None:
    """Change a setting; the models that have the layer compute with it from their next call or training on.

    Raises:
        AttributeError: it is no setting, or shapes and weights depend on it.
    """
    if name == "_name":  # as programs of earlier times renamed layers
        layer.name = str(value)
        return
    kind = type(layer).__name__
    if name not in layer.__dataclass_fields__:
        raise AttributeError(
            f"{kind}.{name}: the settings of a layer are the fields of a dataclass: write "
            f"@dataclass(eq=False, repr=False) above the class and {name}: int = ... within it, no __init__"
        )
    if name not in _FREE and not name.endswith(_LATER):
        raise AttributeError(f"{kind}.{name} is fixed once the layer is made; make a new layer with {name}={value!r}")
    before = vars(layer).get(name)
    object.__setattr__(layer, "_frozen", False)
    try:
        setattr(layer, name, value)
        layer.check()
    except BaseException:
        object.__setattr__(layer, name, before)
        raise
    finally:
        object.__setattr__(layer, "_frozen", True)
    for model in layer.models():
        cast(Computes, model).forget_engine()
