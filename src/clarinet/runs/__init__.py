"""Runs: the configuration, numbers and files of every training, kept to be found, compared and resumed.

>>> import os, tempfile
>>> from clarinet import runs
>>> store = runs.Store(tempfile.mkdtemp())  # without it: the folder .clarinet beside your code
>>> with store.start("first", config={"rate": 0.1}) as run:
...     run.log({"loss": 0.5})
...     run.log({"loss": 0.25})
>>> store.get("first").summary
{'loss': 0.25}
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from clarinet.names import public
from clarinet.runs.curves import downsample, smooth
from clarinet.runs.listing import Group, Runs
from clarinet.runs.location import StoreError, home
from clarinet.runs.packing import pack
from clarinet.runs.record import Entry
from clarinet.runs.reproducing import Verdict, reproduce
from clarinet.runs.run import Run
from clarinet.runs.session import current, finish, init, log, start
from clarinet.runs.store import Store
from clarinet.runs.tracker import Tracker
from clarinet.runs.trash import DAYS, collect
from clarinet.runs.trash import restore as _restore
from clarinet.runs.unpacking import unpack
from clarinet.views.sparkline import sparkline

__all__ = [
    "Entry",
    "Group",
    "Run",
    "Runs",
    "Store",
    "StoreError",
    "Tracker",
    "Verdict",
    "best",
    "compare",
    "current",
    "diff",
    "downsample",
    "export",
    "finish",
    "gc",
    "get",
    "group",
    "home",
    "init",
    "last",
    "list",
    "log",
    "pack",
    "reproduce",
    "restore",
    "smooth",
    "sparkline",
    "start",
    "unpack",
]


def __dir__() -> Iterable[str]:  # `list` is a function here
    return public(globals())


# The same on the store beside the user's code.


def get(name: str | int) -> Run:
    """The run of this name, or with this id; see :meth:`Store.get`."""
    return Store().get(name)


def last() -> Run | None:
    """The run that was begun last; None where there are none."""
    return Store().last()


def best(metric: str = "val_loss", mode: str = "auto", where: str | Sequence[str] | None = None) -> Run:
    """The run with the best value of a metric; see :meth:`Runs.best`."""
    return Runs().best(metric, mode, where)


def diff(*names: str | int) -> dict[str, tuple[object, ...]]:
    """Settings that are not the same in these runs; see :meth:`Runs.diff`."""
    return Runs().diff(*names)


def compare(*names: str | int) -> dict[str, tuple[float | None, ...]]:
    """The last value of every metric in each of these runs; see :meth:`Runs.compare`."""
    return Runs().compare(*names)


def group(by: str, metric: str = "val_loss", where: str | Sequence[str] | None = None) -> Sequence[Group]:
    """Mean and spread of a metric over runs that have a setting in common; see :meth:`Runs.group`."""
    return Runs().group(by, metric, where)


def export(path: str | Path, where: str | Sequence[str] | None = None) -> Path:
    """Write the list of runs to a ``.csv`` or ``.json`` file; one run: ``runs.get(name).export(path)``."""
    from clarinet.runs.exporting import export_list

    return export_list(Runs().entries(where), path)


def restore(name: str) -> Run:
    """Take a deleted run back out of the bin.

    Raises:
        ValueError: it is not there, or its name has been taken again.
    """
    return _restore(Store(), name)


def gc(days: float = DAYS) -> Sequence[str]:
    """Remove for good the runs that have been in the bin for this many days; returns the names."""
    return collect(Store(), days)


def list(
    where: str | Sequence[str] | None = None, *, sort: str | None = None, limit: int | None = None
) -> Sequence[Entry]:
    """The runs, the newest first; see :meth:`Runs.entries`."""
    return Runs().entries(where, sort=sort, limit=limit)
