"""Functions of ``tf`` that say in which order functions run, and how often."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TypeVar

import numpy as np

from clarinet import ops
from clarinet.names import public
from clarinet.tf.control import device
from clarinet.types import AnyTensor, TensorLike

__all__ = [
    "case",
    "control_dependencies",
    "foldl",
    "foldr",
    "no_op",
    "recompute_grad",
    "scan",
    "switch_case",
    "timestamp",
]
Value = TypeVar("Value")


def __dir__() -> list[str]:
    return public(globals())


def control_dependencies(control_inputs: object = None) -> AbstractContextManager[None]:
    """Nothing: what was written before has run."""
    return device()


def no_op(name: object = None) -> None:
    """Nothing."""


def recompute_grad(f: Callable[..., Value]) -> Callable[..., Value]:
    """The function itself: what its gradient needs is kept."""
    return f


def timestamp(name: object = None) -> AnyTensor:
    """The seconds since 1970, in float64."""
    return ops.convert_to_tensor(time.time(), "float64")


def case(
    pred_fn_pairs: Mapping[object, Callable[[], Value]] | Iterable[tuple[object, Callable[[], Value]]],
    default: Callable[[], Value] | None = None,
    exclusive: bool = False,
    strict: bool = False,
    name: object = None,
) -> Value:
    """What the function beside the first condition that holds gives, else what ``default`` gives.

    Raises:
        ValueError: no condition holds, and there is no ``default``; or several hold that are said to exclude another.

    Example:
        >>> case([(False, lambda: 1), (True, lambda: 2)], default=lambda: 3)
        2
    """
    pairs = pred_fn_pairs.items() if isinstance(pred_fn_pairs, Mapping) else pred_fn_pairs
    chosen = [function for condition, function in pairs if bool(np.asarray(condition))]
    if exclusive and len(chosen) > 1:
        raise ValueError(f"tf.case: {len(chosen)} conditions hold, expected one at most, since exclusive=True")
    if not chosen and default is None:
        raise ValueError("tf.case: no condition holds; give a default=")
    return (chosen[0] if chosen else default)()  # type: ignore[misc]  # one of them is there


def switch_case(
    branch_index: TensorLike,
    branch_fns: Mapping[int, Callable[[], Value]] | Sequence[Callable[[], Value]],
    default: Callable[[], Value] | None = None,
    name: object = None,
) -> Value:
    """What the function with this number gives; ``default``, or the last one, for a number that has none.

    Example:
        >>> switch_case(1, [lambda: "a", lambda: "b"])
        'b'
    """
    table = dict(branch_fns) if isinstance(branch_fns, Mapping) else dict(enumerate(branch_fns))
    last = table[max(table)] if default is None else default
    return table.get(int(np.asarray(branch_index)), last)()


def _rows(elems: TensorLike, reverse: bool) -> list[AnyTensor]:
    rows = ops.unstack(ops.convert_to_tensor(elems), axis=0)
    return rows[::-1] if reverse else rows


def foldl(
    fn: Callable[[TensorLike, TensorLike], TensorLike], elems: TensorLike, initializer: TensorLike = None,
    **settings: object,
) -> TensorLike:  # fmt: skip
    """The rows of a tensor combined from the first to the last: ``fn(fn(row0, row1), row2)`` and so on.

    Example:
        >>> float(foldl(lambda sum, row: sum + row, [1.0, 2.0, 3.0]))
        6.0
    """
    return _folded(fn, _rows(elems, False), initializer)


def foldr(
    fn: Callable[[TensorLike, TensorLike], TensorLike], elems: TensorLike, initializer: TensorLike = None,
    **settings: object,
) -> TensorLike:  # fmt: skip
    """The rows of a tensor combined from the last to the first."""
    return _folded(fn, _rows(elems, True), initializer)


def _folded(
    fn: Callable[[TensorLike, TensorLike], TensorLike], rows: list[AnyTensor], initializer: TensorLike
) -> TensorLike:
    value: TensorLike = rows.pop(0) if initializer is None else initializer
    for row in rows:
        value = fn(value, row)
    return value


def scan(
    fn: Callable[[TensorLike, TensorLike], TensorLike], elems: TensorLike, initializer: TensorLike = None,
    parallel_iterations: int = 10, back_prop: bool = True, swap_memory: bool = False, infer_shape: bool = True,
    reverse: bool = False, name: object = None,
) -> AnyTensor:  # fmt: skip
    """All values on the way of :func:`foldl`, stacked.

    Example:
        >>> scan(lambda sum, row: sum + row, [1.0, 2.0, 3.0]).tolist()
        [1.0, 3.0, 6.0]
    """
    rows = _rows(elems, reverse)
    values: list[TensorLike] = [rows.pop(0)] if initializer is None else []
    value: TensorLike = values[0] if values else initializer
    for row in rows:
        value = fn(value, row)
        values.append(value)
    return ops.stack(values[::-1] if reverse else values)
