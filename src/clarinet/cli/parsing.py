"""A parser that suggests the word that was probably meant, and knows the names of its flags."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from clarinet.names import nearest

if TYPE_CHECKING:
    #: What commands, and the words behind them, are added to.
    Commands = argparse._SubParsersAction["Parser"]
    from _typeshed import SupportsWrite

#: Arguments of functions whose flags have another name.
_OTHERWISE = {"size": "image_size", "largest": "white"}


class Parser(argparse.ArgumentParser):
    """``argparse``'s, which names the nearest command, choice or flag for one that there is not."""

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if action.choices is not None and value not in action.choices:
            choices = nearest(str(value), map(str, action.choices))
            raise argparse.ArgumentError(action, f"invalid choice {value!r}: {choices}")

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        """As ``argparse``'s, which hides that nothing could be written."""
        stream = file or sys.stderr
        if message and stream is not None:
            stream.write(message)

    def parse_args(  # type: ignore[override]  # into a namespace of argparse's own
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> argparse.Namespace:
        """As ``argparse``'s."""
        options, unknown = self.parse_known_args(args, namespace)
        if unknown:
            command = getattr(options, "command", self)
            flags = [flag for action in _actions(command, options) for flag in action.option_strings]
            word = unknown[0].split("=")[0]
            hint = f": {nearest(word, flags)}" if word.startswith("-") else ""
            command.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
        return options


def flags_of(options: argparse.Namespace) -> Mapping[str, tuple[str, str]]:
    """The flags of the command that was given, by the name of the argument that each stands for.

    Each with a word for its value, empty where it takes none.
    """
    found = {
        action.dest: (
            action.option_strings[-1],
            "" if action.nargs == 0 else str(action.metavar or action.dest.upper()),
        )
        for action in _actions(options.command, options)
        if action.option_strings
    }
    found = {"run": ("--run", "NAME")} | found  # of train, which other commands mention too
    return found | {name: found[other] for name, other in _OTHERWISE.items() if other in found}


def _actions(command: argparse.ArgumentParser, options: argparse.Namespace) -> Iterator[argparse.Action]:
    """The flags of a command, and those of its sub-command."""
    for action in command._actions:
        yield action
        chosen = isinstance(action, argparse._SubParsersAction) and action.choices.get(getattr(options, "do", ""))
        if chosen:
            yield from _actions(chosen, options)
