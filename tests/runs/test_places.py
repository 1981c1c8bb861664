"""Nothing is written outside of a store, whatever one from elsewhere holds; whose store is taken; read-only ones."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from clarinet import runs
from clarinet.problems import ClarinetWarning
from clarinet.runs import Runs, Store, StoreError
from clarinet.runs.checkpoints import checkpoints_of
from clarinet.runs.trash import collect


def rename(store, run, name):
    """What a store from elsewhere may say."""
    with store.transaction() as connection:
        connection.execute("UPDATE runs SET name = ? WHERE id = ?", (name, run.id))
    return store.get(run.id)


def everything_in(folder):
    return {path: path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


HOSTILE = ["x/../../../../victim", "../../victim", "/etc", "..", "x\\..\\..", "\U0001f600" * 80, "a\0b"]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_runs_name_leads_nowhere(name, tmp_path, train, monkeypatch):
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim" / "report.html").write_text("mine")
    store = Store(tmp_path / "a" / "b" / "store")
    monkeypatch.setenv("CLARINET_HOME", str(store.folder))
    monkeypatch.chdir(tmp_path / "victim")
    train(run="digits", checkpoint="epoch", epochs=1)
    run = rename(store, store.last(), name)
    before = everything_in(tmp_path / "victim")
    assert run.folder.parent == store.folder / "runs"
    shutil.move(store.folder / "runs" / "1-digits", run.folder)
    run.to_html()
    checkpoints_of(run)
    train(run=run, checkpoint="epoch", resume=True)
    with pytest.raises(ValueError, match="cannot be a run's name"):
        runs.pack(run)
    run.delete()
    collect(store, 0)
    assert everything_in(tmp_path / "victim") == before
    assert not [path for path in tmp_path.iterdir() if path.name not in ("a", "home", "victim")]


def test_gc_keeps_the_folders_of_runs_and_removes_no_others(store):
    kept = rename(store, store.start("a"), "x/../y")
    kept.folder.mkdir(parents=True)
    for name in ("99-gone", "mine"):
        (store.folder / "runs" / name).mkdir()
    collect(store)
    assert kept.folder.is_dir()
    assert (store.folder / "runs" / "mine").is_dir()
    assert not (store.folder / "runs" / "99-gone").exists()


LINKS = ["runs", "runs/1-a", "runs/1-a/report.html", "runs/1-a/model.clarinet", "runs/1-a/checkpoints"]


@pytest.mark.parametrize("place", LINKS)
def test_links_in_a_store_are_not_followed(place, store, tmp_path, train):
    train(run="a", checkpoint="epoch", epochs=1)
    store.close()
    path, elsewhere = store.folder / place, tmp_path / "elsewhere"
    store.get("a").to_html()
    shutil.move(path, elsewhere)
    before = everything_in(elsewhere) if elsewhere.is_dir() else elsewhere.read_bytes()
    path.symlink_to(elsewhere)
    run = Store(store.folder).get("a")
    assert [entry.name for entry in Runs(store).entries()] == ["a"]
    if "model" not in place and "checkpoints" not in place:
        with pytest.raises(StoreError, match=r"is a link to .*remove the link"):
            run.to_html()
    if place != "runs/1-a/report.html":
        with pytest.raises((StoreError, UserWarning), match=r"is a link to .*remove the link"):
            train(run=run, checkpoint="epoch", resume=True, epochs=3)
    run.delete()
    try:
        collect(store, 0)
    except StoreError:
        assert place == "runs"
    assert before == (everything_in(elsewhere) if elsewhere.is_dir() else elsewhere.read_bytes())


def test_a_checkpoint_that_is_a_link_is_passed_over(store, tmp_path, train):
    train(run="a", checkpoint="epoch", epochs=1)
    files = checkpoints_of(store.get("a")).files()
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (files[-1].parent / "step-000000004.clarinet").symlink_to(victim)
    (files[-1].parent / "step-000999999.clarinet").symlink_to(victim)
    assert checkpoints_of(store.get("a")).files() == files
    with pytest.warns(ClarinetWarning, match=r"could not be written \(there is a link of this name\)"):
        train(run="a", checkpoint="epoch", resume=True, epochs=3)
    assert victim.read_text() == "mine"


@pytest.mark.parametrize("name", ["runs.sqlite", "runs.sqlite-wal", "runs.sqlite-shm"])
def test_the_database_is_no_link(name, store, tmp_path):
    store.start("a").finish()
    store.close()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes((store.folder / name).read_bytes() if (store.folder / name).exists() else b"")
    (store.folder / name).unlink(missing_ok=True)
    (store.folder / name).symlink_to(elsewhere)
    before = elsewhere.read_bytes()
    with pytest.raises(StoreError, match="is a link to"):
        Store(store.folder).start("b")
    assert elsewhere.read_bytes() == before


def test_a_dangling_link_beside_the_database_makes_no_file(store, tmp_path):
    store.folder.mkdir(parents=True)
    (store.folder / ".gitignore").symlink_to(tmp_path / "victim")
    store.start("a").finish()
    assert not (tmp_path / "victim").exists()


# Whose store it is.


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="giving a folder away needs root")
def test_anothers_store_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.delenv("CLARINET_HOME")
    monkeypatch.delenv("SUDO_UID", raising=False)
    deep = tmp_path / "one" / "two"
    deep.mkdir(parents=True)
    (tmp_path / ".clarinet").mkdir()
    monkeypatch.chdir(deep)
    assert runs.home() == tmp_path / ".clarinet"
    os.chown(tmp_path / ".clarinet", 1234, 1234)
    with pytest.warns(ClarinetWarning, match=r"belongs to another user and is skipped; .*CLARINET_HOME="):
        assert runs.home() == deep / ".clarinet"
    with monkeypatch.context() as patch:
        patch.setenv("SUDO_UID", "1234")  # root for one command
        assert runs.home() == tmp_path / ".clarinet"
        patch.setenv("CLARINET_HOME", str(tmp_path / ".clarinet"))
        assert runs.home() == tmp_path / ".clarinet"
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match="belongs to another user; to use it, name it"):
        runs.list()
    os.chown(tmp_path / ".clarinet", 0, 0)
    (tmp_path / ".clarinet" / "runs.sqlite").touch()
    os.chown(tmp_path / ".clarinet" / "runs.sqlite", 1234, 1234)
    with pytest.raises(StoreError, match="belongs to another user"):
        runs.list()


# Read-only media.


@pytest.fixture(params=["closed", "in use"])
def medium(request, tmp_path):
    """A store with one run on a file system that can only be read; perhaps with numbers that are in the log alone."""
    place = tmp_path / "medium"
    place.mkdir()
    if not shutil.which("mount") or os.geteuid() != 0:
        pytest.skip("making a file system needs root")
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place], check=False, capture_output=True).returncode:
        pytest.skip("file systems cannot be mounted here")
    origin = Store(tmp_path / "origin")
    with origin.start("a", notes="a note") as run:
        run.log({"x": 0.5})
        run.log({"x": 0.25})
    if request.param == "closed":
        origin.close()
    for path in origin.folder.iterdir():
        if path.is_file() and not path.name.endswith("-shm"):
            shutil.copy(path, place)
    shutil.copytree(origin.folder / "runs", place / "runs")
    subprocess.run(["mount", "-o", "remount,ro", place], check=True)
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_store_on_read_only_media_is_read(medium, tmp_path):
    with Store(medium) as store:
        run = store.get("a")
        assert (run.status, run.notes, run.summary) == ("finished", "a note", {"x": 0.25})
        assert run.curve("x")[1].tolist() == [0.5, 0.25]
        assert [entry.name for entry in Runs(store).entries()] == ["a"]
        run.to_html(tmp_path / "a.html")
        runs.pack(run, tmp_path / "a.zip")
        for write in (lambda: store.start("b"), run.delete, run.reopen, lambda: setattr(run, "notes", "x")):
            with pytest.raises(StoreError, match="can only be read: its runs can be looked at, but nothing is written"):
                write()
        with pytest.raises(StoreError, match="can only be read"):
            run.to_html()
    assert sorted(path.name for path in medium.iterdir() if path.name.endswith("-shm")) == []


def test_a_new_store_on_read_only_media_is_refused(medium):
    with pytest.raises(StoreError, match=r"cannot be made in .*Read-only file system.*set CLARINET_HOME"):
        Store(medium / "new").start("a")


def test_what_has_become_writable_is_written(store, monkeypatch):
    store.start("a").finish()
    store.close()
    with monkeypatch.context() as patch:
        patch.setattr("clarinet.runs.opening._writable", lambda path: False)
        with pytest.raises(StoreError, match="can only be read"):
            store.start("b")
    store.start("b").finish()
    assert [entry.name for entry in Runs(store).entries()] == ["b", "a"]


# Descriptors.


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no /proc here")
def test_stores_give_their_descriptors_back(tmp_path, train):
    def use(folder):
        store = Store(folder)
        with store.start("a") as run:
            run.log({"x": 1.0})
        assert store.get("a").summary == {"x": 1.0}

    use(tmp_path / "first")
    before = descriptors()
    for number in range(10):
        use(tmp_path / str(number))
    assert descriptors() <= before
    with Store(tmp_path / "last") as store:
        store.start("a").finish()
    closed = descriptors()
    for number in range(3):
        tracker = runs.Tracker("a", store=Store(tmp_path / f"fit-{number}"))
        train(run=tracker, checkpoint="epoch")
        del tracker
    assert descriptors() <= closed + 3  # the store that was used last stays open


def test_a_closed_store_opens_again(store):
    with store:
        store.start("a").finish()
    assert store.get("a").status == "finished"
