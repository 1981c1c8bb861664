"""The machine and the versions that a table of seconds belongs to."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("clarinet", "numpy", "torch", "tensorflow-cpu", "keras", "jax", "scikit-learn")

_CPUINFO = Path("/proc/cpuinfo")


def describe() -> dict[str, object]:
    """CPU, cores, instruction sets and the one that Clarinet uses, versions, load and date, ready for JSON."""
    from clarinet import _native

    info = _cpuinfo()
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cpu": _cpu_name(info),
        "cores": _cores(),
        "instruction_sets": _instruction_sets(info),
        "used": _native.isa(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: found for name in PACKAGES if (found := _version(name))},
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def _cpuinfo() -> dict[str, str]:
    """The first processor's entry on Linux; empty elsewhere."""
    if not _CPUINFO.exists():
        return {}
    first = _CPUINFO.read_text().split("\n\n")[0]
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in first.splitlines())}


def _cpu_name(info: dict[str, str]) -> str:
    name = info.get("model name") or platform.processor() or platform.machine()
    if "cpu family" in info:  # a virtual machine often hides the model's name, but not its numbers
        name += f" (family {info['cpu family']}, model {info['model']})"
    return name


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _instruction_sets(info: dict[str, str]) -> str:
    flags = info.get("flags", "").split()
    wanted = [name for name in ("sse4_2", "avx2", "fma", "avx512f", "avx512_bf16", "avx512_vnni") if name in flags]
    return " ".join(wanted) or platform.machine()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
