"""``clarinet doctor`` on scripts and on models."""

import json

import numpy as np
import pytest

import clarinet
from clarinet.cli import main
from clarinet.doctor.script import examine_script

SCRIPT = """
import sys
import numpy as np
import clarinet
from clarinet.layers import Dense, Input

x = np.random.default_rng(0).normal(size=(640, 4)).astype("float32")
y = (x[:, 0] > 0).astype("float32")
if __name__ == "__main__":
    for ending in {endings!r}:
        layers = [Input((4,)), Dense(16, activation="relu"), Dense(1, activation=ending)]
        model = clarinet.Sequential(layers, name=ending)
        model.compile(clarinet.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
        history = model.fit(x, y, 32, epochs=20)
        print("after", ending, len(history.history["accuracy"]), *sys.argv[1:])
"""


@pytest.fixture
def script(tmp_path):
    def write(*endings):
        path = tmp_path / "train.py"
        path.write_text(SCRIPT.format(endings=endings), "utf-8")
        return str(path)

    return write


def test_the_first_sick_model_ends_the_script(script, capsys):
    assert main(["doctor", script("sigmoid", "softmax", "relu")]) == 1
    out = capsys.readouterr().out
    assert "sigmoid: healthy" in out
    assert "after sigmoid 20" in out
    assert "softmax:\n\n1. Error in layer 1, model.layers[1] (softmax_on_single_unit)" in out
    assert "Try: Dense(1, activation='sigmoid')" in out
    assert "relu" not in out.split("softmax:")[1]


def test_all_goes_on_and_arguments_reach_the_script(script, capsys):
    assert main(["doctor", "--all", script("softmax", "relu"), "--", "--fast"]) == 1
    out = capsys.readouterr().out
    assert "after softmax 20 --fast" in out
    assert "wrong_output_activation" in out


def test_fit_is_itself_again_and_nothing_was_trained(script):
    before = clarinet.Sequential.fit
    [(name, report)] = examine_script(script("sigmoid"))
    assert (name, report.healthy) == ("sigmoid", True)
    assert clarinet.Sequential.fit is before


def test_a_script_that_takes_events_is_examined_all_the_same(tmp_path):
    path = tmp_path / "held.py"
    body = SCRIPT.format(endings=("sigmoid",))
    events = "assert list(model.fit_events(x, y, 32, epochs=20)) == []; history = model.history"
    path.write_text(body.replace("history = model.fit(x, y, 32, epochs=20)", events), "utf-8")
    before = clarinet.Sequential.fit_events
    [(name, report)] = examine_script(path)
    assert (name, report.healthy) == ("sigmoid", True)
    assert clarinet.Sequential.fit_events is before


def test_a_script_that_fails_fails(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text("raise RuntimeError('its own')", "utf-8")
    with pytest.raises(RuntimeError, match="its own"):
        examine_script(path)


def test_a_model_file_and_a_table(tmp_path, capsys):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 2))
    rows = "\n".join(f"{a},{b},{'yes' if a > 0 else 'no'}" for a, b in x)
    (tmp_path / "table.csv").write_text("a,b,answer\n" + rows, "utf-8")
    model = str(tmp_path / "m.clarinet")
    table = str(tmp_path / "table.csv")
    assert main(["train", table, "--target", "answer", "--epochs", "1", "--out", model]) == 0
    capsys.readouterr()
    assert main(["doctor", model, table, "--epochs", "60", "--json"]) == 0
    [told] = json.loads(capsys.readouterr().out)
    assert [f for f in told["findings"] if f["severity"] != "hint"] == []


def test_a_model_without_data_is_wrong_usage(capsys):
    assert main(["doctor", "digits.clarinet"]) == 2
    assert "a model needs data" in capsys.readouterr().err
