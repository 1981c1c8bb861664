"""What tables take in memory, asked before it is taken."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def free_memory() -> int | None:
    """Bytes that programs can still take on this machine; None where that is not known."""
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable"):
                return int(line.split()[1]) * 1024
    with suppress(OSError, ValueError, AttributeError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


LEAVE_OUT = "leave out columns that are not needed"


def streaming(path: Path) -> str:
    """What to do with a table that is larger than memory."""
    return f'let its rows stream in Python, from model.fit("{path}", target=…), see docs/data.md'


def check_memory(needed: float, what: str, advice: str) -> None:
    """Refuse to begin with what will not end well.

    Args:
        needed: bytes.
        what: is to take them.
        advice: to make it less.

    Raises:
        MemoryError: there are fewer.
    """
    free = free_memory()
    if free is not None and needed > free:
        raise MemoryError(f"{what} would take about {_size(needed)}, and {_size(free)} are free; {advice}")


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"
