"""Several inputs and outputs: what users give as lists, tuples or dictionaries, in the model's order."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence, Sized
from typing import TYPE_CHECKING, cast

from clarinet.data_adapters.arrays import as_array
from clarinet.data_adapters.rows import Rows, as_rows, match_last_axis
from clarinet.engines.base import Form, Leaves
from clarinet.layers.preparing import as_data
from clarinet.ops.structures import leaves
from clarinet.sparse_rows import is_sparse
from clarinet.types import Array, Arrays

if TYPE_CHECKING:
    from clarinet.trainable import Trainable


def rows_for(
    model: Trainable,
    x: object,
    y: object = None,
    sample_weight: object = None,
    prefix: str = "",
    prepared: bool = False,
) -> Rows:
    """``x``, ``y`` and ``sample_weight`` as arrays in the model's order; None stays None for the last two.

    Args:
        model: whose inputs and outputs they are for. Where it has several of them these come as a list or tuple in
            their order, or as a dictionary by name, and are given as a tuple.
        x, y, sample_weight: what a user gave. An output without labels has None; a single weight counts for every
            output.
        prefix: begins every message.
        prepared: whether ``x`` is what :func:`inputs_for` gave.

    Raises:
        TypeError, ValueError: something that is no array; too few or too many of them, or an unknown name.
    """
    if model.stepped:
        return leaves_of(x, f"{prefix}x"), _any(y, f"{prefix}y"), _any(sample_weight, f"{prefix}sample_weight")
    model.build_for_data(x)
    if model.prepares_data and not prepared:
        x = inputs_for(model, x, prefix)
    elif len(model.input_names) == len(model.output_names) == 1:
        one_x, name = _only(x, model.input_names[0]), model.output_names[0]
        rows = len(one_x) if isinstance(one_x, Sized) and not is_sparse(one_x) else None
        one_y, one_weight = (_only(value, name, rows) for value in (y, sample_weight))
        return as_rows(one_x, one_y, one_weight, prefix)
    ready = prepared or model.prepares_data
    return (
        cast("Arrays", x) if ready else inputs_for(model, x, prefix),
        None if y is None else _outputs_for(model, y, f"{prefix}y"),
        None if sample_weight is None else _weights_for(model, sample_weight, f"{prefix}sample_weight"),
    )


def inputs_for(model: Trainable, x: object, prefix: str = "") -> Arrays:
    """The inputs alone, as :func:`rows_for` gives them."""
    model.build_for_data(x)
    if model.prepares_data and not model.built:
        given_for(model, x, prefix)  # which says what it takes
    if model.prepares_data and model.preparation is not None:
        made = model.preparation.run(given_for(model, x, prefix), model.store)
        return made if len(made) > 1 else made[0]
    names, what = model.input_names, f"{prefix}x"
    if len(names) == 1:
        return as_array(_only(x, names[0]), what)
    found = arranged(x, names, what, "inputs")
    return tuple(as_array(value, called(what, name)) for value, name in zip(found, names, strict=True))


def given_for(model: Trainable, x: object, prefix: str = "") -> tuple[Array, ...]:
    """Of a model that prepares data its inputs as they were given, as arrays; texts as Python's strings.

    A model that does not know its input yet is built for them.

    Raises:
        TypeError, ValueError: neither numbers nor texts; rows that do not fit.
    """
    model.build_for_data(x)
    names, what = model.input_names, f"{prefix}x"
    if len(names) == 1:
        arrays = [as_data(_only(x, names[0]), what)]
    else:
        arrays = [as_data(value, called(what, name)) for name, value in zip(names, arranged(x, names, what))]
    for array in arrays:
        if array.ndim == 0:
            raise ValueError(
                f"{what}: expected one row per sample, received the single {array[()]!r}; put it in a list"
            )
    if not model.built:
        model.build((None, *arrays[0].shape[1:]))
    shapes = model.input_shapes
    fitting = tuple(match_last_axis(array, shape) for array, shape in zip(arrays, shapes, strict=True))
    for name, array, shape in zip(names, fitting, shapes, strict=True):
        if array.shape[1:] != shape:
            which = what if len(names) == 1 else called(what, name)
            raise ValueError(f"{which}: each row has shape {array.shape[1:]}, and the model was built for {shape}")
    return fitting


def leaves_of(value: object, what: str) -> Leaves:
    """The arrays in any structure of arrays, with its form.

    Raises:
        TypeError, ValueError: as :func:`as_array`; arrays of different lengths.

    Example:
        >>> import numpy as np
        >>> leaves_of({"b": np.zeros(2), "a": (np.zeros(2), np.ones(2))}, "x").form
        {'b': 0, 'a': (1, 2)}
    """
    arrays: list[Array] = []

    def form(value: object) -> Form:
        if isinstance(value, Mapping):
            return {key: form(value[key]) for key in value}
        if isinstance(value, (list, tuple)) and value and all(map(_holds_rows, value)):
            return tuple(map(form, value))
        arrays.append(as_array(value, what))
        return len(arrays) - 1

    found = form(value)
    if len(set(map(len, arrays))) > 1:
        raise ValueError(f"{what}: arrays of {', '.join(str(len(a)) for a in arrays)} rows; expected as many in each")
    return Leaves(arrays, found)


def _any(value: object, what: str) -> Leaves | None:
    return None if value is None else leaves_of(value, what)


def _holds_rows(item: object) -> bool:
    if isinstance(item, (list, tuple)):
        return bool(item) and all(map(_holds_rows, item))
    return isinstance(item, Mapping) or getattr(item, "ndim", 0) > 0


def _outputs_for(model: Trainable, y: object, what: str) -> Array | tuple[Array | None, ...]:
    names = model.output_names
    if len(names) == 1:
        return as_array(_only(y, names[0]), what)
    judged = [loss is not None for loss in getattr(model, "_compiled_losses", ())]
    if sum(judged) == 1 and len(judged) == len(names) and not isinstance(y, (list, tuple, Mapping)):
        y = [y if own else None for own in judged]  # the only one that has a loss
    return _arrays(arranged(y, names, what, "outputs", lacks=True), names, what)


def _weights_for(model: Trainable, weight: object, what: str) -> Array | tuple[Array | None, ...]:
    names = model.output_names
    if len(names) == 1:
        return as_array(_only(weight, names[0]), what)
    if not isinstance(weight, (list, tuple, Mapping)):
        return (as_array(weight, what),) * len(names)
    return _arrays(arranged(weight, names, what, "outputs", lacks=True), names, what)


def _arrays(found: Sequence[object], names: Sequence[str], what: str) -> tuple[Array | None, ...]:
    pairs = zip(found, names, strict=True)
    return tuple(None if value is None else as_array(value, called(what, name)) for value, name in pairs)


def _only(value: object, name: str, rows: int | None = None) -> object:
    """What is meant for the only input or output, which may come in a dictionary or list by itself.

    Args:
        value: what a user gave.
        name: of the input or output.
        rows: how many there are, where that is known: an array of so many numbers is no row.
    """
    if isinstance(value, Mapping) and list(value) == [name]:
        return _only(value[name], name, rows)
    if not isinstance(value, (list, tuple)) or len(value) != 1:
        return value
    if isinstance(value[0], (list, tuple, Mapping)):
        inner = _only(value[0], name, rows)
        return value if inner is value[0] else inner
    axes = getattr(value[0], "ndim", 0)
    return value[0] if axes > 1 or (axes == 1 and 1 != len(value[0]) == rows) else value


def called(what: str, name: str) -> str:
    """How messages call one of several: ``x['left']``."""
    return f"{what}[{name!r}]"


def _flat(given: object, count: int) -> object:
    """A list of the arrays in structures that lie within a structure, in the model's order, if they are so many."""
    within = [*given.values()] if isinstance(given, Mapping) else given if isinstance(given, (list, tuple)) else []
    nested = any(isinstance(value, (Mapping, list, tuple)) for value in within)
    found = [*leaves(given)] if nested else []
    return found if len(found) == count and all(getattr(array, "ndim", 0) for array in found) else given


def arranged(given: object, names: Sequence[str], what: str, kind: str = "inputs", lacks: bool = False) -> list[object]:
    """What was given for each of several names, in their order.

    Args:
        given: a list or tuple in this order, or a dictionary.
        names: of inputs or outputs.
        what, kind: for messages.
        lacks: whether a dictionary may lack some, which are None then.

    Raises:
        TypeError: neither. ValueError: as many as that were not expected, a name is missing, an output's is unknown.

    Example:
        >>> arranged({"b": 2, "a": 1}, ["a", "b"], "x")
        [1, 2]
    """
    wanted, given = ", ".join(map(repr, names)), _flat(given, len(names))
    if isinstance(given, Mapping):
        unknown = [key for key in given if key not in names]
        missing = [name for name in names if name not in given]
        if unknown and (missing or kind != "inputs"):
            raise ValueError(f"{what}: the model has no {kind[:-1]} {unknown[0]!r}; its {kind} are {wanted}")
        if unknown:  # columns of a table that the model does not look at
            warnings.warn(f"{what}: {unknown[0]!r} is not an input of the model and is left out", stacklevel=2)
        if missing and not lacks:
            raise ValueError(f"{what}: {missing[0]!r} is missing; the model's {kind} are {wanted}")
        return [given.get(name) for name in names]
    if not isinstance(given, (list, tuple)):
        shape = f" of shape {tuple(given.shape)}" if hasattr(given, "shape") else ""
        raise TypeError(
            f"{what}: the model has {len(names)} {kind}, {wanted}; expected a list with one array for each, or a "
            f"dictionary by name, received one {type(given).__name__}{shape}"
        )
    if len(given) != len(names):
        raise ValueError(f"{what}: the model has {len(names)} {kind}, {wanted}; received {len(given)} arrays")
    return list(given)
