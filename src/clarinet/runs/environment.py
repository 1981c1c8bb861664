"""What a run was made with: versions, machine, program, and the state of the user's code."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired
from typing import TYPE_CHECKING, Any

from clarinet import _native

if TYPE_CHECKING:
    from clarinet.model import Sequential

#: Seconds to wait, when a run ends, for git to have answered.
_PATIENCE = 5.0


def environment(model: Sequential | None = None) -> dict[str, Any]:
    """Versions, machine, instruction set and threads; with a model, the engine that runs it and why.

    Example:
        >>> sorted(environment())
        ['clarinet', 'instruction_set', 'machine', 'numpy', 'processor', 'python', 'system', 'threads']
    """
    import platform

    import numpy as np

    import clarinet

    about: dict[str, Any] = {
        "clarinet": clarinet.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "system": platform.system(),
        "machine": platform.machine(),
        "processor": _processor(),
        "instruction_set": _native.isa(),
        "threads": _native.threads(),
    }
    if model is not None:
        about |= {"engine": model.engine, "engine_reason": model.engine_reason, "dtype": model.dtype.name}
    return about


def _processor() -> str | None:
    """The processor's name, where the system tells it without being asked for long."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return None
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, None)


def program() -> dict[str, Any]:
    """What was started, to start it again."""
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    return {"arguments": list(sys.argv), "script": main and os.path.abspath(main), "folder": os.getcwd()}


class Git:
    """Asks git for the commit and whether files differ from it, without making anybody wait.

    Args:
        folder: where to ask; default the working directory.

    Example:
        >>> Git("/").answer() is None
        True
    """

    def __init__(self, folder: str | Path = ".") -> None:
        self._process: Popen[str] | None = None
        here = Path(folder).resolve()
        if any((place / ".git").exists() for place in (here, *here.parents)):
            command = ["git", "status", "--porcelain=v2", "--branch", "--untracked-files=no"]
            quiet = os.environ | {"GIT_OPTIONAL_LOCKS": "0"}
            try:
                self._process = Popen(command, cwd=here, env=quiet, stdout=PIPE, stderr=DEVNULL, text=True)
            except OSError:  # git is not installed
                return

    @property
    def is_ready(self) -> bool:
        """Whether :meth:`answer` would not wait."""
        return self._process is None or self._process.poll() is not None

    def answer(self) -> dict[str, Any] | None:
        """``{"commit", "branch", "dirty"}``; None outside a repository, or where git did not answer."""
        if self._process is None:
            return None
        process, self._process = self._process, None
        try:
            text, _ = process.communicate(timeout=_PATIENCE)
        except TimeoutExpired:
            process.kill()
            process.communicate()
            return None
        if process.returncode != 0:
            return None
        lines = text.splitlines()
        head = dict(line[2:].split(" ", 1) for line in lines if line.startswith("# branch."))
        dirty = any(not line.startswith("#") for line in lines)
        return {"commit": head.get("branch.oid"), "branch": head.get("branch.head"), "dirty": dirty}
