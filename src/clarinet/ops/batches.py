"""The call that is being traced: its rows stand where a size is not known, and random numbers are new in each step."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from clarinet.ops.dtypes import TEXT
from clarinet.ops.specs import Symbolic, is_symbolic
from clarinet.ops.structures import leaves
from clarinet.types import TensorLike


class _Current(threading.local):
    """What this thread traces."""

    tensor: Symbolic | None = None


_CURRENT = _Current()
#: Make numbers of a tensor of texts, whose rows steps can count; :mod:`clarinet.layers.categories` adds a layer.
COUNTABLE: list[Callable[[Symbolic], Symbolic]] = []


@contextmanager
def tracing(given: TensorLike) -> Iterator[None]:
    """While this lasts a function is traced that was given these arguments."""
    found = [x for x in leaves(given) if is_symbolic(x)]
    found.sort(key=lambda x: not x.spec.batched)  # one with rows, if there is one
    before = _CURRENT.tensor
    _CURRENT.tensor = found[0] if found else before
    try:
        yield
    finally:
        _CURRENT.tensor = before


def traced() -> Symbolic | None:
    """A tensor that the function that is being traced was given; None where none is."""
    return _CURRENT.tensor


def rows_of(what: str) -> Symbolic:
    """A tensor with the rows that None stands for as the first size.

    Raises:
        ValueError: nothing is being traced that has rows.
    """
    tensor = traced()
    if tensor is None or not tensor.spec.batched:
        raise ValueError(
            f"{what}: a first size of None stands for the rows of the batch, and is known in the call of a layer or "
            "model alone; give a number, or use a function of a tensor, such as zeros_like"
        )
    return COUNTABLE[0](tensor) if tensor.spec.dtype == TEXT else tensor
