"""A treated program as code that can be pasted whole."""

import numpy as np
import pytest

import clarinet
from clarinet import Input, Sequential, initializers, losses, optimizers
from clarinet.cli import main
from clarinet.doctor import remedies
from clarinet.doctor.listing import listing
from clarinet.doctor.program import program_of
from clarinet.layers import LSTM, Bidirectional, Dense, Dropout, Lambda, LeakyReLU

RNG = np.random.default_rng(0)
X = (50 * RNG.normal(size=(300, 4)) + 7).astype(np.float32)
YES = (X[:, 0] > 7).astype(np.float32)


def compiled(*layers, shape=(4,), loss="binary_crossentropy", optimizer=None):
    model = Sequential([Input(shape), *layers])
    model.compile(optimizer or optimizers.Adam(0.01), loss, ["accuracy"])
    return model


def pasted(code, **data):
    names = dict(data)
    exec(code.replace("epochs=3", "epochs=3, verbose=0"), names)  # the whole of it, as a reader would
    return names["model"]


def test_the_code_makes_the_treated_program():
    layers = (
        Dense(16, "relu", kernel_regularizer="l2"),
        Dropout(0.3),
        Dense(3, kernel_initializer=initializers.RandomNormal(0, 0.3)),
        LeakyReLU(0.1),
        Dense(1, "softmax"),
    )
    given = program_of(compiled(*layers), X, YES, None, {"epochs": 3})
    treated = remedies.balance_classes(remedies.scale_inputs(remedies.output_activation("sigmoid")(given)))
    model = pasted(listing(given, treated), x=X, y=YES)
    wanted = treated.model()
    assert [type(layer) for layer in model.layers] == [type(layer) for layer in wanted.layers]
    for mine, its in zip(model.layers[1:], wanted.layers[1:]):
        left = {"name", "input_shape"}
        assert {k: v for k, v in mine.get_config().items() if k not in left} == {
            k: v for k, v in its.get_config().items() if k not in left
        }
    np.testing.assert_allclose(model.layers[0].mean, wanted.layers[0].mean, rtol=1e-5)
    assert model.optimizer.learning_rate == pytest.approx(0.01)


def test_rows_labels_and_losses_are_in_the_code():
    x = X.copy()
    x[::60, 1] = np.nan
    given = program_of(compiled(Dense(8, "relu"), Dense(1)), x, 2 * YES - 1, None, {"epochs": 3})
    code = listing(given, remedies.classify(remedies.drop_rows(given)))
    model = pasted(code, x=x, y=2 * YES - 1)
    assert np.isfinite(model.get_weights()[0]).all()
    assert model.layers[-1].activation.name == "sigmoid"
    logits = losses.SparseCategoricalCrossentropy(from_logits=True)
    given = program_of(compiled(Dense(2), loss=logits), X, YES.astype(int), None, {"epochs": 3})
    assert "losses.SparseCategoricalCrossentropy(from_logits=True)" in listing(given, given)
    pasted(listing(given, given), x=X, y=YES.astype(int))


@pytest.mark.parametrize("layer", [lambda: Lambda(abs), lambda: Dense(4, lambda z: z)])
def test_what_is_the_users_own_has_no_code(layer):
    given = program_of(compiled(layer(), Dense(1, "sigmoid")), X, YES, None, {"epochs": 3})
    assert listing(given, given) == ""


def test_layers_within_layers_have_code_or_none():
    rows = np.zeros((9, 5, 2), np.float32)
    given = program_of(
        compiled(Bidirectional(LSTM(3)), Dense(1, "sigmoid"), shape=(5, 2)), rows, np.zeros(9), None, {"epochs": 3}
    )
    code = listing(given, given)
    assert not code or pasted(code, x=rows, y=np.zeros(9)).count_params() == given.model().count_params()


SCRIPT = """
import numpy as np
import clarinet
from clarinet.layers import Dense, Input

x = np.random.default_rng(0).normal(size=(400, 4)).astype("float32")
y = (x[:, 0] > 0).astype("float32")
model = clarinet.Sequential([Input((4,)), Dense(16, activation="relu"), Dense(1, activation={ending!r})])
model.compile(clarinet.optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
model.save("before.clarinet")
model.fit(x, y, epochs=15)
raise RuntimeError("the script ends with its first fit")
"""


def test_the_command_treats_a_script(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(SCRIPT.format(ending="softmax"), "utf-8")
    assert main(["treat", "train.py", "--out", "better.clarinet"]) == 0
    out = capsys.readouterr().out
    assert "Proved: accuracy rose from " in out
    assert "layers.Dense(1, activation='sigmoid')" in out
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["better.clarinet", "train.py"]
    x = RNG.normal(size=(200, 4)).astype(np.float32)
    answers = clarinet.load("better.clarinet").predict(x, verbose=0)[:, 0] > 0.5
    assert (answers == (x[:, 0] > 0)).mean() > 0.9


def test_the_command_has_nothing_to_treat_in_sound_scripts(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(SCRIPT.format(ending="sigmoid"), "utf-8")
    assert main(["treat", "train.py"]) == 0
    assert "Nothing to treat" in capsys.readouterr().out
    (tmp_path / "none.py").write_text("print('no model')", "utf-8")
    assert main(["treat", "none.py"]) == 1
