"""Waiting for what a page comes to, without code of the page's own, which its security policy refuses."""

import time
from typing import Any

_SECONDS = 20.0


def wait_until(page: Any, expression: str) -> None:
    """Wait until an expression of JavaScript is true in a page.

    Raises:
        TimeoutError: it is not within 20 seconds.
    """
    end = time.monotonic() + _SECONDS
    while not page.evaluate(expression):
        if time.monotonic() > end:
            raise TimeoutError(f"not within {_SECONDS:g} s: {expression}")
        page.wait_for_timeout(20)
