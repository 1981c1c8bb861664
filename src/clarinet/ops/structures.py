"""Tensors in lists, tuples and dictionaries, inside each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from clarinet.problems import shown


def leaves(structure: object) -> Iterator[object]:
    """What a structure holds, in order; a dictionary's in the order of its sorted keys; None is nothing.

    Example:
        >>> list(leaves({"b": 3, "a": [1, (2, None)]}))
        [1, 2, 3]
    """
    if isinstance(structure, Mapping):
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
    if isinstance(structure, Mapping):
        found = {key: like(structure[key], values) for key in sorted(structure)}
        return {key: found[key] for key in structure}
    if isinstance(structure, (list, tuple)):
        items = [like(item, values) for item in structure]
        kind: Callable[..., object] = type(structure)
        return kind(*items) if hasattr(structure, "_fields") else kind(items)
    return None if structure is None else next(values)
