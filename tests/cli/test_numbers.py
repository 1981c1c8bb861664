"""Photos of several digits are read from the left, and what is no digit is said to be none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clarinet
from clarinet import datasets, reading

PIL = pytest.importorskip("PIL.Image")
RNG = np.random.default_rng(11)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def photo(digits: Any, gap: int = 6) -> Any:
    """Digits beside each other on grey paper, with noise."""
    parts = []
    for digit in digits:
        columns = np.flatnonzero(digit.max(axis=0))
        ink = np.kron(digit[:, columns[0] : columns[-1] + 1], np.ones((3, 3)))
        parts.append(np.pad(ink, ((20, 20), (gap, gap))))
    ink = np.pad(np.concatenate(parts, axis=1), ((0, 0), (20, 20)))
    return np.clip(215 - 0.6 * ink + RNG.normal(0, 6, ink.shape), 0, 255).astype(np.uint8)


def test_numbers_are_read_from_the_left(digits: Path) -> None:
    model = clarinet.load(digits)
    _, (x, y) = datasets.mnist.load_data()
    right = lengths = 0
    for number in range(12):
        chosen = RNG.integers(0, 2000, 2 + number % 4)
        found, forms = reading.read(model, list("0123456789"), photo(x[chosen]))
        right += found.label == "".join(map(str, y[chosen]))
        lengths += len(forms) == len(chosen)
    assert lengths >= 11 and right >= 8


def test_touching_digits_are_parted(digits: Path) -> None:
    _, (x, y) = datasets.mnist.load_data()
    seven, two = x[np.flatnonzero(y == 7)[0]], x[np.flatnonzero(y == 2)[0]]
    grey = photo([seven, two], gap=0)
    found, _ = reading.read(clarinet.load(digits), list("0123456789"), grey)
    assert found.label == "72"


def test_one_digit_stays_one(digits: Path) -> None:
    _, (x, y) = datasets.mnist.load_data()
    model = clarinet.load(digits)
    found = [reading.read(model, list("0123456789"), 255 - digit)[0] for digit in x[:40]]
    assert sum(len(each.signs) == 1 for each in found) >= 39
    assert sum(each.label == str(digit) for each, digit in zip(found, y)) >= 36
    assert sum(each.is_number for each in found) >= 37


def test_the_command_says_it(run: Callable[..., Any], digits: Path) -> None:
    _, (x, y) = datasets.mnist.load_data()
    PIL.fromarray(photo(x[:2])).save("number.png")
    assert run("predict", digits, "number.png").out.startswith(f"number.png: {y[0]}{y[1]} (")
    found = run("predict", digits, "number.png", "--json").json[0]
    assert found["class"] == f"{y[0]}{y[1]}" and found["looks_like_digits"]
    assert [sign["class"] for sign in found["digits"]] == [str(y[0]), str(y[1])]
    hash_sign = np.full((120, 120), 230, np.uint8)
    hash_sign[30:90, [44, 45, 46, 72, 73, 74]] = hash_sign[[48, 49, 50, 70, 71, 72], 30:90] = 30
    PIL.fromarray(hash_sign).save("hash.png")
    assert run("predict", digits, "hash.png").out.startswith(
        "hash.png: this does not look like one digit; the nearest: "
    )
    assert run("predict", digits, "hash.png", "--json").json[0]["looks_like_digits"] is False
    answers = clarinet.load(digits).answer(["number.png", "hash.png"])
    assert answers["prediction"][0] == f"{y[0]}{y[1]}" and answers["looks like digits"].tolist() == [True, False]
    assert np.isnan(answers.scores[0]).all() and answers.scores[1].sum() == pytest.approx(1)
    assert run("predict", digits, "number.png", "hash.png", "--out", "a.csv").code == 0
    assert "looks like digits" in Path("a.csv").read_text("utf-8").splitlines()[0]


def test_digits_look_like_digits_and_others_do_not() -> None:
    _, (x, _) = datasets.mnist.load_data()
    assert (reading.digit_likeness(x[:2000]) < reading.LEAST).mean() < 0.02
    spots = RNG.integers(0, 256, (100, 28, 28)).astype(np.uint8)
    lying = np.rot90(x[:300], axes=(1, 2))
    assert (reading.digit_likeness(spots) < reading.LEAST).mean() > 0.98
    assert (reading.digit_likeness(lying) < reading.LEAST).mean() > 0.4


def test_doubts_and_second_guesses() -> None:
    sure = reading.Sign("4", 0.99, ("9", 0.01), 0.9, ())
    torn = reading.Sign("1", 0.6, ("7", 0.35), 0.9, ())
    none = reading.Sign("8", 0.5, ("3", 0.04), 0.0, ())
    assert reading.DigitsRead((torn,)).seconds() == "it may be 7 (35.0 %)"
    assert reading.DigitsRead((sure, torn)).seconds() == "the 2nd may be 7 (35.0 %)"
    assert reading.DigitsRead((sure, none, torn)).doubts() == "sign 2 of 3 does not look like a digit"
    assert reading.DigitsRead((sure, torn)).confidence == pytest.approx(0.594)
