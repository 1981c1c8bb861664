"""The command ``clarinet``: train, evaluate and use networks from a terminal or a script."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence

from clarinet import wording
from clarinet.cli.errors import failures, sentence
from clarinet.cli.options import parser
from clarinet.cli.output import Output
from clarinet.cli.parsing import flags_of

__all__ = ["main"]

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
#: A shell's exit code for a program whose reader has closed the pipe: 128 and the number of SIGPIPE.
CLOSED = 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Args:
        arguments: those after ``clarinet``; default: the process's own.

    Returns:
        0 when all is done, 1 when the task failed (a message is on standard error), 2 for wrong usage, 130 after Ctrl-C
        (training saves the model first), 141 if the reader of the output, such as ``head``, has closed it.

    Example:
        >>> main(["info", "--json"])  # doctest: +ELLIPSIS
        {"version": ...}
        0
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        code = _command(arguments)
    except BrokenPipeError:
        code = CLOSED
    except OSError:  # the error could not be printed either
        code = FAILED
    return _flushed(code)


def _command(arguments: Sequence[str]) -> int:
    """The work of :func:`main`, as long as somebody reads the output."""
    words = parser()
    if not arguments:
        words.print_help(sys.stderr)
        return USAGE
    try:
        options = words.parse_args(arguments)
    except SystemExit as stop:  # argparse has printed help (0) or the error (2)
        return int(stop.code or 0)
    output = Output(options.json)
    try:
        with wording.flags(flags_of(options)), warnings.catch_warnings():
            warnings.showwarning = lambda message, *_: print(f"clarinet: note: {message}", file=sys.stderr)
            return int(options.run(options, output))
    except KeyboardInterrupt:
        output.fail("interrupted")
        return INTERRUPTED
    except argparse.ArgumentTypeError as error:
        output.fail(str(error))
        return USAGE
    except Exception as error:
        if isinstance(error, BrokenPipeError) or not isinstance(error, failures()):
            raise
        output.fail(sentence(error))
        return FAILED


def _flushed(code: int) -> int:
    """The exit code, once all is written; the rest is dropped, or Python would complain about it at exit."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            code = CLOSED if isinstance(error, BrokenPipeError) else code or FAILED
    return code
