"""Strings such as ``"relu"`` are looked up in a module's ``__all__``; a wrong one names the nearest right one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any


def snake_case(name: str) -> str:
    """``GlorotUniform`` -> ``glorot_uniform``; ``MeanSquaredError`` -> ``mean_squared_error``; ``L1L2`` -> ``l1l2``.

    Example:
        >>> snake_case("SparseCategoricalCrossentropy"), snake_case("AdamW"), snake_case("ReLU")
        ('sparse_categorical_crossentropy', 'adam_w', 're_lu')
    """
    name = re.sub(r"([a-z])([A-Z])", r"\1_\2", name)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name).lower()


#: Names that a message lists at most.
_SHOWN = 24


def nearest(name: str, choices: Iterable[str]) -> str:
    """The end of an error message: ``; did you mean 'relu'?`` or the list of what there is."""
    import difflib  # needed for messages only

    choices = sorted(choices)
    close = difflib.get_close_matches(name.lower(), choices, n=1, cutoff=0.5)
    more = f" and {len(choices) - _SHOWN} others" if len(choices) > _SHOWN else ""
    return f"did you mean {close[0]!r}?" if close else f"choose one of {', '.join(choices[:_SHOWN])}{more}"


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def lookup(name: str, kind: str, table: ModuleType | Mapping[str, Any]) -> Any:
    """Find what ``name`` stands for.

    Case and underscores do not count, so ``"GlorotUniform"``, ``"glorot_uniform"`` and ``"Adam"``, ``"adam"`` agree.

    Args:
        name: what the user wrote.
        kind: for the message, e.g. ``"activation"``.
        table: a module (its ``__all__`` is searched) or a mapping from names to objects.

    Raises:
        ValueError: there is no such name; the message holds the nearest one.
    """
    if isinstance(table, ModuleType):
        table = {key: getattr(table, key) for key in table.__all__}
    for key, value in table.items():
        if _plain(key) == _plain(name):
            return value
    raise ValueError(f"unknown {kind} {name!r}: {nearest(name, (snake_case(k) for k in table))}")
