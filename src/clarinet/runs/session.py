"""The run of this program: begun with ``start`` or ``init``, written with ``log``, ended with ``finish``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping

from clarinet.runs.endings import ending
from clarinet.runs.run import Run
from clarinet.runs.store import Store

_current: Run | None = None
_process = 0


def current() -> Run | None:
    """The last run of :func:`start` or :func:`init` in this process, if it has not ended."""
    return _current if _current is not None and _current.is_open and _process == os.getpid() else None


def start(
    name: str | bool | None = None,
    *,
    config: Mapping[str, object] | None = None,
    notes: str | None = None,
    tags: object = (),
    group: str | None = None,
    store: Store | None = None,
) -> Run:
    """Begin a run of any program; a context manager that ends it. Without ``with``, it ends with the program.

    Args:
        name: a number is added where it is taken; default ``run-1``, ….
        config: settings, a JSON-able dictionary.
        notes: for people.
        tags: words.
        group: runs that belong together.
        store: default the store beside your code.

    Raises:
        ValueError, TypeError: a name or settings that cannot be kept. StoreError: the store cannot be used.

    Example:
        >>> import tempfile
        >>> with start("dice", config={"sides": 6}, store=Store(tempfile.mkdtemp())) as run:
        ...     run.log({"mean": 3.5})
        >>> run.summary
        {'mean': 3.5}
    """
    import atexit

    global _current, _process  # one program, one current run, as with other trackers
    run = (store or Store()).start(name, config=config, notes=notes, tags=tags, group=group)
    if _current is None:
        atexit.register(_at_exit)
    _current, _process = run, os.getpid()
    return run


def init(
    project: str | None = None,
    name: str | None = None,
    config: Mapping[str, object] | None = None,
    notes: str | None = None,
    tags: Iterable[str] | None = (),
    group: str | None = None,
    *,
    reinit: object = None,
    **others: object,
) -> Run:
    """:func:`start` as users of W&B spell it. A run that is still open is finished first.

    Args:
        project: becomes a tag.
        name, config, notes, tags, group: as for :func:`start`.
        reinit, others: arguments that only make sense with a server (``entity``, ``mode``, …); they do nothing.

    Example:
        >>> import os, tempfile
        >>> os.environ["CLARINET_HOME"] = tempfile.mkdtemp()
        >>> run = init(project="perceptron", config={"epochs": 3})
        >>> log({"loss": 0.5})
        >>> finish()
        >>> run.status, run.tags, run.config.epochs
        ('finished', ['perceptron'], 3)
        >>> del os.environ["CLARINET_HOME"]
    """
    finish()
    return start(name, config=config, notes=notes, tags={*(tags or ()), *([project] if project else [])}, group=group)


def log(values: Mapping[str, object], step: int | None = None) -> None:
    """Keep numbers in the current run; see :meth:`Run.log`.

    Raises:
        ValueError: no run has been begun.
    """
    run = current()
    if run is None:
        raise ValueError("log: no run has been begun; begin one with clarinet.runs.init() or clarinet.runs.start()")
    run.log(values, step)


def finish() -> None:
    """End the current run; does nothing if there is none."""
    run = current()
    if run is not None:
        run.finish()


def _at_exit() -> None:
    run = current()
    if run is not None:
        run.finish(*ending(getattr(sys, "last_value", None)))  # the error that ended the program, if any
