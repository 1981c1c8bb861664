"""The process that runs a learner's program once, and says what came of it: JSON in, JSON out."""

from __future__ import annotations

import io
import json
import os
import sys
import traceback
import warnings
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress

#: Characters of what a program prints, and bytes of memory that it may take.
MOST_OUTPUT, _MOST_MEMORY = 20_000, 6_000_000_000
_NAME = "<lesson>"


class Printed(io.StringIO):
    """What is printed, up to a length."""

    def write(self, text: str) -> int:
        """Keep a text, or what of it still fits."""
        return super().write(text[: max(0, MOST_OUTPUT - self.tell())])


def tried(before: str, code: str, checks: Sequence[str]) -> dict[str, object]:
    """Run a program, and try what has to hold then.

    Args:
        before: code that runs before it.
        code: the program.
        checks: expressions of Python.

    Returns:
        ``output``: what it printed, and its error; ``failed``: the place of the first check that does not hold, -1
        where the program ended with an error, None where all is right.

    Example:
        >>> tried("a = 1", "b = a + 1", ["b == 2", "b > 2"])
        {'output': '', 'failed': 1}
        >>> tried("", "1 / 0", [])["output"].splitlines()[-1]
        'ZeroDivisionError: division by zero'
    """
    names: dict[str, object] = {"__name__": "__main__"}
    printed = Printed()
    with redirect_stdout(printed), redirect_stderr(printed), warnings.catch_warnings():
        warnings.simplefilter("default")
        try:
            for text in (before, code):
                exec(compile(text, _NAME, "exec"), names)
        except BaseException as error:
            print(_trace(error), end="")
            failed: int | None = -1
        else:
            failed = next((place for place, check in enumerate(checks) if not _holds(check, names)), None)
    return {"output": printed.getvalue(), "failed": failed}


def _trace(error: BaseException) -> str:
    """An error as Python says it, from the learner's own lines on."""
    found = traceback.TracebackException.from_exception(error)
    own = [at for at, frame in enumerate(found.stack) if frame.filename == _NAME]
    del found.stack[: own[0] if own else len(found.stack)]
    return "".join(found.format(chain=False))


def _holds(check: str, names: Mapping[str, object]) -> bool:
    there = dict(names)
    try:
        exec(f"_holds = bool({check})", there)
    except Exception:
        return False
    return there["_holds"] is True


def main() -> None:
    """Run what comes in."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever else prints does not disturb what is told
    with suppress(ImportError, ValueError, OSError):  # where the system can limit memory
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    given = json.load(sys.stdin)
    sys.stdin = io.StringIO()
    json.dump(tried(given["before"], given["code"], given["checks"]), out)
    out.close()
    os._exit(0)  # without waiting for threads that the program may have left


if __name__ == "__main__":
    main()
