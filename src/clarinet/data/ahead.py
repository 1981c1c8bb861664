"""Reading ahead: what comes next is made ready by a thread while the last is used."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items in the same order, while a thread makes the next one. Errors come where they would.

    Example:
        >>> list(ahead(iter("abc")))
        ['a', 'b', 'c']
    """
    thread = ThreadPoolExecutor(1, "clarinet-data")
    try:
        coming = thread.submit(_next, items)
        while found := coming.result():
            coming = thread.submit(_next, items)
            yield found.pop()
    finally:
        thread.shutdown(wait=False, cancel_futures=True)  # the thread itself may be what lets the items go


def _next(items: Iterator[T]) -> list[T]:
    """The next item in a list, of which who takes it leaves nothing behind; none at the end."""
    for item in items:
        return [item]
    return []
