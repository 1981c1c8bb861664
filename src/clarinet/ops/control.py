"""Branches and loops over values, as functions: plain Python, which a tape follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar, cast

from clarinet.ops.arranging import stack, unstack
from clarinet.ops.axes import exchanged, reshape, swapaxes
from clarinet.ops.comparisons import where
from clarinet.ops.core import cast as cast_to
from clarinet.ops.core import convert_to_tensor
from clarinet.ops.creation import arange
from clarinet.ops.dispatch import TRACING, numbers_of, refuse_symbolic
from clarinet.ops.specs import is_symbolic
from clarinet.ops.structures import leaves, like
from clarinet.problems import shown
from clarinet.types import AnyTensor, TensorLike

__all__ = [
    "associative_scan",
    "cond",
    "fori_loop",
    "map",
    "scan",
    "switch",
    "vectorized_map",
    "while_loop",
]

#: What a branch or a round of a loop gives: a tensor, or tensors in lists, tuples and dictionaries.
Value = TypeVar("Value")


def cond(pred: TensorLike, true_fn: Callable[[], Value], false_fn: Callable[[], Value]) -> Value:
    """What ``true_fn`` returns where ``pred`` holds, else what ``false_fn`` does; the other one is not called.

    In the ``call`` of a layer or model, where ``pred`` depends on tensors, both are computed and one is taken: a branch
    must not give what has no derivative, such as ``sqrt(x)`` at 0, even where it is not taken.
    """
    if is_symbolic(pred):
        return _taken("cond", cast(AnyTensor, pred), [false_fn(), true_fn()])
    return true_fn() if _truth(pred, "cond") else false_fn()


def _taken(what: str, index: AnyTensor, values: list[Value]) -> Value:
    """The value of this number, of those that all branches gave; a number out of range counts as the nearest in it."""
    if any(size != 1 for size in index.shape):
        raise ValueError(f"{what}: expected one number, received {shown(index)}; ops.where chooses entry by entry")
    place = cast_to(reshape(index, ()), "int32")
    columns = [list(leaves(value)) for value in values]
    counts = [len(column) for column in columns]
    if len(set(counts)) != 1:
        raise ValueError(f"{what}: the branches give {counts} tensors; expected as many from each")
    found = columns[-1]
    for number, column in reversed(list(enumerate(columns[:-1]))):
        found = [where(place <= number, one, other) for one, other in zip(column, found, strict=True)]
    return cast(Value, like(values[0], found))


def _truth(value: TensorLike, what: str) -> bool:
    refuse_symbolic(what, value)
    found = numbers_of(value)
    if found.size != 1:
        raise ValueError(f"{what}: expected one truth value, received {shown(value)}; ops.where chooses entry by entry")
    return bool(found.reshape(()))


def switch(index: TensorLike, branches: Sequence[Callable[..., Value]], *operands: object) -> Value:
    """What the branch of this number returns of the operands; a number out of range counts as the nearest in it.

    In the ``call`` of a layer or model, where ``index`` depends on tensors, all are computed and one is taken.
    """
    if is_symbolic(index):
        return _taken("switch", cast(AnyTensor, index), [branch(*operands) for branch in branches])
    place = min(max(int(numbers_of(index).reshape(())), 0), len(branches) - 1)
    return branches[place](*operands)


def while_loop(
    cond: Callable[..., TensorLike],
    body: Callable[..., object],
    loop_vars: Value,
    maximum_iterations: int | None = None,
) -> Value:
    """Call ``body`` as long as ``cond`` holds.

    Args:
        cond: takes the variables of the loop, returns whether it goes on.
        body: takes them, returns their next values.
        loop_vars: their first values: a list or tuple, or one alone.
        maximum_iterations: at most so many rounds; default no limit. In the ``call`` of a layer or model, where
            ``cond`` depends on tensors, so many rounds are computed, and those behind the end change nothing.

    Returns:
        the last values, in the form of ``loop_vars``.

    Example:
        >>> [int(n) for n in while_loop(lambda i, n: i < 5, lambda i, n: (i + 1, n * 2), (0, 1))]
        [5, 32]
    """
    values = tuple(loop_vars) if isinstance(loop_vars, (list, tuple)) else (loop_vars,)
    if maximum_iterations is not None and _in_loop(cond(*values)):

        def once(before: list[object], _: object) -> tuple[list[object], None]:
            found = body(*before)
            after = found if isinstance(found, (list, tuple)) else (found,)
            goes_on = cond(*before)
            return [where(goes_on, new, old) for new, old in zip(after, before, strict=True)], None

        values = tuple(go_along(once, list(values), None, maximum_iterations)[0])
        return type(loop_vars)(values) if isinstance(loop_vars, (list, tuple)) else values[0]
    rounds = 0
    while (maximum_iterations is None or rounds < maximum_iterations) and _truth(cond(*values), "while_loop"):
        found = body(*values)
        values = tuple(found) if isinstance(found, (list, tuple)) else (found,)
        rounds += 1
    return type(loop_vars)(values) if isinstance(loop_vars, (list, tuple)) else values[0]


def fori_loop(lower: TensorLike, upper: TensorLike, body_fun: Callable[[int, Value], Value], init_val: Value) -> Value:
    """Call ``body_fun(i, value)`` for ``i`` from ``lower`` up to ``upper``, without it; each returns the next value.

    Example:
        >>> int(fori_loop(1, 5, lambda i, total: total + i, 0))
        10
    """
    refuse_symbolic("fori_loop", lower, upper)
    if _in_loop(init_val):
        return go_along(lambda value, i: (body_fun(i, value), None), init_val, arange(lower, upper))[0]
    value = init_val
    for i in range(int(numbers_of(lower)), int(numbers_of(upper))):
        value = body_fun(i, value)
    return value


def scan(
    f: Callable[..., tuple[Value, object]],
    init: Value,
    xs: TensorLike = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: object = 1,
) -> tuple[Value, AnyTensor]:
    """Go along axis 0 with a state: ``state, y = f(state, x)`` for each ``x``.

    Args:
        f: takes the state and an entry of ``xs``; returns the next state and what is collected.
        init: the first state.
        xs: tensors, or structures of them; None: ``f`` gets None.
        length: how many rounds; default as many as ``xs`` has entries.
        reverse: from the last entry to the first; what is collected stands in the order of ``xs``.
        unroll: makes no difference here.

    Returns:
        the last state, and what was collected, stacked along axis 0.

    Example:
        >>> total, sums = scan(lambda s, x: (s + x, s + x), 0, [1, 2, 3])
        >>> int(total), sums.tolist()
        (6, [1, 3, 6])
    """
    xs = _rows(xs)
    batches = [exchanged(cast(AnyTensor, x)) for x in leaves(xs)]
    if batches and all(x is not None for x in batches):
        # Along axis 1 of the batch itself, whose rows stay the first axis, as engines want them.
        with suppress(ValueError):  # what is collected has no rows
            state, found = go_along(f, init, like(xs, batches), length, reverse, axis=1)
            return state, cast(AnyTensor, like(found, [swapaxes(y, 0, 1) for y in leaves(found)]))
    return go_along(f, init, xs, length, reverse)


def _in_loop(value: object) -> bool:
    """Whether a loop over this becomes one operator of the network that is being put together."""
    return TRACING.loop is not None and any(is_symbolic(x) for x in leaves(value))


def go_along(
    f: Callable[..., tuple[Value, object]],
    init: Value,
    xs: object,
    length: int | None = None,
    reverse: bool = False,
    axis: int = 0,
) -> tuple[Value, AnyTensor]:
    """:func:`scan` along an axis: 0, or 1, behind the rows of a batch."""
    if _in_loop((init, xs)):
        assert TRACING.loop is not None
        return cast("tuple[Value, AnyTensor]", TRACING.loop(f, init, xs, length, reverse, axis))
    rows = [unstack(convert_to_tensor(x), axis=axis) for x in leaves(xs)]
    lengths = {len(row) for row in rows} | ({length} if length is not None else set())
    if len(lengths) != 1:
        raise ValueError(f"scan: expected one length, from xs or length=…; received {sorted(lengths) or 'none'}")
    (rounds,) = lengths
    state, collected = init, []
    for i in reversed(range(rounds)) if reverse else range(rounds):
        state, y = f(state, like(xs, [row[i] for row in rows]))
        collected.append(y)
    return state, cast(AnyTensor, stacked(collected[::-1] if reverse else collected, axis))


def _rows(xs: TensorLike) -> object:
    """A list of numbers is one tensor, not a structure of several."""
    if isinstance(xs, list) and xs and not any(hasattr(x, "shape") for x in leaves(xs)):
        return convert_to_tensor(xs)
    return xs


def stacked(structures: list[object], axis: int = 0) -> object:
    """Structures of one form as one, whose tensors are stacked along an axis."""
    if not structures:
        return None
    columns = zip(*(list(leaves(one)) for one in structures))
    return like(structures[0], [stack(column, axis) for column in columns])


def map(f: Callable[..., object], xs: TensorLike) -> AnyTensor:
    """``f`` of every entry along axis 0, stacked.

    Args:
        f: takes an entry of ``xs``; returns a tensor, or a structure of them.
        xs: a tensor, or a structure of them, all with the same number of entries.

    Example:
        >>> map(lambda x: x * x, [1, 2, 3]).tolist()
        [1, 4, 9]
    """
    return scan(lambda state, x: (state, f(x)), None, xs)[1]


def vectorized_map(function: Callable[..., object], elements: TensorLike) -> AnyTensor:
    """:func:`map` under the name that it has where it runs at once."""
    return map(function, elements)


def associative_scan(f: Callable[..., object], elems: TensorLike, reverse: bool = False, axis: int = 0) -> AnyTensor:
    """Everything that ``f`` makes of the entries up to each, along an axis: of two, of that and the third, ….

    Args:
        f: takes two entries, or structures of them, and returns one; the order in which it is called must not matter.
        elems: a tensor, or a structure of them.
        reverse: from the last entry to the first.
        axis: default 0.

    Example:
        >>> associative_scan(lambda a, b: a * b, [1, 2, 3, 4]).tolist()
        [1, 2, 6, 24]
    """
    whole = _rows(elems)
    columns = [unstack(convert_to_tensor(x), axis=axis) for x in leaves(whole)]
    entries = [like(whole, row) for row in zip(*columns)]
    found = entries[-1:] if reverse else entries[:1]
    for entry in entries[-2::-1] if reverse else entries[1:]:
        found.append(f(found[-1], entry))
    kept = zip(*(list(leaves(one)) for one in (found[::-1] if reverse else found)))
    return cast(AnyTensor, like(whole, [stack(column, axis=axis) for column in kept]))
