"""Structures of tensors: lists, tuples and dictionaries, within each other, as users give and get them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from reprlib import repr as short
from typing import TypeVar

import numpy as np

from clarinet.graph.nodes import Network, Tensor, as_tensor
from clarinet.ops.structures import leaves
from clarinet.types import Json

T = TypeVar("T")

#: Tensors as users give and get them: one, or a list, tuple or dictionary of them, within each other.
Structure = Tensor | Sequence["Structure"] | Mapping[str, "Structure"]


def is_symbolic(value: object) -> bool:
    """Whether a value is a tensor, or a structure that begins with one."""
    while isinstance(value, (list, tuple, Mapping)) and value:
        value = next(iter(value.values())) if isinstance(value, Mapping) else value[0]
    return isinstance(value, Tensor)


def flatten(structure: object) -> list[Tensor]:
    """The tensors of a structure in order, those of a dictionary in the order of its sorted keys.

    Raises:
        TypeError: it holds something else.

    Example:
        >>> import clarinet
        >>> a, b = clarinet.Input((1,)), clarinet.Input((2,))
        >>> [t.shape for t in flatten({"second": b, "first": [a]})]
        [(None, 1), (None, 2)]
    """
    found = []
    leaves = list(_leaves(structure))
    known = any(isinstance(leaf, Tensor) for leaf in leaves)
    for leaf in leaves:
        if known and isinstance(leaf, np.ndarray) and leaf.dtype.kind in "biuf":  # numbers beside tensors
            leaf = as_tensor(leaf)
        if not isinstance(leaf, Tensor):
            raise TypeError(
                f"expected tensors of a network, received {short(leaf)}: give tensors alone, as Input and calls of "
                "layers make them, to go on with the network"
            )
        found.append(leaf)
    return found


def _leaves(structure: object) -> Iterator[object]:
    if isinstance(structure, Mapping):
        for key in sorted(structure):
            yield from _leaves(structure[key])
    elif isinstance(structure, (list, tuple)):
        for item in structure:
            yield from _leaves(item)
    else:
        yield structure


def packed(values: Iterable[T], like: object) -> object:
    """Values in the form of a structure of as many leaves, whose order is that of :func:`flatten`.

    Example:
        >>> packed([1, 2], {"second": None, "first": None})
        {'second': 2, 'first': 1}
    """
    rest = iter(values)

    def fill(structure: object) -> object:
        if isinstance(structure, Mapping):
            by_key = {key: fill(structure[key]) for key in sorted(structure)}
            return {key: by_key[key] for key in structure}
        if isinstance(structure, (list, tuple)):
            return type(structure)(map(fill, structure))
        return next(rest)

    return fill(like)


def form_of(structure: object) -> Json:
    """A structure of tensors with None in their places, as JSON can hold it (which makes lists of tuples)."""
    if isinstance(structure, Mapping):
        return {key: form_of(value) for key, value in structure.items()}
    if isinstance(structure, tuple):
        return tuple(form_of(item) for item in structure)
    return [form_of(item) for item in structure] if isinstance(structure, list) else None


def fits(network: Network, x: object) -> bool:
    """Whether a network that a ``call`` was traced as is one for samples of these sizes; others run as they stand."""
    sizes, own = [np.asarray(each).shape[1:] for each in leaves(x)], [t.sample_shape for t in network.inputs]
    same_ranks = [len(size) for size in sizes] == [len(shape) for shape in own]
    return not same_ranks or all(shape == size for shape, size in zip(own, sizes))
