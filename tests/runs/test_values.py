"""What users give a run to keep: numbers of any library are taken, the rest is refused at the call."""

from __future__ import annotations

import sqlite3
import warnings
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarinet import callbacks, problems
from clarinet.problems import ClarinetWarning
from clarinet.runs import Runs, Store, Tracker
from tests.properties import examples

NUMBERS = {
    "int": 2,
    "bool": True,
    "NumPy float": np.float32(0.5),
    "NumPy integer": np.int16(3),
    "NumPy bool": np.True_,
    "array without axes": np.array(1.5),
    "array of one": np.array([2.0]),
    "Decimal": Decimal("0.25"),
    "Fraction": Fraction(1, 4),
    "infinite": float("inf"),
}


@pytest.mark.parametrize("value", NUMBERS.values(), ids=NUMBERS)
def test_numbers_of_every_kind_are_kept(store, value):
    with store.start("a", config={"value": value}, tags=np.array(["b", "a"])) as run:
        run.log({np.str_("x"): value})
    number = float(np.asarray(value).item())
    assert run.summary == {"x": number}
    assert run.tags == ["a", "b"]
    assert run.config["value"] in (number, [number], None)  # JSON has no infinity


def test_numbers_of_torch_are_kept(store):
    torch = pytest.importorskip("torch")
    with store.start("a", config={"rate": torch.tensor(0.5)}) as run:
        run.log({"x": torch.tensor([1.5]), "y": torch.tensor(2)}, step=torch.tensor(7))
    assert (run.summary, run.config) == ({"x": 1.5, "y": 2.0}, {"rate": 0.5})
    assert run.curve("x")[0].tolist() == [7]


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.uint8, np.array, int])
def test_steps_may_be_whole_numbers_of_any_kind(store, kind):
    with store.start("a") as run:
        for step in (3, 200):
            run.log({"x": float(step)}, step=kind(step))
        run.log({"x": 201.0})
    assert run.curve("x")[0].tolist() == [3, 200, 201]
    assert store.query("SELECT DISTINCT typeof(step) FROM points") == [("integer",)]
    assert [entry.metrics["x"] for entry in Runs(store).entries()] == [201.0]


BAD = [
    ({"x": 1.0}, 1.5, TypeError, "step: expected a whole number, received 1.5"),
    ({"x": 1.0}, np.float64(2), TypeError, "step: expected a whole number"),
    ({"x": 1.0}, "3", TypeError, "step: expected a whole number, received '3'"),
    ({"x": 1.0}, 2**63, ValueError, "step: expected a number from"),
    ({"x": 1.0}, 10**5000, ValueError, "step: expected a number from"),
    ({None: 1.0}, None, TypeError, "a metric's name is text, received None"),
    ({("a", 1): 1.0}, None, TypeError, "a metric's name is text"),
    ({"": 1.0}, None, ValueError, "cannot be a metric's name"),
    ({"\ud800": 1.0}, None, ValueError, r"'\\ud800' cannot be a metric's name"),
    ({"\x1b[2J": 1.0}, None, ValueError, "cannot be a metric's name"),
    ({"x\u202ey": 1.0}, None, ValueError, "cannot be a metric's name"),
    ({"x": 10**400}, None, TypeError, "'x' is .*expected a number"),
    ({"x": (1, 2)}, None, TypeError, "'x' is .*expected a number"),
    ({"x": 1j}, None, TypeError, "'x' is .*expected a number"),
    ({"x": np.complex64(1)}, None, TypeError, "'x' is .*expected a number"),
    ({"x": np.array("1.5")}, None, TypeError, "'x' is .*expected a number"),
    ([1.0], None, TypeError, "expected numbers by name"),
    (None, None, TypeError, "expected numbers by name"),
]


@pytest.mark.parametrize(("values", "step", "error", "says"), BAD, ids=[str(i) for i in range(len(BAD))])
def test_what_is_no_record_is_refused_at_the_call(store, values, step, error, says):
    with store.start("a") as run:
        run.log({"x": 0.5})
        with pytest.raises(error, match=says):
            run.log(values, step)
        if isinstance(values, dict):
            with pytest.raises(error):
                run.log({"good": 1.0} | values, step)  # all of a record, or nothing
        run.log({"x": 0.25})
    assert run.curve("x")[1].tolist() == [0.5, 0.25]
    assert (run.metrics, run.status, run.error) == ([("log", "x")], "finished", None)


def test_after_the_last_step_comes_no_other(store):
    with store.start("a") as run:
        run.log({"x": 1.0}, step=2**63 - 1)
        with pytest.raises(ValueError, match="step: expected a number from"):
            run.log({"x": 2.0})
        run.log({"x": 3.0}, step=-(2**63))
    assert run.curve("x")[1].tolist() == [3.0, 1.0]


ABOUT = [
    ({"tags": [1]}, TypeError, "tags: expected words, received 1"),
    ({"tags": 5}, TypeError, "tags: expected words"),
    ({"tags": ["\udcff"]}, ValueError, "cannot be a tag"),
    ({"notes": 3}, TypeError, "notes: expected text"),
    ({"notes": "\x1b]0;mine\x07"}, ValueError, "notes: .*control characters"),
    ({"group": b"a"}, TypeError, "group: expected text"),
    ({"config": 5}, TypeError, "config: expected settings by name"),
    ({"config": {"x": 1j}}, TypeError, "config: "),
    ({"config": {"x": 10**5000}}, TypeError, "config: "),
]


@pytest.mark.parametrize(("about", "error", "says"), ABOUT, ids=[str(i) for i in range(len(ABOUT))])
def test_what_is_said_of_a_run_is_checked(store, about, error, says):
    with pytest.raises(error, match=says):
        store.start("a", **about)
    assert Runs(store).entries() == []
    run = store.start("a")
    for name, value in about.items():
        if name != "config":
            with pytest.raises(error, match=says):
                setattr(run, name, value)
    run.finish()


def test_one_word_is_one_tag(store):
    run = store.start("a", tags="winter", notes="two\r\nlines")
    assert (run.tags, run.notes) == (["winter"], "two\nlines")
    run.finish()


def test_settings_that_hold_themselves_are_refused(store):
    config: dict[str, object] = {}
    config["config"] = config
    with pytest.raises(TypeError, match="config: nested too deeply"):
        store.start("a", config=config)


def test_texts_that_are_no_unicode_are_written_as_escapes(store):
    """Names of files and messages of errors may hold such, and no run is to fail for it."""
    with pytest.raises(OSError, match="no"), store.start("a", config={"file": "x\udcff", "y\udcff": Path("a")}) as run:
        raise OSError("no \udcff\x1b[1m")
    assert run.config == {"file": "x\\udcff", "y\\udcff": "a"}
    assert (run.status, run.error) == ("failed", "OSError: no \\udcff\\x1b[1m")


NAMES = ["\ud800", "a\u202eb", "a\x7fb", "a\x85b", "a\nb", "\u2028", "\U0001f600" * 100, "é" * 101]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_names_that_no_folder_or_terminal_can_show_are_refused(store, train, name):
    for use in (store.start, lambda name: train(run=name)):
        with pytest.raises(ValueError, match="cannot be a run's name; expected 1 to 100 characters"):
            use(name)


@pytest.mark.parametrize("name", ["Lauf äöü", "👩\u200d💻", "\U0001f600" * 50, "٣"])
def test_names_of_all_scripts_are_taken(store, name):
    with store.start(name) as run:
        pass
    assert store.start(name).name == f"{name}-2"
    assert run.folder.is_dir()


def test_findings_may_have_steps_of_any_kind(store):
    with store.start("a") as run:
        run.find(problems.warning("doubt", "layer:1", "a doubt \udcff"), step=np.int64(5))
        with pytest.raises(TypeError, match="find: step"):
            run.find(problems.warning("doubt", "layer:1", "a doubt"), step=1.5)
    assert [(found["step"], found["message"]) for found in run.findings] == [(5, "a doubt \\udcff")]


def test_numbers_of_numpy_in_every_other_place(store):
    with store.start("a") as run:
        run.writer.steps(1, {"loss": np.arange(5.0)})
        run.rewind(np.int64(3), np.int64(0))
    assert store.get(np.int64(run.id)).curve("loss")[0].tolist() == [1, 2, 3]
    assert len(Runs(store).entries(limit=np.int64(1))) == 1
    for limit in (-1, 1.5):
        with pytest.raises((ValueError, TypeError), match="limit: expected a whole number"):
            Runs(store).entries(limit=limit)
    for missing in (2**70, 1.5, None):
        with pytest.raises(ValueError, match="no run "):
            store.get(missing)


# What comes from callbacks.


class Puts(callbacks.Callback):
    """Puts something into the logs of every epoch."""

    def __init__(self, **values):
        self.values = values

    def on_epoch_end(self, epoch, logs=None):
        logs.update(self.values)


def test_what_callbacks_put_in_the_logs_and_is_no_number_is_left_out_alone(store, train):
    with pytest.warns(ClarinetWarning, match=r"a record cannot be kept: epoch 0: 'shape' is \(1, 2\)") as caught:
        train(callbacks=[Puts(shape=(1, 2), mine=np.float32(0.5)), Tracker("a")])
    assert len(caught) == 1  # not again in the second epoch
    run = store.get("a")
    assert run.history["mine"] == [0.5, 0.5]
    assert len(run.history["loss"]) == 2
    assert "shape" not in run.history
    assert run.status == "finished"
    assert ["not kept: epoch 0: 'shape'" in found["message"] for found in run.findings] == [True]


def test_a_record_that_no_database_takes_is_dropped_alone(store):
    run = store.start("a")
    writer = run.writer
    for step in range(100):
        run.log({"x": float(step)})
        writer.steps(step, {"y": np.array([step])})
        if step % 30 == 7:  # past every check
            writer.row("INSERT INTO tags VALUES (?, ?)", (run.id, object()))
            writer._waiting.points.append(("log", 2**70, {"x": 1.0}))
    with pytest.warns(ClarinetWarning, match="a record cannot be kept"):
        run.finish()
    assert run.status == "finished"
    assert run.curve("x")[1].tolist() == run.curve("y")[1].tolist() == list(range(100))
    assert all(found["kind"] == "not_kept" for found in run.findings) and run.findings


HOSTILE = st.sampled_from(
    [None, (), "text", b"x", 1j, [1], {}, object(), 2**63, -(2**63) - 1, 10**400, 1.5, "\ud800", "", "\0", np.ones(2)]
)


@examples(20)
@given(data=st.data())
def test_good_records_among_bad_ones_all_arrive(tmp_path_factory, data):
    store = Store(tmp_path_factory.mktemp("store"))
    wanted: dict[int, float] = {}
    hostile = st.one_of(HOSTILE, st.text(st.characters(categories=["Cs", "Cc"]), min_size=1))
    with warnings.catch_warnings(), store.start("a") as run:
        warnings.simplefilter("ignore", ClarinetWarning)
        for step in range(data.draw(st.integers(1, 30))):
            if data.draw(st.booleans()):
                wanted[step] = data.draw(st.floats(-1e9, 1e9))
                run.log({"x": wanted[step]}, step=data.draw(st.sampled_from([int, np.int64, np.uint16]))(step))
                continue
            name, value, when = (data.draw(st.one_of(st.just(good), hostile)) for good in ("y", 1.0, step))
            with suppress(TypeError, ValueError):
                run.log({name: value}, when) if data.draw(st.booleans()) else run.writer.epoch(step, {name: value})
            if data.draw(st.booleans()):
                run.writer.flush()
    again = Store(store.folder).get("a")
    assert again.status == "finished"
    assert dict(zip(*(part.tolist() for part in again.curve("x")))) == wanted if wanted else True
    assert [entry.name for entry in Runs(store).entries()] == ["a"]


def test_a_writer_that_fails_for_good_is_no_success(store):
    run = store.start("a")
    run.log({"x": 1.0})
    run.writer.flush()
    with store.transaction() as connection:
        connection.execute("CREATE TRIGGER no BEFORE INSERT ON points BEGIN SELECT load_extension('x'); END")
    run.log({"x": 2.0})
    with pytest.warns(ClarinetWarning, match="cannot be kept at the moment|could not be kept"):
        run.finish()
    assert run.status == "failed"
    assert "1 records of numbers could not be kept" in run.error


def test_a_program_that_ends_well_inside_a_run_has_finished(store):
    for code, status in ((0, "finished"), (None, "finished"), (3, "failed")):
        with pytest.raises(SystemExit), store.start(status) as run:
            raise SystemExit(code)
        assert run.status == status
    with pytest.raises(ValueError, match="status is one of finished, failed, interrupted"):
        store.start().finish("done")


# Stores that hold what earlier versions kept.


def test_steps_that_were_kept_as_bytes_or_fractions_are_read(store, tmp_path):
    with store.start("old") as run:
        for step in range(3):
            run.log({"x": float(step)})
    with sqlite3.connect(store.path) as connection:
        (series,) = connection.execute("SELECT id FROM series").fetchone()
        connection.execute("DELETE FROM points")
        steps = [np.int64(300).tobytes(), np.int64(2).tobytes(), np.int32(-1).tobytes(), 7.5, 4, b"what", "word"]
        connection.executemany("INSERT INTO points VALUES (?, ?, ?)", ((series, s, i) for i, s in enumerate(steps)))
        connection.execute("UPDATE series SET last_step = ?", (np.int64(300).tobytes(),))
    connection.close()
    kept, values = Store(store.folder).get("old").curve("x")
    known = {300: 0.0, 2: 1.0, -1: 2.0, 7: 3.0, 4: 4.0, int.from_bytes(b"what", "little"): 5.0}
    assert dict(zip(kept.tolist(), values.tolist())) == known
    assert kept.tolist() == sorted(known)
    assert [entry.metrics["x"] for entry in Runs(store).entries()] == [2.0]
    run = store.get("old")
    run.reopen()
    run.log({"x": 9.0}, step=300)  # replaces the one that is kept as bytes
    run.finish()
    assert dict(zip(*(part.tolist() for part in run.curve("x"))))[300] == 9.0
    run.export(tmp_path / "old.json")
    run.to_html(tmp_path / "old.html")


def test_all_observers_pass_over_what_is_no_number(tmp_path, train):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with pytest.warns(ClarinetWarning, match="TensorBoard: a value of the logs is left out: 'shape' is"):
        train(callbacks=[Puts(shape=(1, 2), mine=1e300), callbacks.TensorBoard(tmp_path)])
    events = EventAccumulator(str(tmp_path / "train")).Reload()
    assert "epoch_loss" in events.Tags()["scalars"]
    assert "epoch_shape" not in events.Tags()["scalars"]
