"""The options of ``clarinet runs``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clarinet.cli.parsing import Commands, Parser

_FORMATTER = argparse.RawDescriptionHelpFormatter

_RUNS = """examples:
  clarinet runs                                   the latest runs
  clarinet runs ls --where "val_accuracy > 0.9" --sort=-val_accuracy
  clarinet runs show digits
  clarinet runs diff digits digits-2
  clarinet runs plot digits digits-2 --metric val_loss
  clarinet runs export --out runs.csv
  clarinet runs resume digits
  clarinet runs reproduce digits
  clarinet runs pack digits --out digits.zip

Runs are kept in the folder .clarinet beside your code, or in CLARINET_HOME. A training is kept with
fit(run="digits") or `clarinet train … --run digits`."""

_RESUME = """This works for runs of `clarinet train`. A Python program goes on when it is started again with
fit(..., run="digits", checkpoint="epoch", resume=True)."""

_REPRODUCE = """This works for runs of `clarinet train`. In Python: clarinet.runs.reproduce("digits", x, y).
exit codes: 0 everything came out the same, 1 it did not, or failed"""

_WHERE = """a condition: a metric (loss, val_loss.min), a setting (fit.batch_size, or the end of its name: batch_size)
or one of name, status, group, tag; one of = != < <= > >=; a value. May be given several times."""


def add_runs(commands: Commands, command: Callable[[Commands, str, str, str], Parser]) -> None:
    """Add ``runs`` and its sub-commands to the commands."""
    top = command(commands, "runs", "the trainings that were kept: list, compare, draw, export, delete", _RUNS)
    top.set_defaults(do="ls", where=[], sort=None, limit=20, columns=None, bin=False)
    parts = top.add_subparsers(title="what to do (default ls)", metavar="WHAT")
    _add_reading(parts)
    _add_keeping(parts)
    _add_again(parts)


def _part(parts: Commands, name: str, about: str, epilog: str = "") -> Parser:
    part = parts.add_parser(
        name, help=about, description=f"{about[0].upper()}{about[1:]}.", epilog=epilog, formatter_class=_FORMATTER
    )
    # Not set where it is absent, or it would undo a --json before the sub-command.
    part.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON document and nothing else"
    )
    part.set_defaults(do=name)
    return part


def _add_where(part: Parser) -> None:
    part.add_argument("--where", action="append", default=[], metavar="CONDITION", help=_WHERE)


def _add_reading(parts: Commands) -> None:
    ls = _part(parts, "ls", "list the runs, the newest first")
    _add_where(ls)
    ls.add_argument("--sort", metavar="KEY", help="by a metric, a setting or a column; --sort=-KEY: the largest first")
    ls.add_argument(
        "--limit", type=int, default=20, metavar="N", help="the largest number of rows (default 20; 0 for all)"
    )
    ls.add_argument("--columns", metavar="KEY,KEY", help="metrics and settings to show")
    ls.add_argument("--bin", action="store_true", help="list the runs in the bin")
    show = _part(parts, "show", "show a run: curves, numbers, configuration, findings")
    show.add_argument("name", metavar="NAME", help="a run's name")
    diff = _part(parts, "diff", "settings and numbers that are not the same in several runs")
    diff.add_argument("names", metavar="NAME", nargs="+", help="runs' names")
    plot = _part(parts, "plot", "draw curves in the terminal, or as a page")
    plot.add_argument("names", metavar="NAME", nargs="+", help="runs' names")
    plot.add_argument("--metric", action="append", metavar="METRIC", help="which (default all); several times for more")
    plot.add_argument("--by", choices=("step", "epoch", "log"), help="the unit (default: the finest one recorded)")
    plot.add_argument("--smooth", type=float, default=0.0, metavar="WEIGHT", help="0 (default) to below 1")
    plot.add_argument("--html", metavar="FILE", help="write a page about the one run instead")
    export = _part(parts, "export", "write runs to a CSV or JSON file")
    export.add_argument("name", metavar="NAME", nargs="?", help="one run with every value (default: the list of runs)")
    export.add_argument("--out", metavar="FILE", required=True, help="ending in .csv or .json")
    _add_where(export)


def _add_keeping(parts: Commands) -> None:
    rm = _part(parts, "rm", "put runs in the bin; they can be restored for 30 days")
    rm.add_argument("names", metavar="NAME", nargs="+", help="runs' names")
    restore = _part(parts, "restore", "take a run back out of the bin")
    restore.add_argument("name", metavar="NAME", help="its name")
    gc = _part(parts, "gc", "remove for good what has long been in the bin, and files that belong to no run")
    gc.add_argument("--days", type=float, default=30.0, metavar="N", help="in the bin for so long (default 30)")


def _add_again(parts: Commands) -> None:
    resume = _part(parts, "resume", "continue an interrupted training, as if it had never stopped", _RESUME)
    reproduce = _part(parts, "reproduce", "train again and compare, bit for bit", _REPRODUCE)
    pack = _part(parts, "pack", "write a run to one file, to be shared")
    for part in (resume, reproduce, pack):
        part.add_argument("name", metavar="NAME", help="a run's name")
    resume.add_argument("--out", metavar="FILE", help="where the model goes (default: as before)")
    pack.add_argument("--out", metavar="FILE", help="default: the run's name + .zip")
    unpack = _part(parts, "unpack", "put a packed run into the store; no code in the file is run")
    unpack.add_argument("file", metavar="FILE", help="written by clarinet runs pack")
    unpack.add_argument("--name", metavar="NAME", help="what to call it here")
