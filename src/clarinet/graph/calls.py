"""Functions that say ``call``, called on tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import signature

import numpy as np

from clarinet.graph.forms import flatten, form_of, packed
from clarinet.graph.nodes import Node, Tensor, making
from clarinet.graph.used import Choice
from clarinet.ops.batches import tracing
from clarinet.ops.tensor import tensor
from clarinet.sizes import SizeAsked


class Training:
    """What a ``call`` is given for ``training`` while nobody knows: it may be handed on to layers, not asked."""

    class Asked(Exception):
        """Somebody has asked."""

    def __bool__(self) -> bool:
        raise self.Asked

    def __eq__(self, other: object) -> bool:
        raise self.Asked

    __hash__ = object.__hash__


UNKNOWN_TRAINING = Training()


def chosen(in_training: Sequence[Tensor], in_use: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Each of the first tensors in training, and of the second ones in use.

    Raises:
        ValueError: they do not go together.
    """
    if [t.spec for t in in_training] != [t.spec for t in in_use]:
        shapes = [", ".join(str(t.shape) for t in tensors) for tensors in (in_training, in_use)]
        raise ValueError(
            f"call gives tensors of shape {shapes[0]} in training and {shapes[1]} otherwise; expected one shape"
        )
    return tuple(map(_choice, in_training, in_use))


def _choice(in_training: Tensor, in_use: Tensor) -> Tensor:
    masks = in_training.mask, in_use.mask
    mask = None if None in masks else _choice(*masks)  # type: ignore[arg-type]
    return Tensor(Node(Choice(), (in_training, in_use), (in_training.spec,), masks=(mask,)))


def called(
    call: Callable[..., object], args: Sequence[object], settings: Mapping[str, object]
) -> tuple[object, list[Node]]:
    """What a ``call`` makes of tensors, and the nodes that change weights.

    One that asks whether it is in training is called for both, and the tensors are those of either. One that asks an
    array among its layer's attributes for as many entries as a size that is not known is called with a tensor in the
    place of each such array.

    Args:
        call: of a layer or model.
        args, settings: what it is given; ``training`` is said where it takes that.
    """
    try:
        return _called(call, args, settings)
    except SizeAsked:
        own = vars(getattr(call, "__self__", call))
        arrays = {
            name: value for name, value in own.items() if type(value) is np.ndarray and value.dtype.kind in "biuf"
        }
        if not arrays:
            raise
        own.update({name: tensor(value) for name, value in arrays.items()})
        try:
            return _called(call, args, settings)
        finally:
            own.update(arrays)


def _called(
    call: Callable[..., object], args: Sequence[object], settings: Mapping[str, object]
) -> tuple[object, list[Node]]:
    asks = "training" in signature(call).parameters
    wanted = settings.get("training")
    others = {name: value for name, value in settings.items() if name != "training"}
    updates: list[Node] = []
    with making(updates=updates), tracing((args, others)):
        if not asks or wanted is not None:
            return call(*args, **others, **({"training": wanted} if asks else {})), updates
        try:
            return call(*args, **others, training=UNKNOWN_TRAINING), updates
        except Training.Asked:
            updates.clear()
        with making(when=True):
            in_training = call(*args, **others, training=True)
        with making(when=False):
            in_use = call(*args, **others, training=False)
        return packed(chosen(flatten(in_training), flatten(in_use)), form_of(in_use)), updates
