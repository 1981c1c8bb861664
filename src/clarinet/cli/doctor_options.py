"""The options of ``clarinet doctor`` and ``clarinet treat``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from clarinet.cli.values import whole

if TYPE_CHECKING:
    from clarinet.cli.parsing import Commands, Parser

_DOCTOR = """examples:
  clarinet doctor train.py              runs the script; in place of every fit the model is examined
  clarinet doctor --all train.py -- --lr 0.1
  clarinet doctor digits.clarinet mnist --html report.html

A script is executed, with everything that it does besides training. The files that it writes are held back, so that
nothing is overwritten; what other programs write that it starts is not.
exit codes: 0 healthy, 1 something is wrong with the model (or the command failed), 2 wrong usage, 130 interrupted"""

_TREAT = """examples:
  clarinet treat train.py                         the first model that the script fits
  clarinet treat digits.clarinet mnist --out better.clarinet

Says what was wrong, what was changed, and what that brought: the program as it is and the changed one are trained side
by side, on the same rows and from the same seeds, and judged on rows that were held out. The changed program is printed
as code. No file changes but the one that --out names; the model that is written there is trained on all rows.
exit codes: 0 a cure is proved or nothing has to be treated, 1 no cure is proved (or the command failed), 2 wrong usage,
130 interrupted"""


def add_doctor(
    commands: Commands, command: Callable[[Commands, str, str, str], Parser], reading: Callable[[Parser], None]
) -> None:
    """Add ``doctor`` and ``treat`` to the commands."""
    doctor = command(commands, "doctor", "say why a model does not learn", _DOCTOR)
    doctor.add_argument("--all", action="store_true", help="of a script: go on after the first sick model")
    doctor.add_argument("--html", metavar="FILE", help="write the report as a page, with figures")
    treat = command(commands, "treat", "correct what keeps a model from learning, and prove it", _TREAT)
    treat.add_argument("--seeds", type=int, choices=range(5, 11), default=5, metavar="N", help="trainings, 5 to 10")
    treat.add_argument("--out", metavar="FILE.clarinet", help="write the treated, trained model")
    for own in (doctor, treat):
        own.add_argument("subject", metavar="SCRIPT.py|MODEL", help="a program that trains models, or a model file")
        own.add_argument("rest", metavar="DATA|ARGUMENT", nargs="*", help="a model's data, or the script's arguments")
        own.add_argument("--epochs", type=whole(1), default=10, metavar="N", help="of a model's training (default 10)")
        own.add_argument("--batch-size", type=whole(1), default=32, metavar="N", help="default 32")
        reading(own)
