"""Writes what becomes of trials in a thread of its own, so that no worker waits for a disk."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec

P = ParamSpec("P")


class Clerk:
    """Does one thing after the other, in the order in which they were given.

    Args:
        most: things that may be left to do; with more, or 0, its caller waits.
    """

    def __init__(self, most: int = 16) -> None:
        self._most = most
        self._thread = ThreadPoolExecutor(1, "clarinet-search-store")
        self._left: deque[Future[None]] = deque()

    def do(self, work: Callable[P, None], /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Have something done soon.

        Raises:
            Exception: what was to be done before has failed.
        """
        self._left.append(self._thread.submit(work, *args, **kwargs))
        while self._left and (len(self._left) > self._most or self._left[0].done()):
            self._left.popleft().result()

    def finish(self) -> None:
        """Wait until all is done.

        Raises:
            Exception: something has failed.
        """
        self._thread.shutdown()
        for future in self._left:
            future.result()
