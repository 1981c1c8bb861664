"""A training on several processes is that of one, step by step."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from clarinet import runs
from clarinet.engines.ranks import Ranks, ranks_for
from tests.distributed.program import trained

ROOT = Path(__file__).parents[2]
#: What lets an MPI start programs of root's, and more of them than there are processors.
ALLOWED = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "OMPI_MCA_mpi_yield_when_idle": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
}
pytestmark = pytest.mark.skipif(shutil.which("mpirun") is None, reason="there is no MPI")


def run(what, folder, ranks=2):
    """Start the program on so many ranks; its exit status, what it said, and what each rank has written down."""
    pytest.importorskip("mpi4py")
    words = ["mpirun", "-n", str(ranks), sys.executable, "-m", "tests.distributed.program", what, str(folder)]
    done = subprocess.run(
        words, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False, env={**os.environ, **ALLOWED}
    )
    files = [folder / f"{what}-{rank}.json" for rank in range(ranks)]
    return done.returncode, done.stderr, [json.loads(file.read_text()) for file in files if file.exists()]


def check_kinds(status, said, found):
    """Whether each rank has what one process has, twice the same, and refuses what it should."""
    assert status == 0, said
    first = found[0]
    for kind in ("pictures", "noise", "sequences"):
        assert first[kind][0] == first[kind][1]
        assert all(other[kind][0]["weights"] == first[kind][0]["weights"] for other in found)
        alone = trained(kind, None)
        for name in ("losses", "weights"):
            np.testing.assert_allclose(first[kind][0][name], alone[name], 2e-4, 2e-5)
        for name, values in alone["history"].items():
            np.testing.assert_allclose(first[kind][0]["history"][name], values, 1e-4, 1e-5)


def test_two_ranks_are_one_process(tmp_path):
    status, said, found = run("kinds", tmp_path)
    check_kinds(status, said, found)
    words = [
        "batch_normalization normalizes by the statistics of a batch",
        "batch_size=15 cannot be shared out evenly among 2 ranks",
        "wants 3 processes, and there are 2",
        "rank 1 has other rows than rank 0",
        "gives no value for each row by itself",
    ]
    for rank in found:
        for message, expected in zip(rank["refused"], words, strict=True):
            assert expected in message


@pytest.mark.slow
def test_four_ranks_are_one_process(tmp_path):
    status, said, found = run("kinds", tmp_path, 4)
    check_kinds(status, said, found)


def test_a_rank_that_dies_ends_all_and_the_last_checkpoint_goes_on(tmp_path):
    status, said, _ = run("dies", tmp_path)
    assert status != 0 and "rank 1 of 2 ended with OSError: this rank is ill" in said
    assert runs.Store(tmp_path / "store").get("ranks").status == "killed"
    status, said, found = run("goes_on", tmp_path)
    assert status == 0, said
    (entry,) = runs.Runs(runs.Store(tmp_path / "store")).entries()  # the first rank alone has written
    assert entry.status == "finished"
    alone = trained("pictures", None, epochs=4)
    for rank in found:
        np.testing.assert_allclose(rank["weights"], alone["weights"], 1e-3, 1e-4)
        np.testing.assert_allclose(rank["history"]["loss"], alone["history"]["loss"], 1e-4, 1e-5)


@pytest.mark.slow
def test_ranks_that_do_different_things_do_not_wait_forever(tmp_path):
    status, said, _ = run("astray", tmp_path)
    assert status != 0 and "the ranks have gone different ways: rank 0 is at the end, rank 1 at a decision" in said


def test_one_process_is_a_group_of_one():
    ranks = ranks_for(None)
    assert type(ranks) is Ranks and ranks.first(3) == 3 and ranks.all(3) == [3] and ranks.settled(lambda: 4) == 4
