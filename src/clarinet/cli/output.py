"""The command's output: sentences for people, or one JSON document for scripts."""

from __future__ import annotations

import json
import math
import sys
from typing import Any, TextIO


class Output:
    """Where a command's output goes.

    Args:
        as_json: print nothing but one JSON document at the end.
    """

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json

    def say(self, text: str) -> None:
        """A sentence for people."""
        if not self.as_json:
            _print(text)

    def result(self, values: object, text: str = "") -> None:
        """The command's result: as JSON, or as text if there is any."""
        if self.as_json:
            _print(json.dumps(_plain(values)))
        elif text:
            _print(text)

    def fail(self, message: str) -> None:
        """An error, on standard error; with JSON also as ``{"error": …}``."""
        _print(f"clarinet: {message}", sys.stderr)
        if self.as_json:
            self.result({"error": message})


def _print(text: str, stream: TextIO | None = None) -> None:
    """Print; characters that the terminal's encoding lacks are escaped."""
    stream = stream or sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)


def _plain(value: object) -> Any:
    """``value`` as JSON can hold it; NaN and infinities, which it cannot, become null."""
    if isinstance(value, dict):
        return {str(key): _plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
