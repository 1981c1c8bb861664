"""A search on Ray's cluster: two nodes on this machine, one of which is killed in the middle."""

import os
import threading
import time
from pathlib import Path

import pytest

from clarinet import runs
from clarinet.search import load, search
from tests.search.programs import SPACE, Slow, X, Y, build

pytestmark = pytest.mark.slow


@pytest.fixture
def cluster(monkeypatch):
    """Two nodes of one processor each, beside a head that trains nothing."""
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    paths = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))  # its processes import the tests
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    found = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    nodes = [found.add_node(num_cpus=1) for _ in range(2)]
    ray.init(address=found.address, log_to_driver=False)
    yield found, nodes
    ray.shutdown()
    found.shutdown()


@pytest.mark.filterwarnings("ignore")  # Ray's own
def test_a_node_that_is_killed_loses_no_trial(cluster, tmp_path):
    whole, nodes = cluster
    store = runs.Store(tmp_path / "store")
    killed_after = []

    def kill():
        while True:
            time.sleep(0.05)
            try:
                over = [each for each in load("search", store) if each.state == "complete"]
            except ValueError:  # it has not begun
                continue
            if len(over) >= 4:
                killed_after.append(len(over))
                whole.remove_node(nodes[1], allow_graceful=False)
                return

    assassin = threading.Thread(target=kill)
    assassin.start()
    settings = {"epochs": 8, "callbacks": [Slow()], "pruner": None, "verbose": 0, "store": store}
    found = search(build, SPACE, X, Y, trials=16, workers=2, executor="ray", **settings)
    assassin.join()
    assert killed_after[0] < 16
    assert [(each.number, each.state) for each in found] == [(number, "complete") for number in range(16)]
    entries = runs.Runs(store).entries()
    assert len(entries) == 16 and {entry.status for entry in entries} == {"finished"}
