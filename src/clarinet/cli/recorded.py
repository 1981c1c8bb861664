"""The options of a ``clarinet train`` as its run keeps them, and back."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clarinet.cli.reading import Reading
from clarinet.runs import stored

if TYPE_CHECKING:
    from clarinet.runs import Run

COMMAND = "clarinet train"
#: Options that decide over the numbers.
_TRAINING = (
    "preset",
    "augment",
    "mirror",
    "epochs",
    "batch_size",
    "hidden",
    "lr",
    "validation",
    "refit",
    "class_weight",
    "seed",
    "engine",
)
_OPTIONS = (*_TRAINING, *(field.name for field in fields(Reading)))
#: Those without a value.
_PLAIN = ("augment", "mirror", "skip_damaged")
#: Those that may be given several times.
_SEVERAL = ("missing", "categorical", "text", "keep", "drop")


def settings(options: argparse.Namespace, out: Path) -> dict[str, object]:
    """The options as a run keeps them; a path becomes absolute."""
    data = str(Path(options.data).resolve()) if Path(options.data).exists() else options.data
    own = {name: getattr(options, name) for name in _OPTIONS}
    return {"command": COMMAND, "data": data, **own, "out": str(out.absolute())}


def options_of(run: Run, *more: str) -> argparse.Namespace:
    """The options that a run was trained with.

    Args:
        run: of ``clarinet train``.
        more: further arguments.

    Raises:
        ValueError: the run is of another program; the message says how to go on.
    """
    from clarinet.cli.options import parser

    kept = run.config
    if kept.get("command") != COMMAND:
        program = run.document("program")
        script = program.get("script") if isinstance(program, dict) else None
        origin = stored.name(script or "a Python program")
        raise ValueError(
            f"run {run.name!r} is of {origin}, not of `clarinet train`. To resume it, start the program again with "
            f"fit(..., run={run.name!r}, resume=True); to reproduce it, call "
            f"clarinet.runs.reproduce({run.name!r}, x, y) with its data"
        )
    words = [word for name in _OPTIONS for word in _words(name, kept.get(name))]
    try:
        return parser().parse_args(["train", *words, *more, "--", str(kept.get("data"))])
    except SystemExit:  # argparse has printed the error
        raise ValueError(f"run {run.name!r}: its settings are damaged, or not from `clarinet train`") from None


def _words(name: str, value: Any) -> list[str]:
    """The words that set an option on the command line; none for an option that was not set."""
    flag = f"--{name.replace('_', '-')}"
    if value is None:
        return []
    if name in _PLAIN:
        return [flag] if value else []
    several = name in _SEVERAL and isinstance(value, list)
    return [f"{flag}={_word(each)}" for each in (value if several else [value])]


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ",".join(map(str, value)) or "0"
    return repr(value) if isinstance(value, float) else str(value)
