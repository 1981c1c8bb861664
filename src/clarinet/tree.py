"""Lists, tuples and dictionaries inside each other: their leaves, and the same structure with others, as in Keras.

Dictionaries come in the order of their sorted keys, an OrderedDict in its own. None is a leaf. Named tuples and
dictionaries keep their class.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from clarinet.names import public
from clarinet.problems import shown

__all__ = [
    "MAP_TO_NONE",
    "assert_same_paths",
    "assert_same_structure",
    "flatten",
    "flatten_with_path",
    "is_nested",
    "lists_to_tuples",
    "map_shape_structure",
    "map_structure",
    "map_structure_up_to",
    "pack_sequence_as",
    "traverse",
]


def __dir__() -> list[str]:
    return public(globals())


#: Where a leaf is, from the outermost structure on: keys and places.
Path = tuple[object, ...]


class MAP_TO_NONE:  # Keras's name
    """What the function of :func:`traverse` returns for None; None itself means "go on"."""


def is_nested(structure: object) -> bool:
    """Whether it is a list, tuple or dictionary.

    Example:
        >>> is_nested([1]), is_nested({}), is_nested("ab")
        (True, True, False)
    """
    return isinstance(structure, (list, tuple, Mapping))


def _children(structure: Any) -> list[tuple[object, object]]:
    """Keys or places, and what is there."""
    if isinstance(structure, Mapping):
        return [(key, structure[key]) for key in _keys(structure)]
    return list(enumerate(structure))


def _keys(structure: Mapping[Any, object]) -> list[Any]:
    return list(structure) if isinstance(structure, OrderedDict) else sorted(structure)


def _with(structure: Any, children: Sequence[object]) -> object:
    """The same structure with other children, in the order of :func:`_children`."""
    if isinstance(structure, Mapping):
        found = dict(zip(_keys(structure), children, strict=True))
        ordered = {key: found[key] for key in structure}
        if isinstance(structure, defaultdict):
            return defaultdict(structure.default_factory, ordered)
        return type(structure)(ordered) if type(structure) is not dict else ordered  # type: ignore[call-arg]
    kind: Callable[..., object] = type(structure)
    return kind(*children) if hasattr(structure, "_fields") else kind(children)


def _walk(structure: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    if not is_nested(structure):
        yield path, structure
        return
    for key, child in _children(structure):
        yield from _walk(child, (*path, key))


def flatten(structure: object) -> list[object]:
    """The leaves, in order.

    Example:
        >>> flatten({"b": 3, "a": [1, (2, None)]})
        [1, 2, None, 3]
    """
    return [leaf for _, leaf in _walk(structure)]


def flatten_with_path(structure: object) -> list[tuple[Path, object]]:
    """The leaves in order, each with its path of keys and places.

    Example:
        >>> flatten_with_path({"b": 3, "a": [1, 2]})
        [(('a', 0), 1), (('a', 1), 2), (('b',), 3)]
    """
    return list(_walk(structure))


def assert_same_structure(a: object, b: object, check_types: object = None) -> None:
    """Raise unless two structures have the same keys and places, in lists where the other has lists, and so on.

    Raises:
        ValueError: they differ; it says where.

    Example:
        >>> assert_same_structure([1, {"a": 2}], [3, {"a": None}])
    """
    _compare(a, b, ())


def _compare(a: object, b: object, path: Path) -> None:
    where = f" at {'/'.join(map(str, path))}" if path else ""
    if is_nested(a) != is_nested(b) or (is_nested(a) and _kind(a) is not _kind(b)):
        raise ValueError(f"the structures differ{where}: {shown(a)} beside {shown(b)}")
    if not is_nested(a):
        return
    ours, theirs = _children(a), _children(b)
    if [key for key, _ in ours] != [key for key, _ in theirs]:
        raise ValueError(f"the structures differ{where}: {shown(a)} beside {shown(b)}")
    for (key, x), (_, y) in zip(ours, theirs, strict=True):
        _compare(x, y, (*path, key))


def _kind(structure: object) -> type:
    return dict if isinstance(structure, Mapping) else type(structure)


def assert_same_paths(a: object, b: object) -> None:
    """Raise unless two structures have leaves at the same paths; a tuple may stand for a list.

    Raises:
        ValueError: they differ; it says which paths only one of them has.

    Example:
        >>> assert_same_paths([1, 2], (3, 4))
    """
    ours, theirs = ({path for path, _ in _walk(x)} for x in (a, b))
    if ours != theirs:
        raise ValueError(
            f"the structures have leaves at different paths: only one has {sorted(ours ^ theirs, key=str)}"
        )


def map_structure(func: Callable[..., object], *structures: object, none_is_leaf: bool = True) -> object:
    """The first structure with ``func(leaf, …)`` for its leaves, of which all structures give one.

    Args:
        func: of as many leaves as there are structures.
        structures: at least one, all built alike.
        none_is_leaf: False leaves None as it is where all structures have it; default True.

    Raises:
        ValueError: no structure, or different ones. TypeError: ``func`` cannot be called.

    Example:
        >>> map_structure(lambda a, b: a + b, {"x": 1, "y": [2]}, {"x": 10, "y": [20]})
        {'x': 11, 'y': [22]}
    """
    if not callable(func):
        raise TypeError(f"map_structure: expected a function, received {func!r}")
    if not structures:
        raise ValueError("map_structure: expected at least one structure")
    for other in structures[1:]:
        assert_same_structure(structures[0], other)

    def mapped(*leaves: object) -> object:
        nothing = not none_is_leaf and all(leaf is None for leaf in leaves)
        return None if nothing else func(*leaves)

    return map_structure_up_to(structures[0], mapped, *structures)


def map_structure_up_to(shallow_structure: object, func: Callable[..., object], *structures: object) -> object:
    """The shallow structure with ``func`` of what the others have at its leaves, which may be structures themselves.

    Raises:
        ValueError: a structure that is built otherwise.

    Example:
        >>> map_structure_up_to([0, 0], len, [[1, 2, 3], (4, 5)])
        [3, 2]
    """
    if not is_nested(shallow_structure):
        return func(*structures)
    keys = [key for key, _ in _children(shallow_structure)]
    columns = []
    for structure in structures:
        if not is_nested(structure) or [key for key, _ in _children(structure)] != keys:
            raise ValueError(f"expected a structure like {shown(shallow_structure)}, received {shown(structure)}")
        columns.append([child for _, child in _children(structure)])
    children = [child for _, child in _children(shallow_structure)]
    return _with(
        shallow_structure, [map_structure_up_to(*((child, func, *own))) for child, *own in zip(children, *columns)]
    )


def map_shape_structure(func: Callable[[object], object], structure: object) -> object:
    """:func:`map_structure` for a structure of shapes: a tuple or list of whole numbers and None is a leaf.

    Example:
        >>> map_shape_structure(lambda shape: shape[1:], {"a": (None, 3), "b": [(None, 2, 2)]})
        {'a': (3,), 'b': [(2, 2)]}
    """
    if isinstance(structure, (list, tuple)) and all(x is None or isinstance(x, int) for x in structure):
        return func(structure)
    if not is_nested(structure):
        raise ValueError(f"map_shape_structure: expected shapes such as (None, 3), received {shown(structure)}")
    return _with(structure, [map_shape_structure(func, child) for _, child in _children(structure)])


def pack_sequence_as(structure: object, flat_sequence: Sequence[object]) -> object:
    """The structure with other leaves, in the order of :func:`flatten`.

    Raises:
        ValueError: more or fewer leaves than the structure has.

    Example:
        >>> pack_sequence_as({"b": 0, "a": [0, 0]}, [1, 2, 3])
        {'b': 3, 'a': [1, 2]}
    """
    count = len(flatten(structure))
    if count != len(flat_sequence):
        raise ValueError(f"pack_sequence_as: a structure of {count} leaves, and {len(flat_sequence)} to put there")
    values = iter(flat_sequence)
    return map_structure(lambda _: next(values), structure)


def traverse(func: Callable[[object], object], structure: object, top_down: bool = True) -> object:
    """The structure with what ``func`` gives for its parts, structures as well as leaves; for None a part stays.

    Args:
        func: of a part; :class:`MAP_TO_NONE` stands for a None in its place.
        structure: any.
        top_down: structures before what is in them, which is left alone where ``func`` gives something; False: after.

    Example:
        >>> traverse(lambda part: sum(part) if isinstance(part, tuple) else None, [(1, 2), [3, (4,)]])
        [3, [3, 4]]
    """
    if top_down:
        found = func(structure)
        if found is not None:
            return None if found is MAP_TO_NONE else found
    if is_nested(structure):
        structure = _with(structure, [traverse(func, child, top_down) for _, child in _children(structure)])
    if top_down:
        return structure
    found = func(structure)
    return structure if found is None else None if found is MAP_TO_NONE else found


def lists_to_tuples(structure: object) -> object:
    """The structure with tuples for lists.

    Example:
        >>> lists_to_tuples([1, {"a": [2, [3]]}])
        (1, {'a': (2, (3,))})
    """
    return traverse(lambda part: tuple(part) if isinstance(part, list) else None, structure, top_down=False)
