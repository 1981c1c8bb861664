"""PyTorch's state dicts as safetensors: weights alone, both ways, with the layouts turned; PyTorch is not needed.

A module's tensors are those of one layer of ours; a recurrent module of several layers those of several.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from clarinet import files
from clarinet.exchange.torch_layouts import LAYOUTS, Tensors
from clarinet.graph import Node, Tensor
from clarinet.layers.base import Layer
from clarinet.saving.container import ModelFileError
from clarinet.saving.tensors import pack, unpack
from clarinet.types import Array

if TYPE_CHECKING:
    from clarinet.trainable import Trainable

#: Shapes of tensors by their names.
Shapes = Mapping[str, tuple[int, ...]]
#: Of a recurrent module: the tensor, the number of the layer, and whether it goes backwards.
_RECURRENT = re.compile(r"(weight_ih|weight_hh|bias_ih|bias_hh)_l(\d+)(_reverse)?")
_COUNTER = "num_batches_tracked"


@dataclass(frozen=True)
class _Module:
    """What a file has of a module: its name, the number of the layer in it, and its tensors."""

    name: str
    number: int
    tensors: Tensors

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {name: array.shape for name, array in sorted(self.tensors.items())}

    def __str__(self) -> str:
        more = f" (its layer {self.number})" if self.number else ""
        return f"{self.name or 'the module'!r}{more} with {_shown(self.shapes)}"


def load_state_dict(model: Trainable, path: str | Path, names: Mapping[str, str] | None = None) -> None:
    """Read the weights of a PyTorch module from a safetensors file, as ``safetensors.torch.save_file`` writes its
    ``state_dict()``, into a model of the same structure.

    Modules and layers belong together that have one name, or that ``names`` says; of the others those whose tensors
    have the same shapes, in the order of the layers and of the modules' names (``2`` before ``10``). Layouts are
    turned: kernels of Linear, Conv, ConvTranspose and depthwise convolutions, gates of LSTM and GRU, both biases of
    LSTM and RNN added up, and the rows of a Dense layer behind Flatten, where PyTorch has the channels first.

    Args:
        model: built; layers Dense, Conv, ConvTranspose, DepthwiseConv, BatchNormalization, LayerNormalization,
            GroupNormalization, Embedding, PReLU, LSTM, GRU, SimpleRNN, and Bidirectional around these.
        path: of the file.
        names: of modules by those of layers, e.g. ``{"dense": "classifier.0"}``.

    Raises:
        ValueError: the model is not built, or has layers with weights that PyTorch's have no form for.
        ModelFileError: no such file, or modules and layers do not go together; both sides are named. Nothing is
            changed then.

    Example:
        >>> import clarinet, pathlib, tempfile
        >>> from clarinet.exchange import load_state_dict, save_state_dict
        >>> model = clarinet.Sequential([clarinet.Input((4,)), clarinet.layers.Dense(3, name="fc")])
        >>> path = pathlib.Path(tempfile.mkdtemp(), "fc.safetensors")
        >>> save_state_dict(model, path)
        >>> load_state_dict(model, path)
    """
    path = Path(path)
    set_state_dict(model, unpack(path, "the file", files.current(path).read_bytes()), names, path)


def set_state_dict(
    model: Trainable, tensors: Tensors, names: Mapping[str, str] | None = None, path: Path = Path("state dict")
) -> None:
    """The weights of a PyTorch module from its ``state_dict()`` of arrays; as :func:`load_state_dict`.

    Args:
        model: built. tensors: by their names in the module. names: of modules by those of layers.
        path: where they are from, for messages.

    Raises:
        ValueError, ModelFileError: as :func:`load_state_dict`.
    """
    pairs = _paired(path, list(_layers(model)), _modules(tensors), names or {})
    new = [(layer, layout.ours(module.tensors)) for layer, layout, module in pairs]
    for layer, weights in new:
        layer.set_weights(weights)


def save_state_dict(model: Trainable, path: str | Path) -> None:
    """Write a model's weights as a PyTorch module of the same structure has them in its ``state_dict()``, in a
    safetensors file; ``module.load_state_dict(safetensors.torch.load_file(path))`` reads it.

    A layer's module is called as the layer; layers within others get names with dots. Layouts are turned as in
    :func:`load_state_dict`, which says which layers there are.

    Args:
        model: built.
        path: of the file.

    Raises:
        ValueError: the model is not built, or has layers with weights that PyTorch's have no form for.
    """
    tensors: Tensors = {}
    for name, layer, layout in _layers(model):
        for suffix, array in layout.theirs(layer.get_weights()).items():
            tensors[f"{name}.{suffix}"] = array
    files.write(Path(path), pack(tensors))


# The model's layers.


@dataclass(frozen=True)
class _Layout:
    """How a layer's weights stand in a state dict.

    Attributes:
        layer: whose they are.
        rows: of a Dense layer behind Flatten: where each of PyTorch's columns stands; None: in their order.
    """

    layer: Layer
    rows: Array | None = None

    def theirs(self, weights: Sequence[Array]) -> Tensors:
        """PyTorch's tensors."""
        found = LAYOUTS[type(self.layer)](self.layer).theirs([np.asarray(w, np.float32) for w in weights])
        if self.rows is not None:
            found["weight"] = np.ascontiguousarray(found["weight"][:, self.rows])
        return found

    def ours(self, tensors: Tensors) -> list[Array]:
        """The layer's weights."""
        given = {name: array for name, array in tensors.items() if name != _COUNTER}
        if self.rows is not None:
            back = np.empty_like(given["weight"])
            back[:, self.rows] = given["weight"]
            given["weight"] = back
        return LAYOUTS[type(self.layer)](self.layer).ours(given)


_Wanted = tuple[str, Layer, _Layout]


def _layers(model: Trainable) -> Iterator[_Wanted]:
    """The layers that have weights, with their names."""
    if not model.built:
        raise ValueError("state_dict: the model has no weights yet; build it first, e.g. with Input(shape)")
    strange = [layer for _, layer in _leaves(model) if type(layer) not in LAYOUTS]
    if strange:
        shown = ", ".join(f"{layer.name} ({type(layer).__name__})" for layer in strange[:5])
        raise ValueError(f"state_dict: {shown}: PyTorch has no module whose tensors are those of this layer")
    turned = _behind_flatten(model)
    for name, layer in _leaves(model):
        yield name, layer, _Layout(layer, turned.get(id(layer)))


def _leaves(layer: Trainable | Layer, name: str = "") -> Iterator[tuple[str, Layer]]:
    """Layers with weights of their own, depth first, each once, with dotted names."""
    seen: set[int] = set()
    within: Any = layer
    for child in within.layers if within.is_model else within.children:
        if id(child) in seen or not child.weights:
            continue
        seen.add(id(child))
        whole = f"{name}.{child.name}" if name else str(child.name)
        if type(child) in LAYOUTS or not (child.is_model or child.children):
            yield whole, child
        else:
            yield from _leaves(child, whole)


def _behind_flatten(model: Trainable) -> dict[int, Array]:
    """The order of rows of Dense layers that take flattened pictures, whose channels PyTorch has first."""
    found: dict[int, Array] = {}
    for node in model.network.nodes:
        layer = node.operator
        if getattr(layer, "is_model", False):
            found |= _behind_flatten(cast("Trainable", layer))
        if getattr(layer, "weighted_sum", None) == "dense" and node.inputs:
            shape = _pictures(node.inputs[0])
            if shape is not None:
                found[id(layer)] = np.moveaxis(np.arange(np.prod(shape)).reshape(shape), -1, 0).ravel()
    return found


def _pictures(tensor: Tensor) -> tuple[int, ...] | None:
    """The shape of the pictures that were flattened, channels last; None where there are none."""
    node = tensor.node
    while node.inputs and not _reshapes(node) and not getattr(node.operator, "weighted_sum", None):
        node = node.inputs[0].node
    flattened = _reshapes(node) and len(node.outputs[0].sample_shape) == 1
    if not flattened or getattr(node.operator, "data_format", None) == "channels_first":
        return None
    shape, before = node.inputs[0].sample_shape, node.inputs[0].node
    while before.inputs and not hasattr(before.operator, "channels_first"):
        if getattr(before.operator, "weighted_sum", None):
            return None
        before = before.inputs[0].node
    spatial = not getattr(before.operator, "channels_first", True)
    return tuple(shape) if spatial and len(shape) > 1 else None


def _reshapes(node: Node) -> bool:
    """Whether a node's layer gives its numbers another shape."""
    return bool(node.inputs) and getattr(node.operator, "passes_through", "") == "reshape"


# The file's modules.


def _modules(tensors: Tensors) -> list[_Module]:
    """What a file holds, by modules and by the layers of recurrent ones, in the natural order of their names."""
    found: dict[tuple[str, int], Tensors] = {}
    for key, array in tensors.items():
        name, _, own = key.rpartition(".")
        recurrent = _RECURRENT.fullmatch(own)
        number = int(recurrent[2]) if recurrent else 0
        suffix = f"{recurrent[1]}{recurrent[3] or ''}" if recurrent else own
        if suffix != _COUNTER:
            found.setdefault((name, number), {})[suffix] = array
    every = [_Module(name, number, own) for (name, number), own in found.items()]
    return sorted(every, key=lambda module: (_natural(module.name), module.number))


def _natural(name: str) -> list[tuple[int, int, str]]:
    """A key that puts ``layer2`` before ``layer10``."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.findall(r"\d+|\D+", name)]


def _paired(
    path: Path, wanted: Sequence[_Wanted], found: list[_Module], names: Mapping[str, str]
) -> Iterable[tuple[Layer, _Layout, _Module]]:
    """Each layer with its module."""
    left, pairs = [*found], []
    unknown = names.keys() - {name for name, _, _ in wanted}
    if unknown:
        raise ModelFileError(f"{path}: names: the model has no layer {sorted(unknown)[0]!r} with weights")
    for name, layer, layout in sorted(wanted, key=lambda each: each[0] not in names):
        shapes = {n: a.shape for n, a in sorted(layout.theirs(layer.get_weights()).items()) if n != _COUNTER}
        own = names.get(name, name)
        named = next((module for module in left if module.name == own), None)
        fits = [module for module in left if module.shapes == shapes]
        if named is not None and named.shapes == shapes:
            module = named
        elif name in names or named is not None or not fits:
            raise ModelFileError(_mismatch(path, name, layer, shapes, named, left, own if name in names else None))
        else:
            reserved = {other for other, _, _ in wanted if other != name}
            module = next((each for each in fits if each.name not in reserved), fits[0])
        left.remove(module)
        pairs.append((layer, layout, module))
    if left:
        raise ModelFileError(
            f"{path}: the model has {len(wanted)} layers with weights, the file {len(found)} modules: no layer is left "
            f"for {left[0]}"
        )
    return pairs


def _mismatch(
    path: Path, name: str, layer: Layer, shapes: Shapes, named: _Module | None, left: list[_Module], own: str | None
) -> str:
    begin = f"{path}: the layer {name!r} ({type(layer).__name__}) expects {_shown(shapes)}"
    if named is not None:
        return f"{begin}; the file has {named}"
    if own is not None:
        return f"{begin}; the file has no module {own!r}"
    there = "; ".join(map(str, left[:3])) or "no module"
    return f"{begin}; the file has {there} left for it; names= says which module is which layer's"


def _shown(shapes: Shapes) -> str:
    return ", ".join(f"{name} {tuple(shape)}" for name, shape in shapes.items())
