"""Functions of TensorFlow by rows of a table: which operation each is, and what its arguments are called there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import signature
from typing import cast

from clarinet import ops
from clarinet.names import refuse_unknown
from clarinet.ops.tensor import Count
from clarinet.types import AnyTensor, TensorLike


def adapted(row: str) -> Callable[..., AnyTensor]:
    """The function of a row ``"operation theirs:ours argument=number"``.

    Arguments come in the operation's order; ``theirs:ours`` is one that has another name in TensorFlow, ``argument=``
    one whose default is another. ``name=`` is accepted and ignored.

    Example:
        >>> adapted("mean input_tensor:x")(input_tensor=[1.0, 3.0], name="average").tolist()
        2.0
    """
    operation, *arguments = row.split()
    function: Callable[..., AnyTensor] = getattr(ops, operation)
    names = dict(one.split(":") for one in arguments if ":" in one)
    defaults = {name: int(number) for name, _, number in (one.partition("=") for one in arguments) if number}
    known = signature(function)
    plain = not any(each.kind is each.VAR_KEYWORD for each in known.parameters.values())

    @wraps(function)
    def call(*given: TensorLike, **settings: object) -> AnyTensor:
        settings.pop("name", None)
        settings = {names.get(name, name): value for name, value in settings.items()}
        if plain and not settings.keys() <= known.parameters.keys():
            refuse_unknown(operation, settings, [*names, *known.parameters])
        if defaults:
            taken = known.bind_partial(*given, **settings).arguments
            settings |= {name: number for name, number in defaults.items() if name not in taken}
        found: object = function(*given, **settings)
        return cast(AnyTensor, Count(found) if type(found) is int else found)

    return call


def functions(table: Mapping[str, str]) -> dict[str, Callable[..., AnyTensor]]:
    """The functions of a table, by TensorFlow's names; a row without a value is the operation of the same name."""
    return {name: adapted(row or name) for name, row in table.items()}


def same(names: str) -> dict[str, str]:
    """Rows of functions whose first argument alone is called otherwise, ``x`` in both."""
    return dict.fromkeys(names.split(), "")
