"""What a call is given, in order and by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from typing import cast

import numpy as np

from clarinet.graph import is_symbolic
from clarinet.ops.structures import leaves
from clarinet.types import TensorLike
from clarinet.variables import Variable


def training_in_order(
    call: Callable[..., object], given: tuple[TensorLike, ...], training: bool | None, settings: dict[str, object]
) -> tuple[tuple[TensorLike, ...], bool | None]:
    """What a call is given but ``training``, and that, where it stands among the others in its place.

    What comes behind it is put into ``settings``.

    Example:
        >>> def call(x, training=None, mask=None): ...
        >>> training_in_order(call, (1.0, True), None, {})
        ((1.0,), True)
    """
    names = [name for name, each in signature(call).parameters.items() if each.kind is each.POSITIONAL_OR_KEYWORD]
    place = names.index("training") if "training" in names else len(given)
    if not 0 < place < len(given):
        return given, training
    settings |= dict(zip(names[place + 1 :], given[place + 1 :]))
    return given[:place], cast("bool | None", given[place])


def next_in_order(call: Callable[..., object], given: int, settings: dict[str, object]) -> list[object]:
    """Tensors that are given by name and come next in order; they are taken out of ``settings``."""
    found = []
    for name, each in list(signature(call).parameters.items())[given:]:
        value = settings.get(name)
        plain = each.kind is each.POSITIONAL_OR_KEYWORD and not name.endswith("mask")
        if not plain or not (is_symbolic(value) or any(isinstance(x, (np.ndarray, Variable)) for x in leaves(value))):
            break
        found.append(settings.pop(name))
    return found


def without_masks(settings: Mapping[str, object]) -> list[object]:
    """What a call is given by name, but for masks."""
    return [value for name, value in settings.items() if not name.endswith("mask")]
