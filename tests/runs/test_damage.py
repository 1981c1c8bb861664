"""Damaged and hostile stores and packed runs: an error of ours or what can still be read, never anything else."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from clarinet import problems, runs
from clarinet.cli import main
from clarinet.runs import Runs, Store, StoreError, pack, unpack
from clarinet.runs.exporting import document
from clarinet.runs.trash import collect, deleted
from clarinet.saving import ModelFileError
from tests.properties import FUZZ
from tests.runs.conftest import X, Y
from tests.runs.test_packing import archive_of, parts_of

pytestmark = pytest.mark.filterwarnings("ignore::clarinet.problems.ClarinetWarning", "ignore::RuntimeWarning")

ROUNDS = 12 * max(1, FUZZ)
TABLES = ("runs", "tags", "documents", "series", "points", "blocks", "layers", "findings", "samples")
VALUES: list[Any] = [None, 0, -1, 2**53, 2**63 - 1, -(2**63), 1.5, float("inf"), b"", b"\xff" * 8, b"\x80", "", "word"]
VALUES += ["\x1b[2J", "../../x", "x" * 3000, "[" * 500 + "]" * 500, "[" * 100_000, "{}", "[]", "null", "1e999", "NaN"]
VALUES += ['{"a": "\\ud800"}', '"text"', "[[1], [2, 3]]", '{"optimizer": {"config": [1, {"x": null}]}}', "running"]
VALUES += ["killed", "9" * 4000, "|O8", "<f4", "999999999999999999999999 1 x"]


def seeds() -> Any:
    return pytest.mark.parametrize("seed", range(4))


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    """A store with three runs that have something in every table."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("sound")
        patch.setenv("CLARINET_HOME", str(folder))
        about = {"tags": ["a", "b"], "notes": "a note", "group": "g", "config": {"rate": 0.1, "list": [1, {"x": 2}]}}
        train(runs.Tracker("digits", **about))
        run = runs.get("digits")
        run.reopen()
        with run:
            run.find(problems.warning("doubt", "layer:1", "a doubt"), step=3)
            run.log({"mine": 1.0}, step=100)
        for name in ("other", "third"):
            with runs.start(name) as run:
                run.log({"loss": 1.0})
        Store().close()
    return folder


def train(run: Any) -> None:
    import clarinet

    clarinet.utils.set_random_seed(0)
    model = clarinet.Sequential([clarinet.Input((4,)), clarinet.layers.Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(X, Y, epochs=2, verbose=0, validation_split=0.2, stats_every=1, run=run)


def copy_of(sound: Path, folder: Path) -> Store:
    folder.mkdir()
    shutil.copytree(sound / "runs", folder / "runs")
    with sqlite3.connect(sound / "runs.sqlite") as origin, sqlite3.connect(folder / "runs.sqlite") as copy:
        origin.backup(copy)
    origin.close(), copy.close()
    return Store(folder)


def ours(error: BaseException) -> bool:
    """Whether an error is one of ours: of a store or file, or about what was asked for."""
    if isinstance(error, (StoreError, ModelFileError)):
        return True
    words = ("no run ", "no metric ", "pack: ", "run ", "run: ", "restore: ", "reproduce: ", "best: ", "name a file")
    return type(error) is ValueError and str(error).startswith(words)


def use_all(store: Store, folder: Path) -> None:
    """Everything that may be done with a store."""
    every: list[Any] = [
        lambda: Runs(store).entries("loss < 9", sort="batch_size"),
        lambda: Runs(store).group("batch_size", "loss"),
        lambda: Runs(store).best("loss"),
        lambda: Runs(store).settings(),
        lambda: deleted(store),
        lambda: collect(store, 0),
    ]
    listed: list[Any] = []
    attempt(lambda: listed.extend(Runs(store).entries()))
    for entry in listed:
        every += [
            lambda i=entry.id: json.dumps(document(store.get(i))),
            lambda i=entry.id: store.get(i).to_html(folder / "page.html"),
            lambda i=entry.id: store.get(i).export(folder / "run.csv"),
            lambda i=entry.id: unpack(pack(store.get(i), folder / "run.zip"), "packed", fresh(folder)),
            lambda i=entry.id: [store.get(i).curve(name, kind, 5) for kind, name in store.get(i).metrics],
            lambda i=entry.id: (store.get(i).config, store.get(i).summary, store.get(i).history, repr(store.get(i))),
            lambda i=entry.id: again(store.get(i)),
            lambda i=entry.id: store.get(i).delete(),
        ]
        store.get(entry.name)
    for act in every:
        attempt(act)


def fresh(folder: Path) -> Store:
    return Store(folder / f"there-{time.monotonic_ns()}")


def again(run: Any) -> None:
    run.reopen()
    run.rewind(2, 1)
    run.log({"loss": 1.0})
    run.writer.steps(3, {"loss": np.ones(2000)})
    run.finish()


def attempt(act: Any) -> None:
    try:
        act()
    except Exception as error:
        if not ours(error):
            raise


@seeds()
def test_any_value_in_any_column(seed, sound, tmp_path):
    """One bad row never makes the list of all runs fail."""
    chance = random.Random(seed)
    for round_ in range(ROUNDS // 4):
        store = copy_of(sound, tmp_path / str(round_))
        with sqlite3.connect(store.path) as connection:
            connection.execute("PRAGMA ignore_check_constraints = ON")
            for _ in range(chance.randint(1, 4)):
                table = chance.choice(TABLES)
                columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
                rows = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                key = "rowid" if table not in ("tags", "documents", "points", "layers") else columns[0]
                one = f"SELECT {key} FROM {table} LIMIT 1 OFFSET ?"
                sql = f'UPDATE OR IGNORE {table} SET "{chance.choice(columns)}" = ? WHERE {key} IN ({one})'
                try:
                    connection.execute(sql, (chance.choice(VALUES), chance.randrange(max(1, rows))))
                except sqlite3.Error:  # a column that holds nothing of the kind
                    continue
        connection.close()
        assert len(Runs(store).entries()) >= 2
        use_all(store, tmp_path)
        store.close()


@pytest.mark.parametrize("what", ["ls", "show", "plot"])
def test_no_control_character_reaches_the_terminal(what, sound, tmp_path, monkeypatch, capsys):
    store = copy_of(sound, tmp_path / "store")
    monkeypatch.setenv("CLARINET_HOME", str(store.folder))
    with sqlite3.connect(store.path) as connection:
        for column in ("name", '"group"', "notes", "error", "status"):
            connection.execute("PRAGMA ignore_check_constraints = ON")
            connection.execute(f"UPDATE runs SET {column} = 'a' || char(27, 155, 10, 8238) || 'b' WHERE id = 1")
        connection.execute("UPDATE tags SET tag = tag || char(27)")
        connection.execute("UPDATE series SET name = name || char(155)")
        connection.execute("UPDATE findings SET message = message || char(27)")
        connection.execute("UPDATE documents SET body = '{\"a\u009b\": \"\\u001b\u009b\"}' WHERE section = 'config'")
    connection.close()
    shown = Runs(store).entries(limit=3)[-1].name
    assert main(["runs", what, *([shown] if what != "ls" else ["--columns", "status,group,config.a"])]) == 0
    said = capsys.readouterr()
    assert [c for c in said.out + said.err if c in "\x1b\x9b\u202e"] == [], ascii(said.out)


@seeds()
def test_flipped_bits_and_cut_files(seed, sound, tmp_path):
    chance, content = random.Random(seed), (sound / "runs.sqlite").read_bytes()
    for round_ in range(ROUNDS // 4):
        folder = tmp_path / str(round_)
        (folder / "runs").mkdir(parents=True)
        damaged = bytearray(content[: chance.randrange(len(content))] if round_ % 5 == 0 else content)
        for _ in range(chance.choice((1, 3, 50)) if damaged else 0):
            damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        (folder / "runs.sqlite").write_bytes(damaged)
        with Store(folder) as store:
            use_all(store, tmp_path)


@pytest.mark.parametrize("version", [-1, 99, 2**31 - 1])
def test_versions_that_no_store_has(version, sound, tmp_path):
    store = copy_of(sound, tmp_path / "store")
    with sqlite3.connect(store.path) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    with pytest.raises(StoreError, match=r"newer Clarinet|not a store of runs"):
        Runs(store).entries()


@pytest.mark.parametrize("content", [b"", b"x", b"SQLite format 3\0" + bytes(84), None])
def test_files_that_are_no_store(content, tmp_path):
    path = tmp_path / "store" / "runs.sqlite"
    path.parent.mkdir()
    path.mkdir() if content is None else path.write_bytes(content)
    with Store(path.parent) as store:
        use_all(store, tmp_path)


# Packed runs.


@pytest.fixture(scope="module")
def packed(sound, tmp_path_factory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("packed")
    return parts_of(pack(copy_of(sound, folder / "store").get("digits"), folder / "a.zip").read_bytes())


JSON: list[Any] = [None, True, 0, -1, 2**63, 10**400, 1.5, 1e308, "", "word", "\x1b", "\ud800", "\u202e", [], {}, [[]]]
JSON += [[None], {"a": None}, "x" * 5000, [[1]] * 50, "|O8", "[99999999]", "[-1, -4]", "[" * 500]


def places_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, part in inner for place in places_in(part, (*path, key)))]


def changed(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    if not path:
        return by
    copy = dict(value) if isinstance(value, dict) else list(value)
    if len(path) == 1 and by == "remove":
        del copy[path[0]]
    else:
        copy[path[0]] = changed(copy[path[0]], path[1:], by)
    return copy


def refused_or_sound(content: bytes, folder: Path) -> bool:
    """Whether a packed run is opened; where it is not, nothing of it is kept, and where it is, it can be used."""
    path = folder / "a.zip"
    path.write_bytes(content)
    with Store(folder / "store") as store:
        try:
            run = unpack(path, store=store)
        except ModelFileError:
            assert store.query("SELECT * FROM runs") == []
            return False
        size = sum(file.stat().st_size for file in store.folder.rglob("*") if file.is_file())
        assert size < 300_000 + 6 * len(content)
        run.to_html(folder / "page.html")
        json.dumps(document(run))
        assert [entry.id for entry in Runs(store).entries("loss < 9")] in ([], [run.id])
        unpack(pack(run, folder / "again.zip"), store=Store(folder / "again"))
        run.delete()
        collect(store, 0)
    return True


@seeds()
def test_any_value_in_a_packed_run(seed, packed, tmp_path):
    chance, about = random.Random(seed), json.loads(packed["run.json"])
    places = [place for place in places_in(about) if place[:1] != ("documents",)] * 3 + places_in(about)
    for round_ in range(ROUNDS):
        value = about
        for _ in range(chance.randint(1, 2)):
            place = chance.choice(places)
            try:
                value = changed(value, place, chance.choice([*JSON, "remove"]))
            except (KeyError, IndexError, TypeError):  # what is inside has been changed before
                continue
        (tmp_path / str(round_)).mkdir()
        refused_or_sound(archive_of(packed | {"run.json": json.dumps(value).encode()}), tmp_path / str(round_))


NUMBERS = [np.zeros(0), np.zeros((2, 2)), *(np.array([[value] * 10]) for value in (np.nan, 1e300, -1.0)), np.zeros(7)]
NUMBERS += [np.array([2**62, 2**62 + 1]), np.array([-(2**63), 2**63 - 1]), np.array([3, 1]), np.zeros(3, np.uint8)]
NUMBERS += [np.full(3, 1e300)]


@seeds()
def test_any_numbers_in_a_packed_run(seed, packed, tmp_path):
    chance, arrays = random.Random(seed), load_tensors(packed["numbers.safetensors"])
    for round_ in range(ROUNDS // 2):
        others = {chance.choice(sorted(arrays)): chance.choice(NUMBERS) for _ in range(chance.randint(1, 3))}
        (tmp_path / str(round_)).mkdir()
        content = save_tensors({name: np.asarray(a, order="C") for name, a in (arrays | others).items()})
        refused_or_sound(archive_of(packed | {"numbers.safetensors": content}), tmp_path / str(round_))


@seeds()
def test_flipped_bits_in_a_packed_run(seed, packed, tmp_path):
    """The archive's checksums made right again, so that what is inside is looked at."""
    chance = random.Random(seed)
    for round_ in range(ROUNDS // 2):
        name = chance.choice(("run.json", "numbers.safetensors", "numbers.safetensors", "model.clarinet"))
        content = bytearray(packed[name])
        for _ in range(chance.choice((1, 2, 20))):
            content[chance.randrange(min(len(content), chance.choice((400, len(content)))))] ^= 1 << chance.randrange(8)
        if chance.random() < 0.2:
            content = content[: chance.randrange(len(content))]
        (tmp_path / str(round_)).mkdir()
        refused_or_sound(archive_of(packed | {name: bytes(content)}), tmp_path / str(round_))


def test_a_packed_run_says_why_it_is_refused_in_words_of_ours(packed, tmp_path):
    about = json.loads(packed["run.json"])
    about["run"]["seconds"] = 10**400
    path = tmp_path / "a.zip"
    path.write_bytes(archive_of(packed | {"run.json": json.dumps(about).encode()}))
    with pytest.raises(ModelFileError, match=r"run.json does not make sense: seconds is not a time"):
        unpack(path, store=Store(tmp_path / "store"))


def test_a_name_of_ones_own_saves_a_run_whose_name_cannot_be_one(packed, tmp_path):
    about = json.loads(packed["run.json"])
    about["run"]["name"] = "\U0001f600" * 80
    path, store = tmp_path / "a.zip", Store(tmp_path / "store")
    path.write_bytes(archive_of(packed | {"run.json": json.dumps(about).encode()}))
    with pytest.raises(ModelFileError, match="cannot be a run's name"):
        unpack(path, store=store)
    assert unpack(path, "mine", store).name == "mine"


# Steps that are left out.


def test_a_metric_of_few_steps_has_those_alone(store, tmp_path):
    steps = [1, 2, 3, 500, 501, 1023, 1024, 5000, 9000, *range(9100, 9120)]
    with store.start("sparse") as run:
        for step in steps:
            run.writer.steps(step, {"x": np.array([step / 2])})
    wanted = {step: step / 2 for step in steps}
    there = unpack(pack(run, tmp_path / "a.zip"), store=Store(tmp_path / "there"))
    for one in (run, store.get("sparse"), there):
        assert dict(zip(*(part.tolist() for part in one.curve("x")))) == wanted
        assert one.curve("x")[0].tolist() == steps
        assert one.summary == {"x": steps[-1] / 2}
    assert len(there.export(tmp_path / "a.csv").read_text().splitlines()) == len(steps) + 1
    run.reopen()
    run.rewind(600, 0)
    run.writer.steps(400, {"x": np.full(150, 7.0)})  # over some, and between others
    run.finish()
    wanted = {1: 0.5, 2: 1.0, 3: 1.5} | dict.fromkeys(range(400, 550), 7.0)
    assert dict(zip(*(part.tolist() for part in run.curve("x")))) == wanted
    assert run.curve("x")[0].tolist() == sorted(wanted)


def test_a_packed_run_does_not_grow(tmp_path):
    with Store(tmp_path / "here").start("a") as run:
        run.writer.steps(0, {"x": np.zeros(1)})
    path = pack(run, tmp_path / "a.zip")
    parts = parts_of(path.read_bytes())
    steps = (np.arange(4000)[:, None] * 1024 + [0, 1023]).ravel()
    numbers = {"0.steps": steps, "0.values": np.ones(len(steps)), "layers": np.zeros((0, 10))}
    path.write_bytes(archive_of(parts | {"numbers.safetensors": save_tensors(numbers)}))
    with Store(tmp_path / "there") as store:
        assert unpack(path, store=store).curve("x")[0].tolist() == steps.tolist()
    size = (store.folder / "runs.sqlite").stat().st_size
    assert size < 300_000 + 3 * path.stat().st_size
