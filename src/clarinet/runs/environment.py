"""The environment of a run: versions, machine and program."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from clarinet.runs import code
from clarinet.types import Config

if TYPE_CHECKING:
    from clarinet.trainable import Trainable


def environment(model: Trainable | None = None) -> Config:
    """Versions, machine, instruction set and threads; with a model, the engine that runs it and why.

    Example:
        >>> sorted(environment())
        ['clarinet', 'instruction_set', 'machine', 'numpy', 'processor', 'python', 'system', 'threads']
    """
    import platform

    import numpy as np

    from clarinet._native import isa, threads, version

    about: Config = {
        "clarinet": version,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "system": platform.system(),
        "machine": platform.machine(),
        "processor": _processor(),
        "instruction_set": isa(),
        "threads": threads(),
    }
    if model is not None:
        about |= {"engine": model.engine, "engine_reason": model.engine_reason, "dtype": model.dtype.name}
    return about


def _processor() -> str | None:
    """The processor's name, if the system knows it at once."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return None
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, None)


def program() -> Config:
    """The command line, to start it again, and the hashes of its own sources."""
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    about: Config = {"arguments": [*sys.argv], "script": main and os.path.abspath(main), "folder": os.getcwd()}
    return about | {"sources": {**code.sources()}}
