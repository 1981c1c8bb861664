"""The verdict on a model: scores beside scikit-learn's, what is guessing, and which columns count."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, r2_score
from sklearn.preprocessing import StandardScaler

import clarinet
from clarinet import datasets, recipes, verdict


@pytest.mark.parametrize("load", [load_wine, load_breast_cancer])
def test_classes_are_judged_as_scikit_learn_does(load) -> None:
    found = load()
    names = [str(name) for name in found.target_names]
    order = np.random.default_rng(0).permutation(len(found.data))
    train, test = order[:-60], order[-60:]
    x, y = found.data, found.target
    said = np.random.default_rng(1).random((60, len(names))) + np.eye(len(names))[y[test]]
    mine = verdict.judge(said, y[test], names, (x[train], y[train]), x[test])
    assert mine.score == pytest.approx(balanced_accuracy_score(y[test], said.argmax(1)))
    np.testing.assert_array_equal(mine.confusion, confusion_matrix(y[test], said.argmax(1)))
    scale = StandardScaler().fit(x[train])
    theirs = (
        LogisticRegression(max_iter=2000).fit(scale.transform(x[train]), y[train]).predict(scale.transform(x[test]))
    )
    assert mine.linear == pytest.approx(balanced_accuracy_score(y[test], theirs), abs=0.04)
    assert not mine.guesses and mine.constant == pytest.approx(1 / len(names))


def test_amounts_are_judged_as_scikit_learn_does() -> None:
    x, y = load_diabetes(return_X_y=True)
    y = y[:, None]
    scale = StandardScaler().fit(x[:-80])
    theirs = Ridge(alpha=1.0).fit(scale.transform(x[:-80]), y[:-80]).predict(scale.transform(x[-80:]))
    mine = verdict.judge(theirs, y[-80:], (), (x[:-80], y[:-80]), x[-80:])
    assert mine.score == pytest.approx(r2_score(y[-80:], theirs))
    assert mine.linear == pytest.approx(mine.score, abs=1e-6)
    wide = np.concatenate([x, np.random.default_rng(0).normal(size=(len(x), 900))], axis=1)
    scale = StandardScaler().fit(wide[:-80])
    theirs = Ridge(alpha=1.0).fit(scale.transform(wide[:-80]), y[:-80]).predict(scale.transform(wide[-80:]))
    mine = verdict.judge(theirs, y[-80:], (), (wide[:-80], y[:-80]), wide[-80:])
    assert mine.linear == pytest.approx(mine.score, abs=1e-6)


def test_without_rows_there_is_no_linear_model() -> None:
    y = np.arange(20) % 2
    found = verdict.judge(
        np.eye(2)[y], y, ["a", "b"], (np.zeros((0, 4, 4), np.uint8), y), np.zeros((20, 4, 4), np.uint8)
    )
    assert found.linear is None and found.score == 1 and "linear" not in " ".join(found.sentences())


def test_guessing_is_called_so() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(200, 3)), rng.integers(0, 2, 200)
    for said in (rng.random((200, 2)), np.tile([0.9, 0.1], (200, 1))):
        found = verdict.judge(said, y, ["no", "yes"], (x, y), x)
        assert found.guesses and any("no better than guessing" in sentence for sentence in found.sentences())
    amounts = rng.normal(size=(200, 1))
    assert verdict.judge(amounts * 0 + 0.1, amounts, (), (x, amounts), x).guesses
    assert not verdict.judge(amounts + 0.1, amounts, (), (x, amounts), x).guesses


def test_rare_classes_are_said_and_weighed() -> None:
    y = np.array([0] * 95 + [1] * 5)
    assert verdict.uneven(y, ["a", "b"]) == "Uneven classes: 95.0% are 'a', 5.0% are 'b'"
    assert verdict.uneven(np.array([0, 1, 1]), ["a", "b"]) == ""
    weights = recipes.class_weights(y, 3)
    assert sum(weights[label] for label in y) == pytest.approx(len(y)) and weights[1] == 19 * weights[0]


def test_columns_that_count_are_found() -> None:
    rng = np.random.default_rng(0)
    rows = [{"noise": float(a), "colour": "rgb"[int(c)], "size": float(b), "y": float(3 * b + (c == 1))}
            for a, b, c in zip(rng.normal(size=400), rng.normal(size=400), rng.integers(0, 3, 400))]  # fmt: skip
    table = datasets.load_table(rows, "y")
    model = recipes.network(table.x, table.y, 0, table=table.coding, hidden=(16,))
    model.fit(table.x, table.y, epochs=30, verbose=0, seed=0)
    found = verdict.importance(model, table.coding.columns, table.x, table.y)
    assert list(found) == ["size", "colour", "noise"]
    assert found["size"][0] > 1 and found["colour"][0] > 0.02 and abs(found["noise"][0]) < 0.02


def test_words_share_one_scale() -> None:
    rows = [{"text": f"good wine number {'rare' if i == 3 or i == 9 else 'often'} word{i % 7}", "n": i, "y": i % 2}
            for i in range(60)]  # fmt: skip
    table = datasets.load_table(rows, "y", text="text")
    mean, variance = recipes.statistics(table.x, table.coding)
    words = [name.startswith("text: ") for name in table.feature_names]
    assert (mean[words] == 0).all() and len(set(variance[words].tolist())) == 1
    assert mean[-1] == table.x[:, -1].mean()
    assert isinstance(recipes.network(table.x, table.y, 2, table=table.coding), clarinet.Sequential)
