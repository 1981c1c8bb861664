"""Whether the process that writes a run is still there."""

from __future__ import annotations

import os
from pathlib import Path


def process_token(pid: int) -> str | None:
    """A mark that differs for a later process with the same number; None if there is no such process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return None if fields[0] == "Z" else f"{pid} {fields[19]} {boot}"
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
    except OSError:
        pass
    try:
        if os.name == "posix":
            os.kill(pid, 0)  # sends nothing; only asks
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return str(pid)


def is_alive(token: object) -> bool:
    """Whether the process that wrote this token still exists; False for a damaged token."""
    if not isinstance(token, str):
        return False
    try:
        return process_token(int(token.partition(" ")[0])) == token
    except (ValueError, OverflowError):
        return False
