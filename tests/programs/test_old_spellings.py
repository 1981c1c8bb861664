"""Spellings of programs for Keras 1 and 2 and for TensorFlow 1: each works, or one sentence says what to use instead.

``spellings.csv`` has a statement in each row, with the imports changed, and ``works`` or the sentence's beginning.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet.aliases import old_paths
from clarinet.aliases.keras import ALIASES, MODULES
from clarinet.aliases.members import MEMBERS, missing
from clarinet.aliases.old_names import GONE, STILL
from clarinet.keras import backend as K

HERE = Path(__file__).parent
ROWS = list(csv.reader((HERE / "spellings.csv").read_text("utf-8").splitlines()))[1:]
#: What Python says, or a list of names: no advice.
_BARE = re.compile(
    r"unexpected keyword|object is not callable|has no attribute '\w+'$|cannot import name|No module named"
)


def scene() -> dict[str, Any]:
    """The names that the statements use."""
    model = clarinet.Sequential([clarinet.Input((3,)), clarinet.layers.Dense(1)])
    model.compile("sgd", "mse")
    inputs = clarinet.Input((3,))
    outputs = clarinet.layers.Dense(1)(inputs)
    arrays = {"X": np.ones((4, 3), np.float32), "Y": np.ones((4, 1), np.float32)}
    return {"keras": clarinet, "tf": clarinet, "K": K, "np": np, "m": model, "I2": inputs, "J2": outputs, **arrays}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("statement", "outcome"), ROWS, ids=[row[0][:60] for row in ROWS])
def test_a_spelling(statement: str, outcome: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if outcome == "works":
        exec(statement, scene())
        return
    with pytest.raises((AttributeError, ImportError, TypeError, ValueError)) as caught:
        exec(statement, scene())
    assert outcome in str(caught.value)
    assert not _BARE.search(str(caught.value)), caught.value


def test_many_spellings_are_tried() -> None:
    assert len(ROWS) >= 300
    assert sum(outcome == "works" for _, outcome in ROWS) >= 150


def test_old_names_lead_to_what_there_is() -> None:
    package = Path(clarinet.__file__).parent
    for old, today in old_paths.OLD_PATHS.items():
        place = package.joinpath(*old.split("."))
        assert not place.exists() and not place.with_suffix(".py").exists(), f"{old} is a module of its own"
        assert (
            today == ""
            or today in MODULES
            or package.joinpath(*today.split(".")).exists()
            or today == "models"
            or (package.joinpath(*today.split(".")).with_suffix(".py").exists())
        )
    for old in STILL:
        owner, _, name = old.rpartition(".")
        found: Any = clarinet
        for part in owner.split(".") if owner else ():
            found = getattr(found, part)
        assert getattr(found, name) is not None and old in ALIASES
    assert all(len(sentence.split()) > 1 for sentence in GONE.values())
    assert not set(GONE) & set(ALIASES)


def test_members_of_before_are_not_there() -> None:
    names = scene()
    owners = {"model": names["m"], "layer": names["m"].layers[0], "optimizer": names["m"].optimizer}
    owners["dataset"] = clarinet.data.Dataset.range(3)
    for kind, owner in owners.items():
        for name, sentence in MEMBERS[kind].items():
            assert not hasattr(owner, name)
            assert str(missing(owner, name, kind)).endswith(sentence)


def test_what_means_the_same_today_does_the_same() -> None:
    with pytest.warns(clarinet.problems.ClarinetWarning, match="as Keras ignores it; it changes no numbers"):
        clarinet.layers.GRU(2, implementation=1)
    first = [np.full((3, 2), 0.5), np.array([1.0, 2.0])]
    model = clarinet.Sequential([clarinet.layers.Dense(2, weights=first, batch_input_shape=(None, 3))])
    np.testing.assert_allclose(model.predict(np.ones((1, 3))), [[2.5, 3.5]])
    lstm = clarinet.layers.LSTM(1, weights=[np.ones((2, 4)), np.ones((1, 4)), np.arange(4.0)])
    lstm(np.ones((1, 5, 2), np.float32))
    assert lstm.get_weights()[2].tolist() == [0, 1, 2, 3]
    adam = clarinet.optimizers.Adam(0.5)
    adam.lr = 0.25
    assert adam.learning_rate == 0.25 and adam.lr == 0.25
    with pytest.raises(ValueError, match="weights has 3 arrays, expected at most 2"):
        clarinet.layers.Dense(2, weights=[1, 2, 3])
    with pytest.raises(TypeError, match="weights is a list of arrays"):
        clarinet.layers.Dense(2, weights=np.ones((3, 2)))


def test_files_are_written_as_programs_ask(tmp_path: Path) -> None:
    model = scene()["m"]
    model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)
    for ending in ("keras", "h5", "clarinet"):
        name = tmp_path / f"m.{ending}"
        model.save(filepath=name, overwrite=True, include_optimizer=False)
        assert clarinet.models.load_model(name).optimizer is None
        with pytest.raises(FileExistsError, match="give another name"):
            model.save(name, overwrite=False)
    assert model.optimizer is not None and model.optimizer.iterations == 1


def test_the_cost_of_a_path_and_what_it_says() -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.ones(4), (2, 6)).astype(np.float32)
    lengths, labels = np.full((2, 1), 6), np.full((2, 1), 2)
    cost = K.ctc_batch_cost(np.array([[0, 1], [2, 0]]), probabilities, lengths, labels)
    expected = clarinet.ops.ctc_loss(
        np.array([[0, 1], [2, 0]]), np.log(probabilities + 1e-7), np.full(2, 2), np.full(2, 6), mask_index=3
    )
    np.testing.assert_allclose(cost[:, 0], expected, rtol=1e-5)
    (path,), score = K.ctc_decode(probabilities, np.full(2, 6))
    assert path.shape == (2, 6) and score.shape == (2, 1)
    best = [[a for a, b in zip(row, [-1, *row]) if a not in (b, 3)] for row in probabilities.argmax(-1).tolist()]
    assert [[label for label in row if label >= 0] for row in np.asarray(path).tolist()] == best


def test_an_old_module_leaves_those_of_today_where_they_are():
    """To import a.b makes b a name in a, which may be a module that has another b."""
    import importlib

    own = {name: importlib.import_module(f"clarinet.{name}") for name in ("training", "layers", "optimizers", "saving")}
    for name in ("engine.training", "keras.engine.training", "engine.saving", "engine.base_layer", "legacy.layers"):
        importlib.import_module(f"clarinet.{name}")
    assert {name: getattr(clarinet, name) for name in own} == own
