"""What a peer costs before it trains: seconds to import it and megabytes to install it, both beyond NumPy."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from statistics import median

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

#: Data in a package is no cost of the software: Clarinet bundles MNIST so that it works without a network.
BUNDLED_DATA = "clarinet/datasets/bundled/"

_TIMED_IMPORT = "import time, numpy; start = time.perf_counter(); import {module}; print(time.perf_counter() - start)"


class FootprintError(RuntimeError):
    """An import failed or a distribution is missing."""


def import_seconds(module: str, environment: Mapping[str, str], repetitions: int) -> float:
    """Median seconds of ``import module`` in a fresh process that has NumPy; a run before them warms the disk cache."""
    return median([_import_once(module, environment) for _ in range(repetitions + 1)][1:])


def _import_once(module: str, environment: Mapping[str, str]) -> float:
    command = [sys.executable, "-c", _TIMED_IMPORT.format(module=module)]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise FootprintError(f"import {module} failed: {done.stderr.strip()[-300:]}")
    return float(done.stdout.split()[-1])


@cache
def installed_mb(distributions: str) -> float:
    """Megabytes (10⁶ bytes) that the comma-separated distributions and their dependencies add to NumPy's."""
    wanted: set[str] = set()
    for name in distributions.split(","):
        _add_closure(name, wanted)
    numpy: set[str] = set()
    _add_closure("numpy", numpy)
    return sum(_size(_find(name)) for name in wanted - numpy) / 1e6


def _add_closure(name: str, found: set[str]) -> None:
    name = canonicalize_name(name)
    if name in found:
        return
    found.add(name)
    for requirement in _requirements(_find(name)):
        _add_closure(requirement, found)


def _requirements(dist: Distribution) -> Iterator[str]:
    """The names that a plain ``pip install`` of the distribution brings: no extras."""
    for line in dist.requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield requirement.name


def _size(dist: Distribution) -> int:
    """Bytes of the files in RECORD; compiled .pyc files are left out, for pip writes them only when asked to."""
    paths = (file for file in dist.files or () if file.suffix != ".pyc" and BUNDLED_DATA not in file.as_posix())
    located = {os.path.realpath(str(path.locate())) for path in paths}
    return sum(os.path.getsize(path) for path in located if os.path.exists(path))


def _find(name: str) -> Distribution:
    try:
        return distribution(name)
    except PackageNotFoundError:
        raise FootprintError(f"{name} is not installed here; expected what benchmarks/requirements.txt names") from None
