"""Disks and files that fail while training runs: it goes on, says what it could not keep, and loses nothing old."""

from __future__ import annotations

import errno
import gc
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import clarinet
from clarinet import callbacks, files, runs
from clarinet.problems import ClarinetWarning
from clarinet.runs.checkpoints import Checkpoints
from clarinet.runs.processes import process_token
from clarinet.saving import container
from clarinet.saving.checkpoints import load_checkpoint, save_checkpoint
from tests.runs.small import Interruption, X, Y, build, fit, outcome, watchers

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLARINET_HOME", str(tmp_path / "store"))
    return tmp_path / "store"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """How the training comes out when nothing goes wrong."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLARINET_HOME", str(tmp_path_factory.mktemp("whole")))
        return outcome(fit("whole"))


class FailingDisk:
    """The module ``os`` as the library's files see it, with calls that fail from some call on, for a while."""

    def __init__(self, call: str, error: int, first: int, times: int) -> None:
        self.call, self.error, self.left = call, error, range(first, first + times)
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(os, name)
        return self._failing(found) if name == self.call else found

    def _failing(self, found: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self.calls += 1
            if self.calls in self.left:
                raise OSError(self.error, os.strerror(self.error))
            return found(*arguments, **named)

        return call


def folder_of(name: str) -> Path:
    return runs.Store().get(name).folder / "checkpoints"


def assert_only_whole_files(folder: Path) -> None:
    for path in folder.iterdir():
        assert not path.name.endswith(".part")
        load_checkpoint(path)


FAULTS = [
    ("fsync", errno.ENOSPC, "No space left.*Make room on the disk"),
    ("fsync", errno.EIO, "Input/output error.*Look after the disk"),
    ("replace", errno.EIO, "Input/output error.*Look after the disk"),
    ("replace", errno.EROFS, "Read-only file system.*Make the folder writable"),
    ("open", errno.EIO, "Input/output error"),
    ("urandom", errno.EACCES, "Permission denied.*Make the folder writable"),
]


@pytest.mark.parametrize(("call", "error", "message"), FAULTS, ids=[f"{f[0]}-{errno.errorcode[f[1]]}" for f in FAULTS])
def test_training_goes_on_and_says_so_once(
    call: str, error: int, message: str, whole: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "os", FailingDisk(call, error, first=5, times=2))
    with pytest.warns(ClarinetWarning) as caught:
        trained = fit("run")
    assert outcome(trained) == whole
    assert len(caught) == 1
    said = str(caught[0].message)
    assert "training goes on, the last good one is step-0000000" in said
    assert re.search(message, said)
    assert_only_whole_files(folder_of("run"))


def test_interrupted_while_the_disk_fails(whole: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was kept before the disk failed is gone on from."""
    with monkeypatch.context() as failing:
        failing.setattr(files, "os", FailingDisk("fsync", errno.EIO, first=6, times=10**6))
        with pytest.warns(ClarinetWarning, match="could not be written"), pytest.raises(Interruption):
            fit("cut", 40)
    assert [path.name for path in Checkpoints(folder_of("cut")).files()][-1] < "step-000000030"
    assert outcome(fit("cut", resume=True)) == whole


def test_no_room_from_the_first_checkpoint_on(whole: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "os", FailingDisk("fsync", errno.ENOSPC, first=1, times=10**6))
    with pytest.warns(ClarinetWarning) as caught:
        assert outcome(fit("run")) == whole
    checkpoint, model = (str(warning.message) for warning in caught)
    assert "training goes on, there is none yet" in checkpoint
    assert "run 'run': not everything could be kept" in model


def test_a_full_disk_gets_room_from_older_checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = build()
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    for _ in range(3):
        model.fit(X, Y, verbose=0)
        assert checkpoints.write(model, {})
    model.fit(X, Y, verbose=0)
    monkeypatch.setattr(files, "os", FailingDisk("fsync", errno.ENOSPC, first=1, times=1))
    assert checkpoints.write(model, {})
    assert len(checkpoints.files()) == 2


@pytest.fixture
def tiny_disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A file system of 256 kB, or as the test's parameter says, where this may be made."""
    place = tmp_path / "tiny"
    place.mkdir()
    if not shutil.which("mount") or os.geteuid() != 0:
        pytest.skip("making a file system needs root")
    size = f"size={getattr(request, 'param', '256k')}"
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", place], check=False, capture_output=True)
    if made.returncode:
        pytest.skip("file systems cannot be mounted here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill(disk: Path) -> None:
    """Leave no room; removing the file ``ballast`` makes some."""
    with (disk / "ballast").open("wb", buffering=0) as ballast, pytest.raises(OSError, match="No space left"):
        while True:
            ballast.write(bytes(4096))


def test_a_disk_that_is_really_full(tiny_disk: Path) -> None:
    model = build()
    model.fit(X, Y, verbose=0)
    checkpoints = Checkpoints(tiny_disk / "checkpoints")
    assert checkpoints.write(model, {})
    kept = checkpoints.files()
    fill(tiny_disk)
    model.fit(X, Y, verbose=0)
    with pytest.warns(ClarinetWarning, match=r"No space left on device.*the last good one is"):
        assert not checkpoints.write(model, {})
    assert [p.name for p in (tiny_disk / "checkpoints").iterdir()] == [p.name for p in kept]
    assert checkpoints.last() is not None
    (tiny_disk / "ballast").unlink()
    assert checkpoints.write(model, {})


def test_the_store_is_full_from_the_beginning(tiny_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is trained for a store that cannot take it: said before work starts."""
    monkeypatch.setenv("CLARINET_HOME", str(tiny_disk))
    fill(tiny_disk)
    with pytest.raises(OSError, match=r"full|No space"):
        fit("run")


class At(callbacks.Callback):
    """Does something once a step is done."""

    def __init__(self, step: int, act: Callable[[], Any]) -> None:
        self.step, self.act = step, act

    def on_chunk(self, chunk: Any) -> None:
        if chunk.first_step <= self.step < chunk.first_step + len(chunk):
            self.act()


@pytest.mark.parametrize("tiny_disk", ["2m"], indirect=True)
def test_the_disk_is_full_in_the_middle(tiny_disk: Path, whole: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkpoints, database, model: training goes on without any of them, and what was kept stays."""
    monkeypatch.setenv("CLARINET_HOME", str(tiny_disk))
    with pytest.warns(ClarinetWarning) as caught:
        trained = fit("run", callbacks=[*watchers(), At(20, lambda: fill(tiny_disk))])
    assert outcome(trained) == whole
    said = "\n".join(str(warning.message) for warning in caught)
    assert "the run goes on, but its numbers cannot be kept at the moment; trying again" in said
    assert "run 'run': not everything could be kept" in said  # the model
    (tiny_disk / "ballast").unlink()
    assert_only_whole_files(folder_of("run"))
    assert outcome(fit("run", callbacks=[*watchers(), At(20, int)], resume=True)) == whole
    assert runs.get("run").status == "finished"


def test_everything_is_read_only_in_the_middle(whole: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tracker = runs.Tracker("run")

    def fail() -> None:
        monkeypatch.setattr(files, "os", FailingDisk("replace", errno.EROFS, first=1, times=10**6))
        tracker.store.connection.execute("PRAGMA query_only = ON")

    with pytest.warns(ClarinetWarning) as caught:
        trained = fit(tracker, callbacks=[*watchers(), At(20, fail)])  # type: ignore[arg-type]
    assert outcome(trained) == whole
    said = "\n".join(str(warning.message) for warning in caught)
    assert "its numbers cannot be kept at the moment; trying again" in said
    assert "make the folder writable" in said
    assert "could not be written (Read-only file system); training goes on, the last good one is step-000000014" in said
    monkeypatch.setattr(files, "os", os)
    assert_only_whole_files(folder_of("run"))
    tracker.store.close()
    assert outcome(fit("run", callbacks=[*watchers(), At(20, int)], resume=True)) == whole
    assert runs.get("run").curve("loss", "step")[0].tolist() == list(range(1, 45))


# Damaged checkpoints.

DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "first half": lambda content: content[: len(content) // 2],
    "zeros": lambda content: bytes(len(content)),
    "last byte missing": lambda content: content[:-1],
    "a bit flipped": lambda content: content[:500] + bytes([content[500] ^ 1]) + content[501:],
    "tail of zeros": lambda content: content[:-4096] + bytes(4096),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_checkpoint_is_passed_over(damage: str, whole: Any) -> None:
    with pytest.raises(Interruption):
        fit("cut", 30)
    newest = Checkpoints(folder_of("cut")).files()[-1]
    newest.write_bytes(DAMAGE[damage](newest.read_bytes()))
    with pytest.warns(ClarinetWarning, match=rf"passed over for an earlier one.*{newest.name}"):
        assert outcome(fit("cut", resume=True)) == whole


def test_all_checkpoints_are_damaged() -> None:
    with pytest.raises(Interruption):
        fit("cut", 30)
    for path in Checkpoints(folder_of("cut")).files():
        path.write_bytes(b"PK")
    with (
        pytest.warns(ClarinetWarning, match="passed over"),
        pytest.raises(ValueError, match=r"no checkpoint of run 'cut' in .* can be read; to start again, give another"),
    ):
        fit("cut", resume=True)


def test_power_is_lost_between_write_and_rename(whole: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file beside its place stays behind, perhaps half written; it is no checkpoint, and is cleared away."""

    class PowerCut(BaseException):
        pass

    class Cut(FailingDisk):
        def _failing(self, found: Callable[..., Any]) -> Callable[..., Any]:
            def call(beside: Any, target: Any) -> Any:
                self.calls += 1
                if self.calls not in self.left:
                    return found(beside, target)
                copy = Path(target).with_name(Path(beside).name.replace(".part", "-0.part"))
                copy.write_bytes(Path(beside).read_bytes()[:1000])  # what a process that ends at once leaves
                raise PowerCut

            return call

    with monkeypatch.context() as failing, pytest.raises(PowerCut):
        failing.setattr(files, "os", Cut("replace", 0, first=4, times=1))
        fit("cut")
    folder = folder_of("cut")
    assert len(list(folder.glob(".*.part"))) == 1
    assert [path.name for path in Checkpoints(folder).files()] == [f"step-{n:09d}.clarinet" for n in (0, 7, 14)]
    assert outcome(fit("cut", resume=True)) == whole
    assert not list(folder.glob(".*"))


def test_another_models_checkpoint(whole: Any, tmp_path: Path) -> None:
    """A file that somebody put in the folder does not get into the model."""
    other = clarinet.Sequential([clarinet.Input((6,)), clarinet.layers.Dense(3, activation="softmax")])
    other.compile("sgd", "sparse_categorical_crossentropy")
    other.fit(X, Y, verbose=0)
    path = tmp_path / "other.clarinet"
    save_checkpoint(other, path, {})
    with pytest.raises(container.ModelFileError, match="belongs to another model"):
        model = build()
        model.fit(X, Y, verbose=0)
        load_checkpoint(path).fill(model)


@pytest.mark.parametrize("part", ["place", "callbacks", "running"])
def test_a_checkpoint_that_makes_no_sense(part: str) -> None:
    """Sound as a file, but not written by fit."""
    with pytest.raises(Interruption):
        fit("cut", 30)
    newest = Checkpoints(folder_of("cut")).files()[-1]
    state = load_checkpoint(newest).state
    model = build()
    model.fit(X, Y, verbose=0)
    save_checkpoint(model, newest, state | {part: [1]})
    with pytest.raises(container.ModelFileError, match=f"no checkpoint of fit: its '{part}' does not make sense"):
        fit("cut", resume=True)


def test_a_run_that_is_still_going_on_is_not_taken_over() -> None:
    """Two programs cannot write one run."""
    with pytest.raises(Interruption):
        fit("cut", 30)
    store = runs.Store()
    with store.transaction() as connection:
        somebody = process_token(os.getppid())
        connection.execute("UPDATE runs SET status = 'running', process = ?", (somebody,))
    with pytest.raises(ValueError, match="still running in another process"):
        fit("cut", resume=True)


def test_two_programs_write_to_one_store(home: Path, whole: Any) -> None:
    program = "from tests.runs.small import fit; import sys; fit(sys.argv[1])"
    names = "one", "two", "three"
    going = [subprocess.Popen([sys.executable, "-W", "error", "-c", program, name], cwd=ROOT) for name in names]
    assert [process.wait(60) for process in going] == [0, 0, 0]
    for name in names:
        assert runs.Store().get(name).status == "finished"
        assert outcome(fit(name, resume=True)) == whole


@pytest.mark.parametrize("damage", ["truncated", "overwritten"])
def test_a_damaged_database(damage: str, home: Path) -> None:
    """Said before work starts; the checkpoints are files of their own and can still be opened as models."""
    fit("run")
    runs.Store().close()
    gc.collect()  # the last connection puts its log into the database
    database, checkpoints = runs.Store().path, Checkpoints(folder_of("run"))
    content = database.read_bytes()
    for log in home.glob("runs.sqlite-*"):
        log.unlink()
    database.write_bytes(content[: len(content) // 2] if damage == "truncated" else b"x" * len(content))
    with pytest.raises(runs.StoreError, match=r"runs.sqlite: .*damaged: move it away"):
        fit("run", resume=True)
    assert clarinet.models.load_model(checkpoints.files()[-1]).predict(X).shape == (len(X), 3)
