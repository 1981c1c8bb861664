"""A training step asks for no memory: counted by a function that is put in malloc's place."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import cases

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

NAMES = [f"layer {case.id}" for case in cases.LAYERS] + [f"optimizer {case.id}" for case in cases.OPTIMIZERS]


@pytest.fixture(scope="module")
def counted(tmp_path_factory) -> dict[str, list[int] | str]:
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("counting needs a C compiler on Linux")
    if os.environ.get("CLARINET_SANITIZED"):
        pytest.skip("the sanitizer has put its own functions in malloc's place")
    library = tmp_path_factory.mktemp("counter") / "counter.so"
    source = str(HERE / "count_allocations.c")
    built = subprocess.run(
        [compiler, "-O1", "-shared", "-fPIC", source, "-o", str(library)], capture_output=True, check=False
    )
    if built.returncode:
        pytest.skip("counting needs the GNU C library")
    done = subprocess.run(
        [sys.executable, "-m", "tests.native.allocations"],
        env=os.environ | {"LD_PRELOAD": str(library)}, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", NAMES)
def test_a_step_allocates_nothing(name, counted):
    """Twice the steps, the same number of calls: what a call of the engine asks for once does not matter."""
    found = counted[name]
    if isinstance(found, str):
        pytest.skip(found)
    few, many = found
    assert few == many
    assert few > 0, "the counter counts"
