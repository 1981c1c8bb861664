"""``clarinet doctor`` on scripts of Keras and PyTorch: they are examined as they are, and change no file."""

import hashlib
import os
import sys

import pytest

from clarinet.doctor.script import examine_script
from clarinet.doctor.treated_script import treat_script

os.environ.setdefault("KERAS_BACKEND", "jax")
pytestmark = pytest.mark.filterwarnings("ignore")  # the scripts' own
WRITES = """
import os, json, pathlib, shutil, tempfile
import numpy as np
os.makedirs("deep/down", exist_ok=True)
with open("log.csv", "a") as file:
    file.write("more")
with open("kept.json", "w") as file:
    json.dump({"a": 1}, file)
pathlib.Path("deep/down/new.txt").write_text("new")
assert os.path.exists("deep/down/new.txt") and os.listdir("deep/down") == ["new.txt"]
assert pathlib.Path("log.csv").read_text() == "keptmore"
np.save("kept.npy", np.zeros(3))
pathlib.Path("touched").touch()
assert pathlib.Path("touched").exists()
os.write(number := os.open("kept.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), b"own")
os.close(number)
assert open("kept.txt").read() == "own"
os.link("kept.txt", "linked")
os.symlink("kept.txt", "symlinked")
assert open("symlinked").read() == "own"
import sqlite3
database = sqlite3.connect("kept.db")
database.execute("create table t (a)")
database.commit()
database.close()
assert np.load("kept.npy").shape == (3,)
os.rename("deep/down/new.txt", "deep/down/other.txt")
os.replace("kept.json", "moved.json")
os.remove("log.csv")
shutil.rmtree("folder")
with tempfile.TemporaryDirectory() as own:
    pathlib.Path(own, "a").write_text("a")
"""
TORCH = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x = torch.randn(400, 6)
y = (x[:, 0] > 0).float()
loader = DataLoader(TensorDataset(x, y), batch_size=32, shuffle={shuffle})

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(6, 16), nn.Linear(16, 1)

    def forward(self, x):
        return {forward}

model = Net()
criterion = {loss}
optimizer = torch.optim.Adam(model.parameters(), lr={rate})

def train():
    for rows, labels in loader:
        optimizer.zero_grad()
        loss = criterion(model(rows).squeeze(1), labels)
        loss.backward()
        optimizer.step()

EPOCHS = 12
for epoch in range(1, EPOCHS + 1):
    train()
"""
FORWARD = "self.fc2(torch.relu(self.fc1(x)))"
ENDS = """
torch.save(model.state_dict(), "kept.pt")
model.load_state_dict(torch.load("kept.pt"))
torch.jit.trace(model, x[:2]).save("traced.pt")
"""
KERAS = """
import numpy as np
import keras
from keras import layers

x = np.random.default_rng(0).normal(size=(400, 6)).astype("float32")
y = (x[:, 0] > 0).astype("float32")
inputs = keras.Input((6,))
hidden = layers.Dense(16, activation="relu")(inputs)
model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(hidden), name="mine")
model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
kept = [keras.callbacks.ModelCheckpoint("best.keras"), keras.callbacks.CSVLogger("log.csv", append=True)]
history = model.fit(x, y, epochs=12, validation_split=0.2, callbacks=kept, verbose=0)
assert list(history.history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
model.save("kept.keras")
model.save_weights("kept.weights.h5")
keras.models.load_model("kept.keras")
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    for name in ("log.csv", "kept.json", "kept.pt", "kept.keras", "kept.npy", "kept.txt", "folder/inner.txt"):
        (tmp_path / name).write_text("kept")
    return tmp_path


def contents(folder):
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def examined(folder, text, **more):
    (folder / "train.py").write_text(text)
    before = contents(folder)
    said = []
    reports = examine_script("train.py", said=said.append, **more)
    assert contents(folder) == before
    assert sys.dont_write_bytecode == bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
    return reports, said


OURS = """
import clarinet
model = clarinet.Sequential([clarinet.layers.Dense(1, activation="sigmoid")])
model.compile("adam", "binary_crossentropy")
model.fit(np.eye(30), np.arange(30) % 2, epochs=2, verbose=0)
"""


def test_a_script_that_is_treated_changes_no_file(folder):
    (folder / "train.py").write_text(WRITES + OURS)
    before = contents(folder)
    assert treat_script("train.py") is not None
    assert contents(folder) == before


def loop(forward=FORWARD, loss="nn.BCEWithLogitsLoss()", shuffle=True, rate=0.01):
    values = {"forward": forward, "loss": loss, "shuffle": shuffle, "rate": rate}
    text = TORCH
    for name, value in values.items():
        text = text.replace("{" + name + "}", str(value))
    return text


def test_a_loop_in_torch_is_examined_and_no_file_changes(folder):
    pytest.importorskip("torch")
    [(name, report)], said = examined(folder, WRITES + loop() + ENDS)
    assert (name, report.healthy) == ("Net", True), str(report)
    assert any("kept.pt" in sentence for sentence in said)
    assert any("traced.pt" in line for line in report.held_back) or any("traced.pt" in sentence for sentence in said)


def test_what_a_loop_in_torch_says_of_itself(folder):
    pytest.importorskip("torch")
    with pytest.raises(ValueError, match="Using a target size"):  # the script's own error stays its own
        examined(folder, loop(loss="nn.BCELoss()").replace(".squeeze(1)", ""))
    sick = loop(forward="torch.softmax(self.fc2(torch.relu(self.fc1(x))), dim=1)", loss="nn.BCELoss()")
    [(_, report)], _ = examined(folder, sick + "\nraise SystemExit(3)")
    assert report.findings[0].kind == "softmax_on_single_unit", str(report)


def test_a_keras_script_is_examined_and_no_file_changes(folder):
    pytest.importorskip("keras")
    [(name, report)], said = examined(folder, WRITES + KERAS)
    assert (name, report.healthy) == ("mine", True), str(report)
    assert any("kept.keras" in sentence for sentence in said)


def test_a_sick_keras_script_ends_at_its_fit(folder):
    keras = pytest.importorskip("keras")
    fit = keras.Model.fit
    [(_, report)], _ = examined(folder, KERAS.replace('"sigmoid"', '"softmax"') + "\nraise SystemExit(3)")
    assert report.findings[0].kind == "softmax_on_single_unit"
    assert keras.Model.fit is fit


def test_nothing_is_fetched(folder):
    with pytest.raises(OSError, match="run the script once by itself"):
        examined(folder, "import socket\nsocket.create_connection(('data.example', 80))")
