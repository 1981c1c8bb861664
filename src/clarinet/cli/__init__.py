"""The command ``clarinet``: train, evaluate and use networks from a terminal or a script."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence

from clarinet.cli.options import parser
from clarinet.cli.output import Output

__all__ = ["main"]

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Args:
        arguments: what follows ``clarinet``; default: the process's own.

    Returns:
        0 when all is done, 1 when the task failed (a message is on standard error), 2 for wrong usage, 130 after Ctrl-C
        (training saves the model first).

    Example:
        >>> main(["info", "--json"])  # doctest: +ELLIPSIS
        {"version": ...}
        0
    """
    try:
        options = parser().parse_args(arguments)
    except SystemExit as stop:  # argparse has printed help (0) or what is wrong (2)
        return int(stop.code or 0)
    output = Output(options.json)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_: print(f"clarinet: note: {message}", file=sys.stderr)
            return int(options.run(options, output))
    except KeyboardInterrupt:
        output.fail("interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # the reader of a pipe, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except argparse.ArgumentTypeError as error:
        output.fail(str(error))
        return USAGE
    except (OSError, ValueError, TypeError, ImportError) as error:
        output.fail(str(error) or type(error).__name__)
        return FAILED
