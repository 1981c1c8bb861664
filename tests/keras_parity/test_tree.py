"""Structures of lists, tuples and dictionaries: the same answers as Keras gives."""

from collections import OrderedDict, defaultdict, namedtuple

import pytest

from clarinet import tree

Point = namedtuple("Point", "x y")
STRUCTURES = [
    1,
    [],
    {"b": 3, "a": [1, (2, None)]},
    (Point(1, [2, 3]), {"z": OrderedDict(c=1, a=2)}),
    defaultdict(list, {"k": [1, 2]}),
]


@pytest.mark.parametrize("structure", STRUCTURES, ids=repr)
def test_as_in_keras(structure):
    import keras

    for name in ("flatten", "flatten_with_path", "is_nested", "lists_to_tuples"):
        assert getattr(tree, name)(structure) == getattr(keras.tree, name)(structure), name
    count = len(tree.flatten(structure))
    for name, arguments in {
        "map_structure": (lambda x: (x or 0) + 1, structure),
        "pack_sequence_as": (structure, list(range(count))),
        "traverse": (lambda x: "list" if isinstance(x, list) else None, structure),
    }.items():
        ours, theirs = getattr(tree, name)(*arguments), getattr(keras.tree, name)(*arguments)
        assert ours == theirs and type(ours) is type(theirs), name


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tree.assert_same_structure({"a": [1, 2]}, {"a": [1]}), "the structures differ at a:"),
        (lambda: tree.assert_same_structure([1], (1,)), "the structures differ"),
        (lambda: tree.assert_same_paths([1], [1, 2]), "only one has"),
        (lambda: tree.pack_sequence_as([1], [1, 2]), "1 leaves, and 2 to put there"),
        (lambda: tree.map_structure(sum), "at least one structure"),
        (lambda: tree.map_structure_up_to([0], len, [[1], [2]]), "expected a structure like"),
    ],
)
def test_structures_that_do_not_go_together(call, message):
    with pytest.raises(ValueError, match=message):
        call()
