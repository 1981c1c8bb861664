"""The benchmark's harness works: on a few hundred rows, with the two peers that every environment has."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import clarinet
from benchmarks import loops, machine, network_report, networks, peak, programs, report, session, thresholds, versions
from benchmarks.__main__ import main
from benchmarks.host import Host, WorkerError, thread_settings
from benchmarks.networks import NETWORKS, TUTORIAL, Network
from benchmarks.peers import ROWS, Row, select
from benchmarks.session import Result, Session, Settings
from clarinet import _native

SMALL = Settings(rows=320, rounds=2, trials=1, epochs=1, test_rows=100, threads=(1,), imports=1, pause=0.0)


def network(name: str) -> Network:
    return next(one for one in NETWORKS if one.name == name)


def by_name(name: str) -> Row:
    return next(row for row in ROWS if row.name == name)


@pytest.fixture(scope="module")
def results() -> list[Result]:
    rows = (by_name("clarinet-reference"), by_name("numpy"))
    return Session(TUTORIAL, rows, SMALL, say=lambda _: None).run()


def test_every_workload_is_timed_in_every_round(results: list[Result]) -> None:
    for result in results:
        assert result.error is None
        assert {name: len(times) for name, times in result.epochs.items()} == {
            "float32": 2,
            "no zeros": 2,
            "uint8": 2,
            "validation": 2,
        }
        assert all(time > 0 for times in result.epochs.values() for time in times)
        assert len(result.trials[1]) == 1


def test_the_peers_did_the_work(results: list[Result]) -> None:
    for result in results:
        assert set(result.logs["float32"]) == {"loss", "accuracy"}
        assert set(result.logs["validation"]) == {"loss", "accuracy", "val_loss", "val_accuracy"}
        assert result.logs["float32"]["loss"] < 1.7, "three epochs on 320 rows learn something"
        assert result.logs["uint8"]["loss"] == pytest.approx(result.logs["validation"]["loss"], abs=1)
        assert result.accuracy is not None
        assert 0.1 < result.accuracy <= 1


def test_footprints_count_what_comes_on_top_of_numpy(results: list[Result]) -> None:
    clarinet, numpy = results
    assert numpy.installed_mb == 0
    assert clarinet.installed_mb is not None
    assert clarinet.installed_mb > 1  # the extension and safetensors at least
    assert clarinet.import_seconds is not None
    assert 0 < clarinet.import_seconds < 10
    assert clarinet.memory_mb is not None
    assert clarinet.memory_mb > 20


def test_the_report_holds_every_row_and_reads_back(results: list[Result], tmp_path) -> None:
    checks = thresholds.check(results)
    report.write(tmp_path, results, SMALL, machine.describe(), checks)
    page = (tmp_path / "results.md").read_text(encoding="utf-8")
    data = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert all(result.label in page for result in results)
    assert "make bench" in page
    assert [entry["name"] for entry in data["results"]] == ["clarinet-reference", "numpy"]
    assert data["machine"]["versions"]["numpy"]


def test_the_readme_s_table_is_replaced_between_its_marks(results: list[Result], tmp_path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- benchmark -->\nold\n<!-- /benchmark -->\nafter\n", encoding="utf-8")
    for _ in range(2):
        report.fill_readme(readme, report.summary(results, SMALL, machine.describe()))
    text = readme.read_text(encoding="utf-8")
    assert text.startswith("before\n<!-- benchmark -->\n|  | threads |")
    assert text.endswith("<!-- /benchmark -->\nafter\n")
    assert text.count("NumPy, the textbook's loop") == 1
    assert "old" not in text
    readme.write_text("no marks", encoding="utf-8")
    with pytest.raises(ValueError, match=r"README\.md has 0 benchmark blocks"):
        report.fill_readme(readme, "")


def test_a_peer_that_fails_is_left_out_and_says_why() -> None:
    broken = Row("no-such-row", "Broken", "no_such_peer", "clarinet", "clarinet")
    (result, _) = Session(TUTORIAL, (broken, by_name("numpy")), SMALL, say=lambda _: None).run()
    assert result.error is not None
    assert "no-such-row" in result.error
    assert not result.epochs


def test_a_worker_that_ends_is_reported_with_its_last_words() -> None:
    row = by_name("numpy")
    with Host(row, 1) as host:
        host._process.kill()
        with pytest.raises(WorkerError, match=r"numpy \(1 threads\), epoch: the process ended"):
            host.ask("epoch")


def test_promises_are_judged_by_the_median_of_paired_rounds() -> None:
    ours = Result("clarinet", "", epochs={"float32": [1.0, 10.0, 1.0]}, predict_one=1e-5, import_seconds=0.2)
    rival = Result("jax-scan", "", epochs={"float32": [2.0, 20.0, 1.0]})
    lines = {check.text: check for check in thresholds.check([ours, rival])}
    assert lines["an epoch takes at most 1/1.7 of jax-scan's"].passed is True
    assert lines["an epoch takes at most 1/1.7 of jax-scan's"].measured == "1/2.00"
    assert lines["an epoch takes at most 1/9 of keras-tensorflow's"].passed is None
    assert lines["one prediction of one image, µs, at most 20"].passed is True
    assert lines["import beyond NumPy, s, at most 0.15"].passed is False
    assert lines["installed beyond NumPy without MNIST, MB, at most 15"].passed is None


def test_rows_are_selected_by_name_or_family() -> None:
    assert [row.name for row in select("jax-scan,keras-jax", TUTORIAL)] == ["jax-scan", "keras-jax", "keras-jax-tuned"]
    with pytest.raises(ValueError, match=r"'jaxx'.*expected some of: clarinet, jax-scan"):
        select("jaxx", TUTORIAL)


def test_threads_are_set_for_every_library() -> None:
    assert thread_settings(1)["XLA_FLAGS"]
    assert set(thread_settings(2).values()) == {"2"}


def test_the_command_prints_the_table_and_writes_only_where_told(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(
        [
            "--suite",
            "tutorial",
            "--quick",
            "--only",
            "numpy",
            "--threads",
            "1",
            "--rounds",
            "1",
            "--output",
            str(tmp_path),
            "--check",
        ]
    )
    printed = capsys.readouterr().out
    assert code == 1, "promises that were not measured are not kept"
    assert "NumPy, the textbook's loop" in printed
    assert "not measured" in printed
    assert {path.name for path in tmp_path.iterdir()} == {"results.md", "results.json"}


@pytest.mark.parametrize(
    "arguments", [["--only", "nothing"], ["--rounds", "0"], ["--threads", "one"], ["--suite", "none"]]
)
def test_wrong_options_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert "error" in capsys.readouterr().err


def test_the_networks_work_is_counted_by_hand() -> None:
    assert network("perceptron").flop == 48_000 * 2 * 2 * 784
    assert network("online").flop == 12_000 * 2 * (2 * 784 * 20 + 3 * 20 * 10)
    conv = 26 * 26 * 32 * 9 * 2 + 3 * (11 * 11 * 64 * 9 * 32 + 1600 * 128 + 128 * 10)
    assert network("cnn").flop == 6400 * 2 * conv


def test_every_rule_of_the_networks_names_peers_that_are_measured() -> None:
    assert set(thresholds.NETWORK_SHARES) == {n.name for n in NETWORKS} - {"tutorial"}
    for name, shares in thresholds.NETWORK_SHARES.items():
        assert {peer for share in shares for peer in share.peers} <= set(network(name).peers)
    known = {row.name for row in ROWS}
    assert all(set(n.peers) <= known for n in (*NETWORKS, *networks.ACCELERATED))


def test_suites_are_selected_by_name() -> None:
    assert networks.select(None) == NETWORKS
    assert networks.select("networks,sequences") == NETWORKS[1:]
    assert [n.name for n in networks.select("deep,wide")] == ["wide", "deep"]


def test_shares_are_of_the_fastest_peer() -> None:
    times = {"clarinet": 1.0, "torch-fused": 4.0, "keras-jax": 2.5, "keras-tensorflow": 3.0, "jax-scan": 1.25}
    results = [Result(name, name, epochs={"float32": [seconds]}, memory_mb=100.0) for name, seconds in times.items()]
    lines = [(check.measured, check.passed) for check in thresholds.check_network("wide", results)]
    assert lines == [("0.4", True), ("0.8", True), ("0.8", False), ("100", True)]
    assert {check.passed for check in thresholds.check_network("wide", results[:3])} == {None, True}


def test_a_network_s_page_holds_its_peers_and_the_peak(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--quick", "--rounds", "1", "--threads", "1", "--only", "clarinet,numpy-online", "--output"]
    assert main(["--suite", "online", *arguments, str(tmp_path)]) == 0
    assert "the from-scratch tutorial's loop" in capsys.readouterr().out
    page = (tmp_path / "networks.md").read_text(encoding="utf-8")
    assert "## Sample by sample" in page
    data = json.loads((tmp_path / "networks.json").read_text(encoding="utf-8"))
    assert [entry["name"] for entry in data["results"]["online"]] == ["clarinet", "numpy-online"]


@pytest.mark.parametrize("name", programs.PROGRAMS)
def test_programs_are_the_same_in_every_library(name: str) -> None:
    """As many weights in PyTorch, whose recurrent layers have a bias more, and attention's one for each matrix."""
    torch = pytest.importorskip("torch")
    from benchmarks.peers.torch_programs import MODULES

    program, module = programs.PROGRAMS[name], MODULES[name]()
    x, y = program.data(4)
    model = program.build(clarinet)
    given = torch.from_numpy(np.moveaxis(x, -1, 1).copy() if program.channels else x)
    assert np.asarray(model.predict(x, verbose=0)).size == module(given).numel()
    assert network(name).flop > 0
    assert len(y) == 4
    own = sum(p.numel() for p in module.parameters())
    more = {"lstm": 256, "words-lstm": 400, "bidirectional": 4 * 256}.get(name, 0)
    assert model.count_params() == own - more


def test_without_a_compiler_there_is_no_peak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert peak.gflops((1,)) == {}
    assert "| – |" in network_report.table(
        network("wide"), [Result("clarinet", "Clarinet", 1, epochs={"float32": [2.0]})], {}, 24_000
    )


def test_a_thread_count_that_is_far_slower_is_tried_once() -> None:
    trials = {1: [1.0], 2: [3.5], 4: []}
    assert [session._hopeful(threads, trials) for threads in trials] == [True, False, True]


def installed(folder: Path) -> Path:
    """The package as `pip install --target` lays it out, whatever kind of installation this is."""
    shutil.copytree(Path(clarinet.__file__).parent, folder / "clarinet", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(_native.__file__, folder / "clarinet")
    return folder


def test_two_versions_are_timed_side_by_side_and_their_bits_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    package = installed(tmp_path)
    few = [versions.Row("perceptron", "float32", rows=320), versions.Row("tutorial", "float32", rows=320, predict=True)]
    monkeypatch.setattr(versions, "rows", lambda: iter(few))
    arguments = [str(package), str(package), "--pairs", "1", "--epochs", "1", "--limit", "100"]
    assert versions.main(arguments) == 0, "one version is neither slower than itself nor gives other bits"
    shown = capsys.readouterr().out
    assert "perceptron, float32" in shown
    assert "one prediction" in shown
    assert "other bits: none (of 40 trainings)" in shown

    monkeypatch.setattr(versions, "time_once", lambda where, row, epochs: 1.2 if where == package else 1.0)
    assert versions.main(["elsewhere", str(package), "--no-bits"]) == 1, "a fifth more time is noticed"
    assert "slower than 1.03: perceptron, float32, tutorial, one prediction" in capsys.readouterr().out


def test_a_version_that_cannot_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"(?s)Clarinet in .*Error"):
        versions.hashes(tmp_path)


def test_loops_of_one_s_own_are_timed() -> None:
    assert loops.measure("clarinet", rows=320, epochs=1)["seconds"] > 0
    (ratio,) = loops.own_loss(rows=320, pairs=1)
    assert ratio > 0
