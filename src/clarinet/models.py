"""Models, by the names Keras has for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from clarinet import aliases, layers
from clarinet.configurable import is_ours
from clarinet.graph import Tensor, flatten, form_of, packed, replayed
from clarinet.model import Model, Sequential
from clarinet.names import public
from clarinet.ops.structures import leaves
from clarinet.registry import custom_object_scope
from clarinet.types import AnyTensor, TensorLike

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Function", "Model", "Sequential", "clone_model", "load_model", "model_from_json", "save_model"]

Clone = Callable[[layers.Layer], layers.Layer]


def __dir__() -> list[str]:
    return public(globals())


if not TYPE_CHECKING:
    __getattr__ = aliases.attribute_of(__name__)


class Function:
    """What computes some tensors of a network from others; it shares the layers, and does not learn.

    Args:
        inputs, outputs: a tensor, or lists, tuples or dictionaries of them.
        name: for people.

    Raises:
        TypeError: something else than tensors. ValueError: an output needs an input that is not among the inputs.

    Example:
        >>> import clarinet, numpy as np
        >>> x = clarinet.Input((2,))
        >>> hidden = clarinet.layers.Dense(3)(x)
        >>> features = Function([x], [hidden])
        >>> [found.shape for found in features([np.ones((4, 2))])]
        [(4, 3)]
    """

    def __init__(self, inputs: object, outputs: object, name: str | None = None) -> None:
        self._model, self._form = Model(inputs, outputs, name), form_of(outputs)
        self.name = name or "function"

    @property
    def inputs(self) -> list[Tensor]:
        """The tensors that it begins with."""
        return self._model.inputs

    @property
    def outputs(self) -> list[Tensor]:
        """The tensors that it ends with."""
        return self._model.outputs

    def __call__(self, inputs: TensorLike) -> AnyTensor:
        """The outputs for arrays, or for tensors of another network, in the structure that they were given in."""
        return cast(AnyTensor, packed(leaves(self._model(inputs)), self._form))


def load_model(
    path: str | Path, custom_objects: Mapping[str, object] | None = None, compile: bool = True, safe_mode: bool = True
) -> Model:
    """Read a model that ``model.save`` wrote; runs no code from the file. See :func:`clarinet.saving.load`.

    Args:
        path: of the file.
        custom_objects: classes and functions of one's own by name; what is not given is the operations that the file
            keeps of it.
        compile: whether it is compiled as it was; default True.
        safe_mode: accepted for Keras programs: no file ever runs code here.
    """
    return Model.load(path, custom_objects, compile)


def save_model(model: Model, path: str | Path) -> None:
    """Write a model; see :func:`clarinet.saving.save`."""
    model.save(path)


def model_from_json(json_string: str, custom_objects: Mapping[str, object] | None = None) -> Model:
    """The model that ``model.to_json()`` described, here or in Keras 3, with fresh weights; not compiled.

    Args:
        json_string: of ``to_json``.
        custom_objects: classes and functions of one's own by name.

    Raises:
        ValueError, TypeError: it describes no model.

    Example:
        >>> import clarinet
        >>> model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1)])
        >>> model_from_json(model.to_json()).count_params()
        3
    """
    import json

    from clarinet.exchange.keras_models import ModelReader

    described = json.loads(json_string)
    with custom_object_scope(custom_objects or {}):
        found = ModelReader().made(described) if "module" in described else layers.get(described)
    if not isinstance(found, Model):
        raise TypeError(f"model_from_json: expected the description of a model, received that of {found!r}")
    return found


def clone_model(
    model: Model,
    input_tensors: TensorLike | None = None,
    clone_function: Callable[[layers.Layer], layers.Layer] | None = None,
) -> Model:
    """A model of the same structure with fresh weights; not compiled.

    Args:
        model: the model to imitate.
        input_tensors: tensors in the place of the model's inputs; default None: inputs of its own.
        clone_function: makes the clone of each layer, but for inputs; default: a layer of the same class and settings.
            A layer that it returns as it is, is shared.

    Example:
        >>> import clarinet
        >>> model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1)])
        >>> clarinet.models.clone_model(model).get_weights()[0].shape
        (2, 1)
    """
    clone = _clone_model(model, clone_function, {})
    if input_tensors is None:
        return clone
    outputs = replayed(clone.network, cast("list[AnyTensor]", flatten(input_tensors)))
    return Model(input_tensors, packed(outputs, clone._output_form), model.name)


def _clone_model(model: Model, function: Clone | None, made: dict[int, layers.Layer]) -> Model:
    if not is_ours(type(model), "__init__"):
        clone = type(model).from_config(model.get_config())
        if model.built:
            clone.build_as(model.structure_config())
        return clone
    clones = [_clone(layer, function, made) for layer in model.layers]
    return type(model).from_structure(model.structure_config(), clones)


def _clone(layer: Any, function: Clone | None, made: dict[int, layers.Layer]) -> layers.Layer:
    """The clone of a layer; of one that several models have, one."""
    if id(layer) not in made:
        made[id(layer)] = _cloned(layer, function, made)
    return made[id(layer)]


def _cloned(layer: Any, function: Clone | None, made: dict[int, layers.Layer]) -> layers.Layer:
    if function is not None and not layer.is_input:
        return function(layer)
    if layer.is_model:
        return cast(layers.Layer, _clone_model(layer, None, made))
    if layer.is_authored and is_ours(type(layer), "__init__"):  # a function, or what a file keeps of a class
        return layers.get(layer.encoded())
    return cast(layers.Layer, type(layer).from_config(layer.get_config()))
