"""Functions of single numbers, or of rows, applied to whole tensors."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

from clarinet.ops.arranging import stack
from clarinet.ops.axes import broadcast_to, reshape
from clarinet.ops.core import convert_to_tensor
from clarinet.ops.dispatch import Operand, shape_of
from clarinet.ops.indexing import get_item
from clarinet.ops.specs import broadcast
from clarinet.problems import shown
from clarinet.types import AnyTensor, TensorLike

__all__ = ["vectorize"]


def vectorize(
    pyfunc: Callable[..., TensorLike], *, excluded: Collection[int] | None = None, signature: str | None = None
) -> Callable[..., AnyTensor]:
    """A function that takes whole tensors, of one that takes single numbers, or rows, and gives one tensor.

    It is called once for each of them, so it is no faster than a loop; gradients flow.

    Args:
        pyfunc: takes tensors without axes, or with those that ``signature`` says.
        excluded: places of arguments that are handed on as they are.
        signature: axes of the arguments and of the result, such as ``"(n),(n)->()"``; default: none.

    Raises:
        ValueError: a signature that does not make sense or does not fit.

    Example:
        >>> inner = vectorize(lambda a, b: (a * b).sum(), signature="(n),(n)->()")
        >>> inner([[1.0, 2.0], [3.0, 4.0]], [1.0, 10.0]).tolist()
        [21.0, 43.0]
    """
    kept = set(excluded or ())

    def vectorized(*args: TensorLike) -> AnyTensor:
        places = [place for place in range(len(args)) if place not in kept]
        xs = [convert_to_tensor(args[place]) for place in places]
        within = _axes(signature, len(xs))
        outer = [tuple(shape_of(x)[: len(shape_of(x)) - n]) for x, n in zip(xs, within)]
        whole = broadcast(outer, "vectorize")
        rows = [_rows(x, whole, n) for x, n in zip(xs, within)]
        found = []
        for number in range(shape_of(rows[0])[0] or 0):
            own = dict(zip(places, (get_item(row, number) for row in rows)))
            found.append(pyfunc(*(own.get(place, arg) for place, arg in enumerate(args))))
        stacked = stack(found)
        return reshape(stacked, (*whole, *shape_of(stacked)[1:]))

    vectorized.__name__, vectorized.__doc__ = getattr(pyfunc, "__name__", "vectorized"), pyfunc.__doc__
    return vectorized


def _axes(signature: str | None, count: int) -> list[int]:
    """How many axes of each argument belong to the function."""
    if signature is None:
        return [0] * count
    groups = re.findall(r"\(([^)]*)\)", signature.partition("->")[0])
    if "->" not in signature or len(groups) != count:
        raise ValueError(f"vectorize: {shown(signature)} is not a signature of {count} arguments, unlike '(n),()->()'")
    return [len([name for name in group.split(",") if name.strip()]) for group in groups]


def _rows(x: Operand, whole: Sequence[int | None], within: int) -> AnyTensor:
    """What the function takes, one after another."""
    own = tuple(shape_of(x)[len(shape_of(x)) - within :])
    return reshape(broadcast_to(x, (*whole, *own)), (-1, *own))
