"""While a script is examined no file changes through the library, and the script goes on with what it wrote."""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import clarinet
from clarinet import files, runs
from clarinet.cli import main
from clarinet.doctor.script import examine_script

HEAD = """
import numpy as np
import clarinet
from clarinet import callbacks, glass, plots, runs, saving
from clarinet.layers import Dense, Input

x = np.random.default_rng(0).normal(size=(320, 4)).astype("float32")
y = (x[:, 0] > 0).astype("float32")
model = clarinet.Sequential([Input((4,)), Dense(8, activation="relu"), Dense(1, activation="sigmoid")])
model.compile(clarinet.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
"""
#: What writes, and the file that it would change or make; ``FIT`` stands for a training with everything that writes.
WRITERS = {
    "model": "model.save('kept.clarinet')",
    "weights": "model.save_weights('kept.safetensors')",
    "saving": "saving.save(model, 'new.clarinet')",
    "fit": "FIT(run='digits', checkpoint='epoch', callbacks=[callbacks.ModelCheckpoint('kept.clarinet')])",
    "resume": "FIT(run='digits', resume=True)",
    "logs": "FIT(callbacks=[callbacks.CSVLogger('kept.csv', append=True)])",
    "log by hand": "log = callbacks.CSVLogger('kept.csv', append=True); log.on_train_begin(); "
    "log.on_epoch_end(0, {'loss': 1.0}); log.on_train_end()",
    "checkpoint by hand": "c = callbacks.ModelCheckpoint('deep/down/{epoch}.clarinet'); c.set_model(model); "
    "c.on_epoch_end(0, {})",
    "film": "glass.film(model, (x[:1], y[:1]), 'kept.svg')",
    "report": "clarinet.doctor.examine(model, x, y, budget='quick').to_html('kept.html')",
    "run": "run = runs.start('dice'); run.log({'a': 1.0}); run.finish(); run.to_html(); run.export('run.csv')",
    "run left open": "runs.start('dice').log({'a': 1.0})",
    "run by tracker": "t = runs.Tracker('mine'); t.set_model(model); t.set_params({}); t.begin(); t.end(None)",
    "runs deleted": "from clarinet.runs.trash import collect; runs.get('old').delete(); collect(runs.Store(), days=-1)",
    "run packed": "runs.pack('old', 'old.zip')",
    "page": "clarinet.Sequential([Input((8, 8)), clarinet.layers.Flatten(), Dense(3, 'softmax')])"
    ".export_html('kept.html')",
    "plot": "plots.save(plots.history({'loss': [2.0, 1.0]}), 'kept.svg')",
    "tensorboard": "t = callbacks.TensorBoard('logs'); t.set_model(model); t.on_epoch_end(0, {'loss': 1.0}); "
    "t.on_train_end()",
    "file of tf": "clarinet.tf.io.write_file('kept.csv', 'other')",
    "removal of tf": "clarinet.tf.io.gfile.remove('kept.csv')",
    "folder of tf": "clarinet.tf.io.gfile.rmtree('.clarinet')",
    "checkpoint of tf": "m = clarinet.tf.train.CheckpointManager(clarinet.tf.train.Checkpoint(model), 'ckpts', 1); "
    "m.save(); m.save()",
    "answers": "model.answer(x[:2]).to_csv('kept.csv')",
    "at the end": "import atexit; atexit.register(lambda: model.save('kept.clarinet'))",
    "in the middle of a loop": "[model.train_on_batch(x, y) for _ in range(3)]; model.save('kept.clarinet')",
}


def state_of(folder):
    """Every file's bytes and times, and every folder's."""
    found = {}
    for path in (folder, *sorted(Path(folder).rglob("*"))):
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path)] = content, path.stat().st_mtime_ns
    return found


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory of a script, with a model, a log, pictures and a run from before."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CLARINET_HOME", raising=False)
    for name in ("kept.clarinet", "kept.safetensors", "kept.csv", "kept.svg", "kept.html"):
        (tmp_path / name).write_text(f"the user's own {name}", "utf-8")
    store = runs.Store(tmp_path / ".clarinet")
    with store.start("old") as run:
        run.log({"loss": 1.0})
    store.close()
    return tmp_path


def write(folder, body):
    path = folder / "train.py"
    path.write_text(HEAD + body.replace("FIT(", "model.fit(x, y, epochs=20, verbose=0, ") + "\n", "utf-8")
    return path


@pytest.mark.parametrize("body", WRITERS.values(), ids=WRITERS)
def test_no_file_changes_and_it_is_said(folder, body):
    for name, package in (("plots", "matplotlib"), ("TensorBoard", "tensorboard")):
        if f"{name}(" in body or f"{name}.save(" in body:
            pytest.importorskip(package)
    path, sentences = write(folder, body), []
    before = state_of(folder)
    examine_script(path, said=sentences.append)
    assert state_of(folder) == before
    if "atexit" not in body:
        assert sentences and all(sentence.startswith("Held back: ") for sentence in sentences)


def test_no_file_changes_when_the_program_ends(folder):
    path = write(folder, "\n".join([WRITERS["run left open"], WRITERS["at the end"], WRITERS["fit"]]))
    before = state_of(folder)
    command = [sys.executable, "-m", "clarinet.cli", "doctor", str(path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert state_of(folder) == before
    assert "What the program writes is held back" in done.stdout.split("Held back")[0]
    for line in ("Held back: .clarinet (runs.start)", "Held back: kept.clarinet (Model.save)"):
        assert line in done.stdout


def test_what_the_script_writes_itself_is_held_back_too(folder):
    body = "import pathlib; pathlib.Path('own.txt').write_text('mine'); np.save('own.npy', x); np.load('own.npy')"
    path, sentences = write(folder, body), []
    before = state_of(folder)
    examine_script(path, said=sentences.append)
    assert sentences == ["Held back: own.txt", "Held back: own.npy"]
    assert state_of(folder) == before
    assert not (folder / "own.txt").exists()


def test_what_was_saved_is_loaded_again_through_the_library(folder):
    body = """
model.save("kept.clarinet"); model.save_weights("kept.safetensors")
again = clarinet.Sequential.load("kept.clarinet"); again.load_weights("kept.safetensors")
assert all((a == b).all() for a, b in zip(model.get_weights(), again.get_weights()))
run = runs.start("dice"); run.log({"a": 2.0}); run.finish()
FIT(run="digits")
assert len(runs.get("digits").history["loss"]) == 20 and runs.get("digits").status == "finished"
assert runs.get("dice").summary == {"a": 2.0} and runs.get("old").summary == {"loss": 1.0}
"""
    [(_, report)] = examine_script(write(folder, body))
    assert report.healthy, str(report)


def test_a_script_that_opens_what_was_held_back_gets_it(folder):
    body = "FIT()\nmodel.save('new.clarinet')\nimport os; assert os.path.getsize('new.clarinet')"
    sentences = []
    [(_, report)] = examine_script(write(folder, body), said=sentences.append)
    assert report.held_back == ("new.clarinet (Model.save)",)
    with pytest.raises(FileNotFoundError, match="never"):
        examine_script(write(folder, "open('never.txt')"))


def test_a_script_that_exits_keeps_its_reports(folder):
    assert len(examine_script(write(folder, "FIT()\nraise SystemExit(0)"))) == 1


def test_the_report_lists_it_by_model(folder, capsys):
    body = "model.save('a.clarinet'); FIT(); model.save('b.clarinet'); FIT(run='x'); model.save('<i>.clarinet')"
    path = write(folder, body)
    assert main(["doctor", str(path), "--json", "--html", "page.html"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["held_back"] for one in told] == [
        ["a.clarinet (Model.save)", "b.clarinet (Model.save)"],
        ["fit(run='x')", "<i>.clarinet (Model.save)"],
    ]
    assert "&lt;i&gt;.clarinet (Model.save)" in (folder / "page.html").read_text("utf-8")


def test_afterwards_files_are_written_again(folder):
    examine_script(write(folder, "model.save('new.clarinet')"))
    model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1)])
    model.save("new.clarinet")
    assert np.array_equal(clarinet.Sequential.load("new.clarinet").get_weights()[0], model.get_weights()[0])
    with runs.Store().start("after") as run:
        run.log({"a": 1.0})
    assert runs.Store().get("after").summary == {"a": 1.0}


def test_a_link_is_followed_and_stays(folder):
    (folder / "link.clarinet").symlink_to("kept.clarinet")
    before = state_of(folder)
    with files.held_back() as held:
        model = clarinet.Sequential([clarinet.Input((2,)), clarinet.layers.Dense(1)])
        model.save("link.clarinet")
        assert held.holds("kept.clarinet")
        assert clarinet.Sequential.load("kept.clarinet").count_params() == 3
    assert state_of(folder) == before


#: What changes files, as it stands in source code.
WRITES = re.compile(
    r"""open\(\s*["'][wax]|\.(write_text|write_bytes|mkdir|makedirs|unlink|rmtree|savefig|replace\(file)\(|sqlite3\.connect"""
)
#: Modules that change no file of a user's: terminals, pictures in memory.
HARMLESS = {"plots/style.py"}


def test_whatever_writes_asks_where_to():
    root = Path(clarinet.__file__).parent
    sources = {str(path.relative_to(root)): path.read_text("utf-8") for path in root.rglob("*.py")}
    code = {name: re.sub(r"(?m)^ *(>>>|\.\.\.|#).*$", "", source) for name, source in sources.items()}
    writers = {name for name, text in code.items() if WRITES.search(text)} - HARMLESS
    assert {name for name in writers if not re.search(r"\bfiles\.", code[name])} == {"files.py"}
