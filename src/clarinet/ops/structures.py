"""Tensors in lists, tuples and dictionaries, inside each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from clarinet.problems import shown
from clarinet.variables import Variable

#: What most structures hold: to ask whether something is a ``Mapping`` takes longer.
_NUMBERS = (np.ndarray, Variable)


def leaves(structure: object) -> Iterator[object]:
    """What a structure holds, in order; a dictionary's in the order of its sorted keys; None is nothing.

    Example:
        >>> list(leaves({"b": 3, "a": [1, (2, None)]}))
        [1, 2, 3]
    """
    if isinstance(structure, _NUMBERS):
        yield structure
    elif isinstance(structure, Mapping):
        for key in sorted(structure):
            yield from leaves(structure[key])
    elif isinstance(structure, (list, tuple)):
        for item in structure:
            yield from leaves(item)
    elif structure is not None:
        yield structure


def paired(structure: object, other: object) -> Iterator[object]:
    """What ``other`` has where ``structure`` has something, in the order of :func:`leaves`.

    Raises:
        ValueError: ``other`` is built otherwise.

    Example:
        >>> list(paired({"b": 3, "a": [1]}, {"a": [[1, 2]], "b": "x"}))
        [[1, 2], 'x']
    """
    if isinstance(structure, Mapping):
        if not isinstance(other, Mapping) or other.keys() != structure.keys():
            raise ValueError(f"expected a dictionary with the keys {sorted(structure)}, received {shown(other)}")
        for key in sorted(structure):
            yield from paired(structure[key], other[key])
    elif isinstance(structure, (list, tuple)):
        if not isinstance(other, (list, tuple)) or len(other) != len(structure):
            raise ValueError(f"expected {len(structure)} in a list, received {shown(other)}")
        for item, counterpart in zip(structure, other):
            yield from paired(item, counterpart)
    elif structure is not None:
        yield other


def like(structure: object, values: Iterable[object]) -> object:
    """The same structure, with other values for what it holds.

    Example:
        >>> like({"b": 3, "a": [1, (2, None)]}, "xyz")
        {'b': 'z', 'a': ['x', ('y', None)]}
    """
    values = iter(values)
    if isinstance(structure, _NUMBERS):
        return next(values)
    if isinstance(structure, Mapping):
        found = {key: like(structure[key], values) for key in sorted(structure)}
        return {key: found[key] for key in structure}
    if isinstance(structure, (list, tuple)):
        items = [like(item, values) for item in structure]
        kind: Callable[..., object] = type(structure)
        return kind(*items) if hasattr(structure, "_fields") else kind(items)
    return None if structure is None else next(values)


def number_form(structure: object) -> tuple[object, list[object]]:
    """How a structure of tuples and dictionaries is built, and what is in it.

    Example:
        >>> number_form(({"a": "x"}, "y"))
        (({'a': 0}, 1), ['x', 'y'])
    """
    found: list[object] = []

    def form(value: object) -> object:
        if isinstance(value, Mapping):
            return {key: form(inner) for key, inner in value.items()}
        if isinstance(value, tuple):
            items = [form(inner) for inner in value]
            return as_tuple(value, items)
        found.append(value)
        return len(found) - 1

    return form(structure), found


def as_tuple(like: tuple[object, ...], items: Sequence[object]) -> tuple[object, ...]:
    """Items as a tuple of the same class, which may name them."""
    kind: Callable[..., tuple[object, ...]] = type(like)
    return kind(*items) if hasattr(like, "_fields") else tuple(items)


def built(form: object, values: Sequence[object]) -> object:
    """The structure of a form, with values in their places.

    Example:
        >>> built(({"a": 0}, 1), ["x", "y"])
        ({'a': 'x'}, 'y')
    """
    if isinstance(form, Mapping):
        return {key: built(inner, values) for key, inner in form.items()}
    if isinstance(form, tuple):
        return as_tuple(form, [built(inner, values) for inner in form])
    assert isinstance(form, int)
    return values[form]
