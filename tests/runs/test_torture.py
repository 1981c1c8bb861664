"""Training that is killed at random moments; ``make torture`` does it two hundred times."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the torture forks")
def test_training_killed_at_random_moments_ends_as_if_nothing_had_been() -> None:
    command = [sys.executable, "-m", "tests.runs.torture", "--rounds", "20", "--slow", "0"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["wrong"] == []
    assert sum(report["kills"].values()) >= 10
