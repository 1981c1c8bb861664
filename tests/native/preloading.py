"""Programs that run with ``preloaded.c`` in malloc's place."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def output_of(module: str, folder: Path, *arguments: str) -> str:
    """What ``python -m module`` prints, with the library preloaded, which is built in ``folder``."""
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("the library needs a C compiler on Linux")
    if os.environ.get("CLARINET_SANITIZED"):
        pytest.skip("the sanitizer has put its own functions in malloc's place")
    library, source = folder / "preloaded.so", HERE / "preloaded.c"
    command = [compiler, "-O1", "-shared", "-fPIC", str(source), "-o", str(library), "-ldl"]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("the library needs the GNU C library")
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=os.environ | {"LD_PRELOAD": str(library)}, cwd=HERE.parents[1], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
