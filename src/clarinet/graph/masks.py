"""Masks: beside a tensor may stand another one, of truth values, that says which of its steps count.

A layer that knows which do (``Embedding(mask_zero=True)``, ``Masking``) gives its output a mask, layers in between pass
it on, and those that look at steps one by one are told. To a network a mask is a tensor like others.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from clarinet.graph.forms import flatten
from clarinet.graph.nodes import Network, Node, Operator, Tensor, making
from clarinet.graph.used import Argument
from clarinet.ops.specs import TensorSpec
from clarinet.ops.structures import leaves
from clarinet.problems import ClarinetWarning
from clarinet.types import TensorLike

Masks = tuple[Tensor | None, ...]


class Maskable(Protocol):
    """A layer, as far as masks go; :class:`clarinet.layers.Layer` explains each part."""

    name: str

    @property
    def merges(self) -> bool:
        """Whether it takes several tensors."""

    @property
    def supports_masking(self) -> bool:
        """Whether masks pass through it."""

    @property
    def uses_mask(self) -> bool:
        """Whether it looks at the mask of what it takes."""

    def compute_mask(self, inputs: TensorLike, mask: TensorLike = None, /) -> object:
        """The mask of what it gives."""

    def in_place_of_masked(self, inputs: Sequence[TensorLike], masks: Sequence[TensorLike], /) -> Sequence[TensorLike]:
        """What it takes instead of tensors that have masks."""


def layer_node(
    operator: Operator,
    inputs: Sequence[Tensor],
    specs: tuple[TensorSpec, ...],
    training: bool | None,
    mask: object,
) -> Node:
    """The node of a layer without a ``call`` of the user's.

    Args:
        operator, inputs, specs, training: of the node.
        mask: said by the user; None: those of the inputs.
    """
    layer: Any = operator
    came: Masks = tuple(tensor.mask for tensor in inputs)
    previous: Any = mask if mask is not None else came if layer.merges else came[0]
    with making(masking=True):
        if any(mask is not None for mask in came):
            inputs = layer.in_place_of_masked(inputs, came)
        masks = masks_of(layer, inputs if layer.merges else inputs[0], previous, len(specs))
    looked_at = flatten(previous) if layer.uses_mask and previous is not None else []
    brought = len(looked_at) if mask is None else 0
    inputs = (*inputs, *looked_at)
    return Node(layer, inputs, specs, training, masked=bool(looked_at), brought=brought, masks=masks)


def masks_of(layer: Maskable, inputs: object, previous: object, outputs: int) -> Masks:
    """The masks of so many tensors that a layer gives; empty where none has one.

    Args:
        layer: with or without a ``call`` of the user's.
        inputs: the tensor that it takes, or a structure of them.
        previous: the mask of that, or a structure of masks.
        outputs: how many tensors it gives.
    """
    if not layer.supports_masking:
        if any(mask is not None for mask in leaves(previous)) and not layer.uses_mask:
            _warn_of_lost(layer)
        return ()
    found = layer.compute_mask(inputs, previous)
    masks = (*_flat(found), *(None,) * outputs)[:outputs]
    return masks if any(mask is not None for mask in masks) else ()


def _flat(masks: object) -> tuple[Any, ...]:
    return tuple(masks) if isinstance(masks, (list, tuple)) else (masks,)


def _warn_of_lost(layer: Maskable) -> None:
    warnings.warn(
        f"layer {layer.name or type(layer).__name__!r} ({type(layer).__name__}) does not support masking: the mask of "
        "its input ends here, and layers behind it count all steps",
        ClarinetWarning,
        stacklevel=2,
    )


def of_network(
    operator: Operator,
    inputs: Sequence[Tensor],
    inner: Network,
    masks: Masks,
    training: bool | None = None,
    specs: tuple[TensorSpec, ...] = (),
    call: Mapping[str, object] | None = None,
) -> Node:
    """The node of a network within another one, and of the masks that come out of it beside its tensors.

    Args:
        operator: the layer or model.
        inputs: the tensors that it takes.
        inner: what it is made of: its inputs stand for those tensors, and then for their masks, each once.
        masks: within it, of each tensor that it gives.
        training: of the node.
        specs: of the tensors that it gives; default: as in ``inner``.
        call: of the node.
    """
    came, go = each_once(tensor.mask for tensor in inputs), each_once(masks)
    numbers = {mask: len(inner.outputs) + number for number, mask in enumerate(go)}
    whole = replace(inner, outputs=(*inner.outputs, *go))
    given = (*(specs or (t.spec for t in inner.outputs)), *(mask.spec for mask in go))
    own = tuple(None if mask is None else numbers[mask] for mask in masks) if go else ()
    return Node(operator, (*inputs, *came), given, training, whole, call, brought=len(came), masks=own)


def each_once(masks: Iterable[Tensor | None]) -> tuple[Tensor, ...]:
    """Masks without those that are not there, or came before."""
    return tuple(dict.fromkeys(mask for mask in masks if mask is not None))


def arguments(specs: Sequence[TensorSpec], masks: Masks) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Tensors that stand within a network for those that it takes, and others for their masks, each once.

    Args:
        specs: of the tensors.
        masks: of each, outside.
    """
    inside = {
        mask: Tensor(Node(Argument(f"mask_{number}"), (), (mask.spec,))) for number, mask in enumerate(each_once(masks))
    }
    tensors = tuple(
        Tensor(Node(Argument(f"input_{number}"), (), (spec,), masks=(None if mask is None else inside[mask],)))
        for number, (spec, mask) in enumerate(zip(specs, masks, strict=True))
    )
    return tensors, tuple(inside.values())
