"""The most multiply-adds a second that the machine does, for a time to be compared with: compiled and run here."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

SOURCE = Path(__file__).with_name("peak.cpp")


def gflops(threads: Sequence[int]) -> dict[int, float]:
    """GFLOP/s by number of threads, the best of 200 short rounds; empty where no compiler takes the source."""
    compiler = os.environ.get("CXX", "g++")
    with tempfile.TemporaryDirectory() as folder:
        program = str(Path(folder) / "peak")
        options = ["-O2", "-std=c++20", "-march=native", "-ffp-contract=fast", "-pthread"]
        try:
            subprocess.run([compiler, *options, str(SOURCE), "-o", program], check=True, capture_output=True)
            done = subprocess.run([program, *map(str, threads)], check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError):
            return {}
    return dict(zip(threads, map(float, done.stdout.split()), strict=True))
