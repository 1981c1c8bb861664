"""The studio, opened on a run: a program of its own, so that it takes no time from the training and outlives it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from clarinet.problems import ClarinetWarning

if TYPE_CHECKING:
    from clarinet.runs.run import Run

#: Seconds after which a studio that was opened for a training ends, once no page of it is open any more.
IDLE = 120
#: The studios that this process has opened, by the store that they show.
_open: dict[Path, subprocess.Popen[str]] = {}


def check_extra(what: str) -> None:
    """Whether the studio can be opened.

    Args:
        what: the caller, with which the message begins.

    Raises:
        ImportError: its extra is not installed.
    """
    if not all(map(_is_there, ("starlette", "uvicorn", "websockets"))):
        raise ImportError(f'{what} needs the extra of the studio: pip install "clarinet[studio]"')


def _is_there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ValueError:  # None stands in its place among the loaded modules
        return False


def show(run: Run) -> None:
    """Open the studio on a run; where this process has opened it before, the run shows up there by itself.

    What goes wrong is said in a warning: the training does not depend on it.
    """
    folder = run.store.folder
    before = _open.get(folder)
    if before is not None and before.poll() is None:
        return
    command = [sys.executable, "-m", "clarinet.cli", "studio", "--json", f"--until-idle={IDLE}", f"--show={run.id}"]
    # A session of its own: Ctrl-C is meant for the training.
    started = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        env={**os.environ, "CLARINET_HOME": str(folder)},
    )
    assert started.stdout is not None
    with started.stdout as said:
        answer = said.readline()
    if not answer:
        warnings.warn("the studio did not start; `clarinet studio` says why", ClarinetWarning, stacklevel=2)
        return
    _open[folder] = started
    print(f"The studio shows this training: {json.loads(answer)['url']}", file=sys.stderr)
